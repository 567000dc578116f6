//! Every operation of a change, held against the shape.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{
    ActorId, Automerge, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
    legacy::{Key, ObjectId, Op, OpId, OpType},
};

use super::{
    Inadmissible, Role,
    shape::{Field, Kind, Map, Shape},
};

/// Longest key shown in a refusal.
const SHOWN_CHARS_MAX: usize = 40;
/// Unicode scalar values in one inserted letter: some clients count grapheme clusters, and families are long.
const GRAPHEME_CHARS_MAX: usize = 64;
/// Numbers larger than a double holds exactly make no sense in any field.
const NUMBER_MAX: f64 = 9_007_199_254_740_992.0;

pub(crate) fn admit(shape: &Shape, before: &Automerge, changes: &[Change], by: Role) -> Result<(), Inadmissible> {
    let mut walk = Walk {
        shape,
        before,
        by,
        made: BTreeMap::new(),
        found: BTreeMap::new(),
        written: BTreeSet::new(),
        grown: BTreeMap::new(),
        counts: BTreeMap::new(),
    };
    for change in changes {
        if before.get_change_meta_by_hash(&change.hash()).is_some() {
            continue;
        }
        walk.change(change)?;
    }
    walk.new_entries_are_complete()
}

/// An operation's identifier, with a total order.
type Id = (u64, ActorId);

/// What an object is, once its place is known.
#[derive(Clone, Copy)]
enum Object<'a> {
    Root,
    /// A map of the root.
    Map(&'static str, &'a Map),
    /// An entry of a map.
    Entry(&'static str, &'a [Field]),
    /// A text: a field's value.
    Text {
        chars_max: usize,
    },
}

struct Walk<'a> {
    shape: &'a Shape,
    before: &'a Automerge,
    /// Who wrote.
    by: Role,
    /// Objects made by these changes, entries with the keys they got.
    made: BTreeMap<Id, (Object<'a>, Vec<&'static str>)>,
    /// Objects of the document that these changes write in: looked up once, however many letters they get.
    found: BTreeMap<Id, Object<'a>>,
    /// Registers written by these changes.
    written: BTreeSet<(Id, &'static str)>,
    /// Characters of texts, as these changes leave them.
    grown: BTreeMap<Id, usize>,
    /// Entries added to maps.
    counts: BTreeMap<&'static str, usize>,
}

impl<'a> Walk<'a> {
    fn change(&mut self, change: &Change) -> Result<(), Inadmissible> {
        let expanded = change.decode();
        for (index, op) in expanded.operations.iter().enumerate() {
            let id = (expanded.start_op.get() + index as u64, expanded.actor_id.clone());
            let object = self.object(&op.obj)?;
            match object {
                Object::Root => self.in_root(op, id)?,
                Object::Map(name, map) => self.in_map(name, map, op, id)?,
                Object::Entry(name, fields) => self.in_entry(name, fields, op, id)?,
                Object::Text { chars_max } => self.in_text(chars_max, op)?,
            }
        }
        Ok(())
    }

    /// Finds out what an object is, from the document or from what these changes made.
    fn object(&mut self, obj: &ObjectId) -> Result<Object<'a>, Inadmissible> {
        let ObjectId::Id(OpId(counter, actor)) = obj else {
            return Ok(Object::Root);
        };
        let id = (*counter, actor.clone());
        if let Some(object) = self.made.get(&id).map(|(object, _)| object).or(self.found.get(&id)) {
            return Ok(*object);
        }
        let object = self.in_document(&id)?;
        self.found.insert(id, object);
        Ok(object)
    }

    /// What an object of the document is, by the way to it.
    fn in_document(&self, (counter, actor): &Id) -> Result<Object<'a>, Inadmissible> {
        let unknown = || Inadmissible {
            rule: "an object nobody knows",
            path: counter.to_string(),
        };
        let exid = ObjId::Id(*counter, actor.clone(), 0);
        let parents = self.before.parents(&exid).map_err(|_| unknown())?;
        let mut path: Vec<String> = parents
            .filter_map(|parent| parent.prop.as_str().map(str::to_owned))
            .collect();
        path.reverse();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let refuse = || refused("an object outside the shape", &path);
        let Some((name, map)) = path
            .first()
            .and_then(|first| self.shape.maps.iter().find(|(name, _)| name == first))
        else {
            // A text of the root, as JavaScript writes the path.
            return match path.as_slice() {
                [key] => self.text_field(self.shape.registers, key).ok_or_else(refuse),
                _ => Err(refuse()),
            };
        };
        match (map, path.as_slice()) {
            (_, [_]) => Ok(Object::Map(name, map)),
            (Map::Entries { fields, .. }, [_, _]) => Ok(Object::Entry(name, fields)),
            (Map::Entries { fields, .. }, [_, _, key]) => self.text_field(fields, key).ok_or_else(refuse),
            (Map::Fields(fields), [_, key]) => self.text_field(fields, key).ok_or_else(refuse),
            (
                Map::Keyed {
                    kind: Kind::String { bytes_max, .. },
                    ..
                },
                [_, _],
            ) => Ok(Object::Text { chars_max: *bytes_max }),
            _ => Err(refuse()),
        }
    }

    fn text_field(&self, fields: &[Field], key: &str) -> Option<Object<'a>> {
        match fields.iter().find(|field| field.key == key)?.kind {
            Kind::Text { chars_max } => Some(Object::Text { chars_max }),
            Kind::String { bytes_max, .. } => Some(Object::Text { chars_max: bytes_max }),
            Kind::Bool | Kind::Number => None,
        }
    }

    fn in_root(&mut self, op: &Op, id: Id) -> Result<(), Inadmissible> {
        let key = map_key(op)?;
        let Some(field) = self.shape.registers.iter().find(|field| field.key == key) else {
            return Err(refused("not a key that may be written", &[key]));
        };
        match (&op.action, field.kind) {
            (OpType::Put(value), kind) => check_scalar(kind, value).map_err(|rule| refused(rule, &[key])),
            (OpType::Make(ObjType::Text), Kind::String { bytes_max, .. }) => {
                self.made
                    .insert(id, (Object::Text { chars_max: bytes_max }, Vec::new()));
                Ok(())
            }
            _ => Err(refused("not a value for this key", &[key])),
        }
    }

    fn in_map(&mut self, name: &'static str, map: &'a Map, op: &Op, id: Id) -> Result<(), Inadmissible> {
        let key = map_key(op)?;
        match map {
            Map::Fields(fields) => self.in_fields(name, fields, op, id, key),
            Map::Entries {
                id: is_id,
                count_max,
                fields,
            } => {
                if op.action != OpType::Make(ObjType::Map) {
                    return Err(refused("entries are never removed or replaced", &[name, key]));
                }
                if !is_id(key) {
                    return Err(refused("not an identifier", &[name, key]));
                }
                if self.map_has(name, key) {
                    return Err(refused("the entry exists already", &[name, key]));
                }
                self.count(name, *count_max)?;
                self.made.insert(id, (Object::Entry(name, fields), Vec::new()));
                Ok(())
            }
            Map::Keyed {
                id: is_id,
                count_max,
                kind,
            } => {
                if !is_id(key) {
                    return Err(refused("not a key of this map", &[name, key]));
                }
                if !self.map_has(name, key) {
                    self.count(name, *count_max)?;
                }
                match (&op.action, kind) {
                    (OpType::Put(value), kind) => {
                        check_scalar(*kind, value).map_err(|rule| refused(rule, &[name, key]))
                    }
                    (OpType::Make(ObjType::Text), Kind::String { bytes_max, .. }) => {
                        self.made
                            .insert(id, (Object::Text { chars_max: *bytes_max }, Vec::new()));
                        Ok(())
                    }
                    _ => Err(refused("not a value for this key", &[name, key])),
                }
            }
        }
    }

    fn in_entry(&mut self, name: &'static str, fields: &'a [Field], op: &Op, id: Id) -> Result<(), Inadmissible> {
        let key = map_key(op)?;
        self.in_fields(name, fields, op, id, key)
    }

    fn in_fields(
        &mut self,
        name: &'static str,
        fields: &'a [Field],
        op: &Op,
        id: Id,
        key: &str,
    ) -> Result<(), Inadmissible> {
        let Some(field) = fields.iter().find(|field| field.key == key) else {
            return Err(refused("not a field", &[name, key]));
        };
        match (&op.action, field.kind) {
            (OpType::Make(ObjType::Text), Kind::Text { chars_max }) => {
                // A second text in its place would lose the letters of the first.
                if !op.pred.is_empty() || self.field_is_text(&op.obj, key) {
                    return Err(refused("texts are spliced, never replaced", &[name, key]));
                }
                self.made.insert(id, (Object::Text { chars_max }, Vec::new()));
            }
            (OpType::Make(ObjType::Text), Kind::String { bytes_max, .. }) => {
                self.made
                    .insert(id, (Object::Text { chars_max: bytes_max }, Vec::new()));
            }
            (OpType::Put(value), kind) => check_scalar(kind, value).map_err(|rule| refused(rule, &[name, key]))?,
            (OpType::Delete, Kind::String { .. } | Kind::Bool | Kind::Number)
                if self.settles_conflict(op, field.key) => {}
            _ => return Err(refused("not a value for this field", &[name, key])),
        }
        if field.coordinators && self.by != Role::Coordinator {
            return Err(refused("only coordinators write this", &[name, key]));
        }
        if let ObjectId::Id(OpId(counter, actor)) = &op.obj {
            self.written.insert(((*counter, actor.clone()), field.key));
        }
        if let ObjectId::Id(OpId(counter, actor)) = &op.obj
            && let Some((_, keys)) = self.made.get_mut(&(*counter, actor.clone()))
        {
            keys.push(field.key);
        }
        Ok(())
    }

    /// Writing again what already wins over other values makes automerge delete these others. So a deletion passes if it
    /// leaves the winner alone, or if these changes have written the register themselves.
    fn settles_conflict(&self, op: &Op, key: &'static str) -> bool {
        let ObjectId::Id(OpId(counter, actor)) = &op.obj else {
            return false;
        };
        if self.written.contains(&((*counter, actor.clone()), key)) {
            return true;
        }
        match self.before.get(ObjId::Id(*counter, actor.clone(), 0), key) {
            Ok(Some((_, ObjId::Id(counter, actor, _)))) => {
                !op.pred.iter().any(|pred| pred.0 == counter && pred.1 == actor)
            }
            _ => false,
        }
    }

    fn in_text(&mut self, chars_max: usize, op: &Op) -> Result<(), Inadmissible> {
        let refuse = |rule| Err(refused(rule, &["text"]));
        if !matches!(op.key, Key::Seq(_)) {
            return refuse("a text has no keys");
        }
        let ObjectId::Id(OpId(counter, actor)) = &op.obj else {
            return refuse("not a text");
        };
        let id = (*counter, actor.clone());
        let made_here = self.made.contains_key(&id);
        let exid = ObjId::Id(*counter, actor.clone(), 0);
        let before = self.before;
        let length = self
            .grown
            .entry(id)
            .or_insert_with(|| if made_here { 0 } else { before.length(&exid) });
        match &op.action {
            OpType::Delete => *length = length.saturating_sub(1),
            OpType::Put(ScalarValue::Str(letters)) if op.insert => {
                let count = letters.chars().count();
                if count > GRAPHEME_CHARS_MAX {
                    return refuse("one letter at a time");
                }
                *length += count;
                if *length > chars_max {
                    return refuse("the text is too long");
                }
            }
            _ => return refuse("letters are inserted and deleted, nothing else"),
        }
        Ok(())
    }

    fn map_object(&self, name: &str) -> Option<ObjId> {
        match self.before.get(ROOT, name) {
            Ok(Some((Value::Object(ObjType::Map), obj))) => Some(obj),
            _ => None,
        }
    }

    fn map_has(&self, name: &str, key: &str) -> bool {
        self.map_object(name)
            .is_some_and(|map| matches!(self.before.get(map, key), Ok(Some(_))))
    }

    fn field_is_text(&self, obj: &ObjectId, key: &str) -> bool {
        let ObjectId::Id(OpId(counter, actor)) = obj else {
            return false;
        };
        if self.made.contains_key(&(*counter, actor.clone())) {
            return false;
        }
        let exid = ObjId::Id(*counter, actor.clone(), 0);
        matches!(self.before.get(exid, key), Ok(Some((Value::Object(ObjType::Text), _))))
    }

    fn count(&mut self, name: &'static str, count_max: usize) -> Result<(), Inadmissible> {
        let before = self.map_object(name).map_or(0, |map| self.before.length(map));
        let added = self.counts.entry(name).or_default();
        *added += 1;
        if before + *added > count_max {
            Err(refused("too many entries", &[name]))
        } else {
            Ok(())
        }
    }

    fn new_entries_are_complete(&self) -> Result<(), Inadmissible> {
        for (object, keys) in self.made.values() {
            if let Object::Entry(name, fields) = object {
                let missing = fields.iter().find(|field| field.required && !keys.contains(&field.key));
                if let Some(field) = missing {
                    return Err(refused("a new entry needs this field", &[name, field.key]));
                }
            }
        }
        Ok(())
    }
}

fn map_key(op: &Op) -> Result<&str, Inadmissible> {
    match &op.key {
        Key::Map(key) if !op.insert => Ok(key),
        _ => Err(refused("a map has keys", &[])),
    }
}

fn check_scalar(kind: Kind, value: &ScalarValue) -> Result<(), &'static str> {
    let number = |value: f64| {
        let fits = value.is_finite() && value.abs() <= NUMBER_MAX;
        if fits {
            Ok(())
        } else {
            Err("not a number that means something")
        }
    };
    match (kind, value) {
        (Kind::String { bytes_max, .. }, ScalarValue::Str(text)) if text.len() > bytes_max => {
            Err("the string is too long")
        }
        (Kind::String { check, .. }, ScalarValue::Str(text)) => {
            if check(text) {
                Ok(())
            } else {
                Err("the string is not of its form")
            }
        }
        (Kind::Bool, ScalarValue::Boolean(_)) => Ok(()),
        (Kind::Number, ScalarValue::Int(value) | ScalarValue::Timestamp(value)) => number(*value as f64),
        (Kind::Number, ScalarValue::Uint(value)) => number(*value as f64),
        (Kind::Number, ScalarValue::F64(value)) => number(*value),
        (Kind::Text { .. }, _) => Err("texts are spliced, never replaced"),
        _ => Err("a value of the wrong type"),
    }
}

fn refused(rule: &'static str, path: &[&str]) -> Inadmissible {
    let path: String = path
        .join("/")
        .chars()
        .filter(|letter| !letter.is_control())
        .take(SHOWN_CHARS_MAX)
        .collect();
    Inadmissible { rule, path }
}
