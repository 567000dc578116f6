//! What really lies in a data folder, read by SQLite and automerge alone: none of the server's code that a test means to check.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result};
use automerge::{Automerge, Change};
use rusqlite::Connection;
use server::store::sqlite::DATABASE_FILE;
use sync::DocumentId;

use crate::temporary_folder;

/// Every document of a data folder. It works on a copy of the files, so that the server's own recovery of its log is still
/// to come; the server must be dead or frozen.
pub fn documents(folder: &Path) -> Result<BTreeMap<DocumentId, Automerge>> {
    let copy = temporary_folder("stored")?;
    for suffix in ["", "-wal"] {
        let name = format!("{DATABASE_FILE}{suffix}");
        if folder.join(&name).exists() {
            std::fs::copy(folder.join(&name), copy.join(&name))?;
        }
    }
    let found = read(&copy.join(DATABASE_FILE));
    std::fs::remove_dir_all(copy)?;
    found
}

fn read(path: &Path) -> Result<BTreeMap<DocumentId, Automerge>> {
    let connection = Connection::open(path)?;
    let broken: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    anyhow::ensure!(broken == "ok", "SQLite says: {broken}");
    let mut documents = BTreeMap::new();
    let mut statement = connection.prepare("SELECT id, row, body FROM documents JOIN snapshots ON document = row")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: Vec<u8> = row.get(0)?;
        let number: i64 = row.get(1)?;
        let mut doc = Automerge::load(&row.get::<_, Vec<u8>>(2)?)?;
        let mut changes = connection.prepare_cached("SELECT body FROM changes WHERE document = ?1 ORDER BY seq")?;
        let bodies = changes
            .query_map([number], |row| row.get::<_, Vec<u8>>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        let bodies = bodies
            .into_iter()
            .map(Change::from_bytes)
            .collect::<Result<Vec<_>, _>>()?;
        doc.apply_changes(bodies)?;
        let id: [u8; 16] = id.try_into().ok().context("an id has 16 bytes")?;
        documents.insert(DocumentId::from_bytes(id), doc);
    }
    Ok(documents)
}
