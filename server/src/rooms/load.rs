//! From bytes on disk to a document in memory, off the async threads and under `catch_unwind`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, Change};

use crate::store::{StoreError, StoredDocument};

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
