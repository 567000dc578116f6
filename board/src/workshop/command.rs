//! What a coordinator can do to a workshop, and why it may be refused.

use super::view::Stage;
use crate::id::GroupId;

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
    /// Puts another board in the place of a group's (the server, after an erasure).
    SetBoard {
        /// Which group.
        group: GroupId,
        /// The document id of its board, as text.
        board: String,
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
