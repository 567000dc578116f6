//! Rules 4 and 5: shown parents, order among siblings, outlines.

use std::collections::{BTreeMap, BTreeSet};

use super::Structure;
use crate::{
    board::raw::Raw,
    geometry::{Point, Rect},
    id::{IslandId, ItemId, NoteId},
    layout,
    order::OrderKey,
    view::State,
};

/// Where everything is shown: parents, order, outlines.
pub(super) struct Sheet {
    pub note_parents: BTreeMap<NoteId, Option<IslandId>>,
    pub island_parents: BTreeMap<IslandId, Option<IslandId>>,
    pub absorbed: BTreeMap<IslandId, IslandId>,
    pub depths: BTreeMap<IslandId, u32>,
    pub bounds: BTreeMap<IslandId, Rect>,
    pub note_counts: BTreeMap<IslandId, usize>,
    /// Islands whose content is not shown: folded, withheld, or inside such a one.
    pub closed: BTreeSet<IslandId>,
    pub top: Vec<ItemId>,
    pub children: BTreeMap<IslandId, Vec<ItemId>>,
}

impl Sheet {
    pub fn of(raw: &Raw, structure: &Structure) -> Self {
        let mut sheet = Self {
            note_parents: BTreeMap::new(),
            island_parents: BTreeMap::new(),
            absorbed: BTreeMap::new(),
            depths: BTreeMap::new(),
            bounds: BTreeMap::new(),
            note_counts: BTreeMap::new(),
            closed: BTreeSet::new(),
            top: Vec::new(),
            children: BTreeMap::new(),
        };
        sheet.place_items(raw, structure);
        sheet.measure(raw, structure);
        sheet
    }

    fn place_items(&mut self, raw: &Raw, structure: &Structure) {
        let mut siblings: BTreeMap<Option<IslandId>, Vec<(Vec<OrderKey>, ItemId)>> = BTreeMap::new();
        for (id, note) in &raw.notes {
            let from = note.place.parent.as_ref();
            let live = structure.note_states.get(id) == Some(&State::Live);
            let parent = if live {
                structure.shown_in(raw, from)
            } else {
                from.filter(|from| raw.islands.contains_key(*from))
            };
            if live {
                let path = structure.order_path(raw, from, parent, &note.place.order);
                siblings
                    .entry(parent.cloned())
                    .or_default()
                    .push((path, id.clone().into()));
            }
            self.note_parents.insert(id.clone(), parent.cloned());
        }
        for (id, island) in &raw.islands {
            let from = structure.up.get(id);
            let live = structure.is_live(id);
            let absorbed = structure.absorbed_by(raw, id).filter(|_| live);
            let parent = if live { structure.shown_in(raw, from) } else { from };
            if let Some(by) = absorbed {
                self.absorbed.insert(id.clone(), by.clone());
            } else if live {
                let path = structure.order_path(raw, from, parent, &island.place.order);
                siblings
                    .entry(parent.cloned())
                    .or_default()
                    .push((path, id.clone().into()));
            }
            self.island_parents.insert(id.clone(), parent.cloned());
        }
        for (parent, mut items) in siblings {
            items.sort_unstable();
            let items = items.into_iter().map(|(_, item)| item).collect();
            match parent {
                Some(parent) => {
                    self.children.insert(parent, items);
                }
                None => self.top = items,
            }
        }
    }

    /// Outlines from the inside out, closed islands from the outside in.
    fn measure(&mut self, raw: &Raw, structure: &Structure) {
        let mut levels: Vec<Vec<&IslandId>> = Vec::new();
        let islands = |items: &[ItemId]| {
            items
                .iter()
                .filter_map(|item| item.island().cloned())
                .collect::<Vec<_>>()
        };
        let mut level = islands(&self.top);
        while !level.is_empty() {
            let mut next = Vec::new();
            let mut here = Vec::new();
            for id in level {
                let Some((id, island)) = raw.islands.get_key_value(&id) else {
                    continue;
                };
                let closed_above = self
                    .island_parents
                    .get(id)
                    .and_then(Option::as_ref)
                    .is_some_and(|parent| self.closed.contains(parent));
                if closed_above || island.collapsed || island.withheld {
                    self.closed.insert(id.clone());
                }
                self.depths.insert(id.clone(), levels.len() as u32);
                next.extend(self.children.get(id).map(|items| islands(items)).unwrap_or_default());
                here.push(id);
            }
            levels.push(here);
            level = next;
        }
        for id in levels.into_iter().rev().flatten() {
            let origin = structure.origins.get(id).copied().unwrap_or_default();
            let mut content: Option<Rect> = None;
            let mut count = 0;
            for item in self.children.get(id).into_iter().flatten() {
                let rect = match item {
                    ItemId::Note(note) => {
                        count += 1;
                        note_rect(raw, structure, note)
                    }
                    ItemId::Island(island) => {
                        count += self.note_counts.get(island).copied().unwrap_or_default();
                        self.bounds.get(island).copied().unwrap_or_default()
                    }
                };
                content = Some(content.map_or(rect, |content| content.union(&rect)));
            }
            let collapsed = raw.islands.get(id).is_some_and(|island| island.collapsed);
            self.bounds
                .insert(id.clone(), layout::outline(origin, content, collapsed));
            self.note_counts.insert(id.clone(), count);
        }
    }
}

fn note_rect(raw: &Raw, structure: &Structure, note: &NoteId) -> Rect {
    Rect::new(position(raw, structure, note), crate::geometry::NOTE)
}

/// A note's absolute corner.
pub(super) fn position(raw: &Raw, structure: &Structure, note: &NoteId) -> Point {
    let Some(note) = raw.notes.get(note) else {
        return Point::default();
    };
    let origin = note
        .place
        .parent
        .as_ref()
        .and_then(|parent| structure.origins.get(parent))
        .copied()
        .unwrap_or_default();
    origin + note.place.at
}
