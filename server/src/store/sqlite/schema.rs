//! The tables, and how an existing file is recognised, prepared and brought up to date.

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, store_error};

/// Version of the tables. A file with a higher one was written by a later program and is not touched.
pub const VERSION: i64 = 1;
/// Marks the file as ours: "YORI" in ASCII.
const APPLICATION_ID: i64 = 0x594F_5249;
/// Pages after which the log is copied back: 1,000 × 4 KiB = 4 MiB, SQLite's default, written down because start-up time
/// after a crash depends on it.
const CHECKPOINT_PAGES: i64 = 1_000;

/// `changes` is clustered by (document, seq), so that a board is read in one sweep. `seq` counts per document inside the
/// transaction (not by a sequence: a later number could commit first).
const TABLES: &str = "
CREATE TABLE workshops (
    id TEXT PRIMARY KEY NOT NULL,
    document BLOB NOT NULL,
    theme TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE documents (
    row INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    workshop TEXT NOT NULL,
    kind TEXT NOT NULL,
    last_seq INTEGER NOT NULL
);
CREATE TABLE snapshots (
    document INTEGER PRIMARY KEY,
    up_to_seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE changes (
    document INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (document, seq),
    UNIQUE (document, hash)
) WITHOUT ROWID;
CREATE TABLE groups (
    row INTEGER PRIMARY KEY,
    workshop TEXT NOT NULL,
    id TEXT NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (workshop, id)
);
CREATE TABLE links (
    hash BLOB PRIMARY KEY NOT NULL,
    workshop TEXT NOT NULL,
    kind TEXT NOT NULL,
    group_id TEXT,
    expires_at_ms INTEGER NOT NULL,
    revoked INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX links_of_workshop ON links (workshop, revoked);
CREATE TABLE devices (
    hash BLOB PRIMARY KEY NOT NULL,
    device TEXT NOT NULL UNIQUE,
    created_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE seats (
    device TEXT NOT NULL,
    workshop TEXT NOT NULL,
    role TEXT NOT NULL,
    group_id TEXT,
    person TEXT,
    person_name TEXT NOT NULL,
    via TEXT,
    revoked INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    PRIMARY KEY (device, workshop)
) WITHOUT ROWID;
CREATE INDEX seats_of_workshop ON seats (workshop, via);
CREATE TABLE tokens (
    hash BLOB PRIMARY KEY NOT NULL,
    device TEXT NOT NULL,
    workshop TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE transfers (
    workshop TEXT NOT NULL,
    id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (workshop, id)
) WITHOUT ROWID;
CREATE TABLE canary (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
);
INSERT INTO canary VALUES (1, 0);
";

/// Prepares the writing connection: durability first, then the tables.
pub fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .map_err(store_error)?;
    // Read before anything is written: a file of a later program must stay as it is.
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(store_error)?;
    if found > VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(store_error)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Failed(format!(
            "SQLite offers journal mode {mode} here, WAL is needed"
        )));
    }
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(store_error)?;
    connection
        .pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
        .map_err(store_error)?;
    connection.set_prepared_statement_cache_capacity(64);

    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(store_error)?;
    if found == 0 {
        let tables: i64 = transaction
            .query_row("SELECT count(*) FROM sqlite_master WHERE type = 'table'", [], |row| {
                row.get(0)
            })
            .map_err(store_error)?;
        if tables > 0 {
            return Err(StoreError::Damaged(
                "the database was not written by this program".to_owned(),
            ));
        }
        transaction.execute_batch(TABLES).map_err(store_error)?;
        transaction
            .pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(store_error)?;
        transaction
            .pragma_update(None, "user_version", VERSION)
            .map_err(store_error)?;
    }
    // Written at every start: a full or read-only disk is found now and not at the first note.
    transaction
        .execute("UPDATE canary SET value = (value + 1) & 0xFFFFFFFF", [])
        .map_err(store_error)?;
    transaction.commit().map_err(store_error)
}

/// Prepares a connection that only reads.
pub fn prepare_reader(connection: &Connection) -> Result<(), StoreError> {
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .map_err(store_error)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(store_error)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}
