//! The workshop as people see it.

use crate::{id::GroupId, view::SchemaState};

/// The steps of the evening (段階). Backwards is allowed at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Stage {
    /// ラベル作り: notes are written.
    #[default]
    Writing,
    /// ラベル集め: notes are gathered into islands.
    Gathering,
    /// 表札: islands get their headings.
    Headings,
    /// 関係線: relations are drawn.
    Relations,
    /// 衆目評価: dots are given.
    Evaluation,
    /// 発表: groups present.
    Presenting,
    /// 終了: read only.
    Closed,
}

impl Stage {
    /// All stages in the order of the evening.
    pub const ALL: [Self; 7] = [
        Self::Writing,
        Self::Gathering,
        Self::Headings,
        Self::Relations,
        Self::Evaluation,
        Self::Presenting,
        Self::Closed,
    ];

    /// The stage's name in documents and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Writing => "writing",
            Self::Gathering => "gathering",
            Self::Headings => "headings",
            Self::Relations => "relations",
            Self::Evaluation => "evaluation",
            Self::Presenting => "presenting",
            Self::Closed => "closed",
        }
    }

    /// The stage of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// One group of the workshop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkshopGroup {
    /// Identifier.
    pub id: GroupId,
    /// Such as 1班.
    pub name: String,
    /// One grapheme cluster, optional.
    pub icon: Option<String>,
    /// The automerge-repo document id of its board, as text.
    pub board: String,
    /// Participants can only read.
    pub locked: bool,
    /// Taken off the list; its board stays.
    pub removed: bool,
}

/// A running timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// When it started, in milliseconds since 1970 of server time.
    pub started_at_ms: i64,
    /// When it rings, in milliseconds since 1970 of server time.
    pub ends_at_ms: i64,
}

/// Something the coordinator tells everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Identifier within the workshop.
    pub id: String,
    /// What is said.
    pub text: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// The workshop as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkshopView {
    /// May it be written?
    pub schema: SchemaState,
    /// What is discussed.
    pub theme: String,
    /// When, as people write it.
    pub date: String,
    /// Where.
    pub venue: String,
    /// The step of the evening.
    pub stage: Stage,
    /// The groups in order, removed ones too.
    pub groups: Vec<WorkshopGroup>,
    /// The timer, if one runs.
    pub timer: Option<Timer>,
    /// All announcements, the oldest first.
    pub announcements: Vec<Announcement>,
    /// Whether participants may read the other groups' boards.
    pub read_others: bool,
    /// What the verbatim report needs of the whole file (the end of the text …), key by key.
    pub trivia: std::collections::BTreeMap<String, String>,
}
