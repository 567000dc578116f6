//! The first change of a board: empty, or with all of an imported group. Deterministic, so that a server that was
//! interrupted can do it again.

use std::collections::BTreeMap;

use automerge::{
    ActorId, Automerge, AutomergeError, ObjId, ObjType, ROOT, ScalarValue,
    transaction::{CommitOptions, Transactable, Transaction},
};

use super::{keys::*, register::*, text};
use crate::{
    command::Place,
    geometry::{NOTE, PLATE, Point, Rect, Size},
    id::{IslandId, ItemId, NoteId, PersonId},
    id_sequence::IdSequence,
    import::{ImportBoard, ImportItem, ImportKind, ImportPoint},
    layout,
    order::OrderKey,
    view::{Colour, Group, OpenPointKind, Source},
};

pub(crate) fn create(workshop: &str, group: &Group, at_ms: i64, actor: ActorId) -> Automerge {
    let import = ImportBoard {
        name: group.name.clone(),
        icon: group.icon.clone(),
        theme: group.theme.clone(),
        ..ImportBoard::default()
    };
    import_with(workshop, &import, 0, at_ms, actor)
}

pub(crate) fn import(workshop: &str, import: &ImportBoard, seed: u128, at_ms: i64, actor: ActorId) -> Automerge {
    import_with(workshop, import, seed, at_ms, actor)
}

fn import_with(workshop: &str, import: &ImportBoard, seed: u128, at_ms: i64, actor: ActorId) -> Automerge {
    let mut doc = Automerge::new().with_actor(actor);
    let mut tx = doc.transaction();
    let plan = Plan::of(import, seed);
    // Writing into a fresh document does not fail; if it did, the board would come out not ready instead of half done.
    match write(&mut tx, workshop, import, &plan, at_ms) {
        Ok(()) => drop(tx.commit_with(CommitOptions::default().with_time(at_ms.div_euclid(1000)))),
        Err(_) => drop(tx.rollback()),
    }
    doc
}

/// What becomes of each imported line.
struct Plan {
    ids: Vec<ItemId>,
    places: Vec<Place>,
    people: Vec<PersonId>,
    /// Items of readings that are not in force.
    unchosen: Vec<Unchosen>,
    points: Vec<PlannedPoint>,
}

struct Unchosen {
    id: NoteId,
    text: String,
    place: Place,
    marker: String,
    row_group: Option<NoteId>,
    trivia: Option<usize>,
}

struct PlannedPoint {
    item: ItemId,
    kind: OpenPointKind,
    members: Vec<ItemId>,
}

impl Plan {
    fn of(import: &ImportBoard, seed: u128) -> Self {
        let mut bits = IdSequence::new(seed);
        let items: Vec<&ImportItem> = import.items.iter().take(NOTES_MAX).collect();
        let ids: Vec<ItemId> = items
            .iter()
            .map(|item| match item.kind {
                ImportKind::Heading => ItemId::Island(IslandId::from_random(bits.next_bits())),
                ImportKind::Note => ItemId::Note(NoteId::from_random(bits.next_bits())),
            })
            .collect();
        let people = import
            .people
            .iter()
            .take(PEOPLE_MAX)
            .map(|_| PersonId::from_random(bits.next_bits()))
            .collect();
        let places = places(&items, &ids);
        let mut plan = Self {
            ids,
            places,
            people,
            unchosen: Vec::new(),
            points: Vec::new(),
        };
        for point in import.open_points.iter().take(POINTS_MAX) {
            plan.add_point(import, point, &mut bits);
        }
        plan
    }

    /// Adds a point with what its other readings need; one that does not fit the items is left out.
    fn add_point(&mut self, import: &ImportBoard, point: &ImportPoint, bits: &mut IdSequence) {
        let (Some(item), Some(place), Some(line)) = (
            self.ids.get(point.item).cloned(),
            self.places.get(point.item).cloned(),
            import.items.get(point.item),
        ) else {
            return;
        };
        let mut members: Vec<ItemId> = point
            .members
            .iter()
            .filter_map(|index| self.ids.get(*index).cloned())
            .collect();
        if members.len() != point.members.len() {
            return;
        }
        match (point.kind, &item) {
            (OpenPointKind::HeadingBeforeHeading, ItemId::Island(_)) => {}
            (OpenPointKind::HeadingAlone, ItemId::Island(_)) if members.len() == 1 => {
                let id = NoteId::from_random(bits.next_bits());
                members.push(id.clone().into());
                let marker = String::new();
                let (text, trivia) = (line.text.clone(), Some(point.item));
                self.unchosen.push(Unchosen {
                    id,
                    text,
                    place,
                    marker,
                    row_group: None,
                    trivia,
                });
            }
            (OpenPointKind::TwoThoughts, ItemId::Note(first)) => {
                let Some((cut, width)) = text::second_thought(&line.text) else {
                    return;
                };
                let id = NoteId::from_random(bits.next_bits());
                members = vec![id.clone().into()];
                let text = text::slice(&line.text, cut + width, usize::MAX);
                let next = self.places.get(point.item + 1).map(|next| &next.order);
                let order = OrderKey::between(Some(&place.order), next, fingerprint(&[id.as_str()]));
                let place = Place { order, ..place };
                let (marker, row_group) = (text::slice(&line.text, cut, cut + width), Some(first.clone()));
                self.unchosen.push(Unchosen {
                    id,
                    text,
                    place,
                    marker,
                    row_group,
                    trivia: None,
                });
            }
            (OpenPointKind::GapInIsland, ItemId::Note(_)) => {
                let Some(parent) = place.parent else { return };
                members.push(parent.into());
            }
            _ => return,
        }
        self.points.push(PlannedPoint {
            item,
            kind: point.kind,
            members,
        });
    }
}

/// Islands in columns like a newspaper, their notes in rows; notes before the first heading lie like small islands.
fn places(items: &[&ImportItem], ids: &[ItemId]) -> Vec<Place> {
    let orders = OrderKey::spread(None, None, items.len(), 0);
    let mut blocks: Vec<(Option<&IslandId>, usize)> = Vec::new();
    for id in ids {
        match (id, blocks.last_mut()) {
            (ItemId::Island(island), _) => blocks.push((Some(island), 0)),
            (ItemId::Note(_), Some((Some(_), notes))) => *notes += 1,
            (ItemId::Note(_), _) => blocks.push((None, 0)),
        }
    }
    let sizes: Vec<Size> = blocks
        .iter()
        .map(|(island, notes)| block_size(island.is_some(), *notes))
        .collect();
    let mut corners = layout::newspaper(&sizes).into_iter().zip(blocks);
    let mut in_island = Vec::new().into_iter();
    let mut parent: Option<&IslandId> = None;
    let mut places = Vec::with_capacity(ids.len());
    for (id, order) in ids.iter().zip(orders) {
        let inside = if id.note().is_some() { in_island.next() } else { None };
        let place = match inside {
            Some(at) => Place {
                parent: parent.cloned(),
                order,
                at,
            },
            None => {
                let (corner, (island, notes)) = corners.next().unwrap_or_default();
                parent = island;
                in_island = layout::grid(layout::content_inset(), NOTE, notes, layout::COLUMNS_IN_ISLAND).into_iter();
                Place {
                    parent: None,
                    order,
                    at: corner,
                }
            }
        };
        places.push(place);
    }
    places
}

fn block_size(island: bool, notes: usize) -> Size {
    let notes = layout::grid(Point::default(), NOTE, notes, layout::COLUMNS_IN_ISLAND).into_iter();
    match notes
        .map(|corner| Rect::new(corner, NOTE))
        .reduce(|left, right| left.union(&right))
    {
        _ if !island => NOTE,
        None => PLATE,
        content => layout::outline(Point::default(), content, false).size,
    }
}

fn write(
    tx: &mut Transaction<'_>,
    workshop: &str,
    import: &ImportBoard,
    plan: &Plan,
    at_ms: i64,
) -> Result<(), AutomergeError> {
    tx.put(ROOT, KEY_SCHEMA, SCHEMA as i64)?;
    tx.put(ROOT, KEY_KIND, KIND_BOARD)?;
    tx.put(ROOT, KEY_WORKSHOP, workshop)?;
    let mut maps: BTreeMap<&str, ObjId> = BTreeMap::new();
    for map in MAPS {
        maps.insert(map, tx.put_object(ROOT, map, ObjType::Map)?);
    }
    let map = |name: &str| maps.get(name).cloned().unwrap_or(ROOT);
    let group = map(GROUP);
    tx.put(&group, NAME, import.name.as_str())?;
    tx.put(&group, ICON, import.icon.as_deref().unwrap_or(""))?;
    tx.put(&group, THEME, import.theme.as_str())?;
    for (key, value) in import.trivia.iter().take(TRIVIA_MAX) {
        tx.put(map(TRIVIA), key.as_str(), value.as_str())?;
    }
    write_people(tx, &map(PEOPLE), import, plan)?;
    for (index, (item, id)) in import.items.iter().zip(&plan.ids).enumerate() {
        let Some(place) = plan.places.get(index) else { break };
        let (map, key, text_key) = match id {
            ItemId::Note(id) => (map(NOTES), id.as_str(), TEXT),
            ItemId::Island(id) => (map(ISLANDS), id.as_str(), HEADING),
        };
        let entry = tx.put_object(&map, key, ObjType::Map)?;
        write_item(tx, &entry, text_key, &item.text, place, at_ms)?;
        if let Some(marker) = &item.marker {
            tx.put(&entry, MARKER, marker.as_str())?;
        }
        write_trivia(tx, &entry, import, plan, index)?;
    }
    for note in &plan.unchosen {
        let entry = tx.put_object(map(NOTES), note.id.as_str(), ObjType::Map)?;
        write_item(tx, &entry, TEXT, &note.text, &note.place, at_ms)?;
        tx.put(&entry, MARKER, note.marker.as_str())?;
        tx.put(&entry, STATE, StateRegister::Unchosen.to_string())?;
        match &note.row_group {
            Some(first) => tx.put(&entry, ROW_GROUP, first.as_str())?,
            None => tx.put(&entry, LONE_WOLF, true)?,
        }
        if let Some(index) = note.trivia {
            write_trivia(tx, &entry, import, plan, index)?;
        }
    }
    for (index, point) in plan.points.iter().enumerate() {
        let entry = tx.put_object(map(POINTS), format!("p{index}"), ObjType::Map)?;
        let members: Vec<String> = point.members.iter().map(ItemId::to_string).collect();
        tx.put(&entry, ITEM, point.item.to_string())?;
        tx.put(&entry, KIND, name_of(&POINT_KINDS, &point.kind))?;
        tx.put(&entry, MEMBERS, members.join(" "))?;
        tx.put(&entry, CHOSEN, ScalarValue::Int(0))?;
    }
    Ok(())
}

fn write_item(
    tx: &mut Transaction<'_>,
    entry: &ObjId,
    text_key: &str,
    text: &str,
    place: &Place,
    at_ms: i64,
) -> Result<(), AutomergeError> {
    let object = tx.put_object(entry, text_key, ObjType::Text)?;
    if !text.is_empty() {
        tx.splice_text(&object, 0, 0, text)?;
    }
    tx.put(entry, PLACE, print_place(place))?;
    tx.put(entry, COLOUR, name_of(&COLOURS, &Colour::default()))?;
    tx.put(entry, AT, at_ms)?;
    tx.put(entry, SOURCE, print_source(&Source::Import))
}

fn write_trivia(
    tx: &mut Transaction<'_>,
    entry: &ObjId,
    import: &ImportBoard,
    plan: &Plan,
    index: usize,
) -> Result<(), AutomergeError> {
    let blanks = import.items.get(index).map_or(0, |item| item.blanks);
    tx.put(entry, BLANKS, ScalarValue::Int(i64::from(blanks)))?;
    match index.checked_sub(1).and_then(|before| plan.ids.get(before)) {
        Some(before) => tx.put(entry, PREV, before.to_string()),
        None => Ok(()),
    }
}

fn write_people(
    tx: &mut Transaction<'_>,
    map: &ObjId,
    import: &ImportBoard,
    plan: &Plan,
) -> Result<(), AutomergeError> {
    let orders = OrderKey::spread(None, None, plan.people.len(), 0);
    for ((person, id), order) in import.people.iter().zip(&plan.people).zip(orders) {
        let entry = tx.put_object(map, id.as_str(), ObjType::Map)?;
        tx.put(&entry, NAME, person.name.as_str())?;
        tx.put(&entry, COORDINATOR, person.coordinator)?;
        tx.put(&entry, ORDER, order.as_str())?;
        tx.put(&entry, LINE_BREAK_BEFORE, person.line_break_before)?;
        if let Some(raw) = &person.raw {
            tx.put(&entry, RAW, raw.as_str())?;
        }
    }
    Ok(())
}
