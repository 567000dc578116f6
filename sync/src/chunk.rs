//! The chunks inside a sync message: change, compressed change, document, bundle.
//!
//! Only the header is read here, so that a message can be taken apart, and a kind that a session may not send refused,
//! before automerge sees a byte of it.

use crate::sync_message::leb128;

/// The first four bytes of every chunk.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Magic, checksum, and the byte that says which kind.
const HEADER_BYTES: usize = 4 + 4 + 1;

/// Which kind of chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkKind {
    /// A whole document with its history.
    Document,
    /// One change.
    Change,
    /// One change, deflated.
    CompressedChange,
    /// Several changes, an experiment of automerge's.
    Bundle,
}

/// One chunk, header included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'b> {
    /// Which kind.
    pub kind: ChunkKind,
    /// All of its bytes, as automerge wants them.
    pub bytes: &'b [u8],
    /// What follows the header.
    pub body: &'b [u8],
}

/// The bytes are not a row of chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an automerge chunk")]
pub struct ChunkError;

/// Takes the first chunk off `bytes`.
///
/// # Errors
/// [`ChunkError`] if it does not start with one, or the chunk is cut off, or of a kind that is not known.
pub fn split_first(bytes: &[u8]) -> Result<(Chunk<'_>, &[u8]), ChunkError> {
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES).ok_or(ChunkError)?;
    let kind = match header {
        [a, b, c, d, _, _, _, _, kind] if [*a, *b, *c, *d] == MAGIC => match kind {
            0 => ChunkKind::Document,
            1 => ChunkKind::Change,
            2 => ChunkKind::CompressedChange,
            3 => ChunkKind::Bundle,
            _ => return Err(ChunkError),
        },
        _ => return Err(ChunkError),
    };
    let (length, rest) = leb128(rest).map_err(|_| ChunkError)?;
    let length = usize::try_from(length).map_err(|_| ChunkError)?;
    let (body, rest) = rest.split_at_checked(length).ok_or(ChunkError)?;
    let (bytes, _) = bytes.split_at_checked(bytes.len() - rest.len()).ok_or(ChunkError)?;
    Ok((Chunk { kind, bytes, body }, rest))
}

/// All the chunks of a row, at most `chunks_max` of them.
///
/// # Errors
/// [`ChunkError`] as for [`split_first`], or if there are more.
pub fn split(bytes: &[u8], chunks_max: usize) -> Result<Vec<Chunk<'_>>, ChunkError> {
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if chunks.len() == chunks_max {
            return Err(ChunkError);
        }
        let (chunk, after) = split_first(rest)?;
        chunks.push(chunk);
        rest = after;
    }
    Ok(chunks)
}

#[cfg(test)]
mod tests {
    use automerge::{AutoCommit, ROOT, transaction::Transactable};
    use proptest::prelude::*;

    use super::*;

    fn written() -> AutoCommit {
        let mut doc = AutoCommit::new();
        for word in ["一", "二", "三"] {
            doc.put(ROOT, "word", word).expect("put");
            doc.commit();
        }
        doc
    }

    #[test]
    fn changes_in_a_row_are_taken_apart() {
        let row = written().save_after(&[]);
        let chunks = split(&row, 10).expect("chunks");
        assert_eq!(chunks.len(), 3);
        assert!(chunks.iter().all(|chunk| chunk.kind == ChunkKind::Change));
        assert_eq!(
            chunks.iter().flat_map(|chunk| chunk.bytes).copied().collect::<Vec<_>>(),
            row
        );
        assert_eq!(split(&row, 2), Err(ChunkError), "more chunks than allowed");
    }

    #[test]
    fn a_document_is_known_by_its_header() {
        let saved = written().save();
        let (chunk, rest) = split_first(&saved).expect("a chunk");
        assert_eq!((chunk.kind, rest.len()), (ChunkKind::Document, 0));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_splitter_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = split(&bytes, 8);
            let chunk: Vec<u8> = MAGIC.into_iter().chain(bytes).collect();
            let _ = split(&chunk, 8);
        }
    }
}
