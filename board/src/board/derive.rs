//! From entries to the view: the rules that every replica shares. Pure and total.
//!
//! 1. *States first*: an item is in the basket if one of the values written beside each other says so, was made
//!    for the item as it reads now (else an edit was concurrent, and wins), and no value says it is back.
//!    What went together with an island is in the basket exactly while that deletion of the island counts.
//! 2. *One edge up* per island: to the island it is merged into, else to its parent. In every cycle the island
//!    with the smallest identifier is cut loose to the top and flagged.
//! 3. *Places* add up along these edges, through deleted islands too: nothing jumps when one is deleted.
//! 4. *Shown parents* skip what is not on the sheet and what is merged away into something live.
//! 5. *Order* among siblings compares the keys along the way down from the common parent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Touched, keys,
    raw::{Dirty, Raw, RawIsland},
    register::{Gone, StateRegister},
};
use crate::{
    geometry::{Point, Rect},
    id::{IslandId, ItemId, NoteId},
    layout,
    order::OrderKey,
    view::{BoardView, Group, Island, Note, OpenPoint, OpenPointKind, Person, Problem, Relation, SchemaState, State},
};

/// Most keys compared on the way down; deeper ones are left to the identifiers. Real boards nest 5 deep.
const ORDER_PATH_MAX: usize = 32;

/// What an island's place in the structure is, before anything is drawn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Structure {
    /// The edge up, cycles cut.
    pub up: BTreeMap<IslandId, IslandId>,
    /// Absolute origins.
    pub origins: BTreeMap<IslandId, Point>,
    pub island_states: BTreeMap<IslandId, State>,
    pub note_states: BTreeMap<NoteId, State>,
    flagged: BTreeSet<IslandId>,
}

impl Structure {
    pub fn of(raw: &Raw) -> Self {
        let mut structure = Self::default();
        for (id, island) in &raw.islands {
            structure.island_states.insert(id.clone(), island_state(raw, island));
            let edge = match &island.merge {
                Some(merge) if raw.islands.contains_key(&merge.into) => Some(&merge.into),
                _ => island
                    .place
                    .parent
                    .as_ref()
                    .filter(|parent| raw.islands.contains_key(*parent)),
            };
            if let Some(edge) = edge {
                structure.up.insert(id.clone(), edge.clone());
            }
        }
        structure.cut_cycles();
        for (id, note) in &raw.notes {
            structure
                .note_states
                .insert(id.clone(), state(raw, &note.states, note.fingerprint()));
        }
        structure.add_origins(raw);
        structure
    }

    /// Follows each island upwards; a walk that meets itself has found a cycle.
    fn cut_cycles(&mut self) {
        let mut seen: BTreeMap<&IslandId, usize> = BTreeMap::new();
        let mut cut: Vec<IslandId> = Vec::new();
        for (walk, start) in self.up.keys().enumerate() {
            let mut trail: Vec<&IslandId> = Vec::new();
            let mut at = Some(start);
            while let Some(island) = at {
                match seen.get(island) {
                    Some(earlier) if *earlier == walk => {
                        let cycle = trail.iter().skip_while(|member| **member != island);
                        cut.extend(cycle.min().map(|smallest| (*smallest).clone()));
                        break;
                    }
                    Some(_) => break,
                    None => {
                        seen.insert(island, walk);
                        trail.push(island);
                        at = self.up.get(island);
                    }
                }
            }
        }
        for island in cut {
            self.up.remove(&island);
            self.flagged.insert(island);
        }
    }

    fn add_origins(&mut self, raw: &Raw) {
        for start in raw.islands.keys() {
            // Upwards to the first known origin, then back down: every island is visited once.
            let mut trail = Vec::new();
            let mut at = Some(start);
            while let Some(island) = at.filter(|island| !self.origins.contains_key(*island)) {
                trail.push(island);
                at = self.up.get(island);
            }
            let mut origin = at
                .and_then(|island| self.origins.get(island))
                .copied()
                .unwrap_or_default();
            for id in trail.into_iter().rev() {
                if let Some(island) = raw.islands.get(id) {
                    origin = origin + self.offset(id, island);
                }
                self.origins.insert(id.clone(), origin);
            }
        }
    }

    /// An island's origin relative to the island above it.
    fn offset(&self, id: &IslandId, island: &RawIsland) -> Point {
        match (&island.merge, self.up.get(id)) {
            (Some(merge), Some(up)) if merge.into == *up => merge.offset,
            _ => island.place.at,
        }
    }

    pub fn is_live(&self, island: &IslandId) -> bool {
        matches!(self.island_states.get(island), Some(State::Live | State::Heading))
    }

    /// The island into which this one is merged, while that one is on the sheet.
    pub fn absorbed_by(&self, raw: &Raw, island: &IslandId) -> Option<&IslandId> {
        let merge = raw.islands.get(island)?.merge.as_ref()?;
        let up = self.up.get(island).filter(|up| merge.into == **up)?;
        self.is_live(up).then_some(up)
    }

    /// From an island (or none) to the one in which its content is shown.
    pub fn shown_in<'a>(&'a self, raw: &Raw, from: Option<&'a IslandId>) -> Option<&'a IslandId> {
        let mut at = from;
        while let Some(island) = at {
            if !self.island_states.contains_key(island) {
                return None;
            }
            if self.is_live(island) && self.absorbed_by(raw, island).is_none() {
                return Some(island);
            }
            at = self.up.get(island);
        }
        None
    }

    /// Whether `island` lies in `ancestor`, or is it, along the edges up.
    pub fn lies_in(&self, island: &IslandId, ancestor: &IslandId) -> bool {
        let mut at = Some(island);
        while let Some(island) = at {
            if island == ancestor {
                return true;
            }
            at = self.up.get(island);
        }
        false
    }

    /// Keys from below the shown parent down to the item.
    fn order_path(
        &self,
        raw: &Raw,
        from: Option<&IslandId>,
        parent: Option<&IslandId>,
        own: &OrderKey,
    ) -> Vec<OrderKey> {
        let mut path = vec![own.clone()];
        let mut at = from;
        while let Some(island) = at.filter(|island| Some(*island) != parent) {
            let Some(entry) = raw.islands.get(island) else { break };
            if path.len() == ORDER_PATH_MAX {
                break;
            }
            path.push(entry.place.order.clone());
            at = self.up.get(island);
        }
        path.reverse();
        path
    }
}

/// Deletions that count, by rule 1; none if the item is on the sheet.
fn counting(states: &[StateRegister], fingerprint: u64) -> Vec<&StateRegister> {
    let counts = |state: &&StateRegister| match state {
        StateRegister::Live => false,
        StateRegister::Unchosen => true,
        StateRegister::Heading { fingerprint: made_for } => *made_for == fingerprint,
        StateRegister::Basket(gone) | StateRegister::Moved(gone, _) => gone.fingerprint == fingerprint,
    };
    if states.contains(&StateRegister::Live) {
        return Vec::new();
    }
    states.iter().filter(counts).collect()
}

/// Whether the deletion of `island` by which something else went still counts.
fn went_with(raw: &Raw, island: &IslandId, gone: &Gone) -> bool {
    let Some(island) = raw.islands.get(island) else {
        return false;
    };
    counting(&island.states, island.fingerprint())
        .into_iter()
        .any(|state| match state {
            StateRegister::Basket(own) | StateRegister::Moved(own, _) => {
                own.with.is_none() && own.by == gone.by && own.at_ms == gone.at_ms
            }
            _ => false,
        })
}

fn state(raw: &Raw, states: &[StateRegister], fingerprint: u64) -> State {
    let mut result = State::Live;
    for counted in counting(states, fingerprint) {
        match counted {
            StateRegister::Live => {}
            StateRegister::Unchosen => result = State::Unchosen,
            StateRegister::Heading { .. } => result = State::Heading,
            StateRegister::Basket(gone) | StateRegister::Moved(gone, _) => {
                if gone.with.as_ref().is_some_and(|island| !went_with(raw, island, gone)) {
                    continue;
                }
                result = match counted {
                    StateRegister::Moved(_, to) => State::Moved { to: to.clone() },
                    _ => State::Basket {
                        by: gone.by.clone(),
                        at_ms: gone.at_ms,
                        with: gone.with.clone(),
                    },
                };
            }
        }
    }
    result
}

fn island_state(raw: &Raw, island: &RawIsland) -> State {
    match state(raw, &island.states, island.fingerprint()) {
        State::Heading => State::Live,
        state => state,
    }
}

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
    write_rest(raw, view, touched);
}

/// Where everything is shown: parents, order, outlines.
struct Sheet {
    note_parents: BTreeMap<NoteId, Option<IslandId>>,
    island_parents: BTreeMap<IslandId, Option<IslandId>>,
    absorbed: BTreeMap<IslandId, IslandId>,
    depths: BTreeMap<IslandId, u32>,
    bounds: BTreeMap<IslandId, Rect>,
    note_counts: BTreeMap<IslandId, usize>,
    /// Islands whose content is not shown: folded, withheld, or inside such a one.
    closed: BTreeSet<IslandId>,
    top: Vec<ItemId>,
    children: BTreeMap<IslandId, Vec<ItemId>>,
}

impl Sheet {
    fn of(raw: &Raw, structure: &Structure) -> Self {
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
fn position(raw: &Raw, structure: &Structure, note: &NoteId) -> Point {
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

/// Group, people, dots, path, open points: small, so written anew and compared.
fn write_rest(raw: &Raw, view: &mut BoardView, touched: &mut Touched) {
    let group = Group {
        name: raw.group.name.clone(),
        icon: Some(raw.group.icon.clone()).filter(|icon| !icon.is_empty()),
        theme: raw.group.theme.clone(),
    };
    if *view.group != group {
        view.group = Arc::new(group);
        touched.sheet = true;
    }
    let people = people(raw, view);
    if view.people != people {
        view.people = people;
        touched.sheet = true;
    }
    let mut marks: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (person, target, round) in &raw.marks {
        marks.entry((target.clone(), *round)).or_default().push(person.clone());
    }
    let points: Vec<OpenPoint> = raw.points.iter().map(|(id, point)| open_point(id, point)).collect();
    if view.marks != marks || view.path != raw.path || view.open_points != points {
        view.marks = marks;
        view.path.clone_from(&raw.path);
        view.open_points = points;
        touched.sheet = true;
    }
    if *view.trivia != raw.trivia {
        view.trivia = Arc::new(raw.trivia.clone());
        touched.sheet = true;
    }
}

fn people(raw: &Raw, view: &BoardView) -> Vec<Arc<Person>> {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for note in view.notes.values().filter(|note| note.state == State::Live) {
        if let Some(author) = &note.author {
            *counts.entry(author).or_default() += 1;
        }
    }
    let mut sorted: Vec<_> = raw.people.iter().collect();
    sorted.sort_unstable_by(|left, right| (&left.1.order, left.0).cmp(&(&right.1.order, right.0)));
    let person = |(id, entry): (&crate::id::PersonId, &super::raw::RawPerson)| {
        let person = Person {
            id: id.clone(),
            name: entry.name.clone(),
            coordinator: entry.coordinator,
            removed: entry.removed,
            note_count: counts.get(id).copied().unwrap_or_default(),
            line_break_before: entry.line_break_before,
            raw: entry.raw.clone(),
        };
        let old = view.people.iter().find(|old| old.id == *id && ***old == person);
        old.cloned().unwrap_or_else(|| Arc::new(person))
    };
    sorted.into_iter().map(person).collect()
}

fn open_point(id: &str, point: &super::raw::RawPoint) -> OpenPoint {
    let readings = match point.kind {
        OpenPointKind::HeadingBeforeHeading => point.members.len() + 1,
        OpenPointKind::HeadingAlone => 3,
        OpenPointKind::TwoThoughts | OpenPointKind::GapInIsland => 2,
    };
    OpenPoint {
        id: id.to_owned(),
        item: point.item.clone(),
        members: point.members.clone(),
        kind: point.kind,
        chosen: point.chosen.min(readings - 1),
        readings,
    }
}
