//! What a client is told, what it wants done, and the documents it works on.

use automerge::{Automerge, Change, ChangeHash};

#[expect(unused_imports, reason = "named in the documentation")]
use super::Client;
use crate::{
    DocumentId, PeerId,
    wire::{Access, PeerEntry},
};

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
