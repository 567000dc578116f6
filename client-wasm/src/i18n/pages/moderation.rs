//! Calming a table, looking back, erasing.

use board::board::{Deed, TakenBack};

/// Words of the moderation panels.
#[derive(Debug)]
pub struct ModerationTexts {
    /// The devices' panel and its button.
    pub devices: &'static str,
    /// What it is for.
    pub devices_hint: &'static str,
    /// Nobody has a seat yet.
    pub devices_empty: &'static str,
    /// Connected now.
    pub connected: &'static str,
    /// Not connected now.
    pub away: &'static str,
    /// This very device.
    pub own: &'static str,
    /// A device without a name.
    pub unnamed: &'static str,
    /// The switch.
    pub read_only: &'static str,
    /// The switch, said in full.
    pub read_only_of: fn(&str) -> String,
    /// Takes a device's seat away.
    pub remove: &'static str,
    /// The same, once more and for good.
    pub remove_sure: &'static str,
    /// Which device, for who cannot see the row.
    pub remove_of: fn(&str) -> String,
    /// What removing means, before it is done.
    pub remove_hint: &'static str,
    /// The log's panel and its button.
    pub log: &'static str,
    /// What it is.
    pub log_hint: &'static str,
    /// Nothing was done yet.
    pub log_empty: &'static str,
    /// Whose acts are shown.
    pub whose: &'static str,
    /// Everybody's.
    pub everybody: &'static str,
    /// Somebody nobody knows the name of.
    pub somebody: &'static str,
    /// The server itself: imports, transfers.
    pub server: &'static str,
    /// What was done; a second argument above 1 says how often.
    pub deed: fn(Deed, usize) -> String,
    /// Hours and minutes.
    pub at: fn(u32, u32) -> String,
    /// An act of a coordinator that stands in no document: who, the word, about whom, how many.
    pub act: fn(&str, &str, &str, usize) -> String,
    /// Taking back somebody's acts: the heading.
    pub take_back: &'static str,
    /// Whose: the question above the choice of time.
    pub take_back_since: &'static str,
    /// The last minutes; 0 is all.
    pub minutes: fn(u64) -> String,
    /// What would be taken back.
    pub preview: fn(&TakenBack) -> String,
    /// What stays because others built upon it.
    pub kept: fn(usize) -> String,
    /// Nothing to take back.
    pub nothing: &'static str,
    /// Does it.
    pub take_back_do: fn(usize) -> String,
    /// It can itself be taken back.
    pub take_back_hint: &'static str,
    /// It was done.
    pub taken_back: fn(usize) -> String,
    /// Erasing: the action on a note, and the panel's title.
    pub erase: &'static str,
    /// Erasing a person's name.
    pub erase_person: fn(&str) -> String,
    /// What erasing is, sentence by sentence.
    pub erase_hints: [&'static str; 4],
    /// What is erased on a group's board.
    pub erase_on: fn(&str, usize) -> String,
    /// Words elsewhere; asks whether they go too.
    pub mentions: &'static str,
    /// The box that must be ticked.
    pub erase_sure: &'static str,
    /// Does it.
    pub erase_do: &'static str,
    /// It was done.
    pub erased: &'static str,
    /// It was done; the files still hold bytes of it for a moment.
    pub erased_soon: &'static str,
    /// While it is looked up.
    pub looking: &'static str,
    /// A note without words.
    pub no_words: &'static str,
    /// The table for spreadsheets.
    pub table: &'static str,
    /// What the table is.
    pub table_hint: &'static str,
}

/// What is said of a number, and the number.
type Counted = (fn(usize) -> String, usize);

fn parts(words: [Counted; 5]) -> Vec<String> {
    words
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| word(count))
        .collect()
}

fn counts(done: &TakenBack) -> [usize; 5] {
    [done.made, done.texts, done.moved, done.basket, done.other]
}

fn preview_ja(done: &TakenBack) -> String {
    let [made, texts, moved, basket, other] = counts(done);
    let words: [Counted; 5] = [
        (|count| format!("作ったもの{count}件をかごへ"), made),
        (|count| format!("文章{count}件を元に"), texts),
        (|count| format!("位置{count}件を元に"), moved),
        (|count| format!("かごの出し入れ{count}件を元に"), basket),
        (|count| format!("そのほか{count}件を元に"), other),
    ];
    format!("{}もどします。", parts(words).join("、"))
}

fn preview_en(done: &TakenBack) -> String {
    let [made, texts, moved, basket, other] = counts(done);
    let words: [Counted; 5] = [
        (|count| format!("things made, into the basket: {count}"), made),
        (|count| format!("texts: {count}"), texts),
        (|count| format!("places: {count}"), moved),
        (|count| format!("into and out of the basket: {count}"), basket),
        (|count| format!("other: {count}"), other),
    ];
    format!("To be put back – {}.", parts(words).join(", "))
}

fn times(text: &str, count: usize) -> String {
    if count > 1 {
        format!("{text} ×{count}")
    } else {
        text.to_owned()
    }
}

fn deed_ja(deed: Deed, count: usize) -> String {
    let text = match deed {
        Deed::Opened => "紙ができました",
        Deed::Added => "付箋を出しました",
        Deed::Wrote => "付箋を書き直しました",
        Deed::Named => "表札を書きました",
        Deed::Gathered => "島をまとめました",
        Deed::Moved => "動かしました",
        Deed::Coloured => "色や印を変えました",
        Deed::Deleted => "かごに入れました",
        Deed::Restored => "かごからもどしました",
        Deed::Withheld => "保留にしました",
        Deed::Released => "保留をやめました",
        Deed::Arrived => "ほかの班から届きました",
        Deed::Sent => "ほかの班へ送りました",
        Deed::Related => "関係線を引きました",
        Deed::Marked => "票を入れました",
        Deed::People => "班の名前を変えました",
        Deed::Other => "そのほかの変更をしました",
    };
    times(text, count)
}

fn deed_en(deed: Deed, count: usize) -> String {
    let text = match deed {
        Deed::Opened => "the sheet was made",
        Deed::Added => "put out a note",
        Deed::Wrote => "wrote on a note",
        Deed::Named => "wrote a heading",
        Deed::Gathered => "changed an island",
        Deed::Moved => "moved",
        Deed::Coloured => "changed a colour or mark",
        Deed::Deleted => "put into the basket",
        Deed::Restored => "put back from the basket",
        Deed::Withheld => "withheld",
        Deed::Released => "showed again",
        Deed::Arrived => "brought from another group",
        Deed::Sent => "sent to another group",
        Deed::Related => "drew a relation",
        Deed::Marked => "gave or took back a dot",
        Deed::People => "changed the list of names",
        Deed::Other => "changed something else",
    };
    times(text, count)
}

fn act_ja(name: &str, act: &str, subject: &str, count: usize) -> String {
    match act {
        "read_only" => format!("{name}が、{subject}を読むだけにしました"),
        "writable" => format!("{name}が、{subject}をまた書けるようにしました"),
        "taken_back" => format!("{name}が、{subject}の操作を{count}件もどしました"),
        "erased" => format!("{name}が、{count}件を消去しました"),
        _ => format!("{name}：{act}"),
    }
}

fn act_en(name: &str, act: &str, subject: &str, count: usize) -> String {
    match act {
        "read_only" => format!("{name} made {subject} read-only"),
        "writable" => format!("{name} let {subject} write again"),
        "taken_back" => format!("{name} took back {count} acts of {subject}"),
        "erased" => format!("{name} erased {count}"),
        _ => format!("{name}: {act}"),
    }
}

pub(super) const JA: ModerationTexts = ModerationTexts {
    devices: "端末",
    devices_hint: "困ったときは、端末を「読むだけ」にできます。すぐに効き、いつでももどせます。書いたものは消えません。",
    devices_empty: "まだだれも参加していません。",
    connected: "つながっています",
    away: "つながっていません",
    own: "この端末",
    unnamed: "名前のない端末",
    read_only: "読むだけ",
    read_only_of: |name| format!("{name}を読むだけにする"),
    remove: "外す",
    remove_sure: "本当に外す",
    remove_of: |name| format!("{name}を外す"),
    remove_hint: "外すと、すぐに見ることも書くこともできなくなります。書いたものは残ります。カードや番号があればまた入れるので、そのときは「リンクと番号」で使えなくしてください。",
    log: "記録",
    log_hint: "この紙でだれが何をしたかの記録です。さわると、その場所が見えます。",
    log_empty: "まだ何もありません。",
    whose: "だれの",
    everybody: "みんな",
    somebody: "だれか",
    server: "会場",
    deed: deed_ja,
    at: |hours, minutes| format!("{hours}:{minutes:02}"),
    act: act_ja,
    take_back: "この人の操作をもどす",
    take_back_since: "いつからの",
    minutes: |minutes| {
        if minutes == 0 {
            "はじめから".to_owned()
        } else {
            format!("{minutes}分前から")
        }
    },
    preview: preview_ja,
    kept: |count| format!("ほかの人が続きをした{count}件は、そのままにします。"),
    nothing: "もどすものはありません。",
    take_back_do: |count| format!("{count}件をもどす"),
    take_back_hint: "ほかの人の書いたものには、さわりません。もどしたことも「元にもどす」で取り消せます。",
    taken_back: |count| format!("{count}件をもどしました"),
    erase: "消去",
    erase_person: |name| format!("{name}さんの名前を消去"),
    erase_hints: [
        "本人から頼まれたときだけ使います。",
        "文章と書いた人が、この紙と過去の履歴から、完全に消えます。",
        "だれにも、二度ともどせません。隠すだけなら「保留」を使ってください。",
        "紙は新しく作りなおされ、これまでの記録と「元にもどす」はなくなります。ほかの付箋はそのままです。",
    ],
    erase_on: |group, count| format!("{group}の{count}件"),
    mentions: "同じ言葉が、ほかにもあります。いっしょに消すものを選んでください。",
    erase_sure: "本人の希望を確かめました。もどせないことを分かっています。",
    erase_do: "完全に消去する",
    erased: "消去しました。サーバーのファイルからも消えています。",
    erased_soon: "消去しました。サーバーのファイルからは、まもなく消えます。",
    looking: "調べています…",
    no_words: "（文章なし）",
    table: "表（CSV）をファイルにする",
    table_hint: "付箋1枚が1行です。式に見える文字の前には「'」がつきます。",
};

pub(super) const EN: ModerationTexts = ModerationTexts {
    devices: "Devices",
    devices_hint: "A device that disturbs can be made read-only. It works at once and can be taken back; nothing is erased.",
    devices_empty: "Nobody has joined yet.",
    connected: "connected",
    away: "not connected",
    own: "this device",
    unnamed: "a device without a name",
    read_only: "Reading only",
    read_only_of: |name| format!("Let {name} only read"),
    remove: "Remove",
    remove_sure: "Really remove",
    remove_of: |name| format!("Remove {name}"),
    remove_hint: "It can neither read nor write at once. What it wrote stays. With a card or the code it can join again: revoke these under Links and code.",
    log: "Log",
    log_hint: "Who did what on this sheet. Touch a line to see its place.",
    log_empty: "Nothing yet.",
    whose: "Whose",
    everybody: "everybody",
    somebody: "somebody",
    server: "the hall",
    deed: deed_en,
    at: |hours, minutes| format!("{hours}:{minutes:02}"),
    act: act_en,
    take_back: "Take back what this person did",
    take_back_since: "Since when",
    minutes: |minutes| {
        if minutes == 0 {
            "all of it".to_owned()
        } else {
            format!("the last {minutes} min")
        }
    },
    preview: preview_en,
    kept: |count| format!("{count} stay, because others went on from them."),
    nothing: "There is nothing to take back.",
    take_back_do: |count| format!("Take back {count}"),
    take_back_hint: "What others wrote is not touched. Undo takes this back as well.",
    taken_back: |count| format!("{count} taken back"),
    erase: "Erase",
    erase_person: |name| format!("Erase the name {name}"),
    erase_hints: [
        "Only when the person asks for it.",
        "Text and author disappear from this sheet and from all of its history.",
        "Nobody can ever bring them back. To hide a note, withhold it instead.",
        "The sheet is written anew: its log and everybody’s undo end here. All other notes stay.",
    ],
    erase_on: |group, count| format!("{group}: {count}"),
    mentions: "The same words stand elsewhere. Choose what goes as well.",
    erase_sure: "The person wants this, and I know that it cannot be taken back.",
    erase_do: "Erase for good",
    erased: "Erased, also from the server’s files.",
    erased_soon: "Erased. The server’s files follow in a moment.",
    looking: "Looking…",
    no_words: "(no words)",
    table: "Save as a table (CSV)",
    table_hint: "One row per note. What looks like a formula has an apostrophe in front.",
};
