//! The device's memory: what is written there, what it refused, and what other tabs of the same device left in it.

use std::collections::BTreeSet;

use automerge::ChangeHash;
use sync::{DocumentId, client::ClientEvent};

use super::{Act, CHUNKS_UNTIL_SNAPSHOT, Core, STORE_AGAIN_MS, Stored, document_key};
use crate::{
    platform::StoredChunks,
    store::{
        replicas,
        state::{Notice, Phase},
    },
};

/// Said to the other tabs when something was written without a line, before the key.
const WROTE: &str = "wrote ";
/// Said to the other tabs by a page that goes.
const GONE: &str = "gone";

impl Stored {
    /// When the device is asked again to take the whole document.
    pub(super) fn again_at_ms(&self) -> Option<u64> {
        self.lacks_since_ms
            .map(|since_ms| since_ms.saturating_add(STORE_AGAIN_MS))
    }
}

impl Core {
    /// Keeps changes of a board on the device, unless the board is set aside: then the device keeps the old one, which still
    /// holds what must not be lost.
    pub(super) fn append(&mut self, document: DocumentId, chunk: Vec<u8>) {
        let Some(session) = &self.session else { return };
        let mut open = session.open.values();
        if open.any(|open| open.document == document && open.aside.is_some()) {
            return;
        }
        self.keep(document, chunk);
    }

    /// Keeps changes on the device.
    pub(super) fn keep(&mut self, document: DocumentId, chunk: Vec<u8>) {
        let Some(session) = &mut self.session else { return };
        // While a board is being replaced the device keeps the old one too, in case this page dies in between.
        let replaced = session
            .open
            .values()
            .any(|open| open.document == document && (open.aside.is_some() || open.replay.is_some()));
        let Some(stored) = session.stored.get_mut(&document) else {
            return;
        };
        stored.chunks += 1;
        // On a device that lacks something only a snapshot can be read back.
        if stored.lacks_since_ms.is_some() {
            return;
        }
        if stored.chunks > CHUNKS_UNTIL_SNAPSHOT && stored.loaded && !replaced && !stored.holds_unread {
            self.compact(document);
        } else {
            self.writes += 1;
            self.acts.push(Act::Append {
                key: document_key(&document),
                chunk,
            });
        }
    }

    /// Replaces the chunks on the device by one snapshot.
    pub(super) fn compact(&mut self, document: DocumentId) {
        let Some(session) = &mut self.session else { return };
        let Some(snapshot) = session.replicas.any(&document).map(automerge::Automerge::save) else {
            return;
        };
        let key = document_key(&document);
        self.writes += 1;
        match session.stored.get_mut(&document) {
            Some(stored) if stored.holds_unread => self.acts.push(Act::Append { key, chunk: snapshot }),
            Some(stored) => {
                stored.chunks = 1;
                self.acts.push(Act::Compact { key, snapshot });
            }
            None => self.acts.push(Act::Compact { key, snapshot }),
        }
    }

    /// Whether a chunk is on the device.
    pub fn appended(&mut self, key: &str, written: bool) {
        self.writes = self.writes.saturating_sub(1);
        if !written {
            self.lacks(key);
        } else if self.state.connection.phase != Phase::Online {
            // With a line the other tabs hear of it from the server.
            self.acts.push(Act::TellTabs(format!("{WROTE}{key}")));
        }
        self.reload_when_safe();
    }

    /// Whether a snapshot is on the device.
    pub fn compacted(&mut self, key: &str, written: bool) {
        self.writes = self.writes.saturating_sub(1);
        if !written {
            self.lacks(key);
        } else if let Some(stored) = self.stored_mut(key) {
            let lacked = stored.lacks_since_ms.take().is_some();
            let whole = self
                .session
                .iter()
                .flat_map(|session| session.stored.values())
                .all(|stored| stored.lacks_since_ms.is_none());
            if lacked && whole {
                self.storage_granted();
            }
        }
        self.reload_when_safe();
    }

    fn stored_mut(&mut self, key: &str) -> Option<&mut Stored> {
        let stored = &mut self.session.as_mut()?.stored;
        stored
            .iter_mut()
            .find(|(document, _)| document_key(document) == key)
            .map(|(_, stored)| stored)
    }

    fn lacks(&mut self, key: &str) {
        let now_ms = self.platform.now_ms();
        if let Some(stored) = self.stored_mut(key) {
            stored.lacks_since_ms = Some(now_ms);
        }
        self.storage_denied();
    }

    /// Offers the device again what it refused: somebody may have made room meanwhile.
    pub(super) fn store_again(&mut self, now_ms: u64) {
        let Some(session) = &mut self.session else { return };
        let due: Vec<DocumentId> = session
            .stored
            .iter_mut()
            .filter(|(_, stored)| stored.loaded && stored.again_at_ms().is_some_and(|at_ms| at_ms <= now_ms))
            .map(|(document, stored)| {
                stored.lacks_since_ms = Some(now_ms);
                *document
            })
            .collect();
        for document in due {
            self.compact(document);
        }
    }

    /// The device cannot store: edits are in memory only.
    pub fn storage_denied(&mut self) {
        if self.state.storage {
            self.change().storage = false;
            let text = self.texts.memory_only;
            self.notify(Notice::warning(text));
        }
    }

    fn storage_granted(&mut self) {
        let told = self.texts.memory_only;
        let state = self.change();
        state.storage = true;
        state.notices.retain(|notice| notice.text != told);
    }

    /// Another tab of this device said something.
    pub fn other_tab_says(&mut self, word: &str) {
        if word == GONE {
            // Whatever it had not sent is this page's to send now.
            return self.look_for_other_tabs();
        }
        let Some(key) = word.strip_prefix(WROTE) else { return };
        if self.state.connection.phase == Phase::Online {
            return;
        }
        let Some(session) = &self.session else { return };
        let document = session.stored.keys().find(|document| document_key(document) == key);
        if let Some(document) = document.copied() {
            self.acts.push(Act::LoadNew(document));
        }
    }

    /// Looks for what other tabs have left on the device; they may be gone, and nobody else would send it.
    pub(super) fn look_for_other_tabs(&mut self) {
        let Some(session) = &self.session else { return };
        let documents = session.stored.iter().filter(|(_, stored)| stored.loaded);
        let documents: Vec<DocumentId> = documents.map(|(document, _)| *document).collect();
        self.acts.extend(documents.into_iter().map(Act::LoadNew));
    }

    /// The page is being put away.
    pub fn put_away(&mut self) {
        self.note_down();
        self.acts.push(Act::TellTabs(GONE.to_owned()));
    }

    /// What other tabs wrote has been read: it is taken in, and what the server does not have counts as unsent here too.
    pub fn found(&mut self, document: DocumentId, found: &StoredChunks) {
        if found.chunks.is_empty() {
            return;
        }
        let Some(session) = &mut self.session else { return };
        let Some(stored) = session.stored.get_mut(&document) else {
            return;
        };
        stored.chunks += found.chunks.len();
        let aside = session
            .open
            .values_mut()
            .filter(|open| open.document == document)
            .find_map(|open| open.aside.as_mut());
        if let Some(aside) = aside {
            // It is compared with the server's board like everything else that was done here.
            let changes = replicas::added(aside.board.doc(), &found.chunks);
            aside.unsaved += changes.len();
            if !changes.is_empty() && aside.board.apply_changes(changes).is_err() {
                stored.holds_unread = true;
            }
            return self.refresh_unsaved(&document);
        }
        let Some(here) = session.replicas.any(&document) else {
            return;
        };
        let changes = replicas::added(here, &found.chunks);
        if changes.is_empty() {
            return;
        }
        // The other tab noted down what it knew to be saved; what that does not cover is unsent.
        let mut saved = self.saved_heads_of(&document);
        let Some(session) = &mut self.session else { return };
        saved.extend(session.client.saved_heads(&document));
        if sync::client::Documents::apply(&mut session.replicas, &document, changes.clone()).is_err() {
            if let Some(stored) = session.stored.get_mut(&document) {
                stored.holds_unread = true;
            }
            return;
        }
        let Some(here) = session.replicas.any(&document) else {
            return;
        };
        let held = |head: &ChangeHash| here.get_change_meta_by_hash(head).is_some();
        saved.retain(held);
        let unsaved: BTreeSet<ChangeHash> = here.get_changes_meta(&saved).iter().map(|change| change.hash).collect();
        self.take_in_received(false);
        for change in changes.into_iter().filter(|change| unsaved.contains(&change.hash())) {
            self.feed(ClientEvent::LocalChange { document, change });
        }
    }
}
