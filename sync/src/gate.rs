//! What a change may claim, read from its bytes before automerge sees them.
//!
//! Size limits do not bound cost: a change of 113 bytes can claim 134 million operations, and a thread inside automerge's
//! parser cannot be stopped (RELIABILITY.md, fact 2). So the columns' run lengths are added up here, and a compressed change is
//! inflated under a limit, in time proportional to the bytes there are (rule S31).

mod header;

use crate::{
    chunk::{Chunk, ChunkKind},
    sync_message::leb128,
};
pub use header::{ACTOR_BYTES_MAX, AHEAD_MAX_S, HeaderError, MESSAGE_BYTES_MAX, Place, header};

/// Operations of one message together: a pasted note of 10,000 characters over one as long, or 2,000 things dragged at once,
/// with room to spare. automerge takes about 60 ms for as many.
pub const OPERATIONS_MAX: u64 = 25_000;
/// Entries of any one column: an operation may have several predecessors.
pub const ENTRIES_MAX: u64 = 4 * OPERATIONS_MAX;
/// The size of a change once it is inflated.
pub const INFLATED_BYTES_MAX: usize = 1024 * 1024;
/// The size of all changes of one message once they are inflated: 16 times the largest frame.
pub const MESSAGE_INFLATED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Columns of one change; there are fourteen kinds.
const COLUMNS_MAX: u64 = 64;
/// The bit of a column's specification that says it is deflated, which a change's column may not be.
const DEFLATED: u64 = 0b1000;

/// Why a change is not given to automerge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// Not a change.
    #[error("a chunk that is not a change")]
    Kind,
    /// It cannot be inflated, or to more than [`INFLATED_BYTES_MAX`].
    #[error("a change that does not inflate to at most {INFLATED_BYTES_MAX} bytes")]
    Inflated,
    /// Its header or its columns are not what they must be.
    #[error("a change that cannot be read")]
    Malformed,
    /// It claims more than [`OPERATIONS_MAX`] operations or [`ENTRIES_MAX`] entries.
    #[error("more than {OPERATIONS_MAX} operations at once")]
    TooMany,
}

/// How many operations a change claims to hold: the longest of its columns.
///
/// # Errors
/// See [`GateError`]. A change that passes may still be invalid, which automerge finds out at little cost.
pub fn operations(chunk: &Chunk<'_>) -> Result<u64, GateError> {
    match chunk.kind {
        ChunkKind::Change => in_body(chunk.body),
        ChunkKind::CompressedChange => {
            let inflated = miniz_oxide::inflate::decompress_to_vec_with_limit(chunk.body, INFLATED_BYTES_MAX)
                .map_err(|_| GateError::Inflated)?;
            in_body(&inflated)
        }
        ChunkKind::Document | ChunkKind::Bundle => Err(GateError::Kind),
    }
}

fn in_body(body: &[u8]) -> Result<u64, GateError> {
    let mut input = Input(body);
    let dependencies = input.number()?;
    input.skip(dependencies.checked_mul(32).ok_or(GateError::Malformed)?)?;
    input.skip_sized()?; // the actor
    input.number()?; // its sequence number
    input.number()?; // the first operation
    input.number()?; // the time: signed, but as long
    input.skip_sized()?; // the message
    for _ in 0..input.number()? {
        input.skip_sized()?; // another actor
    }
    let count = input.number()?;
    if count > COLUMNS_MAX {
        return Err(GateError::Malformed);
    }
    let mut columns = Vec::new();
    for _ in 0..count {
        columns.push((input.number()?, input.number()?));
    }
    let mut operations = 0;
    for (specification, length) in columns {
        if specification & DEFLATED != 0 {
            return Err(GateError::Malformed);
        }
        let column = input.take(length)?;
        let entries = entries(specification & 0b111, column)?;
        // Column 7 lists the predecessors of each operation, several of them perhaps; every other has one entry each.
        let is_list = specification >> 4 == 7 && specification & 0b111 != 0;
        if entries > if is_list { ENTRIES_MAX } else { OPERATIONS_MAX } {
            return Err(GateError::TooMany);
        }
        if !is_list {
            operations = operations.max(entries);
        }
    }
    Ok(operations)
}

/// How many entries a column's run lengths add up to.
fn entries(kind: u64, column: &[u8]) -> Result<u64, GateError> {
    const DELTA: u64 = 3;
    const BOOLEAN: u64 = 4;
    const STRING: u64 = 5;
    const VALUES: u64 = 7;
    let mut input = Input(column);
    let mut entries = 0u64;
    if kind == VALUES {
        // Raw bytes; how many values lie in them is said by the column of their lengths.
        return Ok(0);
    }
    while !input.0.is_empty() && entries <= ENTRIES_MAX {
        if kind == BOOLEAN {
            entries = entries.saturating_add(input.number()?);
            continue;
        }
        let run = input.signed()?;
        let values = match run {
            0 => {
                entries = entries.saturating_add(input.number()?);
                0
            }
            1.. => {
                entries = entries.saturating_add(run.unsigned_abs());
                1
            }
            _ => {
                entries = entries.saturating_add(run.unsigned_abs());
                run.unsigned_abs()
            }
        };
        for _ in 0..values {
            match kind {
                STRING => input.skip_sized()?,
                DELTA => {
                    input.signed()?;
                }
                _ => {
                    input.number()?;
                }
            }
        }
    }
    Ok(entries)
}

struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn number(&mut self) -> Result<u64, GateError> {
        let (number, rest) = leb128(self.0).map_err(|_| GateError::Malformed)?;
        self.0 = rest;
        Ok(number)
    }

    /// A signed LEB128 number of at most 64 bits.
    fn signed(&mut self) -> Result<i64, GateError> {
        let mut number = 0i64;
        for (index, byte) in self.0.iter().take(10).enumerate() {
            let shift = 7 * index as u32;
            number |= i64::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 {
                if shift + 7 < i64::BITS && byte & 0x40 != 0 {
                    number |= -1i64 << (shift + 7);
                }
                self.0 = self.0.get(index + 1..).ok_or(GateError::Malformed)?;
                return Ok(number);
            }
        }
        Err(GateError::Malformed)
    }

    fn take(&mut self, length: u64) -> Result<&'b [u8], GateError> {
        let length = usize::try_from(length).map_err(|_| GateError::Malformed)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(GateError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn skip(&mut self, length: u64) -> Result<(), GateError> {
        self.take(length).map(|_| ())
    }

    fn skip_sized(&mut self) -> Result<(), GateError> {
        let length = self.number()?;
        self.skip(length)
    }
}

#[cfg(test)]
mod tests {
    use automerge::{Automerge, AutomergeError, Change, ObjType, ROOT, transaction::Transactable};
    use proptest::prelude::*;

    use super::*;
    use crate::chunk::split_first;

    fn claimed(bytes: &[u8]) -> Result<u64, GateError> {
        operations(&split_first(bytes).expect("a chunk").0)
    }

    fn change(
        write: impl FnOnce(&mut automerge::transaction::Transaction<'_>) -> Result<(), AutomergeError>,
    ) -> Change {
        let mut doc = Automerge::new();
        doc.transact(write).expect("a change");
        doc.get_last_local_change().expect("the change just made")
    }

    /// A change chunk around these columns; the checksum is not looked at here.
    fn forged(columns: &[(u8, &[u8])]) -> Vec<u8> {
        let mut body = vec![0, 1, 7, 1, 1, 0, 0, 0, columns.len() as u8];
        for (specification, data) in columns {
            body.extend([*specification, data.len() as u8]);
        }
        for (_, data) in columns {
            body.extend_from_slice(data);
        }
        let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1, body.len() as u8];
        chunk.extend(body);
        chunk
    }

    #[test]
    fn s31_an_honest_change_claims_what_it_holds() {
        let mut change = change(|tx| {
            let text = tx.put_object(ROOT, "text", ObjType::Text)?;
            tx.splice_text(&text, 0, 0, &"協働のパートナー".repeat(100))?;
            tx.put(ROOT, "x", 1.5)?;
            tx.put(ROOT, "y", true)
        });
        let operations = change.len() as u64;
        assert_eq!(claimed(change.raw_bytes()), Ok(operations));
        let compressed = change.bytes().into_owned();
        assert_eq!(compressed[8], 2, "long enough to be compressed");
        assert_eq!(claimed(&compressed), Ok(operations));
    }

    #[test]
    fn s31_a_note_of_ten_thousand_characters_passes() {
        let change = change(|tx| {
            let text = tx.put_object(ROOT, "text", ObjType::Text)?;
            tx.splice_text(&text, 0, 0, &"長".repeat(10_000))
        });
        assert_eq!(claimed(change.raw_bytes()), Ok(10_001));
    }

    #[test]
    fn s31_a_run_of_millions_in_any_column_is_refused() {
        let run = [0x80, 0x89, 0xf3, 0x3f, 1]; // 134 million times the value 1
        let nulls = [0, 0x80, 0x89, 0xf3, 0x3f];
        let booleans = [0x80, 0x89, 0xf3, 0x3f];
        let cases: [(u8, &[u8]); 6] = [
            (0x42, &run),
            (0x42, &nulls),
            (0x34, &booleans),
            (0x15, &nulls),
            (0x56, &run),
            (0x73, &run),
        ];
        for (specification, column) in cases {
            assert_eq!(
                claimed(&forged(&[(specification, column)])),
                Err(GateError::TooMany),
                "column {specification:#x}"
            );
        }
        assert_eq!(
            claimed(&forged(&[(0x4a, &run)])),
            Err(GateError::Malformed),
            "a deflated column"
        );
    }

    #[test]
    fn s31_a_chunk_that_inflates_without_end_is_refused() {
        let zeros = vec![0u8; 64 * INFLATED_BYTES_MAX];
        let deflated = miniz_oxide::deflate::compress_to_vec(&zeros, 9);
        let chunk = Chunk {
            kind: ChunkKind::CompressedChange,
            bytes: &[],
            body: &deflated,
        };
        assert_eq!(operations(&chunk), Err(GateError::Inflated));
    }

    proptest! {
        #[test]
        fn s31_no_bytes_make_the_gate_panic_or_linger(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for kind in [ChunkKind::Change, ChunkKind::CompressedChange] {
                let _ = operations(&Chunk { kind, bytes: &[], body: &bytes });
            }
        }

        #[test]
        fn s31_a_damaged_change_is_refused_or_claims_little(
            flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let change = change(|tx| tx.put(ROOT, "note", "要介護"));
            let mut bytes = change.raw_bytes().to_vec();
            for (at, value) in flips {
                let at = at.index(bytes.len() - 10) + 10;
                bytes[at] = value;
            }
            let (chunk, _) = split_first(&bytes).expect("the header is whole");
            if let Ok(operations) = operations(&chunk) {
                prop_assert!(operations <= OPERATIONS_MAX);
            }
        }

        #[test]
        fn s31_whatever_automerge_writes_is_counted_right(
            words in proptest::collection::vec(("[a-c]", "\\PC{0,20}", any::<bool>()), 1..30),
        ) {
            let change = change(|tx| {
                for (key, text, as_text) in &words {
                    if *as_text {
                        let id = tx.put_object(ROOT, key.as_str(), ObjType::Text)?;
                        tx.splice_text(&id, 0, 0, text)?;
                        tx.delete(ROOT, key.as_str())?;
                    } else {
                        tx.put(ROOT, key.as_str(), text.as_str())?;
                    }
                }
                Ok(())
            });
            prop_assert_eq!(claimed(change.raw_bytes()), Ok(change.len() as u64));
        }
    }
}
