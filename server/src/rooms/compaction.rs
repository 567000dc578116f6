//! Many increments become one snapshot.
//!
//! It reads what is durable, builds it, writes it as one document and replaces exactly what it read, in one transaction. The
//! room in memory is not asked: whatever was committed meanwhile has a higher number and stays an increment.

use std::sync::Arc;

use sync::DocumentId;

use super::{Shared, load};
use crate::store::{StoreError, Write};

/// Compacts one document. Failures are logged and harmless: the increments are still there.
pub async fn compact(shared: Arc<Shared>, document: DocumentId) {
    match try_compact(&shared, document).await {
        Ok(()) => tracing::debug!(%document, "document compacted"),
        Err(error) => tracing::warn!(%document, %error, "document not compacted, its increments stay"),
    }
}

async fn try_compact(shared: &Shared, document: DocumentId) -> Result<(), StoreError> {
    let _turn = shared.heavy.acquire().await.map_err(|_| StoreError::Closed)?;
    let Some(stored) = shared.store.document(document).await? else {
        return Ok(());
    };
    if stored.changes.is_empty() {
        return Ok(());
    }
    let up_to_seq = stored.last_seq;
    let snapshot = tokio::task::spawn_blocking(move || {
        let doc = load::build(&stored)?;
        let snapshot = doc.save();
        // The increments are deleted only for a snapshot that was read back and tells the same.
        let read_back =
            automerge::Automerge::load(&snapshot).map_err(|error| StoreError::Damaged(error.to_string()))?;
        if read_back.get_heads() == doc.get_heads() {
            Ok(snapshot)
        } else {
            Err(StoreError::Damaged("a fresh snapshot does not read back".to_owned()))
        }
    })
    .await
    .map_err(|error| StoreError::Failed(error.to_string()))??;
    shared
        .store
        .commit(vec![Write::Compact {
            document,
            up_to_seq,
            snapshot,
        }])
        .await
        .map(|_| ())
}
