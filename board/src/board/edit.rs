//! One change in the making: writes into an automerge transaction and notes down how to take them back.

use automerge::{Automerge, ObjId, ObjType, ReadDoc, ScalarValue, transaction::Transactable, transaction::Transaction};

use super::{
    Refused,
    derive::standing,
    keys::{ISLANDS, NOTES, PEOPLE, RELATIONS, STATE},
    raw::{Dirty, Raw},
    register::StateRegister,
};
use crate::{
    command::TextTarget,
    id::{IslandId, ItemId, NoteId, PersonId, RelationId},
};

/// What a register or text belongs to; tells what has to be read again after a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    Note(NoteId),
    Island(IslandId),
    Relation(RelationId),
    Person(PersonId),
    Point(String),
    Group,
    Marks,
    Path,
}

impl From<&ItemId> for Owner {
    fn from(item: &ItemId) -> Self {
        match item {
            ItemId::Note(id) => Self::Note(id.clone()),
            ItemId::Island(id) => Self::Island(id.clone()),
        }
    }
}

/// One write, with what it takes to undo it.
#[derive(Debug, Clone)]
pub(crate) enum Trace {
    /// A register was set.
    Register {
        owner: Owner,
        obj: ObjId,
        key: String,
        old: Option<ScalarValue>,
        new: ScalarValue,
        /// The operation that says so: our own, or another's, where automerge leaves the winner of a conflict that says
        /// the same already and only drops what stood beside it.
        by: ObjId,
    },
    /// A text was spliced.
    Text {
        target: TextTarget,
        obj: ObjId,
        before: String,
        after: String,
    },
    /// Something was made; taking it back puts it into the basket.
    Created { owner: Owner, obj: ObjId },
}

/// A change in the making.
pub(crate) struct Edit<'a> {
    tx: Transaction<'a>,
    /// The entries as they read before this change.
    raw: &'a Raw,
    pub dirty: Dirty,
    pub traces: Vec<Trace>,
}

impl<'a> Edit<'a> {
    pub fn begin(doc: &'a mut Automerge, raw: &'a Raw) -> Self {
        Self {
            tx: doc.transaction(),
            raw,
            dirty: Dirty::default(),
            traces: Vec::new(),
        }
    }

    /// Commits at the device's time; automerge counts seconds.
    pub fn commit(self, at_ms: i64) -> (Option<automerge::ChangeHash>, Dirty, Vec<Trace>) {
        let Self { tx, dirty, traces, .. } = self;
        if tx.pending_ops() == 0 {
            tx.rollback();
            return (None, dirty, Vec::new());
        }
        let options = automerge::transaction::CommitOptions::default().with_time(at_ms.div_euclid(1000));
        (tx.commit_with(options).0, dirty, traces)
    }

    pub fn roll_back(self) {
        self.tx.rollback();
    }

    fn touch(&mut self, owner: &Owner) {
        match owner {
            Owner::Note(id) => drop(self.dirty.notes.insert(id.clone())),
            Owner::Island(id) => drop(self.dirty.islands.insert(id.clone())),
            Owner::Relation(id) => drop(self.dirty.relations.insert(id.clone())),
            Owner::Person(id) => drop(self.dirty.people.insert(id.clone())),
            Owner::Point(id) => drop(self.dirty.points.insert(id.clone())),
            Owner::Group => self.dirty.group = true,
            Owner::Marks => self.dirty.marks = true,
            Owner::Path => self.dirty.path = true,
        }
    }

    /// Sets a register unless it already says so.
    pub fn put(&mut self, owner: &Owner, obj: &ObjId, key: &str, value: impl Into<ScalarValue>) -> Result<(), Refused> {
        let new = value.into();
        let old = match self.tx.get(obj, key).map_err(refused)? {
            Some((automerge::Value::Scalar(old), _)) => Some(old.into_owned()),
            Some((automerge::Value::Object(ObjType::Text), text)) => Some(self.tx.text(&text).map_err(refused)?.into()),
            _ => None,
        };
        let alone = self.tx.get_all(obj, key).map_err(refused)?.len() < 2;
        if old.as_ref() == Some(&new) && alone {
            return Ok(());
        }
        // Of states beside each other the winner need not be the one that the thing goes by.
        let stated = self.raw.stated(owner).filter(|_| key == STATE && !alone);
        let standing = stated.and_then(|entry| standing(self.raw, entry.states, entry.fingerprint));
        let old = standing.map_or(old, |state| Some(state.to_string().into()));
        self.tx.put(obj, key, new.clone()).map_err(refused)?;
        let Some((_, by)) = self.tx.get(obj, key).map_err(refused)? else {
            return Ok(());
        };
        self.touch(owner);
        self.traces.push(Trace::Register {
            owner: owner.clone(),
            obj: obj.clone(),
            key: key.to_owned(),
            old,
            new,
            by,
        });
        Ok(())
    }

    /// Sets a state.
    pub fn put_state(&mut self, owner: &Owner, obj: &ObjId, state: &StateRegister) -> Result<(), Refused> {
        self.put(owner, obj, STATE, state.to_string())
    }

    /// Makes an entry that was edited count as live for good. Without this a deletion that an edit has beaten
    /// would count again as soon as somebody edits back. It is no act of its own, so undo does not know it.
    pub fn heal(&mut self, owner: &Owner, obj: &ObjId, states: &[StateRegister]) -> Result<(), Refused> {
        let gone = |state: &StateRegister| {
            !matches!(
                state,
                StateRegister::Live | StateRegister::Unchosen | StateRegister::Erased
            )
        };
        if states.iter().any(gone) {
            self.tx
                .put(obj, STATE, StateRegister::Live.to_string())
                .map_err(refused)?;
            self.touch(owner);
        }
        Ok(())
    }

    /// Makes a new entry in one of the flat maps.
    pub fn create(&mut self, owner: Owner) -> Result<Entry, Refused> {
        let (map, key) = match &owner {
            Owner::Note(id) => (NOTES, id.as_str()),
            Owner::Island(id) => (ISLANDS, id.as_str()),
            Owner::Relation(id) => (RELATIONS, id.as_str()),
            Owner::Person(id) => (PEOPLE, id.as_str()),
            Owner::Point(_) | Owner::Group | Owner::Marks | Owner::Path => return Err(Refused::NotReady),
        };
        let map = self.raw.maps.get(map).ok_or(Refused::NotReady)?;
        if self.tx.get(map, key).map_err(refused)?.is_some() {
            return Err(Refused::AlreadyExists);
        }
        let obj = self.tx.put_object(map, key, ObjType::Map).map_err(refused)?;
        self.touch(&owner);
        self.traces.push(Trace::Created {
            owner,
            obj: obj.clone(),
        });
        Ok(Entry { obj })
    }

    /// Sets a field of an entry made in this very change; nothing to take back.
    pub fn set(&mut self, entry: &Entry, key: &str, value: impl Into<ScalarValue>) -> Result<(), Refused> {
        self.tx.put(&entry.obj, key, value).map_err(refused)
    }

    /// Sets a string field of a new entry, if there is something to say.
    pub fn set_filled(&mut self, entry: &Entry, key: &str, value: &str) -> Result<(), Refused> {
        if value.is_empty() {
            Ok(())
        } else {
            self.set(entry, key, value)
        }
    }

    /// Makes a text of an entry made in this very change.
    pub fn set_text(&mut self, entry: &Entry, key: &str, text: &str) -> Result<(), Refused> {
        let obj = self.tx.put_object(&entry.obj, key, ObjType::Text).map_err(refused)?;
        if text.is_empty() {
            Ok(())
        } else {
            self.tx.splice_text(&obj, 0, 0, text).map_err(refused)
        }
    }

    /// The text's object; made now if a foreign client left the entry without one.
    pub fn text_object(&mut self, obj: &ObjId, key: &str, known: Option<&ObjId>, text: &str) -> Result<ObjId, Refused> {
        if let Some(known) = known {
            return Ok(known.clone());
        }
        let made = self.tx.put_object(obj, key, ObjType::Text).map_err(refused)?;
        if !text.is_empty() {
            self.tx.splice_text(&made, 0, 0, text).map_err(refused)?;
        }
        Ok(made)
    }

    /// Splices a text that reads `before` now. Positions count Unicode scalar values and must lie inside.
    pub fn splice(
        &mut self,
        target: &TextTarget,
        obj: &ObjId,
        before: &str,
        at: usize,
        delete: usize,
        insert: &str,
    ) -> Result<(), Refused> {
        if delete == 0 && insert.is_empty() {
            return Ok(());
        }
        self.tx.splice_text(obj, at, delete as isize, insert).map_err(refused)?;
        self.after_text(target, obj, before)
    }

    /// Makes a text that reads `before` now read so, by small splices that leave letters of others alone.
    pub fn rewrite(&mut self, target: &TextTarget, obj: &ObjId, before: &str, text: &str) -> Result<(), Refused> {
        if before == text {
            return Ok(());
        }
        let splice = super::text::difference(before, text);
        if splice.delete + splice.insert.chars().count() <= super::text::FINE_DIFFERENCE_CHARS_MAX {
            self.tx.update_text(obj, text).map_err(refused)?;
        } else {
            self.tx
                .splice_text(obj, splice.at, splice.delete as isize, &splice.insert)
                .map_err(refused)?;
        }
        self.after_text(target, obj, before)
    }

    fn after_text(&mut self, target: &TextTarget, obj: &ObjId, before: &str) -> Result<(), Refused> {
        match target {
            TextTarget::Note(id) => drop(self.dirty.texts.insert(id.clone())),
            TextTarget::Heading(id) => drop(self.dirty.islands.insert(id.clone())),
            TextTarget::Label(id) => drop(self.dirty.relations.insert(id.clone())),
        }
        let after = self.tx.text(obj).map_err(refused)?;
        let before = before.to_owned();
        self.traces.push(Trace::Text {
            target: target.clone(),
            obj: obj.clone(),
            before,
            after,
        });
        Ok(())
    }
}

/// An entry made in this change.
pub(crate) struct Entry {
    pub obj: ObjId,
}

pub(crate) fn refused(error: automerge::AutomergeError) -> Refused {
    Refused::Document(error.to_string())
}
