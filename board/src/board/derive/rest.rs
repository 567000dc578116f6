//! What is small: group, people, dots, path, open points.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    board::{
        Touched,
        raw::{Raw, RawPerson, RawPoint},
    },
    id::PersonId,
    view::{BoardView, Group, OpenPoint, OpenPointKind, Person, State},
};

/// Writes them anew and compares.
pub(super) fn write(raw: &Raw, view: &mut BoardView, touched: &mut Touched) {
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
    let person = |(id, entry): (&PersonId, &RawPerson)| {
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

fn open_point(id: &str, point: &RawPoint) -> OpenPoint {
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
