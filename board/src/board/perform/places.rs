//! Places: drops, free spots, rows.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Ground,
    ground::{on_sheet, too_many},
    order::jitter,
};
use crate::{
    board::{Refused, edit::Edit, keys::ITEMS_PER_COMMAND_MAX, register::rounded},
    command::{Drop, OrderHint, Place},
    geometry::{NOTE, Point, Rect, Size},
    id::{IslandId, ItemId},
    layout,
    order::OrderKey,
};

impl Ground<'_> {
    /// A free spot in an island or on the sheet; `also` are rectangles that will be taken.
    pub fn free_spot(&self, parent: Option<&IslandId>, size: Size, also: &[Rect]) -> Point {
        let siblings = self.siblings(parent);
        let mut taken: Vec<Rect> = siblings.iter().filter_map(|item| self.view.bounds(item)).collect();
        taken.extend_from_slice(also);
        let Some(island) = parent.and_then(|parent| self.view.islands.get(parent)) else {
            return layout::free_spot_on_sheet(size, &taken);
        };
        let corner = if siblings.is_empty() && !also.is_empty() {
            also.first().map_or(island.origin, |first| first.origin)
        } else {
            island.bounds.origin + layout::content_inset()
        };
        // What lies round the island should not be run over when it grows.
        let mut around = Vec::new();
        let mut inside = ItemId::Island(island.id.clone());
        loop {
            let parent = self.view.parent(&inside);
            let others = self.siblings(parent).iter().filter(|other| **other != inside);
            around.extend(others.filter_map(|other| self.view.bounds(other)));
            match parent {
                Some(parent) => inside = ItemId::Island(parent.clone()),
                None => break,
            }
        }
        let width = if siblings.is_empty() {
            0.0
        } else {
            island.bounds.size.width
        };
        layout::free_spot(corner, size, layout::columns_of(width), &taken, &around)
    }
}

pub(crate) fn move_items(edit: &mut Edit<'_>, ground: &Ground<'_>, drops: &[Drop]) -> Result<(), Refused> {
    too_many(drops.len(), ITEMS_PER_COMMAND_MAX)?;
    let moving: BTreeSet<ItemId> = drops.iter().map(|drop| drop.item.clone()).collect();
    let mut landed = Vec::new();
    for drop in drops {
        ground.entry(&drop.item)?;
        let parent = ground.landing(drop.parent.as_ref())?;
        if !carried(ground, &moving, drop, parent.as_ref()) {
            landed.push(Landed { drop, parent });
        }
    }
    refuse_cycles(ground, &landed)?;
    let keys = keys(ground, &landed, &moving);
    // Islands that move carry their origin along, for what is dropped into them by the same gesture.
    let mut origins: BTreeMap<&IslandId, Point> = BTreeMap::new();
    let mut taken: Vec<Rect> = Vec::new();
    let is_note = |landed: &&Landed<'_>| landed.drop.item.note().is_some();
    let (notes, islands): (Vec<_>, Vec<_>) = landed.iter().partition(is_note);
    for Landed { drop, parent } in islands.into_iter().chain(notes) {
        let (_, old, _) = ground.entry(&drop.item)?;
        let bounds = ground.bounds(&drop.item)?;
        let stays = ground.view.parent(&drop.item) == parent.as_ref();
        let corner = match drop.at {
            Some(at) => on_sheet(at)?,
            None if stays => bounds.origin,
            None => ground.free_spot(parent.as_ref(), bounds.size, &taken),
        };
        taken.push(Rect::new(corner, bounds.size));
        let anchor = match &drop.item {
            ItemId::Note(_) => corner,
            ItemId::Island(id) => {
                let origin = ground.origin(Some(id)) + (corner - bounds.origin);
                origins.insert(id, origin);
                origin
            }
        };
        // What lies there through a merged or deleted island keeps that island, unless its order changes.
        let parent = if stays && !keys.contains_key(&drop.item) {
            ground.stored_parent(&drop.item)
        } else {
            parent.clone()
        };
        let origin = parent.as_ref().map_or_else(Point::default, |parent| {
            origins
                .get(parent)
                .copied()
                .unwrap_or_else(|| ground.origin(Some(parent)))
        });
        let order = keys.get(&drop.item).cloned().unwrap_or_else(|| old.order.clone());
        let place = Place {
            parent,
            order,
            at: rounded(anchor - origin),
        };
        ground.put_place(edit, &drop.item, &place)?;
    }
    Ok(())
}

/// A drop and the island in which it will be shown.
struct Landed<'a> {
    drop: &'a Drop,
    parent: Option<IslandId>,
}

/// Whether an item only comes along because the island it lies in is moved by the same gesture.
fn carried(ground: &Ground<'_>, moving: &BTreeSet<ItemId>, drop: &Drop, parent: Option<&IslandId>) -> bool {
    if ground.view.parent(&drop.item) != parent {
        return false;
    }
    let mut above = parent.cloned();
    while let Some(island) = above {
        let item = ItemId::Island(island);
        if moving.contains(&item) {
            return true;
        }
        above = ground.view.parent(&item).cloned();
    }
    false
}

fn refuse_cycles(ground: &Ground<'_>, landed: &[Landed<'_>]) -> Result<(), Refused> {
    let mut up = ground.structure().up.clone();
    for Landed { drop, parent } in landed {
        if let ItemId::Island(island) = &drop.item {
            match parent {
                Some(parent) => up.insert(island.clone(), parent.clone()),
                None => up.remove(island),
            };
        }
    }
    for Landed { drop, parent } in landed {
        let Some(island) = drop.item.island() else { continue };
        let mut at = parent.as_ref();
        // Without a cycle the walk ends after each island once.
        for _ in 0..=up.len() {
            match at {
                Some(above) if above == island => return Err(Refused::IntoItself(island.clone())),
                Some(above) => at = up.get(above),
                None => break,
            }
        }
    }
    Ok(())
}

/// New order keys, for those items that need one. Items with the same destination keep the order of the gesture,
/// or, if it says nothing, that of the report.
fn keys(ground: &Ground<'_>, landed: &[Landed<'_>], moving: &BTreeSet<ItemId>) -> BTreeMap<ItemId, OrderKey> {
    let mut runs: Vec<(Option<&IslandId>, &OrderHint, Vec<&ItemId>)> = Vec::new();
    for Landed { drop, parent } in landed {
        let stays = ground.view.parent(&drop.item) == parent.as_ref()
            && ground
                .state(&drop.item)
                .is_ok_and(|state| *state == crate::view::State::Live);
        if drop.order == OrderHint::Keep && stays {
            continue;
        }
        match runs
            .iter_mut()
            .find(|(other, hint, _)| *other == parent.as_ref() && **hint == drop.order)
        {
            Some((_, _, items)) => items.push(&drop.item),
            None => runs.push((parent.as_ref(), &drop.order, vec![&drop.item])),
        }
    }
    let reading = ground.reading_order();
    let mut keys = BTreeMap::new();
    for (parent, hint, mut items) in runs {
        if *hint == OrderHint::Keep {
            items.sort_by_key(|item| reading.iter().position(|other| other == *item));
        }
        let (left, right) = ground.gap(parent, hint, moving);
        let Some(first) = items.first() else { continue };
        let spread = OrderKey::spread(left.as_ref(), right.as_ref(), items.len(), jitter(first));
        keys.extend(items.into_iter().cloned().zip(spread));
    }
    keys
}

/// Notes in rows, islands below them; on the sheet everything in columns.
pub(crate) fn tidy(edit: &mut Edit<'_>, ground: &Ground<'_>, island: Option<&IslandId>) -> Result<(), Refused> {
    let island = ground.landing(island)?;
    let parent = island.as_ref();
    let items = ground.siblings(parent);
    let sizes: Vec<Size> = items
        .iter()
        .filter_map(|item| ground.view.bounds(item))
        .map(|rect| rect.size)
        .collect();
    let corners = match parent.and_then(|parent| ground.view.islands.get(parent)) {
        None => layout::newspaper(&sizes),
        Some(island) => rows(island.bounds.origin + layout::content_inset(), items, &sizes),
    };
    for (item, corner) in items.iter().zip(corners) {
        move_to(edit, ground, item, corner)?;
    }
    Ok(())
}

/// Moves an item within its parent so that its corner is there; its place in the report stays.
pub(crate) fn move_to(edit: &mut Edit<'_>, ground: &Ground<'_>, item: &ItemId, corner: Point) -> Result<(), Refused> {
    let (_, old, _) = ground.entry(item)?;
    let bounds = ground.bounds(item)?;
    let anchor = match item {
        ItemId::Note(_) => corner,
        ItemId::Island(id) => ground.origin(Some(id)) + (corner - bounds.origin),
    };
    let parent = ground.stored_parent(item);
    let at = rounded(anchor - ground.origin(parent.as_ref()));
    ground.put_place(
        edit,
        item,
        &Place {
            parent,
            order: old.order.clone(),
            at,
        },
    )
}

/// Notes in a grid as wide as it takes to be about as high as wide, then islands one below the other.
fn rows(corner: Point, items: &[ItemId], sizes: &[Size]) -> Vec<Point> {
    let notes = items.iter().filter(|item| item.note().is_some()).count();
    let columns = ((notes as f64).sqrt().ceil() as usize).clamp(layout::COLUMNS_IN_ISLAND, 4);
    let mut grid = layout::grid(corner, NOTE, notes, columns).into_iter();
    let mut y = corner.y + notes.div_ceil(columns) as f64 * (NOTE.height + layout::GAP);
    let mut corners = Vec::with_capacity(items.len());
    for (item, size) in items.iter().zip(sizes) {
        if item.note().is_some() {
            corners.extend(grid.next());
        } else {
            corners.push(Point::new(corner.x, y));
            y += size.height + layout::GAP;
        }
    }
    corners
}
