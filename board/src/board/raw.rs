//! Entries of the document as they stand there: read tolerantly, resolved by nobody yet.

mod entry;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use automerge::ObjId;

use super::{edit::Owner, register::*};
use crate::{
    command::Place,
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

/// An entry that can be put into the basket, as far as its state goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stated<'a> {
    pub obj: &'a ObjId,
    /// All values that stand beside each other; the winner last.
    pub states: &'a [StateRegister],
    /// How the entry reads now.
    pub fingerprint: u64,
}

impl Raw {
    /// A note, an island or a relation by its owner; nothing else has a state.
    pub fn stated(&self, owner: &Owner) -> Option<Stated<'_>> {
        let (obj, states, fingerprint) = match owner {
            Owner::Note(id) => self
                .notes
                .get(id)
                .map(|entry| (&entry.obj, &entry.states, entry.fingerprint())),
            Owner::Island(id) => self
                .islands
                .get(id)
                .map(|entry| (&entry.obj, &entry.states, entry.fingerprint())),
            Owner::Relation(id) => self
                .relations
                .get(id)
                .map(|entry| (&entry.obj, &entry.states, entry.fingerprint())),
            Owner::Person(_) | Owner::Point(_) | Owner::Group | Owner::Marks | Owner::Path => None,
        }?;
        Some(Stated {
            obj,
            states,
            fingerprint,
        })
    }

    /// Adds the entries with several states beside each other. Which of them is there decides too, and automerge's patches
    /// tell of the winner alone: that one behind it went or was replaced is said nowhere.
    pub fn add_contested(&self, dirty: &mut Dirty) {
        let notes = self.notes.iter().filter(|(_, entry)| entry.states.len() > 1);
        dirty.notes.extend(notes.map(|(id, _)| id.clone()));
        let islands = self.islands.iter().filter(|(_, entry)| entry.states.len() > 1);
        dirty.islands.extend(islands.map(|(id, _)| id.clone()));
        let relations = self.relations.iter().filter(|(_, entry)| entry.states.len() > 1);
        dirty.relations.extend(relations.map(|(id, _)| id.clone()));
    }
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
