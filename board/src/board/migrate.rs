//! Older schemas, brought up to date when a document is opened.
//!
//! Version 0 (never released; it keeps the mechanism tested) had `parent`, `order`, `x` and `y` in keys of their own.
//!
//! Several replicas may open the same old document at the same time. The migration is written by an actor whose
//! name is derived from the document's heads, at time 0: replicas with the same history make the very same change,
//! and others make changes of different actors that say the same.

use automerge::{
    ActorId, Automerge, AutomergeError, Change, ObjType, ROOT, ReadDoc, ScalarValue,
    transaction::{CommitOptions, Transactable},
};

use super::{
    keys::*,
    raw::Raw,
    register::{fingerprint, print_place},
};

/// Migrates if the schema is older than this program's. The change is returned so that it can be stored and spread.
/// A document that cannot be migrated is left as it is: readers understand it anyway.
pub(crate) fn migrate(doc: &mut Automerge) -> Option<Change> {
    let raw = Raw::read(doc);
    if raw.kind.as_deref() != Some(KIND_BOARD) || raw.schema.is_none_or(|found| found >= SCHEMA) {
        return None;
    }
    let own = doc.get_actor().clone();
    doc.set_actor(migration_actor(doc));
    let result = from_0(doc, &raw);
    doc.set_actor(own);
    let hash = result.ok()??;
    doc.get_change_by_hash(&hash)
}

fn migration_actor(doc: &Automerge) -> ActorId {
    let heads: Vec<String> = doc.get_heads().iter().map(ToString::to_string).collect();
    let mut parts: Vec<&str> = heads.iter().map(String::as_str).collect();
    parts.push("schema 1");
    let first = fingerprint(&parts);
    parts.push("again");
    let bytes: Vec<u8> = [first.to_be_bytes(), fingerprint(&parts).to_be_bytes()].concat();
    ActorId::from(bytes)
}

fn from_0(doc: &mut Automerge, raw: &Raw) -> Result<Option<automerge::ChangeHash>, AutomergeError> {
    let mut tx = doc.transaction();
    for map in MAPS.iter().filter(|map| !raw.maps.contains_key(*map)) {
        tx.put_object(ROOT, *map, ObjType::Map)?;
    }
    for note in raw.notes.values().filter(|note| note.place_text.is_empty()) {
        tx.put(&note.obj, PLACE, print_place(&note.place))?;
    }
    for island in raw.islands.values().filter(|island| island.place_text.is_empty()) {
        tx.put(&island.obj, PLACE, print_place(&island.place))?;
    }
    tx.put(ROOT, KEY_SCHEMA, ScalarValue::Int(SCHEMA as i64))?;
    Ok(tx.commit_with(CommitOptions::default().with_time(0)).0)
}
