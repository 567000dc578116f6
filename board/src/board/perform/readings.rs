//! Readings of what an import left open. Choosing one changes the structure; texts, order keys and with them the
//! verbatim report stay as they are. What another reading needs beside was made by the import, so two people who
//! choose at the same time never make the same thing twice.

use super::{Ground, notes};
use crate::{
    board::{
        Refused,
        edit::{Edit, Owner},
        keys::CHOSEN,
        raw::RawPoint,
        register::{StateRegister, rounded},
        text,
    },
    command::{Place, TextTarget},
    geometry::{NOTE, Point, Rect, Size},
    id::{IslandId, ItemId, NoteId},
    layout,
    view::OpenPointKind,
};

pub(crate) fn resolve(edit: &mut Edit<'_>, ground: &Ground<'_>, point: &str, reading: usize) -> Result<(), Refused> {
    let raw = ground.raw.points.get(point).ok_or(Refused::NoSuchReading)?;
    let view = ground
        .view
        .open_points
        .iter()
        .find(|open| open.id == point)
        .ok_or(Refused::NoSuchReading)?;
    if reading >= view.readings {
        return Err(Refused::NoSuchReading);
    }
    if reading == view.chosen {
        return Ok(());
    }
    match raw.kind {
        OpenPointKind::HeadingBeforeHeading => larger_island(edit, ground, raw, reading)?,
        OpenPointKind::HeadingAlone => heading_alone(edit, ground, raw, reading)?,
        OpenPointKind::TwoThoughts => two_thoughts(edit, ground, raw, reading == 1)?,
        OpenPointKind::GapInIsland => gap_in_island(edit, ground, raw, reading == 1)?,
    }
    edit.put(&Owner::Point(point.to_owned()), &raw.obj, CHOSEN, reading as i64)
}

fn island_of(item: &ItemId) -> Result<&IslandId, Refused> {
    item.island().ok_or(Refused::NoSuchReading)
}

fn note_of(item: &ItemId) -> Result<&NoteId, Refused> {
    item.note().ok_or(Refused::NoSuchReading)
}

/// Puts an item into an island (or on the sheet) at an absolute origin, keeping its order key.
fn put_into(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    item: &ItemId,
    parent: Option<&IslandId>,
    origin: Point,
    parent_origin: Point,
) -> Result<(), Refused> {
    if let (Some(island), Some(parent)) = (item.island(), parent)
        && ground.structure().lies_in(parent, island)
    {
        return Err(Refused::IntoItself(island.clone()));
    }
    let (_, old, _) = ground.entry(item)?;
    let place = Place {
        parent: parent.cloned(),
        order: old.order.clone(),
        at: rounded(origin - parent_origin),
    };
    ground.put_place(edit, item, &place)
}

/// The first `count` of the following islands lie in this one, the others beside it.
fn larger_island(edit: &mut Edit<'_>, ground: &Ground<'_>, point: &RawPoint, count: usize) -> Result<(), Refused> {
    let island = island_of(&point.item)?;
    let (raw, view) = ground.island(island)?;
    let outside = ground.stored_parent(&point.item);
    let (inside, beside) = point.members.split_at(count.min(point.members.len()));
    let mut left = Vec::new();
    for member in beside {
        let id = island_of(member)?;
        let (raw_member, member_view) = ground.island(id)?;
        if raw_member.place.parent.as_ref() == Some(island) {
            let size = member_view.bounds.size;
            let spot = ground.free_spot(outside.as_ref(), size, &left);
            left.push(Rect::new(spot, size));
            let origin = member_view.origin + (spot - member_view.bounds.origin);
            put_into(
                edit,
                ground,
                member,
                outside.as_ref(),
                origin,
                ground.origin(outside.as_ref()),
            )?;
        }
    }
    if inside.is_empty() {
        return Ok(());
    }
    // Stacked in one or two columns below the plate, on a spot of the sheet where the whole finds room.
    let mut rects = Vec::new();
    for member in inside {
        rects.push(ground.bounds(member)?);
    }
    let columns = if rects.len() > 3 { 2 } else { 1 };
    let (corners, size) = stacked(&rects, columns);
    let others = ground
        .siblings(view.parent.as_ref())
        .iter()
        .filter(|other| **other != point.item && !inside.contains(other))
        .filter_map(|other| ground.view.bounds(other));
    let others: Vec<Rect> = others.chain(left).collect();
    let whole = layout::outline(Point::default(), Some(Rect::new(Point::default(), size)), false).size;
    let corner = if others
        .iter()
        .any(|other| other.intersects(&Rect::new(view.bounds.origin, whole)))
    {
        layout::free_spot_on_sheet(whole, &others)
    } else {
        view.bounds.origin
    };
    let shift = corner - view.bounds.origin;
    let origin = view.origin + shift;
    let at = rounded(origin - ground.origin(outside.as_ref()));
    ground.put_place(
        edit,
        &point.item,
        &Place {
            parent: outside,
            order: raw.place.order.clone(),
            at,
        },
    )?;
    for ((member, rect), target) in inside.iter().zip(&rects).zip(corners) {
        let id = island_of(member)?;
        let member_origin = ground.origin(Some(id)) + (corner + layout::content_inset() + target - rect.origin);
        put_into(edit, ground, member, Some(island), member_origin, origin)?;
    }
    Ok(())
}

/// Blocks below each other, in columns; corners relative to the first, and the extent.
fn stacked(rects: &[Rect], columns: usize) -> (Vec<Point>, Size) {
    let per_column = rects.len().div_ceil(columns).max(1);
    let (mut corners, mut extent, mut x) = (Vec::new(), Size::default(), 0.0);
    for column in rects.chunks(per_column) {
        let mut y = 0.0;
        for rect in column {
            corners.push(Point::new(x, y));
            extent.width = extent.width.max(x + rect.size.width);
            extent.height = extent.height.max(y + rect.size.height);
            y += rect.size.height + 2.0 * layout::GAP;
        }
        x = extent.width + 2.0 * layout::GAP;
    }
    (corners, extent)
}

/// 0: an island of its own; 1: inside the island before it; 2: a note on the sheet.
fn heading_alone(edit: &mut Edit<'_>, ground: &Ground<'_>, point: &RawPoint, reading: usize) -> Result<(), Refused> {
    let island = island_of(&point.item)?;
    let (raw, view) = ground.island(island)?;
    let [before, other] = point.members.as_slice() else {
        return Err(Refused::NoSuchReading);
    };
    let (before, note) = (island_of(before)?, note_of(other)?);
    let (raw_note, note_view) = ground.note(note)?;
    let before_view = ground.island(before)?.1;
    let was_note = raw.states.contains(&StateRegister::Unchosen);
    if was_note && reading != 2 {
        edit.put_state(&Owner::Island(island.clone()), &raw.obj, &StateRegister::Live)?;
        edit.put_state(&Owner::Note(note.clone()), &raw_note.obj, &StateRegister::Unchosen)?;
        notes::set_text(edit, ground, &TextTarget::Heading(island.clone()), &raw_note.text)?;
    }
    match reading {
        1 => {
            let spot = ground.free_spot(Some(before), view.bounds.size, &[]);
            let origin = view.origin + (spot - view.bounds.origin);
            put_into(edit, ground, &point.item, Some(before), origin, before_view.origin)
        }
        2 => {
            let outside = before_view.place.parent.as_ref();
            let corner = if raw.place.parent.as_ref() == Some(before) {
                note_view.position
            } else {
                view.bounds.origin
            };
            put_into(edit, ground, other, outside, corner, ground.origin(outside))?;
            notes::set_text(edit, ground, &TextTarget::Note(note.clone()), &raw.heading)?;
            edit.put_state(&Owner::Island(island.clone()), &raw.obj, &StateRegister::Unchosen)?;
            edit.put_state(&Owner::Note(note.clone()), &raw_note.obj, &StateRegister::Live)
        }
        _ if raw.place.parent.as_ref() == Some(before) => {
            let outside = before_view.place.parent.as_ref();
            let spot = ground.free_spot(outside, view.bounds.size, &[]);
            put_into(
                edit,
                ground,
                &point.item,
                outside,
                view.origin + (spot - view.bounds.origin),
                ground.origin(outside),
            )
        }
        _ => Ok(()),
    }
}

/// One bullet as one note, or as two that remember their line.
fn two_thoughts(edit: &mut Edit<'_>, ground: &Ground<'_>, point: &RawPoint, split: bool) -> Result<(), Refused> {
    let first = note_of(&point.item)?;
    let second = note_of(point.members.first().ok_or(Refused::NoSuchReading)?)?;
    let (raw, view) = ground.note(first)?;
    let (raw_second, _) = ground.note(second)?;
    let (first_target, second_target) = (TextTarget::Note(first.clone()), TextTarget::Note(second.clone()));
    let state = if split {
        let (cut, width) = text::second_thought(&raw.text).ok_or(Refused::NothingToSplit)?;
        let length = raw.text.chars().count();
        let rest = text::slice(&raw.text, cut + width, length);
        notes::set_text(edit, ground, &second_target, &rest)?;
        notes::splice(edit, ground, &first_target, cut, length - cut, "")?;
        let parent = view.parent.as_ref();
        let spot = ground.free_spot(parent, NOTE, &[]);
        put_into(
            edit,
            ground,
            &ItemId::Note(second.clone()),
            parent,
            spot,
            ground.origin(parent),
        )?;
        StateRegister::Live
    } else {
        let between = raw_second.marker.clone().unwrap_or_else(|| " ・".to_owned());
        notes::set_text(
            edit,
            ground,
            &first_target,
            &format!("{}{between}{}", raw.text, raw_second.text),
        )?;
        StateRegister::Unchosen
    };
    edit.put_state(&Owner::Note(second.clone()), &raw_second.obj, &state)
}

/// The notes after an empty line: in the island, or beside it.
fn gap_in_island(edit: &mut Edit<'_>, ground: &Ground<'_>, point: &RawPoint, beside: bool) -> Result<(), Refused> {
    // The island is remembered by the last member, as the import wrote it.
    let island = point
        .members
        .iter()
        .find_map(ItemId::island)
        .ok_or(Refused::NoSuchReading)?;
    let outside = ground.island(island)?.1.place.parent.clone();
    let mut taken = Vec::new();
    let target = if beside { outside.as_ref() } else { Some(island) };
    for member in point.members.iter().filter(|member| member.note().is_some()) {
        let spot = ground.free_spot(target, NOTE, &taken);
        taken.push(Rect::new(spot, NOTE));
        put_into(edit, ground, member, target, spot, ground.origin(target))?;
    }
    Ok(())
}
