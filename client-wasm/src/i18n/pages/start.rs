//! The start page.

/// Words of the start page.
#[derive(Debug)]
pub struct StartTexts {
    /// What Yoriai is, in one sentence, cut where a line may end.
    pub lead: [&'static str; 4],
    /// What the drawing shows, for those who cannot see it.
    pub drawing: &'static str,
    /// Above the code field.
    pub join_title: &'static str,
    /// What to put into the code field.
    pub join_hint: &'static str,
    /// Above the three ways to begin.
    pub begin_title: &'static str,
    /// A new workshop.
    pub new: &'static str,
    /// What that means.
    pub new_hint: &'static str,
    /// A workshop from a report.
    pub import: &'static str,
    /// What that means.
    pub import_hint: &'static str,
    /// The demonstration.
    pub demo: &'static str,
    /// What that means.
    pub demo_hint: &'static str,
    /// While the demonstration is made.
    pub demo_waiting: &'static str,
    /// Above the list of workshops this device knows.
    pub resume_title: &'static str,
    /// A workshop without theme.
    pub untitled: &'static str,
    /// At the foot of the page.
    pub foot: &'static str,
}

pub(super) const JA: StartTexts = StartTexts {
    lead: [
        "一枚の紙を囲んで、",
        "付箋を書き、",
        "島にまとめると、",
        "報告書ができあがります。",
    ],
    drawing: "紙の上に付箋がならび、いくつかが鉛筆の線で囲まれ、表札がついている絵",
    join_title: "ワークショップに入る",
    join_hint: "テーブルのカードにある12桁の番号です。カードのQRコードを読むと、番号なしで入れます。",
    begin_title: "ワークショップを開く",
    new: "新しく開く",
    new_hint: "テーマと班を決めて、白い紙から始めます。",
    import: "報告書から開く",
    import_hint: "前の報告書を読みこんで、続きを話し合います。",
    demo: "見本を開く",
    demo_hint: "2つの班、64枚の付箋。自由に動かして試せます。",
    demo_waiting: "見本を用意しています…",
    resume_title: "続きから",
    untitled: "（テーマなし）",
    foot: "登録はいりません。書いたものは、この会場のサーバーだけに残ります。",
};

pub(super) const EN: StartTexts = StartTexts {
    lead: [
        "Gather round one sheet, ",
        "write notes, ",
        "draw islands round what belongs together: ",
        "the report is written.",
    ],
    drawing: "A sheet with paper slips, some of them inside a pencil line with a name-plate",
    join_title: "Join a workshop",
    join_hint: "The twelve digits on the card at your table. Scanning the card’s QR code works without them.",
    begin_title: "Open a workshop",
    new: "Start a new one",
    new_hint: "Choose a theme and groups, and begin with an empty sheet.",
    import: "Start from a report",
    import_hint: "Read in an earlier report and carry on from there.",
    demo: "Open the demo",
    demo_hint: "Two groups and 64 notes, free to move about.",
    demo_waiting: "Preparing the demo…",
    resume_title: "Carry on",
    untitled: "(no theme)",
    foot: "No account is needed. What you write stays on this server only.",
};
