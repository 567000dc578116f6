//! Links of a workshop and its table cards.

/// Words of the links page.
#[derive(Debug)]
pub struct LinkTexts {
    /// Title.
    pub title: &'static str,
    /// What to do now.
    pub intro: &'static str,
    /// That a link is a key.
    pub secret: &'static str,
    /// For participants.
    pub join_code: &'static str,
    /// How the code is used.
    pub join_code_hint: &'static str,
    /// Table links.
    pub tables: &'static str,
    /// What a table link does.
    pub tables_hint: &'static str,
    /// The coordinator's link.
    pub coordinator: &'static str,
    /// What it does.
    pub coordinator_hint: &'static str,
    /// The viewer's link.
    pub viewer: &'static str,
    /// What it does.
    pub viewer_hint: &'static str,
    /// Makes cards to print.
    pub cards: &'static str,
    /// Goes on to the overview.
    pub go_on: &'static str,
    /// Opens a link here.
    pub open: &'static str,
    /// Links cannot be shown a second time.
    pub hidden: &'static str,
    /// Makes new links.
    pub mint: &'static str,
    /// Old links keep working.
    pub mint_hint: &'static str,
    /// Makes links stop working: title.
    pub revoke_title: &'static str,
    /// What revoking does.
    pub revoke_hint: &'static str,
    /// Revokes table links and the code.
    pub revoke_group: &'static str,
    /// Revokes the viewers' links.
    pub revoke_viewer: &'static str,
    /// Revokes the coordinators' links.
    pub revoke_coordinator: &'static str,
    /// Asks before revoking.
    pub revoke_sure: &'static str,
    /// Does it.
    pub revoke: &'static str,
    /// It was done.
    pub revoked: &'static str,
}

pub(super) const LINKS_JA: LinkTexts = LinkTexts {
    title: "リンクと番号",
    intro: "ワークショップの用意ができました。参加する人に、カードか番号をわたしてください。",
    secret: "リンクと番号は、部屋のかぎと同じです。知っている人はだれでも入れます。わたす相手にだけ見せてください。",
    join_code: "参加の番号",
    join_code_hint: "はじめのページで入れると、班を選べます。声で伝えられます。",
    tables: "テーブルのリンク",
    tables_hint: "開くと、その班に入ります。",
    coordinator: "コーディネーターのリンク",
    coordinator_hint: "すべての班を動かせます。コーディネーターにだけわたしてください。",
    viewer: "閲覧のリンク",
    viewer_hint: "読むだけです。プロジェクターや、後日の公開に使えます。",
    cards: "テーブルのカードを印刷する",
    go_on: "会場のようすへ進む",
    open: "開く",
    hidden: "リンクは安全のため、作ったときに一度だけ見えます。もう一度わたすときは、新しく作ってください。",
    mint: "新しいリンクを作る",
    mint_hint: "前のリンクもそのまま使えます。",
    revoke_title: "リンクを使えなくする",
    revoke_hint: "知らない人にわたってしまったときに使います。すでに入っている人は、そのまま続けられます。",
    revoke_group: "テーブルのリンクと番号",
    revoke_viewer: "閲覧のリンク",
    revoke_coordinator: "コーディネーターのリンク",
    revoke_sure: "前のリンクでは入れなくなります。印刷したカードも使えません。よろしいですか。",
    revoke: "使えなくする",
    revoked: "前のリンクを使えなくしました。入れるリンクは、新しく作れます。",
};

pub(super) const LINKS_EN: LinkTexts = LinkTexts {
    title: "Links and code",
    intro: "The workshop is ready. Give people a card or the code.",
    secret: "Links and the code are keys: whoever knows them can come in. Show them only to those they are meant for.",
    join_code: "Code for joining",
    join_code_hint: "Typed on the start page, it lets people choose a group. It can be said aloud.",
    tables: "Links of the tables",
    tables_hint: "Opens straight into that group.",
    coordinator: "Coordinator’s link",
    coordinator_hint: "Moves everything in every group. For coordinators only.",
    viewer: "Viewer’s link",
    viewer_hint: "Reads only. For the projector, or for the public afterwards.",
    cards: "Print the table cards",
    go_on: "On to the overview",
    open: "Open",
    hidden: "For safety, links are shown once, when they are made. To hand one out again, make new ones.",
    mint: "Make new links",
    mint_hint: "Earlier links keep working.",
    revoke_title: "Make links stop working",
    revoke_hint: "For when a link reached the wrong people. Those who are in already stay in.",
    revoke_group: "Table links and the code",
    revoke_viewer: "Viewer’s link",
    revoke_coordinator: "Coordinator’s link",
    revoke_sure: "Nobody can come in with the earlier links, nor with printed cards. Is that right?",
    revoke: "Make them stop working",
    revoked: "The earlier links no longer work. You can make new ones.",
};

/// Words of the printable table cards.
#[derive(Debug)]
pub struct CardTexts {
    /// Title.
    pub title: &'static str,
    /// How to print.
    pub intro: &'static str,
    /// Prints.
    pub print: &'static str,
    /// Makes the cards.
    pub make: &'static str,
    /// What making them does.
    pub make_hint: &'static str,
    /// On the card: what to do.
    pub scan: &'static str,
    /// On the card: or the code.
    pub or_code: &'static str,
    /// On the card: where the code is typed.
    pub at: &'static str,
    /// On the card: that paper is fine.
    pub promise: &'static str,
    /// The QR code in words.
    pub qr: fn(&str) -> String,
    /// How many cards go on a page.
    pub size: &'static str,
    /// Two per page.
    pub large: &'static str,
    /// Four per page.
    pub small: &'static str,
}

pub(super) const CARDS_JA: CardTexts = CardTexts {
    title: "テーブルのカード",
    intro: "班ごとに1枚、テーブルの真ん中に置いてください。A4の紙に印刷して、線で切ります。",
    print: "印刷する",
    make: "カードを作る",
    make_hint: "カードごとに新しいリンクが作られます。前のカードもそのまま使えます。",
    scan: "QRコードを読んで、自分の名前をさわると入れます。",
    or_code: "番号でも入れます",
    at: "つぎのページで入れてください",
    promise: "登録はいりません。電波がとぎれても書けます。",
    qr: |name| format!("{name}に入るQRコード"),
    size: "大きさ",
    large: "A5（1ページに2枚）",
    small: "A6（1ページに4枚）",
};

pub(super) const CARDS_EN: CardTexts = CardTexts {
    title: "Table cards",
    intro: "One for the middle of each table. Print on A4 and cut along the lines.",
    print: "Print",
    make: "Make the cards",
    make_hint: "Each card gets a new link. Earlier cards keep working.",
    scan: "Scan the QR code and touch your name.",
    or_code: "The code works too",
    at: "Type it at",
    promise: "No account. Keep writing when the network drops.",
    qr: |name| format!("QR code for joining {name}"),
    size: "Size",
    large: "A5 (two per page)",
    small: "A6 (four per page)",
};
