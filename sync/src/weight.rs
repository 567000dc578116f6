//! What a sync message costs its receiver, read from its bytes before anything is done with it.
//!
//! Bytes on the wire say little (RELIABILITY.md, fact 2), so a budget that is to be fair counts operations and inflated bytes.

use crate::{
    chunk::{self, Chunk, ChunkKind},
    gate, sync_message,
};

/// Chunks that are looked at in one message: as many as a room takes.
const CHUNKS_MAX: usize = crate::room::BATCH_CHANGES_MAX;
/// Weighing stops here, so that it stays cheap itself: what is this heavy is held back for long or refused anyway.
const BYTES_MAX: u64 = gate::MESSAGE_INFLATED_BYTES_MAX as u64;

/// What a sync message costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    /// Operations that its changes claim.
    pub operations: u64,
    /// Bytes that its changes have once they are inflated.
    pub bytes: u64,
}

/// Weighs the payload of a `request` or `sync` message. What cannot be read weighs what it is long: the room refuses it.
pub fn weigh(data: &[u8]) -> Weight {
    let mut weight = Weight::default();
    let Ok(body) = sync_message::read(data) else {
        return weight;
    };
    for row in &body.changes {
        let Ok(chunks) = chunk::split(row, CHUNKS_MAX) else {
            return weight;
        };
        for chunk in chunks {
            add(&chunk, &mut weight);
            if weight.bytes > BYTES_MAX {
                return weight;
            }
        }
    }
    weight
}

fn add(chunk: &Chunk<'_>, weight: &mut Weight) {
    let claimed = |body: &[u8]| {
        let change = Chunk {
            kind: ChunkKind::Change,
            bytes: &[],
            body,
        };
        gate::operations(&change).unwrap_or(0)
    };
    match chunk.kind {
        ChunkKind::Change => {
            weight.operations += claimed(chunk.body);
            weight.bytes += chunk.body.len() as u64;
        }
        ChunkKind::CompressedChange => {
            match miniz_oxide::inflate::decompress_to_vec_with_limit(chunk.body, gate::INFLATED_BYTES_MAX) {
                Ok(inflated) => {
                    weight.operations += claimed(&inflated);
                    weight.bytes += inflated.len() as u64;
                }
                Err(_) => weight.bytes += gate::INFLATED_BYTES_MAX as u64,
            }
        }
        ChunkKind::Document | ChunkKind::Bundle => weight.bytes += chunk.body.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use automerge::{Automerge, ObjType, ROOT, transaction::Transactable as _};

    use super::*;

    fn change_of(letters: usize) -> automerge::Change {
        let mut doc = Automerge::new();
        doc.transact(|tx| {
            let text = tx.put_object(ROOT, "text", ObjType::Text)?;
            tx.splice_text(&text, 0, 0, &"長".repeat(letters))
        })
        .expect("a change");
        doc.get_last_local_change().expect("the change just made")
    }

    #[test]
    fn a_change_weighs_its_operations_compressed_or_not() {
        let mut change = change_of(1_000);
        let raw = sync_message::write(&[], &[], &[], &[change.raw_bytes()]);
        let compressed = change.bytes().into_owned();
        let compressed = sync_message::write(&[], &[], &[], &[&compressed]);
        assert!(compressed.len() < raw.len());
        assert_eq!(weigh(&raw).operations, 1_001);
        assert_eq!(weigh(&compressed), weigh(&raw));
    }

    #[test]
    fn zeros_weigh_what_they_inflate_to_and_weighing_ends() {
        let zeros = miniz_oxide::deflate::compress_to_vec(&vec![0; 64 * gate::INFLATED_BYTES_MAX], 9);
        let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 2];
        let mut length = zeros.len();
        while length >= 0x80 {
            chunk.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        chunk.push(length as u8);
        chunk.extend(zeros);
        let chunks: Vec<&[u8]> = std::iter::repeat_n(&chunk[..], 100).collect();
        let weight = weigh(&sync_message::write(&[], &[], &[], &chunks));
        assert!(weight.bytes > BYTES_MAX && weight.bytes <= BYTES_MAX + gate::INFLATED_BYTES_MAX as u64);
    }

    #[test]
    fn what_cannot_be_read_weighs_nothing() {
        assert_eq!(weigh(&[1, 2, 3]), Weight::default());
    }
}
