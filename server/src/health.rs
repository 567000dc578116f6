//! Is the server well? Not "does it answer" but "does it save": a canary board goes the way of every edit (room, store, disk),
//! is read back from the disk and seen in the room, and no room may be stuck.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use automerge::{Automerge, ROOT, ReadDoc as _, transaction::Transactable as _};
use board::{Board, Group};
use sync::DocumentId;
use tokio::{sync::Mutex, time::timeout};

use crate::{
    api::error::ApiError,
    rooms::{EditError, Rooms, load},
    secret::random_bytes,
    state::wall_clock_ms,
    store::{DocumentKind, Store, StoreError, Write},
};

/// A check that takes longer has failed. With the wait for the one before it stays below 10 s.
const CHECK_TIME_MAX: Duration = Duration::from_secs(4);
/// A room that has been busy with one thing for this long is stuck: the largest batch takes a second on a slow machine.
const ROOM_BUSY_MAX: Duration = Duration::from_secs(5);
/// A good answer holds this long, so that asking often costs nothing.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// After this many checks the canary board starts anew: its history would grow for ever.
const CHECKS_PER_BOARD: u32 = 500;
/// The canary's board belongs to a workshop of this name, which is on no list and which nobody can join.
const CANARY: &str = "canary";

/// Why the server is not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The store refuses or fails.
    Store(StoreError),
    /// The store, a room or the check before does not answer.
    NoAnswer,
    /// What was written is not what is read.
    Differs,
    /// So many rooms are busy with one thing for too long.
    StuckRooms(usize),
}

impl Trouble {
    /// A sentence for the operator; nothing about anybody's data.
    pub fn sentence(&self) -> String {
        match self {
            Self::Store(StoreError::Full) => "the disk is full, nothing is saved".to_owned(),
            Self::Store(_) => "the store does not save".to_owned(),
            Self::NoAnswer => "the store does not answer".to_owned(),
            Self::Differs => "the canary was not read back".to_owned(),
            Self::StuckRooms(count) => format!("{count} document(s) do not answer"),
        }
    }
}

/// Checks the server through its own doors. One check at a time.
pub struct Health {
    store: Arc<dyn Store>,
    rooms: Arc<Rooms>,
    canary: Mutex<Canary>,
}

#[derive(Default)]
struct Canary {
    document: Option<DocumentId>,
    checks: u32,
    value: u32,
    good_at: Option<Instant>,
}

impl Health {
    /// Nothing is checked or written before the first [`Health::check`].
    pub(crate) fn new(store: Arc<dyn Store>, rooms: Arc<Rooms>) -> Self {
        Self {
            store,
            rooms,
            canary: Mutex::default(),
        }
    }

    /// Checks; answers within 10 s in any case.
    ///
    /// # Errors
    /// [`Trouble`]: the server may be running, but people's edits are not safe with it at the moment.
    pub async fn check(&self) -> Result<(), Trouble> {
        let mut canary = timeout(CHECK_TIME_MAX, self.canary.lock())
            .await
            .map_err(|_| Trouble::NoAnswer)?;
        // Whatever else is well: a stuck room is somebody's table.
        let stuck = self.rooms.stuck(ROOM_BUSY_MAX);
        if stuck > 0 {
            return Err(Trouble::StuckRooms(stuck));
        }
        if canary.good_at.is_some_and(|at| at.elapsed() < GOOD_FOR) {
            return Ok(());
        }
        canary.good_at = None;
        timeout(CHECK_TIME_MAX, self.probe(&mut canary))
            .await
            .unwrap_or(Err(Trouble::NoAnswer))?;
        canary.good_at = Some(Instant::now());
        Ok(())
    }

    async fn probe(&self, canary: &mut Canary) -> Result<(), Trouble> {
        canary.value = canary.value.wrapping_add(1);
        let value = canary.value;
        // The store first: it says why, a room would only go on trying.
        self.store
            .commit(vec![Write::Canary(u64::from(value))])
            .await
            .map_err(Trouble::Store)?;
        let document = match canary.document.filter(|_| canary.checks < CHECKS_PER_BOARD) {
            Some(document) => document,
            None => {
                let document = self.new_board().await?;
                canary.document = Some(document);
                canary.checks = 0;
                document
            }
        };
        canary.checks += 1;
        self.rooms
            .edit(document, move |doc| sing(doc, value))
            .await
            .map_err(not_answered)?;
        let stored = self.store.document(document).await.map_err(Trouble::Store)?;
        let stored = stored.ok_or(Trouble::Differs)?;
        let on_disk = tokio::task::spawn_blocking(move || load::build(&stored).map(|doc| heard(&doc)))
            .await
            .map_err(|_| Trouble::NoAnswer)?
            .map_err(Trouble::Store)?;
        let in_room = self.rooms.look(document, heard).await.map_err(not_answered)?;
        if on_disk == Some(value) && in_room == Some(value) {
            Ok(())
        } else {
            Err(Trouble::Differs)
        }
    }

    /// A new board for the canary, in the place of the ones before it, also those of earlier starts.
    async fn new_board(&self) -> Result<DocumentId, Trouble> {
        let random = || random_bytes::<16>().map_err(|_| Trouble::NoAnswer);
        let document = DocumentId::from_bytes(random()?);
        let group = Group {
            name: CANARY.to_owned(),
            icon: None,
            theme: CANARY.to_owned(),
        };
        let board = Board::create(
            CANARY,
            &group,
            wall_clock_ms(),
            automerge::ActorId::from(&random()?[..]),
        );
        let writes = vec![
            Write::DeleteWorkshop {
                workshop: CANARY.to_owned(),
            },
            Write::CreateDocument {
                document,
                workshop: CANARY.to_owned(),
                kind: DocumentKind::Board,
                snapshot: board.save(),
            },
        ];
        self.store.commit(writes).await.map_err(Trouble::Store)?;
        Ok(document)
    }
}

/// The canary's change.
fn sing(doc: &Automerge, value: u32) -> Result<Vec<automerge::Change>, ApiError> {
    let failed = || ApiError::unavailable("store_failed", "the canary does not sing");
    let actor = random_bytes::<16>().map_err(|_| failed())?;
    let mut doc = doc.clone().with_actor(automerge::ActorId::from(&actor[..]));
    doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(ROOT, CANARY, u64::from(value)))
        .map_err(|_| failed())?;
    Ok(doc.get_last_local_change().into_iter().collect())
}

/// What the canary last sang.
fn heard(doc: &Automerge) -> Option<u32> {
    let (value, _) = doc.get(ROOT, CANARY).ok().flatten()?;
    u32::try_from(value.as_u64()?).ok()
}

fn not_answered(error: EditError) -> Trouble {
    match error {
        EditError::Refused(_) | EditError::Unavailable => Trouble::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{metrics::Metrics, store::MemoryStore};

    fn health() -> (Health, Arc<Rooms>, Arc<MemoryStore>) {
        let store = Arc::new(MemoryStore::new());
        let shared: Arc<dyn Store> = Arc::<MemoryStore>::clone(&store);
        let own = "yoriai-test".parse().expect("a peer id");
        let (rooms, _) = Rooms::new(
            Arc::clone(&shared),
            Arc::new(Metrics::new()),
            own,
            Duration::from_secs(60),
        );
        (Health::new(shared, Arc::clone(&rooms)), rooms, store)
    }

    #[tokio::test]
    async fn row_29_a_canary_board_goes_through_room_and_store() {
        let (health, _rooms, store) = health();
        for _ in 0..3 {
            assert_eq!(health.check().await, Ok(()));
            health.canary.lock().await.good_at = None;
        }
        let document = health.canary.lock().await.document.expect("a board");
        let stored = store.document(document).await.expect("readable").expect("there");
        assert_eq!(stored.changes.len(), 3, "every check wrote to the board");
        // It starts anew in time, and the old one is gone.
        health.canary.lock().await.checks = CHECKS_PER_BOARD;
        assert_eq!(health.check().await, Ok(()));
        assert_eq!(store.document(document).await.expect("readable"), None);
        assert!(store.is_empty().await.expect("readable"), "no workshop was made");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn row_29_a_stuck_room_is_noticed_within_ten_seconds() {
        let (health, rooms, _store) = health();
        assert_eq!(health.check().await, Ok(()));
        let document = health.canary.lock().await.document.expect("a board");
        let (release, held) = std::sync::mpsc::channel::<()>();
        // A deadlock as a defect would make it: the room's own task waits for something that does not come.
        let stuck = tokio::spawn(async move { rooms.look(document, move |_| held.recv().is_err()).await });
        let began = Instant::now();
        while health.check().await.is_ok() {
            assert!(began.elapsed() < Duration::from_secs(10), "nobody noticed");
            tokio::task::yield_now().await;
        }
        assert!(began.elapsed() < Duration::from_secs(10));
        drop(release);
        assert!(stuck.await.expect("no panic").is_ok());
        while health.check().await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "it does not get well");
        }
    }
}
