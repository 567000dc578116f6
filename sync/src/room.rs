//! The server's side of one document: who is in it, what they sent, what is on disk, who must be told.
//!
//! A change is persisted before it is applied, acknowledged or shown to anybody, so the heads a room announces are always on
//! disk: "seen" means "saved" (rule S30). One batch is on its way to the disk at a time; what arrives meanwhile is the next.

mod admission;
mod batch;
mod draft;
mod fan_out;
mod frames;
mod member;
mod phases;
mod presence;
mod rehearsal;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use automerge::{Automerge, Change, ChangeHash};

use crate::{
    DocumentId, PeerId,
    leases::{Lease, Leases},
    wire::{Access, Message, PeerEntry},
};
pub use admission::{Admission, Refusal};
use batch::Batch;
use draft::{Seqs, Submission};
use fan_out::CatchUpFrame;
use member::Member;
use presence::Presence;
use rehearsal::Rehearsal;

/// The most sessions in one room: the largest hall twice over.
pub const SESSIONS_MAX: usize = 512;
/// The most messages of one session that wait while the document is loaded: a greeting and a few first words.
pub const WAITING_MAX: usize = 8;
/// The most bytes of changes that wait for the batch in flight: 16 seconds of a slow disk at 50 edits a second of 10 KiB.
pub const QUEUE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// A batch is cut near this size; it becomes one frame for every reader.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// The most changes in one batch.
pub const BATCH_CHANGES_MAX: usize = 4096;
/// The largest ephemeral message that is relayed, four times what our own client sends.
pub const EPHEMERAL_BYTES_MAX: usize = 4096;
/// Ephemeral messages a second of one session; twice what our own client sends.
pub const EPHEMERAL_PER_SECOND: u64 = 40;
/// The list of people is sent at most this often, however many come and go.
pub const PEERS_INTERVAL_MS: u64 = 250;
/// A failed write is tried again after this time, doubled with each failure …
pub const RETRY_FIRST_MS: u64 = 250;
/// … up to this.
pub const RETRY_MAX_MS: u64 = 8_000;
/// Messages of one session about changes whose past is unknown; one that honestly lost its place needs one or two.
pub const ORPHAN_MESSAGES_MAX: u32 = 64;

/// A connection, as the server numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Who is behind a session, as the server knows it (never as the peer claims).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerInfo {
    /// What the others are shown.
    pub entry: PeerEntry,
    /// It understands the `yoriai-…` messages.
    pub yoriai: bool,
    /// The device in whose name actor ids are leased (see [`crate::leases`]).
    pub holder: String,
}

/// Why a session is closed; each has its WebSocket close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloseCode {
    /// It broke the protocol.
    Protocol,
    /// A change was not admitted.
    Refused,
    /// Its document cannot be read or written.
    Internal,
    /// The server restarts; come back after a random moment.
    Restart,
    /// Too much of something; come back later.
    Overloaded,
}

impl CloseCode {
    /// The code of the WebSocket close frame (RFC 6455 and its registry).
    pub const fn number(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::Refused => 1008,
            Self::Internal => 1011,
            Self::Restart => 1012,
            Self::Overloaded => 1013,
        }
    }
}

/// What happens to a room.
#[derive(Debug)]
pub enum Input {
    /// A session opened the document with its first message. It must be allowed at least to read.
    SessionJoined {
        /// Which.
        session: SessionId,
        /// Who.
        info: PeerInfo,
        /// What it may do.
        access: Access,
        /// Its `request`, `sync` or `ephemeral`.
        first: Message,
    },
    /// A session that joined sent a message about this document.
    Message {
        /// Which.
        session: SessionId,
        /// What.
        message: Message,
    },
    /// A session's rights changed; [`Access::None`] takes it out of the room.
    AccessChanged {
        /// Which.
        session: SessionId,
        /// What it may do from now on.
        access: Access,
        /// A word for why, handed on to the client.
        reason: String,
    },
    /// A session is somebody else now: another person sits at the device, or its role changed.
    Introduced {
        /// Which.
        session: SessionId,
        /// What the others are shown from now on.
        entry: PeerEntry,
    },
    /// A session's connection is gone.
    SessionLeft {
        /// Which.
        session: SessionId,
    },
    /// The document was read from the store.
    Loaded {
        /// What it is.
        doc: Box<Automerge>,
        /// Who may write under which actor id.
        leases: Vec<Lease>,
    },
    /// It could not be read.
    LoadFailed {
        /// For the log; the sessions are told that it is unavailable.
        reason: String,
    },
    /// The batch is on disk, for good.
    Persisted {
        /// Its number from [`Output::Persist`].
        batch: u64,
    },
    /// The batch is not on disk. It is tried again.
    PersistFailed {
        /// Its number from [`Output::Persist`].
        batch: u64,
    },
    /// The server's own changes, made on a fork of [`Room::doc`]. They are persisted and shown like any other.
    LocalChanges {
        /// In order.
        changes: Vec<Change>,
        /// Comes back in [`Output::LocalApplied`] or [`Output::LocalRefused`].
        token: u64,
    },
    /// The server's own changes which it has persisted itself already, together with something else.
    DurableChanges {
        /// In order; their dependencies are in [`Room::doc`].
        changes: Vec<Change>,
        /// Comes back in [`Output::LocalApplied`] or [`Output::LocalRefused`].
        token: u64,
    },
    /// Finish what is on its way to the disk, then close every session and unload.
    Drain,
    /// Time has passed; see [`Output::WakeAt`].
    Tick,
}

/// What a room wants done, in this order.
#[derive(Debug)]
pub enum Output {
    /// Send a frame. Document messages must not be dropped or reordered.
    Send {
        /// To whom.
        session: SessionId,
        /// The frame; often the same for many sessions.
        bytes: Arc<[u8]>,
        /// It is presence: a full outbox may drop it.
        droppable: bool,
    },
    /// Write the changes to disk, then answer [`Input::Persisted`] or [`Input::PersistFailed`]. Never two at once.
    Persist {
        /// Rises by one.
        batch: u64,
        /// In an order in which they can be applied. The same batch is asked for again after a failure.
        changes: Arc<[Change]>,
        /// Actor ids that these changes lease: to be written with them or not at all.
        leases: Arc<[Lease]>,
    },
    /// Close the session's connection; the room has forgotten the session.
    Close {
        /// Which.
        session: SessionId,
        /// For the close frame.
        code: CloseCode,
        /// For the close frame and the log: a word or a short sentence, no personal text.
        reason: String,
    },
    /// The server's own changes are on disk, applied and on their way to everybody.
    LocalApplied {
        /// From the input.
        token: u64,
    },
    /// The server's own changes do not fit the document; nothing was written.
    LocalRefused {
        /// From the input.
        token: u64,
        /// For the log.
        reason: String,
    },
    /// Give a [`Input::Tick`] at this time (milliseconds of the clock that `now_ms` is read from) or later.
    WakeAt {
        /// When.
        at_ms: u64,
    },
    /// A panic that a session's bytes caused was caught; the session is closed. To be counted.
    Panicked,
    /// After a panic what is in memory is given up: read the document again and answer with [`Input::Loaded`] or
    /// [`Input::LoadFailed`]; the sessions stay meanwhile (rule S53).
    Reload,
    /// Drop the room and its document; a later session loads it anew.
    Unload,
}

/// One document and everybody in it. See the module's documentation.
#[derive(Debug)]
pub struct Room {
    document: DocumentId,
    own: PeerId,
    phase: Phase,
    members: BTreeMap<SessionId, Member>,
    presence: Presence,
}

/// The life of a room; each state owns its data.
#[derive(Debug)]
enum Phase {
    /// The document is on its way from the store; early messages wait.
    Loading {
        waiting: VecDeque<(SessionId, Message)>,
        local: Vec<Input>,
        /// After a panic: what was in line for the disk, to go on with.
        line: Line,
    },
    /// The document is here.
    Ready(Box<Live>),
    /// As ready, but nobody comes in any more and the room ends when nothing is in flight.
    Draining(Box<Live>),
    /// Unloaded.
    Gone,
}

/// A document in memory.
#[derive(Debug)]
struct Live {
    doc: Automerge,
    heads: Vec<ChangeHash>,
    /// The highest operation number in the document.
    max_op: u64,
    seqs: Seqs,
    leases: Leases,
    rehearsal: Rehearsal,
    line: Line,
    batch: Option<Batch>,
    catch_up: Option<CatchUpFrame>,
}

/// What waits for the disk.
#[derive(Debug, Default)]
struct Line {
    queue: VecDeque<Submission>,
    queue_bytes: usize,
    /// Batches so far.
    batches: u64,
    /// How many submissions are to be batched alone, since one of them spoilt a batch.
    alone: usize,
}

impl Room {
    /// A room whose document is not loaded yet; answer with [`Input::Loaded`]. `own` is the server's peer id.
    pub fn new(document: DocumentId, own: PeerId) -> Self {
        Self {
            document,
            own,
            phase: Phase::Loading {
                waiting: VecDeque::new(),
                local: Vec::new(),
                line: Line::default(),
            },
            members: BTreeMap::new(),
            presence: Presence::default(),
        }
    }

    /// The one entry: what happened at `now_ms` (any clock that never goes back), and what is to be done about it.
    pub fn handle(&mut self, now_ms: u64, admission: &mut dyn Admission, input: Input, outputs: &mut Vec<Output>) {
        match input {
            Input::SessionJoined {
                session,
                info,
                access,
                first,
            } => {
                self.join(now_ms, admission, session, info, access, first, outputs);
            }
            Input::Message { session, message } => self.message(now_ms, admission, session, message, outputs),
            Input::AccessChanged {
                session,
                access,
                reason,
            } => self.change_access(session, access, &reason, outputs),
            Input::Introduced { session, entry } => {
                if let Some(member) = self.members.get_mut(&session) {
                    Arc::make_mut(&mut member.info).entry = entry;
                    self.presence.changed();
                }
            }
            Input::SessionLeft { session } => {
                self.members.remove(&session);
                self.presence.changed();
            }
            Input::Loaded { doc, leases } => self.loaded(now_ms, admission, *doc, leases, outputs),
            Input::LoadFailed { reason } => self.fail_loading(&reason, outputs),
            Input::Persisted { batch } => self.persisted(now_ms, admission, batch, outputs),
            Input::PersistFailed { batch } => self.persist_failed(now_ms, batch, outputs),
            Input::LocalChanges { changes, token } => self.local_changes(now_ms, admission, changes, token, outputs),
            Input::DurableChanges { changes, token } => self.durable_changes(changes, token, outputs),
            Input::Drain => self.drain(outputs),
            Input::Tick => self.retry(now_ms, outputs),
        }
        self.presence.tell(now_ms, &self.document, &self.members, outputs);
    }

    /// The document, once it is loaded. What is in it is on disk.
    pub fn doc(&self) -> Option<&Automerge> {
        self.live().map(|live| &live.doc)
    }

    /// The document's heads, once it is loaded.
    pub fn heads(&self) -> &[ChangeHash] {
        self.live().map_or(&[], |live| &live.heads)
    }

    /// Who may write under which actor id, once the document is loaded.
    pub fn leases(&self) -> Option<&Leases> {
        self.live().map(|live| &live.leases)
    }

    /// Which document this is.
    pub fn document(&self) -> &DocumentId {
        &self.document
    }

    /// The sessions that are in the room.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, &PeerInfo, Access)> {
        self.members
            .iter()
            .map(|(session, member)| (*session, &*member.info, member.access))
    }

    /// Nobody is here, nothing waits, nothing is in flight: the room may be drained.
    pub fn is_idle(&self) -> bool {
        let still = match &self.phase {
            Phase::Loading { local, line, .. } => local.is_empty() && line.queue.is_empty(),
            Phase::Ready(live) | Phase::Draining(live) => live.batch.is_none() && live.line.queue.is_empty(),
            Phase::Gone => true,
        };
        still && self.members.is_empty()
    }

    fn live(&self) -> Option<&Live> {
        match &self.phase {
            Phase::Ready(live) | Phase::Draining(live) => Some(live),
            Phase::Loading { .. } | Phase::Gone => None,
        }
    }

    fn live_mut(&mut self) -> Option<&mut Live> {
        match &mut self.phase {
            Phase::Ready(live) | Phase::Draining(live) => Some(live),
            Phase::Loading { .. } | Phase::Gone => None,
        }
    }
}

#[cfg(test)]
mod tests;
