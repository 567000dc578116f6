//! What went wrong: what happened, that nothing is lost, what to do.

/// One kind of trouble.
#[derive(Debug)]
pub struct Trouble {
    /// What happened.
    pub title: &'static str,
    /// That nothing is lost, and what to do.
    pub body: &'static str,
}

/// Words for everything that can go wrong on a page.
#[derive(Debug)]
pub struct TroubleTexts {
    /// The server cannot be reached.
    pub away: Trouble,
    /// The code is not known.
    pub wrong_code: Trouble,
    /// The link is not known.
    pub wrong_link: Trouble,
    /// It was known once, and was revoked or has expired.
    pub expired: Trouble,
    /// Too many tries.
    pub too_many: Trouble,
    /// The server or the workshop is full.
    pub full: Trouble,
    /// The workshop is open too often on this device.
    pub tabs: Trouble,
    /// Many people come in at the same moment.
    pub many_at_once: Trouble,
    /// This device has no seat here.
    pub no_seat: Trouble,
    /// Not allowed.
    pub forbidden: Trouble,
    /// Not there.
    pub not_found: Trouble,
    /// Too large.
    pub too_large: Trouble,
    /// The server's disk is full or failing.
    pub not_stored: Trouble,
    /// The page is older than the server, or the document newer than the page.
    pub newer: Trouble,
    /// Something was wrong with the input.
    pub bad_input: Trouble,
    /// For coordinators only.
    pub coordinators_only: Trouble,
    /// Anything else.
    pub other: Trouble,
    /// Tries again.
    pub again: &'static str,
    /// Loads the page again.
    pub reload: &'static str,
    /// Enters a code.
    pub enter_code: &'static str,
}

pub(super) const JA: TroubleTexts = TroubleTexts {
    away: Trouble {
        title: "サーバーにつながりません",
        body: "書いたものは、この端末に残っています。Wi-Fiを確かめて、もう一度お試しください。",
    },
    wrong_code: Trouble {
        title: "この番号では入れません",
        body: "数字をもう一度確かめてください。カードのQRコードを読んでも入れます。",
    },
    wrong_link: Trouble {
        title: "このリンクでは入れません",
        body: "リンクの文字が途中で切れていないか、確かめてください。カードの番号でも入れます。",
    },
    expired: Trouble {
        title: "このリンクは、もう使えません",
        body: "リンクが新しくなったようです。コーディネーターに、新しいカードか番号を聞いてください。書いたものは消えていません。",
    },
    too_many: Trouble {
        title: "少し時間をおいてください",
        body: "続けて何度も試されました。一分ほど待ってから、もう一度お試しください。",
    },
    full: Trouble {
        title: "いまは、いっぱいです",
        body: "使っていない端末のページを閉じてから、もう一度お試しください。書いたものは消えていません。",
    },
    tabs: Trouble {
        title: "開きすぎています",
        body: "この端末で、同じ会がたくさん開いています。ほかのタブを閉じて、もう一度お試しください。",
    },
    many_at_once: Trouble {
        title: "いま、多くの人が入っています",
        body: "少し待って、もう一度お試しください。順番に入れます。",
    },
    no_seat: Trouble {
        title: "この端末は、まだ入っていません",
        body: "テーブルのカードのQRコードを読むか、番号を入れてください。",
    },
    forbidden: Trouble {
        title: "ここは開けません",
        body: "この端末の席では、このページを使えません。コーディネーターに声をかけてください。",
    },
    not_found: Trouble {
        title: "見つかりません",
        body: "ワークショップか班が、この会場のサーバーにありません。リンクを確かめてください。",
    },
    too_large: Trouble {
        title: "大きすぎて受け取れませんでした",
        body: "入力はそのまま残っています。分けるか、短くして、もう一度お試しください。",
    },
    not_stored: Trouble {
        title: "サーバーが保存できませんでした",
        body: "入力はそのまま残っています。会場の係の人に、サーバーの空き容量を確かめてもらってください。",
    },
    newer: Trouble {
        title: "新しい版で作られています",
        body: "内容はそのまま残っています。ページを読み込み直すと、新しい版で開けます。",
    },
    bad_input: Trouble {
        title: "入力を受け取れませんでした",
        body: "入力はそのまま残っています。内容を確かめて、もう一度お試しください。",
    },
    coordinators_only: Trouble {
        title: "コーディネーターのページです",
        body: "コーディネーターのリンクから入ると、使えます。",
    },
    other: Trouble {
        title: "うまくいきませんでした",
        body: "書いたものは残っています。もう一度お試しください。くり返すときは、会場の係の人に知らせてください。",
    },
    again: "もう一度",
    reload: "読み込み直す",
    enter_code: "番号を入れる",
};

pub(super) const EN: TroubleTexts = TroubleTexts {
    away: Trouble {
        title: "The server cannot be reached",
        body: "What you wrote is kept on this device. Please check the Wi-Fi and try again.",
    },
    wrong_code: Trouble {
        title: "This code does not open anything",
        body: "Please check the digits. Scanning the card’s QR code works as well.",
    },
    wrong_link: Trouble {
        title: "This link does not open anything",
        body: "Please check that the link is complete. The code on the card works as well.",
    },
    expired: Trouble {
        title: "This link no longer works",
        body: "The links have been renewed. Please ask a coordinator for a new card or the code. Nothing you wrote is gone.",
    },
    too_many: Trouble {
        title: "Please wait a little",
        body: "There were many tries in a row. Wait about a minute and try again.",
    },
    full: Trouble {
        title: "There is no more room right now",
        body: "Please close the page on devices that are not in use and try again. Nothing you wrote is gone.",
    },
    tabs: Trouble {
        title: "Open too often",
        body: "This device has the workshop open many times. Please close the other tabs and try again.",
    },
    many_at_once: Trouble {
        title: "Many people are coming in",
        body: "Please wait a moment and try again. Everybody gets in.",
    },
    no_seat: Trouble {
        title: "This device has not joined yet",
        body: "Scan the QR code on the card at your table, or type the code.",
    },
    forbidden: Trouble {
        title: "This cannot be opened here",
        body: "This device’s seat does not include this page. Please ask a coordinator.",
    },
    not_found: Trouble {
        title: "Nothing is here",
        body: "This server has no such workshop or group. Please check the link.",
    },
    too_large: Trouble {
        title: "That was too large",
        body: "Your input is still there. Please shorten or divide it and try again.",
    },
    not_stored: Trouble {
        title: "The server could not save",
        body: "Your input is still there. Please have somebody check the server’s free disk space.",
    },
    newer: Trouble {
        title: "Made by a newer version",
        body: "Everything is still there. Reload the page to open it with the new version.",
    },
    bad_input: Trouble {
        title: "The input was not accepted",
        body: "It is still there. Please check it and try again.",
    },
    coordinators_only: Trouble {
        title: "A page for coordinators",
        body: "It opens with the coordinator’s link.",
    },
    other: Trouble {
        title: "That did not work",
        body: "What you wrote is still there. Please try again. If it happens again, tell the people who run the hall.",
    },
    again: "Try again",
    reload: "Reload",
    enter_code: "Type the code",
};
