//! The frames of a `/sync` socket: automerge-repo's WebSocket protocol, version "1", and the few messages that Yoriai adds.
//!
//! Every frame is one CBOR map with text keys. Decoding is bounded and total: whatever the bytes, the answer is a
//! [`Message`] or a [`DecodeError`], never a panic and never more memory than a small multiple of the frame (rule S1).

mod decode;
mod encode;

use crate::{DocumentId, PeerId};

pub use decode::{DecodeError, decode};
pub use encode::{SharedFrame, encode};

/// The largest frame that is read from a client: the first step of the gate. A change of 5,000 operations stays below it.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;
/// The largest frame a client reads from its server: a snapshot of a long evening (200,000 operations is about 2 MB).
pub const SERVER_FRAME_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How deep a value that nobody asked for may nest before the frame is refused; our own nest three deep.
pub const DEPTH_MAX: usize = 16;
/// The longest text (name, reason, session id) that is kept; longer ones are refused.
pub const TEXT_BYTES_MAX: usize = 1024;
/// The most entries of a list in a message: people of the largest room, twice over.
pub const LIST_LENGTH_MAX: usize = 1024;
/// The only protocol version there is.
pub const PROTOCOL_VERSION: &str = "1";
/// Which of the `yoriai-…` messages and rules this build knows. Raised when a page and a server that differ in it could not
/// work together; what is merely added needs no new number, because unknown keys and types are stepped over.
pub const REVISION: u64 = 1;
/// The oldest page that this server works with. An older one is told so and replaces itself (rule S8).
pub const REVISION_OLDEST: u64 = 1;

/// What a session may do with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Neither read nor write: the document answers as if it did not exist.
    None,
    /// Receives everything, its changes are never merged.
    Read,
    /// Receives everything, its changes are merged once they were admitted and are on disk.
    Write,
}

impl Access {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The reading of [`Access::as_str`]. An unknown word grants nothing.
    pub fn from_word(word: &str) -> Self {
        match word {
            "write" => Self::Write,
            "read" => Self::Read,
            _ => Self::None,
        }
    }
}

/// What a peer says of itself when it joins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerMetadata {
    /// The peer's storage id; kept only to be printed back.
    pub storage_id: Option<String>,
    /// The peer keeps nothing between its connections.
    pub is_ephemeral: bool,
    /// The peer understands the `yoriai-…` messages. They are sent to nobody else: a strict client (samod) ends the
    /// connection on a type that it does not know (rule S6).
    pub yoriai: bool,
    /// The peer's [`REVISION`], if it says one.
    pub revision: Option<u64>,
    /// The page by the hash of its files: on `join` the one that speaks, on `peer` the one that the server hands out. A page
    /// that hears another name than its own knows that there is a newer one.
    pub page: Option<String>,
}

/// One person's presence in a room, as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerEntry {
    /// The connection's peer id, the one that ephemeral messages carry.
    pub peer: PeerId,
    /// The person's id in the board's `people`, if the device has chosen one.
    pub person: Option<String>,
    /// The person's or the device's name to show.
    pub name: String,
    /// `viewer`, `participant` or `coordinator`.
    pub role: String,
    /// The device's id.
    pub device: String,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The client's first frame.
    Join {
        /// The client.
        sender: PeerId,
        /// The versions it speaks.
        versions: Vec<String>,
        /// What it says of itself.
        metadata: PeerMetadata,
    },
    /// The server's answer to `join`.
    Peer {
        /// The server.
        sender: PeerId,
        /// The client.
        target: Option<PeerId>,
        /// The version both will speak.
        version: String,
        /// What the server says of itself.
        metadata: PeerMetadata,
    },
    /// The sender is about to close.
    Leave {
        /// Who.
        sender: PeerId,
    },
    /// The first sync message for a document that the sender does not hold.
    Request(SyncMessage),
    /// A sync message.
    Sync(SyncMessage),
    /// The sender does not have the document, or the receiver may not know that it has.
    DocUnavailable {
        /// Who.
        sender: PeerId,
        /// To whom.
        target: Option<PeerId>,
        /// Which.
        document: DocumentId,
    },
    /// Presence: relayed, never stored.
    Ephemeral(EphemeralMessage),
    /// A protocol error, after which the sender closes.
    Error {
        /// Why.
        message: String,
    },
    /// Ours: what this connection may do with a document, from now on.
    Access {
        /// Which.
        document: DocumentId,
        /// What.
        access: Access,
        /// A word for why (`stage`, `locked`, `role`, …), for the client to translate.
        reason: String,
    },
    /// Ours: who is in the room now, the receiver included.
    Peers {
        /// Which room.
        document: DocumentId,
        /// At most [`LIST_LENGTH_MAX`].
        peers: Vec<PeerEntry>,
    },
    /// Ours: something a person should be told.
    Notice {
        /// The document it is about, if it is about one.
        document: Option<DocumentId>,
        /// A word for what (`not-saved`, `saved-again`, `refused`, `overloaded`, …), for the client to translate.
        code: String,
        /// An English sentence for logs and for clients that do not know the word.
        text: String,
    },
    /// Ours: "are you there?"; browsers cannot see WebSocket pings.
    Ping {
        /// Comes back in the answer.
        count: u64,
    },
    /// Ours: "yes".
    Pong {
        /// The question's count.
        count: u64,
    },
    /// A type that is not known or does not matter here (remote-heads-…): skipped.
    Unknown {
        /// Its name.
        kind: String,
    },
}

/// The content of `request` and `sync`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncMessage {
    /// Who.
    pub sender: PeerId,
    /// To whom; our own clients are sent the same bytes each and find none.
    pub target: Option<PeerId>,
    /// About which document.
    pub document: DocumentId,
    /// An automerge sync message, see [`crate::sync_message`].
    pub data: Vec<u8>,
}

/// The content of `ephemeral`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EphemeralMessage {
    /// Who wrote it; kept when it is relayed.
    pub sender: PeerId,
    /// To whom.
    pub target: Option<PeerId>,
    /// In which room.
    pub document: DocumentId,
    /// Rises with every message of a session; an old one is dropped.
    pub count: u64,
    /// Drawn by the sender when it started.
    pub session: String,
    /// Anything, in practice CBOR.
    pub data: Vec<u8>,
}

impl Message {
    /// The name of the message's type on the wire, for logs and metrics.
    pub fn kind(&self) -> &str {
        match self {
            Self::Join { .. } => "join",
            Self::Peer { .. } => "peer",
            Self::Leave { .. } => "leave",
            Self::Request(_) => "request",
            Self::Sync(_) => "sync",
            Self::DocUnavailable { .. } => "doc-unavailable",
            Self::Ephemeral(_) => "ephemeral",
            Self::Error { .. } => "error",
            Self::Access { .. } => "yoriai-access",
            Self::Peers { .. } => "yoriai-peers",
            Self::Notice { .. } => "yoriai-notice",
            Self::Ping { .. } => "yoriai-ping",
            Self::Pong { .. } => "yoriai-pong",
            Self::Unknown { kind } => kind,
        }
    }

    /// The document the message is about, if it is about one.
    pub fn document(&self) -> Option<&DocumentId> {
        match self {
            Self::Request(message) | Self::Sync(message) => Some(&message.document),
            Self::Ephemeral(message) => Some(&message.document),
            Self::DocUnavailable { document, .. } | Self::Access { document, .. } | Self::Peers { document, .. } => {
                Some(document)
            }
            Self::Notice { document, .. } => document.as_ref(),
            Self::Join { .. }
            | Self::Peer { .. }
            | Self::Leave { .. }
            | Self::Error { .. }
            | Self::Ping { .. }
            | Self::Pong { .. }
            | Self::Unknown { .. } => None,
        }
    }
}
