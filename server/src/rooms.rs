//! The documents in memory: at most one room each, found by its document id.
//!
//! The entry is inserted before anything is awaited, so that many joiners of one board cause one load. A room that is idle
//! leaves the directory first and then ends; whoever still holds its handle is told by the closed inbox and asks again.

mod admission;
mod compaction;
pub mod limits;
pub(crate) mod load;
mod task;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use automerge::{Automerge, Change};
use board::WorkshopView;
use sync::{Access, DocumentId, Message, PeerId, PeerInfo, SessionId, wire::PeerEntry};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::{metrics::Metrics, outbox::Outbox, store::Store};

/// Inputs that may wait for one room. A connection that finds the inbox full waits and reads no further from its socket.
const INBOX_MAX: usize = 1_024;
/// Documents that are read or compacted at the same time: one per core of a small machine.
const HEAVY_TASKS_MAX: usize = 2;

/// What a room is told.
pub(crate) enum ToRoom {
    /// A session opens the document.
    Joined {
        /// Which session.
        session: SessionId,
        /// Who.
        info: Box<PeerInfo>,
        /// What it may do.
        access: Access,
        /// Its first message.
        first: Box<Message>,
        /// Where answers go.
        outbox: Outbox,
    },
    /// A message of a session that joined.
    Message {
        /// Which session.
        session: SessionId,
        /// What it says.
        message: Box<Message>,
    },
    /// A session's rights changed.
    Access {
        /// Which session.
        session: SessionId,
        /// What it may do now.
        access: Access,
        /// Why, as a word.
        reason: &'static str,
    },
    /// A session's seat is somebody else's now.
    Introduced {
        /// Which session.
        session: SessionId,
        /// Who.
        entry: Box<PeerEntry>,
    },
    /// A session's socket is gone.
    Left(SessionId),
    /// Something that wants to look at the document as soon as it is loaded.
    Look(Box<dyn FnOnce(&Automerge) + Send>),
    /// Changes by the server: to be made on the document as it is, then persisted and shown like any other.
    Edit {
        /// Makes the changes on a fork.
        make: EditMaker,
        /// Told when they are durable and applied.
        reply: oneshot::Sender<Result<(), EditError>>,
    },
    /// Changes by the server that are in the store already.
    Durable {
        /// In order.
        changes: Vec<Change>,
        /// Told when they are applied.
        reply: oneshot::Sender<Result<(), EditError>>,
    },
    /// Finishes what is on its way to the disk, hands out the document, and does nothing until it hears whether it has been
    /// replaced. Then it ends; connections tell their clients.
    Retire {
        /// Gets the document as it is at last.
        last: oneshot::Sender<Automerge>,
        /// Hears that it has been replaced; dropped if nothing was.
        replaced: oneshot::Receiver<()>,
    },
    /// Publishes the workshop's view now and after every change, for as long as somebody listens.
    Watch(watch::Sender<Option<Arc<WorkshopView>>>),
    /// Finish what is in flight, close everybody, end.
    Drain,
}

/// A document that takes nothing in until it is decided whether another one replaces it. Dropping this lets it go on.
pub(crate) struct Retirement {
    document: DocumentId,
    replaced: oneshot::Sender<()>,
}

impl Retirement {
    /// Which document.
    pub fn document(&self) -> DocumentId {
        self.document
    }

    /// It has been replaced: its room ends.
    pub fn replaced(self) {
        // A room that has ended meanwhile needs no word.
        let _ = self.replaced.send(());
    }
}

/// Makes changes on a fork of the document; an error is a refusal in words for the API.
pub(crate) type EditMaker = Box<dyn FnOnce(&Automerge) -> Result<Vec<Change>, crate::api::error::ApiError> + Send>;

/// Why the server's own changes did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    /// The maker refused.
    #[error("refused")]
    Refused(crate::api::error::ApiError),
    /// The document cannot be read or written at the moment.
    #[error("the document is not available")]
    Unavailable,
}

/// A way to one room.
#[derive(Clone)]
pub(crate) struct RoomHandle {
    inbox: mpsc::Sender<ToRoom>,
    pulse: Arc<Pulse>,
}

/// Whether a room gets on: since when it has been busy with one thing.
#[derive(Default)]
pub(crate) struct Pulse {
    /// Milliseconds of [`Shared::now_ms`], counted from 1; 0 while it waits for something to do.
    busy_since_ms: AtomicU64,
}

impl Pulse {
    /// It begins to work on something.
    pub fn works(&self, now_ms: u64) {
        self.busy_since_ms.store(now_ms.saturating_add(1), Ordering::Relaxed);
    }

    /// It is through with it.
    pub fn rests(&self) {
        self.busy_since_ms.store(0, Ordering::Relaxed);
    }

    fn busy_ms(&self, now_ms: u64) -> u64 {
        match self.busy_since_ms.load(Ordering::Relaxed) {
            0 => 0,
            since_ms => now_ms.saturating_add(1).saturating_sub(since_ms),
        }
    }
}

impl RoomHandle {
    /// Hands something to the room; waits while its inbox is full. The message comes back if the room has ended.
    pub async fn send(&self, message: ToRoom) -> Result<(), ToRoom> {
        self.inbox.send(message).await.map_err(|error| error.0)
    }
}

/// All rooms.
pub(crate) struct Rooms {
    open: Mutex<BTreeMap<DocumentId, RoomHandle>>,
    shared: Arc<Shared>,
}

/// What every room needs.
pub(crate) struct Shared {
    pub store: Arc<dyn Store>,
    pub metrics: Arc<Metrics>,
    pub own: PeerId,
    pub idle: Duration,
    pub heavy: Semaphore,
    started: Instant,
    /// Dropped by every room at its end: the shutdown waits for all of them.
    alive: Mutex<Option<mpsc::Sender<()>>>,
}

impl Shared {
    /// Milliseconds of a clock that never goes back.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Rooms {
    /// No rooms yet. The receiver ends when all rooms have, after [`Rooms::drain`].
    pub fn new(
        store: Arc<dyn Store>,
        metrics: Arc<Metrics>,
        own: PeerId,
        idle: Duration,
    ) -> (Arc<Self>, mpsc::Receiver<()>) {
        let (alive, ended) = mpsc::channel(1);
        let shared = Shared {
            store,
            metrics,
            own,
            idle,
            heavy: Semaphore::new(HEAVY_TASKS_MAX),
            started: Instant::now(),
            alive: Mutex::new(Some(alive)),
        };
        (
            Arc::new(Self {
                open: Mutex::default(),
                shared: Arc::new(shared),
            }),
            ended,
        )
    }

    /// The room of a document; started if there is none. The document must exist.
    pub fn room(self: &Arc<Self>, document: DocumentId) -> RoomHandle {
        let mut open = self.open();
        if let Some(room) = open.get(&document) {
            return room.clone();
        }
        let (sender, inbox) = mpsc::channel(INBOX_MAX);
        let pulse = Arc::new(Pulse::default());
        let handle = RoomHandle {
            inbox: sender,
            pulse: Arc::clone(&pulse),
        };
        let alive = self
            .shared
            .alive
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone();
        // After the drain has begun nothing starts any more: the closed inbox tells the caller.
        if let Some(alive) = alive {
            open.insert(document, handle.clone());
            self.shared.metrics.rooms.inc();
            tokio::spawn(task::run(
                document,
                inbox,
                Arc::clone(self),
                Arc::clone(&self.shared),
                pulse,
                alive,
            ));
        }
        handle
    }

    /// Hands something to the room of a document, to a new one if the old one just ended.
    pub async fn send(self: &Arc<Self>, document: DocumentId, mut message: ToRoom) -> Result<(), ToRoom> {
        // Twice is enough: a room that was just started does not end before its first message.
        for _ in 0..2 {
            match self.room(document).send(message).await {
                Ok(()) => return Ok(()),
                Err(returned) => message = returned,
            }
        }
        Err(message)
    }

    /// Reads something from the document as it is now.
    pub async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        document: DocumentId,
        look: impl FnOnce(&Automerge) -> T + Send + 'static,
    ) -> Result<T, EditError> {
        let (reply, answer) = oneshot::channel();
        let look = Box::new(move |doc: &Automerge| {
            let _ = reply.send(look(doc));
        });
        self.send(document, ToRoom::Look(look))
            .await
            .map_err(|_| EditError::Unavailable)?;
        answer.await.map_err(|_| EditError::Unavailable)
    }

    /// A copy of the document as it is now, durable as everything in a room.
    pub async fn copy(self: &Arc<Self>, document: DocumentId) -> Result<Automerge, EditError> {
        self.look(document, Automerge::clone).await
    }

    /// Takes a document out of use: everything that was sent before is in it, nothing after this is, until the answer is dropped.
    pub async fn retire(self: &Arc<Self>, document: DocumentId) -> Result<(Automerge, Retirement), EditError> {
        let (last, answer) = oneshot::channel();
        let (replaced, decided) = oneshot::channel();
        let retire = ToRoom::Retire {
            last,
            replaced: decided,
        };
        self.send(document, retire).await.map_err(|_| EditError::Unavailable)?;
        let doc = answer.await.map_err(|_| EditError::Unavailable)?;
        Ok((doc, Retirement { document, replaced }))
    }

    /// Makes changes to a document and waits until they are durable and applied.
    pub async fn edit(
        self: &Arc<Self>,
        document: DocumentId,
        make: impl FnOnce(&Automerge) -> Result<Vec<Change>, crate::api::error::ApiError> + Send + 'static,
    ) -> Result<(), EditError> {
        let (reply, answer) = oneshot::channel();
        self.send(
            document,
            ToRoom::Edit {
                make: Box::new(make),
                reply,
            },
        )
        .await
        .map_err(|_| EditError::Unavailable)?;
        answer.await.unwrap_or(Err(EditError::Unavailable))
    }

    /// Applies changes that the store holds already, and waits for it.
    pub async fn apply_durable(self: &Arc<Self>, document: DocumentId, changes: Vec<Change>) -> Result<(), EditError> {
        let (reply, answer) = oneshot::channel();
        self.send(document, ToRoom::Durable { changes, reply })
            .await
            .map_err(|_| EditError::Unavailable)?;
        answer.await.unwrap_or(Err(EditError::Unavailable))
    }

    /// Ends the room of a document if there is one: its document is gone.
    pub async fn close(&self, document: DocumentId) {
        let room = self.open().get(&document).cloned();
        if let Some(room) = room {
            // A room that has just ended needs no end.
            let _ = room.send(ToRoom::Drain).await;
        }
    }

    /// How many rooms have been busy with one thing for longer than this.
    pub fn stuck(&self, busy_max: Duration) -> usize {
        let now_ms = self.shared.now_ms();
        let busy_max_ms = u64::try_from(busy_max.as_millis()).unwrap_or(u64::MAX);
        let stuck = self
            .open()
            .values()
            .filter(|room| room.pulse.busy_ms(now_ms) > busy_max_ms)
            .count();
        self.shared
            .metrics
            .stuck_rooms
            .set(i64::try_from(stuck).unwrap_or(i64::MAX));
        stuck
    }

    /// Tells every room to finish; no new one starts.
    pub async fn drain(&self) {
        self.shared
            .alive
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .take();
        let rooms: Vec<RoomHandle> = self.open().values().cloned().collect();
        for room in rooms {
            let _ = room.send(ToRoom::Drain).await;
        }
    }

    /// Takes a room out of the directory, so that the next one who asks starts a new one.
    fn forget(&self, document: &DocumentId) {
        if self.open().remove(document).is_some() {
            self.shared.metrics.rooms.dec();
        }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<DocumentId, RoomHandle>> {
        // The map is only ever inserted into and removed from: a panic elsewhere cannot leave it half changed.
        self.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
