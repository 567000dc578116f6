//! The browser's side of the connection: one socket, any number of documents, and an honest count of what is not saved.
//!
//! The caller owns the documents, the socket and the clock. It hands in what happened and carries out the effects in order.

mod connection;
mod pending;
mod replica;

use std::collections::BTreeMap;

use automerge::{Automerge, Change, ChangeHash};

use connection::Connection;
pub use connection::ConnectionState;
use replica::Replica;

use crate::{
    DocumentId, PeerId,
    wire::{self, Access, EphemeralMessage, Message, PeerEntry, PeerMetadata, SERVER_FRAME_BYTES_MAX},
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
/// A connection that lasted this long ends the row of failures.
pub const STABLE_AFTER_MS: u64 = 10_000;
/// The most senders whose presence is told apart (a message that overtook itself is dropped); far above a room's people.
const SENDERS_MAX: usize = 2_048;

/// The documents, owned by the caller.
pub trait Documents {
    /// The document as it is now, local changes included; `None` if nothing of it is here yet.
    fn doc(&self, document: &DocumentId) -> Option<&Automerge>;

    /// Applies changes of others, all of them new here and in order.
    ///
    /// # Errors
    /// A sentence for the log; the document is not synced any more until it is opened again.
    fn apply(&mut self, document: &DocumentId, changes: Vec<Change>) -> Result<(), String>;

    /// Takes in a whole document as the server saved it. Override it where an empty replica can load the bytes directly.
    ///
    /// # Errors
    /// As for [`Documents::apply`].
    fn load(&mut self, document: &DocumentId, snapshot: &[u8]) -> Result<(), String> {
        let loaded = Automerge::load(snapshot).map_err(|error| error.to_string())?;
        let changes = match self.doc(document) {
            Some(doc) => doc.get_changes_added(&loaded),
            None => loaded.get_changes(&[]),
        };
        if changes.is_empty() {
            Ok(())
        } else {
            self.apply(document, changes)
        }
    }
}

/// What happened.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "events are made one at a time and handed in at once, never stored"
)]
pub enum ClientEvent {
    /// Connect, and stay connected.
    Start,
    /// Sync a document, now and after every reconnect. Opening it again starts afresh, as is needed after [`Effect::Refused`].
    Open {
        /// Which.
        document: DocumentId,
        /// What [`Client::saved_heads`] was when the replica was last stored; empty if it is new or that was not kept.
        saved: Vec<ChangeHash>,
    },
    /// Do not sync a document any more.
    Close {
        /// Which.
        document: DocumentId,
    },
    /// The socket asked for is open.
    SocketOpened,
    /// The socket is gone, or could not be opened.
    SocketClosed,
    /// A binary frame came.
    Frame(Vec<u8>),
    /// A change was made here; it is part of the document already.
    LocalChange {
        /// To which document.
        document: DocumentId,
        /// The change.
        change: Change,
    },
    /// Show this to the others in the room; it is lost if there is no connection.
    SendEphemeral {
        /// In which room.
        document: DocumentId,
        /// Anything, at most [`crate::room::EPHEMERAL_BYTES_MAX`] bytes.
        data: Vec<u8>,
    },
    /// Time has passed; see [`Effect::WakeAt`]. Extra ticks do no harm; send one when the page becomes visible.
    Tick,
    /// The device believes that it has a network again, or none any more.
    NetworkHint {
        /// It has.
        online: bool,
    },
    /// Leave and stay away.
    Stop,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket, drop any earlier one.
    OpenSocket,
    /// Close the socket; no [`ClientEvent::SocketClosed`] is expected for it, and one that comes is ignored.
    CloseSocket,
    /// Send a binary frame.
    Send(Vec<u8>),
    /// Give a [`ClientEvent::Tick`] at this time or soon after; it replaces an earlier wish.
    WakeAt {
        /// When, by the clock that `now_ms` is read from.
        at_ms: u64,
    },
    /// [`Client::state`] is another one.
    StateChanged,
    /// [`Client::unsaved`] of this document may be another number.
    SavedChanged {
        /// Which.
        document: DocumentId,
    },
    /// What this device may do with a document.
    Access {
        /// Which.
        document: DocumentId,
        /// What.
        access: Access,
        /// A word for why.
        reason: String,
    },
    /// Who is in the room.
    Peers {
        /// Of which document.
        document: DocumentId,
        /// Everybody, this connection included.
        peers: Vec<PeerEntry>,
    },
    /// Presence of another peer.
    Ephemeral {
        /// In which room.
        document: DocumentId,
        /// Whose.
        from: PeerId,
        /// What it sent.
        data: Vec<u8>,
    },
    /// Something a person should be told (`not-saved`, `saved-again`, `overloaded`, …).
    Notice {
        /// About which document, if about one.
        document: Option<DocumentId>,
        /// A word for what.
        code: String,
        /// An English sentence.
        text: String,
    },
    /// A change of this device was refused; the document is not synced until it is opened again, with a replica that does not
    /// hold the change.
    Refused {
        /// Which.
        document: DocumentId,
        /// Why, for the log.
        text: String,
    },
    /// The document does not exist, or this device may not see it.
    Unavailable {
        /// Which.
        document: DocumentId,
    },
    /// Changes of others were applied through [`Documents`].
    Applied {
        /// To which document.
        document: DocumentId,
    },
    /// The replica holds everything the server held when it answered; the document can be shown.
    InSync {
        /// Which.
        document: DocumentId,
    },
}

/// The connection to the server and what is known of each open document. See the module's documentation.
#[derive(Debug)]
pub struct Client {
    own: PeerId,
    metadata: PeerMetadata,
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
            },
            connection: Connection::default(),
            replicas: BTreeMap::new(),
            session: String::new(),
            count: 0,
            counts: BTreeMap::new(),
        }
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
