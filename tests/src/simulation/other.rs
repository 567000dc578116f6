//! A client that knows the published protocol only: automerge's own `sync::State`, as automerge-repo drives it.

use std::collections::BTreeMap;

use automerge::{sync as automerge_sync, sync::SyncDoc};
use sync::{
    DocumentId, Message, PeerId,
    client::Documents,
    wire::{self, PeerMetadata, SERVER_FRAME_BYTES_MAX, SyncMessage},
};

use super::{person::Shelf, server::peer};

/// A third party's client. It tries again five seconds after a loss, as automerge-repo does.
#[derive(Debug)]
pub struct Other {
    pub name: String,
    pub shelf: Shelf,
    pub connection: Option<u64>,
    states: BTreeMap<DocumentId, automerge_sync::State>,
    joined: bool,
}

impl Other {
    pub fn new(name: &str, documents: &[DocumentId]) -> Self {
        let mut shelf = Shelf::new(name);
        let mut states = BTreeMap::new();
        for document in documents {
            shelf.begin(*document);
            states.insert(*document, automerge_sync::State::new());
        }
        Self {
            name: name.to_owned(),
            shelf,
            connection: None,
            states,
            joined: false,
        }
    }

    /// The server has answered on this connection.
    pub fn is_joined(&self) -> bool {
        self.joined
    }

    pub fn opened(&self) -> Vec<Vec<u8>> {
        vec![wire::encode(&Message::Join {
            sender: self.own(),
            versions: vec!["1".to_owned()],
            metadata: PeerMetadata::default(),
        })]
    }

    pub fn closed(&mut self) {
        self.connection = None;
        self.joined = false;
        for state in self.states.values_mut() {
            // automerge-repo keeps of a state what can be stored of it.
            match automerge_sync::State::decode(&state.encode()) {
                Ok(kept) => *state = kept,
                Err(error) => unreachable!("automerge reads its own state: {error}"),
            }
        }
    }

    pub fn write(&mut self, document: &DocumentId, key: &str, value: &str) -> Vec<Vec<u8>> {
        match self.shelf.write(document, key, value) {
            Some(_) if self.joined => self.generate(*document).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    pub fn frame(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        match wire::decode(bytes, SERVER_FRAME_BYTES_MAX) {
            Ok(Message::Peer { .. }) => {
                self.joined = true;
                let documents: Vec<_> = self.states.keys().copied().collect();
                documents
                    .into_iter()
                    .filter_map(|document| self.generate(document))
                    .collect()
            }
            Ok(Message::Sync(message)) => self.receive(&message),
            Ok(Message::DocUnavailable { .. } | Message::Ephemeral(_) | Message::Error { .. }) => Vec::new(),
            other => panic!("{} is sent what its protocol does not know: {other:?}", self.name),
        }
    }

    fn receive(&mut self, message: &SyncMessage) -> Vec<Vec<u8>> {
        assert_eq!(message.target, Some(self.own()), "a strict client is addressed by name");
        let Some(state) = self.states.get_mut(&message.document) else {
            return Vec::new();
        };
        let decoded = match automerge_sync::Message::decode(&message.data) {
            Ok(decoded) => decoded,
            Err(error) => panic!("automerge reads what the server writes: {error}"),
        };
        let received = self
            .shelf
            .replica(message.document)
            .receive_sync_message(state, decoded);
        assert!(received.is_ok(), "automerge takes what the server sends: {received:?}");
        self.generate(message.document).into_iter().collect()
    }

    fn generate(&mut self, document: DocumentId) -> Option<Vec<u8>> {
        let state = self.states.get_mut(&document)?;
        let doc = self.shelf.doc(&document)?;
        let data = doc.generate_sync_message(state)?.encode();
        let message = SyncMessage {
            sender: peer(&self.name),
            target: Some(peer("server")),
            document,
            data,
        };
        let empty = doc.get_heads().is_empty();
        Some(wire::encode(&if empty {
            Message::Request(message)
        } else {
            Message::Sync(message)
        }))
    }

    fn own(&self) -> PeerId {
        peer(&self.name)
    }
}
