//! In which order a board is told: which lines a report has, and what each of them is.

use std::collections::{BTreeMap, BTreeSet};

use super::ReportBoard;
use crate::{
    id::{IslandId, ItemId, NoteId},
    order::OrderKey,
    view::{BoardView, Island, Note, OpenPoint, OpenPointKind, Source, State},
};

/// One heading or bullet of a report.
#[derive(Debug, Clone)]
pub(super) enum Entry<'view> {
    /// An island's heading.
    Heading {
        /// The island.
        island: &'view Island,
    },
    /// A note that stands like a heading: one that was promoted in the file and is read as a lone wolf now.
    Line {
        /// The note.
        note: &'view Note,
    },
    /// Notes that share one line: one note, or the halves of one that was split.
    Row {
        /// At least one.
        notes: Vec<&'view Note>,
    },
}

impl Entry<'_> {
    /// What the line is about; for a row its first note.
    pub(super) fn item(&self) -> Option<ItemId> {
        match self {
            Self::Heading { island } => Some(island.id.clone().into()),
            Self::Line { note } => Some(note.id.clone().into()),
            Self::Row { notes } => notes.first().map(|note| note.id.clone().into()),
        }
    }
}

/// Whether a note is printed: on the sheet, not withheld, and not a slip that nobody has written on yet.
pub(super) fn note_is_printed(note: &Note) -> bool {
    let written = !note.text.trim().is_empty() || note.source == Source::Import;
    note.state == State::Live && !note.withheld && written
}

/// Whether an island is printed: on the sheet, not withheld, not merged away, and not an
/// outline drawn round nothing that nobody has named.
pub(super) fn island_is_printed(view: &BoardView, island: &Island) -> bool {
    let empty = heading(island).is_empty()
        && island.trivia.blanks.is_none()
        && children(view, &island.id).iter().all(|child| match child {
            ItemId::Note(id) => view.notes.get(id).is_none_or(|note| !note_is_printed(note)),
            ItemId::Island(_) => false,
        });
    island.state == State::Live && !island.withheld && island.merged_into.is_none() && !empty
}

/// An island's heading and, line by line, those of the islands that were merged into it.
pub(super) fn heading(island: &Island) -> String {
    let kept = island.kept_headings.iter().map(|(_, heading)| heading.as_str());
    let lines: Vec<&str> = std::iter::once(island.heading.as_str())
        .chain(kept)
        .filter(|text| !text.trim().is_empty())
        .collect();
    lines.join("\n")
}

pub(super) fn children<'view>(view: &'view BoardView, island: &IslandId) -> &'view [ItemId] {
    view.children.get(island).map_or(&[], Vec::as_slice)
}

/// The notes among items, in their order.
pub(super) fn notes<'view>(view: &'view BoardView, items: &[ItemId]) -> Vec<&'view Note> {
    let found = items
        .iter()
        .filter_map(ItemId::note)
        .filter_map(|id| view.notes.get(id));
    found.map(AsRef::as_ref).filter(|note| note_is_printed(note)).collect()
}

/// The islands in and below these items in document order with their depth; each once, whatever the view says.
pub(super) fn islands<'view>(view: &'view BoardView, items: &[ItemId], depth: usize) -> Vec<(&'view Island, usize)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<(&IslandId, usize)> = items
        .iter()
        .rev()
        .filter_map(ItemId::island)
        .map(|id| (id, depth))
        .collect();
    while let Some((id, depth)) = waiting.pop() {
        let Some(island) = view.islands.get(id).filter(|island| island_is_printed(view, island)) else {
            continue;
        };
        if !seen.insert(id.clone()) {
            continue;
        }
        found.push((island.as_ref(), depth));
        waiting.extend(
            children(view, &island.id)
                .iter()
                .rev()
                .filter_map(ItemId::island)
                .map(|id| (id, depth + 1)),
        );
    }
    found
}

/// The board as the verbatim report tells it: flat, each heading followed by the notes that lie in it.
///
/// Depth is not written, so notes come before the islands that lie beside them; else they would read as part of
/// the last of these. The exception are lines that a reading of the import took out of their islands and that
/// nobody has moved since: they stay where the file had them, see [`in_file_place`].
pub(super) fn flat<'view>(view: &'view BoardView, imported: &Imported) -> Vec<Entry<'view>> {
    let kept = in_file_place(view, imported);
    let is_line = |note: &Note| is_promoted(note) && (note.parent.is_none() || kept.contains(&note.id));
    let mut entries = Vec::new();
    let bullets = |items: &[ItemId]| {
        let notes = notes(view, items);
        rows(
            view,
            notes
                .into_iter()
                .filter(|note| !is_line(note) && !kept.contains(&note.id)),
        )
    };
    entries.extend(bullets(&view.top));
    for item in &view.top {
        let lines = notes(view, std::slice::from_ref(item));
        let lines = lines
            .into_iter()
            .filter(|note| is_line(note) && !kept.contains(&note.id));
        entries.extend(lines.map(|note| Entry::Line { note }));
        for (island, _) in islands(view, std::slice::from_ref(item), 0) {
            entries.push(Entry::Heading { island });
            entries.extend(bullets(children(view, &island.id)));
        }
    }
    let mut in_place: Vec<(usize, &Note)> = kept
        .iter()
        .filter_map(|id| Some((imported.place(&id.clone().into())?, view.notes.get(id)?.as_ref())))
        .collect();
    in_place.sort_by_key(|(place, _)| *place);
    for (place, note) in in_place {
        let place_of = |entry: &Entry<'_>| entry.item().and_then(|item| imported.place(&item));
        let before = entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| Some((place_of(entry).filter(|of| *of < place)?, at)))
            .max();
        // What was written live behind the line before it belongs to that one's island.
        let mut at = before.map_or(0, |(_, at)| at + 1);
        while matches!(entries.get(at), Some(row @ Entry::Row { .. }) if place_of(row).is_none_or(|of| of < place)) {
            at += 1;
        }
        let entry = if is_line(note) {
            Entry::Line { note }
        } else {
            Entry::Row { notes: vec![note] }
        };
        entries.insert(at, entry);
    }
    rejoin(view, entries)
}

/// Whether a note was a heading in the file.
fn is_promoted(note: &Note) -> bool {
    note.marker.as_deref() == Some("") && note.row_group.is_none()
}

/// Puts notes into rows: the halves of a split note that still stand side by side share one.
fn rows<'view>(view: &BoardView, notes: impl Iterator<Item = &'view Note>) -> Vec<Entry<'view>> {
    let entries = notes.map(|note| Entry::Row { notes: vec![note] }).collect();
    rejoin(view, entries)
}

fn rejoin<'view>(view: &BoardView, entries: Vec<Entry<'view>>) -> Vec<Entry<'view>> {
    let mut joined: Vec<Entry<'view>> = Vec::with_capacity(entries.len());
    for entry in entries {
        if let (Some(Entry::Row { notes: row }), Entry::Row { notes }) = (joined.last_mut(), &entry)
            && let (Some(first), Some(next)) = (row.first(), notes.first())
            && next.row_group.is_some()
            && row_of(view, first) == row_of(view, next)
            && first.parent == next.parent
        {
            row.extend(notes);
            continue;
        }
        joined.push(entry);
    }
    joined
}

/// The note that a row's line began with. A half may itself have been split from a half.
fn row_of<'view>(view: &'view BoardView, note: &'view Note) -> &'view NoteId {
    let mut id = &note.id;
    let mut next = note.row_group.as_ref();
    for _ in 0..ROW_HALVES_MAX {
        let Some(first) = next else { break };
        id = first;
        next = view.notes.get(first).and_then(|note| note.row_group.as_ref());
    }
    id
}

/// Most times one line can be split: a note of 10,000 characters holds fewer thoughts than that.
const ROW_HALVES_MAX: usize = 1_000;

/// Notes on the sheet that a reading of the import put there, and that still are where it put them: bullets after a
/// gap ([`OpenPointKind::GapInIsland`]) and lone wolves that were headings. No reading changes an order key, so a lone
/// wolf that nobody moved has its heading's key, and a bullet lies between its neighbours of the file.
fn in_file_place(view: &BoardView, imported: &Imported) -> BTreeSet<NoteId> {
    let is_gap = |point: &&OpenPoint| point.kind == OpenPointKind::GapInIsland && point.chosen > 0;
    let after_gaps: BTreeSet<&NoteId> = view
        .open_points
        .iter()
        .filter(is_gap)
        .flat_map(|point| &point.members)
        .filter_map(ItemId::note)
        .collect();
    let promoted = view
        .notes
        .values()
        .filter(|note| is_promoted(note))
        .map(|note| &note.id);
    let mut found = BTreeSet::new();
    for id in after_gaps.iter().copied().chain(promoted) {
        let Some(note) = view.notes.get(id).filter(|note| note_is_printed(note)) else {
            continue;
        };
        let item = ItemId::from(id.clone());
        let at = |place: Option<usize>| place.and_then(|place| imported.order.get(place));
        let place = imported.place(&item);
        let own_order = Some(&note.place.order);
        let is_kept = if is_promoted(note) {
            at(place).is_some_and(|heading| *heading != item && order_of(view, heading) == own_order)
        } else {
            let heading = imported.before(&item).iter().rev().find_map(ItemId::island);
            let printed = heading
                .and_then(|id| view.islands.get(id))
                .filter(|island| island_is_printed(view, island));
            let before = at(place.and_then(|place| place.checked_sub(1))).and_then(|item| order_of(view, item));
            let next = at(place.map(|place| place + 1)).and_then(|item| order_of(view, item));
            let is_between = before < own_order && next.is_none_or(|next| Some(next) > own_order);
            printed.is_some_and(|heading| {
                let was_put_out = note.parent.as_ref() != Some(&heading.id);
                was_put_out && (is_between || stands_beside(view, note, &heading.id))
            })
        };
        if is_kept {
            found.insert(id.clone());
        }
    }
    found
}

/// Whether the island before a note, among its siblings, is the given one or holds it.
fn stands_beside(view: &BoardView, note: &Note, island: &IslandId) -> bool {
    let siblings = note
        .parent
        .as_ref()
        .map_or(view.top.as_slice(), |parent| children(view, parent));
    let before = siblings
        .iter()
        .take_while(|item| item.note() != Some(&note.id))
        .filter_map(ItemId::island)
        .last();
    before.is_some_and(|before| lies_in(view, island, before))
}

fn order_of<'view>(view: &'view BoardView, item: &ItemId) -> Option<&'view OrderKey> {
    match item {
        ItemId::Note(id) => view.notes.get(id).map(|note| &note.place.order),
        ItemId::Island(id) => view.islands.get(id).map(|island| &island.place.order),
    }
}

fn lies_in(view: &BoardView, inner: &IslandId, outer: &IslandId) -> bool {
    let mut at = Some(inner);
    for _ in 0..=view.islands.len() {
        match at {
            Some(id) if id == outer => {
                return view
                    .islands
                    .get(inner)
                    .is_some_and(|island| island_is_printed(view, island));
            }
            Some(id) => at = view.islands.get(id).and_then(|island| island.parent.as_ref()),
            None => return false,
        }
    }
    false
}

/// Headings and notes in the order of the file they were imported from, whatever became of them.
#[derive(Debug, Default)]
pub(super) struct Imported {
    /// In file order.
    pub(super) order: Vec<ItemId>,
    places: BTreeMap<ItemId, usize>,
}

impl Imported {
    /// Reads the order from what each imported line knows about the line before it.
    pub(super) fn of(board: &ReportBoard<'_>) -> Self {
        let view = board.view;
        let notes = view
            .notes
            .values()
            .map(|note| (ItemId::from(note.id.clone()), &note.trivia));
        let islands = view
            .islands
            .values()
            .map(|island| (ItemId::from(island.id.clone()), &island.trivia));
        let mut next: BTreeMap<Option<ItemId>, Vec<ItemId>> = BTreeMap::new();
        for (item, trivia) in islands.chain(notes).filter(|(_, trivia)| trivia.blanks.is_some()) {
            next.entry(trivia.prev.clone()).or_default().push(item);
        }
        // Where a heading can be read as a lone wolf, that note stands in the same place; the heading comes first.
        let mut imported = Self::default();
        let mut last: Option<ItemId> = None;
        while let Some(items) = next.remove(&last) {
            let place = imported.order.len();
            last = items.first().cloned();
            imported.order.extend(last.clone());
            imported.places.extend(items.into_iter().map(|item| (item, place)));
        }
        imported
    }

    /// The line's number among the imported lines, from 0; none for what was made live.
    pub(super) fn place(&self, item: &ItemId) -> Option<usize> {
        self.places.get(item).copied()
    }

    /// All that stood before it in the file.
    fn before(&self, item: &ItemId) -> &[ItemId] {
        self.place(item)
            .and_then(|place| self.order.get(..place))
            .unwrap_or_default()
    }
}
