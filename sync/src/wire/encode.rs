//! Writing frames.

use std::{convert::Infallible, sync::Arc};

use minicbor::Encoder;

use super::{EphemeralMessage, Message, PeerEntry, PeerMetadata, SyncMessage};
use crate::{DocumentId, PeerId};

type Cbor = Encoder<Vec<u8>>;
type Written = Result<(), minicbor::encode::Error<Infallible>>;

/// The bytes of one frame.
pub fn encode(message: &Message) -> Vec<u8> {
    let mut cbor = Encoder::new(Vec::with_capacity(128 + data_length_bytes(message)));
    // Writing to a vector cannot fail; were it to, an empty frame is a protocol error that the peer reports.
    match write(&mut cbor, message) {
        Ok(()) => cbor.into_writer(),
        Err(_) => Vec::new(),
    }
}

/// A `sync` or `ephemeral` frame for many receivers, encoded once: `targetId` comes last in the map, so that a receiver's own
/// frame is the common bytes and its name (rule S7).
#[derive(Debug, Clone)]
pub struct SharedFrame {
    without_target: Arc<[u8]>,
    common: Vec<u8>,
}

impl SharedFrame {
    /// Encodes the common part of a sync message.
    pub fn sync(sender: &PeerId, document: &DocumentId, data: &[u8]) -> Self {
        Self::build(data.len(), 4, |cbor| {
            cbor.str("type")?.str("sync")?;
            cbor.str("senderId")?.str(sender.as_str())?;
            cbor.str("documentId")?.str(&document.to_string())?;
            cbor.str("data")?.bytes(data)?;
            Ok(())
        })
    }

    /// Encodes the common part of an ephemeral message, its sender kept.
    pub fn ephemeral(message: &EphemeralMessage) -> Self {
        Self::build(message.data.len(), 6, |cbor| ephemeral_fields(cbor, message))
    }

    fn build(length_bytes: usize, fields: u64, write: impl Fn(&mut Cbor) -> Written) -> Self {
        let encoded = |fields: u64| {
            let mut cbor = Encoder::new(Vec::with_capacity(length_bytes + 256));
            match cbor.map(fields).map(|_| ()).and_then(|()| write(&mut cbor)) {
                Ok(()) => cbor.into_writer(),
                Err(_) => Vec::new(),
            }
        };
        let mut common = encoded(fields + 1);
        let mut key = Encoder::new(&mut common);
        let _ = key.str("targetId");
        Self {
            without_target: encoded(fields).into(),
            common,
        }
    }

    /// The frame for one receiver that insists on its name.
    pub fn addressed(&self, target: &PeerId) -> Arc<[u8]> {
        let mut bytes = Vec::with_capacity(self.common.len() + target.as_str().len() + 5);
        bytes.extend_from_slice(&self.common);
        let mut name = Encoder::new(&mut bytes);
        let _ = name.str(target.as_str());
        bytes.into()
    }

    /// The frame for our own clients: the same bytes for each of them, no copy.
    pub fn unaddressed(&self) -> Arc<[u8]> {
        Arc::clone(&self.without_target)
    }
}

fn data_length_bytes(message: &Message) -> usize {
    match message {
        Message::Sync(message) | Message::Request(message) => message.data.len(),
        Message::Ephemeral(message) => message.data.len(),
        Message::Peers { peers, .. } => peers.len() * 160,
        _ => 0,
    }
}

fn write(cbor: &mut Cbor, message: &Message) -> Written {
    match message {
        Message::Join {
            sender,
            versions,
            metadata,
        } => {
            cbor.map(4)?
                .str("type")?
                .str("join")?
                .str("senderId")?
                .str(sender.as_str())?;
            write_metadata(cbor, metadata)?;
            cbor.str("supportedProtocolVersions")?.array(versions.len() as u64)?;
            for version in versions {
                cbor.str(version)?;
            }
        }
        Message::Peer {
            sender,
            target,
            version,
            metadata,
        } => {
            cbor.map(4 + u64::from(target.is_some()))?.str("type")?.str("peer")?;
            cbor.str("senderId")?.str(sender.as_str())?;
            write_metadata(cbor, metadata)?;
            cbor.str("selectedProtocolVersion")?.str(version)?;
            write_target(cbor, target)?;
        }
        Message::Leave { sender } => {
            cbor.map(2)?
                .str("type")?
                .str("leave")?
                .str("senderId")?
                .str(sender.as_str())?;
        }
        Message::Request(message) => write_sync(cbor, "request", message)?,
        Message::Sync(message) => write_sync(cbor, "sync", message)?,
        Message::DocUnavailable {
            sender,
            target,
            document,
        } => {
            cbor.map(3 + u64::from(target.is_some()))?
                .str("type")?
                .str("doc-unavailable")?;
            cbor.str("senderId")?.str(sender.as_str())?;
            cbor.str("documentId")?.str(&document.to_string())?;
            write_target(cbor, target)?;
        }
        Message::Ephemeral(message) => {
            cbor.map(6 + u64::from(message.target.is_some()))?;
            ephemeral_fields(cbor, message)?;
            write_target(cbor, &message.target)?;
        }
        Message::Error { message } => {
            cbor.map(2)?.str("type")?.str("error")?.str("message")?.str(message)?;
        }
        Message::Access {
            document,
            access,
            reason,
        } => {
            cbor.map(4)?.str("type")?.str("yoriai-access")?;
            cbor.str("documentId")?.str(&document.to_string())?;
            cbor.str("access")?.str(access.as_str())?.str("reason")?.str(reason)?;
        }
        Message::Peers { document, peers } => {
            cbor.map(3)?.str("type")?.str("yoriai-peers")?;
            cbor.str("documentId")?.str(&document.to_string())?;
            cbor.str("peers")?.array(peers.len() as u64)?;
            for peer in peers {
                write_peer(cbor, peer)?;
            }
        }
        Message::Notice { document, code, text } => {
            cbor.map(3 + u64::from(document.is_some()))?
                .str("type")?
                .str("yoriai-notice")?;
            if let Some(document) = document {
                cbor.str("documentId")?.str(&document.to_string())?;
            }
            cbor.str("code")?.str(code)?.str("text")?.str(text)?;
        }
        Message::Ping { count } => {
            cbor.map(2)?
                .str("type")?
                .str("yoriai-ping")?
                .str("count")?
                .u64(*count)?;
        }
        Message::Pong { count } => {
            cbor.map(2)?
                .str("type")?
                .str("yoriai-pong")?
                .str("count")?
                .u64(*count)?;
        }
        Message::Unknown { kind } => {
            cbor.map(1)?.str("type")?.str(kind)?;
        }
    }
    Ok(())
}

fn write_sync(cbor: &mut Cbor, kind: &str, message: &SyncMessage) -> Written {
    cbor.map(4 + u64::from(message.target.is_some()))?
        .str("type")?
        .str(kind)?;
    cbor.str("senderId")?.str(message.sender.as_str())?;
    cbor.str("documentId")?.str(&message.document.to_string())?;
    cbor.str("data")?.bytes(&message.data)?;
    write_target(cbor, &message.target)
}

fn ephemeral_fields(cbor: &mut Cbor, message: &EphemeralMessage) -> Written {
    cbor.str("type")?.str("ephemeral")?;
    cbor.str("senderId")?.str(message.sender.as_str())?;
    cbor.str("documentId")?.str(&message.document.to_string())?;
    cbor.str("count")?.u64(message.count)?;
    cbor.str("sessionId")?.str(&message.session)?;
    cbor.str("data")?.bytes(&message.data)?;
    Ok(())
}

fn write_target(cbor: &mut Cbor, target: &Option<PeerId>) -> Written {
    if let Some(target) = target {
        cbor.str("targetId")?.str(target.as_str())?;
    }
    Ok(())
}

fn write_metadata(cbor: &mut Cbor, metadata: &PeerMetadata) -> Written {
    let fields = 1
        + u64::from(metadata.storage_id.is_some())
        + u64::from(metadata.yoriai)
        + u64::from(metadata.revision.is_some())
        + u64::from(metadata.page.is_some());
    cbor.str("peerMetadata")?.map(fields)?;
    if let Some(storage_id) = &metadata.storage_id {
        cbor.str("storageId")?.str(storage_id)?;
    }
    cbor.str("isEphemeral")?.bool(metadata.is_ephemeral)?;
    if metadata.yoriai {
        cbor.str("yoriai")?.bool(true)?;
    }
    if let Some(revision) = metadata.revision {
        cbor.str("yoriaiRevision")?.u64(revision)?;
    }
    if let Some(page) = &metadata.page {
        cbor.str("yoriaiPage")?.str(page)?;
    }
    Ok(())
}

fn write_peer(cbor: &mut Cbor, peer: &PeerEntry) -> Written {
    cbor.map(4 + u64::from(peer.person.is_some()))?;
    cbor.str("peerId")?.str(peer.peer.as_str())?;
    if let Some(person) = &peer.person {
        cbor.str("personId")?.str(person)?;
    }
    cbor.str("name")?.str(&peer.name)?;
    cbor.str("role")?.str(&peer.role)?.str("device")?.str(&peer.device)?;
    Ok(())
}
