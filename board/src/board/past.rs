//! What happened to a board, change by change: where an operation of the history wrote, in words of the board.

use std::collections::BTreeMap;

use automerge::{
    ActorId, ObjId,
    legacy::{ObjectId, OpId},
};

use super::{edit::Owner, keys::*, raw::Raw};
use crate::command::TextTarget;

/// What an object of the document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spot {
    /// The document itself.
    Root,
    /// A map under the root whose entries are maps, by its name.
    Entries(&'static str, ObjId),
    /// A map with fields of its own: the group's, an entry's, the dots.
    Fields(Owner, ObjId),
    /// A text people write.
    Text(TextTarget, ObjId),
}

/// Every object of a board that is there now, by the operation that made it.
pub(crate) struct Spots(BTreeMap<(u64, ActorId), Spot>);

impl Spots {
    pub fn of(raw: &Raw) -> Self {
        let mut spots = Self(BTreeMap::new());
        for (name, obj) in &raw.maps {
            match *name {
                GROUP => spots.add(obj, Spot::Fields(Owner::Group, obj.clone())),
                MARKS => spots.add(obj, Spot::Fields(Owner::Marks, obj.clone())),
                name => spots.add(obj, Spot::Entries(name, obj.clone())),
            }
        }
        for (id, note) in &raw.notes {
            spots.entry(&note.obj, Owner::Note(id.clone()));
            spots.text(note.text_obj.as_ref(), TextTarget::Note(id.clone()));
        }
        for (id, island) in &raw.islands {
            spots.entry(&island.obj, Owner::Island(id.clone()));
            spots.text(island.heading_obj.as_ref(), TextTarget::Heading(id.clone()));
        }
        for (id, relation) in &raw.relations {
            spots.entry(&relation.obj, Owner::Relation(id.clone()));
            spots.text(relation.label_obj.as_ref(), TextTarget::Label(id.clone()));
        }
        for (id, person) in &raw.people {
            spots.entry(&person.obj, Owner::Person(id.clone()));
        }
        for (id, point) in &raw.points {
            spots.entry(&point.obj, Owner::Point(id.clone()));
        }
        spots
    }

    fn entry(&mut self, obj: &ObjId, owner: Owner) {
        self.add(obj, Spot::Fields(owner, obj.clone()));
    }

    fn text(&mut self, obj: Option<&ObjId>, target: TextTarget) {
        if let Some(obj) = obj {
            self.add(obj, Spot::Text(target, obj.clone()));
        }
    }

    fn add(&mut self, obj: &ObjId, spot: Spot) {
        if let ObjId::Id(counter, actor, _) = obj {
            self.0.insert((*counter, actor.clone()), spot);
        }
    }

    /// What the object of an operation is; none if nothing of the board leads to it any more.
    pub fn find(&self, obj: &ObjectId) -> Option<&Spot> {
        match obj {
            ObjectId::Root => Some(&Spot::Root),
            ObjectId::Id(OpId(counter, actor)) => self.0.get(&(*counter, actor.clone())),
        }
    }

    /// The entry that an operation made, if it is the one that is there.
    pub fn made(&self, counter: u64, actor: &ActorId) -> Option<(&Owner, &ObjId)> {
        match self.0.get(&(counter, actor.clone()))? {
            Spot::Fields(owner, obj) => Some((owner, obj)),
            Spot::Root | Spot::Entries(..) | Spot::Text(..) => None,
        }
    }
}
