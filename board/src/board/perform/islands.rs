//! Islands: drawn round notes, named, folded, merged and taken apart.

use std::collections::BTreeSet;

use super::{
    Ground,
    ground::{on_sheet, text_fits, too_many},
    order::jitter,
};
use crate::{
    board::{
        Refused,
        edit::{Edit, Owner},
        keys::*,
        register::{COLOURS, Gone, Merge, StateRegister, name_of, print_merge, print_place, rounded},
    },
    command::{OrderHint, Place, TextTarget},
    geometry::{PLATE, Point, Rect},
    id::{IslandId, ItemId, NoteId},
    layout,
    order::OrderKey,
    view::{Colour, State},
};

/// An island to be.
pub(crate) struct NewIsland {
    pub id: IslandId,
    pub heading: Option<String>,
    pub at: Option<Point>,
    pub parent: Option<IslandId>,
    pub order: OrderHint,
}

pub(crate) fn draw(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    island: NewIsland,
    items: &[ItemId],
) -> Result<(), Refused> {
    let heading = island.heading.unwrap_or_default();
    let items = ground.outermost(items)?;
    if items.is_empty() {
        let parent = ground.landing(island.parent.as_ref())?;
        let at = match island.at {
            Some(at) => on_sheet(at)?,
            None => ground.free_spot(parent.as_ref(), PLATE, &[]),
        };
        let order = ground.key(
            parent.as_ref(),
            &island.order,
            &BTreeSet::new(),
            &island.id.clone().into(),
        );
        let at = rounded(at - ground.origin(parent.as_ref()));
        return write(
            edit,
            ground,
            island.id,
            &heading,
            Colour::default(),
            &Place { parent, order, at },
            &[],
        );
    }
    let parent = common_parent(ground, &items);
    let mut content: Option<Rect> = None;
    for item in &items {
        let rect = ground.bounds(item)?;
        content = Some(content.map_or(rect, |content| content.union(&rect)));
    }
    let origin = rounded(layout::outline(Point::default(), content, false).origin);
    let order = key_before(ground, parent.as_ref(), &items, &island.id);
    let place = Place {
        parent: parent.clone(),
        order,
        at: rounded(origin - ground.origin(parent.as_ref())),
    };
    let new = ItemId::Island(island.id.clone());
    write(
        edit,
        ground,
        island.id.clone(),
        &heading,
        Colour::default(),
        &place,
        &[],
    )?;
    for item in &items {
        let (_, old, _) = ground.entry(item)?;
        let anchor = match item {
            ItemId::Note(_) => ground.bounds(item)?.origin,
            ItemId::Island(id) => ground.origin(Some(id)),
        };
        let place = Place {
            parent: new.island().cloned(),
            order: old.order.clone(),
            at: rounded(anchor - origin),
        };
        ground.put_place(edit, item, &place)?;
    }
    Ok(())
}

/// Writes a new entry; `more` are further string fields.
pub(crate) fn write(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    id: IslandId,
    heading: &str,
    colour: Colour,
    place: &Place,
    more: &[(&str, String)],
) -> Result<(), Refused> {
    text_fits(heading.chars().count())?;
    too_many(ground.raw.islands.len() + edit.dirty.islands.len() + 1, ISLANDS_MAX)?;
    let entry = edit.create(Owner::Island(id))?;
    // The heading's text exists from the start: two people who name an island at the same time write in one text.
    edit.set_text(&entry, HEADING, heading)?;
    edit.set(&entry, PLACE, print_place(place))?;
    edit.set(&entry, COLOUR, name_of(&COLOURS, &colour))?;
    edit.set(&entry, AT, ground.stamp.at_ms)?;
    for (key, value) in more {
        edit.set(&entry, key, value.as_str())?;
    }
    Ok(())
}

/// The innermost island in which all of them are shown.
fn common_parent(ground: &Ground<'_>, items: &[ItemId]) -> Option<IslandId> {
    let mut chains = items.iter().map(|item| {
        let mut chain = Vec::new();
        let mut at = ground.view.parent(item).cloned();
        while let Some(island) = at {
            at = ground.view.parent(&ItemId::Island(island.clone())).cloned();
            chain.push(island);
        }
        chain
    });
    let first = chains.next()?;
    let rest: Vec<Vec<IslandId>> = chains.collect();
    first
        .into_iter()
        .find(|island| rest.iter().all(|chain| chain.contains(island)))
}

/// A key directly before the first of the gathered items, so that the report's sequence stays as it was.
fn key_before(ground: &Ground<'_>, parent: Option<&IslandId>, items: &[ItemId], id: &IslandId) -> OrderKey {
    let gathered: BTreeSet<&ItemId> = items.iter().collect();
    let reading = ground.reading_order();
    let Some(index) = reading.iter().position(|item| gathered.contains(item)) else {
        return ground.key(parent, &OrderHint::Last, &BTreeSet::new(), &id.clone().into());
    };
    // The sibling before which the island goes: the first item itself, or what holds it below the parent.
    let mut sibling = reading.get(index).cloned();
    while let Some(item) = &sibling
        && ground.view.parent(item) != parent
    {
        sibling = ground.view.parent(item).cloned().map(ItemId::Island);
    }
    let Some(sibling) = sibling else {
        return ground.key(parent, &OrderHint::Last, &BTreeSet::new(), &id.clone().into());
    };
    let (left, right) = ground.gap(parent, &OrderHint::Before(sibling), &BTreeSet::new());
    OrderKey::between(left.as_ref(), right.as_ref(), jitter(&id.clone().into()))
}

/// Only the island itself goes into the basket: by the rules of the view what it held is shown in its parent, where it
/// was, and comes back into it when it is restored.
pub(crate) fn dissolve(edit: &mut Edit<'_>, ground: &Ground<'_>, island: &IslandId) -> Result<(), Refused> {
    let (raw, view) = ground.island(island)?;
    if view.state != State::Live {
        return Ok(());
    }
    let gone = Gone {
        by: ground.stamp.person.clone(),
        at_ms: ground.stamp.at_ms,
        with: None,
        fingerprint: raw.fingerprint(),
    };
    edit.put_state(&Owner::Island(island.clone()), &raw.obj, &StateRegister::Basket(gone))
}

/// The note's text becomes the heading; an earlier heading is kept below it, and the note steps back.
pub(crate) fn use_as_heading(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    note: &NoteId,
    island: &IslandId,
) -> Result<(), Refused> {
    let (raw_note, _) = ground.note(note)?;
    let (raw_island, _) = ground.island(island)?;
    let mut heading = raw_note.text.clone();
    if !raw_island.heading.trim().is_empty() && raw_island.heading != heading {
        heading.push('\n');
        heading.push_str(&raw_island.heading);
    }
    super::notes::set_text(edit, ground, &TextTarget::Heading(island.clone()), &heading)?;
    let state = StateRegister::Heading {
        fingerprint: raw_note.fingerprint(),
    };
    edit.put_state(&Owner::Note(note.clone()), &raw_note.obj, &state)
}

pub(crate) fn collapse(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    island: &IslandId,
    collapsed: bool,
) -> Result<(), Refused> {
    let (raw, _) = ground.island(island)?;
    if raw.collapsed == collapsed {
        return Ok(());
    }
    edit.put(&Owner::Island(island.clone()), &raw.obj, COLLAPSED, collapsed)
}

pub(crate) fn merge(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    absorbed: &IslandId,
    into: &IslandId,
) -> Result<(), Refused> {
    let (raw, view) = ground.island(absorbed)?;
    let into = ground
        .landing(Some(into))?
        .ok_or_else(|| Refused::NoSuchItem(into.clone().into()))?;
    if into == *absorbed || ground.structure().lies_in(&into, absorbed) {
        return Err(Refused::IntoItself(absorbed.clone()));
    }
    if view.merged_into.as_ref() == Some(&into) {
        return Ok(());
    }
    let offset = rounded(view.origin - ground.origin(Some(&into)));
    let owner = Owner::Island(absorbed.clone());
    edit.put(
        &owner,
        &raw.obj,
        MERGED_INTO,
        print_merge(Some(&Merge { into, offset })),
    )?;
    edit.heal(&owner, &raw.obj, &raw.states)
}

/// Takes the merge back; the island stays where it is now, wherever the other one has been dragged since.
pub(crate) fn split(edit: &mut Edit<'_>, ground: &Ground<'_>, absorbed: &IslandId) -> Result<(), Refused> {
    let (raw, view) = ground.island(absorbed)?;
    if raw.merge.is_none() {
        return Err(Refused::NotMerged);
    }
    // Its own parent again, unless that lies in the island by now.
    let structure = ground.structure();
    let item = ItemId::Island(absorbed.clone());
    let parent = ground
        .stored_parent(&item)
        .filter(|parent| !structure.lies_in(parent, absorbed));
    let at = rounded(view.origin - ground.origin(parent.as_ref()));
    ground.put_place(
        edit,
        &item,
        &Place {
            parent,
            order: raw.place.order.clone(),
            at,
        },
    )
}
