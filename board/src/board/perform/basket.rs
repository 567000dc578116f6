//! The basket: deleting is a state, restoring takes it away.

use super::{Ground, ground::too_many};
use crate::{
    board::{
        Refused,
        edit::{Edit, Owner},
        keys::{ITEMS_PER_COMMAND_MAX, WITHHELD},
        register::{Gone, StateRegister},
    },
    id::{IslandId, ItemId},
    view::State,
};

pub(crate) fn delete(edit: &mut Edit<'_>, ground: &Ground<'_>, items: &[ItemId]) -> Result<(), Refused> {
    send(edit, ground, items, StateRegister::Basket)
}

/// Writes a state of going away on the items and on everything live that the islands among them hold.
pub(crate) fn send(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    items: &[ItemId],
    state: impl Fn(Gone) -> StateRegister,
) -> Result<(), Refused> {
    for item in ground.outermost(items)? {
        if *ground.state(&item)? != State::Live {
            continue;
        }
        write(edit, ground, &item, None, &state)?;
        if let ItemId::Island(island) = &item {
            for held in held_by(ground, island) {
                write(edit, ground, &held, Some(island), &state)?;
            }
        }
    }
    Ok(())
}

fn write(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    item: &ItemId,
    with: Option<&IslandId>,
    state: impl Fn(Gone) -> StateRegister,
) -> Result<(), Refused> {
    let gone = Gone {
        by: ground.stamp.person.clone(),
        at_ms: ground.stamp.at_ms,
        with: with.cloned(),
        fingerprint: ground.fingerprint(item),
    };
    let (obj, ..) = ground.entry(item)?;
    edit.put_state(&Owner::from(item), obj, &state(gone))
}

/// Everything live inside an island at any depth, islands merged into it as well.
pub(crate) fn held_by(ground: &Ground<'_>, island: &IslandId) -> Vec<ItemId> {
    let structure = ground.structure();
    let mut held = Vec::new();
    for id in ground.raw.islands.keys() {
        if id != island && structure.is_live(id) && structure.lies_in(id, island) {
            held.push(ItemId::Island(id.clone()));
        }
    }
    for (id, note) in &ground.raw.notes {
        let inside = note
            .place
            .parent
            .as_ref()
            .is_some_and(|parent| ground.raw.islands.contains_key(parent) && structure.lies_in(parent, island));
        if inside && structure.note_states.get(id) == Some(&State::Live) {
            held.push(ItemId::Note(id.clone()));
        }
    }
    held
}

/// What went together with a restored island comes back by the rules of the view, unless it was restored before.
pub(crate) fn restore(edit: &mut Edit<'_>, ground: &Ground<'_>, items: &[ItemId]) -> Result<(), Refused> {
    too_many(items.len(), ITEMS_PER_COMMAND_MAX)?;
    for item in items {
        let (obj, ..) = ground.entry(item)?;
        if matches!(ground.state(item)?, State::Basket { .. } | State::Heading) {
            edit.put_state(&Owner::from(item), obj, &StateRegister::Live)?;
        }
    }
    Ok(())
}

pub(crate) fn withhold(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    items: &[ItemId],
    withheld: bool,
) -> Result<(), Refused> {
    too_many(items.len(), ITEMS_PER_COMMAND_MAX)?;
    for item in items {
        let (obj, ..) = ground.entry(item)?;
        let now = match item {
            ItemId::Note(id) => ground.note(id)?.0.withheld,
            ItemId::Island(id) => ground.island(id)?.0.withheld,
        };
        if now != withheld {
            edit.put(&Owner::from(item), obj, WITHHELD, withheld)?;
        }
    }
    Ok(())
}
