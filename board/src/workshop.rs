//! The workshop document: theme, groups, stage, timer, announcements. The same shape as [`crate::Board`].

use std::sync::Arc;

use automerge::{ActorId, Automerge, Change};

use crate::{
    board::{ApplyError, OpenError},
    id::GroupId,
    stamp::Stamp,
    view::SchemaState,
};

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

/// What a coordinator can do to a workshop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkshopCommand {
    /// Sets the theme.
    SetTheme(String),
    /// Sets the date, as people write it.
    SetDate(String),
    /// Sets the place.
    SetVenue(String),
    /// Goes to a stage, forwards or backwards.
    SetStage(Stage),
    /// Adds a group, last.
    AddGroup {
        /// Identifier.
        id: GroupId,
        /// Such as 3班.
        name: String,
        /// One grapheme cluster, optional.
        icon: Option<String>,
        /// The document id of its board, as text.
        board: String,
    },
    /// Renames a group.
    RenameGroup {
        /// Which.
        group: GroupId,
        /// The name.
        name: String,
        /// The icon.
        icon: Option<String>,
    },
    /// Moves a group in the list.
    MoveGroup {
        /// Which.
        group: GroupId,
        /// Before this one; none: last.
        before: Option<GroupId>,
    },
    /// Makes a group's board read-only for participants, or writable again.
    SetLocked {
        /// Which.
        group: GroupId,
        /// Read-only or not.
        locked: bool,
    },
    /// Takes a group off the list, or puts it back.
    RemoveGroup {
        /// Which.
        group: GroupId,
        /// Removed or back.
        removed: bool,
    },
    /// Decides whether participants may read other groups' boards.
    SetReadOthers(bool),
    /// Starts the timer.
    StartTimer {
        /// When it rings, in milliseconds since 1970 of server time.
        ends_at_ms: i64,
    },
    /// Stops the timer.
    StopTimer,
    /// Tells everybody something.
    Announce {
        /// Identifier, made of random bits.
        id: String,
        /// What is said.
        text: String,
    },
    /// Keeps something for the verbatim report.
    SetTrivia {
        /// Its name.
        key: String,
        /// What is kept.
        text: String,
    },
}

/// Why a workshop command was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkshopRefused {
    /// The replica has not received the workshop yet.
    #[error("the workshop has not arrived yet")]
    NotReady,
    /// Written by a newer version of this program.
    #[error("the workshop has schema version {found}, newer than this program: it can only be read")]
    NewerSchema {
        /// The document's version.
        found: u64,
    },
    /// There is no such group.
    #[error("there is no such group")]
    NoSuchGroup,
    /// The identifier is taken.
    #[error("the identifier is already taken")]
    AlreadyExists,
    /// An empty theme or name.
    #[error("a theme or name must not be empty")]
    Empty,
    /// A text that is too long.
    #[error("the text may have at most {limit} bytes")]
    TooLong {
        /// UTF-8 bytes.
        limit: usize,
    },
    /// Too many groups or announcements.
    #[error("there can be at most {limit} of these")]
    TooMany {
        /// How many.
        limit: usize,
    },
    /// automerge refused what we wrote; a defect, reported instead of panicking.
    #[error("the document could not be written: {0}")]
    Document(String),
}

/// What a workshop starts with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewWorkshop {
    /// The workshop's identifier in links and in the database.
    pub id: String,
    /// What is discussed.
    pub theme: String,
    /// When, as people write it.
    pub date: String,
    /// Where.
    pub venue: String,
    /// Groups in order: identifier, name, icon, document id of the board.
    pub groups: Vec<(GroupId, String, Option<String>, String)>,
    /// For the verbatim report of an import.
    pub trivia: std::collections::BTreeMap<String, String>,
}

/// The workshop document.
#[derive(Debug, Clone)]
pub struct Workshop {
    doc: Automerge,
    view: Arc<WorkshopView>,
}

impl Workshop {
    /// Makes the document. The same arguments give the same bytes; call it once per workshop, on the server.
    pub fn create(new: &NewWorkshop, at_ms: i64, actor: ActorId) -> Self {
        let _ = (new, at_ms);
        Self::empty(actor)
    }

    /// Opens a saved workshop; a newer schema can only be read.
    pub fn load(bytes: &[u8], actor: ActorId) -> Result<Self, OpenError> {
        let doc = Automerge::load(bytes).map_err(|error| OpenError::NotAutomerge(error.to_string()))?;
        Self::from_doc(doc.with_actor(actor))
    }

    /// Opens a document that is already in memory.
    pub fn from_doc(doc: Automerge) -> Result<Self, OpenError> {
        Ok(Self {
            doc,
            view: Arc::default(),
        })
    }

    /// A replica that has not received anything yet.
    pub fn empty(actor: ActorId) -> Self {
        Self {
            doc: Automerge::new().with_actor(actor),
            view: Arc::default(),
        }
    }

    /// The workshop as people see it.
    pub fn view(&self) -> &Arc<WorkshopView> {
        &self.view
    }

    /// The document.
    pub fn doc(&self) -> &Automerge {
        &self.doc
    }

    /// From now on writes as this actor.
    pub fn set_actor(&mut self, actor: ActorId) {
        self.doc.set_actor(actor);
    }

    /// Does a command: one change, none if nothing had to be written.
    pub fn apply(&mut self, command: WorkshopCommand, stamp: &Stamp) -> Result<Option<Change>, WorkshopRefused> {
        let _ = (command, stamp);
        Err(WorkshopRefused::NotReady)
    }

    /// Takes in changes of others.
    pub fn apply_changes(&mut self, changes: Vec<Change>) -> Result<(), ApplyError> {
        self.doc
            .apply_changes(changes)
            .map_err(|error| ApplyError(error.to_string()))
    }

    /// The whole document as bytes, compressed.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save()
    }
}
