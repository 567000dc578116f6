//! Seals: a hash over what a row says, beside the row, so that a flipped byte anywhere in it is found when it is read.
//!
//! SQLite checks the form of its pages, not what is in them: a flipped bit can make a revoked link valid or a viewer a
//! coordinator. Bodies have hashes of their own, and the seal of a snapshot or an increment covers that hash together with the
//! document and the number, so that no row passes for another one.

use rusqlite::{Connection, functions::FunctionFlags, types::ValueRef};
use sha2::{Digest, Sha256};

use super::{StoreError, store_error};

/// Bytes of a seal: it guards against accidents, and 64 bits of them never happen twice.
const SEAL_BYTES: usize = 8;

/// The tables with seals: name, and the columns that the seal covers.
pub const SEALED: [(&str, &str); 13] = [
    ("workshops", "id, document, theme, created_at_ms, boards"),
    ("documents", "row, id, workshop, kind, last_seq"),
    ("snapshots", "document, up_to_seq, hash"),
    ("changes", "document, seq, hash"),
    ("leases", "document, actor, holder"),
    ("groups", "row, workshop, id, document"),
    ("links", "hash, workshop, kind, group_id, expires_at_ms, revoked"),
    ("devices", "hash, device, created_at_ms"),
    (
        "seats",
        "device, workshop, role, group_id, person, person_name, via, revoked, updated_at_ms, read_only",
    ),
    ("tokens", "hash, device, workshop, expires_at_ms"),
    ("replaced", "document, workshop, group_id"),
    ("writers", "document, actor, device, person"),
    ("acts", "workshop, at_ms, device, act, group_id, subject, count"),
];

/// Makes the SQL function `seal(table, column, …)` known to a connection.
pub fn register(connection: &Connection) -> Result<(), StoreError> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection
        .create_scalar_function("seal", -1, flags, |context| {
            let mut hash = Sha256::new();
            for index in 0..context.len() {
                // A tag and a length before each value: no two rows are written alike.
                let (tag, bytes): (u8, &[u8]) = match context.get_raw(index) {
                    ValueRef::Null => (0, &[]),
                    ValueRef::Integer(value) => {
                        hash.update([1]);
                        hash.update(value.to_le_bytes());
                        continue;
                    }
                    ValueRef::Real(value) => {
                        hash.update([2]);
                        hash.update(value.to_le_bytes());
                        continue;
                    }
                    ValueRef::Text(text) => (3, text),
                    ValueRef::Blob(bytes) => (4, bytes),
                };
                hash.update([tag]);
                hash.update((bytes.len() as u64).to_le_bytes());
                hash.update(bytes);
            }
            let mut seal = hash.finalize().to_vec();
            seal.truncate(SEAL_BYTES);
            Ok(seal)
        })
        .map_err(store_error)
}

/// The SQL expression for the seal that a row of this table should have.
pub fn expression(table: &str) -> String {
    let columns = SEALED
        .iter()
        .find(|(name, _)| *name == table)
        .map_or("", |(_, columns)| columns);
    format!("seal('{table}', {columns})")
}

/// Writes the seals of the rows that a condition chooses anew.
pub fn renew(
    connection: &Connection,
    table: &str,
    condition: &str,
    parameters: &[&dyn rusqlite::ToSql],
) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "UPDATE {table} SET seal = {} WHERE {condition}",
            expression(table)
        ))
        .and_then(|mut statement| statement.execute(parameters))
        .map(|_| ())
        .map_err(store_error)
}
