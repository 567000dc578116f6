//! The tables, and how an existing file is recognised, prepared and brought up to date.

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, erasure, seal, store_error};

/// Version of the tables. A file with a higher one was written by a later program and is not touched.
pub const VERSION: i64 = 4;
/// How long a connection waits for another one's lock.
pub const BUSY_WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(5);
/// Marks the file as ours: "YORI" in ASCII.
const APPLICATION_ID: i64 = 0x594F_5249;
/// Pages after which the log is copied back: 1,000 × 4 KiB = 4 MiB, SQLite's default, written down because start-up time
/// after a crash depends on it.
const CHECKPOINT_PAGES: i64 = 1_000;

/// The log is cut to this size when it was copied back: one large transaction does not keep its room for ever.
const LOG_BYTES_MAX: i64 = 8 * 1024 * 1024;

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

/// What brings a file of version `index + 1` to the next one. A new file is made of [`TABLES`] and all of these, so that both
/// end with the same tables. An entry is never changed once it has been released.
const STEPS: [&str; VERSION as usize - 1] = [
    // 2: every row gets its seal (`seal.rs`), and a workshop counts its groups, so that a missing one is noticed.
    "
ALTER TABLE workshops ADD COLUMN boards INTEGER NOT NULL DEFAULT 0;
UPDATE workshops SET boards = (SELECT count(*) FROM groups WHERE workshop = workshops.id);
ALTER TABLE workshops ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
UPDATE workshops SET seal = seal('workshops', id, document, theme, created_at_ms, boards);
ALTER TABLE documents ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
UPDATE documents SET seal = seal('documents', row, id, workshop, kind, last_seq);
ALTER TABLE snapshots ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
UPDATE snapshots SET seal = seal('snapshots', document, up_to_seq, hash);
ALTER TABLE changes ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
UPDATE changes SET seal = seal('changes', document, seq, hash);
ALTER TABLE groups ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
UPDATE groups SET seal = seal('groups', row, workshop, id, document);
ALTER TABLE links ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
UPDATE links SET seal = seal('links', hash, workshop, kind, group_id, expires_at_ms, revoked);
ALTER TABLE devices ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
UPDATE devices SET seal = seal('devices', hash, device, created_at_ms);
ALTER TABLE seats ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
UPDATE seats SET seal = seal('seats', device, workshop, role, group_id, person, person_name, via, revoked, updated_at_ms);
ALTER TABLE tokens ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
UPDATE tokens SET seal = seal('tokens', hash, device, workshop, expires_at_ms);
",
    // 3: who may write under which actor id.
    "
CREATE TABLE leases (
    document INTEGER NOT NULL,
    actor BLOB NOT NULL,
    holder TEXT NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (document, actor)
) WITHOUT ROWID;
",
    // 4: documents that an erasure replaced, and whether the files must be scrubbed (`erasure.rs`); who may only read, who
    // wrote as whom, what coordinators did (`moderation.rs`).
    "
CREATE TABLE replaced (
    document BLOB PRIMARY KEY NOT NULL,
    workshop TEXT NOT NULL,
    group_id TEXT NOT NULL,
    seal BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX replaced_of_workshop ON replaced (workshop);
CREATE TABLE scrub (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    owed INTEGER NOT NULL
);
INSERT INTO scrub VALUES (1, 0);
ALTER TABLE seats ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
UPDATE seats
SET seal = seal('seats', device, workshop, role, group_id, person, person_name, via, revoked, updated_at_ms, read_only)
WHERE seal = seal('seats', device, workshop, role, group_id, person, person_name, via, revoked, updated_at_ms);
CREATE TABLE writers (
    document BLOB NOT NULL,
    actor BLOB NOT NULL,
    device TEXT NOT NULL,
    person TEXT,
    seal BLOB NOT NULL,
    PRIMARY KEY (document, actor)
) WITHOUT ROWID;
CREATE TABLE acts (
    row INTEGER PRIMARY KEY,
    workshop TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    device TEXT NOT NULL,
    act TEXT NOT NULL,
    group_id TEXT,
    subject TEXT,
    count INTEGER NOT NULL,
    seal BLOB NOT NULL
);
CREATE INDEX acts_of_workshop ON acts (workshop, row);
",
];

/// Prepares the writing connection: durability first, then the tables.
pub fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_WAIT_MAX).map_err(store_error)?;
    // Read before anything is written: a file of a later program must stay as it is.
    let found = version(connection)?;
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
    connection
        .pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)
        .map_err(store_error)?;
    connection
        .pragma_update(None, "cell_size_check", true)
        .map_err(store_error)?;
    seal::register(connection)?;
    // What is deleted is overwritten: see `erasure`.
    connection
        .pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))
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
    }
    let done = usize::try_from(found.max(1) - 1).unwrap_or_default();
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step).map_err(store_error)?;
    }
    if found != VERSION {
        transaction
            .pragma_update(None, "user_version", VERSION)
            .map_err(store_error)?;
    }
    // Written at every start: a full or read-only disk is found now and not at the first note.
    transaction
        .execute("UPDATE canary SET value = (value + 1) & 0xFFFFFFFF", [])
        .map_err(store_error)?;
    transaction.commit().map_err(store_error)?;
    // An erasure that was cut off finishes before anybody reads.
    erasure::scrub(connection)
}

/// The version of the tables in a file.
pub fn version(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(store_error)
}

/// Prepares a connection that only reads.
pub fn prepare_reader(connection: &Connection) -> Result<(), StoreError> {
    seal::register(connection)?;
    connection
        .pragma_update(None, "cell_size_check", true)
        .map_err(store_error)?;
    connection.busy_timeout(BUSY_WAIT_MAX).map_err(store_error)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(store_error)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}
