//! Who is on each table's list, for the page on which one touches one's name.
//!
//! Reading it means deriving the whole board, and at the beginning of an evening sixty devices ask at once for the lists of
//! eight tables. So a list is derived off the async threads and kept for a moment.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use board::{Board, Person};
use sync::DocumentId;

use crate::{api::error::ApiError, rooms::Rooms};

/// A list may be this old: a name written at the next table appears on the join page that much later.
const FRESH: Duration = Duration::from_secs(2);
/// Lists kept at most: two workshops of 64 groups. Beyond it old ones are dropped.
const LISTS_MAX: usize = 128;

/// A list, and when it was read.
type Lists = BTreeMap<DocumentId, (Instant, Arc<Vec<Arc<Person>>>)>;

/// The lists as last read.
#[derive(Default)]
pub struct PeopleLists {
    lists: Mutex<Lists>,
}

impl PeopleLists {
    /// The people of a board who are not taken off its list.
    pub(crate) async fn of(&self, rooms: &Arc<Rooms>, board: DocumentId) -> Result<Arc<Vec<Arc<Person>>>, ApiError> {
        if let Some((read_at, people)) = self.lists().get(&board)
            && read_at.elapsed() < FRESH
        {
            return Ok(Arc::clone(people));
        }
        let read_at = Instant::now();
        let doc = rooms.copy(board).await?;
        let people = tokio::task::spawn_blocking(move || {
            let board = Board::from_doc(doc).ok()?;
            Some(
                board
                    .view()
                    .people
                    .iter()
                    .filter(|person| !person.removed)
                    .cloned()
                    .collect::<Vec<_>>(),
            )
        })
        .await
        .ok()
        .flatten()
        .ok_or_else(crate::api::damaged)?;
        let people = Arc::new(people);
        let mut lists = self.lists();
        if lists.len() >= LISTS_MAX {
            lists.retain(|_, (read_at, _)| read_at.elapsed() < FRESH);
        }
        if lists.len() < LISTS_MAX {
            lists.insert(board, (read_at, Arc::clone(&people)));
        }
        Ok(people)
    }

    /// The list was changed here: the next one who asks reads it anew.
    pub(crate) fn forget(&self, board: &DocumentId) {
        self.lists().remove(board);
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        // Entries are inserted and removed whole: a panic elsewhere leaves nothing half done.
        self.lists.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
