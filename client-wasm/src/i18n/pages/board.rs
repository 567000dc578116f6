//! The board's top line and bottom bar.

/// Words of the board page.
#[derive(Debug)]
pub struct BoardTexts {
    /// The bar's name for screen readers.
    pub bar: &'static str,
    /// Adds a note: the large button.
    pub add_note: &'static str,
    /// Undo.
    pub undo: &'static str,
    /// Redo.
    pub redo: &'static str,
    /// Lasso.
    pub lasso: &'static str,
    /// Draw an island.
    pub draw_island: &'static str,
    /// Show the whole sheet.
    pub fit: &'static str,
    /// Closer.
    pub zoom_in: &'static str,
    /// Farther.
    pub zoom_out: &'static str,
    /// The basket; how many wait.
    pub basket: &'static str,
    /// The basket's button in words.
    pub basket_count: fn(usize) -> String,
    /// The sheet view.
    pub sheet: &'static str,
    /// The outline view.
    pub outline: &'static str,
    /// Which view.
    pub views: &'static str,
    /// The report.
    pub report: &'static str,
    /// People here.
    pub people: &'static str,
    /// How many are here.
    pub people_here: fn(usize) -> String,
    /// Open points of the import.
    pub checks: &'static str,
    /// Help.
    pub help: &'static str,
    /// More functions.
    pub more: &'static str,
    /// To the overview.
    pub overview: &'static str,
    /// Reading only because another group's board.
    pub read_only: &'static str,
    /// The stage's names, in the order of the stages.
    pub stages: [&'static str; 7],
    /// While the board is on its way.
    pub loading: &'static str,
    /// What may be written here right now, when nothing may.
    pub cannot_write: &'static str,
    /// Somebody's announcement to all.
    pub announcement: &'static str,
    /// Time left.
    pub time_left: fn(u64, u64) -> String,
    /// Time is over.
    pub time_over: &'static str,
}

pub(super) const JA: BoardTexts = BoardTexts {
    bar: "紙の道具",
    add_note: "付箋",
    undo: "取り消す",
    redo: "やり直す",
    lasso: "囲む",
    draw_island: "島を描く",
    fit: "全体",
    zoom_in: "近づける",
    zoom_out: "遠ざける",
    basket: "かご",
    basket_count: |count| {
        if count == 0 {
            "かご（空）".to_owned()
        } else {
            format!("かご（{count}件）")
        }
    },
    sheet: "紙",
    outline: "一覧",
    views: "見かた",
    report: "報告書",
    people: "ここにいる人",
    people_here: |count| format!("{count}人"),
    checks: "確かめる",
    help: "使いかた",
    more: "そのほか",
    overview: "会場のようすへ",
    read_only: "読むだけ",
    stages: ["書く", "集める", "表札", "関係", "評価", "発表", "終わり"],
    loading: "紙を広げています…",
    cannot_write: "今は読むだけです",
    announcement: "お知らせ",
    time_left: |minutes, seconds| format!("あと{minutes}分{seconds:02}秒"),
    time_over: "時間です",
};

pub(super) const EN: BoardTexts = BoardTexts {
    bar: "Tools of the sheet",
    add_note: "Note",
    undo: "Undo",
    redo: "Redo",
    lasso: "Select",
    draw_island: "Island",
    fit: "Fit",
    zoom_in: "Closer",
    zoom_out: "Farther",
    basket: "Basket",
    basket_count: |count| {
        if count == 0 {
            "Basket (empty)".to_owned()
        } else {
            format!("Basket ({count})")
        }
    },
    sheet: "Sheet",
    outline: "Outline",
    views: "View",
    report: "Report",
    people: "Who is here",
    people_here: |count| {
        if count == 1 {
            "1 person".to_owned()
        } else {
            format!("{count} people")
        }
    },
    checks: "Check",
    help: "Help",
    more: "More",
    overview: "To the overview",
    read_only: "Reading only",
    stages: [
        "Write",
        "Gather",
        "Headings",
        "Relations",
        "Evaluate",
        "Present",
        "Closed",
    ],
    loading: "Spreading the sheet…",
    cannot_write: "Reading only, for now",
    announcement: "Announcement",
    time_left: |minutes, seconds| format!("{minutes}:{seconds:02} left"),
    time_over: "Time is up",
};
