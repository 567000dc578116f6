//! Who may only read, who wrote as whom, and what coordinators did.

use board::PersonId;
use rusqlite::{Connection, params};
use sync::DocumentId;

use super::{StoreError, damaged, erasure, group_id, read::sealed, seal, store_error};
use crate::store::{ActRow, WriterRow};

fn run(connection: &Connection, sql: &str, parameters: &[&dyn rusqlite::ToSql]) -> Result<usize, StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(parameters))
        .map_err(store_error)
}

/// Makes a seat read-only, or not.
pub fn set_read_only(connection: &Connection, workshop: &str, device: &str, read_only: bool) -> Result<(), StoreError> {
    // A seat whose row is damaged is left alone: a new seal would hide that.
    let intact = seal::expression("seats");
    let changed = run(
        connection,
        &format!("UPDATE seats SET read_only = ?3 WHERE workshop = ?1 AND device = ?2 AND seal = {intact}"),
        params![workshop, device, read_only],
    )?;
    if changed == 0 {
        return Err(StoreError::Conflict);
    }
    let seat = "workshop = ?1 AND device = ?2";
    seal::renew(connection, "seats", seat, params![workshop, device])
}

/// Takes a person's name and identifier from where they are not part of a document.
pub fn forget_person(connection: &Connection, workshop: &str, person: &PersonId) -> Result<(), StoreError> {
    // A seat whose row is damaged is left alone: a new seal would hide that.
    let mut statement = connection
        .prepare_cached(&format!(
            "SELECT device FROM seats WHERE workshop = ?1 AND person = ?2 AND seal = {}",
            seal::expression("seats")
        ))
        .map_err(store_error)?;
    let devices: Vec<String> = statement
        .query_map(params![workshop, person.as_str()], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(store_error)?;
    for device in devices {
        run(
            connection,
            "UPDATE seats SET person = NULL, person_name = '' WHERE workshop = ?1 AND device = ?2",
            params![workshop, device],
        )?;
        seal::renew(
            connection,
            "seats",
            "workshop = ?1 AND device = ?2",
            params![workshop, device],
        )?;
    }
    run(
        connection,
        &format!(
            "UPDATE writers SET person = NULL, seal = seal('writers', document, actor, device, NULL)
             WHERE person = ?1 AND seal = {}",
            seal::expression("writers")
        ),
        params![person.as_str()],
    )?;
    erasure::owe(connection)
}

/// Remembers as whom a device wrote.
pub fn record_writer(connection: &Connection, document: &DocumentId, writer: &WriterRow) -> Result<(), StoreError> {
    run(
        connection,
        "INSERT OR IGNORE INTO writers VALUES (?1, ?2, ?3, ?4, seal('writers', ?1, ?2, ?3, ?4))",
        params![
            &document.as_bytes()[..],
            writer.actor,
            writer.device,
            writer.person.as_ref().map(PersonId::as_str)
        ],
    )
    .map(|_| ())
}

/// As whom devices wrote on a document.
pub fn writers(connection: &Connection, document: &DocumentId) -> Result<Vec<WriterRow>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!(
            "SELECT actor, device, person, seal = {} FROM writers WHERE document = ?1",
            seal::expression("writers")
        ))
        .map_err(store_error)?;
    let mut rows = statement
        .query(params![&document.as_bytes()[..]])
        .map_err(store_error)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        sealed(row, 3, "who wrote as whom")?;
        let person: Option<String> = row.get(2).map_err(store_error)?;
        found.push(WriterRow {
            actor: row.get(0).map_err(store_error)?,
            device: row.get(1).map_err(store_error)?,
            person: person
                .map(|person| person.parse().map_err(|_| damaged("a person id")))
                .transpose()?,
        });
    }
    Ok(found)
}

/// Remembers what a coordinator did.
pub fn record_act(connection: &Connection, act: &ActRow) -> Result<(), StoreError> {
    run(
        connection,
        "INSERT INTO acts (workshop, at_ms, device, act, group_id, subject, count, seal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, seal('acts', ?1, ?2, ?3, ?4, ?5, ?6, ?7))",
        params![
            act.workshop,
            act.at_ms,
            act.device,
            act.act,
            act.group.as_ref().map(|group| group.as_str()),
            act.subject,
            act.count.cast_signed()
        ],
    )
    .map(|_| ())
}

/// What coordinators did, the latest first.
pub fn acts(connection: &Connection, workshop: &str, limit: usize) -> Result<Vec<ActRow>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!(
            "SELECT at_ms, device, act, group_id, subject, count, seal = {} FROM acts
             WHERE workshop = ?1 ORDER BY row DESC LIMIT ?2",
            seal::expression("acts")
        ))
        .map_err(store_error)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![workshop, limit]).map_err(store_error)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        sealed(row, 6, "an act of the log")?;
        found.push(ActRow {
            workshop: workshop.to_owned(),
            at_ms: row.get(0).map_err(store_error)?,
            device: row.get(1).map_err(store_error)?,
            act: row.get(2).map_err(store_error)?,
            group: group_id(row.get(3).map_err(store_error)?)?,
            subject: row.get(4).map_err(store_error)?,
            count: row.get::<_, i64>(5).map_err(store_error)?.cast_unsigned(),
        });
    }
    Ok(found)
}
