//! Small things that cost much: the hostile chunks and the eight bombs of RELIABILITY.md, made anew from their recipes.

use sha2::{Digest as _, Sha256};

/// The first four bytes of every chunk.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// Each of these makes automerge 0.12 panic (RELIABILITY.md, fact 1).
pub const HOSTILE_CHUNKS: [&str; 4] = [
    "856f4a83d1ed895700050100000000",
    "856f4a8385a9fb98010b000002ad01000000007600",
    "856f4a83c8d74f41030d00000101010200000205059f15",
    "856f4a833dbee7a4030e0000010101000000b24705059f15",
];

/// A bomb: what it is called and the chunks of one message.
pub struct Bomb {
    /// As in the table of RELIABILITY.md.
    pub name: &'static str,
    /// What goes into one sync message.
    pub chunks: Vec<Vec<u8>>,
}

/// The hostile chunks as bytes.
pub fn hostile_chunks() -> Vec<Vec<u8>> {
    let bytes = |hex: &str| {
        let digit = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or("0"), 16).unwrap_or(0);
        (0..hex.len()).step_by(2).map(digit).collect()
    };
    HOSTILE_CHUNKS.iter().map(|hex| bytes(hex)).collect()
}

/// The eight bombs, and one of our own: many compressed strings of a megabyte in one message.
pub fn bombs() -> Vec<Bomb> {
    let one = |name, chunk| Bomb {
        name,
        chunks: vec![chunk],
    };
    let zeros = deflate(&vec![0; 100 * 1024 * 1024]);
    vec![
        one("uncompressed change, 1,000,001 operations", change(&run_of(1_000_001))),
        one(
            "uncompressed change, 134,000,001 operations",
            change(&run_of(134_000_001)),
        ),
        one("compressed change, 500,001 operations", compressed(&run_of(500_001))),
        one(
            "compressed change, 5,000,001 operations",
            compressed(&run_of(5_000_001)),
        ),
        one(
            "document chunk, 5,000,000 operations",
            chunk(0, &document_of(5_000_000)),
        ),
        one(
            "change with one string of 64 MiB",
            compressed(&string_of(64 * 1024 * 1024)),
        ),
        one("compressed zeros, 102 KB", framed(2, &zeros, [1, 2, 3, 4])),
        one("compressed zeros, 1.02 MB", framed(2, &zeros.repeat(10), [1, 2, 3, 4])),
        Bomb {
            name: "200 compressed strings of 900 KB",
            chunks: (0..200).map(|_| compressed(&string_of(900 * 1024))).collect(),
        },
    ]
}

/// A change chunk with a right checksum around this body.
pub fn change(body: &[u8]) -> Vec<u8> {
    chunk(1, body)
}

/// The same, deflated: its checksum is that of the change.
pub fn compressed(body: &[u8]) -> Vec<u8> {
    framed(2, &deflate(body), checksum(1, body))
}

/// A change of one operation that builds on a change which nobody has.
pub fn orphan(number: u64) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend([0xee; 24]);
    bytes.extend(number.to_be_bytes());
    let rest = body(&[
        (0x15, vec![0x7f, 1, b'a']),
        (0x34, vec![1]),
        (0x42, vec![0x7f, 1]),
        (0x56, vec![0x7f, 0]),
        (0x70, vec![0x7f, 0]),
    ]);
    // After the count of dependencies, which is none there.
    bytes.extend_from_slice(rest.get(1..).unwrap_or_default());
    change(&bytes)
}

fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    framed(kind, body, checksum(kind, body))
}

fn framed(kind: u8, body: &[u8], checksum: [u8; 4]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(checksum);
    bytes.push(kind);
    leb(body.len() as u64, &mut bytes);
    bytes.extend_from_slice(body);
    bytes
}

fn checksum(kind: u8, body: &[u8]) -> [u8; 4] {
    let mut hashed = vec![kind];
    leb(body.len() as u64, &mut hashed);
    let hash = Sha256::new().chain_update(&hashed).chain_update(body).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// A change of so many `put`s of null at the root's key `a`, in columns of one run each.
fn run_of(operations: u64) -> Vec<u8> {
    let mut key = Vec::new();
    sleb(operations, &mut key);
    key.extend([1, b'a']);
    let mut insert = Vec::new();
    leb(operations, &mut insert);
    let run = |value: u8| {
        let mut column = Vec::new();
        sleb(operations, &mut column);
        column.push(value);
        column
    };
    body(&[
        (0x15, key),
        (0x34, insert),
        (0x42, run(1)),
        (0x56, run(0)),
        (0x70, run(0)),
    ])
}

/// A change that puts one string of so many bytes at the root's key `a`.
fn string_of(bytes: u64) -> Vec<u8> {
    let mut meta = vec![0x7f];
    leb(bytes << 4 | 6, &mut meta);
    let value = vec![b'x'; usize::try_from(bytes).unwrap_or(0)];
    body(&[
        (0x15, vec![0x7f, 1, b'a']),
        (0x34, vec![1]),
        (0x42, vec![0x7f, 1]),
        (0x56, meta),
        (0x57, value),
        (0x70, vec![0x7f, 0]),
    ])
}

/// A change's body: no dependencies, an actor that nobody has, sequence number 1.
fn body(columns: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![0, 4, 0xb0, 0x0b, 0xb0, 0x0b, 1, 1, 0, 0, 0];
    write_columns(columns, &mut bytes);
    bytes
}

/// A document's body: one actor, one head, one change, all operations in runs.
fn document_of(operations: u64) -> Vec<u8> {
    let run = |value: u8| {
        let mut column = Vec::new();
        sleb(operations, &mut column);
        column.push(value);
        column
    };
    let mut bytes = vec![1, 4, 0xb0, 0x0b, 0xb0, 0x0b, 1];
    bytes.extend([7; 32]);
    let changes = [(0x01, vec![0x7f, 0]), (0x03, vec![0x7f, 1]), (0x13, run(1))];
    let operations = [(0x21, run(0)), (0x23, run(1)), (0x42, run(1)), (0x56, run(0))];
    let mut data = Vec::new();
    for columns in [&changes[..], &operations[..]] {
        leb(columns.len() as u64, &mut bytes);
        for (specification, column) in columns {
            leb(*specification, &mut bytes);
            leb(column.len() as u64, &mut bytes);
            data.extend_from_slice(column);
        }
    }
    bytes.extend(data);
    bytes.push(0);
    bytes
}

fn write_columns(columns: &[(u64, Vec<u8>)], bytes: &mut Vec<u8>) {
    leb(columns.len() as u64, bytes);
    for (specification, column) in columns {
        leb(*specification, bytes);
        leb(column.len() as u64, bytes);
    }
    for (_, column) in columns {
        bytes.extend_from_slice(column);
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(bytes, 6)
}

/// Unsigned LEB128.
pub fn leb(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Signed LEB128 of a number that is not negative.
fn sleb(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x40 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunks_are_what_automerge_itself_reads() {
        // Small ones: the same builders with numbers that cost nothing.
        let read = automerge::Change::from_bytes(change(&run_of(3))).expect("a change");
        assert_eq!(read.len(), 3);
        let read = automerge::Change::from_bytes(orphan(7)).expect("an orphan");
        assert_eq!((read.len(), read.deps().len()), (1, 1));
        let read = automerge::Change::from_bytes(compressed(&run_of(500))).expect("a compressed change");
        assert_eq!(read.len(), 500);
        let read = automerge::Change::from_bytes(compressed(&string_of(100_000))).expect("a string");
        assert_eq!(read.len(), 1);
    }
}
