//! The writer: one thread, one connection, one SQLite transaction for everything that waits; and what it does when the disk is
//! full or a page is damaged.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::mpsc;

use super::{Committed, Request, StoreError, erasure, reserve::Reserve, schema, store_error, write};
use crate::store::Write;

/// Requests that one SQLite transaction takes at most. The reserve against an endless transaction: at 100,000 rows/s
/// 512 requests of a few rows each are some 10 ms.
const GROUP_REQUESTS_MAX: usize = 512;

/// How long copying the log back waits for readers.
const CHECKPOINT_WAIT_MAX: Duration = Duration::from_millis(200);

type Outcome = Result<Committed, StoreError>;

/// What the writing thread owns.
pub struct Writer {
    connection: Connection,
    reserve: Reserve,
    /// The disk is full: only what makes room is written, into the room that the reserve gave back.
    full: bool,
    waiting: Arc<AtomicI64>,
}

impl Writer {
    /// A writer over a prepared connection. `waiting` counts the requests that were handed over and not answered.
    pub fn new(connection: Connection, reserve: Reserve, waiting: Arc<AtomicI64>) -> Self {
        let mut writer = Self {
            connection,
            reserve,
            full: false,
            waiting,
        };
        if !writer.reserve.held() {
            // Opening it took what was kept aside; most of it comes back at once.
            writer.full = true;
            let _ = writer.copy_log_back();
            writer.look_for_room();
        }
        writer
    }

    /// Commits what comes until the queue is closed and empty.
    pub fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        let mut group = Vec::with_capacity(GROUP_REQUESTS_MAX);
        while let Some(first) = queue.blocking_recv() {
            group.push(first);
            while group.len() < GROUP_REQUESTS_MAX {
                match queue.try_recv() {
                    Ok(request) => group.push(request),
                    Err(_) => break,
                }
            }
            let outcomes = self.commit(&group);
            for (request, mut outcome) in group.drain(..).zip(outcomes) {
                if request.writes.is_empty() {
                    outcome = outcome.and_then(|done| erasure::scrub(&self.connection).map(|()| done));
                }
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                // Whoever asked may have gone; what was committed stays committed.
                let _ = request.reply.send(outcome);
            }
        }
        // Leaves one clean file behind for backups; a failure costs nothing, the log is read at the next start.
        let _ = self.copy_log_back();
    }

    fn commit(&mut self, group: &[Request]) -> Vec<Outcome> {
        if self.full {
            self.look_for_room();
        }
        if self.full {
            return self.relieve(group);
        }
        match self.together(group) {
            Ok(outcomes) => outcomes,
            Err(StoreError::Full) => {
                self.disk_is_full();
                if self.full {
                    self.relieve(group)
                } else {
                    // Copying the log back made the room that was missing.
                    self.together(group).unwrap_or_else(|error| all_fail(group, &error))
                }
            }
            // Whose page is damaged is found by trying each alone: the others must not suffer for it.
            Err(StoreError::Damaged(_)) if group.len() > 1 => group.iter().map(|request| self.alone(request)).collect(),
            // The transaction was rolled back: nobody's writes are there, also of those that had gone well.
            Err(error) => all_fail(group, &error),
        }
    }

    /// All requests in one transaction, each a savepoint in it.
    fn together(&mut self, group: &[Request]) -> Result<Vec<Outcome>, StoreError> {
        let mut transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(store_error)?;
        let mut outcomes = Vec::with_capacity(group.len());
        for request in group {
            let savepoint = transaction.savepoint().map_err(store_error)?;
            match write::apply(&savepoint, &request.writes) {
                Ok(committed) => {
                    savepoint.commit().map_err(store_error)?;
                    outcomes.push(Ok(committed));
                }
                // A contradiction concerns this request only: its savepoint is rolled back by dropping it.
                Err(error @ StoreError::Conflict) => outcomes.push(Err(error)),
                Err(error) => return Err(error),
            }
        }
        transaction.commit().map_err(store_error)?;
        Ok(outcomes)
    }

    fn alone(&mut self, request: &Request) -> Outcome {
        self.together(std::slice::from_ref(request))
            .and_then(|outcomes| outcomes.into_iter().next().unwrap_or(Err(StoreError::Closed)))
    }

    /// While the disk is full: what makes room is done, in the room that was kept aside; everything else waits with its sender.
    fn relieve(&mut self, group: &[Request]) -> Vec<Outcome> {
        let outcomes = group
            .iter()
            .map(|request| {
                if request.writes.is_empty() || !request.writes.iter().all(Write::relieves) {
                    return Err(StoreError::Full);
                }
                self.reserve.release();
                let outcome = self.alone(request);
                // Only now the room is free again; one that still reads is waited for the next time.
                let _ = self.copy_log_back();
                self.reserve.make();
                outcome
            })
            .collect();
        self.look_for_room();
        outcomes
    }

    /// A write found no room. Copying the log back often makes some, which may need room itself.
    fn disk_is_full(&mut self) {
        self.full = true;
        if self.copy_log_back() == Err(StoreError::Full) {
            self.reserve.release();
            let _ = self.copy_log_back();
        }
        self.look_for_room();
        if self.full {
            tracing::error!(
                "the disk is full: nothing is saved until there is room; reading, exporting and deleting go on. \
                 Free some space, or delete a workshop that is over"
            );
        }
    }

    fn look_for_room(&mut self) {
        if self.reserve.has_room() {
            if self.full {
                tracing::info!("there is room on the disk");
            }
            self.full = false;
        }
    }

    /// Moves the log into the database and cuts it to nothing, unless somebody still reads an older state.
    fn copy_log_back(&self) -> Result<(), StoreError> {
        // A backup that is being made reads an older state for a while: not waited for, there will be another occasion.
        let _ = self.connection.busy_timeout(CHECKPOINT_WAIT_MAX);
        let copied = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let _ = self.connection.busy_timeout(schema::BUSY_WAIT_MAX);
        copied.map_err(store_error)
    }
}

fn all_fail(group: &[Request], error: &StoreError) -> Vec<Outcome> {
    group.iter().map(|_| Err(error.clone())).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        path::{Path, PathBuf},
        sync::Mutex,
    };

    use sync::DocumentId;
    use tokio::sync::oneshot;

    use super::*;
    use crate::store::{
        DocumentKind,
        sqlite::{DATABASE_FILE, open_writing, restore},
    };

    const BOARD: DocumentId = DocumentId::from_bytes([1; 16]);

    fn request(writes: Vec<Write>) -> Request {
        Request {
            writes,
            reply: oneshot::channel().0,
        }
    }

    /// The board as it would be found if the process died now: read from a copy of the files.
    fn found(folder: &Path, scratch: &Path) -> Result<(Vec<u8>, usize), StoreError> {
        let _ = std::fs::remove_dir_all(scratch);
        let copied = std::fs::create_dir_all(scratch).and_then(|()| {
            for suffix in ["", "-wal"] {
                let name = format!("{DATABASE_FILE}{suffix}");
                std::fs::copy(folder.join(&name), scratch.join(&name))?;
            }
            Ok(())
        });
        copied.map_err(|error| StoreError::Failed(error.to_string()))?;
        let stored = restore::document(&scratch.join(DATABASE_FILE), BOARD)?;
        let stored = stored.ok_or_else(|| StoreError::Failed("no board".to_owned()))?;
        Ok((stored.snapshot, stored.changes.len()))
    }

    /// The order of a compaction: at every moment the old snapshot with all its increments is there, or the new one.
    #[test]
    fn a_process_that_dies_in_a_compaction_leaves_the_board_whole() -> Result<(), Box<dyn std::error::Error>> {
        let folder: PathBuf = std::env::temp_dir().join(format!("yoriai-compaction-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let connection = open_writing(&folder.join(DATABASE_FILE))?;
        let reserve = Reserve::open(&folder);
        let mut writer = Writer::new(connection, reserve, Arc::default());
        let create = Write::CreateDocument {
            document: BOARD,
            workshop: "w".to_owned(),
            kind: DocumentKind::Board,
            snapshot: b"old".to_vec(),
        };
        let changes = (0..5_u8).map(|number| vec![number; 100]).collect();
        let append = Write::Append {
            document: BOARD,
            changes,
        };
        writer.together(&[request(vec![create, append])])?;

        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let look = {
            let (seen, from, scratch) = (Arc::clone(&seen), folder.clone(), folder.join("died"));
            move || {
                let found = found(&from, &scratch).map_err(|error| error.to_string());
                seen.lock()
                    .unwrap_or_else(|poisoned| poisoned.into_inner())
                    .insert(found);
                false
            }
        };
        // The process dies once in every loop of SQLite's machine, and before every commit.
        writer.connection.progress_handler(5, Some(look.clone()))?;
        writer.connection.commit_hook(Some(look))?;
        let compact = Write::Compact {
            document: BOARD,
            up_to_seq: 5,
            snapshot: b"new".to_vec(),
        };
        writer.together(&[request(vec![compact])])?;
        writer.connection.progress_handler(0, None::<fn() -> bool>)?;
        writer.connection.commit_hook(None::<fn() -> bool>)?;
        let mut seen = seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        seen.insert(found(&folder, &folder.join("died")).map_err(|error| error.to_string()));
        let whole = BTreeSet::from([Ok((b"old".to_vec(), 5)), Ok((b"new".to_vec(), 0))]);
        assert_eq!(seen, whole);
        std::fs::remove_dir_all(folder)?;
        Ok(())
    }
}
