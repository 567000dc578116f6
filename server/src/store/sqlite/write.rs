//! The writer: one thread, one connection, one SQLite transaction for everything that waits.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sync::DocumentId;
use tokio::sync::mpsc;

use super::{Committed, Request, StoreError, Write, damaged, store_error};
use crate::store::body_hash;

/// Requests that one SQLite transaction takes at most. The reserve against an endless transaction: at 100,000 rows/s
/// 512 requests of a few rows each are some 10 ms.
const GROUP_REQUESTS_MAX: usize = 512;

/// Commits what comes until the queue is closed and empty.
pub fn run(mut connection: Connection, mut queue: mpsc::Receiver<Request>) {
    let mut group = Vec::with_capacity(GROUP_REQUESTS_MAX);
    while let Some(first) = queue.blocking_recv() {
        group.push(first);
        while group.len() < GROUP_REQUESTS_MAX {
            match queue.try_recv() {
                Ok(request) => group.push(request),
                Err(_) => break,
            }
        }
        let outcomes = commit_group(&mut connection, &group);
        for (request, outcome) in group.drain(..).zip(outcomes) {
            // Whoever asked may have gone; what was committed stays committed.
            let _ = request.reply.send(outcome);
        }
    }
    // Leaves one clean file behind for backups; a failure costs nothing, the log is read at the next start.
    let _ = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
}

fn commit_group(connection: &mut Connection, group: &[Request]) -> Vec<Result<Committed, StoreError>> {
    match try_commit_group(connection, group) {
        Ok(outcomes) => outcomes,
        // The transaction was rolled back: nobody's writes are there, also of those that had gone well.
        Err(error) => group.iter().map(|_| Err(error.clone())).collect(),
    }
}

fn try_commit_group(
    connection: &mut Connection,
    group: &[Request],
) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
    let mut transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(store_error)?;
    let mut outcomes = Vec::with_capacity(group.len());
    for request in group {
        let savepoint = transaction.savepoint().map_err(store_error)?;
        let outcome = apply(&savepoint, &request.writes);
        match outcome {
            Ok(committed) => {
                savepoint.commit().map_err(store_error)?;
                outcomes.push(Ok(committed));
            }
            // A contradiction concerns this request only: its savepoint is rolled back by dropping it.
            Err(error @ StoreError::Conflict) => outcomes.push(Err(error)),
            Err(error) => return Err(error),
        }
    }
    transaction.commit().map_err(store_error)?;
    Ok(outcomes)
}

fn apply(connection: &Connection, writes: &[Write]) -> Result<Committed, StoreError> {
    let mut committed = Committed::default();
    for write in writes {
        apply_one(connection, write, &mut committed)?;
    }
    Ok(committed)
}

fn apply_one(connection: &Connection, write: &Write, committed: &mut Committed) -> Result<(), StoreError> {
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
                "INSERT INTO workshops VALUES (?1, ?2, ?3, ?4)",
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
                "INSERT INTO documents (id, workshop, kind, last_seq) VALUES (?1, ?2, ?3, 0)",
                params![&document.as_bytes()[..], workshop, super::read::kind_text(*kind)],
            )?;
            run(
                "INSERT INTO snapshots VALUES (?1, 0, ?2, ?3)",
                params![connection.last_insert_rowid(), &body_hash(snapshot)[..], snapshot],
            )?;
        }
        Write::AddGroup {
            workshop,
            group,
            document,
        } => {
            let added = run(
                "INSERT INTO groups (workshop, id, document) SELECT id, ?2, ?3 FROM workshops WHERE id = ?1",
                params![workshop, group.as_str(), &document.as_bytes()[..]],
            )?;
            if added != 1 {
                return Err(StoreError::Conflict);
            }
        }
        Write::Append { document, changes } => append(connection, document, changes, committed)?,
        Write::Compact {
            document,
            up_to_seq,
            snapshot,
        } => compact(connection, document, *up_to_seq, snapshot)?,
        Write::SetTheme { workshop, theme } => {
            run(
                "UPDATE workshops SET theme = ?2 WHERE id = ?1",
                params![workshop, theme],
            )?;
        }
        Write::AddLink(link) => {
            run(
                "INSERT INTO links VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
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
                run(
                    "UPDATE links SET revoked = 1 WHERE workshop = ?1 AND kind = ?2",
                    params![workshop, kind.as_str()],
                )?;
                run(
                    "UPDATE seats SET revoked = 1 WHERE workshop = ?1 AND via = ?2 AND device <> ?3",
                    params![workshop, kind.as_str(), keep_device],
                )?;
            }
        }
        Write::AddDevice(device) => {
            run(
                "INSERT INTO devices VALUES (?1, ?2, ?3)",
                params![&device.hash.0[..], device.device, device.created_at_ms],
            )?;
        }
        Write::PutSeat(seat) => {
            run(
                "INSERT OR REPLACE INTO seats VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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
        }
        Write::AddToken(token) => {
            run(
                "INSERT INTO tokens VALUES (?1, ?2, ?3, ?4)",
                params![&token.hash.0[..], token.device, token.workshop, token.expires_at_ms],
            )?;
        }
        Write::RecordTransfer { workshop, id, at_ms } => {
            run(
                "INSERT INTO transfers VALUES (?1, ?2, ?3)",
                params![workshop, id, at_ms],
            )?;
        }
        Write::Canary(value) => {
            run("UPDATE canary SET value = ?1", params![value.cast_signed()])?;
        }
    }
    Ok(())
}

/// The document's row, its last sequence number and that of its snapshot. A document that is not there is a contradiction.
fn document_row(connection: &Connection, document: &DocumentId) -> Result<(i64, u64, u64), StoreError> {
    connection
        .prepare_cached("SELECT row, last_seq, up_to_seq FROM documents JOIN snapshots ON document = row WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row(params![&document.as_bytes()[..]], |row| {
                    Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
                })
                .optional()
        })
        .map_err(store_error)?
        .map(|(row, last, snapshot): (i64, i64, i64)| (row, last.cast_unsigned(), snapshot.cast_unsigned()))
        .ok_or(StoreError::Conflict)
}

fn append(
    connection: &Connection,
    document: &DocumentId,
    changes: &[Vec<u8>],
    committed: &mut Committed,
) -> Result<(), StoreError> {
    let (row, mut last_seq, snapshot_seq) = document_row(connection, document)?;
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO changes VALUES (?1, ?2, ?3, ?4)")
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
            .prepare_cached("UPDATE documents SET last_seq = ?2 WHERE row = ?1")
            .and_then(|mut statement| statement.execute(params![row, last_seq.cast_signed()]))
            .map_err(store_error)?;
    }
    committed.appended += last_seq - before;
    committed.increments = committed.increments.max(last_seq - snapshot_seq);
    Ok(())
}

/// The new snapshot and the removal of what it replaces are one transaction: there is no moment without either.
fn compact(connection: &Connection, document: &DocumentId, up_to_seq: u64, snapshot: &[u8]) -> Result<(), StoreError> {
    let (row, last_seq, snapshot_seq) = document_row(connection, document)?;
    if up_to_seq > last_seq || up_to_seq < snapshot_seq {
        return Err(StoreError::Conflict);
    }
    let replaced = connection
        .prepare_cached("UPDATE snapshots SET up_to_seq = ?2, hash = ?3, body = ?4 WHERE document = ?1")
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
