//! The browser's side of the connection: one socket, any number of documents, and an honest count of what is not saved.
//!
//! The caller owns the documents, the socket and the clock. It hands in what happened and carries out the effects in order.

mod connection;
mod event;
mod pending;
mod replica;

use std::collections::BTreeMap;

use automerge::{Change, ChangeHash};

use connection::Connection;
pub use connection::ConnectionState;
pub use event::{ClientEvent, Documents, Effect};
use replica::Replica;

use crate::{
    DocumentId, PeerId,
    session::RESTART,
    wire::{self, Access, EphemeralMessage, Message, PeerMetadata, SERVER_FRAME_BYTES_MAX},
};

/// Nothing heard for this long: ask whether the server is there.
pub const PING_AFTER_MS: u64 = 5_000;
/// Nothing heard for this long although asked: the connection is dead (half open, or the device slept). Promise 8: ≤ 15 s.
pub const DEAD_AFTER_MS: u64 = 12_000;
/// A socket that does not open, or a server that does not answer `join`, for this long is given up.
pub const CONNECT_TIMEOUT_MS: u64 = 10_000;
/// The first try after a loss comes within this time, drawn at random; the range doubles with each failure …
pub const RETRY_FIRST_MS: u64 = 2_000;
/// … up to this.
pub const RETRY_MAX_MS: u64 = 30_000;
/// The range of the wait after the device woke or its network came back: soon, but not everybody in the same instant.
pub const RETRY_AFTER_WAKE_MS: u64 = 300;
/// A server that says it restarts is back in this time: until then failed tries are no reason to wait longer and longer.
pub const RESTART_TIME_MAX_MS: u64 = 15_000;
/// A connection that lasted this long ends the row of failures.
pub const STABLE_AFTER_MS: u64 = 10_000;
/// The most senders whose presence is told apart (a message that overtook itself is dropped); far above a room's people.
const SENDERS_MAX: usize = 2_048;

/// The connection to the server and what is known of each open document. See the module's documentation.
#[derive(Debug)]
pub struct Client {
    own: PeerId,
    metadata: PeerMetadata,
    /// The page that the server handed out when it last answered.
    served_page: Option<String>,
    connection: Connection,
    replicas: BTreeMap<DocumentId, Replica>,
    /// Tells this start of the client from an earlier one in its presence messages.
    session: String,
    count: u64,
    /// The latest count of each sender's presence.
    counts: BTreeMap<(PeerId, String), u64>,
}

impl Client {
    /// A client that is stopped. `own` must be new for each connection-owning tab.
    pub fn new(own: PeerId) -> Self {
        Self {
            own,
            metadata: PeerMetadata {
                storage_id: None,
                is_ephemeral: true,
                yoriai: true,
                revision: Some(wire::REVISION),
                page: None,
            },
            served_page: None,
            connection: Connection::default(),
            replicas: BTreeMap::new(),
            session: String::new(),
            count: 0,
            counts: BTreeMap::new(),
        }
    }

    /// The same client, which says which page it is and which revision that page speaks (rule S8).
    #[must_use]
    pub fn of_page(mut self, page: Option<String>, revision: u64) -> Self {
        self.metadata.page = page;
        self.metadata.revision = Some(revision);
        self
    }

    /// The one entry: what happened at `now_ms` (any clock that never goes back), with 64 random bits that it may use.
    pub fn handle(
        &mut self,
        now_ms: u64,
        random: u64,
        documents: &mut dyn Documents,
        event: ClientEvent,
        effects: &mut Vec<Effect>,
    ) {
        match event {
            ClientEvent::Start => {
                if self.session.is_empty() {
                    self.session = format!("{random:016x}");
                }
                self.connection.start(now_ms, effects);
            }
            ClientEvent::Stop => {
                if self.connection.is_online() {
                    effects.push(Effect::Send(wire::encode(&Message::Leave {
                        sender: self.own.clone(),
                    })));
                }
                self.connection.stop(effects);
                self.forget_exchanges();
            }
            ClientEvent::Open { document, saved } => self.open(document, saved, documents, effects),
            ClientEvent::Close { document } => {
                self.replicas.remove(&document);
            }
            ClientEvent::SocketOpened => {
                if self.connection.opened(now_ms, effects) {
                    effects.push(Effect::Send(wire::encode(&Message::Join {
                        sender: self.own.clone(),
                        versions: vec![wire::PROTOCOL_VERSION.to_owned()],
                        metadata: self.metadata.clone(),
                    })));
                }
            }
            ClientEvent::SocketClosed => {
                if self.connection.closed(now_ms, random, effects) {
                    self.forget_exchanges();
                }
            }
            ClientEvent::Frame(bytes) => self.frame(now_ms, random, documents, &bytes, effects),
            ClientEvent::LocalChange { document, change } => {
                self.local_change(document, &change, documents, effects);
            }
            ClientEvent::SendEphemeral { document, data } => self.send_ephemeral(document, data, effects),
            ClientEvent::Tick => {
                if self.connection.tick(now_ms, random, effects) {
                    self.forget_exchanges();
                }
            }
            ClientEvent::NetworkHint { online } => {
                if self.connection.hint(now_ms, random, online, effects) {
                    self.forget_exchanges();
                }
            }
        }
        self.connection.wake(now_ms, effects);
    }

    /// Whether there is a connection, and if not, when the next try comes.
    pub fn state(&self) -> &ConnectionState {
        self.connection.state()
    }

    /// How many changes made here are not on the server's disk yet.
    pub fn unsaved(&self, document: &DocumentId) -> usize {
        self.replicas.get(document).map_or(0, |replica| replica.pending.len())
    }

    /// The heads that the server last announced and that are held here: keep them beside the stored replica.
    pub fn saved_heads(&self, document: &DocumentId) -> &[ChangeHash] {
        self.replicas.get(document).map_or(&[], |replica| &replica.saved)
    }

    /// What this device may do with a document, as far as the server has said.
    pub fn access(&self, document: &DocumentId) -> Option<Access> {
        self.replicas.get(document).and_then(|replica| replica.access)
    }

    /// The page that the server hands out, as far as it has said: if it is another one than this client's, a newer one is there.
    pub fn served_page(&self) -> Option<&str> {
        self.served_page.as_deref()
    }

    /// This client's own peer id.
    pub fn own(&self) -> &PeerId {
        &self.own
    }

    fn open(
        &mut self,
        document: DocumentId,
        saved: Vec<ChangeHash>,
        documents: &dyn Documents,
        effects: &mut Vec<Effect>,
    ) {
        let mut replica = Replica::new(documents.doc(&document), saved);
        if self.connection.is_online() {
            effects.push(Effect::Send(replica.greet(
                &self.own,
                document,
                documents.doc(&document),
            )));
        }
        self.replicas.insert(document, replica);
        effects.push(Effect::SavedChanged { document });
    }

    /// The connection is gone, and with it what both sides knew of each other.
    fn forget_exchanges(&mut self) {
        for replica in self.replicas.values_mut() {
            replica.disconnected();
        }
    }

    fn local_change(
        &mut self,
        document: DocumentId,
        change: &Change,
        documents: &dyn Documents,
        effects: &mut Vec<Effect>,
    ) {
        let Some(replica) = self.replicas.get_mut(&document) else {
            return;
        };
        replica.pending.add(change);
        if self.connection.is_online()
            && let Some(doc) = documents.doc(&document)
        {
            effects.extend(replica.send_local(&self.own, document, doc, change).map(Effect::Send));
        }
        effects.push(Effect::SavedChanged { document });
    }

    fn send_ephemeral(&mut self, document: DocumentId, data: Vec<u8>, effects: &mut Vec<Effect>) {
        if !self.connection.is_online() || data.len() > crate::room::EPHEMERAL_BYTES_MAX {
            return;
        }
        self.count += 1;
        effects.push(Effect::Send(wire::encode(&Message::Ephemeral(EphemeralMessage {
            sender: self.own.clone(),
            target: None,
            document,
            count: self.count,
            session: self.session.clone(),
            data,
        }))));
    }

    fn frame(
        &mut self,
        now_ms: u64,
        random: u64,
        documents: &mut dyn Documents,
        bytes: &[u8],
        effects: &mut Vec<Effect>,
    ) {
        if !self.connection.heard(now_ms) {
            return;
        }
        let Ok(message) = wire::decode(bytes, SERVER_FRAME_BYTES_MAX) else {
            // The stream cannot be trusted after this: begin again.
            self.connection.lost(now_ms, random, effects);
            return self.forget_exchanges();
        };
        match message {
            Message::Peer {
                sender,
                version,
                metadata,
                ..
            } if version == wire::PROTOCOL_VERSION => {
                self.served_page = metadata.page;
                if self.connection.joined(now_ms, sender, metadata.yoriai, effects) {
                    for (document, replica) in self.replicas.iter_mut().filter(|(_, replica)| !replica.is_set_aside()) {
                        effects.push(Effect::Send(replica.greet(
                            &self.own,
                            *document,
                            documents.doc(document),
                        )));
                    }
                }
            }
            Message::Sync(message) | Message::Request(message) => {
                if let Some(replica) = self.replicas.get_mut(&message.document) {
                    replica.sync(&self.own, message.document, &message.data, documents, effects);
                }
            }
            Message::DocUnavailable { document, .. } => {
                if let Some(replica) = self.replicas.get_mut(&document) {
                    replica.unavailable();
                    effects.push(Effect::Unavailable { document });
                }
            }
            Message::Access {
                document,
                access,
                reason,
            } => {
                if let Some(replica) = self.replicas.get_mut(&document) {
                    replica.access = Some(access);
                    if access != Access::None && replica.is_unavailable() {
                        // The right came back after the document was taken away: ask for it again.
                        effects.push(Effect::Send(replica.greet(
                            &self.own,
                            document,
                            documents.doc(&document),
                        )));
                    }
                    effects.push(Effect::Access {
                        document,
                        access,
                        reason,
                    });
                }
            }
            Message::Peers { document, peers } => {
                if self.replicas.contains_key(&document) {
                    effects.push(Effect::Peers { document, peers });
                }
            }
            Message::Notice {
                document: Some(document),
                code,
                text,
            } if code == "refused" => {
                if let Some(replica) = self.replicas.get_mut(&document) {
                    replica.set_aside();
                    effects.push(Effect::Refused { document, text });
                }
            }
            Message::Notice { document, code, text } if code == RESTART => {
                if let Ok(within_ms) = text.parse() {
                    self.connection.restarts(now_ms, within_ms);
                }
                effects.push(Effect::Notice { document, code, text });
            }
            Message::Notice { document, code, text } => effects.push(Effect::Notice { document, code, text }),
            Message::Ephemeral(message) => self.ephemeral(message, effects),
            Message::Error { message } => {
                effects.push(Effect::Notice {
                    document: None,
                    code: "protocol".to_owned(),
                    text: message,
                });
            }
            Message::Ping { count } => effects.push(Effect::Send(wire::encode(&Message::Pong { count }))),
            Message::Peer { .. }
            | Message::Join { .. }
            | Message::Leave { .. }
            | Message::Pong { .. }
            | Message::Unknown { .. } => {}
        }
    }

    fn ephemeral(&mut self, message: EphemeralMessage, effects: &mut Vec<Effect>) {
        if message.sender == self.own || !self.replicas.contains_key(&message.document) {
            return;
        }
        let sender = (message.sender.clone(), message.session);
        if self.counts.len() >= SENDERS_MAX && !self.counts.contains_key(&sender) {
            // Forgetting everybody lets at most one late message of each through.
            self.counts.clear();
        }
        let latest = self.counts.entry(sender).or_default();
        if message.count > *latest {
            *latest = message.count;
            let EphemeralMessage {
                sender: from,
                document,
                data,
                ..
            } = message;
            effects.push(Effect::Ephemeral { document, from, data });
        }
    }
}

#[cfg(test)]
mod tests;
