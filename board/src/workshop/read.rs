//! From the workshop document to its view. Total: whatever stands there can be read.

use std::collections::BTreeMap;

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};

use super::{ANNOUNCEMENTS, Announcement, GROUPS, SCHEMA, Stage, TRIVIA, Timer, WorkshopGroup, WorkshopView};
use crate::{id::GroupId, order::OrderKey, view::SchemaState};

pub(crate) fn view(doc: &Automerge) -> WorkshopView {
    let text = |key| string(doc, key).unwrap_or_default();
    let schema = match number(doc, &ROOT, "schema") {
        Some(found) if found > SCHEMA as i64 => SchemaState::Newer { found: found as u64 },
        _ => SchemaState::Current,
    };
    WorkshopView {
        schema,
        theme: text("theme"),
        date: text("date"),
        venue: text("venue"),
        // A stage nobody knows must not open a closed workshop: writing is only the default of a missing one.
        stage: string(doc, "stage").map_or(Stage::Writing, |name| Stage::named(&name).unwrap_or(Stage::Closed)),
        groups: groups(doc),
        timer: string(doc, "timer").as_deref().and_then(parse_timer),
        announcements: announcements(doc),
        read_others: flag(doc, &ROOT, "read_others").unwrap_or(true),
        trivia: trivia(doc),
    }
}

/// A string of the root.
pub(crate) fn string(doc: &Automerge, key: &str) -> Option<String> {
    string_of(doc, &ROOT, key)
}

fn string_of(doc: &Automerge, obj: &ObjId, key: &str) -> Option<String> {
    match doc.get(obj, key).ok()?? {
        (Value::Object(ObjType::Text), text) => doc.text(&text).ok(),
        (value, _) => value.as_str().map(str::to_owned),
    }
}

fn number(doc: &Automerge, obj: &ObjId, key: &str) -> Option<i64> {
    match doc.get(obj, key).ok()?? {
        (Value::Scalar(value), _) => match value.as_ref() {
            ScalarValue::Int(value) | ScalarValue::Timestamp(value) => Some(*value),
            ScalarValue::Uint(value) => i64::try_from(*value).ok(),
            ScalarValue::F64(value) if value.is_finite() => Some(*value as i64),
            _ => None,
        },
        _ => None,
    }
}

fn flag(doc: &Automerge, obj: &ObjId, key: &str) -> Option<bool> {
    match doc.get(obj, key).ok()?? {
        (Value::Scalar(value), _) => match value.as_ref() {
            ScalarValue::Boolean(value) => Some(*value),
            _ => None,
        },
        _ => None,
    }
}

/// The entries of a map under the root that are maps themselves.
fn entries(doc: &Automerge, map: &str) -> Vec<(String, ObjId)> {
    let Ok(Some((Value::Object(ObjType::Map), map))) = doc.get(ROOT, map) else {
        return Vec::new();
    };
    let entry = |key: String| match doc.get(&map, key.as_str()) {
        Ok(Some((Value::Object(ObjType::Map), obj))) => Some((key, obj)),
        _ => None,
    };
    doc.keys(&map).filter_map(entry).collect()
}

fn groups(doc: &Automerge) -> Vec<WorkshopGroup> {
    let mut groups: Vec<(OrderKey, WorkshopGroup)> = Vec::new();
    for (key, obj) in entries(doc, GROUPS) {
        let Ok(id) = key.parse::<GroupId>() else { continue };
        let text = |key| string_of(doc, &obj, key).unwrap_or_default();
        let order = text("order").parse().unwrap_or_else(|_| OrderKey::middle());
        let group = WorkshopGroup {
            id,
            name: text("name"),
            icon: Some(text("icon")).filter(|icon| !icon.is_empty()),
            board: text("board"),
            locked: flag(doc, &obj, "locked").unwrap_or(false),
            removed: flag(doc, &obj, "removed").unwrap_or(false),
        };
        groups.push((order, group));
    }
    groups.sort_by(|left, right| (&left.0, &left.1.id).cmp(&(&right.0, &right.1.id)));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The order keys of the groups as they stand, for inserting between them.
pub(crate) fn orders(doc: &impl ReadDoc, groups: &[WorkshopGroup]) -> Vec<OrderKey> {
    let key = |group: &WorkshopGroup| {
        let (_, map) = doc.get(ROOT, GROUPS).ok()??;
        let (_, entry) = doc.get(&map, group.id.as_str()).ok()??;
        match doc.get(&entry, "order").ok()?? {
            (Value::Object(ObjType::Text), text) => doc.text(&text).ok()?.parse().ok(),
            (value, _) => value.as_str()?.parse().ok(),
        }
    };
    groups
        .iter()
        .map(|group| key(group).unwrap_or_else(OrderKey::middle))
        .collect()
}

fn announcements(doc: &Automerge) -> Vec<Announcement> {
    let read = |(id, obj): (String, ObjId)| Announcement {
        text: string_of(doc, &obj, "text").unwrap_or_default(),
        at_ms: number(doc, &obj, "at").unwrap_or_default(),
        id,
    };
    let mut announcements: Vec<Announcement> = entries(doc, ANNOUNCEMENTS).into_iter().map(read).collect();
    announcements.sort_by(|left, right| (left.at_ms, &left.id).cmp(&(right.at_ms, &right.id)));
    announcements
}

fn trivia(doc: &Automerge) -> BTreeMap<String, String> {
    let Ok(Some((Value::Object(ObjType::Map), map))) = doc.get(ROOT, TRIVIA) else {
        return BTreeMap::new();
    };
    doc.keys(&map)
        .filter_map(|key| string_of(doc, &map, &key).map(|text| (key, text)))
        .collect()
}

/// A timer as one register: `<start> <end>`, so that the two stay together; nothing when none runs.
pub(crate) fn print_timer(timer: Option<Timer>) -> String {
    timer.map_or_else(String::new, |timer| {
        format!("{} {}", timer.started_at_ms, timer.ends_at_ms)
    })
}

fn parse_timer(text: &str) -> Option<Timer> {
    let (start, end) = text.split_once(' ')?;
    Some(Timer {
        started_at_ms: start.parse().ok()?,
        ends_at_ms: end.parse().ok()?,
    })
}

/// Whether a register holds a running timer.
pub(crate) fn is_timer(text: &str) -> bool {
    parse_timer(text).is_some()
}
