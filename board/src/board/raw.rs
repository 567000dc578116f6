//! Entries of the document as they stand there: read tolerantly, resolved by nobody yet.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValueRef, ValueRef};

use super::{keys::*, register::*};
use crate::{
    command::Place,
    geometry::Point,
    id::{IslandId, ItemId, NoteId, PersonId, RelationId},
    order::OrderKey,
    view::{Colour, ItemTrivia, OpenPointKind, RelationKind, Source},
};

/// Everything a board document holds, entry by entry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw {
    /// The maps under the root that exist, with their objects.
    pub maps: BTreeMap<&'static str, ObjId>,
    pub schema: Option<u64>,
    pub kind: Option<String>,
    pub group: RawGroup,
    pub notes: BTreeMap<NoteId, RawNote>,
    pub islands: BTreeMap<IslandId, RawIsland>,
    pub relations: BTreeMap<RelationId, RawRelation>,
    pub people: BTreeMap<PersonId, RawPerson>,
    pub marks: BTreeSet<(PersonId, ItemId, u8)>,
    pub points: BTreeMap<String, RawPoint>,
    pub trivia: BTreeMap<String, String>,
    pub path: Vec<ItemId>,
    /// Paths of entries that no rule understands.
    pub unreadable: BTreeSet<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct RawGroup {
    pub name: String,
    pub icon: String,
    pub theme: String,
}

#[derive(Debug, Clone)]
pub(crate) struct RawNote {
    pub obj: ObjId,
    pub text_obj: Option<ObjId>,
    pub text: String,
    pub place: Place,
    /// The place as written, for the fingerprint.
    pub place_text: String,
    pub colour: Colour,
    pub author: Option<PersonId>,
    pub device: String,
    pub at_ms: i64,
    pub marker: Option<String>,
    pub row_group: Option<NoteId>,
    /// All values that stand beside each other after concurrent writes; the winner last.
    pub states: Vec<StateRegister>,
    pub withheld: bool,
    pub lone_wolf: bool,
    pub source: Source,
    pub trivia: ItemTrivia,
}

#[derive(Debug, Clone)]
pub(crate) struct RawIsland {
    pub obj: ObjId,
    pub heading_obj: Option<ObjId>,
    pub heading: String,
    pub place: Place,
    pub place_text: String,
    pub colour: Colour,
    pub collapsed: bool,
    pub merge: Option<Merge>,
    pub states: Vec<StateRegister>,
    pub withheld: bool,
    pub source: Source,
    pub trivia: ItemTrivia,
}

#[derive(Debug, Clone)]
pub(crate) struct RawRelation {
    pub obj: ObjId,
    pub label_obj: Option<ObjId>,
    pub label: String,
    pub from: ItemId,
    pub to: ItemId,
    pub kind: RelationKind,
    pub states: Vec<StateRegister>,
}

#[derive(Debug, Clone)]
pub(crate) struct RawPerson {
    pub obj: ObjId,
    pub name: String,
    pub coordinator: bool,
    pub order: OrderKey,
    pub line_break_before: bool,
    pub raw: Option<String>,
    pub removed: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct RawPoint {
    pub obj: ObjId,
    pub item: ItemId,
    pub kind: OpenPointKind,
    pub members: Vec<ItemId>,
    pub chosen: usize,
}

impl RawNote {
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&[&self.text, &self.place_text, name_of(&COLOURS, &self.colour)])
    }
}
impl RawIsland {
    pub fn fingerprint(&self) -> u64 {
        let merge = print_merge(self.merge.as_ref());
        fingerprint(&[&self.heading, &self.place_text, name_of(&COLOURS, &self.colour), &merge])
    }
}
impl RawRelation {
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&[&self.label, name_of(&RELATION_KINDS, &self.kind)])
    }
}

/// One value of an entry, as far as boards know values.
enum Field {
    Str(String),
    Text(ObjId, String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Other,
}

impl Field {
    fn read(doc: &Automerge, value: ValueRef<'_>, id: impl FnOnce() -> ObjId) -> Self {
        match value {
            ValueRef::Object(ObjType::Text) => {
                let obj = id();
                let text = doc.text(&obj).unwrap_or_default();
                Self::Text(obj, text)
            }
            ValueRef::Object(_) => Self::Other,
            ValueRef::Scalar(scalar) => match scalar {
                ScalarValueRef::Str(text) => Self::Str(text.into_owned()),
                ScalarValueRef::Int(value) | ScalarValueRef::Timestamp(value) | ScalarValueRef::Counter(value) => {
                    Self::Int(value)
                }
                ScalarValueRef::Uint(value) => Self::Int(i64::try_from(value).unwrap_or(i64::MAX)),
                ScalarValueRef::F64(value) => Self::Float(value),
                ScalarValueRef::Boolean(value) => Self::Bool(value),
                ScalarValueRef::Bytes(_) | ScalarValueRef::Unknown { .. } | ScalarValueRef::Null => Self::Other,
            },
        }
    }
    fn string(self) -> Option<String> {
        match self {
            Self::Str(text) | Self::Text(_, text) => Some(text),
            _ => None,
        }
    }
    fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Float(value) if value.is_finite() => Some(*value as i64),
            _ => None,
        }
    }
    fn float(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) if value.is_finite() => Some(*value),
            _ => None,
        }
    }
    fn bool(&self) -> bool {
        matches!(self, Self::Bool(true))
    }
}

/// The fields of one entry, taken out one by one.
struct Entry {
    fields: BTreeMap<String, Field>,
    states: Vec<StateRegister>,
}

impl Entry {
    fn read(doc: &Automerge, obj: &ObjId) -> Self {
        let mut fields = BTreeMap::new();
        let mut states = Vec::new();
        for item in doc.map_range(obj, ..) {
            if item.key == STATE && item.conflict {
                states = all_states(doc, obj);
            }
            let id = || item.id();
            fields.insert(item.key.to_string(), Field::read(doc, item.value.clone(), id));
        }
        let mut entry = Self { fields, states };
        if entry.states.is_empty() {
            entry.states = entry
                .string(STATE)
                .and_then(|text| StateRegister::parse(&text))
                .into_iter()
                .collect();
        }
        entry
    }
    fn take(&mut self, key: &str) -> Option<Field> {
        self.fields.remove(key)
    }
    fn string(&mut self, key: &str) -> Option<String> {
        self.take(key).and_then(Field::string)
    }
    /// A string that is not empty.
    fn filled(&mut self, key: &str) -> Option<String> {
        self.string(key).filter(|text| !text.is_empty())
    }
    fn parsed<T: std::str::FromStr>(&mut self, key: &str) -> Option<T> {
        self.string(key).and_then(|text| text.parse().ok())
    }
    fn bool(&mut self, key: &str) -> bool {
        self.take(key).is_some_and(|field| field.bool())
    }
    fn int(&mut self, key: &str) -> Option<i64> {
        self.take(key).and_then(|field| field.int())
    }
    fn float(&mut self, key: &str) -> Option<f64> {
        self.take(key).and_then(|field| field.float())
    }
    fn text(&mut self, key: &str) -> (Option<ObjId>, String) {
        match self.take(key) {
            Some(Field::Text(obj, text)) => (Some(obj), text),
            Some(Field::Str(text)) => (None, text),
            _ => (None, String::new()),
        }
    }
    fn colour(&mut self) -> Colour {
        self.string(COLOUR)
            .and_then(|name| named(&COLOURS, &name))
            .unwrap_or_default()
    }
    fn trivia(&mut self) -> ItemTrivia {
        let blanks = self.int(BLANKS).and_then(|blanks| u32::try_from(blanks).ok());
        ItemTrivia {
            blanks,
            prev: self.parsed(PREV),
        }
    }
    /// The place; without a readable one that of schema 0, else the sheet's corner. False: it was unreadable.
    fn place(&mut self) -> (Place, String, bool) {
        let text = self.string(PLACE);
        if let Some(place) = text.as_deref().and_then(parse_place) {
            return (place, text.unwrap_or_default(), true);
        }
        let old = old_place(self);
        let readable = text.is_none() && old.is_some();
        let place = old.unwrap_or_else(|| Place {
            parent: None,
            order: OrderKey::middle(),
            at: LOST,
        });
        (place, text.unwrap_or_default(), readable)
    }
}

/// Where items without a readable place lie: the sheet's top left, a little in.
const LOST: Point = Point::new(40.0, 40.0);

/// A place as schema 0 had it, in keys of their own.
fn old_place(entry: &mut Entry) -> Option<Place> {
    let order = entry.string(ORDER)?.parse().ok()?;
    let parent = entry.string(PARENT).and_then(|parent| parent.parse().ok());
    let clamp = |value: f64| value.clamp(-COORDINATE_MAX, COORDINATE_MAX);
    let at = Point::new(clamp(entry.float(X)?), clamp(entry.float(Y)?));
    Some(Place {
        parent,
        order,
        at: rounded(at),
    })
}

fn all_states(doc: &Automerge, obj: &ObjId) -> Vec<StateRegister> {
    let values = doc.get_all(obj, STATE).unwrap_or_default();
    let read = |(value, id): (automerge::Value<'_>, ObjId)| match &value {
        automerge::Value::Object(ObjType::Text) => StateRegister::parse(&doc.text(&id).unwrap_or_default()),
        value => StateRegister::parse(value.as_str()?),
    };
    values.into_iter().filter_map(read).collect()
}

/// Which entries have to be read again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dirty {
    /// Root registers or whole maps changed: read everything.
    pub everything: bool,
    pub notes: BTreeSet<NoteId>,
    pub islands: BTreeSet<IslandId>,
    pub relations: BTreeSet<RelationId>,
    pub people: BTreeSet<PersonId>,
    pub points: BTreeSet<String>,
    pub group: bool,
    pub marks: bool,
    pub path: bool,
    /// Notes of which only the text changed; they are in `notes` too if anything else did.
    pub texts: BTreeSet<NoteId>,
}

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

/// The key of a dot: `<person>/<target>/<round>`.
pub(crate) fn print_mark(person: &PersonId, target: &ItemId, round: u8) -> String {
    format!("{person}/{target}/{round}")
}

/// Reads the key of a dot.
pub(crate) fn parse_mark(key: &str) -> Option<(PersonId, ItemId, u8)> {
    let mut parts = key.split('/');
    let mark = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    (parts.next().is_none() && mark.2 > 0).then_some(mark)
}

/// A key for a problem report: a hostile one may be megabytes long.
fn shortened(key: &str) -> String {
    key.chars().take(crate::id::ID_BYTES_MAX).collect()
}
