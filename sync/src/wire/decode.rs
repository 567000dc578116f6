//! Reading frames: bounded, total, tolerant of keys and types it does not know.

use minicbor::{Decoder, data::Type};

use super::{
    Access, DEPTH_MAX, EphemeralMessage, LIST_LENGTH_MAX, Message, PeerEntry, PeerMetadata, SyncMessage, TEXT_BYTES_MAX,
};
use crate::{DocumentId, PeerId};

/// Why a frame could not be read. The session that sent it ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than the limit the caller gave.
    #[error("a frame of {bytes} bytes, the limit is {limit}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Not CBOR, or not a map with text keys, or cut off.
    #[error("not a CBOR map with text keys")]
    Cbor,
    /// A value that nobody asked for nests deeper than [`DEPTH_MAX`].
    #[error("nested deeper than {DEPTH_MAX}")]
    TooDeep,
    /// A text or a list is longer than it may be.
    #[error("`{key}` is longer than it may be")]
    FieldTooLong {
        /// Which field.
        key: &'static str,
    },
    /// A field that the type requires is missing or is not what it must be.
    #[error("`{key}` is missing or is not what it must be")]
    Field {
        /// Which field.
        key: &'static str,
    },
}

impl From<minicbor::decode::Error> for DecodeError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Cbor
    }
}

/// Reads one frame of at most `bytes_max` bytes (on the server [`super::FRAME_BYTES_MAX`]).
///
/// # Errors
/// See [`DecodeError`]. A type that is not known is no error but [`Message::Unknown`].
pub fn decode(bytes: &[u8], bytes_max: usize) -> Result<Message, DecodeError> {
    if bytes.len() > bytes_max {
        return Err(DecodeError::TooLong {
            bytes: bytes.len(),
            limit: bytes_max,
        });
    }
    Fields::read(&mut Decoder::new(bytes))?.into_message()
}

/// What was found under the keys that some message has. The values borrow from the frame.
#[derive(Default)]
struct Fields<'b> {
    kind: Option<&'b str>,
    sender: Option<&'b str>,
    target: Option<&'b str>,
    document: Option<&'b str>,
    data: Option<&'b [u8]>,
    count: Option<u64>,
    session: Option<&'b str>,
    versions: Option<Vec<&'b str>>,
    version: Option<&'b str>,
    metadata: PeerMetadata,
    message: Option<&'b str>,
    access: Option<&'b str>,
    reason: Option<&'b str>,
    code: Option<&'b str>,
    text: Option<&'b str>,
    peers: Option<Vec<PeerEntry>>,
}

impl<'b> Fields<'b> {
    fn read(cbor: &mut Decoder<'b>) -> Result<Self, DecodeError> {
        let mut fields = Self::default();
        each_entry(cbor, 0, |cbor, key| {
            match key {
                "type" => fields.kind = text(cbor, "type")?,
                "senderId" => fields.sender = text(cbor, "senderId")?,
                "targetId" => fields.target = text(cbor, "targetId")?,
                "documentId" => fields.document = text(cbor, "documentId")?,
                "data" => fields.data = byte_string(cbor)?,
                "count" => fields.count = count(cbor)?,
                "sessionId" => fields.session = text(cbor, "sessionId")?,
                "supportedProtocolVersions" => fields.versions = versions(cbor)?,
                "selectedProtocolVersion" => fields.version = text(cbor, "selectedProtocolVersion")?,
                "peerMetadata" => fields.metadata = metadata(cbor)?,
                "message" => fields.message = text(cbor, "message")?,
                "access" => fields.access = text(cbor, "access")?,
                "reason" => fields.reason = text(cbor, "reason")?,
                "code" => fields.code = text(cbor, "code")?,
                "text" => fields.text = text(cbor, "text")?,
                "peers" => fields.peers = peers(cbor)?,
                _ => skip(cbor, 1)?,
            }
            Ok(())
        })?;
        Ok(fields)
    }

    fn into_message(self) -> Result<Message, DecodeError> {
        let kind = self.kind.ok_or(DecodeError::Field { key: "type" })?;
        Ok(match kind {
            "join" => Message::Join {
                sender: self.sender()?,
                // automerge-repo's own server reads a missing list as version 1.
                versions: match &self.versions {
                    Some(versions) => versions.iter().map(|version| (*version).to_owned()).collect(),
                    None => vec![super::PROTOCOL_VERSION.to_owned()],
                },
                metadata: self.metadata,
            },
            "peer" => Message::Peer {
                sender: self.sender()?,
                target: self.target()?,
                version: required(self.version, "selectedProtocolVersion")?.to_owned(),
                metadata: self.metadata,
            },
            "leave" => Message::Leave { sender: self.sender()? },
            "request" => Message::Request(self.sync()?),
            "sync" => Message::Sync(self.sync()?),
            "doc-unavailable" => Message::DocUnavailable {
                sender: self.sender()?,
                target: self.target()?,
                document: self.document()?,
            },
            "ephemeral" => Message::Ephemeral(EphemeralMessage {
                sender: self.sender()?,
                target: self.target()?,
                document: self.document()?,
                count: self.count.ok_or(DecodeError::Field { key: "count" })?,
                session: required(self.session, "sessionId")?.to_owned(),
                data: self.data.ok_or(DecodeError::Field { key: "data" })?.to_vec(),
            }),
            "error" => Message::Error {
                message: self.message.unwrap_or_default().to_owned(),
            },
            "yoriai-access" => Message::Access {
                document: self.document()?,
                access: Access::from_word(required(self.access, "access")?),
                reason: self.reason.unwrap_or_default().to_owned(),
            },
            "yoriai-peers" => Message::Peers {
                document: self.document()?,
                peers: self.peers.ok_or(DecodeError::Field { key: "peers" })?,
            },
            "yoriai-notice" => Message::Notice {
                document: self.document.map(parse_document).transpose()?,
                code: required(self.code, "code")?.to_owned(),
                text: self.text.unwrap_or_default().to_owned(),
            },
            "yoriai-ping" => Message::Ping {
                count: self.count.ok_or(DecodeError::Field { key: "count" })?,
            },
            "yoriai-pong" => Message::Pong {
                count: self.count.ok_or(DecodeError::Field { key: "count" })?,
            },
            other => Message::Unknown { kind: other.to_owned() },
        })
    }

    fn sender(&self) -> Result<PeerId, DecodeError> {
        required(self.sender, "senderId")?
            .parse()
            .map_err(|_| DecodeError::Field { key: "senderId" })
    }

    fn target(&self) -> Result<Option<PeerId>, DecodeError> {
        self.target
            .map(|text| text.parse().map_err(|_| DecodeError::Field { key: "targetId" }))
            .transpose()
    }

    fn document(&self) -> Result<DocumentId, DecodeError> {
        parse_document(required(self.document, "documentId")?)
    }

    fn sync(&self) -> Result<SyncMessage, DecodeError> {
        Ok(SyncMessage {
            sender: self.sender()?,
            target: self.target()?,
            document: self.document()?,
            data: self.data.ok_or(DecodeError::Field { key: "data" })?.to_vec(),
        })
    }
}

fn required<'b>(value: Option<&'b str>, key: &'static str) -> Result<&'b str, DecodeError> {
    value.ok_or(DecodeError::Field { key })
}

fn parse_document(text: &str) -> Result<DocumentId, DecodeError> {
    text.parse().map_err(|_| DecodeError::Field { key: "documentId" })
}

/// Calls `entry` with the decoder in front of each value of a map, definite or not.
fn each_entry<'b>(
    cbor: &mut Decoder<'b>,
    depth: usize,
    mut entry: impl FnMut(&mut Decoder<'b>, &'b str) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut left = cbor.map()?;
    loop {
        match &mut left {
            Some(0) => return Ok(()),
            Some(count) => *count -= 1,
            None if cbor.datatype()? == Type::Break => {
                cbor.set_position(cbor.position() + 1);
                return Ok(());
            }
            None => {}
        }
        match cbor.datatype()? {
            Type::String => {
                let key = cbor.str()?;
                entry(cbor, key)?;
            }
            // A key in pieces, or one that is no text, is nobody's: step over it and its value.
            _ => {
                skip(cbor, depth + 1)?;
                skip(cbor, depth + 1)?;
            }
        }
    }
}

/// A text, or nothing where a JavaScript client wrote `undefined` or `null`.
fn text<'b>(cbor: &mut Decoder<'b>, key: &'static str) -> Result<Option<&'b str>, DecodeError> {
    match cbor.datatype()? {
        Type::String => {
            let text = cbor.str()?;
            if text.len() > TEXT_BYTES_MAX {
                return Err(DecodeError::FieldTooLong { key });
            }
            Ok(Some(text))
        }
        Type::Null | Type::Undefined => {
            skip(cbor, 1)?;
            Ok(None)
        }
        _ => Err(DecodeError::Field { key }),
    }
}

/// A byte string, bare or tagged 64 (a typed array of bytes, as cbor-x writes it by default).
fn byte_string<'b>(cbor: &mut Decoder<'b>) -> Result<Option<&'b [u8]>, DecodeError> {
    const TYPED_ARRAY_OF_BYTES: u64 = 64;
    if cbor.datatype()? == Type::Tag && cbor.tag()?.as_u64() != TYPED_ARRAY_OF_BYTES {
        return Err(DecodeError::Field { key: "data" });
    }
    match cbor.datatype()? {
        Type::Bytes => Ok(Some(cbor.bytes()?)),
        Type::Null | Type::Undefined => {
            skip(cbor, 1)?;
            Ok(None)
        }
        _ => Err(DecodeError::Field { key: "data" }),
    }
}

/// A whole number; JavaScript writes those above 2³² as floats.
fn count(cbor: &mut Decoder<'_>) -> Result<Option<u64>, DecodeError> {
    /// Above 2⁵³ a float is no longer exact.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match cbor.datatype()? {
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => Ok(Some(cbor.u64()?)),
        Type::F16 | Type::F32 | Type::F64 => {
            let number = cbor.f64()?;
            if !(0.0..=EXACT_MAX).contains(&number) {
                return Err(DecodeError::Field { key: "count" });
            }
            Ok(Some(number as u64))
        }
        Type::Null | Type::Undefined => {
            skip(cbor, 1)?;
            Ok(None)
        }
        _ => Err(DecodeError::Field { key: "count" }),
    }
}

fn versions<'b>(cbor: &mut Decoder<'b>) -> Result<Option<Vec<&'b str>>, DecodeError> {
    if matches!(cbor.datatype()?, Type::Null | Type::Undefined) {
        skip(cbor, 1)?;
        return Ok(None);
    }
    let mut versions = Vec::new();
    each_item(cbor, "supportedProtocolVersions", |cbor| {
        versions.extend(text(cbor, "supportedProtocolVersions")?);
        Ok(())
    })?;
    Ok(Some(versions))
}

/// Calls `item` with the decoder in front of each item of an array, definite or not, at most [`LIST_LENGTH_MAX`] times.
fn each_item<'b>(
    cbor: &mut Decoder<'b>,
    key: &'static str,
    mut item: impl FnMut(&mut Decoder<'b>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut left = cbor.array()?;
    for _ in 0..LIST_LENGTH_MAX {
        match &mut left {
            Some(0) => return Ok(()),
            Some(count) => *count -= 1,
            None if cbor.datatype()? == Type::Break => {
                cbor.set_position(cbor.position() + 1);
                return Ok(());
            }
            None => {}
        }
        item(cbor)?;
    }
    match left {
        Some(0) => Ok(()),
        _ => Err(DecodeError::FieldTooLong { key }),
    }
}

fn metadata(cbor: &mut Decoder<'_>) -> Result<PeerMetadata, DecodeError> {
    let mut metadata = PeerMetadata::default();
    if cbor.datatype()? != Type::Map && cbor.datatype()? != Type::MapIndef {
        skip(cbor, 1)?;
        return Ok(metadata);
    }
    each_entry(cbor, 1, |cbor, key| {
        match key {
            "storageId" => metadata.storage_id = text(cbor, "storageId")?.map(str::to_owned),
            "isEphemeral" => metadata.is_ephemeral = boolean(cbor)?,
            "yoriai" => metadata.yoriai = boolean(cbor)?,
            "yoriaiRevision" => metadata.revision = count(cbor)?,
            "yoriaiPage" => metadata.page = text(cbor, "yoriaiPage")?.map(str::to_owned),
            _ => skip(cbor, 2)?,
        }
        Ok(())
    })?;
    Ok(metadata)
}

/// A truth value; anything else counts as false.
fn boolean(cbor: &mut Decoder<'_>) -> Result<bool, DecodeError> {
    if cbor.datatype()? == Type::Bool {
        return Ok(cbor.bool()?);
    }
    skip(cbor, 2)?;
    Ok(false)
}

fn peers(cbor: &mut Decoder<'_>) -> Result<Option<Vec<PeerEntry>>, DecodeError> {
    let mut peers = Vec::new();
    each_item(cbor, "peers", |cbor| {
        let (mut peer, mut person, mut name, mut role, mut device) = (None, None, None, None, None);
        each_entry(cbor, 2, |cbor, key| {
            match key {
                "peerId" => peer = text(cbor, "peerId")?,
                "personId" => person = text(cbor, "personId")?,
                "name" => name = text(cbor, "name")?,
                "role" => role = text(cbor, "role")?,
                "device" => device = text(cbor, "device")?,
                _ => skip(cbor, 3)?,
            }
            Ok(())
        })?;
        peers.push(PeerEntry {
            peer: required(peer, "peerId")?
                .parse()
                .map_err(|_| DecodeError::Field { key: "peerId" })?,
            person: person.map(str::to_owned),
            name: name.unwrap_or_default().to_owned(),
            role: role.unwrap_or_default().to_owned(),
            device: device.unwrap_or_default().to_owned(),
        });
        Ok(())
    })?;
    Ok(Some(peers))
}

/// Steps over one value of any kind. The recursion is bounded by [`DEPTH_MAX`], the loops by the bytes there are.
fn skip(cbor: &mut Decoder<'_>, depth: usize) -> Result<(), DecodeError> {
    if depth > DEPTH_MAX {
        return Err(DecodeError::TooDeep);
    }
    match cbor.datatype()? {
        Type::Array | Type::ArrayIndef => {
            let left = cbor.array()?;
            skip_items(cbor, left, depth)
        }
        Type::Map | Type::MapIndef => {
            let left = match cbor.map()? {
                Some(entries) => Some(entries.checked_mul(2).ok_or(DecodeError::Cbor)?),
                None => None,
            };
            skip_items(cbor, left, depth)
        }
        Type::Tag => {
            cbor.tag()?;
            skip(cbor, depth + 1)
        }
        Type::BytesIndef => {
            for piece in cbor.bytes_iter()? {
                piece?;
            }
            Ok(())
        }
        Type::StringIndef => {
            for piece in cbor.str_iter()? {
                piece?;
            }
            Ok(())
        }
        Type::Break | Type::Unknown(_) => Err(DecodeError::Cbor),
        _ => Ok(cbor.skip()?),
    }
}

fn skip_items(cbor: &mut Decoder<'_>, mut left: Option<u64>, depth: usize) -> Result<(), DecodeError> {
    loop {
        match &mut left {
            Some(0) => return Ok(()),
            Some(count) => *count -= 1,
            None if cbor.datatype()? == Type::Break => {
                cbor.set_position(cbor.position() + 1);
                return Ok(());
            }
            None => {}
        }
        skip(cbor, depth + 1)?;
    }
}

#[cfg(test)]
mod tests;
