//! One live document: a task that owns its room, feeds it and does what it asks for.
//!
//! Everything is awaited in one place, so inputs are handled one at a time and in order. A panic that peer bytes cause costs
//! the session they came from; the others are asked to reconnect, and the document is read again from the store.

mod requests;
mod watching;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use automerge::ChangeHash;
use board::WorkshopView;
use sync::{
    DocumentId, Message, Room, SessionId,
    room::{CloseCode, Input, Output},
};
use tokio::sync::{mpsc, oneshot, watch};

use self::{
    requests::{Retiring, decision},
    watching::unwatched,
};
use super::{
    EditError, Pulse, Rooms, Shared, ToRoom,
    admission::{DocumentAdmission, Writers},
    compaction,
    load::{self, Loaded},
};
use crate::{
    outbox::{Kind, Outbox},
    store::{Committed, INCREMENTS_MAX, StoreError, Write},
};

/// Messages taken from the inbox in one go.
const TAKE_MAX: usize = 64;
/// Looks and edits that may wait while the document is loaded.
const WAITING_MAX: usize = 256;
/// An unloaded document with more increments than this is compacted, so that the next joiner after a restart waits less.
const INCREMENTS_AT_REST_MAX: u64 = 32;

type Loading = Pin<Box<dyn Future<Output = Result<Loaded, StoreError>> + Send>>;
type Persisting = Pin<Box<dyn Future<Output = (u64, Result<Committed, StoreError>)> + Send>>;

/// Runs the room of a document until it is unloaded.
pub async fn run(
    document: DocumentId,
    mut inbox: mpsc::Receiver<ToRoom>,
    rooms: Arc<Rooms>,
    shared: Arc<Shared>,
    pulse: Arc<Pulse>,
    alive: mpsc::Sender<()>,
) {
    let mut task = RoomTask::new(document, Arc::clone(&shared), pulse);
    task.serve(&mut inbox).await;
    rooms.forget(&document);
    // Whoever asked in the last moment is served by the next room. A session that joined in that moment comes back by itself:
    // handing it on could put its next message before its first.
    inbox.close();
    while let Some(message) = inbox.recv().await {
        match message {
            ToRoom::Joined { outbox, .. } => outbox.close(CloseCode::Restart.number(), "document reloaded"),
            _ if task.replaced => {}
            ToRoom::Look(_)
            | ToRoom::Edit { .. }
            | ToRoom::Durable { .. }
            | ToRoom::Retire { .. }
            | ToRoom::Watch(_)
                if !task.failed =>
            {
                // It can only fail when the server is shutting down; the asker then reads "unavailable".
                let _ = rooms.send(document, message).await;
            }
            _ => {}
        }
    }
    if task.increments > INCREMENTS_AT_REST_MAX && !task.replaced {
        compaction::compact(shared, document).await;
    }
    drop(alive);
}

struct RoomTask {
    document: DocumentId,
    shared: Arc<Shared>,
    pulse: Arc<Pulse>,
    room: Room,
    admission: DocumentAdmission,
    outputs: Vec<Output>,
    outboxes: BTreeMap<SessionId, Outbox>,
    loading: Option<Loading>,
    persisting: Option<Persisting>,
    persisting_since: Instant,
    /// When the edit came that waits longest for the batch under way, and for the next.
    oldest: [Option<Instant>; 2],
    /// How many of the new writers are on their way to the disk with it.
    writers_persisting: usize,
    failing: bool,
    wakes: BTreeSet<u64>,
    waiting: Vec<ToRoom>,
    edits: BTreeMap<u64, oneshot::Sender<Result<(), EditError>>>,
    next_token: u64,
    watchers: Vec<watch::Sender<Option<Arc<WorkshopView>>>>,
    published: Vec<ChangeHash>,
    increments: u64,
    workshop: String,
    theme: Option<String>,
    compacting: Option<tokio::task::JoinHandle<()>>,
    ended: bool,
    failed: bool,
    /// Waits for the answer whether the document has been replaced; nothing is received meanwhile.
    retiring: Option<Retiring>,
    replaced: bool,
}

impl RoomTask {
    fn new(document: DocumentId, shared: Arc<Shared>, pulse: Arc<Pulse>) -> Self {
        let mut task = Self {
            document,
            room: Room::new(document, shared.own.clone()),
            admission: DocumentAdmission {
                kind: None,
                metrics: Arc::clone(&shared.metrics),
                writers: Writers::default(),
            },
            shared,
            pulse,
            outputs: Vec::new(),
            outboxes: BTreeMap::new(),
            loading: None,
            persisting: None,
            persisting_since: Instant::now(),
            oldest: [None, None],
            writers_persisting: 0,
            failing: false,
            wakes: BTreeSet::new(),
            waiting: Vec::new(),
            edits: BTreeMap::new(),
            next_token: 0,
            watchers: Vec::new(),
            published: Vec::new(),
            increments: 0,
            workshop: String::new(),
            theme: None,
            compacting: None,
            ended: false,
            failed: false,
            retiring: None,
            replaced: false,
        };
        task.start_loading();
        task
    }

    fn start_loading(&mut self) {
        let (shared, document) = (Arc::clone(&self.shared), self.document);
        self.loading = Some(Box::pin(async move {
            let _turn = shared.heavy.acquire().await.map_err(|_| StoreError::Closed)?;
            let _counted = shared.metrics.loading();
            let stored = shared.store.document(document).await?.ok_or(StoreError::Conflict)?;
            tokio::task::spawn_blocking(move || load::load(&stored))
                .await
                .unwrap_or_else(|error| Err(StoreError::Failed(error.to_string())))
        }));
    }

    async fn serve(&mut self, inbox: &mut mpsc::Receiver<ToRoom>) {
        let mut taken = Vec::with_capacity(TAKE_MAX);
        while !self.ended {
            self.hand_out_last();
            let wake = self
                .wakes
                .first()
                .map(|at_ms| at_ms.saturating_sub(self.shared.now_ms()));
            let idle = self.is_idle();
            tokio::select! {
                biased;
                (batch, outcome) = ready(&mut self.persisting) => {
                    self.pulse.works(self.shared.now_ms());
                    self.persisting = None;
                    self.persisted(batch, outcome);
                }
                outcome = ready(&mut self.loading) => {
                    self.pulse.works(self.shared.now_ms());
                    self.loading = None;
                    self.loaded(outcome);
                }
                () = tokio::time::sleep(Duration::from_millis(wake.unwrap_or_default())), if wake.is_some() && !self.is_handed_out() => {
                    let now_ms = self.shared.now_ms();
                    self.pulse.works(now_ms);
                    self.wakes.retain(|at_ms| *at_ms > now_ms);
                    self.handle(Input::Tick);
                }
                decided = decision(&mut self.retiring) => self.retired(decided.is_ok()),
                count = inbox.recv_many(&mut taken, TAKE_MAX), if self.retiring.is_none() => {
                    if count == 0 {
                        return;
                    }
                    self.shared.metrics.room_inbox.set(i64::try_from(inbox.len()).unwrap_or(i64::MAX));
                    for message in taken.drain(..) {
                        self.pulse.works(self.shared.now_ms());
                        self.receive(message);
                    }
                }
                // Whether the room is idle is asked again: nobody else would say that the last watcher has left.
                () = unwatched(&self.watchers) => {}
                () = tokio::time::sleep(self.shared.idle), if idle => {
                    tracing::debug!(document = %self.document, "idle document leaves the memory");
                    self.handle(Input::Drain);
                }
            }
            self.publish();
            self.pulse.rests();
        }
    }

    fn is_idle(&mut self) -> bool {
        self.watchers.retain(|watcher| !watcher.is_closed());
        self.watchers.is_empty()
            && self.persisting.is_none()
            && self.loading.is_none()
            && self.edits.is_empty()
            && self.retiring.is_none()
            && self.room.is_idle()
    }

    fn receive(&mut self, message: ToRoom) {
        match message {
            ToRoom::Joined {
                session,
                info,
                access,
                first,
                outbox,
            } => {
                self.outboxes.insert(session, outbox);
                self.handle(Input::SessionJoined {
                    session,
                    info: *info,
                    access,
                    first: *first,
                });
            }
            ToRoom::Message { session, message } => {
                if matches!(*message, Message::Sync(_)) {
                    self.oldest[1].get_or_insert_with(Instant::now);
                }
                self.handle(Input::Message {
                    session,
                    message: *message,
                });
                if self.persisting.is_none() {
                    // It held nothing to be saved.
                    self.oldest[1] = None;
                }
            }
            ToRoom::Access {
                session,
                access,
                reason,
            } => {
                self.handle(Input::AccessChanged {
                    session,
                    access,
                    reason: reason.to_owned(),
                });
                if access == sync::Access::None {
                    self.outboxes.remove(&session);
                }
            }
            ToRoom::Introduced { session, entry } => {
                self.handle(Input::Introduced { session, entry: *entry });
            }
            ToRoom::Left(session) => {
                self.outboxes.remove(&session);
                self.handle(Input::SessionLeft { session });
            }
            ToRoom::Watch(watcher) => {
                self.watchers.push(watcher);
                self.published.clear();
            }
            ToRoom::Drain => self.handle(Input::Drain),
            look_or_edit @ (ToRoom::Look(_) | ToRoom::Edit { .. } | ToRoom::Durable { .. } | ToRoom::Retire { .. }) => {
                if self.room.doc().is_some() {
                    self.look_or_edit(look_or_edit);
                } else if self.waiting.len() < WAITING_MAX {
                    self.waiting.push(look_or_edit);
                }
                // Beyond the bound it is dropped, and its asker reads "unavailable" from the closed reply.
            }
        }
    }

    fn loaded(&mut self, outcome: Result<Loaded, StoreError>) {
        match outcome {
            Ok(Loaded {
                kind,
                workshop,
                doc,
                migration,
                leases,
            }) => {
                self.workshop = workshop;
                self.admission.kind = Some(kind);
                self.handle(Input::Loaded {
                    doc: Box::new(doc),
                    leases,
                });
                if let Some(change) = migration {
                    tracing::info!(document = %self.document, "document is brought up to date");
                    // Nobody waits for it: token 0 belongs to no edit.
                    self.handle(Input::LocalChanges {
                        changes: vec![change],
                        token: 0,
                    });
                }
                for message in std::mem::take(&mut self.waiting) {
                    self.look_or_edit(message);
                }
            }
            Err(error) => {
                if matches!(error, StoreError::Damaged(_)) {
                    tracing::error!(
                        document = %self.document, %error,
                        "a board is damaged and not served; the others are. Restore it: stop this server, then `yoriai restore --board {} BACKUP`",
                        self.document
                    );
                } else {
                    tracing::error!(document = %self.document, %error, "document not loaded");
                }
                self.shared.metrics.refused("load");
                self.waiting.clear();
                self.handle(Input::LoadFailed {
                    reason: error.to_string(),
                });
                self.ended = true;
                self.failed = true;
            }
        }
    }

    fn persisted(&mut self, batch: u64, outcome: Result<Committed, StoreError>) {
        match outcome {
            Ok(committed) => {
                self.shared
                    .metrics
                    .commit_seconds
                    .observe(self.persisting_since.elapsed().as_secs_f64());
                if let Some(oldest) = self.oldest[0].take() {
                    self.shared.metrics.ack_seconds.observe(oldest.elapsed().as_secs_f64());
                }
                self.shared.metrics.changes.inc_by(committed.appended);
                if self.failing {
                    tracing::info!(document = %self.document, "document is saved again");
                    self.failing = false;
                }
                let written = std::mem::take(&mut self.writers_persisting);
                self.admission.writers.new.drain(..written);
                self.increments = committed.increments;
                self.compact_if_long();
                self.handle(Input::Persisted { batch });
            }
            Err(error) => {
                self.shared.metrics.store_failures.inc();
                if !self.failing {
                    tracing::error!(document = %self.document, %error, "document not saved; nothing is acknowledged until it is");
                    self.failing = true;
                }
                self.handle(Input::PersistFailed { batch });
            }
        }
    }

    fn compact_if_long(&mut self) {
        let compacting = self.compacting.as_ref().is_some_and(|task| !task.is_finished());
        if self.increments >= INCREMENTS_MAX && !compacting {
            self.compacting = Some(tokio::spawn(compaction::compact(
                Arc::clone(&self.shared),
                self.document,
            )));
        }
    }

    /// Feeds the room and does what it asks for, in its order.
    fn handle(&mut self, input: Input) {
        let culprit = session_of(&input);
        let asker = match &input {
            Input::Loaded { .. } => Asker::Everybody,
            _ => culprit.map_or(Asker::Nobody, Asker::Session),
        };
        let now_ms = self.shared.now_ms();
        let (room, admission, outputs) = (&mut self.room, &mut self.admission, &mut self.outputs);
        let handled = catch_unwind(AssertUnwindSafe(|| room.handle(now_ms, admission, input, outputs)));
        if handled.is_err() {
            return self.start_again(culprit);
        }
        let mut outputs = std::mem::take(&mut self.outputs);
        for output in outputs.drain(..) {
            self.act(output, asker);
        }
        self.outputs = outputs;
    }

    fn act(&mut self, output: Output, asker: Asker) {
        match output {
            Output::Send {
                session,
                bytes,
                droppable,
            } => {
                let Some(outbox) = self.outboxes.get(&session) else {
                    return;
                };
                let length = bytes.len() as u64;
                let kind = match (droppable, asker) {
                    (true, _) => Kind::Presence,
                    (false, Asker::Everybody) => Kind::Answer,
                    (false, Asker::Session(asker)) if asker == session => Kind::Answer,
                    (false, _) => Kind::News,
                };
                if outbox.send(bytes, kind) {
                    self.shared.metrics.sent_bytes.inc_by(length);
                }
            }
            Output::Persist { batch, changes, leases } => {
                let (store, document) = (Arc::clone(&self.shared.store), self.document);
                let changes = changes.iter().map(|change| change.raw_bytes().to_vec()).collect();
                let mut writes = vec![Write::Append { document, changes }];
                if !leases.is_empty() {
                    let leases = leases.to_vec();
                    writes.push(Write::Lease { document, leases });
                }
                // Together with what they wrote; kept until that is durable, because a failed batch is tried again.
                self.writers_persisting = self.admission.writers.new.len();
                writes.extend(self.admission.writers.new.iter().map(|writer| Write::RecordWriter {
                    document,
                    writer: writer.clone(),
                }));
                self.persisting_since = Instant::now();
                if self.oldest[0].is_none() {
                    self.oldest[0] = self.oldest[1].take();
                }
                self.persisting = Some(Box::pin(async move { (batch, store.commit(writes).await) }));
            }
            Output::Close { session, code, reason } => {
                if let Some(outbox) = self.outboxes.remove(&session) {
                    if code == CloseCode::Refused {
                        self.shared.metrics.refused("session");
                    }
                    tracing::info!(document = %self.document, session = session.0, code = code.number(), %reason, "session closed by its room");
                    outbox.close(code.number(), reason);
                }
            }
            Output::LocalApplied { token } => self.answer_edit(token, Ok(())),
            Output::LocalRefused { token, reason } => {
                tracing::error!(document = %self.document, %reason, "the server's own change was refused");
                self.answer_edit(token, Err(EditError::Unavailable));
            }
            Output::WakeAt { at_ms } => {
                self.wakes.insert(at_ms);
            }
            Output::Panicked => {
                self.shared.metrics.panics.inc();
                tracing::error!(document = %self.document, "a panic over a session's changes was caught");
            }
            Output::Reload => {
                tracing::warn!(document = %self.document, "the document is read again");
                self.start_loading();
            }
            Output::Unload => self.ended = true,
        }
    }

    /// After a panic nothing in memory can be trusted: the culprit is closed for good, the others come back by themselves.
    fn start_again(&mut self, culprit: Option<SessionId>) {
        self.shared.metrics.panics.inc();
        tracing::error!(document = %self.document, session = culprit.map(|session| session.0), "a panic was caught; the document is read again");
        for (session, outbox) in std::mem::take(&mut self.outboxes) {
            let code = if Some(session) == culprit {
                CloseCode::Refused
            } else {
                CloseCode::Restart
            };
            outbox.close(code.number(), "document reloaded");
        }
        self.room = Room::new(self.document, self.shared.own.clone());
        self.admission.kind = None;
        self.admission.writers = Writers::default();
        self.writers_persisting = 0;
        self.outputs.clear();
        self.persisting = None;
        self.oldest = [None, None];
        self.edits.clear();
        self.wakes.clear();
        self.start_loading();
    }
}

/// Whom a room answers: what it sends to others is news to them.
#[derive(Clone, Copy)]
enum Asker {
    /// One session, which has just said something.
    Session(SessionId),
    /// Everybody who waited for the document.
    Everybody,
    /// Nobody.
    Nobody,
}

/// The session whose bytes an input carries.
fn session_of(input: &Input) -> Option<SessionId> {
    match input {
        Input::SessionJoined { session, .. } | Input::Message { session, .. } => Some(*session),
        Input::AccessChanged { .. }
        | Input::Introduced { .. }
        | Input::SessionLeft { .. }
        | Input::Loaded { .. }
        | Input::LoadFailed { .. }
        | Input::Persisted { .. }
        | Input::PersistFailed { .. }
        | Input::LocalChanges { .. }
        | Input::DurableChanges { .. }
        | Input::Drain
        | Input::Tick => None,
    }
}

/// The outcome of a future that may not be there; never resolves without one.
async fn ready<T>(future: &mut Option<Pin<Box<dyn Future<Output = T> + Send>>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
