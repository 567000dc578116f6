//! From a backup back into a data folder: everything, or one document. The caller holds the folder's lock.

use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, params};
use sync::DocumentId;

use super::{
    DATABASE_FILE, StoreError, StoredDocument, backup, check, open_reading, open_writing, read,
    salvage::{beside, copy_durably, io_error, put_in_place, remove_database},
    store_error, write,
};
use crate::store::{Write, body_hash};

/// Puts a backup in the place of the folder's database. Returns where the one that was there is kept, if there was one.
///
/// # Errors
/// What reading the backup or writing the folder met; the folder's database is then as it was.
pub fn whole(backup: &Path, folder: &Path) -> Result<Option<PathBuf>, StoreError> {
    let path = folder.join(DATABASE_FILE);
    let fresh = folder.join(format!("{DATABASE_FILE}.restored"));
    remove_database(&fresh).map_err(io_error)?;
    backup::copy(backup, &fresh)?;
    let kept = if path.exists() {
        let kept = folder.join(format!("{DATABASE_FILE}.before-restore-{}", seconds()));
        copy_durably(&path, &kept).map_err(io_error)?;
        let log = beside(&path, "-wal");
        if log.exists() {
            copy_durably(&log, &beside(&kept, "-wal")).map_err(io_error)?;
        }
        Some(kept)
    } else {
        None
    };
    put_in_place(&fresh, &path).map_err(io_error)?;
    Ok(kept)
}

/// What can still be read of a document: parts whose hash fits, in their order.
#[derive(Debug, Default)]
pub struct Pieces {
    /// The snapshot.
    pub snapshot: Option<Vec<u8>>,
    /// Increments; some may be missing between them.
    pub changes: Vec<Vec<u8>>,
    /// Parts that are there and do not fit their hash.
    pub damaged: usize,
}

/// Reads a document of a database file, checked as always.
///
/// # Errors
/// [`StoreError::Damaged`] among others.
pub fn document(path: &Path, document: DocumentId) -> Result<Option<StoredDocument>, StoreError> {
    read::document(&open_reading(path)?, &document)
}

/// Collects what can still be read of a damaged document.
pub fn pieces(path: &Path, document: DocumentId) -> Result<Pieces, StoreError> {
    let connection = open_reading(path)?;
    let mut pieces = Pieces::default();
    for (table, order) in [("snapshots", ""), ("changes", "ORDER BY seq")] {
        let sql = format!(
            "SELECT hash, body FROM {table} WHERE document = (SELECT row FROM documents WHERE id = ?1) {order}"
        );
        // A page that cannot be read ends the list: what comes after it is lost with it.
        let _ = collect(&connection, &sql, document, table, &mut pieces);
    }
    Ok(pieces)
}

fn collect(
    connection: &Connection,
    sql: &str,
    document: DocumentId,
    table: &str,
    pieces: &mut Pieces,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(sql).map_err(store_error)?;
    let mut rows = statement
        .query(params![&document.as_bytes()[..]])
        .map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        let (Ok(hash), Ok(body)) = (row.get::<_, Vec<u8>>(0), row.get::<_, Vec<u8>>(1)) else {
            pieces.damaged += 1;
            continue;
        };
        if body_hash(&body)[..] != hash[..] {
            pieces.damaged += 1;
        } else if table == "snapshots" {
            pieces.snapshot = Some(body);
        } else {
            pieces.changes.push(body);
        }
    }
    Ok(())
}

/// Replaces a document by one that was built anew.
///
/// # Errors
/// The database is then as it was.
pub fn replace(
    folder: &Path,
    document: DocumentId,
    from: &StoredDocument,
    snapshot: Vec<u8>,
) -> Result<(), StoreError> {
    let mut connection = open_writing(&folder.join(DATABASE_FILE))?;
    let transaction = connection.transaction().map_err(store_error)?;
    write::apply(
        &transaction,
        &[
            Write::DeleteDocument { document },
            Write::CreateDocument {
                document,
                workshop: from.workshop.clone(),
                kind: from.kind,
                snapshot,
            },
            Write::Lease {
                document,
                leases: from.leases.clone(),
            },
        ],
    )?;
    transaction.commit().map_err(store_error)
}

/// A workshop's id, and the workshop or why it cannot be read.
pub type FoundWorkshop = (String, Result<super::WorkshopRow, StoreError>);

/// Every workshop of a database file with its groups, oldest first; those that cannot be read come as errors.
///
/// # Errors
/// [`StoreError`] if the file cannot be opened.
pub fn workshops(path: &Path) -> Result<Vec<FoundWorkshop>, StoreError> {
    let connection = open_reading(path)?;
    Ok(check::workshops(&connection)
        .into_iter()
        .map(|workshop| {
            let row = read::workshop(&connection, &workshop).and_then(|row| row.ok_or(StoreError::Conflict));
            (workshop, row)
        })
        .collect())
}

fn seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
