//! From the document to entries, all of it or what changed.

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ValueRef};

use super::{
    Dirty, Raw, RawGroup, RawIsland, RawNote, RawPerson, RawPoint, RawRelation,
    entry::{Entry, Field},
    parse_mark,
};
use crate::{
    board::{keys::*, register::*},
    id::{IslandId, NoteId, PersonId, RelationId},
    order::OrderKey,
};

impl Raw {
    /// Reads the whole document.
    pub fn read(doc: &Automerge) -> Self {
        let mut raw = Self::default();
        for item in doc.map_range(ROOT, ..) {
            match (&*item.key, &item.value) {
                (KEY_SCHEMA, _) => {
                    raw.schema = Field::read(doc, item.value.clone(), || item.id())
                        .int()
                        .map(|value| value.max(0) as u64)
                }
                (KEY_KIND, _) => raw.kind = Field::read(doc, item.value.clone(), || item.id()).string(),
                (key, ValueRef::Object(ObjType::Map)) => {
                    if let Some(name) = MAPS.iter().find(|name| **name == key) {
                        raw.maps.insert(name, item.id());
                    }
                }
                _ => {}
            }
        }
        raw.read_group(doc);
        raw.read_marks(doc);
        raw.read_path(doc);
        raw.read_trivia(doc);
        for (id, obj) in raw.entries(doc, NOTES) {
            raw.read_note(doc, id, obj);
        }
        for (id, obj) in raw.entries(doc, ISLANDS) {
            raw.read_island(doc, id, obj);
        }
        for (id, obj) in raw.entries(doc, RELATIONS) {
            raw.read_relation(doc, id, obj);
        }
        for (id, obj) in raw.entries(doc, PEOPLE) {
            raw.read_person(doc, id, obj);
        }
        for (id, obj) in raw.entries(doc, POINTS) {
            raw.read_point(doc, id, obj);
        }
        raw
    }

    /// Reads again what changed.
    pub fn refresh(&mut self, doc: &Automerge, dirty: &Dirty) {
        for id in &dirty.notes {
            if let Some(obj) = self.entry(doc, NOTES, id.as_str()) {
                self.read_note(doc, id.to_string(), obj);
            }
        }
        for id in dirty.texts.difference(&dirty.notes) {
            if let Some(note) = self.notes.get_mut(id)
                && let Some(obj) = &note.text_obj
            {
                note.text = doc.text(obj).unwrap_or_default();
            }
        }
        for id in &dirty.islands {
            if let Some(obj) = self.entry(doc, ISLANDS, id.as_str()) {
                self.read_island(doc, id.to_string(), obj);
            }
        }
        for id in &dirty.relations {
            if let Some(obj) = self.entry(doc, RELATIONS, id.as_str()) {
                self.read_relation(doc, id.to_string(), obj);
            }
        }
        for id in &dirty.people {
            if let Some(obj) = self.entry(doc, PEOPLE, id.as_str()) {
                self.read_person(doc, id.to_string(), obj);
            }
        }
        for id in &dirty.points {
            if let Some(obj) = self.entry(doc, POINTS, id) {
                self.read_point(doc, id.clone(), obj);
            }
        }
        if dirty.group {
            self.read_group(doc);
            self.read_trivia(doc);
        }
        if dirty.marks {
            self.read_marks(doc);
        }
        if dirty.path {
            self.read_path(doc);
        }
    }

    fn entry(&self, doc: &Automerge, map: &str, key: &str) -> Option<ObjId> {
        match doc.get(self.maps.get(map)?, key) {
            Ok(Some((automerge::Value::Object(ObjType::Map), obj))) => Some(obj),
            _ => None,
        }
    }

    fn entries(&mut self, doc: &Automerge, map: &'static str) -> Vec<(String, ObjId)> {
        let Some(obj) = self.maps.get(map) else {
            return Vec::new();
        };
        let mut entries = Vec::new();
        for item in doc.map_range(obj, ..) {
            if item.value == ValueRef::Object(ObjType::Map) {
                entries.push((item.key.to_string(), item.id()));
            } else {
                self.unreadable.insert(format!("{map}/{}", shortened(&item.key)));
            }
        }
        entries
    }

    /// Parses an entry's key; what is no identifier is reported.
    fn key<T: std::str::FromStr>(&mut self, map: &str, key: &str) -> Option<T> {
        let parsed = key.parse().ok();
        if parsed.is_none() {
            self.unreadable.insert(format!("{map}/{}", shortened(key)));
        }
        parsed
    }

    fn check(&mut self, path: String, readable: bool) {
        if readable {
            self.unreadable.remove(&path);
        } else {
            self.unreadable.insert(path);
        }
    }

    fn read_note(&mut self, doc: &Automerge, key: String, obj: ObjId) {
        let Some(id) = self.key::<NoteId>(NOTES, &key) else {
            return;
        };
        let mut entry = Entry::read(doc, &obj);
        let (text_obj, text) = entry.text(TEXT);
        let (place, place_text, readable) = entry.place();
        self.check(format!("{NOTES}/{id}/{PLACE}"), readable);
        let note = RawNote {
            obj,
            text_obj,
            text,
            place,
            place_text,
            colour: entry.colour(),
            author: entry.parsed(AUTHOR),
            device: entry.string(DEVICE).unwrap_or_default(),
            at_ms: entry.int(AT).unwrap_or_default(),
            marker: entry.string(MARKER),
            row_group: entry.parsed(ROW_GROUP),
            withheld: entry.bool(WITHHELD),
            lone_wolf: entry.bool(LONE_WOLF),
            source: entry.string(SOURCE).map(|text| parse_source(&text)).unwrap_or_default(),
            trivia: entry.trivia(),
            states: entry.states,
        };
        self.notes.insert(id, note);
    }

    fn read_island(&mut self, doc: &Automerge, key: String, obj: ObjId) {
        let Some(id) = self.key::<IslandId>(ISLANDS, &key) else {
            return;
        };
        let mut entry = Entry::read(doc, &obj);
        let (heading_obj, heading) = entry.text(HEADING);
        let (place, place_text, readable) = entry.place();
        self.check(format!("{ISLANDS}/{id}/{PLACE}"), readable);
        let merged_into = entry.filled(MERGED_INTO);
        let merge = merged_into.as_deref().and_then(parse_merge);
        self.check(
            format!("{ISLANDS}/{id}/{MERGED_INTO}"),
            merge.is_some() == merged_into.is_some(),
        );
        let island = RawIsland {
            obj,
            heading_obj,
            heading,
            place,
            place_text,
            colour: entry.colour(),
            collapsed: entry.bool(COLLAPSED),
            merge,
            withheld: entry.bool(WITHHELD),
            source: entry.string(SOURCE).map(|text| parse_source(&text)).unwrap_or_default(),
            trivia: entry.trivia(),
            states: entry.states,
        };
        self.islands.insert(id, island);
    }

    fn read_relation(&mut self, doc: &Automerge, key: String, obj: ObjId) {
        let Some(id) = self.key::<RelationId>(RELATIONS, &key) else {
            return;
        };
        let mut entry = Entry::read(doc, &obj);
        let (label_obj, label) = entry.text(LABEL);
        let (from, to) = (entry.parsed(FROM), entry.parsed(TO));
        let path = format!("{RELATIONS}/{id}");
        let (Some(from), Some(to)) = (from, to) else {
            self.relations.remove(&id);
            return self.check(path, false);
        };
        self.check(path, true);
        let kind = entry
            .string(KIND)
            .and_then(|name| named(&RELATION_KINDS, &name))
            .unwrap_or_default();
        self.relations.insert(
            id,
            RawRelation {
                obj,
                label_obj,
                label,
                from,
                to,
                kind,
                states: entry.states,
            },
        );
    }

    fn read_person(&mut self, doc: &Automerge, key: String, obj: ObjId) {
        let Some(id) = self.key::<PersonId>(PEOPLE, &key) else {
            return;
        };
        let mut entry = Entry::read(doc, &obj);
        let person = RawPerson {
            obj,
            name: entry.string(NAME).unwrap_or_default(),
            coordinator: entry.bool(COORDINATOR),
            order: entry.parsed(ORDER).unwrap_or_else(OrderKey::middle),
            line_break_before: entry.bool(LINE_BREAK_BEFORE),
            raw: entry.filled(RAW),
            removed: entry.bool(REMOVED),
        };
        self.people.insert(id, person);
    }

    fn read_point(&mut self, doc: &Automerge, key: String, obj: ObjId) {
        let mut entry = Entry::read(doc, &obj);
        let kind = entry.string(KIND).and_then(|name| named(&POINT_KINDS, &name));
        let path = format!("{POINTS}/{}", shortened(&key));
        let (Some(item), Some(kind)) = (entry.parsed(ITEM), kind) else {
            return self.check(path, false);
        };
        self.check(path, true);
        let members = entry.string(MEMBERS).unwrap_or_default();
        let members = members.split_whitespace().filter_map(|id| id.parse().ok()).collect();
        let chosen = entry
            .int(CHOSEN)
            .and_then(|chosen| usize::try_from(chosen).ok())
            .unwrap_or(0);
        self.points.insert(
            key,
            RawPoint {
                obj,
                item,
                kind,
                members,
                chosen,
            },
        );
    }

    fn read_group(&mut self, doc: &Automerge) {
        let Some(obj) = self.maps.get(GROUP) else { return };
        let mut entry = Entry::read(doc, obj);
        let mut string = |key| entry.string(key).unwrap_or_default();
        self.group = RawGroup {
            name: string(NAME),
            icon: string(ICON),
            theme: string(THEME),
        };
    }

    fn read_trivia(&mut self, doc: &Automerge) {
        let Some(obj) = self.maps.get(TRIVIA) else { return };
        let entry = Entry::read(doc, obj);
        self.trivia = entry
            .fields
            .into_iter()
            .filter_map(|(key, field)| Some((key, field.string()?)))
            .collect();
    }

    fn read_marks(&mut self, doc: &Automerge) {
        let Some(obj) = self.maps.get(MARKS) else { return };
        self.marks = Entry::read(doc, obj)
            .fields
            .iter()
            .filter(|(_, field)| field.bool())
            .filter_map(|(key, _)| parse_mark(key))
            .collect();
    }

    fn read_path(&mut self, doc: &Automerge) {
        let text = match doc.get(ROOT, KEY_PATH) {
            Ok(Some((automerge::Value::Object(ObjType::Text), obj))) => doc.text(&obj).unwrap_or_default(),
            Ok(Some((value, _))) => value.as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        self.path = text.split_whitespace().filter_map(|id| id.parse().ok()).collect();
    }
}
/// A key for a problem report: a hostile one may be megabytes long.
fn shortened(key: &str) -> String {
    key.chars().take(crate::id::ID_BYTES_MAX).collect()
}
