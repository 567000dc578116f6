//! A peer that says what a test wants it to say, frame by frame, and hears everything.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use automerge::ChangeHash;
use futures_util::{SinkExt as _, StreamExt as _};
use sync::{
    DocumentId, PeerId, sync_message,
    wire::{self, Message, PeerMetadata, SyncMessage},
};
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::light_client::{PATIENCE, Socket};

/// The peer.
pub struct RawPeer {
    /// Its socket.
    pub socket: Socket,
    /// Its name.
    pub peer: PeerId,
}

/// What a raw peer hears.
#[derive(Debug)]
pub enum Heard {
    /// A frame, and its bytes.
    Frame(Box<Message>, Vec<u8>),
    /// A close frame with its code and reason.
    Close(u16, String),
    /// The end of the line.
    Gone,
}

impl RawPeer {
    /// Joins on a socket and hears the welcome.
    pub async fn join(socket: Socket, name: &str, yoriai: bool) -> Result<Self> {
        let peer: PeerId = name.parse()?;
        let mut raw = Self { socket, peer };
        let join = Message::Join {
            sender: raw.peer.clone(),
            versions: vec![wire::PROTOCOL_VERSION.to_owned()],
            metadata: PeerMetadata {
                yoriai,
                ..PeerMetadata::default()
            },
        };
        raw.say(&join).await?;
        match raw.hear().await? {
            Heard::Frame(message, _) if matches!(*message, Message::Peer { .. }) => Ok(raw),
            other => bail!("no welcome but {other:?}"),
        }
    }

    /// Says something.
    pub async fn say(&mut self, message: &Message) -> Result<()> {
        self.socket.send(Frame::Binary(wire::encode(message).into())).await?;
        Ok(())
    }

    /// Asks for a document.
    pub async fn ask(&mut self, document: DocumentId) -> Result<()> {
        let data = sync_message::write(&[], &[], &[], &[]);
        let message = self.message(document, data);
        self.say(&Message::Request(message)).await
    }

    /// Sends chunks, as if they belonged to changes with these heads.
    pub async fn send(&mut self, document: DocumentId, heads: &[ChangeHash], chunks: &[&[u8]]) -> Result<()> {
        let data = sync_message::write(heads, &[], &[], chunks);
        let message = self.message(document, data);
        self.say(&Message::Sync(message)).await
    }

    /// The next frame, however long it takes within the patience of a test.
    pub async fn hear(&mut self) -> Result<Heard> {
        self.hear_within(PATIENCE).await?.context("nothing was heard")
    }

    /// The next frame, if one comes in this time.
    pub async fn hear_within(&mut self, time: Duration) -> Result<Option<Heard>> {
        let hearing = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Frame::Binary(bytes))) => {
                        let message = wire::decode(&bytes, wire::SERVER_FRAME_BYTES_MAX)?;
                        return Ok(Heard::Frame(Box::new(message), bytes.to_vec()));
                    }
                    Some(Ok(Frame::Close(frame))) => {
                        let (code, reason) = frame.map_or((1005, String::new()), |frame| {
                            (u16::from(frame.code), frame.reason.to_string())
                        });
                        return Ok(Heard::Close(code, reason));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Ok(Heard::Gone),
                }
            }
        };
        match tokio::time::timeout(time, hearing).await {
            Ok(heard) => heard.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Hears until something is said that a test waits for; fails at the end of the line.
    pub async fn hear_until(&mut self, mut is_it: impl FnMut(&Message) -> bool) -> Result<(Message, Vec<u8>)> {
        loop {
            match self.hear().await? {
                Heard::Frame(message, bytes) if is_it(&message) => return Ok((*message, bytes)),
                Heard::Frame(..) => {}
                other => bail!("heard {other:?} instead"),
            }
        }
    }

    /// Hears until the server ends it: the close frame's code and reason, or none if the line was cut.
    pub async fn end(&mut self) -> Result<Option<(u16, String)>> {
        loop {
            match self.hear().await? {
                Heard::Frame(..) => {}
                Heard::Close(code, reason) => return Ok(Some((code, reason))),
                Heard::Gone => return Ok(None),
            }
        }
    }

    fn message(&self, document: DocumentId, data: Vec<u8>) -> SyncMessage {
        SyncMessage {
            sender: self.peer.clone(),
            target: None,
            document,
            data,
        }
    }
}
