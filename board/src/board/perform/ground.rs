//! What commands stand on: the entries and the view before the command, and who acts.

use std::{cell::OnceCell, collections::BTreeSet};

use automerge::ObjId;

use crate::{
    board::{
        Refused,
        derive::Structure,
        edit::{Edit, Owner},
        keys::{COORDINATE_MAX, ITEMS_PER_COMMAND_MAX, MERGED_INTO, PLACE},
        raw::{Raw, RawIsland, RawNote},
        register::{StateRegister, print_place, rounded},
    },
    command::{Place, TEXT_CHARS_MAX},
    geometry::{Point, Rect},
    id::{IslandId, ItemId, NoteId},
    stamp::Stamp,
    view::{BoardView, Island, Note, State},
};

/// The board before a command.
pub(crate) struct Ground<'a> {
    pub raw: &'a Raw,
    pub view: &'a BoardView,
    pub stamp: &'a Stamp,
    structure: OnceCell<Structure>,
}

impl<'a> Ground<'a> {
    pub fn new(raw: &'a Raw, view: &'a BoardView, stamp: &'a Stamp) -> Self {
        Self {
            raw,
            view,
            stamp,
            structure: OnceCell::new(),
        }
    }

    pub fn structure(&self) -> &Structure {
        self.structure.get_or_init(|| Structure::of(self.raw))
    }

    pub fn note(&self, id: &NoteId) -> Result<(&'a RawNote, &'a Note), Refused> {
        match (self.raw.notes.get(id), self.view.notes.get(id)) {
            (Some(raw), Some(note)) => Ok((raw, note)),
            _ => Err(Refused::NoSuchItem(id.clone().into())),
        }
    }

    pub fn island(&self, id: &IslandId) -> Result<(&'a RawIsland, &'a Island), Refused> {
        match (self.raw.islands.get(id), self.view.islands.get(id)) {
            (Some(raw), Some(island)) => Ok((raw, island)),
            _ => Err(Refused::NoSuchItem(id.clone().into())),
        }
    }

    /// Object, place and states of an item.
    pub fn entry(&self, item: &ItemId) -> Result<(&'a ObjId, &'a Place, &'a [StateRegister]), Refused> {
        match item {
            ItemId::Note(id) => self
                .note(id)
                .map(|(raw, _)| (&raw.obj, &raw.place, raw.states.as_slice())),
            ItemId::Island(id) => self
                .island(id)
                .map(|(raw, _)| (&raw.obj, &raw.place, raw.states.as_slice())),
        }
    }

    pub fn state(&self, item: &ItemId) -> Result<&'a State, Refused> {
        match item {
            ItemId::Note(id) => self.note(id).map(|(_, note)| &note.state),
            ItemId::Island(id) => self.island(id).map(|(_, island)| &island.state),
        }
    }

    pub fn fingerprint(&self, item: &ItemId) -> u64 {
        match item {
            ItemId::Note(id) => self.raw.notes.get(id).map(RawNote::fingerprint),
            ItemId::Island(id) => self.raw.islands.get(id).map(RawIsland::fingerprint),
        }
        .unwrap_or_default()
    }

    pub fn bounds(&self, item: &ItemId) -> Result<Rect, Refused> {
        self.view.bounds(item).ok_or_else(|| Refused::NoSuchItem(item.clone()))
    }

    /// Absolute origin of an island, or of the sheet.
    pub fn origin(&self, parent: Option<&IslandId>) -> Point {
        parent
            .and_then(|parent| self.view.islands.get(parent))
            .map_or_else(Point::default, |island| island.origin)
    }

    /// The island in which something dropped into `parent` will be shown: merged and deleted ones hand it on.
    pub fn landing(&self, parent: Option<&IslandId>) -> Result<Option<IslandId>, Refused> {
        if let Some(parent) = parent {
            self.island(parent)?;
        }
        Ok(self.structure().shown_in(self.raw, parent).cloned())
    }

    /// Live items side by side in an island or on the sheet, in report order.
    pub fn siblings(&self, parent: Option<&IslandId>) -> &'a [ItemId] {
        match parent {
            None => &self.view.top,
            Some(parent) => self.view.children.get(parent).map_or(&[], Vec::as_slice),
        }
    }

    /// Writes an item's place; an edit of something deleted brings it back.
    pub fn put_place(&self, edit: &mut Edit<'_>, item: &ItemId, place: &Place) -> Result<(), Refused> {
        let (obj, old, states) = self.entry(item)?;
        let owner = Owner::from(item);
        if let ItemId::Island(id) = item
            && self.raw.islands.get(id).is_some_and(|island| island.merge.is_some())
        {
            // A merged island lies where its merge says; whoever puts it somewhere takes it out.
            edit.put(&owner, obj, MERGED_INTO, "")?;
        } else if old == place {
            return Ok(());
        }
        edit.put(&owner, obj, PLACE, print_place(place))?;
        edit.heal(&owner, obj, states)
    }

    /// The island an item belongs to as written, if there is one and no cycle was cut here.
    pub fn stored_parent(&self, item: &ItemId) -> Option<IslandId> {
        let flagged = item
            .island()
            .and_then(|id| self.view.islands.get(id))
            .is_some_and(|island| island.flagged);
        let (_, place, _) = self.entry(item).ok()?;
        place
            .parent
            .clone()
            .filter(|parent| !flagged && self.raw.islands.contains_key(parent))
    }

    /// Distinct items without those that lie in another one of them: they are carried along.
    pub fn outermost(&self, items: &[ItemId]) -> Result<Vec<ItemId>, Refused> {
        too_many(items.len(), ITEMS_PER_COMMAND_MAX)?;
        let all: BTreeSet<&ItemId> = items.iter().collect();
        let mut kept: Vec<ItemId> = Vec::new();
        for item in items {
            self.entry(item)?;
            let mut above = self.view.parent(item);
            let mut carried = false;
            while let Some(island) = above {
                carried |= all.contains(&ItemId::Island(island.clone()));
                above = self.view.parent(&ItemId::Island(island.clone()));
            }
            if !carried && !kept.contains(item) {
                kept.push(item.clone());
            }
        }
        Ok(kept)
    }
}

pub(crate) fn too_many(count: usize, limit: usize) -> Result<(), Refused> {
    if count > limit {
        Err(Refused::TooMany { limit })
    } else {
        Ok(())
    }
}

pub(crate) fn text_fits(chars: usize) -> Result<(), Refused> {
    if chars > TEXT_CHARS_MAX {
        Err(Refused::TextTooLong { limit: TEXT_CHARS_MAX })
    } else {
        Ok(())
    }
}

/// How far from the sheet's corner things lie: a quarter of the register's range, so that differences of two places still fit it.
const SHEET_RANGE: f64 = COORDINATE_MAX / 4.0;

/// The nearest place on or near the sheet: where things go for which nobody chose a place, on a board that is full.
pub(crate) fn nearest_on_sheet(at: Point) -> Point {
    let near = |value: f64| value.clamp(-SHEET_RANGE, SHEET_RANGE);
    rounded(Point::new(near(at.x), near(at.y)))
}

/// A place on or near the sheet, rounded as documents have it.
pub(crate) fn on_sheet(at: Point) -> Result<Point, Refused> {
    let fits = |value: f64| value.is_finite() && value.abs() <= SHEET_RANGE;
    if fits(at.x) && fits(at.y) {
        Ok(rounded(at))
    } else {
        Err(Refused::NotOnSheet)
    }
}
