//! Reads a whole database once and says what is damaged: pages (by SQLite), rows (by their seals), bodies (by their hashes),
//! gaps (by their numbers).

use std::{fs::File, io::Read as _, path::Path};

use rusqlite::Connection;
use sync::DocumentId;

use super::{StoreError, StoredDocument, document_id, open_reading, read, seal, store_error};

/// Most sentences of SQLite about damaged pages: more say nothing more.
const SENTENCES_MAX: u32 = 20;
/// Where the header says which version may write the file, and the highest there is (sqlite.org/fileformat2.html, 1.3.3). SQLite
/// reads a file of a higher one and does not write it, without calling it damaged.
const WRITE_VERSION_AT: usize = 18;
const WRITE_VERSION_MAX: u8 = 2;
/// The tables that belong to one document; the others say who may see what.
const CONTENT: [&str; 3] = ["snapshots", "changes", "leases"];

/// What a check found. Without findings the database says exactly what was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// SQLite's sentences about damaged pages.
    pub pages: Vec<String>,
    /// Damaged rows that belong to no document: each sentence names the table and how many.
    pub rows: Vec<String>,
    /// Documents that cannot be read.
    pub documents: Vec<DamagedDocument>,
    /// Documents that were looked at.
    pub looked_at: usize,
}

/// A document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedDocument {
    /// Which.
    pub document: DocumentId,
    /// Why.
    pub reason: String,
}

impl Findings {
    /// Whether everything is as it was written.
    pub fn is_sound(&self) -> bool {
        self.pages.is_empty() && self.rows.is_empty() && self.documents.is_empty()
    }
}

/// A further look at each document that reads well, such as whether it makes a board.
///
/// # Errors
/// Why the document is of no use.
pub type Look<'a> = &'a mut dyn FnMut(DocumentId, &StoredDocument) -> Result<(), String>;

/// Checks a database file that this process has not opened. A server may be using it; its folder is written only as far as
/// SQLite needs to read it.
///
/// # Errors
/// [`StoreError`] if the file cannot be opened at all.
pub fn check(path: &Path, look: Look<'_>) -> Result<Findings, StoreError> {
    let header = damaged_header(path);
    let mut findings = check_open(&open_reading(path)?, look)?;
    findings.pages.extend(header);
    Ok(findings)
}

/// What is wrong with the header that SQLite does not call damage. No connection of this process may be open on the file: when a
/// process closes a file it loses all its locks on it, SQLite's too (sqlite.org/howtocorrupt.html, 2.2).
pub(super) fn damaged_header(path: &Path) -> Option<String> {
    let mut header = [0; WRITE_VERSION_AT + 1];
    // A file that cannot be read is found out by who reads it; a new one is empty until its first checkpoint.
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut header))
        .ok()?;
    (header[WRITE_VERSION_AT] > WRITE_VERSION_MAX)
        .then(|| "the header says that the file is not to be written".to_owned())
}

/// Checks an open database.
pub(super) fn check_open(connection: &Connection, look: Look<'_>) -> Result<Findings, StoreError> {
    let mut findings = Findings {
        pages: pages(connection)?,
        ..Findings::default()
    };
    // One state of the database: a row that is removed while this reads is not missing.
    let transaction = connection.unchecked_transaction().map_err(store_error)?;
    for (table, _) in seal::SEALED.iter().filter(|(table, _)| !CONTENT.contains(table)) {
        findings.rows.extend(broken_seals(&transaction, table));
    }
    findings.rows.extend(strays(&transaction));
    for document in documents(&transaction, &mut findings.rows) {
        findings.looked_at += 1;
        let outcome = match read::document_in(&transaction, &document) {
            Ok(Some(stored)) => look(document, &stored),
            Ok(None) => Err("its row is unreadable".to_owned()),
            Err(StoreError::Damaged(reason)) => Err(reason),
            // Not the document's fault: nothing can be said about it.
            Err(other) => return Err(other),
        };
        if let Err(reason) = outcome {
            findings.documents.push(DamagedDocument { document, reason });
        }
    }
    for workshop in workshops(&transaction) {
        match read::workshop_in(&transaction, &workshop) {
            Err(StoreError::Damaged(reason)) => findings.rows.push(format!("workshop {workshop}: {reason}")),
            read => drop(read?),
        }
    }
    Ok(findings)
}

/// Every workshop in the database, oldest first; those whose row is unreadable are left out.
pub(super) fn workshops(connection: &Connection) -> Vec<String> {
    let Ok(mut statement) = connection.prepare("SELECT id FROM workshops ORDER BY created_at_ms, id") else {
        return Vec::new();
    };
    let Ok(rows) = statement.query_map([], |row| row.get(0)) else {
        return Vec::new();
    };
    rows.map_while(Result::ok).collect()
}

fn pages(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let checked = connection
        .prepare(&format!("PRAGMA integrity_check({SENTENCES_MAX})"))
        .and_then(|mut statement| {
            statement
                .query_map([], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<String>, _>>()
        });
    match checked {
        Ok(sentences) => Ok(sentences.into_iter().filter(|sentence| sentence != "ok").collect()),
        Err(error) => match store_error(error) {
            StoreError::Damaged(reason) => Ok(vec![reason]),
            other => Err(other),
        },
    }
}

fn broken_seals(connection: &Connection, table: &str) -> Option<String> {
    let sql = format!(
        "SELECT count(*) FROM {table} WHERE seal IS NOT {}",
        seal::expression(table)
    );
    match connection.query_row(&sql, [], |row| row.get::<_, i64>(0)) {
        Ok(0) => None,
        Ok(count) => Some(format!("{count} damaged row(s) in {table}")),
        Err(error) => Some(format!("{table} is unreadable: {error}")),
    }
}

/// Content of documents that do not exist: a number in a row was damaged. The document it came from has a gap.
fn strays(connection: &Connection) -> Vec<String> {
    CONTENT
        .iter()
        .filter_map(|table| {
            let sql = format!("SELECT count(*) FROM {table} WHERE document NOT IN (SELECT row FROM documents)");
            let count: i64 = connection.query_row(&sql, [], |row| row.get(0)).ok()?;
            (count > 0).then(|| format!("{count} row(s) in {table} belong to no document"))
        })
        .collect()
}

fn documents(connection: &Connection, rows: &mut Vec<String>) -> Vec<DocumentId> {
    let mut documents = Vec::new();
    let mut read = || -> Result<(), rusqlite::Error> {
        let mut statement = connection.prepare("SELECT id FROM documents ORDER BY row")?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            if let Some(document) = row.get_ref(0)?.as_blob().ok().and_then(|id| document_id(id).ok()) {
                documents.push(document);
            }
        }
        Ok(())
    };
    if let Err(error) = read() {
        rows.push(format!("the list of documents is unreadable: {error}"));
    }
    documents
}
