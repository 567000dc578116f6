//! From bytes on disk to a document in memory, off the async threads and under `catch_unwind`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{ActorId, Automerge, Change, ROOT, ReadDoc as _};
use board::Board;
use sync::Lease;

use crate::store::{DocumentKind, StoreError, StoredDocument};

/// A document on its way into a room.
pub struct Loaded {
    /// What it is.
    pub kind: DocumentKind,
    /// The workshop it belongs to.
    pub workshop: String,
    /// As stored.
    pub doc: Automerge,
    /// The change that brings an older schema up to date, if it needs one.
    pub migration: Option<Change>,
    /// Which device may write under which actor id.
    pub leases: Vec<Lease>,
}

/// Builds the document for a room, and the change that migrates it.
pub fn load(stored: &StoredDocument) -> Result<Loaded, StoreError> {
    let doc = build(stored)?;
    let migration = match stored.kind {
        DocumentKind::Board if is_older(&doc) => {
            let migrated = catch_unwind(AssertUnwindSafe(|| {
                // A replica of its own: the room gets the change as it gets any other.
                let replica = doc.clone().with_actor(ActorId::random());
                Board::from_doc(replica)
                    .ok()
                    .and_then(|board| board.migration().cloned())
            }));
            migrated.unwrap_or_default()
        }
        DocumentKind::Board | DocumentKind::Workshop => None,
    };
    Ok(Loaded {
        kind: stored.kind,
        workshop: stored.workshop.clone(),
        doc,
        migration,
        leases: stored.leases.clone(),
    })
}

/// Whether a board was written by an older version; looked up without building its view.
fn is_older(doc: &Automerge) -> bool {
    let schema = doc
        .get(ROOT, "schema")
        .ok()
        .flatten()
        .and_then(|(value, _)| value.as_i64());
    schema.is_some_and(|schema| schema < i64::try_from(board::board::SCHEMA).unwrap_or(i64::MAX))
}

/// Builds the document of its snapshot and its increments.
pub fn build(stored: &StoredDocument) -> Result<Automerge, StoreError> {
    let built = catch_unwind(AssertUnwindSafe(|| {
        let mut doc = Automerge::load(&stored.snapshot).map_err(|error| error.to_string())?;
        let changes = stored
            .changes
            .iter()
            .map(|bytes| Change::from_bytes(bytes.clone()).map_err(|error| error.to_string()))
            .collect::<Result<Vec<Change>, String>>()?;
        doc.apply_changes(changes).map_err(|error| error.to_string())?;
        Ok(doc)
    }));
    match built {
        Ok(Ok(doc)) => Ok(doc),
        Ok(Err(reason)) => Err(StoreError::Damaged(reason)),
        Err(_) => Err(StoreError::Damaged("automerge panicked while loading".to_owned())),
    }
}
