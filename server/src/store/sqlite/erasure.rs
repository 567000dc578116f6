//! Erasing a document's bytes, not only its rows.
//!
//! SQLite marks the room of a deleted row as free and leaves its bytes where they are; the log and pages that were split before
//! hold further copies. So the deletion happens with `secure_delete` (freed bytes are overwritten with zeros), and after it the
//! database is rebuilt from what is left (`VACUUM`) and the log is emptied (`wal_checkpoint(TRUNCATE)`). The transaction that
//! deletes also notes down that this is owed: a server that dies in between does it at its next start.
//!
//! What this cannot reach: copies that were made of the folder (backups, exports), blocks that the file system or the
//! drive keeps of overwritten or released ones. The operator's part is in the README.

use board::GroupId;
use rusqlite::{Connection, params};
use sync::DocumentId;

use super::{
    Committed, StoreError, Write, document_id, group_id,
    read::sealed,
    seal, store_error,
    write::{apply_one, delete_document},
};
use crate::store::DocumentKind;

/// Rounds of emptying the log: a reader in the middle of a query keeps it from being cut once.
const TRUNCATE_TRIES_MAX: usize = 50;

/// Puts one document in another's place. Part of a transaction.
pub fn replace(
    connection: &Connection,
    workshop: &str,
    group: &GroupId,
    (old, new): (&DocumentId, &DocumentId),
    snapshot: &[u8],
    committed: &mut Committed,
) -> Result<(), StoreError> {
    let was_replaced = connection
        .prepare_cached("SELECT 1 FROM replaced WHERE document = ?1")
        .and_then(|mut statement| statement.exists(params![&new.as_bytes()[..]]))
        .map_err(store_error)?;
    if was_replaced {
        return Err(StoreError::Conflict);
    }
    let create = Write::CreateDocument {
        document: *new,
        workshop: workshop.to_owned(),
        kind: DocumentKind::Board,
        snapshot: snapshot.to_vec(),
    };
    apply_one(connection, &create, committed)?;
    let run = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(parameters))
            .map_err(store_error)
    };
    let moved = run(
        &format!(
            "UPDATE groups SET document = ?4 WHERE workshop = ?1 AND id = ?2 AND document = ?3 AND seal = {}",
            seal::expression("groups")
        ),
        params![workshop, group.as_str(), &old.as_bytes()[..], &new.as_bytes()[..]],
    )?;
    seal::renew(connection, "groups", "document = ?1", params![&new.as_bytes()[..]])?;
    if moved != 1 {
        return Err(StoreError::Conflict);
    }
    delete_document(connection, old)?;
    run("DELETE FROM writers WHERE document = ?1", params![&old.as_bytes()[..]])?;
    run(
        "INSERT INTO replaced VALUES (?1, ?2, ?3, seal('replaced', ?1, ?2, ?3))",
        params![&old.as_bytes()[..], workshop, group.as_str()],
    )?;
    owe(connection)
}

/// Notes down that deleted bytes are still in the files. Part of a transaction.
pub fn owe(connection: &Connection) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE scrub SET owed = 1")
        .and_then(|mut statement| statement.execute([]))
        .map(|_| ())
        .map_err(store_error)
}

/// Rebuilds the database and empties its log, if that is owed. Not inside a transaction.
pub fn scrub(connection: &Connection) -> Result<(), StoreError> {
    let owed: bool = connection
        .query_row("SELECT owed FROM scrub", [], |row| row.get(0))
        .map_err(store_error)?;
    if !owed {
        return Ok(());
    }
    connection.execute_batch("VACUUM").map_err(store_error)?;
    truncate(connection)?;
    // Only now, and the log holds nothing but this.
    connection
        .execute("UPDATE scrub SET owed = 0", [])
        .map_err(store_error)?;
    Ok(())
}

/// Copies the log back and cuts it to nothing.
fn truncate(connection: &Connection) -> Result<(), StoreError> {
    for _ in 0..TRUNCATE_TRIES_MAX {
        // busy_timeout applies here too: each try waits for readers that are in the middle of something.
        let busy: bool = connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(store_error)?;
        if !busy {
            return Ok(());
        }
    }
    Err(StoreError::Failed("readers keep the log from being emptied".to_owned()))
}

/// The replaced documents of a workshop.
pub fn replaced(connection: &Connection, workshop: &str) -> Result<Vec<(DocumentId, GroupId)>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!(
            "SELECT document, group_id, seal = {} FROM replaced WHERE workshop = ?1",
            seal::expression("replaced")
        ))
        .map_err(store_error)?;
    let mut rows = statement.query(params![workshop]).map_err(store_error)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        sealed(row, 2, "a replaced document")?;
        let document: Vec<u8> = row.get(0).map_err(store_error)?;
        if let Some(group) = group_id(row.get(1).map_err(store_error)?)? {
            found.push((document_id(&document)?, group));
        }
    }
    Ok(found)
}
