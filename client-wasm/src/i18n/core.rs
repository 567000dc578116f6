//! Texts of the shell: connection, notices, dialogs, and everything the store says on its own.
//!
//! Tone: what happened, that nothing is lost, what to do. One clause a sentence.

/// Texts of the shell. A count is passed as a number and printed by the function.
pub struct CoreTexts {
    /// Shown while the socket is being opened for the first time.
    pub connecting: &'static str,
    /// Shown when everything is saved.
    pub online: &'static str,
    /// Shown when edits are on their way; argument: how many.
    pub saving: fn(usize) -> String,
    /// Shown without a connection and without unsent edits.
    pub offline: &'static str,
    /// Shown without a connection; argument: how many edits wait.
    pub offline_unsent: fn(usize) -> String,
    /// Shown when the board may only be read now but edits wait; argument: how many.
    pub read_only_unsent: fn(usize) -> String,
    /// Button: take those waiting edits out as drafts.
    pub take_as_drafts: &'static str,
    /// Button: try to connect at once.
    pub connect_now: &'static str,
    /// The device refuses to store anything.
    pub memory_only: &'static str,

    /// Heading of the sheet behind the line's word, and its button's name.
    pub line_title: &'static str,
    /// There: everything is on the server's disk.
    pub line_all_saved: &'static str,
    /// There: how many edits are not; argument: how many.
    pub line_unsent: fn(usize) -> String,
    /// There: what was written is on this device.
    pub line_stored: &'static str,
    /// There: the page opens without a network.
    pub page_kept: &'static str,
    /// There: it is being brought onto the device.
    pub page_asking: &'static str,
    /// There: it opens only with a network, because it came without HTTPS.
    pub page_insecure: &'static str,
    /// There: it opens only with a network, because the browser does not keep it.
    pub page_refused: &'static str,
    /// There: a newer page is shown at the next visit.
    pub page_newer: &'static str,
    /// The server does not work with this page any more, which will replace itself.
    pub page_outdated: &'static str,
    /// The same, but the person has to do it.
    pub page_outdated_by_hand: &'static str,

    /// Button on the strip after a deletion.
    pub restore: &'static str,
    /// Strip after a deletion; argument: how many items.
    pub deleted: fn(usize) -> String,
    /// Button: closes a notice or a dialog.
    pub close: &'static str,
    /// Button: leaves a dialog without doing anything.
    pub cancel: &'static str,
    /// Region name for screen readers.
    pub notices: &'static str,

    /// Undo: nothing of one's own is left.
    pub undo_nothing: &'static str,
    /// Undo: somebody built upon it.
    pub undo_built_upon: &'static str,
    /// A command was refused because the board may only be read; argument: why.
    pub refused_read_only: fn(&str) -> String,
    /// A command was refused: a text is too long; argument: the limit in letters.
    pub refused_too_long: fn(usize) -> String,
    /// A command was refused: what it is about is not there any more.
    pub refused_gone: &'static str,
    /// A command was refused: an island cannot go into itself.
    pub refused_cycle: &'static str,
    /// A command was refused: the board is full.
    pub refused_full: fn(usize) -> String,
    /// A command was refused for a reason without words of its own.
    pub refused_other: &'static str,
    /// A command came before the board was there.
    pub refused_loading: &'static str,

    /// Why: a coordinator lets this device only read.
    pub why_muted: &'static str,
    /// A coordinator erased something, and the sheet was written anew.
    pub sheet_renewed: &'static str,
    /// The same, and so many own unsent texts are drafts now.
    pub sheet_renewed_drafts: fn(usize) -> String,
    /// Why a board is read-only: its copy is still loading.
    pub why_loading: &'static str,
    /// Why: the coordinator has locked the group.
    pub why_locked: &'static str,
    /// Why: the workshop is closed.
    pub why_closed: &'static str,
    /// Why: the device is here to read.
    pub why_viewer: &'static str,
    /// Why: another group's board.
    pub why_other_group: &'static str,
    /// Why: made by a newer program.
    pub why_newer: &'static str,
    /// Why: not allowed to see it.
    pub why_not_allowed: &'static str,
    /// The board became read-only; argument: why.
    pub became_read_only: fn(&str) -> String,
    /// The board may be written again.
    pub became_writable: &'static str,

    /// The server refused edits; argument: how many texts were kept as drafts.
    pub edits_refused: fn(usize) -> String,
    /// The server could not write to its disk.
    pub not_saved: &'static str,
    /// The server cannot read this board; the others are well.
    pub board_damaged: &'static str,
    /// The server is being restarted.
    pub server_restarting: &'static str,
    /// The board does not exist or may not be seen.
    pub unavailable: &'static str,
    /// Edits come faster than the server takes them.
    pub too_fast: &'static str,
    /// The server has too much to do for one more, or this line is too slow for it.
    pub crowded: &'static str,
    /// The workshop or one of its boards has as many devices as it can hold.
    pub workshop_full: &'static str,
    /// This device has the workshop open too often.
    pub too_many_tabs: &'static str,
    /// The server sent words of its own; argument: its words.
    pub server_says: fn(&str) -> String,

    /// Heading of the drafts dialog.
    pub drafts_title: &'static str,
    /// What drafts are.
    pub drafts_explained: &'static str,
    /// Button: opens the drafts dialog; argument: how many.
    pub drafts_open: fn(usize) -> String,
    /// Button: copies a draft.
    pub draft_copy: &'static str,
    /// Said after copying.
    pub draft_copied: &'static str,
    /// Button: puts a draft out as a new note.
    pub draft_put_out: &'static str,
    /// Button: throws a draft away.
    pub draft_discard: &'static str,
    /// A draft that was a heading.
    pub draft_heading: &'static str,
    /// A draft that was a note.
    pub draft_note: &'static str,

    /// Name of the language switch.
    pub language: &'static str,
    /// Shown while the seat is being looked up.
    pub opening: &'static str,
    /// The seat could not be looked up and there is no local copy.
    pub server_away_title: &'static str,
    /// What to do about it.
    pub server_away_body: &'static str,
    /// Button: try again.
    pub try_again: &'static str,
    /// Heading when the seat was taken away while the page was open.
    pub seat_lost_title: &'static str,
    /// What that means and what to do.
    pub seat_lost_body: &'static str,
    /// Button: to the join page.
    pub join_again: &'static str,
    /// Heading for an address that is no page.
    pub unknown_page_title: &'static str,
    /// What to do about it.
    pub unknown_page_body: &'static str,
    /// Button: to the start page.
    pub to_start: &'static str,

    /// Heading of the dialog after a panic.
    pub crash_title: &'static str,
    /// What happened, that nothing is lost, what to do.
    pub crash_body: &'static str,
    /// The same when the device stores nothing.
    pub crash_body_memory_only: &'static str,
    /// Button: loads the page again.
    pub reload: &'static str,
}

/// Japanese.
pub const JA: CoreTexts = CoreTexts {
    connecting: "接続しています",
    online: "保存済み",
    saving: |count| format!("保存しています（{count}件）"),
    offline: "圏外です。このまま書けます",
    offline_unsent: |count| format!("圏外です。このまま書けます（未送信 {count}件）"),
    read_only_unsent: |count| format!("いまは読むだけです。未送信の{count}件は、この端末に残っています"),
    take_as_drafts: "下書きにする",
    connect_now: "つなぎ直す",
    memory_only: "この端末には保存できません。ページを閉じる前に、送信が終わったことを確かめてください。",

    line_title: "接続のようす",
    line_all_saved: "書いたものは、すべてサーバーに保存されています。",
    line_unsent: |count| format!("{count}件は、まだサーバーに届いていません。つながると、自動で送ります。"),
    line_stored: "書いたものは、この端末にも残ります。",
    page_kept: "このページは、圏外でも開けます。",
    page_asking: "このページを、圏外でも開けるように準備しています。",
    page_insecure: "このページは、開いているあいだだけ圏外でも使えます。閉じると、次に開くときはWi-Fiが要ります（https ではないため）。",
    page_refused: "このページは、開いているあいだだけ圏外でも使えます。閉じると、次に開くときはWi-Fiが要ります（このブラウザーがページを保存できないため）。",
    page_newer: "新しい版があります。次に開いたときから使えます。",
    page_outdated: "サーバーが新しくなりました。書き終わると、ページを読み込み直します。書いたものは、この端末に残っています。",
    page_outdated_by_hand: "サーバーが新しくなりました。ページを読み込み直してください。未送信の文があれば、先に写してください。",

    restore: "もどす",
    deleted: |count| {
        if count == 1 {
            "かごに入れました".to_owned()
        } else {
            format!("{count}件をかごに入れました")
        }
    },
    close: "閉じる",
    cancel: "やめる",
    notices: "お知らせ",

    undo_nothing: "取り消せる操作がありません。",
    undo_built_upon: "ほかの人が続きを書いたので、取り消せません。内容はそのままです。",
    refused_read_only: |why| format!("いまは書き込めません。{why}"),
    refused_too_long: |limit| format!("文が長すぎます。{limit}字まで書けます。"),
    refused_gone: "もうその場所にありません。ほかの人が動かしたか、かごに入れました。",
    refused_cycle: "島を、その島の中に入れることはできません。",
    refused_full: |limit| format!("この紙はいっぱいです（{limit}まで）。続きは、新しい班の紙に書いてください。"),
    refused_other: "この操作はできませんでした。内容はそのままです。",
    refused_loading: "読み込み中です。少しお待ちください。",

    why_loading: "読み込み中です。",
    why_muted: "コーディネーターが、この端末を読むだけにしています。書いたものは残っています。",
    sheet_renewed: "コーディネーターが、本人の希望で付箋を消去しました。紙が新しくなりましたが、ほかはそのままです。",
    sheet_renewed_drafts: |count| {
        format!("紙が新しくなりました。まだ届いていなかった{count}件は、下書きに残してあります。")
    },
    why_locked: "コーディネーターが、この班を読むだけにしています。",
    why_closed: "ワークショップは終わりました。",
    why_viewer: "このリンクは、読むためのものです。",
    why_other_group: "ほかの班の紙です。読むことはできます。",
    why_newer: "新しい版で作られた紙です。ページを読み込み直してください。",
    why_not_allowed: "この紙を見る権限がありません。",
    became_read_only: |why| format!("読むだけになりました。{why}"),
    became_writable: "また書けるようになりました。",

    edits_refused: |count| {
        if count == 0 {
            "一部の変更をサーバーが受け取れませんでした。最新の内容に直しました。".to_owned()
        } else {
            format!("一部の変更をサーバーが受け取れませんでした。書いた文（{count}件）は、下書きに残っています。")
        }
    },
    not_saved: "サーバーがまだ保存できていません。書いたものは、この端末に残っています。",
    board_damaged: "この紙の記録が壊れていて、開けません。ほかの紙は使えます。係の人に知らせてください。",
    server_restarting: "サーバーを入れ替えています。このまま書けます。",
    unavailable: "この紙は見つかりません。リンクを確かめてください。",
    too_fast: "送る量が多いので、少し待ってから送ります。書いたものは、この端末に残っています。",
    crowded: "混み合っているので、少し待ってつなぎ直します。書いたものは、この端末に残っています。",
    workshop_full: "いまは、これ以上の端末がこの紙を開けません。使っていない端末のページを閉じてください。",
    too_many_tabs: "この端末で、同じ会を開きすぎています。ほかのタブを閉じてください。",
    server_says: |words| format!("サーバーからのお知らせ：{words}"),

    drafts_title: "下書き",
    drafts_explained: "まだ紙に載っていない文です。この端末に残っています。写すか、もう一度出せます。",
    drafts_open: |count| format!("下書き {count}件"),
    draft_copy: "写す",
    draft_copied: "写しました",
    draft_put_out: "もう一度出す",
    draft_discard: "捨てる",
    draft_heading: "表札",
    draft_note: "付箋",

    language: "言語",
    opening: "開いています",
    server_away_title: "サーバーにつながりません",
    server_away_body: "書いたものは失われていません。Wi-Fiを確かめて、もう一度お試しください。",
    try_again: "もう一度",
    seat_lost_title: "この会に入れなくなりました",
    seat_lost_body: "リンクが取り消されたか、席が変わりました。書いたものは失われていません。新しいカードかコードで、もう一度入ってください。",
    join_again: "もう一度入る",
    unknown_page_title: "このページはありません",
    unknown_page_body: "リンクの文字が途中で切れていないか、確かめてください。",
    to_start: "はじめのページへ",

    crash_title: "ページが止まりました",
    crash_body: "書いたものは、この端末に残っています。ページを読み込み直すと、続きから始められます。",
    crash_body_memory_only: "送信の終わったものは、サーバーに残っています。ページを読み込み直すと、続きから始められます。",
    reload: "読み込み直す",
};

/// English.
pub const EN: CoreTexts = CoreTexts {
    connecting: "Connecting",
    online: "Saved",
    saving: |count| format!("Saving ({count})"),
    offline: "No connection. You can go on writing",
    offline_unsent: |count| format!("No connection. You can go on writing ({count} not sent yet)"),
    read_only_unsent: |count| format!("Read-only for now. {count} unsent edits are kept on this device"),
    take_as_drafts: "Keep as drafts",
    connect_now: "Connect now",
    memory_only: "This device cannot store anything. Before you close the page, check that everything has been sent.",

    line_title: "Connection",
    line_all_saved: "Everything you wrote is saved on the server.",
    line_unsent: |count| match count {
        1 => "1 edit has not reached the server yet. It is sent once there is a connection.".to_owned(),
        count => format!("{count} edits have not reached the server yet. They are sent once there is a connection."),
    },
    line_stored: "What you write is also kept on this device.",
    page_kept: "This page opens without a network.",
    page_asking: "This page is being prepared to open without a network.",
    page_insecure: "This page works without a network as long as it stays open. To open it again you need the Wi-Fi (it came without https).",
    page_refused: "This page works without a network as long as it stays open. To open it again you need the Wi-Fi (this browser does not keep the page).",
    page_newer: "A newer version is here. You will see it the next time you open the page.",
    page_outdated: "The server has been updated. The page reloads when you have finished writing. What you wrote is kept on this device.",
    page_outdated_by_hand: "The server has been updated. Please reload the page. If something has not been sent, copy it first.",

    restore: "Put back",
    deleted: |count| {
        if count == 1 {
            "Put into the basket".to_owned()
        } else {
            format!("Put {count} items into the basket")
        }
    },
    close: "Close",
    cancel: "Cancel",
    notices: "Notices",

    undo_nothing: "There is nothing of yours to undo.",
    undo_built_upon: "Somebody has built upon this, so it cannot be undone. Nothing has changed.",
    refused_read_only: |why| format!("You cannot write right now. {why}"),
    refused_too_long: |limit| format!("The text is too long. Up to {limit} letters fit."),
    refused_gone: "It is not there any more. Somebody moved it or put it into the basket.",
    refused_cycle: "An island cannot go into itself.",
    refused_full: |limit| format!("This sheet is full: at most {limit}. Go on on the sheet of a new group."),
    refused_other: "This could not be done. Nothing has changed.",
    refused_loading: "Still loading. One moment, please.",

    why_loading: "It is still loading.",
    why_muted: "The coordinator lets this device only read. What you wrote is still there.",
    sheet_renewed: "A coordinator erased something at a person’s wish. The sheet was written anew; all else is as it was.",
    sheet_renewed_drafts: |count| {
        format!("The sheet was written anew. {count} of your texts had not arrived; they are kept as drafts.")
    },
    why_locked: "The coordinator has made this group read-only.",
    why_closed: "The workshop is closed.",
    why_viewer: "This link is for reading.",
    why_other_group: "This is another group's sheet. You can read it.",
    why_newer: "This sheet was made by a newer version. Please reload the page.",
    why_not_allowed: "You may not see this sheet.",
    became_read_only: |why| format!("This sheet is read-only now. {why}"),
    became_writable: "You can write again.",

    edits_refused: |count| match count {
        0 => "The server could not take some changes. You see the latest state now.".to_owned(),
        1 => "The server could not take some changes. One text is kept as a draft.".to_owned(),
        count => format!("The server could not take some changes. {count} texts are kept as drafts."),
    },
    not_saved: "The server could not save yet. What you wrote is kept on this device.",
    board_damaged: "This sheet is damaged on the server and cannot be opened. The others can be used. Please tell whoever runs the workshop.",
    server_restarting: "The server is being restarted. You can go on writing.",
    unavailable: "This sheet cannot be found. Please check the link.",
    too_fast: "That was a lot at once. It is sent in a moment and kept on this device until then.",
    crowded: "It is crowded right now. The page connects again in a moment. What you wrote is kept on this device.",
    workshop_full: "No more devices can open this sheet right now. Please close the page on devices that are not in use.",
    too_many_tabs: "This device has the workshop open too often. Please close the other tabs.",
    server_says: |words| format!("From the server: {words}"),

    drafts_title: "Drafts",
    drafts_explained: "These texts are not on the sheet yet. They are kept on this device. Copy them or put them out again.",
    drafts_open: |count| {
        if count == 1 {
            "1 draft".to_owned()
        } else {
            format!("{count} drafts")
        }
    },
    draft_copy: "Copy",
    draft_copied: "Copied",
    draft_put_out: "Put out again",
    draft_discard: "Discard",
    draft_heading: "Heading",
    draft_note: "Note",

    language: "Language",
    opening: "Opening",
    server_away_title: "The server cannot be reached",
    server_away_body: "Nothing you wrote is lost. Please check the Wi-Fi and try again.",
    try_again: "Try again",
    seat_lost_title: "You are not in this workshop any more",
    seat_lost_body: "The link was revoked or your seat has changed. Nothing you wrote is lost. Please join again with a new card or code.",
    join_again: "Join again",
    unknown_page_title: "There is no such page",
    unknown_page_body: "Please check that the link is complete.",
    to_start: "To the start page",

    crash_title: "The page has stopped",
    crash_body: "What you wrote is kept on this device. Reload the page to go on where you were.",
    crash_body_memory_only: "What has been sent is safe on the server. Reload the page to go on where you were.",
    reload: "Reload",
};
