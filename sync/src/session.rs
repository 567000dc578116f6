//! The server's side of one connection: it joins, then every frame is read, checked and sorted by document.

use crate::{
    DocumentId, PeerId,
    room::CloseCode,
    wire::{self, Access, FRAME_BYTES_MAX, Message, PROTOCOL_VERSION, PeerMetadata},
};

/// The code of the notice to a page that is too old (rule S8).
pub const PAGE_OUTDATED: &str = "page-outdated";

/// One connection, from its first frame to its last.
#[derive(Debug)]
pub struct Session {
    own: PeerId,
    /// The page that this server hands out.
    page: Option<String>,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    AwaitingJoin,
    Joined { peer: PeerId },
    Closed,
}

/// What a frame led to, to be done in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// The client has said who it is; its name is fixed for the rest of the connection.
    Joined {
        /// Its peer id.
        peer: PeerId,
        /// What it says of itself; no rights follow from it.
        metadata: PeerMetadata,
    },
    /// For the room of this document, which the session may see.
    Document {
        /// Which.
        document: DocumentId,
        /// `request`, `sync` or `ephemeral`.
        message: Message,
    },
    /// Send these bytes.
    Send(Vec<u8>),
    /// Close the connection, after what was sent.
    Close {
        /// For the close frame.
        code: CloseCode,
        /// For the close frame and the log.
        reason: String,
    },
}

impl Session {
    /// A connection that has not said anything. `own` is the server's peer id.
    pub fn new(own: PeerId) -> Self {
        Self {
            own,
            page: None,
            phase: Phase::AwaitingJoin,
        }
    }

    /// The same, which tells our own clients which page the server hands out (rule S8).
    #[must_use]
    pub fn serving(mut self, page: Option<String>) -> Self {
        self.page = page;
        self
    }

    /// Who is on the other end, once it has joined.
    pub fn peer(&self) -> Option<&PeerId> {
        match &self.phase {
            Phase::Joined { peer } => Some(peer),
            Phase::AwaitingJoin | Phase::Closed => None,
        }
    }

    /// Reads one binary frame. `may_see` says whether the session may at least read a document; a document that it may not
    /// see and one that does not exist get the same answer (rule S5).
    pub fn frame(&mut self, bytes: &[u8], may_see: impl FnOnce(&DocumentId) -> bool, outputs: &mut Vec<Output>) {
        let message = match wire::decode(bytes, FRAME_BYTES_MAX) {
            Ok(message) => message,
            Err(_) if matches!(self.phase, Phase::Closed) => return,
            Err(error) => return self.end(&error.to_string(), outputs),
        };
        match &self.phase {
            Phase::AwaitingJoin => self.join(message, outputs),
            Phase::Joined { peer } => {
                let peer = peer.clone();
                self.joined(&peer, message, may_see, outputs);
            }
            Phase::Closed => {}
        }
    }

    fn join(&mut self, message: Message, outputs: &mut Vec<Output>) {
        let Message::Join {
            sender,
            versions,
            metadata,
        } = message
        else {
            return self.end("the first message must be `join`", outputs);
        };
        if sender == self.own {
            return self.end("this peer id is the server's", outputs);
        }
        if !versions.iter().any(|version| version == PROTOCOL_VERSION) {
            return self.end("unsupported protocol version, this server speaks \"1\"", outputs);
        }
        let outdated = metadata
            .revision
            .is_some_and(|revision| revision < wire::REVISION_OLDEST);
        if metadata.yoriai && outdated {
            return self.turn_away(outputs);
        }
        outputs.push(Output::Joined {
            peer: sender.clone(),
            metadata,
        });
        outputs.push(Output::Send(self.welcome(&sender)));
        self.phase = Phase::Joined { peer: sender };
    }

    /// A page of ours that is too old: it replaces itself once everything that was written on it is on its device.
    fn turn_away(&mut self, outputs: &mut Vec<Output>) {
        self.phase = Phase::Closed;
        let text = "this page is older than the server can work with; load it again";
        outputs.push(Output::Send(wire::encode(&Message::Notice {
            document: None,
            code: PAGE_OUTDATED.to_owned(),
            text: text.to_owned(),
        })));
        outputs.push(Output::Close {
            code: CloseCode::Refused,
            reason: PAGE_OUTDATED.to_owned(),
        });
    }

    fn welcome(&self, peer: &PeerId) -> Vec<u8> {
        wire::encode(&Message::Peer {
            sender: self.own.clone(),
            target: Some(peer.clone()),
            version: PROTOCOL_VERSION.to_owned(),
            // No storage id: what a client learnt in one connection must not be taken for granted in the next.
            metadata: PeerMetadata {
                storage_id: None,
                is_ephemeral: true,
                yoriai: true,
                revision: Some(wire::REVISION),
                page: self.page.clone(),
            },
        })
    }

    fn joined(
        &mut self,
        peer: &PeerId,
        message: Message,
        may_see: impl FnOnce(&DocumentId) -> bool,
        outputs: &mut Vec<Output>,
    ) {
        match &message {
            Message::Request(sync) | Message::Sync(sync) => {
                if sync.sender != *peer {
                    return self.end("a message in another peer's name", outputs);
                }
                let document = sync.document;
                if may_see(&document) {
                    outputs.push(Output::Document { document, message });
                } else {
                    outputs.push(Output::Send(unavailable(&self.own, peer, document)));
                }
            }
            Message::Ephemeral(ephemeral) => {
                // A client that is connected elsewhere too may pass on what it heard there; only its own words count here.
                let document = ephemeral.document;
                if ephemeral.sender == *peer && may_see(&document) {
                    outputs.push(Output::Document { document, message });
                }
            }
            Message::Join { sender, .. } if sender == peer => outputs.push(Output::Send(self.welcome(peer))),
            Message::Join { .. } | Message::Peer { .. } => self.end("already joined", outputs),
            Message::Leave { .. } => {
                self.phase = Phase::Closed;
                outputs.push(Output::Close {
                    code: CloseCode::Protocol,
                    reason: "leave".to_owned(),
                });
            }
            Message::Ping { count } => outputs.push(Output::Send(wire::encode(&Message::Pong { count: *count }))),
            // Documents are made by the server only; what a client lacks, or does not know, is no news.
            Message::DocUnavailable { .. }
            | Message::Error { .. }
            | Message::Access { .. }
            | Message::Peers { .. }
            | Message::Notice { .. }
            | Message::Pong { .. }
            | Message::Unknown { .. } => {}
        }
    }

    fn end(&mut self, reason: &str, outputs: &mut Vec<Output>) {
        self.phase = Phase::Closed;
        outputs.push(Output::Send(wire::encode(&Message::Error {
            message: reason.to_owned(),
        })));
        outputs.push(Output::Close {
            code: CloseCode::Protocol,
            reason: reason.to_owned(),
        });
    }
}

/// The answer to a question about a document that a session may not see, or that does not exist.
pub fn unavailable(own: &PeerId, target: &PeerId, document: DocumentId) -> Vec<u8> {
    wire::encode(&Message::DocUnavailable {
        sender: own.clone(),
        target: Some(target.clone()),
        document,
    })
}

/// The code of the notice that a server sends before it restarts; its text is a number of milliseconds.
pub const RESTART: &str = "restart";

/// The message to a connection that has a right to a document again which it may have been told is unavailable: our client
/// then asks for it. Members of the document's room hear of their rights from the room.
pub fn access_frame(document: DocumentId, access: Access, reason: &str) -> Vec<u8> {
    wire::encode(&Message::Access {
        document,
        access,
        reason: reason.to_owned(),
    })
}

/// The last message before a connection is closed because the server restarts (rule S27): come back at a random moment within
/// this time.
pub fn restart_frame(within_ms: u64) -> Vec<u8> {
    wire::encode(&Message::Notice {
        document: None,
        code: RESTART.to_owned(),
        text: within_ms.to_string(),
    })
}

#[cfg(test)]
mod tests;
