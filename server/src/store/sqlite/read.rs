//! Queries. Every row is checked on its way in: what this program did not write is reported as damaged, never guessed.

use board::Role;
use rusqlite::{Connection, Row, params};
use sync::{DocumentId, Lease};

use super::{
    DeviceRow, LinkRow, SeatRow, StoreError, StoredDocument, TokenRow, WorkshopRow, damaged, document_id, group_id,
    seal, store_error,
};
use crate::{
    secret::SecretHash,
    store::{DocumentKind, LinkKind, body_hash},
};

/// Reads a document and checks every hash, every seal, and that no increment is missing.
pub fn document(connection: &Connection, document: &DocumentId) -> Result<Option<StoredDocument>, StoreError> {
    // One read transaction, so that a compaction in between cannot show a snapshot without its increments.
    let transaction = connection.unchecked_transaction().map_err(store_error)?;
    document_in(&transaction, document)
}

/// As [`document`], for a caller that has a transaction.
pub fn document_in(transaction: &Connection, document: &DocumentId) -> Result<Option<StoredDocument>, StoreError> {
    let Some(head) = document_head(transaction, document)? else {
        return Ok(None);
    };
    let mut last_seq = head.up_to_seq;
    let mut changes = Vec::new();
    let mut statement = transaction
        .prepare_cached(&format!(
            "SELECT seq, hash, body, seal = {} FROM changes WHERE document = ?1 AND seq > ?2 ORDER BY seq",
            seal::expression("changes")
        ))
        .map_err(store_error)?;
    let mut rows = statement
        .query(params![head.row, head.up_to_seq.cast_signed()])
        .map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        let seq: i64 = row.get(0).map_err(store_error)?;
        let hash: Vec<u8> = row.get(1).map_err(store_error)?;
        let body: Vec<u8> = row.get(2).map_err(store_error)?;
        if body_hash(&body)[..] != hash[..] || !row.get::<_, bool>(3).map_err(store_error)? {
            return Err(damaged("a change"));
        }
        last_seq += 1;
        if seq.cast_unsigned() != last_seq {
            return Err(damaged("the row of changes"));
        }
        changes.push(body);
    }
    if last_seq != head.last_seq {
        return Err(damaged("the row of changes"));
    }
    let leases = leases(transaction, head.row)?;
    Ok(Some(StoredDocument {
        workshop: head.workshop,
        kind: head.kind,
        snapshot: head.snapshot,
        changes,
        last_seq,
        leases,
    }))
}

fn leases(connection: &Connection, document: i64) -> Result<Vec<Lease>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!(
            "SELECT actor, holder, seal = {} FROM leases WHERE document = ?1 ORDER BY actor",
            seal::expression("leases")
        ))
        .map_err(store_error)?;
    let mut rows = statement.query(params![document]).map_err(store_error)?;
    let mut leases = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        sealed(row, 2, "a lease")?;
        leases.push(Lease {
            actor: row.get::<_, Vec<u8>>(0).map_err(store_error)?.into(),
            holder: row.get(1).map_err(store_error)?,
        });
    }
    Ok(leases)
}

/// A document's row and its snapshot, checked.
struct DocumentHead {
    row: i64,
    workshop: String,
    kind: DocumentKind,
    last_seq: u64,
    up_to_seq: u64,
    snapshot: Vec<u8>,
}

fn document_head(connection: &Connection, document: &DocumentId) -> Result<Option<DocumentHead>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!(
            "SELECT row, workshop, kind, last_seq, documents.seal = {}, up_to_seq, hash, body, snapshots.seal = {}
             FROM documents LEFT JOIN snapshots ON document = row WHERE id = ?1",
            seal::expression("documents"),
            seal::expression("snapshots")
        ))
        .map_err(store_error)?;
    let mut rows = statement
        .query(params![&document.as_bytes()[..]])
        .map_err(store_error)?;
    let Some(row) = rows.next().map_err(store_error)? else {
        // A document that is on a list and not there has lost its row, or its row has lost its name.
        return if is_listed(connection, document)? {
            Err(damaged("a document's row"))
        } else {
            Ok(None)
        };
    };
    if !row.get::<_, bool>(4).map_err(store_error)? {
        return Err(damaged("a document's row"));
    }
    let sealed: Option<bool> = row.get(8).map_err(store_error)?;
    if sealed != Some(true) {
        return Err(damaged("a snapshot"));
    }
    let (hash, snapshot): (Vec<u8>, Vec<u8>) = (row.get(6).map_err(store_error)?, row.get(7).map_err(store_error)?);
    if body_hash(&snapshot)[..] != hash[..] {
        return Err(damaged("a snapshot"));
    }
    let kind: String = row.get(2).map_err(store_error)?;
    Ok(Some(DocumentHead {
        row: row.get(0).map_err(store_error)?,
        workshop: row.get(1).map_err(store_error)?,
        kind: kind_of_text(&kind)?,
        last_seq: row.get::<_, i64>(3).map_err(store_error)?.cast_unsigned(),
        up_to_seq: row.get::<_, i64>(5).map_err(store_error)?.cast_unsigned(),
        snapshot,
    }))
}

pub fn workshop(connection: &Connection, workshop: &str) -> Result<Option<WorkshopRow>, StoreError> {
    // One read transaction: the number of groups and the groups belong together.
    let transaction = connection.unchecked_transaction().map_err(store_error)?;
    workshop_in(&transaction, workshop)
}

fn is_listed(connection: &Connection, document: &DocumentId) -> Result<bool, StoreError> {
    connection
        .prepare_cached(
            "SELECT 1 FROM groups WHERE document = ?1 UNION ALL SELECT 1 FROM workshops WHERE document = ?1",
        )
        .and_then(|mut statement| statement.exists(params![&document.as_bytes()[..]]))
        .map_err(store_error)
}

/// As [`workshop`], for a caller that has a transaction.
pub fn workshop_in(transaction: &Connection, workshop: &str) -> Result<Option<WorkshopRow>, StoreError> {
    let mut statement = transaction
        .prepare_cached(&format!(
            "SELECT document, theme, created_at_ms, boards, seal = {} FROM workshops WHERE id = ?1",
            seal::expression("workshops")
        ))
        .map_err(store_error)?;
    let mut rows = statement.query(params![workshop]).map_err(store_error)?;
    let Some(row) = rows.next().map_err(store_error)? else {
        return Ok(None);
    };
    sealed(row, 4, "a workshop's row")?;
    let document: Vec<u8> = row.get(0).map_err(store_error)?;
    let boards: i64 = row.get(3).map_err(store_error)?;
    let mut found = WorkshopRow {
        workshop: workshop.to_owned(),
        document: document_id(&document)?,
        theme: row.get(1).map_err(store_error)?,
        created_at_ms: row.get(2).map_err(store_error)?,
        groups: Vec::new(),
    };
    let mut statement = transaction
        .prepare_cached(&format!(
            "SELECT id, document, seal = {} FROM groups WHERE workshop = ?1 ORDER BY row",
            seal::expression("groups")
        ))
        .map_err(store_error)?;
    let mut rows = statement.query(params![workshop]).map_err(store_error)?;
    while let Some(row) = rows.next().map_err(store_error)? {
        sealed(row, 2, "a group's row")?;
        let group = group_id(row.get(0).map_err(store_error)?)?.ok_or_else(|| damaged("a group id"))?;
        let document: Vec<u8> = row.get(1).map_err(store_error)?;
        found.groups.push((group, document_id(&document)?));
    }
    if usize::try_from(boards) == Ok(found.groups.len()) {
        Ok(Some(found))
    } else {
        Err(damaged("the list of groups"))
    }
}

pub fn link(connection: &Connection, hash: SecretHash) -> Result<Option<LinkRow>, StoreError> {
    one(
        connection,
        "links",
        "workshop, kind, group_id, expires_at_ms, revoked",
        &hash.0,
        |row| {
            let kind: String = row.get(1).map_err(store_error)?;
            Ok(LinkRow {
                hash,
                workshop: row.get(0).map_err(store_error)?,
                kind: LinkKind::parse(&kind).ok_or_else(|| damaged("a link's kind"))?,
                group: group_id(row.get(2).map_err(store_error)?)?,
                expires_at_ms: row.get(3).map_err(store_error)?,
                revoked: row.get(4).map_err(store_error)?,
            })
        },
    )
}

pub fn links_count(connection: &Connection, workshop: &str) -> Result<usize, StoreError> {
    connection
        .prepare_cached("SELECT count(*) FROM links WHERE workshop = ?1 AND revoked = 0")
        .and_then(|mut statement| statement.query_row(params![workshop], |row| row.get::<_, i64>(0)))
        .map(|count| usize::try_from(count).unwrap_or(usize::MAX))
        .map_err(store_error)
}

pub fn device(connection: &Connection, hash: SecretHash) -> Result<Option<DeviceRow>, StoreError> {
    one(connection, "devices", "device, created_at_ms", &hash.0, |row| {
        Ok(DeviceRow {
            hash,
            device: row.get(0).map_err(store_error)?,
            created_at_ms: row.get(1).map_err(store_error)?,
        })
    })
}

fn seat_columns() -> String {
    format!(
        "SELECT device, workshop, role, group_id, person, person_name, via, revoked, updated_at_ms, read_only, seal = {}
         FROM seats",
        seal::expression("seats")
    )
}

fn seat_of_row(row: &Row<'_>) -> Result<SeatRow, StoreError> {
    sealed(row, 10, "a seat")?;
    let role: String = row.get(2).map_err(store_error)?;
    let person: Option<String> = row.get(4).map_err(store_error)?;
    let via: Option<String> = row.get(6).map_err(store_error)?;
    Ok(SeatRow {
        device: row.get(0).map_err(store_error)?,
        workshop: row.get(1).map_err(store_error)?,
        role: role_of_text(&role)?,
        group: group_id(row.get(3).map_err(store_error)?)?,
        person: person
            .map(|person| person.parse().map_err(|_| damaged("a person id")))
            .transpose()?,
        person_name: row.get(5).map_err(store_error)?,
        via: via
            .map(|via| LinkKind::parse(&via).ok_or_else(|| damaged("a seat's link")))
            .transpose()?,
        revoked: row.get(7).map_err(store_error)?,
        read_only: row.get(9).map_err(store_error)?,
        updated_at_ms: row.get(8).map_err(store_error)?,
    })
}

pub fn seat(connection: &Connection, device: &str, workshop: &str) -> Result<Option<SeatRow>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("{} WHERE device = ?1 AND workshop = ?2", seat_columns()))
        .map_err(store_error)?;
    let mut rows = statement.query(params![device, workshop]).map_err(store_error)?;
    rows.next().map_err(store_error)?.map(seat_of_row).transpose()
}

/// Everybody who has a seat in a workshop, the latest first.
pub fn seats_of_workshop(connection: &Connection, workshop: &str, limit: usize) -> Result<Vec<SeatRow>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!(
            "{} WHERE workshop = ?1 AND revoked = 0 ORDER BY updated_at_ms DESC, device LIMIT ?2",
            seat_columns()
        ))
        .map_err(store_error)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![workshop, limit]).map_err(store_error)?;
    let mut seats = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        seats.push(seat_of_row(row)?);
    }
    Ok(seats)
}

pub fn seats(connection: &Connection, device: &str, limit: usize) -> Result<Vec<SeatRow>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!(
            "{} WHERE device = ?1 AND revoked = 0 ORDER BY updated_at_ms DESC, workshop LIMIT ?2",
            seat_columns()
        ))
        .map_err(store_error)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![device, limit]).map_err(store_error)?;
    let mut seats = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        seats.push(seat_of_row(row)?);
    }
    Ok(seats)
}

pub fn token(connection: &Connection, hash: SecretHash) -> Result<Option<TokenRow>, StoreError> {
    one(
        connection,
        "tokens",
        "device, workshop, expires_at_ms",
        &hash.0,
        |row| {
            Ok(TokenRow {
                hash,
                device: row.get(0).map_err(store_error)?,
                workshop: row.get(1).map_err(store_error)?,
                expires_at_ms: row.get(2).map_err(store_error)?,
            })
        },
    )
}

pub fn transferred(connection: &Connection, workshop: &str, id: &str) -> Result<bool, StoreError> {
    connection
        .prepare_cached("SELECT 1 FROM transfers WHERE workshop = ?1 AND id = ?2")
        .and_then(|mut statement| statement.exists(params![workshop, id]))
        .map_err(store_error)
}

pub fn canary(connection: &Connection) -> Result<u64, StoreError> {
    connection
        .prepare_cached("SELECT value FROM canary")
        .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)))
        .map(i64::cast_unsigned)
        .map_err(store_error)
}

pub fn is_empty(connection: &Connection) -> Result<bool, StoreError> {
    connection
        .prepare_cached("SELECT 1 FROM workshops LIMIT 1")
        .and_then(|mut statement| statement.exists([]))
        .map(|exists| !exists)
        .map_err(store_error)
}

/// At most one row of a table, found by a hash, its seal checked.
fn one<T>(
    connection: &Connection,
    table: &str,
    columns: &str,
    hash: &[u8; 32],
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!(
            "SELECT {columns}, seal = {} AS sealed FROM {table} WHERE hash = ?1",
            seal::expression(table)
        ))
        .map_err(store_error)?;
    let mut rows = statement.query(params![&hash[..]]).map_err(store_error)?;
    let Some(row) = rows.next().map_err(store_error)? else {
        return Ok(None);
    };
    if row.get::<_, bool>("sealed").map_err(store_error)? {
        read(row).map(Some)
    } else {
        Err(damaged(&format!("a row of {table}")))
    }
}

/// The row says what was written: column `index` holds whether its seal fits.
pub(super) fn sealed(row: &Row<'_>, index: usize, what: &str) -> Result<(), StoreError> {
    if row.get::<_, bool>(index).map_err(store_error)? {
        Ok(())
    } else {
        Err(damaged(what))
    }
}

/// A document's kind as it is stored.
pub fn kind_text(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Workshop => "workshop",
        DocumentKind::Board => "board",
    }
}

fn kind_of_text(text: &str) -> Result<DocumentKind, StoreError> {
    [DocumentKind::Workshop, DocumentKind::Board]
        .into_iter()
        .find(|kind| kind_text(*kind) == text)
        .ok_or_else(|| damaged("a document's kind"))
}

/// A role as it is stored.
pub fn role_text(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Participant => "participant",
        Role::Coordinator => "coordinator",
    }
}

fn role_of_text(text: &str) -> Result<Role, StoreError> {
    [Role::Viewer, Role::Participant, Role::Coordinator]
        .into_iter()
        .find(|role| role_text(*role) == text)
        .ok_or_else(|| damaged("a role"))
}
