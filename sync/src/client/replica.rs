//! One open document: the exchange about it, and what the server is known to have saved.

use automerge::{Automerge, Change, ChangeHash};

use super::{Documents, Effect, pending::Pending};
use crate::{
    DocumentId, PeerId,
    chunk::{self, ChunkKind},
    peer_sync::{PeerSync, holds},
    sync_message::{self, CHUNKS_MAX, SyncBody},
    wire::{self, Access, Message, SyncMessage},
};

/// One open document.
#[derive(Debug)]
pub(super) struct Replica {
    exchange: Exchange,
    pub pending: Pending,
    /// Heads the server announced and that are held here, sorted.
    pub saved: Vec<ChangeHash>,
    pub access: Option<Access>,
}

#[derive(Debug)]
enum Exchange {
    /// As far as the connection has come.
    Open(PeerSync),
    /// The server says there is no such document, or not for us.
    Unavailable,
    /// The server refused a change of this replica, or the replica could not take one of the server's.
    SetAside,
}

impl Replica {
    pub fn new(doc: Option<&Automerge>, saved: Vec<ChangeHash>) -> Self {
        let saved: Vec<_> = saved
            .into_iter()
            .filter(|hash| doc.is_some_and(|doc| holds(doc, hash)))
            .collect();
        let pending = doc.map(|doc| Pending::after(doc, &saved)).unwrap_or_default();
        Self {
            exchange: Exchange::Open(PeerSync::new()),
            pending,
            saved,
            access: None,
        }
    }

    pub fn disconnected(&mut self) {
        if !self.is_set_aside() {
            self.exchange = Exchange::Open(PeerSync::new());
        }
    }

    pub fn unavailable(&mut self) {
        if !self.is_set_aside() {
            self.exchange = Exchange::Unavailable;
        }
    }

    pub fn is_unavailable(&self) -> bool {
        matches!(self.exchange, Exchange::Unavailable)
    }

    pub fn set_aside(&mut self) {
        self.exchange = Exchange::SetAside;
    }

    pub fn is_set_aside(&self) -> bool {
        matches!(self.exchange, Exchange::SetAside)
    }

    /// The first frame about the document on a connection.
    pub fn greet(&mut self, own: &PeerId, document: DocumentId, doc: Option<&Automerge>) -> Vec<u8> {
        let mut sync = PeerSync::new();
        let data = sync.greet(doc, &self.saved);
        self.exchange = Exchange::Open(sync);
        let message = SyncMessage {
            sender: own.clone(),
            target: None,
            document,
            data,
        };
        let empty = doc.is_none_or(|doc| doc.get_heads().is_empty());
        wire::encode(&if empty {
            Message::Request(message)
        } else {
            Message::Sync(message)
        })
    }

    /// The frame for a change made here, if the server is ready for it; otherwise the answer to its first message holds it.
    pub fn send_local(&self, own: &PeerId, document: DocumentId, doc: &Automerge, change: &Change) -> Option<Vec<u8>> {
        match &self.exchange {
            Exchange::Open(sync) if sync.is_in_step() && self.access != Some(Access::Read) => {
                let data = sync_message::write(&doc.get_heads(), &[], &self.saved, &[change.raw_bytes()]);
                Some(frame(own, document, data))
            }
            Exchange::Open(_) | Exchange::Unavailable | Exchange::SetAside => None,
        }
    }

    /// A sync message from the server: apply, answer, and count again what is saved.
    pub fn sync(
        &mut self,
        own: &PeerId,
        document: DocumentId,
        data: &[u8],
        documents: &mut dyn Documents,
        effects: &mut Vec<Effect>,
    ) {
        let Exchange::Open(sync) = &mut self.exchange else {
            return;
        };
        let applied = sync_message::read(data)
            .map_err(|error| error.to_string())
            .and_then(|body| apply(document, &body, documents).map(|applied| (body, applied)));
        let (body, applied) = match applied {
            Ok(applied) => applied,
            Err(text) => {
                self.set_aside();
                let code = "unreadable".to_owned();
                return effects.push(Effect::Notice {
                    document: Some(document),
                    code,
                    text,
                });
            }
        };
        let first = !sync.is_in_step();
        sync.hear(&body);
        let Some(doc) = documents.doc(&document) else {
            // Nothing came and nothing is here: an empty document on the server.
            return;
        };
        for reply in sync.settle(doc, true) {
            effects.extend(
                reply
                    .encode(doc)
                    .into_iter()
                    .map(|data| Effect::Send(frame(own, document, data))),
            );
        }
        let unsaved = self.pending.len();
        self.note_saved(doc, &body.heads, &applied.changes, first);
        if applied.any {
            effects.push(Effect::Applied { document });
        }
        if first {
            effects.push(Effect::InSync { document });
        }
        if self.pending.len() != unsaved || first {
            effects.push(Effect::SavedChanged { document });
        }
    }

    /// What the server announces is on its disk, and so is everything that its changes build on (rule S22).
    fn note_saved(&mut self, doc: &Automerge, heads: &[ChangeHash], received: &[Change], first: bool) {
        for dep in received.iter().flat_map(Change::deps) {
            self.pending.saved(dep);
        }
        // No heads is a question, not an announcement.
        if heads.is_empty() || !heads.iter().all(|hash| holds(doc, hash)) {
            return;
        }
        heads.clone_into(&mut self.saved);
        if heads == doc.get_heads() {
            self.pending.clear();
        } else if first {
            self.pending.saved_up_to(doc, heads);
        } else {
            for hash in heads {
                self.pending.saved(hash);
            }
        }
    }
}

struct AppliedChanges {
    any: bool,
    changes: Vec<Change>,
}

/// Hands the chunks of a message to the caller: snapshots whole, changes parsed and only if they are new.
fn apply(document: DocumentId, body: &SyncBody<'_>, documents: &mut dyn Documents) -> Result<AppliedChanges, String> {
    let mut any = false;
    let mut changes = Vec::new();
    for bytes in &body.changes {
        for chunk in chunk::split(bytes, CHUNKS_MAX).map_err(|error| error.to_string())? {
            match chunk.kind {
                ChunkKind::Document | ChunkKind::Bundle => {
                    documents.load(&document, chunk.bytes)?;
                    any = true;
                }
                ChunkKind::Change | ChunkKind::CompressedChange => {
                    let change = Change::from_bytes(chunk.bytes.to_vec()).map_err(|error| error.to_string())?;
                    if documents.doc(&document).is_none_or(|doc| !holds(doc, &change.hash())) {
                        changes.push(change);
                    }
                }
            }
        }
    }
    if !changes.is_empty() {
        documents.apply(&document, changes.clone())?;
        any = true;
    }
    Ok(AppliedChanges { any, changes })
}

fn frame(own: &PeerId, document: DocumentId, data: Vec<u8>) -> Vec<u8> {
    wire::encode(&Message::Sync(SyncMessage {
        sender: own.clone(),
        target: None,
        document,
        data,
    }))
}
