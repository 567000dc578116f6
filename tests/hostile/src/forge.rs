//! Chunks and messages that are wrong in one place and right in all others.

use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use sha2::{Digest, Sha256};

/// The first four bytes of every chunk.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// A whole document.
pub const DOCUMENT: u8 = 0;
/// A change.
pub const CHANGE: u8 = 1;
/// A deflated change.
pub const COMPRESSED: u8 = 2;
/// As much of a compressed chunk is inflated for its checksum.
const INFLATED_BYTES_MAX: usize = 1024 * 1024;

/// RELIABILITY.md, fact 1: each of these makes automerge 0.12 panic.
pub const PANICS: [&str; 4] = [
    "856f4a83d1ed895700050100000000",
    "856f4a8385a9fb98010b000002ad01000000007600",
    "856f4a83c8d74f41030d00000101010200000205059f15",
    "856f4a833dbee7a4030e0000010101000000b24705059f15",
];

/// Bytes from their hexadecimal form; anything else in it is stepped over.
pub fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect()
}

/// A number as automerge writes it.
pub fn leb128(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// A signed number as automerge writes it.
pub fn sleb128(mut number: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if (number == 0 && byte & 0x40 == 0) || (number == -1 && byte & 0x40 != 0) {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn checksum(kind: u8, body: &[u8]) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update([kind])
        .chain_update(leb128(body.len() as u64))
        .chain_update(body)
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// A chunk with the right checksum. That of a compressed change is the checksum of what it inflates to.
pub fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let inflated = (kind == COMPRESSED)
        .then(|| decompress_to_vec_with_limit(body, INFLATED_BYTES_MAX).ok())
        .flatten();
    let checksum = match &inflated {
        Some(inflated) => checksum(CHANGE, inflated),
        None => checksum(kind, body),
    };
    let mut bytes = MAGIC.to_vec();
    bytes.extend(checksum);
    bytes.push(kind);
    bytes.extend(leb128(body.len() as u64));
    bytes.extend_from_slice(body);
    bytes
}

/// Puts the right checksum into bytes that begin as a chunk does. Other bytes stay as they are.
pub fn seal(bytes: &mut [u8]) {
    let Ok((chunk, _)) = sync::chunk::split_first(bytes) else {
        return;
    };
    let sealed = self::chunk(bytes[8], chunk.body);
    bytes[4..8].copy_from_slice(&sealed[4..8]);
}

/// A run of one value in a column of numbers.
pub fn run(length: i64, value: u64) -> Vec<u8> {
    let mut bytes = sleb128(length);
    bytes.extend(leb128(value));
    bytes
}

/// The body of a change by `actor` with these columns (specification and content), as its first.
pub fn change_body(actor: &[u8], columns: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut body = vec![0];
    body.extend(leb128(actor.len() as u64));
    body.extend_from_slice(actor);
    body.extend([1, 1, 0, 0, 0]);
    body.extend(leb128(columns.len() as u64));
    for (specification, column) in columns {
        body.push(*specification);
        body.extend(leb128(column.len() as u64));
    }
    for (_, column) in columns {
        body.extend_from_slice(column);
    }
    body
}

/// The columns of `operations` times `null` under the key "k", in run lengths.
fn nulls(operations: i64) -> Vec<(u8, Vec<u8>)> {
    let mut key = sleb128(operations);
    key.extend([1, b'k']);
    vec![
        (0x15, key),
        (0x34, leb128(operations.unsigned_abs())),
        (0x42, run(operations, 1)),
        (0x56, run(operations, 0)),
        (0x70, run(operations, 0)),
    ]
}

/// RELIABILITY.md, fact 2: the eight bombs, by name. The last two are larger than a frame.
pub fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let actor = [7; 16];
    let deflated = |body: &[u8]| {
        let body = compress_to_vec(body, 6);
        chunk(COMPRESSED, &body)
    };
    // Values that take a byte each, so that it is large once it is inflated.
    let spelled = |operations: i64| {
        let mut columns = nulls(operations);
        columns[3] = (0x56, run(operations, 0x14));
        columns.insert(4, (0x57, vec![1; operations.unsigned_abs() as usize]));
        change_body(&actor, &columns)
    };
    let string = {
        let bytes: u64 = 64 * 1024 * 1024;
        let mut key = sleb128(1);
        key.extend([1, b'k']);
        let mut columns = nulls(1);
        columns[3] = (0x56, run(1, bytes << 4 | 6));
        columns.insert(4, (0x57, vec![b'x'; bytes as usize]));
        change_body(&actor, &columns)
    };
    let mut document = vec![0, 0];
    document.extend(compress_to_vec(&vec![1; 5_000_000], 6));
    vec![
        (
            "a million operations in run lengths",
            chunk(CHANGE, &change_body(&actor, &nulls(1_000_001))),
        ),
        (
            "134 million operations in run lengths",
            chunk(CHANGE, &change_body(&actor, &nulls(134_000_001))),
        ),
        (
            "half a million operations, compressed",
            deflated(&change_body(&actor, &nulls(500_001))),
        ),
        ("five million operations, compressed", deflated(&spelled(5_000_001))),
        ("a document", chunk(DOCUMENT, &document)),
        ("a string of 64 MiB", deflated(&string)),
        ("100 MiB of zeros", deflated(&vec![0; 100 * 1024 * 1024])),
        ("1 GiB of zeros", deflated(&vec![0; 1024 * 1024 * 1024])),
    ]
}

/// The bombs that are made quickly and fit a frame.
pub fn small_bombs() -> Vec<Vec<u8>> {
    let actor = [7; 16];
    vec![
        chunk(CHANGE, &change_body(&actor, &nulls(1_000_001))),
        chunk(CHANGE, &change_body(&actor, &nulls(134_000_001))),
        chunk(COMPRESSED, &compress_to_vec(&change_body(&actor, &nulls(500_001)), 6)),
        chunk(COMPRESSED, &compress_to_vec(&vec![0; 2 * INFLATED_BYTES_MAX], 6)),
    ]
}

/// A sync message with these chunks and nothing else.
pub fn sync_message(chunks: &[&[u8]]) -> Vec<u8> {
    sync::sync_message::write(&[], &[], &[], chunks)
}

#[cfg(test)]
mod tests {
    use automerge::{AutoCommit, ROOT, transaction::Transactable as _};

    use super::*;

    #[test]
    fn a_sealed_chunk_is_automerges_own() {
        let mut doc = AutoCommit::new();
        for (key, text) in [("short", "x".to_owned()), ("long", "長い".repeat(300))] {
            assert!(doc.put(ROOT, key, text).is_ok());
            let Some(mut change) = doc.get_last_local_change() else {
                panic!("a change was just made");
            };
            for honest in [change.raw_bytes().to_vec(), change.bytes().to_vec()] {
                let mut broken = honest.clone();
                broken[4..8].fill(0);
                seal(&mut broken);
                assert_eq!(broken, honest);
            }
        }
        assert_eq!(unhex("85 6f-4a83\n"), MAGIC);
    }

    #[test]
    fn row_16_every_bomb_is_refused_before_it_costs_anything() {
        let mut costs = Vec::new();
        for (name, bomb) in bombs() {
            let Ok((chunk, [])) = sync::chunk::split_first(&bomb) else {
                panic!("{name} is no chunk");
            };
            let start = std::time::Instant::now();
            let claimed = sync::gate::operations(&chunk);
            assert!(claimed.is_err(), "{name} passes with {claimed:?}");
            costs.push(format!("{name}: {} B, {:?}, {claimed:?}", bomb.len(), start.elapsed()));
        }
        println!("{}", costs.join("\n"));
    }
}
