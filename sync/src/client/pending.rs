//! The changes made here that the server has not said are on its disk.

use std::collections::BTreeMap;

use automerge::{ActorId, Automerge, Change, ChangeHash};

/// Own changes that are not saved, found by hash and by place in their actor's row.
#[derive(Debug, Default)]
pub(super) struct Pending {
    by_hash: BTreeMap<ChangeHash, (ActorId, u64)>,
    by_actor: BTreeMap<ActorId, BTreeMap<u64, ChangeHash>>,
}

impl Pending {
    /// Everything in `doc` that is not part of what is known to be saved. Walks the history.
    pub fn after(doc: &Automerge, saved: &[ChangeHash]) -> Self {
        let mut pending = Self::default();
        for change in doc.get_changes_meta(saved) {
            pending.insert(change.hash, change.actor.into_owned(), change.seq);
        }
        pending
    }

    /// A change was made here.
    pub fn add(&mut self, change: &Change) {
        self.insert(change.hash(), change.actor_id().clone(), change.seq());
    }

    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// The server holds this change, so it holds all that its actor did before. The cost is that of what is forgotten.
    pub fn saved(&mut self, hash: &ChangeHash) {
        let Some((actor, seq)) = self.by_hash.get(hash).cloned() else {
            return;
        };
        let Some(row) = self.by_actor.get_mut(&actor) else {
            return;
        };
        let later = row.split_off(&(seq + 1));
        for hash in std::mem::replace(row, later).into_values() {
            self.by_hash.remove(&hash);
        }
        if row.is_empty() {
            self.by_actor.remove(&actor);
        }
    }

    /// The server holds everything up to `heads`, all of which are in `doc`. Walks the history: once a connection.
    pub fn saved_up_to(&mut self, doc: &Automerge, heads: &[ChangeHash]) {
        if !self.is_empty() {
            let unsaved = Self::after(doc, heads);
            let saved: Vec<_> = self
                .by_hash
                .keys()
                .filter(|hash| !unsaved.by_hash.contains_key(hash))
                .copied()
                .collect();
            for hash in saved {
                self.saved(&hash);
            }
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn insert(&mut self, hash: ChangeHash, actor: ActorId, seq: u64) {
        self.by_actor.entry(actor.clone()).or_default().insert(seq, hash);
        self.by_hash.insert(hash, (actor, seq));
    }
}
