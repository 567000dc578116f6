//! A copy of a database while a server may be writing to it: SQLite's `VACUUM INTO`.
//!
//! It is one read transaction, so the copy is one moment of the database, everything acknowledged before it included; writers
//! do not wait for it (the log grows meanwhile). Rows are read one by one: a damaged page fails the copy instead of being copied.

use std::{fs, path::Path};

use rusqlite::Connection;

use super::{
    StoreError, open_reading,
    salvage::{beside, io_error, remove_database, sync_folder_of},
    store_error,
};

/// Writes the database at `from` into the new file `to`, durably. `to` appears complete or not at all.
///
/// # Errors
/// [`StoreError::Conflict`] if `to` exists; otherwise what reading or writing met.
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(StoreError::Conflict);
    }
    // Says no to a file that is not ours or of another version before anything is written.
    drop(open_reading(from)?);
    let part = beside(to, ".part");
    remove_database(&part).map_err(io_error)?;
    let copied = vacuum(from, &part).and_then(|()| {
        fs::File::open(&part)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&part, to))
            .and_then(|()| sync_folder_of(to))
            .map_err(io_error)
    });
    if copied.is_err() {
        // Half a copy must not be taken for one.
        let _ = remove_database(&part);
    }
    copied
}

fn vacuum(from: &Path, to: &Path) -> Result<(), StoreError> {
    let connection = Connection::open(from).map_err(store_error)?;
    connection
        .busy_timeout(super::schema::BUSY_WAIT_MAX)
        .map_err(store_error)?;
    let to = to
        .to_str()
        .ok_or_else(|| StoreError::Failed("the path is not valid UTF-8".to_owned()))?;
    connection
        .execute("VACUUM INTO ?1", [to])
        .map(|_| ())
        .map_err(store_error)
}
