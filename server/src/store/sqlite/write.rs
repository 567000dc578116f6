//! What each [`Write`] does to the tables.

use rusqlite::{Connection, OptionalExtension, params};
use sync::{DocumentId, Lease};

use super::{Committed, StoreError, Write, damaged, erasure, moderation, seal, store_error};
use crate::store::body_hash;

/// Does all writes of one request. The caller rolls back when one of them fails.
pub fn apply(connection: &Connection, writes: &[Write]) -> Result<Committed, StoreError> {
    let mut committed = Committed::default();
    for write in writes {
        apply_one(connection, write, &mut committed)?;
    }
    Ok(committed)
}

pub(super) fn apply_one(connection: &Connection, write: &Write, committed: &mut Committed) -> Result<(), StoreError> {
    let run = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(parameters))
            .map_err(store_error)
    };
    match write {
        Write::CreateWorkshop {
            workshop,
            document,
            theme,
            created_at_ms,
        } => {
            run(
                "INSERT INTO workshops VALUES (?1, ?2, ?3, ?4, 0, seal('workshops', ?1, ?2, ?3, ?4, 0))",
                params![workshop, &document.as_bytes()[..], theme, created_at_ms],
            )?;
        }
        Write::CreateDocument {
            document,
            workshop,
            kind,
            snapshot,
        } => {
            run(
                "INSERT INTO documents (id, workshop, kind, last_seq, seal) VALUES (?1, ?2, ?3, 0, x'')",
                params![&document.as_bytes()[..], workshop, super::read::kind_text(*kind)],
            )?;
            let row = connection.last_insert_rowid();
            // The row's own number is under its seal.
            seal::renew(connection, "documents", "row = ?1", params![row])?;
            run(
                "INSERT INTO snapshots VALUES (?1, 0, ?2, ?3, seal('snapshots', ?1, 0, ?2))",
                params![row, &body_hash(snapshot)[..], snapshot],
            )?;
        }
        Write::AddGroup {
            workshop,
            group,
            document,
        } => {
            // A row that is damaged is not sealed again: it must stay noticed.
            let counted = run(
                &format!(
                    "UPDATE workshops SET boards = boards + 1 WHERE id = ?1 AND seal = {}",
                    seal::expression("workshops")
                ),
                params![workshop],
            )?;
            if counted != 1 {
                return Err(StoreError::Conflict);
            }
            seal::renew(connection, "workshops", "id = ?1", params![workshop])?;
            run(
                "INSERT INTO groups (workshop, id, document, seal) VALUES (?1, ?2, ?3, x'')",
                params![workshop, group.as_str(), &document.as_bytes()[..]],
            )?;
            seal::renew(
                connection,
                "groups",
                "row = ?1",
                params![connection.last_insert_rowid()],
            )?;
        }
        Write::Append { document, changes } => append(connection, document, changes, committed)?,
        Write::Lease { document, leases } => lease(connection, document, leases)?,
        Write::Compact {
            document,
            up_to_seq,
            snapshot,
        } => compact(connection, document, *up_to_seq, snapshot)?,
        Write::SetTheme { workshop, theme } => {
            let changed = run(
                &format!(
                    "UPDATE workshops SET theme = ?2 WHERE id = ?1 AND seal = {}",
                    seal::expression("workshops")
                ),
                params![workshop, theme],
            )?;
            if changed == 1 {
                seal::renew(connection, "workshops", "id = ?1", params![workshop])?;
            }
        }
        Write::AddLink(link) => {
            run(
                "INSERT INTO links VALUES (?1, ?2, ?3, ?4, ?5, ?6, seal('links', ?1, ?2, ?3, ?4, ?5, ?6))",
                params![
                    &link.hash.0[..],
                    link.workshop,
                    link.kind.as_str(),
                    link.group.as_ref().map(|group| group.as_str()),
                    link.expires_at_ms,
                    link.revoked
                ],
            )?;
        }
        Write::RevokeLinks {
            workshop,
            kinds,
            keep_device,
        } => {
            for kind in kinds {
                let links = "workshop = ?1 AND kind = ?2";
                let parameters = params![workshop, kind.as_str()];
                run(&format!("UPDATE links SET revoked = 1 WHERE {links}"), parameters)?;
                seal::renew(connection, "links", links, parameters)?;
                let seats = "workshop = ?1 AND via = ?2 AND device <> ?3";
                let parameters = params![workshop, kind.as_str(), keep_device];
                run(&format!("UPDATE seats SET revoked = 1 WHERE {seats}"), parameters)?;
                seal::renew(connection, "seats", seats, parameters)?;
            }
        }
        Write::AddDevice(device) => {
            run(
                "INSERT INTO devices VALUES (?1, ?2, ?3, seal('devices', ?1, ?2, ?3))",
                params![&device.hash.0[..], device.device, device.created_at_ms],
            )?;
        }
        Write::PutSeat(seat) => {
            run(
                "INSERT INTO seats
                 (device, workshop, role, group_id, person, person_name, via, revoked, updated_at_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (device, workshop) DO UPDATE SET role = ?3, group_id = ?4, person = ?5, person_name = ?6,
                 via = ?7, revoked = ?8, updated_at_ms = ?9",
                params![
                    seat.device,
                    seat.workshop,
                    super::read::role_text(seat.role),
                    seat.group.as_ref().map(|group| group.as_str()),
                    seat.person.as_ref().map(|person| person.as_str()),
                    seat.person_name,
                    seat.via.map(|via| via.as_str()),
                    seat.revoked,
                    seat.updated_at_ms
                ],
            )?;
            seal::renew(
                connection,
                "seats",
                "device = ?1 AND workshop = ?2",
                params![seat.device, seat.workshop],
            )?;
        }
        Write::AddToken(token) => {
            run(
                "INSERT INTO tokens VALUES (?1, ?2, ?3, ?4, seal('tokens', ?1, ?2, ?3, ?4))",
                params![&token.hash.0[..], token.device, token.workshop, token.expires_at_ms],
            )?;
        }
        Write::RecordTransfer { workshop, id, at_ms } => {
            run(
                "INSERT INTO transfers VALUES (?1, ?2, ?3)",
                params![workshop, id, at_ms],
            )?;
        }
        Write::DeleteDocument { document } => delete_document(connection, document)?,
        Write::DeleteWorkshop { workshop } => delete_workshop(connection, workshop)?,
        Write::ReplaceDocument {
            workshop,
            group,
            old,
            new,
            snapshot,
        } => erasure::replace(connection, workshop, group, (old, new), snapshot, committed)?,
        Write::ForgetPerson { workshop, person } => moderation::forget_person(connection, workshop, person)?,
        Write::SetReadOnly {
            workshop,
            device,
            read_only,
        } => moderation::set_read_only(connection, workshop, device, *read_only)?,
        Write::RecordWriter { document, writer } => moderation::record_writer(connection, document, writer)?,
        Write::RecordAct(act) => moderation::record_act(connection, act)?,
        Write::Canary(value) => {
            run("UPDATE canary SET value = ?1", params![value.cast_signed()])?;
        }
    }
    Ok(())
}

/// The document's row, its last sequence number and that of its snapshot. A document that is not there is a contradiction; to
/// one whose row is damaged nothing is added.
fn document_row(connection: &Connection, document: &DocumentId) -> Result<(i64, u64, u64), StoreError> {
    let (row, last, snapshot, sealed) = connection
        .prepare_cached(&format!(
            "SELECT row, last_seq, up_to_seq, documents.seal = {} AND snapshots.seal = {}
             FROM documents LEFT JOIN snapshots ON document = row WHERE id = ?1",
            seal::expression("documents"),
            seal::expression("snapshots")
        ))
        .and_then(|mut statement| {
            statement
                .query_row(params![&document.as_bytes()[..]], |row| {
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get::<_, i64>(1)?,
                        row.get::<_, Option<i64>>(2)?,
                        row.get::<_, Option<bool>>(3)?,
                    ))
                })
                .optional()
        })
        .map_err(store_error)?
        .ok_or(StoreError::Conflict)?;
    match (snapshot, sealed) {
        (Some(snapshot), Some(true)) => Ok((row, last.cast_unsigned(), snapshot.cast_unsigned())),
        _ => Err(damaged("a document's row")),
    }
}

fn append(
    connection: &Connection,
    document: &DocumentId,
    changes: &[Vec<u8>],
    committed: &mut Committed,
) -> Result<(), StoreError> {
    let (row, mut last_seq, snapshot_seq) = document_row(connection, document)?;
    let mut insert = connection
        .prepare_cached("INSERT INTO changes VALUES (?1, ?2, ?3, ?4, seal('changes', ?1, ?2, ?3)) ON CONFLICT (document, hash) DO NOTHING")
        .map_err(store_error)?;
    let before = last_seq;
    for change in changes {
        let seq = last_seq + 1;
        let written = insert
            .execute(params![row, seq.cast_signed(), &body_hash(change)[..], change])
            .map_err(store_error)?;
        if written == 1 {
            last_seq = seq;
        }
    }
    if last_seq != before {
        connection
            .prepare_cached(
                "UPDATE documents SET last_seq = ?2, seal = seal('documents', row, id, workshop, kind, ?2) WHERE row = ?1",
            )
            .and_then(|mut statement| statement.execute(params![row, last_seq.cast_signed()]))
            .map_err(store_error)?;
    }
    committed.appended += last_seq - before;
    committed.increments = committed.increments.max(last_seq - snapshot_seq);
    Ok(())
}

/// The first lease of an actor stays: a second one is the same, or a contradiction.
fn lease(connection: &Connection, document: &DocumentId, leases: &[Lease]) -> Result<(), StoreError> {
    let (row, ..) = document_row(connection, document)?;
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO leases VALUES (?1, ?2, ?3, seal('leases', ?1, ?2, ?3))")
        .map_err(store_error)?;
    let mut same = connection
        .prepare_cached("SELECT 1 FROM leases WHERE document = ?1 AND actor = ?2 AND holder = ?3")
        .map_err(store_error)?;
    for Lease { actor, holder } in leases {
        let parameters = params![row, actor.as_ref(), holder];
        if insert.execute(parameters).map_err(store_error)? == 0 && !same.exists(parameters).map_err(store_error)? {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

/// The new snapshot and the removal of what it replaces are one transaction: there is no moment without either.
fn compact(connection: &Connection, document: &DocumentId, up_to_seq: u64, snapshot: &[u8]) -> Result<(), StoreError> {
    let (row, last_seq, snapshot_seq) = document_row(connection, document)?;
    if up_to_seq > last_seq || up_to_seq < snapshot_seq {
        return Err(StoreError::Conflict);
    }
    let replaced = connection
        .prepare_cached(
            "UPDATE snapshots SET up_to_seq = ?2, hash = ?3, body = ?4, seal = seal('snapshots', ?1, ?2, ?3) WHERE document = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                row,
                up_to_seq.cast_signed(),
                &body_hash(snapshot)[..],
                snapshot
            ])
        })
        .map_err(store_error)?;
    if replaced != 1 {
        return Err(damaged("a snapshot"));
    }
    connection
        .prepare_cached("DELETE FROM changes WHERE document = ?1 AND seq <= ?2")
        .and_then(|mut statement| statement.execute(params![row, up_to_seq.cast_signed()]))
        .map_err(store_error)?;
    Ok(())
}

/// Everything of a document. One that is not there is none afterwards either.
pub(super) fn delete_document(connection: &Connection, document: &DocumentId) -> Result<(), StoreError> {
    let id = &document.as_bytes()[..];
    for table in ["changes", "snapshots", "leases"] {
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE document = (SELECT row FROM documents WHERE id = ?1)"
            ))
            .and_then(|mut statement| statement.execute(params![id]))
            .map_err(store_error)?;
    }
    connection
        .prepare_cached("DELETE FROM documents WHERE id = ?1")
        .and_then(|mut statement| statement.execute(params![id]))
        .map_err(store_error)?;
    Ok(())
}

/// Everything of a workshop but the devices, which are people's and may sit elsewhere.
fn delete_workshop(connection: &Connection, workshop: &str) -> Result<(), StoreError> {
    for table in ["changes", "snapshots", "leases"] {
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE document IN (SELECT row FROM documents WHERE workshop = ?1)"
            ))
            .and_then(|mut statement| statement.execute(params![workshop]))
            .map_err(store_error)?;
    }
    connection
        .prepare_cached("DELETE FROM writers WHERE document IN (SELECT id FROM documents WHERE workshop = ?1)")
        .and_then(|mut statement| statement.execute(params![workshop]))
        .map_err(store_error)?;
    for (table, column) in [
        ("documents", "workshop"),
        ("groups", "workshop"),
        ("links", "workshop"),
        ("seats", "workshop"),
        ("tokens", "workshop"),
        ("transfers", "workshop"),
        ("replaced", "workshop"),
        ("acts", "workshop"),
        ("workshops", "id"),
    ] {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE {column} = ?1"))
            .and_then(|mut statement| statement.execute(params![workshop]))
            .map_err(store_error)?;
    }
    Ok(())
}
