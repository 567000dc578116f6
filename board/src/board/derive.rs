//! From entries to the view: the rules that every replica shares. Pure and total.
//!
//! 1. *States first*: an item is in the basket if one of the values written beside each other says so, was made
//!    for the item as it reads now (else an edit was concurrent, and wins), and no value says it is back.
//!    What went together with an island is in the basket exactly while the island is.
//! 2. *One edge up* per island: to the island it is merged into, else to its parent. In every cycle the island
//!    with the smallest identifier is cut loose to the top and flagged.
//! 3. *Places* add up along these edges, through deleted islands too: nothing jumps when one is deleted.
//! 4. *Shown parents* skip what is not on the sheet and what is merged away into something live.
//! 5. *Order* among siblings compares the keys along the way down from the common parent.

mod rest;
mod sheet;
mod structure;

use std::{collections::BTreeMap, sync::Arc};

pub(crate) use structure::{Structure, standing, state};

use self::sheet::{Sheet, position};
use super::{
    Touched, keys,
    raw::{Dirty, Raw},
    register::StateRegister,
};
use crate::{
    id::{IslandId, ItemId, NoteId},
    layout,
    order::OrderKey,
    view::{BoardView, Island, Note, Problem, Relation, SchemaState, State},
};

/// Whether one note's changed text changes nothing but that note: no state to weigh, so no structure to derive.
fn only_text(raw: &Raw, dirty: &Dirty) -> bool {
    let plain = |id: &NoteId| {
        raw.notes
            .get(id)
            .is_none_or(|note| note.states.iter().all(|state| *state == StateRegister::Live))
    };
    !dirty.everything
        && dirty.notes.is_empty()
        && dirty.islands.is_empty()
        && dirty.relations.is_empty()
        && dirty.people.is_empty()
        && dirty.points.is_empty()
        && !(dirty.group || dirty.marks || dirty.path)
        && dirty.texts.iter().all(plain)
}

/// Brings the view up to date with the entries; what did not change keeps its `Arc`.
pub(crate) fn derive(raw: &Raw, dirty: &Dirty, view: &mut BoardView, touched: &mut Touched) {
    if only_text(raw, dirty) {
        for id in &dirty.texts {
            if let (Some(note), Some(entry)) = (view.notes.get_mut(id), raw.notes.get(id))
                && note.text != entry.text
            {
                Arc::make_mut(note).text.clone_from(&entry.text);
                touched.notes.insert(id.clone());
            }
        }
        return;
    }
    if dirty.everything {
        // Only a hostile document loses entries, but the view must not show what is not there.
        view.notes.retain(|id, _| raw.notes.contains_key(id));
        view.islands.retain(|id, _| raw.islands.contains_key(id));
        touched.everything = true;
    }
    derive_all(raw, view, touched);
}

/// Every rule over every entry.
fn derive_all(raw: &Raw, view: &mut BoardView, touched: &mut Touched) {
    let structure = Structure::of(raw);
    let sheet = Sheet::of(raw, &structure);
    view.schema = match raw.schema {
        Some(found) if found > keys::SCHEMA => SchemaState::Newer { found },
        _ => SchemaState::Current,
    };
    write_notes(raw, &structure, &sheet, view, touched);
    write_islands(raw, &structure, &sheet, view, touched);
    write_relations(raw, view, touched);
    view.top = sheet.top;
    view.children = sheet.children;
    view.problems = problems(raw, &structure);
    rest::write(raw, view, touched);
}
fn write_notes(raw: &Raw, structure: &Structure, sheet: &Sheet, view: &mut BoardView, touched: &mut Touched) {
    for (id, entry) in &raw.notes {
        let state = structure.note_states.get(id).cloned().unwrap_or_default();
        let parent = sheet.note_parents.get(id).cloned().flatten();
        let closed = parent.as_ref().is_some_and(|parent| sheet.closed.contains(parent));
        let position = position(raw, structure, id);
        let shown = state == State::Live && !entry.withheld && !closed;
        if let Some(old) = view.notes.get(id)
            && old.state == state
            && old.parent == parent
            && old.position == position
            && old.shown == shown
            && old.text == entry.text
            && old.place == entry.place
            && old.colour == entry.colour
            && old.withheld == entry.withheld
            && old.lone_wolf == entry.lone_wolf
            && old.author == entry.author
            && old.marker == entry.marker
            && old.device == entry.device
            && old.at_ms == entry.at_ms
            && old.row_group == entry.row_group
            && old.source == entry.source
            && old.trivia == entry.trivia
        {
            continue;
        }
        let note = Note {
            id: id.clone(),
            text: entry.text.clone(),
            place: entry.place.clone(),
            parent,
            position,
            colour: entry.colour,
            author: entry.author.clone(),
            device: entry.device.clone(),
            at_ms: entry.at_ms,
            marker: entry.marker.clone(),
            row_group: entry.row_group.clone(),
            state,
            withheld: entry.withheld,
            lone_wolf: entry.lone_wolf,
            source: entry.source.clone(),
            shown,
            trivia: entry.trivia.clone(),
        };
        view.notes.insert(id.clone(), Arc::new(note));
        touched.notes.insert(id.clone());
    }
}

fn write_islands(raw: &Raw, structure: &Structure, sheet: &Sheet, view: &mut BoardView, touched: &mut Touched) {
    let mut kept = kept_headings(raw, sheet);
    for (id, entry) in &raw.islands {
        let parent = sheet.island_parents.get(id).cloned().flatten();
        let closed = parent.as_ref().is_some_and(|parent| sheet.closed.contains(parent));
        let state = structure.island_states.get(id).cloned().unwrap_or_default();
        let merged_into = sheet.absorbed.get(id).cloned();
        let origin = structure.origins.get(id).copied().unwrap_or_default();
        let island = Island {
            id: id.clone(),
            heading: entry.heading.clone(),
            kept_headings: kept.remove(id).unwrap_or_default(),
            place: entry.place.clone(),
            bounds: sheet
                .bounds
                .get(id)
                .copied()
                .unwrap_or_else(|| layout::outline(origin, None, true)),
            origin,
            depth: sheet.depths.get(id).copied().unwrap_or_default(),
            colour: entry.colour,
            collapsed: entry.collapsed,
            shown: state == State::Live && merged_into.is_none() && !entry.withheld && !closed,
            parent,
            merged_into,
            state,
            withheld: entry.withheld,
            source: entry.source.clone(),
            note_count: sheet.note_counts.get(id).copied().unwrap_or_default(),
            flagged: structure.flagged.contains(id),
            trivia: entry.trivia.clone(),
        };
        if view.islands.get(id).is_none_or(|old| **old != island) {
            view.islands.insert(id.clone(), Arc::new(island));
            touched.islands.insert(id.clone());
        }
    }
}

/// The headings of absorbed islands, with the island that shows them, in report order.
fn kept_headings(raw: &Raw, sheet: &Sheet) -> BTreeMap<IslandId, Vec<(IslandId, String)>> {
    let mut absorbed: Vec<(&OrderKey, &IslandId, &IslandId)> = Vec::new();
    for id in sheet.absorbed.keys() {
        let shown_in = sheet.island_parents.get(id).and_then(Option::as_ref);
        if let (Some(entry), Some(shown_in)) = (raw.islands.get(id), shown_in) {
            absorbed.push((&entry.place.order, id, shown_in));
        }
    }
    absorbed.sort_unstable();
    let mut kept: BTreeMap<IslandId, Vec<(IslandId, String)>> = BTreeMap::new();
    for (_, id, shown_in) in absorbed {
        if let Some(entry) = raw.islands.get(id).filter(|entry| !entry.heading.is_empty()) {
            kept.entry(shown_in.clone())
                .or_default()
                .push((id.clone(), entry.heading.clone()));
        }
    }
    kept
}

fn write_relations(raw: &Raw, view: &mut BoardView, touched: &mut Touched) {
    let shown_item = |item: &ItemId, view: &BoardView| match item {
        ItemId::Note(id) => view.notes.get(id).is_some_and(|note| note.shown),
        ItemId::Island(id) => view.islands.get(id).is_some_and(|island| island.shown),
    };
    view.relations
        .retain(|id, _| raw.relations.contains_key(id) || !touched.relations.insert(id.clone()));
    for (id, entry) in &raw.relations {
        let deleted = state(raw, &entry.states, entry.fingerprint()) != State::Live;
        let relation = Relation {
            id: id.clone(),
            from: entry.from.clone(),
            to: entry.to.clone(),
            kind: entry.kind,
            label: entry.label.clone(),
            deleted,
            shown: !deleted && shown_item(&entry.from, view) && shown_item(&entry.to, view),
        };
        if view.relations.get(id).is_none_or(|old| **old != relation) {
            view.relations.insert(id.clone(), Arc::new(relation));
            touched.relations.insert(id.clone());
        }
    }
}

fn problems(raw: &Raw, structure: &Structure) -> Vec<Problem> {
    let mut problems: Vec<Problem> = structure.flagged.iter().cloned().map(Problem::Cycle).collect();
    let dangling = |parent: &Option<IslandId>| parent.as_ref().is_some_and(|parent| !raw.islands.contains_key(parent));
    let islands = raw.islands.iter().filter(|(_, island)| dangling(&island.place.parent));
    problems.extend(islands.map(|(id, _)| Problem::DanglingParent(id.clone().into())));
    let notes = raw.notes.iter().filter(|(_, note)| dangling(&note.place.parent));
    problems.extend(notes.map(|(id, _)| Problem::DanglingParent(id.clone().into())));
    problems.extend(raw.unreadable.iter().cloned().map(Problem::Unreadable));
    problems
}
