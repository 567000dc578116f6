//! A disk that is slow, sometimes full, and keeps exactly what it said it has.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ActorId, Automerge, Change, ChangeHash};
use sync::{DocumentId, Lease};

/// What is durable: it survives every restart of the server.
#[derive(Debug, Default)]
pub struct Disk {
    documents: BTreeMap<DocumentId, Stored>,
    /// Writes fail.
    pub full: bool,
    /// Writes take up to this long.
    pub delay_ms_max: u64,
}

#[derive(Debug, Default)]
struct Stored {
    changes: Vec<Change>,
    hashes: BTreeSet<ChangeHash>,
    leases: BTreeMap<ActorId, String>,
}

impl Disk {
    /// An empty disk whose writes take up to this long.
    pub fn new(delay_ms_max: u64) -> Self {
        Self {
            delay_ms_max,
            ..Self::default()
        }
    }

    /// Writes changes, each once, and the leases that come with them.
    pub fn write(&mut self, document: DocumentId, changes: &[Change], leases: &[Lease]) {
        let stored = self.documents.entry(document).or_default();
        for Lease { actor, holder } in leases {
            let known = stored.leases.entry(actor.clone()).or_insert_with(|| holder.clone());
            assert_eq!(known, holder, "an actor id does not change hands");
        }
        for change in changes {
            if stored.hashes.insert(change.hash()) {
                stored.changes.push(change.clone());
            }
        }
    }

    /// Whether a change is durable.
    pub fn holds(&self, document: &DocumentId, hash: &ChangeHash) -> bool {
        self.documents
            .get(document)
            .is_some_and(|stored| stored.hashes.contains(hash))
    }

    /// Every change of a document, in the order in which they were written.
    pub fn changes(&self, document: &DocumentId) -> &[Change] {
        self.documents.get(document).map_or(&[], |stored| &stored.changes)
    }

    /// Who may write under which actor id.
    pub fn leases(&self, document: &DocumentId) -> Vec<Lease> {
        let stored = self.documents.get(document).into_iter();
        stored
            .flat_map(|stored| &stored.leases)
            .map(|(actor, holder)| Lease {
                actor: actor.clone(),
                holder: holder.clone(),
            })
            .collect()
    }

    /// The document as a server reads it.
    pub fn load(&self, document: &DocumentId) -> Automerge {
        let mut doc = Automerge::new().with_actor(ActorId::from(b"server".to_vec()));
        let applied = doc.apply_changes(self.changes(document).iter().cloned());
        assert!(applied.is_ok(), "what is on disk can always be loaded: {applied:?}");
        doc
    }
}
