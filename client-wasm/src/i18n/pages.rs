//! Words of the pages and panels, Japanese and English.

mod board;
mod create;
mod join;
mod links;
mod moderation;
mod overview;
mod panels;
mod report;
mod start;
mod trouble;

pub use board::BoardTexts;
pub use create::{CheckTexts, ImportTexts, NewTexts};
pub use join::JoinTexts;
pub use links::{CardTexts, LinkTexts};
pub use moderation::ModerationTexts;
pub use overview::{OverviewTexts, WallTexts};
pub use panels::{BasketTexts, HelpTexts, HelpTopic, PeopleTexts};
pub use report::ReportTexts;
pub use start::StartTexts;
pub use trouble::{Trouble, TroubleTexts};

/// Everything the pages say.
#[derive(Debug)]
pub struct PagesTexts {
    /// The product's name as it stands on the page, and its second line.
    pub name: &'static str,
    /// Back to the start page.
    pub home: &'static str,
    /// One step back.
    pub back: &'static str,
    /// Closes a panel.
    pub close: &'static str,
    /// Leaves without doing.
    pub cancel: &'static str,
    /// Copies a text.
    pub copy: &'static str,
    /// It was copied.
    pub copied: &'static str,
    /// The browser did not let us copy.
    pub copy_failed: &'static str,
    /// While something is on its way.
    pub waiting: &'static str,
    /// Coordinator, the role.
    pub coordinator: &'static str,
    /// Participant, the role.
    pub participant: &'static str,
    /// Viewer, the role.
    pub viewer: &'static str,
    /// A note without text.
    pub untitled_note: &'static str,
    /// An island without heading.
    pub untitled_island: &'static str,
    /// The start page.
    pub start: StartTexts,
    /// The page for a new workshop.
    pub new: NewTexts,
    /// The page that reads a report.
    pub import: ImportTexts,
    /// The "check these" list.
    pub checks: CheckTexts,
    /// The links of a workshop.
    pub links: LinkTexts,
    /// The table cards.
    pub cards: CardTexts,
    /// Joining.
    pub join: JoinTexts,
    /// The board's bars.
    pub board: BoardTexts,
    /// The coordinator's overview.
    pub overview: OverviewTexts,
    /// The wall.
    pub wall: WallTexts,
    /// The report.
    pub report: ReportTexts,
    /// The basket.
    pub basket: BasketTexts,
    /// The people of a group.
    pub people: PeopleTexts,
    /// Devices, the log, erasing.
    pub moderation: ModerationTexts,
    /// The help sheet.
    pub help: HelpTexts,
    /// What went wrong.
    pub trouble: TroubleTexts,
}

/// Japanese.
pub const JA: PagesTexts = PagesTexts {
    name: "寄合",
    home: "はじめのページへ",
    back: "もどる",
    close: "閉じる",
    cancel: "やめる",
    copy: "コピー",
    copied: "コピーしました",
    copy_failed: "コピーできませんでした。文字を選んでコピーしてください",
    waiting: "お待ちください…",
    coordinator: "コーディネーター",
    participant: "参加者",
    viewer: "閲覧",
    untitled_note: "（まだ何も書かれていない付箋）",
    untitled_island: "（表札のない島）",
    start: start::JA,
    new: create::NEW_JA,
    import: create::IMPORT_JA,
    checks: create::CHECKS_JA,
    links: links::LINKS_JA,
    cards: links::CARDS_JA,
    join: join::JA,
    board: board::JA,
    overview: overview::JA,
    wall: overview::WALL_JA,
    report: report::JA,
    basket: panels::BASKET_JA,
    people: panels::PEOPLE_JA,
    moderation: moderation::JA,
    help: panels::HELP_JA,
    trouble: trouble::JA,
};

/// English.
pub const EN: PagesTexts = PagesTexts {
    name: "Yoriai",
    home: "To the start page",
    back: "Back",
    close: "Close",
    cancel: "Cancel",
    copy: "Copy",
    copied: "Copied",
    copy_failed: "The browser did not allow copying. Please select the text and copy it yourself",
    waiting: "One moment…",
    coordinator: "Coordinator",
    participant: "Participant",
    viewer: "Viewer",
    untitled_note: "(a note with nothing on it yet)",
    untitled_island: "(an island without a heading)",
    start: start::EN,
    new: create::NEW_EN,
    import: create::IMPORT_EN,
    checks: create::CHECKS_EN,
    links: links::LINKS_EN,
    cards: links::CARDS_EN,
    join: join::EN,
    board: board::EN,
    overview: overview::EN,
    wall: overview::WALL_EN,
    report: report::EN,
    basket: panels::BASKET_EN,
    people: panels::PEOPLE_EN,
    moderation: moderation::EN,
    help: panels::HELP_EN,
    trouble: trouble::EN,
};

/// Function pointers have no meaningful equality; there is one value per language, so its address decides.
impl PartialEq for PagesTexts {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}
