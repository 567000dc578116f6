//! The documents this page holds, as the sync client sees them.

use std::collections::BTreeMap;

use automerge::{ActorId, Automerge, Change};
use board::{Board, GroupId, TextEdit, Workshop};
use sync::{DocumentId, chunk::ChunkKind, client::Documents};

/// Every document of the session. The store owns it; the sync client borrows it for the length of one call.
#[derive(Default)]
pub struct Replicas {
    /// The workshop document.
    pub workshop: Option<(DocumentId, Workshop)>,
    /// The boards.
    pub boards: BTreeMap<DocumentId, BoardReplica>,
    received: Vec<Received>,
}

/// One board and whose it is.
pub struct BoardReplica {
    /// Whose.
    pub group: GroupId,
    /// The board.
    pub board: Board,
}

/// Changes of others that were just taken in.
pub struct Received {
    /// Into which document.
    pub document: DocumentId,
    /// Their bytes, one after the other, for the device's memory.
    pub bytes: Vec<u8>,
    /// What they did to texts.
    pub text_edits: Vec<TextEdit>,
}

impl Replicas {
    /// What was taken in since the last call.
    pub fn take_received(&mut self) -> Vec<Received> {
        std::mem::take(&mut self.received)
    }

    /// Any document as automerge sees it.
    pub fn any(&self, id: &DocumentId) -> Option<&Automerge> {
        match &self.workshop {
            Some((workshop, document)) if workshop == id => Some(document.doc()),
            _ => self.boards.get(id).map(|replica| replica.board.doc()),
        }
    }
}

impl Documents for Replicas {
    fn doc(&self, id: &DocumentId) -> Option<&Automerge> {
        self.any(id)
    }

    fn apply(&mut self, id: &DocumentId, changes: Vec<Change>) -> Result<(), String> {
        let mut bytes = Vec::with_capacity(changes.iter().map(|change| change.raw_bytes().len()).sum());
        for change in &changes {
            bytes.extend_from_slice(change.raw_bytes());
        }
        let text_edits = match &mut self.workshop {
            Some((workshop, document)) if workshop == id => {
                document.apply_changes(changes).map_err(|error| error.to_string())?;
                Vec::new()
            }
            _ => {
                let replica = self.boards.get_mut(id).ok_or("this document is not open")?;
                replica
                    .board
                    .apply_changes(changes)
                    .map_err(|error| error.to_string())?
                    .text_edits
            }
        };
        self.received.push(Received {
            document: *id,
            bytes,
            text_edits,
        });
        Ok(())
    }

    fn load(&mut self, id: &DocumentId, snapshot: &[u8]) -> Result<(), String> {
        let known = self.any(id).ok_or("this document is not open")?;
        if !known.get_heads().is_empty() {
            let loaded = Automerge::load(snapshot).map_err(|error| error.to_string())?;
            let changes = known.get_changes_added(&loaded);
            return if changes.is_empty() {
                Ok(())
            } else {
                self.apply(id, changes)
            };
        }
        // The first load of a late joiner: opened as a whole, which is an order of magnitude cheaper than change by change.
        let actor = known.get_actor().clone();
        match &mut self.workshop {
            Some((workshop, document)) if workshop == id => {
                *document = Workshop::load(snapshot, actor).map_err(|error| error.to_string())?;
            }
            _ => {
                let replica = self.boards.get_mut(id).ok_or("this document is not open")?;
                replica.board = Board::load(snapshot, actor).map_err(|error| error.to_string())?;
            }
        }
        self.received.push(Received {
            document: *id,
            bytes: snapshot.to_vec(),
            text_edits: Vec::new(),
        });
        Ok(())
    }
}

/// An actor id nobody else has: two tabs that shared one would lock each other out (`duplicate seq`).
pub fn fresh_actor(random: u128) -> ActorId {
    ActorId::from(random.to_le_bytes())
}

/// What chunks add to a document.
pub fn added(here: &Automerge, chunks: &[Vec<u8>]) -> Vec<Change> {
    here.get_changes_added(&with_chunks(here.clone(), chunks).0)
}

/// Puts a document together from what the device held, and says whether all of it could be read. A chunk that cannot be is
/// left out: the server has, or will be sent, everything that the readable ones hold.
pub fn from_chunks(chunks: &[Vec<u8>], actor: ActorId) -> (Automerge, bool) {
    with_chunks(Automerge::new().with_actor(actor), chunks)
}

fn with_chunks(mut doc: Automerge, chunks: &[Vec<u8>]) -> (Automerge, bool) {
    let mut whole = true;
    let mut changes = Vec::new();
    for chunk in chunks {
        if let Some(more) = as_changes(chunk) {
            changes.extend(more);
        } else if let Ok(held) = Automerge::load(chunk) {
            if doc.is_empty() {
                doc = held.with_actor(doc.get_actor().clone());
            } else {
                changes.extend(held.get_changes(&[]));
            }
        } else {
            whole = false;
            // Of a chunk that is damaged in the middle automerge takes what comes before.
            let mut longer = doc.clone();
            if longer.load_incremental(chunk).is_ok() {
                doc = longer;
            }
        }
    }
    if changes.is_empty() {
        return (doc, whole);
    }
    let mut longer = doc.clone();
    if longer.apply_changes(changes.iter().cloned()).is_ok() {
        return (longer, whole);
    }
    for change in changes {
        let mut longer = doc.clone();
        match longer.apply_changes([change]) {
            Ok(()) => doc = longer,
            Err(_) => whole = false,
        }
    }
    (doc, whole)
}

/// The changes of a chunk that holds nothing else.
fn as_changes(chunk: &[u8]) -> Option<Vec<Change>> {
    let chunks = sync::chunk::split(chunk, usize::MAX).ok()?;
    let changes = chunks.iter().map(|chunk| match chunk.kind {
        ChunkKind::Change | ChunkKind::CompressedChange => Change::from_bytes(chunk.bytes.to_vec()).ok(),
        ChunkKind::Document | ChunkKind::Bundle => None,
    });
    changes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use automerge::{ReadDoc, transaction::Transactable};

    #[test]
    fn a_damaged_chunk_costs_only_itself() {
        let mut doc = Automerge::new().with_actor(fresh_actor(1));
        doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(automerge::ROOT, "a", 1_i64))
            .expect("a put");
        let first = doc.save();
        let before = doc.get_heads();
        doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(automerge::ROOT, "b", 2_i64))
            .expect("a put");
        let second: Vec<u8> = doc
            .get_changes(&before)
            .iter()
            .flat_map(|change| change.raw_bytes().to_vec())
            .collect();

        let chunks = [first, vec![0x85, 0x6f, 0x4a, 0x83, 1, 2, 3], second];
        let (again, whole) = from_chunks(&chunks, fresh_actor(2));
        assert!(!whole);
        assert_eq!(again.get_heads(), doc.get_heads());
        assert_eq!(
            again
                .get(automerge::ROOT, "b")
                .expect("readable")
                .map(|(value, _)| value.as_i64()),
            Some(Some(2))
        );
    }
}
