//! Relations, dots, the reading path, the group and its people.

use automerge::ROOT;

use super::{
    Ground,
    ground::{text_fits, too_many},
};
use crate::{
    board::{
        Refused,
        edit::{Edit, Owner},
        keys::*,
        raw::print_mark,
        register::{Gone, RELATION_KINDS, StateRegister, name_of},
    },
    id::{ID_BYTES_MAX, ItemId, PersonId, RelationId},
    order::OrderKey,
    view::RelationKind,
};

/// Highest round of the evaluation: ○, then ○ among the ○, and some to spare.
pub const ROUNDS_MAX: u8 = 9;

pub(crate) fn relate(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    id: RelationId,
    from: &ItemId,
    to: &ItemId,
    kind: RelationKind,
    label: &str,
) -> Result<(), Refused> {
    ground.entry(from)?;
    ground.entry(to)?;
    if from == to {
        return Err(Refused::NoSuchItem(to.clone()));
    }
    text_fits(label.chars().count())?;
    too_many(ground.raw.relations.len() + 1, RELATIONS_MAX)?;
    let entry = edit.create(Owner::Relation(id))?;
    edit.set(&entry, FROM, from.to_string())?;
    edit.set(&entry, TO, to.to_string())?;
    edit.set(&entry, KIND, name_of(&RELATION_KINDS, &kind))?;
    edit.set_text(&entry, LABEL, label)
}

pub(crate) fn set_relation_kind(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    id: &RelationId,
    kind: RelationKind,
) -> Result<(), Refused> {
    let raw = ground
        .raw
        .relations
        .get(id)
        .ok_or_else(|| Refused::NoSuchRelation(id.clone()))?;
    let owner = Owner::Relation(id.clone());
    edit.put(&owner, &raw.obj, KIND, name_of(&RELATION_KINDS, &kind))?;
    edit.heal(&owner, &raw.obj, &raw.states)
}

pub(crate) fn delete_relation(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    id: &RelationId,
    deleted: bool,
) -> Result<(), Refused> {
    let raw = ground
        .raw
        .relations
        .get(id)
        .ok_or_else(|| Refused::NoSuchRelation(id.clone()))?;
    if ground
        .view
        .relations
        .get(id)
        .is_some_and(|relation| relation.deleted == deleted)
    {
        return Ok(());
    }
    let gone = Gone {
        by: ground.stamp.person.clone(),
        at_ms: ground.stamp.at_ms,
        with: None,
        fingerprint: raw.fingerprint(),
    };
    let state = if deleted {
        StateRegister::Basket(gone)
    } else {
        StateRegister::Live
    };
    edit.put_state(&Owner::Relation(id.clone()), &raw.obj, &state)
}

pub(crate) fn mark(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    person: &PersonId,
    target: &ItemId,
    round: u8,
    given: bool,
) -> Result<(), Refused> {
    ground.entry(target)?;
    if !(1..=ROUNDS_MAX).contains(&round) {
        return Err(Refused::TooMany {
            limit: usize::from(ROUNDS_MAX),
        });
    }
    let now = ground.raw.marks.contains(&(person.clone(), target.clone(), round));
    if now == given {
        return Ok(());
    }
    too_many(ground.raw.marks.len() + 1, MARKS_MAX)?;
    let obj = ground.raw.maps.get(MARKS).ok_or(Refused::NotReady)?;
    edit.put(&Owner::Marks, obj, &print_mark(person, target, round), given)
}

pub(crate) fn set_path(edit: &mut Edit<'_>, ground: &Ground<'_>, path: &[ItemId]) -> Result<(), Refused> {
    too_many(path.len(), ITEMS_PER_COMMAND_MAX)?;
    for item in path {
        ground.entry(item)?;
    }
    let text: Vec<String> = path.iter().map(ItemId::to_string).collect();
    edit.put(&Owner::Path, &ROOT, KEY_PATH, text.join(" "))
}

pub(crate) fn set_group(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    name: &str,
    icon: Option<&str>,
) -> Result<(), Refused> {
    named(name)?;
    let icon = icon.unwrap_or("");
    if icon.len() > ICON_BYTES_MAX {
        return Err(Refused::BadName { limit: ICON_BYTES_MAX });
    }
    let obj = ground.raw.maps.get(GROUP).ok_or(Refused::NotReady)?;
    if ground.raw.group.name != name {
        edit.put(&Owner::Group, obj, NAME, name)?;
    }
    if ground.raw.group.icon != icon {
        edit.put(&Owner::Group, obj, ICON, icon)?;
    }
    Ok(())
}

/// The longest emoji families take 35 bytes; twice that for flags to come.
const ICON_BYTES_MAX: usize = 70;

pub(crate) fn set_person(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    id: PersonId,
    name: &str,
    coordinator: bool,
) -> Result<(), Refused> {
    named(name)?;
    if let Some(raw) = ground.raw.people.get(&id) {
        let owner = Owner::Person(id);
        if raw.name != name || raw.coordinator != coordinator {
            edit.put(&owner, &raw.obj, NAME, name)?;
            if raw.coordinator != coordinator {
                edit.put(&owner, &raw.obj, COORDINATOR, coordinator)?;
            }
            if raw.raw.is_some() {
                // The imported way of writing it is no longer theirs.
                edit.put(&owner, &raw.obj, RAW, "")?;
            }
        }
        return Ok(());
    }
    too_many(ground.raw.people.len() + 1, PEOPLE_MAX)?;
    let last = ground.raw.people.values().map(|person| &person.order).max();
    let order = OrderKey::between(last, None, crate::board::register::fingerprint(&[id.as_str()]));
    let entry = edit.create(Owner::Person(id))?;
    edit.set(&entry, NAME, name)?;
    edit.set(&entry, COORDINATOR, coordinator)?;
    edit.set(&entry, ORDER, order.as_str())
}

pub(crate) fn remove_person(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    id: &PersonId,
    removed: bool,
) -> Result<(), Refused> {
    let raw = ground.raw.people.get(id).ok_or(Refused::NoSuchPerson)?;
    if raw.removed == removed {
        return Ok(());
    }
    edit.put(&Owner::Person(id.clone()), &raw.obj, REMOVED, removed)
}

fn named(name: &str) -> Result<(), Refused> {
    if name.trim().is_empty() || name.len() > STRING_BYTES_MAX {
        return Err(Refused::BadName {
            limit: STRING_BYTES_MAX,
        });
    }
    Ok(())
}

/// A device's name, cut to what documents allow.
pub(crate) fn short(name: &str) -> &str {
    let mut end = name.len().min(ID_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}
