//! Taking back what one person did on a board, without touching what others did since.
//!
//! A coordinator does it, on a replica that holds the whole history; which actors the person wrote as is the server's
//! knowledge. It works like undo ([`super::undo`]), but act by act instead of all or nothing: a register is put back only
//! where the person's own write still stands; in a text the person's letters go and those they deleted come back, everybody
//! else's stay; what they made goes into the basket, unless others have written in it or put things into it. What
//! others took away meanwhile stays away. The result is one change and one step of the coordinator's own undo.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{
    ActorId, Automerge, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
    legacy::{ElementId, Key, OpId, OpType},
};

use super::{
    Act, Applied, Board, Refused,
    derive::{standing, state},
    edit::{Edit, Owner, Trace},
    keys::*,
    past::{Spot, Spots},
    raw::Raw,
    register::StateRegister,
    undo::{self, Step},
};
use crate::{command::TextTarget, id::ItemId, stamp::Stamp, view::State};

/// Most acts taken back in one change: what admission lets through, with room for texts. The rest is another call.
const TRACES_MAX: usize = 1_000;
/// Most letters written and deleted by one such change.
const LETTERS_MAX: usize = 2_000;

/// Whose acts, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActsOf {
    /// Every actor that the person's devices wrote as on this board.
    pub actors: BTreeSet<ActorId>,
    /// Changes before this do not count, in milliseconds since 1970 by the clock of the device that made them.
    pub since_ms: i64,
}

/// What is taken back, or would be. One thing may count more than once: moved and coloured are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TakenBack {
    /// Notes, islands and relations that go into the basket.
    pub made: usize,
    /// Texts whose letters are put back.
    pub texts: usize,
    /// Things put back where they lay.
    pub moved: usize,
    /// Things that come back out of the basket, or go back into it.
    pub basket: usize,
    /// Anything else: colours, merges, dots, names.
    pub other: usize,
    /// Acts that stay, because others have built upon them.
    pub kept: usize,
    /// Acts left for another call.
    pub rest: usize,
}

impl TakenBack {
    /// How many acts are taken back.
    pub fn acts(&self) -> usize {
        self.made + self.texts + self.moved + self.basket + self.other
    }
}

impl Board {
    /// What [`Board::take_back`] would do now.
    pub fn plan_take_back(&self, of: &ActsOf) -> TakenBack {
        plan(&self.doc, &self.raw, of).1
    }

    /// Takes back what these actors did since a moment and nobody has built upon. Undo does it again.
    ///
    /// # Errors
    /// The board cannot be written.
    pub fn take_back(&mut self, of: &ActsOf, stamp: &Stamp) -> Result<(Applied, TakenBack), Refused> {
        self.writable()?;
        let (traces, counts) = plan(&self.doc, &self.raw, of);
        if traces.is_empty() {
            return Ok((Applied::default(), counts));
        }
        let step = Step::new(Act::TakeBack, traces, None, &self.raw);
        let mut edit = Edit::begin(&mut self.doc, &self.raw);
        if let Err(refused) = undo::take_back(&mut edit, &self.raw, &step, stamp) {
            edit.roll_back();
            return Err(refused);
        }
        let (hash, dirty, traces) = edit.commit(stamp.at_ms);
        let touched = self.follow(&dirty);
        if !traces.is_empty() {
            self.stacks.push(Step::new(Act::TakeBack, traces, None, &self.raw));
        }
        Ok((self.applied(hash, touched), counts))
    }
}

/// The person's operations, found by their identifiers.
#[derive(Default)]
struct Own {
    changes: Vec<Change>,
    /// By actor: first operation of a change → (one past the last, index of the change).
    ranges: BTreeMap<ActorId, BTreeMap<u64, (u64, usize)>>,
}

impl Own {
    fn of(doc: &Automerge, of: &ActsOf) -> Self {
        let since_s = of.since_ms.div_euclid(1000);
        let mut own = Self::default();
        for meta in doc.get_changes_meta(&[]) {
            if !of.actors.contains(meta.actor.as_ref()) || meta.timestamp < since_s {
                continue;
            }
            let Some(change) = doc.get_change_by_hash(&meta.hash) else {
                continue;
            };
            let start = change.start_op().get();
            let end = start.saturating_add(change.len() as u64);
            let row = own.ranges.entry(change.actor_id().clone()).or_default();
            row.insert(start, (end, own.changes.len()));
            own.changes.push(change);
        }
        own
    }

    /// The person's change that holds an operation, if it is one of theirs.
    fn change_of(&self, counter: u64, actor: &ActorId) -> Option<&Change> {
        let (_, (end, index)) = self.ranges.get(actor)?.range(..=counter).next_back()?;
        if counter < *end { self.changes.get(*index) } else { None }
    }

    fn wrote(&self, id: &ObjId) -> bool {
        matches!(id, ObjId::Id(counter, actor, _) if self.change_of(*counter, actor).is_some())
    }
}

/// What the person's operations touched.
#[derive(Default)]
struct Touched {
    made: Vec<(Owner, ObjId)>,
    registers: Vec<(Owner, ObjId, String)>,
    /// Texts, with the letters they deleted by the change that did it.
    texts: BTreeMap<TextTarget, (ObjId, BTreeMap<usize, Vec<OpId>>)>,
}

impl Touched {
    fn of(own: &Own, raw: &Raw) -> Self {
        let spots = Spots::of(raw);
        let mut touched = Self::default();
        let mut seen = BTreeSet::new();
        for (index, change) in own.changes.iter().enumerate() {
            let expanded = change.decode();
            for (counter, op) in (expanded.start_op.get()..).zip(&expanded.operations) {
                let register = |owner: &Owner, obj: &ObjId, key: &str| (owner.clone(), obj.clone(), key.to_owned());
                match (spots.find(&op.obj), &op.key, &op.action) {
                    (Some(Spot::Entries(..)), Key::Map(_), OpType::Make(ObjType::Map)) => {
                        if let Some((owner, obj)) = spots.made(counter, &expanded.actor_id) {
                            touched.made.push((owner.clone(), obj.clone()));
                        }
                    }
                    (Some(Spot::Fields(owner, obj)), Key::Map(key), OpType::Put(_))
                        if seen.insert((op.obj.clone(), key.to_string())) =>
                    {
                        touched.registers.push(register(owner, obj, key));
                    }
                    (Some(Spot::Root), Key::Map(key), OpType::Put(_))
                        if key.as_str() == KEY_PATH && seen.insert((op.obj.clone(), key.to_string())) =>
                    {
                        touched.registers.push(register(&Owner::Path, &ROOT, key));
                    }
                    (Some(Spot::Text(target, obj)), Key::Seq(element), action) => {
                        let (_, deleted) = touched
                            .texts
                            .entry(target.clone())
                            .or_insert_with(|| (obj.clone(), BTreeMap::new()));
                        if let (OpType::Delete, ElementId::Id(id)) = (action, element) {
                            deleted.entry(index).or_default().push(id.clone());
                        }
                    }
                    _ => {}
                }
            }
        }
        touched
    }
}

fn plan(doc: &Automerge, raw: &Raw, of: &ActsOf) -> (Vec<Trace>, TakenBack) {
    let own = Own::of(doc, of);
    let Touched { made, registers, texts } = Touched::of(&own, raw);
    let mut plan = Plan {
        doc,
        raw,
        own: &own,
        traces: Vec::new(),
        letters: 0,
        counts: TakenBack::default(),
    };
    // Undone in the opposite order: what others still use is seen before it would go.
    let mut going: Vec<Owner> = Vec::new();
    let mut staying: Vec<Owner> = Vec::new();
    for (owner, obj) in made {
        if plan.made(&owner, &obj, &going) {
            going.push(owner);
        } else {
            staying.push(owner);
        }
    }
    for (owner, obj, key) in registers {
        // What the person made and others use lies somewhere, and did not before: it stays where it is.
        if !going.contains(&owner) && !staying.contains(&owner) {
            plan.register(owner, obj, key);
        }
    }
    for (target, (obj, deleted)) in texts {
        let owner = owner_of(&target);
        if !going.contains(&owner) {
            plan.text(target, &owner, obj, &deleted);
        }
    }
    (plan.traces, plan.counts)
}

fn owner_of(target: &TextTarget) -> Owner {
    match target {
        TextTarget::Note(id) => Owner::Note(id.clone()),
        TextTarget::Heading(id) => Owner::Island(id.clone()),
        TextTarget::Label(id) => Owner::Relation(id.clone()),
    }
}

/// A value of a register, and the operation that wrote it.
type Written = (ScalarValue, ObjId);

/// Whose word a register is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrote {
    Person,
    Others,
}

struct Plan<'a> {
    doc: &'a Automerge,
    raw: &'a Raw,
    own: &'a Own,
    traces: Vec<Trace>,
    letters: usize,
    counts: TakenBack,
}

impl Plan<'_> {
    fn push(&mut self, trace: Trace, letters: usize) -> bool {
        if self.traces.len() >= TRACES_MAX || (self.letters > 0 && self.letters + letters > LETTERS_MAX) {
            self.counts.rest += 1;
            return false;
        }
        self.letters += letters;
        self.traces.push(trace);
        true
    }

    /// Something the person made. Returns whether it is spoken for: it goes, or it is gone already.
    fn made(&mut self, owner: &Owner, obj: &ObjId, going: &[Owner]) -> bool {
        if !self.is_there(owner) {
            return true;
        }
        if self.others_wrote_in(owner) || self.others_use(owner) {
            self.counts.kept += 1;
            return false;
        }
        if going.contains(owner) {
            return true;
        }
        let trace = Trace::Created {
            owner: owner.clone(),
            obj: obj.clone(),
        };
        if self.push(trace, 0) {
            self.counts.made += 1;
        }
        true
    }

    /// Whether something is not away: in no basket, by anybody's act.
    fn is_there(&self, owner: &Owner) -> bool {
        match owner {
            Owner::Person(id) => self.raw.people.get(id).is_some_and(|person| !person.removed),
            owner => self.raw.stated(owner).is_none_or(|entry| {
                let state = state(self.raw, entry.states, entry.fingerprint);
                matches!(state, State::Live | State::Unchosen)
            }),
        }
    }

    /// Whether something is away by an act that was not the person's.
    fn others_put_away(&self, owner: &Owner) -> bool {
        let Some(entry) = self.raw.stated(owner).filter(|_| !self.is_there(owner)) else {
            return false;
        };
        let values = self.values(entry.obj, STATE, None);
        self.standing(owner, STATE, &values)
            .is_none_or(|(_, wrote)| wrote != Wrote::Person)
    }

    /// Whether others have letters in its text.
    fn others_wrote_in(&self, owner: &Owner) -> bool {
        let text = match owner {
            Owner::Note(id) => self.raw.notes.get(id).and_then(|note| note.text_obj.as_ref()),
            Owner::Island(id) => self.raw.islands.get(id).and_then(|island| island.heading_obj.as_ref()),
            Owner::Relation(id) => self
                .raw
                .relations
                .get(id)
                .and_then(|relation| relation.label_obj.as_ref()),
            Owner::Person(_) | Owner::Point(_) | Owner::Group | Owner::Marks | Owner::Path => None,
        };
        text.is_some_and(|text| {
            self.doc
                .list_range(text, ..)
                .any(|letter| !self.own.wrote(&letter.id()))
        })
    }

    /// Whether others have put things into an island, or written notes under a name.
    fn others_use(&self, owner: &Owner) -> bool {
        let others =
            |obj: &ObjId, key: &str| matches!(self.doc.get(obj, key), Ok(Some((_, id))) if !self.own.wrote(&id));
        match owner {
            Owner::Island(island) => {
                let mut notes = self.raw.notes.values();
                let mut islands = self.raw.islands.values();
                notes.any(|note| note.place.parent.as_ref() == Some(island) && others(&note.obj, PLACE))
                    || islands.any(|other| {
                        (other.place.parent.as_ref() == Some(island) && others(&other.obj, PLACE))
                            || (other.merge.as_ref().is_some_and(|merge| merge.into == *island)
                                && others(&other.obj, MERGED_INTO))
                    })
            }
            Owner::Person(person) => {
                let mut notes = self.raw.notes.values();
                notes.any(|note| note.author.as_ref() == Some(person) && !self.own.wrote(&note.obj))
            }
            Owner::Note(_) | Owner::Relation(_) | Owner::Point(_) | Owner::Group | Owner::Marks | Owner::Path => false,
        }
    }

    /// What a register says, value beside value, now or after those changes, and who wrote it; the winner last.
    fn values(&self, obj: &ObjId, key: &str, at: Option<&[ChangeHash]>) -> Vec<Written> {
        let values = match at {
            None => self.doc.get_all(obj, key),
            Some(heads) => self.doc.get_all_at(obj, key, heads),
        };
        let scalar = |(value, id): (Value<'_>, ObjId)| match value {
            Value::Scalar(value) => Some((value.into_owned(), id)),
            Value::Object(_) => None,
        };
        values.unwrap_or_default().into_iter().filter_map(scalar).collect()
    }

    /// What such values say together, and whose word it is. Of two that said the same the other one counts.
    fn standing(&self, owner: &Owner, key: &str, values: &[Written]) -> Option<(ScalarValue, Wrote)> {
        let (last, _) = values.last()?;
        let stated = self.raw.stated(owner).filter(|_| key == STATE);
        let said = stated.and_then(|entry| {
            let states: Vec<StateRegister> = values
                .iter()
                .filter_map(|(value, _)| StateRegister::parse(value.as_str()?))
                .collect();
            standing(self.raw, &states, entry.fingerprint).map(|state| state.to_string().into())
        });
        let said: ScalarValue = said.unwrap_or_else(|| last.clone());
        let mut by = values.iter().filter(|(value, _)| *value == said).peekable();
        let person = by.peek().is_some() && by.all(|(_, id)| self.own.wrote(id));
        Some((said, if person { Wrote::Person } else { Wrote::Others }))
    }

    /// What a register said without the person: what others wrote beside them, else what stood there before.
    fn without_person(&self, owner: &Owner, obj: &ObjId, key: &str, mut values: Vec<Written>) -> Option<ScalarValue> {
        loop {
            let (own, others): (Vec<Written>, Vec<Written>) =
                values.into_iter().partition(|(_, id)| self.own.wrote(id));
            if !others.is_empty() {
                return self.standing(owner, key, &others).map(|(said, _)| said);
            }
            // Every round goes to earlier operations, so this ends.
            let ObjId::Id(counter, actor, _) = &own.last()?.1 else {
                return None;
            };
            let change = self.own.change_of(*counter, actor)?;
            values = self.values(obj, key, Some(change.deps()));
        }
    }

    /// A register the person wrote: put back what it said without them, if it goes by their word.
    fn register(&mut self, owner: Owner, obj: ObjId, key: String) {
        let values = self.values(&obj, &key, None);
        let (Some((now, wrote)), Some((_, by))) = (self.standing(&owner, &key, &values), values.last().cloned()) else {
            return;
        };
        if wrote == Wrote::Others || self.others_put_away(&owner) {
            self.counts.kept += 1;
            return;
        }
        let old = self.without_person(&owner, &obj, &key, values);
        if old.as_ref() == Some(&now) {
            return;
        }
        let field = key.clone();
        let trace = Trace::Register {
            owner,
            obj,
            key,
            old,
            new: now,
            by,
        };
        if self.push(trace, 0) {
            match field.as_str() {
                PLACE => self.counts.moved += 1,
                STATE => self.counts.basket += 1,
                _ => self.counts.other += 1,
            }
        }
    }

    /// A text the person wrote in: their letters go, the letters they deleted come back behind what stood before them.
    fn text(&mut self, target: TextTarget, owner: &Owner, obj: ObjId, deleted: &BTreeMap<usize, Vec<OpId>>) {
        if self.others_put_away(owner) {
            self.counts.kept += 1;
            return;
        }
        let letters = |doc: &Automerge, heads: Option<&[ChangeHash]>| -> Vec<(ObjId, String)> {
            let range = match heads {
                None => doc.list_range(&obj, ..),
                Some(heads) => doc.list_range_at(&obj, .., heads),
            };
            range
                .map(|item| {
                    let id = item.id();
                    (id, item.value.into_value().as_str().unwrap_or_default().to_owned())
                })
                .collect()
        };
        let now = letters(self.doc, None);
        let after: String = now.iter().map(|(_, letter)| letter.as_str()).collect();
        let mut kept: Vec<(ObjId, String)> = now.into_iter().filter(|(id, _)| !self.own.wrote(id)).collect();
        for (index, gone) in deleted {
            let Some(change) = self.own.changes.get(*index) else {
                continue;
            };
            let mut before: Option<ObjId> = None;
            for (id, letter) in letters(self.doc, Some(change.deps())) {
                let place = kept.iter().position(|(known, _)| *known == id);
                let was_deleted = matches!(&id, ObjId::Id(counter, actor, _)
                    if gone.iter().any(|OpId(gone, by)| gone == counter && by == actor));
                match place {
                    Some(_) => before = Some(id),
                    None if was_deleted && !self.own.wrote(&id) => {
                        let at = before.as_ref().map_or(0, |before| {
                            kept.iter()
                                .position(|(known, _)| known == before)
                                .map_or(0, |at| at + 1)
                        });
                        kept.insert(at, (id.clone(), letter));
                        before = Some(id);
                    }
                    None => {}
                }
            }
        }
        let before: String = kept.into_iter().map(|(_, letter)| letter).collect();
        if before == after {
            return;
        }
        let changed = super::text::difference(&after, &before);
        let letters = changed.delete + changed.insert.chars().count();
        let trace = Trace::Text {
            target,
            obj,
            before,
            after,
        };
        if self.push(trace, letters) {
            self.counts.texts += 1;
        }
    }
}

/// The thing on the sheet that an owner is, if it is one.
pub(crate) fn item_of(owner: &Owner) -> Option<ItemId> {
    match owner {
        Owner::Note(id) => Some(id.clone().into()),
        Owner::Island(id) => Some(id.clone().into()),
        Owner::Relation(_) | Owner::Person(_) | Owner::Point(_) | Owner::Group | Owner::Marks | Owner::Path => None,
    }
}
