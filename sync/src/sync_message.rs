//! automerge's sync message, read and written without automerge.
//!
//! Reading borrows and is bounded, so that a hostile message never reaches automerge's own parser; writing produces the one
//! shape this side ever sends: our heads, no Bloom filter, no flags (rules S10 and S11).

use automerge::ChangeHash;

/// The most hashes in one list of a message: the heads of that many people writing at the same instant, or one request for
/// that many changes.
pub const HASHES_MAX: usize = 4096;
/// The most `have` entries that are looked at. Every implementation sends one or none.
pub const HAVES_MAX: usize = 16;
/// The most chunks in one message.
pub const CHUNKS_MAX: usize = 65_536;

const TYPE_V1: u8 = 0x42;
const TYPE_V2: u8 = 0x43;
const HASH_BYTES: usize = 32;
/// A flags byte with the high bit set is a bit field; bit 0 in it asks for everything to be sent again.
const FLAG_BITFIELD: u8 = 0x80;
const FLAG_SYNC_RESET: u8 = 0x01;
const FLAG_READ_ONLY: u8 = 0x02;

/// What a peer says of the state it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncBody<'b> {
    /// The heads of the sender's document.
    pub heads: Vec<ChangeHash>,
    /// Changes it asks for by hash.
    pub need: Vec<ChangeHash>,
    /// What it says it has; `None` if it said nothing.
    pub have: Option<Have>,
    /// Change or document chunks, each one or several concatenated chunks.
    pub changes: Vec<&'b [u8]>,
    /// It asks that everything it does not have is sent again.
    pub reset: bool,
    /// It will not apply what it is sent.
    pub read_only: bool,
}

/// The first `have` entry of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Have {
    /// Heads that both sides are known to hold.
    pub last_sync: Vec<ChangeHash>,
    /// There is a Bloom filter of the changes after `last_sync`. This side needs no more than to know whether.
    pub bloom: bool,
}

/// The bytes are no sync message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SyncBodyError {
    /// Neither type 0x42 nor 0x43.
    #[error("not a sync message")]
    Type,
    /// It ends before what it announces.
    #[error("cut off")]
    CutOff,
    /// A number longer than 64 bits.
    #[error("a length that is no number")]
    Number,
    /// A list longer than [`HASHES_MAX`], [`HAVES_MAX`] or [`CHUNKS_MAX`].
    #[error("a list of {length}, the limit is {limit}")]
    TooLong {
        /// Its length.
        length: u64,
        /// The limit.
        limit: usize,
    },
}

/// Reads a message of either version.
///
/// # Errors
/// [`SyncBodyError`] for anything that is not one. Bytes after the end are ignored, as automerge does.
pub fn read(bytes: &[u8]) -> Result<SyncBody<'_>, SyncBodyError> {
    let mut input = Input(bytes);
    match input.take(1)? {
        [TYPE_V1 | TYPE_V2] => {}
        _ => return Err(SyncBodyError::Type),
    }
    let heads = input.hashes()?;
    let need = input.hashes()?;
    let mut have = None;
    for _ in 0..input.length(HAVES_MAX)? {
        let entry = Have {
            last_sync: input.hashes()?,
            bloom: !input.sized()?.is_empty(),
        };
        have.get_or_insert(entry);
    }
    let count = input.length(CHUNKS_MAX)?;
    // Each chunk costs at least its length byte, so the bytes that are left bound what is reserved.
    let mut changes = Vec::with_capacity(count.min(input.0.len()));
    for _ in 0..count {
        changes.push(input.sized()?);
    }
    let flags = if input.0.is_empty() {
        0
    } else {
        bits(input.sized().unwrap_or_default())
    };
    Ok(SyncBody {
        heads,
        need,
        have,
        changes,
        reset: flags & FLAG_SYNC_RESET != 0,
        read_only: flags & FLAG_READ_ONLY != 0,
    })
}

fn bits(flags: &[u8]) -> u8 {
    flags
        .iter()
        .filter(|byte| **byte & FLAG_BITFIELD != 0)
        .fold(0, |all, byte| all | byte)
}

struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], SyncBodyError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SyncBodyError::CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, SyncBodyError> {
        let (number, rest) = leb128(self.0)?;
        self.0 = rest;
        Ok(number)
    }

    fn length(&mut self, limit: usize) -> Result<usize, SyncBodyError> {
        let length = self.number()?;
        usize::try_from(length)
            .ok()
            .filter(|length| *length <= limit)
            .ok_or(SyncBodyError::TooLong { length, limit })
    }

    fn sized(&mut self) -> Result<&'b [u8], SyncBodyError> {
        let length = usize::try_from(self.number()?).map_err(|_| SyncBodyError::CutOff)?;
        self.take(length)
    }

    fn hashes(&mut self) -> Result<Vec<ChangeHash>, SyncBodyError> {
        let count = self.length(HASHES_MAX)?;
        let bytes = self.take(count * HASH_BYTES)?;
        let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
        Ok(hashes.iter().copied().map(ChangeHash).collect())
    }
}

/// An unsigned LEB128 number of at most 64 bits, and what follows it.
pub(crate) fn leb128(bytes: &[u8]) -> Result<(u64, &[u8]), SyncBodyError> {
    let mut number = 0u64;
    for (index, byte) in bytes.iter().enumerate() {
        let shift = 7 * index as u32;
        let part = u64::from(byte & 0x7f);
        if shift > 63 || (shift == 63 && part > 1) {
            return Err(SyncBodyError::Number);
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Ok((number, &bytes[index + 1..]));
        }
    }
    Err(SyncBodyError::CutOff)
}

/// Writes a message in the shape this side sends: no Bloom filter, no flags, `have` never empty.
///
/// `heads` are announced as ours; `agreed` goes into `have.last_sync`, so that the peer sends what lies after it; `changes` are
/// raw chunks. Both lists of hashes must be sorted, as [`automerge::Automerge::get_heads`] returns them.
pub fn write(heads: &[ChangeHash], need: &[ChangeHash], agreed: &[ChangeHash], changes: &[&[u8]]) -> Vec<u8> {
    let hashes = heads.len() + need.len() + agreed.len();
    let chunks: usize = changes.iter().map(|chunk| chunk.len() + 5).sum();
    let mut bytes = Vec::with_capacity(16 + hashes * HASH_BYTES + chunks);
    bytes.push(TYPE_V1);
    write_hashes(&mut bytes, heads);
    write_hashes(&mut bytes, need);
    write_number(&mut bytes, 1);
    write_hashes(&mut bytes, agreed);
    // The empty Bloom filter is no bytes at all: "of what lies after, I have nothing".
    write_number(&mut bytes, 0);
    write_number(&mut bytes, changes.len());
    for chunk in changes {
        write_number(&mut bytes, chunk.len());
        bytes.extend_from_slice(chunk);
    }
    bytes
}

fn write_hashes(bytes: &mut Vec<u8>, hashes: &[ChangeHash]) {
    write_number(bytes, hashes.len());
    for hash in hashes {
        bytes.extend_from_slice(&hash.0);
    }
}

fn write_number(bytes: &mut Vec<u8>, number: usize) {
    let mut number = number;
    loop {
        let part = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(part);
            return;
        }
        bytes.push(part | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use automerge::{AutoCommit, ROOT, sync, sync::SyncDoc, transaction::Transactable};
    use proptest::prelude::*;

    use super::*;

    fn hash(byte: u8) -> ChangeHash {
        ChangeHash([byte; HASH_BYTES])
    }

    #[test]
    fn s11_automerge_reads_what_we_write() {
        let bytes = write(&[hash(1), hash(2)], &[hash(3)], &[hash(1)], &[b"one", b"two"]);
        let message = sync::Message::decode(&bytes).expect("automerge reads it");
        assert_eq!(message.heads, [hash(1), hash(2)]);
        assert_eq!(message.need, [hash(3)]);
        assert_eq!(message.have.len(), 1);
        assert_eq!(message.have[0].last_sync, [hash(1)]);
        assert_eq!(message.have[0].bloom, sync::BloomFilter::default());
        assert_eq!(message.changes.iter().collect::<Vec<_>>(), [b"one", b"two"]);
        assert_eq!(message.flags, None);
    }

    #[test]
    fn s10_we_read_what_automerge_writes() {
        let mut doc = AutoCommit::new();
        doc.put(ROOT, "theme", "協働").expect("put");
        let heads = doc.get_heads();
        let mut state = sync::State::new();
        let bytes = doc
            .sync()
            .generate_sync_message(&mut state)
            .expect("a first message")
            .encode();
        let body = read(&bytes).expect("we read it");
        assert_eq!(body.heads, heads);
        assert_eq!(
            body.have,
            Some(Have {
                last_sync: vec![],
                bloom: true
            })
        );
        assert!(body.changes.is_empty() && body.need.is_empty() && !body.reset);
    }

    #[test]
    fn s10_a_list_longer_than_its_limit_is_refused_before_anything_is_reserved() {
        let mut bytes = vec![TYPE_V1];
        write_number(&mut bytes, HASHES_MAX + 1);
        assert!(matches!(
            read(&bytes),
            Err(SyncBodyError::TooLong { limit: HASHES_MAX, .. })
        ));
    }

    proptest! {
        #[test]
        fn s10_no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = read(&bytes);
            let with_type: Vec<u8> = [TYPE_V2].into_iter().chain(bytes).collect();
            let _ = read(&with_type);
        }

        #[test]
        fn s10_what_is_written_is_read_back(
            heads in proptest::collection::btree_set(any::<u8>(), 0..8),
            need in proptest::collection::btree_set(any::<u8>(), 0..8),
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..8),
        ) {
            let heads: Vec<_> = heads.into_iter().map(hash).collect();
            let need: Vec<_> = need.into_iter().map(hash).collect();
            let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
            let bytes = write(&heads, &need, &heads, &chunks);
            let body = read(&bytes).expect("read back");
            prop_assert_eq!(body.heads, heads.clone());
            prop_assert_eq!(body.need, need);
            prop_assert_eq!(body.have, Some(Have { last_sync: heads, bloom: false }));
            prop_assert_eq!(body.changes, chunks);
            for cut in 0..bytes.len() {
                prop_assert!(read(&bytes[..cut]).is_err() || cut > 0);
            }
        }
    }
}
