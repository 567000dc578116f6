//! One entry's fields, whatever types they have.

use std::collections::BTreeMap;

use automerge::{Automerge, ObjId, ObjType, ReadDoc, ScalarValueRef, ValueRef};

use crate::{
    board::{keys::*, register::*},
    command::Place,
    geometry::Point,
    order::OrderKey,
    view::{Colour, ItemTrivia},
};

/// One value of an entry, as far as boards know values.
pub(super) enum Field {
    Str(String),
    Text(ObjId, String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Other,
}

impl Field {
    pub fn read(doc: &Automerge, value: ValueRef<'_>, id: impl FnOnce() -> ObjId) -> Self {
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
    pub fn string(self) -> Option<String> {
        match self {
            Self::Str(text) | Self::Text(_, text) => Some(text),
            _ => None,
        }
    }
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Float(value) if value.is_finite() => Some(*value as i64),
            _ => None,
        }
    }
    pub fn float(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) if value.is_finite() => Some(*value),
            _ => None,
        }
    }
    pub fn bool(&self) -> bool {
        matches!(self, Self::Bool(true))
    }
}

/// The fields of one entry, taken out one by one.
pub(super) struct Entry {
    pub fields: BTreeMap<String, Field>,
    pub states: Vec<StateRegister>,
}

impl Entry {
    pub fn read(doc: &Automerge, obj: &ObjId) -> Self {
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
    pub fn take(&mut self, key: &str) -> Option<Field> {
        self.fields.remove(key)
    }
    pub fn string(&mut self, key: &str) -> Option<String> {
        self.take(key).and_then(Field::string)
    }
    /// A string that is not empty.
    pub fn filled(&mut self, key: &str) -> Option<String> {
        self.string(key).filter(|text| !text.is_empty())
    }
    pub fn parsed<T: std::str::FromStr>(&mut self, key: &str) -> Option<T> {
        self.string(key).and_then(|text| text.parse().ok())
    }
    pub fn bool(&mut self, key: &str) -> bool {
        self.take(key).is_some_and(|field| field.bool())
    }
    pub fn int(&mut self, key: &str) -> Option<i64> {
        self.take(key).and_then(|field| field.int())
    }
    pub fn float(&mut self, key: &str) -> Option<f64> {
        self.take(key).and_then(|field| field.float())
    }
    pub fn text(&mut self, key: &str) -> (Option<ObjId>, String) {
        match self.take(key) {
            Some(Field::Text(obj, text)) => (Some(obj), text),
            Some(Field::Str(text)) => (None, text),
            _ => (None, String::new()),
        }
    }
    pub fn colour(&mut self) -> Colour {
        self.string(COLOUR)
            .and_then(|name| named(&COLOURS, &name))
            .unwrap_or_default()
    }
    pub fn trivia(&mut self) -> ItemTrivia {
        let blanks = self.int(BLANKS).and_then(|blanks| u32::try_from(blanks).ok());
        ItemTrivia {
            blanks,
            prev: self.parsed(PREV),
        }
    }
    /// The place; without a readable one that of schema 0, else the sheet's corner. False: it was unreadable.
    pub fn place(&mut self) -> (Place, String, bool) {
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
