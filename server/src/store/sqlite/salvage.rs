//! What happens at a start on a damaged file.
//!
//! A damaged body or row concerns its own board, which is reported and not served. A damaged page is worse: SQLite must not write
//! into such a file. If everything that says who may see what can still be read, the file is rebuilt from all that can be
//! read, row by row; otherwise the program does not start and says that a backup is needed. The damaged file is kept.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, params_from_iter, types::Value};

use super::{DATABASE_FILE, StoreError, check, open_reading, open_writing, store_error};

/// Up to this size the file is read before the server serves: some 300 MB/s, so that a start stays below 5 s. A larger one is
/// read beside the work.
const READ_FIRST_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Tables that are copied whole or not at all.
const DIRECTORY: [&str; 12] = [
    "workshops",
    "groups",
    "documents",
    "links",
    "devices",
    "seats",
    "tokens",
    "transfers",
    "replaced",
    "writers",
    "acts",
    "canary",
];

/// Reads the database of a folder once and repairs it if it must and can be.
pub fn check_at_start(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(DATABASE_FILE);
    let Ok(metadata) = fs::metadata(&path) else {
        return Ok(());
    };
    let header = check::damaged_header(&path);
    if metadata.len() > READ_FIRST_BYTES_MAX && header.is_none() {
        // It ends by itself; the process may end earlier.
        let spawned = std::thread::Builder::new()
            .name("store-check".to_owned())
            .spawn(move || match check_beside(&path) {
                Ok(findings) => report(&findings),
                Err(error) => tracing::warn!(%error, "the database could not be checked"),
            });
        return spawned
            .map(|_| ())
            .map_err(|error| StoreError::Failed(error.to_string()));
    }
    let connection = match open_reading(&path) {
        Ok(connection) => connection,
        Err(error @ (StoreError::Newer { .. } | StoreError::Damaged(_))) => return Err(error),
        // An empty file, an older version, a full disk: opening it for writing finds out and says which.
        Err(_) => return Ok(()),
    };
    let mut findings = check::check_open(&connection, &mut |_, _| Ok(()))?;
    findings.pages.extend(header);
    if findings.pages.is_empty() {
        report(&findings);
        return Ok(());
    }
    let kept = rebuild(folder, &path, connection).map_err(|error| {
        StoreError::Damaged(format!(
            "{}; {error}",
            findings.pages.first().map_or("", String::as_str)
        ))
    })?;
    tracing::error!(
        damage = findings.pages.first().map_or("", String::as_str),
        kept = %kept.display(),
        "the database had damaged pages; it was rebuilt from what can be read, the damaged file is kept"
    );
    report(&check::check(&path, &mut |_, _| Ok(()))?);
    Ok(())
}

/// Checks a database on which this process works already.
fn check_beside(path: &Path) -> Result<check::Findings, StoreError> {
    check::check_open(&open_reading(path)?, &mut |_, _| Ok(()))
}

/// One line for each damaged board, with the way to restore it.
fn report(findings: &check::Findings) {
    for damaged in &findings.documents {
        tracing::error!(
            document = %damaged.document,
            reason = %damaged.reason,
            "a board is damaged and not served; the others are. Restore it: stop this server, then `yoriai restore --board {} BACKUP`",
            damaged.document
        );
    }
    for row in &findings.rows {
        tracing::error!(damage = %row, "damaged rows are not served. `yoriai check` lists them, `yoriai restore BACKUP` restores them");
    }
}

/// Makes a new file of everything that can be read, puts it in the place of the damaged one, and returns where that is kept.
fn rebuild(folder: &Path, path: &Path, damaged: Connection) -> Result<PathBuf, StoreError> {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let kept = folder.join(format!("{DATABASE_FILE}.damaged-{seconds}"));
    copy_durably(path, &kept).map_err(io_error)?;
    let log = beside(path, "-wal");
    if fs::metadata(&log).is_ok_and(|metadata| metadata.len() > 0) {
        copy_durably(&log, &beside(&kept, "-wal")).map_err(io_error)?;
    }
    let fresh_path = folder.join(format!("{DATABASE_FILE}.rebuilt"));
    remove_database(&fresh_path).map_err(io_error)?;
    let mut fresh = open_writing(&fresh_path)?;
    let transaction = fresh.transaction().map_err(store_error)?;
    for table in DIRECTORY {
        transaction
            .execute(&format!("DELETE FROM {table}"), [])
            .map_err(store_error)?;
        copy(&damaged, &transaction, table, "true ORDER BY 1")?;
    }
    let mut statement = transaction
        .prepare("SELECT row FROM documents ORDER BY row")
        .map_err(store_error)?;
    let rows: Vec<i64> = statement
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(store_error)?;
    drop(statement);
    for row in rows {
        // From both ends, so that one damaged page costs what is on it and no more. What is missing is found as a gap.
        let _ = copy(&damaged, &transaction, "snapshots", &format!("document = {row}"));
        let _ = copy(&damaged, &transaction, "leases", &format!("document = {row}"));
        if copy(
            &damaged,
            &transaction,
            "changes",
            &format!("document = {row} ORDER BY seq"),
        )
        .is_err()
        {
            let backwards = format!("document = {row} ORDER BY seq DESC");
            let _ = copy(&damaged, &transaction, "changes", &backwards);
        }
    }
    transaction.commit().map_err(store_error)?;
    // Closing the only connection copies the log back, so that the file is complete by itself.
    drop(damaged);
    fresh.close().map_err(|(_, error)| store_error(error))?;
    // What the damaged file's log held was read; it must not be taken for the log of the new file.
    put_in_place(&fresh_path, path).map_err(io_error)?;
    Ok(kept)
}

/// Copies rows that a condition chooses until one cannot be read. A row that is there already stays.
fn copy(from: &Connection, to: &Connection, table: &str, condition: &str) -> Result<(), StoreError> {
    let mut select = from
        .prepare(&format!("SELECT * FROM {table} WHERE {condition}"))
        .map_err(store_error)?;
    let columns = select.column_count();
    let places = vec!["?"; columns].join(", ");
    let mut insert = to
        .prepare_cached(&format!("INSERT OR IGNORE INTO {table} VALUES ({places})"))
        .map_err(store_error)?;
    let mut rows = select.query([]).map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        let values = (0..columns)
            .map(|column| row.get::<_, Value>(column))
            .collect::<Result<Vec<Value>, _>>()
            .map_err(store_error)?;
        insert.execute(params_from_iter(values)).map_err(store_error)?;
    }
    Ok(())
}

/// Puts a complete database file in the place of another, which vanishes with its log. At every moment one of the two is there.
pub(super) fn put_in_place(fresh: &Path, path: &Path) -> io::Result<()> {
    File::open(fresh)?.sync_all()?;
    // The log belongs to the file that goes: left beside the new one it would be read as the new one's.
    for suffix in ["-wal", "-shm"] {
        remove_if_there(&beside(path, suffix))?;
    }
    fs::rename(fresh, path)?;
    sync_folder_of(path)
}

/// Removes a database with its log, if it is there.
pub(super) fn remove_database(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        remove_if_there(&beside(path, suffix))?;
    }
    Ok(())
}

/// A file of the same database: its log or the log's index.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Copies a file and waits until the copy is on the disk.
pub(super) fn copy_durably(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    File::open(to)?.sync_all()?;
    sync_folder_of(to)
}

/// Makes a rename durable; where folders cannot be synced it is as durable as the system makes it.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or(Path::new("."))) {
        Ok(folder) => folder.sync_all(),
        Err(_) if cfg!(not(unix)) => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn io_error(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        _ => StoreError::Failed(error.to_string()),
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
