//! The report.

/// Words of the report page.
#[derive(Debug)]
pub struct ReportTexts {
    /// Title.
    pub title: &'static str,
    /// Verbatim.
    pub verbatim: &'static str,
    /// Clean.
    pub clean: &'static str,
    /// Markdown.
    pub markdown: &'static str,
    /// What the verbatim profile is.
    pub verbatim_hint: &'static str,
    /// What the clean profile is.
    pub clean_hint: &'static str,
    /// What the Markdown profile is.
    pub markdown_hint: &'static str,
    /// Which profile.
    pub profile: &'static str,
    /// Which group.
    pub scope: &'static str,
    /// All groups.
    pub all: &'static str,
    /// Downloads.
    pub download: &'static str,
    /// Download of the shown profile.
    pub download_this: &'static str,
    /// Download of a board's automerge file.
    pub download_board: fn(&str) -> String,
    /// Download of the workshop's automerge file.
    pub download_workshop: &'static str,
    /// What the automerge file is.
    pub automerge_hint: &'static str,
    /// Prints.
    pub print: &'static str,
    /// Copies.
    pub copy: &'static str,
    /// Nothing yet.
    pub empty: &'static str,
    /// Always current.
    pub live: &'static str,
    /// Not all boards have arrived.
    pub partial: &'static str,
    /// How much it is.
    pub size: fn(usize, usize) -> String,
}

pub(super) const JA: ReportTexts = ReportTexts {
    title: "報告書",
    verbatim: "原文どおり",
    clean: "清書",
    markdown: "Markdown",
    verbatim_hint: "読みこんだ文章のままです。変えたところだけが変わります。",
    clean_hint: "表札ごとにそろえ、関係と評価をそえます。保留の付箋は出しません。",
    markdown_hint: "ほかの道具に貼りつけるための形です。",
    profile: "書きかた",
    scope: "どの班",
    all: "すべての班",
    download: "取り出す",
    download_this: "この文章をファイルにする",
    download_board: |name| format!("{name}の紙のファイル（.automerge）"),
    download_workshop: "ワークショップのファイル（.automerge）",
    automerge_hint: "すべての履歴が入った、そのままの控えです。",
    print: "印刷する",
    copy: "文章をコピー",
    empty: "付箋が書かれると、報告書がここにできます。",
    live: "紙が変わると、この文章もすぐに変わります。",
    partial: "まだ届いていない班があります。届くと、ここに加わります。",
    size: |lines, letters| format!("{lines}行・{letters}文字"),
};

pub(super) const EN: ReportTexts = ReportTexts {
    title: "Report",
    verbatim: "Verbatim",
    clean: "Clean",
    markdown: "Markdown",
    verbatim_hint: "The imported text as it was; only what you changed is changed.",
    clean_hint: "Even spacing under each heading, with relations and evaluation. Withheld notes are left out.",
    markdown_hint: "For pasting into other tools.",
    profile: "Form",
    scope: "Groups",
    all: "All groups",
    download: "Take it with you",
    download_this: "Save this text as a file",
    download_board: |name| format!("Sheet of {name} (.automerge)"),
    download_workshop: "Workshop (.automerge)",
    automerge_hint: "The complete copy, with all its history.",
    print: "Print",
    copy: "Copy the text",
    empty: "The report appears here as soon as notes are written.",
    live: "When the sheet changes, this text changes with it.",
    partial: "Some groups have not arrived yet. They are added as they come.",
    size: |lines, letters| format!("{lines} lines, {letters} characters"),
};
