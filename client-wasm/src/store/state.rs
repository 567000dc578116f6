//! What components read: a cheap snapshot of everything the store owns.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use board::{BoardView, GroupId, IslandId, ItemId, PersonId, Point, TextTarget, UndoState, WorkshopView};

use crate::{api::Seat, platform::Keeping};

/// A snapshot. Cloning one costs a few reference counts per open board.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// This device's place in the workshop, once it is known.
    pub seat: Option<Rc<Seat>>,
    /// The workshop document.
    pub workshop: Arc<WorkshopView>,
    /// Whether anything of the workshop document has arrived, from the server or from the device.
    pub workshop_loaded: bool,
    /// Whether this device may write the workshop document.
    pub workshop_access: Access,
    /// The open boards.
    pub boards: BTreeMap<GroupId, BoardSlot>,
    /// The state of the line to the server.
    pub connection: Connection,
    /// What to tell the person, the oldest first.
    pub notices: Vec<Notice>,
    /// Texts that the server did not take, kept for their writer.
    pub drafts: Rc<Vec<Draft>>,
    /// False when the device refuses to store anything: then edits live in memory only until they are sent.
    pub storage: bool,
    /// What is known of the page itself.
    pub page: PageState,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.seat == other.seat
            && Arc::ptr_eq(&self.workshop, &other.workshop)
            && self.workshop_loaded == other.workshop_loaded
            && self.workshop_access == other.workshop_access
            && self.boards == other.boards
            && self.connection == other.connection
            && self.notices == other.notices
            && Rc::ptr_eq(&self.drafts, &other.drafts)
            && self.storage == other.storage
            && self.page == other.page
    }
}

/// What is known of the page itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageState {
    /// Whether it opens without a network.
    pub keeping: Keeping,
    /// Whether the server has a newer one.
    pub newer: Newer,
}

/// Whether the server hands out a newer page than this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Newer {
    /// No, as far as is known.
    #[default]
    None,
    /// Yes; this one works on, and the newer one is shown at the next visit.
    AtNextVisit,
    /// Yes, and the server does not work with this one any more: it is replaced as soon as nothing can be lost by it.
    Soon,
    /// The same, but the person has to do it: the device keeps nothing, or replacing it did not help.
    ByHand,
}

/// One open board.
#[derive(Debug, Clone)]
pub struct BoardSlot {
    /// Whose.
    pub group: GroupId,
    /// Its document id as text.
    pub document: String,
    /// What is on it.
    pub view: Arc<BoardView>,
    /// Whether anything of it has arrived, from the server or from the device.
    pub loaded: bool,
    /// What this device may do with it.
    pub access: Access,
    /// What undo and redo would do.
    pub undo: UndoState,
    /// Own changes that are not yet on the server's disk.
    pub unsaved: usize,
    /// Who is connected to it, this device included.
    pub peers: Rc<Vec<Peer>>,
    /// What the others are doing right now, by peer id.
    pub presence: Rc<BTreeMap<String, RemotePresence>>,
}

/// Views are compared by address: an unchanged one keeps its `Arc`.
impl PartialEq for BoardSlot {
    fn eq(&self, other: &Self) -> bool {
        self.group == other.group
            && self.document == other.document
            && Arc::ptr_eq(&self.view, &other.view)
            && self.loaded == other.loaded
            && self.access == other.access
            && self.undo == other.undo
            && self.unsaved == other.unsaved
            && (Rc::ptr_eq(&self.peers, &other.peers) || self.peers == other.peers)
            && (Rc::ptr_eq(&self.presence, &other.presence) || self.presence == other.presence)
    }
}

/// What this device may do with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Read and write.
    Write,
    /// Only read, and why.
    Read(ReadOnly),
}

impl Default for Access {
    fn default() -> Self {
        Self::Read(ReadOnly::Loading)
    }
}

impl Access {
    /// Whether it may be written.
    pub fn may_write(&self) -> bool {
        *self == Self::Write
    }
    /// Why it may not be written.
    pub fn read_only(&self) -> Option<ReadOnly> {
        match self {
            Self::Write => None,
            Self::Read(why) => Some(*why),
        }
    }
}

/// Why a document may only be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOnly {
    /// Its copy is still on the way.
    Loading,
    /// The coordinator has locked the group.
    Locked,
    /// The workshop is closed.
    Closed,
    /// A coordinator lets this device only read.
    Muted,
    /// This device is here to read.
    Viewer,
    /// It is another group's.
    OtherGroup,
    /// A newer program made it.
    Newer,
    /// It may not even be seen.
    NotAllowed,
}

/// The line to the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connection {
    /// Where it is.
    pub phase: Phase,
    /// Own changes of all documents that are not yet on the server's disk.
    pub unsaved: usize,
}

/// Where the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Being opened.
    #[default]
    Connecting,
    /// Open.
    Online,
    /// Not there.
    Offline {
        /// When it is tried again, in milliseconds of [`crate::store::Store::now_ms`].
        retry_at_ms: u64,
    },
}

impl Phase {
    /// The word in `data-phase` and in the test view.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Online => "online",
            Self::Offline { .. } => "offline",
        }
    }
}

/// Somebody connected to a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The connection.
    pub peer: String,
    /// The person, if that device has chosen one.
    pub person: Option<PersonId>,
    /// The person's or the device's name.
    pub name: String,
    /// `viewer`, `participant` or `coordinator`.
    pub role: String,
    /// Stable colour of the person (of the device without one), 0 to 11, as in `--person-N`.
    pub colour_index: u8,
    /// Whether it is this page itself.
    pub own: bool,
}

/// What this device shows to the others while a finger moves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Presence {
    /// Where the pointer is on the sheet.
    pub cursor: Option<Point>,
    /// What is being dragged.
    pub hold: Option<Hold>,
    /// What is being written.
    pub writing: Option<TextTarget>,
}

/// Items in somebody's hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    /// Which.
    pub items: Vec<ItemId>,
    /// How far from where they lie.
    pub delta: Point,
}

/// What somebody else is doing right now.
#[derive(Debug, Clone, PartialEq)]
pub struct RemotePresence {
    /// The person, if that device has chosen one.
    pub person: Option<PersonId>,
    /// The person's or the device's name.
    pub name: String,
    /// Stable colour of the person, 0 to 11, as in `--person-N`.
    pub colour_index: u8,
    /// What they show.
    pub presence: Presence,
    /// When it arrived, in milliseconds of [`crate::store::Store::now_ms`]. Forgotten after 10 s.
    pub seen_at_ms: u64,
}

/// Something to tell the person.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Given by the store; 0 before.
    pub id: u64,
    /// What kind.
    pub kind: NoticeKind,
    /// In the person's language.
    pub text: String,
}

impl Notice {
    /// A quiet word that goes away by itself.
    pub fn info(text: impl Into<String>) -> Self {
        Self {
            id: 0,
            kind: NoticeKind::Info,
            text: text.into(),
        }
    }
    /// Something the person should know; stays until closed.
    pub fn warning(text: impl Into<String>) -> Self {
        Self {
            id: 0,
            kind: NoticeKind::Warning,
            text: text.into(),
        }
    }
}

/// Kinds of notices.
#[derive(Debug, Clone, PartialEq)]
pub enum NoticeKind {
    /// Goes away by itself.
    Info,
    /// Stays until closed.
    Warning,
    /// A command was refused; goes away by itself.
    Refused,
    /// Items went into the basket: the strip with もどす, for five seconds.
    Deleted {
        /// On whose board.
        group: GroupId,
        /// Which.
        items: Vec<ItemId>,
    },
    /// Texts became drafts; stays until closed and leads to them.
    Drafts,
}

/// A text that the server did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Random, unique on this device.
    pub id: String,
    /// On whose board it was written.
    pub group: GroupId,
    /// The text.
    pub text: String,
    /// Whether it was a heading.
    pub heading: bool,
    /// The island it was in or named, if it still exists it goes there again.
    pub island: Option<IslandId>,
}
