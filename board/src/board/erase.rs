//! Erasing for good: a new document whose history has never held what was erased.
//!
//! automerge keeps every letter that was ever written, so deleting is not erasing. What is on the board now is written into a
//! new document by one single change: identifiers, places, order, origins, the basket and the readings of the import stay as
//! they are, which is why everything else looks the same afterwards. The server gives it a new document id, puts it in the old
//! one's place and refuses the old one for ever; who did what before is not in the new history.
//!
//! An erased note leaves an entry behind that says nothing: its identifier, so that an old device cannot put the note out
//! again, and its place among the imported lines, so that the verbatim report of all other lines stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{
    ActorId, Automerge, AutomergeError, ObjId, ObjType, ROOT, ReadDoc, ValueRef,
    transaction::{CommitOptions, Transactable, Transaction},
};

use super::{
    Board, Refused,
    derive::standing,
    edit::refused,
    keys::*,
    raw::{RawIsland, RawNote, RawPoint, print_mark},
    register::{Gone, StateRegister},
};
use crate::{
    id::{IslandId, ItemId, NoteId, PersonId},
    id_sequence::IdSequence,
    view::{OpenPointKind, State},
};

/// What is erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erasure {
    /// Notes: text, author, device and time.
    pub notes: BTreeSet<NoteId>,
    /// Islands, whose headings are erased, with what is left of them (lines that others wrote); the islands stay.
    pub headings: BTreeMap<IslandId, String>,
    /// People: their names, and that they are the ones who wrote, deleted or gave dots.
    pub people: BTreeSet<PersonId>,
}

impl Erasure {
    /// Whether nothing is erased.
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty() && self.headings.is_empty() && self.people.is_empty()
    }
}

impl Board {
    /// What has to be erased so that nothing of these items and people stays on this board: a line that an import can read in two
    /// ways stands here twice, and a note that became a heading stands in that heading.
    ///
    /// # Errors
    /// An item or a person that is not on this board.
    pub fn erasure(&self, items: &[ItemId], people: &[PersonId]) -> Result<Erasure, Refused> {
        let mut erasure = Erasure::default();
        for item in items {
            match item {
                ItemId::Note(id) if self.raw.notes.contains_key(id) => drop(erasure.notes.insert(id.clone())),
                ItemId::Island(id) if self.raw.islands.contains_key(id) => {
                    erasure.headings.insert(id.clone(), String::new());
                }
                item => return Err(Refused::NoSuchItem(item.clone())),
            }
        }
        for person in people {
            if !self.raw.people.contains_key(person) {
                return Err(Refused::NoSuchPerson);
            }
            erasure.people.insert(person.clone());
        }
        self.close(&mut erasure);
        Ok(erasure)
    }

    /// Adds what says the same because it is another reading of the same line, or the heading made of the same note.
    fn close(&self, erasure: &mut Erasure) {
        for point in self.raw.points.values() {
            let notes: Vec<&NoteId> = point.members.iter().filter_map(ItemId::note).collect();
            match (point.kind, &point.item) {
                (OpenPointKind::TwoThoughts, ItemId::Note(line)) if erasure.notes.contains(line) => {
                    erasure.notes.extend(notes.into_iter().cloned());
                }
                (OpenPointKind::HeadingAlone, ItemId::Island(heading)) => {
                    let concerned = erasure.headings.contains_key(heading)
                        || notes.iter().any(|note| erasure.notes.contains(*note));
                    if concerned {
                        erasure.headings.insert(heading.clone(), String::new());
                        erasure.notes.extend(notes.into_iter().cloned());
                    }
                }
                _ => {}
            }
        }
        let became_headings = erasure
            .notes
            .iter()
            .filter(|id| {
                self.view
                    .notes
                    .get(*id)
                    .is_some_and(|note| note.state == State::Heading)
            })
            .filter_map(|id| self.raw.notes.get(id));
        for note in became_headings {
            for (id, island) in &self.raw.islands {
                if let Some(left) = without_lines(&island.heading, &note.text) {
                    erasure.headings.entry(id.clone()).or_insert(left);
                }
            }
        }
    }

    /// Every other item whose text holds this one, in any state: what a coordinator may want to erase as well.
    pub fn mentions(&self, text: &str, but: &Erasure) -> Vec<ItemId> {
        let wanted = text.trim();
        if wanted.is_empty() {
            return Vec::new();
        }
        let notes = self
            .raw
            .notes
            .iter()
            .filter(|(id, note)| !but.notes.contains(*id) && note.text.contains(wanted));
        let islands = self
            .raw
            .islands
            .iter()
            .filter(|(id, island)| !but.headings.contains_key(*id) && island.heading.contains(wanted));
        notes
            .map(|(id, _)| id.clone().into())
            .chain(islands.map(|(id, _)| id.clone().into()))
            .collect()
    }

    /// The board as it is now without what is erased, as a new document with a history of one change. The same arguments give
    /// the same bytes; `seed` draws the names under which dots of erased people stay.
    ///
    /// # Errors
    /// The board has not arrived or is in a newer schema; automerge's refusal.
    pub fn without(&self, erasure: &Erasure, seed: u128, at_ms: i64, actor: ActorId) -> Result<Self, Refused> {
        self.writable()?;
        let mut doc = Automerge::new().with_actor(actor);
        let mut tx = doc.transaction();
        let mut bits = IdSequence::new(seed);
        let pseudonyms = erasure
            .people
            .iter()
            .map(|person| (person.clone(), PersonId::from_random(bits.next_bits())))
            .collect();
        let copy = Copy {
            from: self,
            erasure,
            pseudonyms,
        };
        if let Err(error) = copy.write(&mut tx) {
            tx.rollback();
            return Err(refused(error));
        }
        tx.commit_with(CommitOptions::default().with_time(at_ms.div_euclid(1000)));
        let made = Self::of(doc);
        made.writable()?;
        Ok(made)
    }
}

struct Copy<'a> {
    from: &'a Board,
    erasure: &'a Erasure,
    pseudonyms: BTreeMap<PersonId, PersonId>,
}

/// The outcome of writing into the new document.
type Written = Result<(), AutomergeError>;

impl Copy<'_> {
    fn write(&self, tx: &mut Transaction<'_>) -> Written {
        let (doc, raw) = (&self.from.doc, &self.from.raw);
        for key in [KEY_SCHEMA, KEY_KIND, KEY_WORKSHOP] {
            copy_field(doc, tx, &ROOT, &ROOT, key)?;
        }
        let mut maps: BTreeMap<&str, ObjId> = BTreeMap::new();
        for map in MAPS {
            maps.insert(map, tx.put_object(ROOT, map, ObjType::Map)?);
        }
        let map = |name: &str| maps.get(name).cloned().unwrap_or(ROOT);
        if let Some(group) = raw.maps.get(GROUP) {
            copy_fields(doc, tx, group, &map(GROUP), &[])?;
        }
        self.trivia(tx, &map(TRIVIA))?;
        for (id, person) in raw.people.iter().filter(|(id, _)| !self.erasure.people.contains(*id)) {
            let entry = tx.put_object(map(PEOPLE), id.as_str(), ObjType::Map)?;
            copy_fields(doc, tx, &person.obj, &entry, &[])?;
        }
        for (id, note) in &raw.notes {
            let entry = tx.put_object(map(NOTES), id.as_str(), ObjType::Map)?;
            self.note(tx, id, note, &entry)?;
        }
        for (id, island) in &raw.islands {
            let entry = tx.put_object(map(ISLANDS), id.as_str(), ObjType::Map)?;
            self.island(tx, id, island, &entry)?;
        }
        for (id, relation) in &raw.relations {
            if self.is_erased(&relation.from) || self.is_erased(&relation.to) {
                continue;
            }
            let entry = tx.put_object(map(RELATIONS), id.as_str(), ObjType::Map)?;
            copy_fields(doc, tx, &relation.obj, &entry, &[STATE])?;
            let state = standing(raw, &relation.states, relation.fingerprint());
            self.state(tx, &entry, state, None)?;
        }
        for (person, target, round) in raw.marks.iter().filter(|(_, target, _)| !self.is_erased(target)) {
            let person = self.pseudonyms.get(person).unwrap_or(person);
            tx.put(map(MARKS), print_mark(person, target, *round), true)?;
        }
        for (id, point) in &raw.points {
            self.point(tx, &map(POINTS), id, point)?;
        }
        let path: Vec<String> = raw
            .path
            .iter()
            .filter(|item| !self.is_erased(item))
            .map(ToString::to_string)
            .collect();
        if path.is_empty() {
            Ok(())
        } else {
            tx.put(ROOT, KEY_PATH, path.join(" "))
        }
    }

    /// Whether an item is not there any more, as far as others refer to it. An island without heading still is.
    fn is_erased(&self, item: &ItemId) -> bool {
        item.note().is_some_and(|note| self.erasure.notes.contains(note))
    }

    /// How the file looked, without lines that hold an erased name.
    fn trivia(&self, tx: &mut Transaction<'_>, map: &ObjId) -> Written {
        let raw = &self.from.raw;
        let names: Vec<&str> = self
            .erasure
            .people
            .iter()
            .filter_map(|id| raw.people.get(id))
            .flat_map(|person| [Some(person.name.as_str()), person.raw.as_deref()])
            .flatten()
            .filter(|name| !name.trim().is_empty())
            .collect();
        for (key, text) in &raw.trivia {
            if !names.iter().any(|name| text.contains(name)) {
                tx.put(map, key.as_str(), text.as_str())?;
            }
        }
        Ok(())
    }

    fn note(&self, tx: &mut Transaction<'_>, id: &NoteId, note: &RawNote, entry: &ObjId) -> Written {
        let doc = &self.from.doc;
        if self.erasure.notes.contains(id) {
            tx.put_object(entry, TEXT, ObjType::Text)?;
            for key in [PLACE, ROW_GROUP, BLANKS, PREV] {
                copy_field(doc, tx, &note.obj, entry, key)?;
            }
            return tx.put(entry, STATE, StateRegister::Erased.to_string());
        }
        let by_erased = note
            .author
            .as_ref()
            .is_some_and(|author| self.erasure.people.contains(author));
        let more: &[&str] = if by_erased { &[STATE, AUTHOR, DEVICE] } else { &[STATE] };
        copy_fields(doc, tx, &note.obj, entry, more)?;
        let state = standing(&self.from.raw, &note.states, note.fingerprint());
        self.state(tx, entry, state, None)
    }

    fn island(&self, tx: &mut Transaction<'_>, id: &IslandId, island: &RawIsland, entry: &ObjId) -> Written {
        let doc = &self.from.doc;
        let state = standing(&self.from.raw, &island.states, island.fingerprint());
        let Some(left) = self.erasure.headings.get(id) else {
            copy_fields(doc, tx, &island.obj, entry, &[STATE])?;
            return self.state(tx, entry, state, None);
        };
        let heading = tx.put_object(entry, HEADING, ObjType::Text)?;
        if !left.is_empty() {
            tx.splice_text(&heading, 0, 0, left)?;
        }
        copy_fields(doc, tx, &island.obj, entry, &[STATE, HEADING])?;
        // A deletion counts for the island as it reads now, so it is made out anew.
        let now = RawIsland {
            heading: left.clone(),
            ..island.clone()
        };
        let made_anew = (island.fingerprint(), now.fingerprint());
        self.state(tx, entry, state, Some(made_anew))
    }

    /// Writes a state: nobody who is erased has put anything anywhere; `fingerprints` says what a deletion counts for from now on.
    fn state(
        &self,
        tx: &mut Transaction<'_>,
        entry: &ObjId,
        state: Option<&StateRegister>,
        fingerprints: Option<(u64, u64)>,
    ) -> Written {
        let Some(state) = state else { return Ok(()) };
        let gone = |gone: &Gone| Gone {
            by: gone.by.clone().filter(|by| !self.erasure.people.contains(by)),
            fingerprint: match fingerprints {
                Some((before, after)) if gone.fingerprint == before => after,
                // It does not count; and a hash of the erased text must not stay.
                Some(_) => 0,
                None => gone.fingerprint,
            },
            ..gone.clone()
        };
        let state = match state {
            StateRegister::Basket(of) => StateRegister::Basket(gone(of)),
            StateRegister::Moved(of, to) => StateRegister::Moved(gone(of), to.clone()),
            StateRegister::Heading { .. } if fingerprints.is_some() => StateRegister::Live,
            other => other.clone(),
        };
        tx.put(entry, STATE, state.to_string())
    }

    /// An open point goes with its line, or with the other half of it.
    fn point(&self, tx: &mut Transaction<'_>, map: &ObjId, id: &str, point: &RawPoint) -> Written {
        let is_gone = |item: &ItemId| match item {
            ItemId::Note(note) => self.erasure.notes.contains(note),
            ItemId::Island(island) => self.erasure.headings.contains_key(island),
        };
        let halves = matches!(point.kind, OpenPointKind::TwoThoughts | OpenPointKind::HeadingAlone);
        if is_gone(&point.item) || (halves && point.members.iter().any(|member| self.is_erased(member))) {
            return Ok(());
        }
        let entry = tx.put_object(map, id, ObjType::Map)?;
        copy_fields(&self.from.doc, tx, &point.obj, &entry, &[MEMBERS])?;
        let members: Vec<String> = point
            .members
            .iter()
            .filter(|member| !self.is_erased(member))
            .map(ToString::to_string)
            .collect();
        tx.put(&entry, MEMBERS, members.join(" "))
    }
}

/// A heading without the lines that are a note's text; none if it does not hold them.
fn without_lines(heading: &str, text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    let (lines, wanted): (Vec<&str>, Vec<&str>) = (heading.split('\n').collect(), text.split('\n').collect());
    let at = lines.windows(wanted.len()).position(|some| some == wanted)?;
    let left: Vec<&str> = lines
        .iter()
        .take(at)
        .chain(lines.iter().skip(at + wanted.len()))
        .copied()
        .collect();
    Some(left.join("\n"))
}

/// Copies what the fields of an entry say now: scalars and texts, nothing else has a meaning here.
fn copy_fields(doc: &Automerge, tx: &mut Transaction<'_>, from: &ObjId, to: &ObjId, but: &[&str]) -> Written {
    for item in doc.map_range(from, ..) {
        if !but.contains(&&*item.key) {
            copy_value(doc, tx, &item.value, || item.id(), to, &item.key)?;
        }
    }
    Ok(())
}

fn copy_field(doc: &Automerge, tx: &mut Transaction<'_>, from: &ObjId, to: &ObjId, key: &str) -> Written {
    for item in doc.map_range(from, key.to_owned()..=key.to_owned()) {
        copy_value(doc, tx, &item.value, || item.id(), to, key)?;
    }
    Ok(())
}

fn copy_value(
    doc: &Automerge,
    tx: &mut Transaction<'_>,
    value: &ValueRef<'_>,
    id: impl FnOnce() -> ObjId,
    to: &ObjId,
    key: &str,
) -> Written {
    match value {
        ValueRef::Object(ObjType::Text) => {
            let text = doc.text(id())?;
            let made = tx.put_object(to, key, ObjType::Text)?;
            if text.is_empty() {
                Ok(())
            } else {
                tx.splice_text(&made, 0, 0, &text)
            }
        }
        ValueRef::Object(_) => Ok(()),
        ValueRef::Scalar(_) => match value.clone().into_value() {
            automerge::Value::Scalar(scalar) => tx.put(to, key, scalar.into_owned()),
            automerge::Value::Object(_) => Ok(()),
        },
    }
}
