//! What the server keeps: documents as snapshot plus increments, and who may see them. Behind a trait that can say no.
//!
//! Writing has one entrance, [`Store::commit`]: a list of [`Write`]s that happen together or not at all and are durable
//! when it answers. Everything that must not tear (a new workshop with its boards, a move between two boards) is one
//! such list. Every backend passes the contract suite in `tests/tests/store_contract`.

pub mod memory;
pub mod sqlite;

use std::{future::Future, pin::Pin};

use board::{GroupId, PersonId};
use sha2::{Digest, Sha256};
use sync::{DocumentId, Lease};

use crate::secret::SecretHash;

pub use memory::MemoryStore;
pub use sqlite::SqliteStore;

/// An answer that is still under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Most increments one document may hold behind its snapshot before the server compacts it: 2,000 changes of about
/// 300 bytes are 600 KB to read at a join after a restart.
pub const INCREMENTS_MAX: u64 = 2_000;
/// Most links of one workshop that may be valid at once: 8 tables × 100 printings and some.
pub const LINKS_MAX: usize = 1_000;

/// The store. One per process; cheap to share.
pub trait Store: Send + Sync + 'static {
    /// Does all writes in one transaction and answers when they are durable. Order of the answers is the order of the calls.
    fn commit(&self, writes: Vec<Write>) -> Answer<'_, Committed>;
    /// Reads a document: its latest snapshot and every increment after it, each checked against its hash.
    fn document(&self, document: DocumentId) -> Answer<'_, Option<StoredDocument>>;
    /// Reads a workshop with its groups.
    fn workshop(&self, workshop: String) -> Answer<'_, Option<WorkshopRow>>;
    /// What a link or a code opens, revoked or not.
    fn link(&self, hash: SecretHash) -> Answer<'_, Option<LinkRow>>;
    /// Number of links of a workshop that are not revoked.
    fn links_count(&self, workshop: String) -> Answer<'_, usize>;
    /// The device behind a cookie.
    fn device(&self, hash: SecretHash) -> Answer<'_, Option<DeviceRow>>;
    /// A device's seat in one workshop.
    fn seat(&self, device: String, workshop: String) -> Answer<'_, Option<SeatRow>>;
    /// All seats of a device that are not revoked, the latest first, at most `limit`.
    fn seats(&self, device: String, limit: usize) -> Answer<'_, Vec<SeatRow>>;
    /// The device and workshop behind a token.
    fn token(&self, hash: SecretHash) -> Answer<'_, Option<TokenRow>>;
    /// Whether a transfer with this id was committed in this workshop.
    fn transferred(&self, workshop: String, id: String) -> Answer<'_, bool>;
    /// The documents of a workshop that were replaced by an erasure, with the group whose board each was. They never come back.
    fn replaced(&self, workshop: String) -> Answer<'_, Vec<(DocumentId, GroupId)>>;
    /// Everybody who has a seat in a workshop and is not revoked, the latest first, at most `limit`.
    fn seats_of_workshop(&self, workshop: String, limit: usize) -> Answer<'_, Vec<SeatRow>>;
    /// As whom the devices of a workshop wrote on a document.
    fn writers(&self, document: DocumentId) -> Answer<'_, Vec<WriterRow>>;
    /// What coordinators did that stands in no document, the latest first, at most `limit`.
    fn acts(&self, workshop: String, limit: usize) -> Answer<'_, Vec<ActRow>>;
    /// Makes sure that nothing which was deleted can be read out of the files any more. Needed after
    /// [`Write::ReplaceDocument`]; a store that is closed before it answered does it when it is opened again.
    fn scrub(&self) -> Answer<'_, ()>;
    /// The canary as last committed.
    fn canary(&self) -> Answer<'_, u64>;
    /// Whether nothing was ever kept here: a new data folder.
    fn is_empty(&self) -> Answer<'_, bool>;
    /// Transactions that were handed over and are not answered yet.
    fn waiting(&self) -> i64 {
        0
    }
}

/// One write of a transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A new workshop.
    CreateWorkshop {
        /// Its identifier.
        workshop: String,
        /// The workshop document, made by a [`Write::CreateDocument`] of the same transaction.
        document: DocumentId,
        /// What it is about, for the list on the start page.
        theme: String,
        /// Milliseconds since 1970.
        created_at_ms: i64,
    },
    /// A new document.
    CreateDocument {
        /// Its identifier.
        document: DocumentId,
        /// The workshop it belongs to.
        workshop: String,
        /// What it is.
        kind: DocumentKind,
        /// Its first bytes: a whole automerge document.
        snapshot: Vec<u8>,
    },
    /// A new group of a workshop.
    AddGroup {
        /// The workshop.
        workshop: String,
        /// The group.
        group: GroupId,
        /// Its board, made by a [`Write::CreateDocument`] of the same transaction.
        document: DocumentId,
    },
    /// Changes of a document. What is already there is not written twice.
    Append {
        /// The document.
        document: DocumentId,
        /// Encoded automerge changes.
        changes: Vec<Vec<u8>>,
    },
    /// Actor ids of a document are leased to devices, together with the changes that lease them. A repetition changes
    /// nothing; another holder of the same actor is a contradiction.
    Lease {
        /// The document.
        document: DocumentId,
        /// Who may write under which actor id.
        leases: Vec<Lease>,
    },
    /// A snapshot that replaces the increments up to and with `up_to_seq`.
    Compact {
        /// The document.
        document: DocumentId,
        /// The last increment it contains.
        up_to_seq: u64,
        /// A whole automerge document.
        snapshot: Vec<u8>,
    },
    /// The theme changed; the start page's list follows.
    SetTheme {
        /// The workshop.
        workshop: String,
        /// The new theme.
        theme: String,
    },
    /// A new link or code.
    AddLink(LinkRow),
    /// Links stop working, and so do the seats that were taken through them, but for one device.
    RevokeLinks {
        /// The workshop.
        workshop: String,
        /// Which kinds.
        kinds: Vec<LinkKind>,
        /// The device that asked; it keeps its seat.
        keep_device: String,
    },
    /// A new device.
    AddDevice(DeviceRow),
    /// Gives a device a seat, or changes it.
    PutSeat(SeatRow),
    /// A new token.
    AddToken(TokenRow),
    /// Remembers that a transfer happened. Fails with [`StoreError::Conflict`] if it did before.
    RecordTransfer {
        /// The workshop.
        workshop: String,
        /// The transfer's identifier, made by the client.
        id: String,
        /// Milliseconds since 1970.
        at_ms: i64,
    },
    /// Removes a document with all its increments. One that is not there is none afterwards either.
    DeleteDocument {
        /// The document.
        document: DocumentId,
    },
    /// Removes a workshop: its documents, groups, links, seats, tokens and transfers. One that is not there is none
    /// afterwards either.
    DeleteWorkshop {
        /// The workshop.
        workshop: String,
    },
    /// Puts a new document in the place of a group's board and removes every byte of the old one, which never comes back.
    ReplaceDocument {
        /// The workshop.
        workshop: String,
        /// The group whose board it is.
        group: GroupId,
        /// The document that goes.
        old: DocumentId,
        /// The one that comes.
        new: DocumentId,
        /// Its first bytes: a whole automerge document.
        snapshot: Vec<u8>,
    },
    /// Takes the name of an erased person from every seat of the workshop.
    ForgetPerson {
        /// The workshop.
        workshop: String,
        /// The person.
        person: PersonId,
    },
    /// Makes a device's seat read-only, or gives it back what its role allows.
    SetReadOnly {
        /// The workshop.
        workshop: String,
        /// The device.
        device: String,
        /// Read-only or not.
        read_only: bool,
    },
    /// Remembers as whom a device wrote on a document. The first to write as an actor is remembered.
    RecordWriter {
        /// The document.
        document: DocumentId,
        /// As whom, and who.
        writer: WriterRow,
    },
    /// Remembers what a coordinator did.
    RecordAct(ActRow),
    /// Sets the canary, which `/healthz` reads back.
    Canary(u64),
}

impl Write {
    /// Whether it makes room or takes rights away: a full disk must not keep anybody from it.
    pub fn relieves(&self) -> bool {
        matches!(
            self,
            Self::Compact { .. } | Self::RevokeLinks { .. } | Self::DeleteDocument { .. } | Self::DeleteWorkshop { .. }
        )
    }
}

/// What a transaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Committed {
    /// Increments that were really written: repeated ones are not counted.
    pub appended: u64,
    /// Most increments that any document of this transaction now holds behind its snapshot.
    pub increments: u64,
}

/// What a document is. Decided at its making and kept where no peer can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// A workshop's own document.
    Workshop,
    /// A group's board.
    Board,
}

/// A document as it lies on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDocument {
    /// The workshop it belongs to.
    pub workshop: String,
    /// What it is.
    pub kind: DocumentKind,
    /// The latest snapshot.
    pub snapshot: Vec<u8>,
    /// Increments after the snapshot, in the order of their commits.
    pub changes: Vec<Vec<u8>>,
    /// Sequence number of the last increment; that of the snapshot if there is none.
    pub last_seq: u64,
    /// Which device may write under which actor id, ordered by actor.
    pub leases: Vec<Lease>,
}

/// A workshop's fixed facts. Names and stages live in the workshop document; what decides over rights lives here, where
/// no peer can write.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkshopRow {
    /// Identifier.
    pub workshop: String,
    /// The workshop document.
    pub document: DocumentId,
    /// Theme for lists.
    pub theme: String,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
    /// Every group with its board, in the order of their making.
    pub groups: Vec<(GroupId, DocumentId)>,
}

/// What a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkKind {
    /// The short code that is said aloud: a participant who chooses the group.
    Code,
    /// A table card: a participant of one group.
    Group,
    /// Read only.
    Viewer,
    /// Everything.
    Coordinator,
}

impl LinkKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Code, Self::Group, Self::Viewer, Self::Coordinator];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Group => "group",
            Self::Viewer => "viewer",
            Self::Coordinator => "coordinator",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A link or a code, by the hash of its secret.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkRow {
    /// Hash of the secret.
    pub hash: SecretHash,
    /// The workshop.
    pub workshop: String,
    /// What it opens.
    pub kind: LinkKind,
    /// The group of a table card.
    pub group: Option<GroupId>,
    /// Milliseconds since 1970 after which it no longer opens anything.
    pub expires_at_ms: i64,
    /// Revoked by a coordinator.
    pub revoked: bool,
}

/// A device: one browser profile.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceRow {
    /// Hash of the cookie's secret.
    pub hash: SecretHash,
    /// Public name, which stands in documents. Not a secret.
    pub device: String,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
}

/// A device's seat in a workshop.
#[derive(Debug, Clone, PartialEq)]
pub struct SeatRow {
    /// The device's public name.
    pub device: String,
    /// The workshop.
    pub workshop: String,
    /// What it may do.
    pub role: board::Role,
    /// Its group, if it has chosen one.
    pub group: Option<GroupId>,
    /// Who sits there, if they have said so.
    pub person: Option<PersonId>,
    /// Their name as they chose it.
    pub person_name: String,
    /// The kind of link through which the seat was taken; none for the one who created the workshop.
    pub via: Option<LinkKind>,
    /// Revoked with its link. The row stays, so that the same person continues after scanning a new card.
    pub revoked: bool,
    /// A coordinator lets this device only read. Changed by [`Write::SetReadOnly`] alone: taking a seat does not touch it.
    pub read_only: bool,
    /// Milliseconds since 1970 of the last change.
    pub updated_at_ms: i64,
}

/// As whom a device wrote on a document.
#[derive(Debug, Clone, PartialEq)]
pub struct WriterRow {
    /// The actor id in the document's history, as bytes.
    pub actor: Vec<u8>,
    /// The device's public name.
    pub device: String,
    /// Who sat there when the actor first wrote.
    pub person: Option<PersonId>,
}

/// What a coordinator did that stands in no document.
#[derive(Debug, Clone, PartialEq)]
pub struct ActRow {
    /// The workshop.
    pub workshop: String,
    /// Milliseconds since 1970 by the server's clock.
    pub at_ms: i64,
    /// The device that did it.
    pub device: String,
    /// What was done, as a word.
    pub act: String,
    /// On whose board, if on one.
    pub group: Option<GroupId>,
    /// The device it was done to, if to one.
    pub subject: Option<String>,
    /// How many things it concerned.
    pub count: u64,
}

/// A bearer token for other automerge-repo clients: the rights of the device that made it, in one workshop.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRow {
    /// Hash of the token.
    pub hash: SecretHash,
    /// The device's public name.
    pub device: String,
    /// The workshop.
    pub workshop: String,
    /// Milliseconds since 1970 after which it is void.
    pub expires_at_ms: i64,
}

/// Why the store says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing was written, because there is no room.
    #[error("the disk is full")]
    Full,
    /// Nothing was written, because the file or its file system is read-only.
    #[error("the data folder cannot be written")]
    ReadOnly,
    /// The row is there already, or what it belongs to is not. Nothing of the transaction was written.
    #[error("the write contradicts what is stored")]
    Conflict,
    /// Bytes on disk do not match their hash, or the database itself is broken.
    #[error("the stored bytes are damaged: {0}")]
    Damaged(String),
    /// The database was written by a later version of this program.
    #[error("the database has version {found}, this program knows up to {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// The latest one this program knows.
        known: i64,
    },
    /// Anything else that the operating system or the database reports.
    #[error("the store failed: {0}")]
    Failed(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the same write may succeed later without anybody repairing the data.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Full | Self::ReadOnly | Self::Failed(_) => true,
            Self::Conflict | Self::Damaged(_) | Self::Newer { .. } | Self::Closed => false,
        }
    }
}

/// The hash by which increments and snapshots are recognised and checked.
pub fn body_hash(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}
