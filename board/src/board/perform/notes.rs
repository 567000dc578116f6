//! Notes and texts: writing, pasting, splitting, colouring.

use std::collections::BTreeSet;

use super::{
    Ground,
    ground::{nearest_on_sheet, on_sheet, text_fits, too_many},
    order::jitter,
};
use crate::{
    board::{
        Refused,
        edit::{Edit, Owner},
        keys::*,
        register::{COLOURS, name_of, print_place, print_source, rounded},
        text,
    },
    command::{OrderHint, Place, TextTarget},
    geometry::{NOTE, Point, Rect},
    id::{IslandId, ItemId, NoteId, PersonId},
    layout,
    order::OrderKey,
    view::{Colour, Source},
};

/// Notes side by side in a paste that has a place.
const PASTE_COLUMNS: usize = 4;

/// A note to be.
pub(crate) struct NewNote {
    pub id: NoteId,
    pub text: String,
    pub colour: Colour,
    pub author: Option<PersonId>,
}

pub(crate) fn add(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    note: NewNote,
    parent: Option<&IslandId>,
    at: Option<Point>,
    order: &OrderHint,
) -> Result<(), Refused> {
    let parent = ground.landing(parent)?;
    let at = match at {
        Some(at) => on_sheet(at)?,
        None => nearest_on_sheet(ground.free_spot(parent.as_ref(), NOTE, &[])),
    };
    let item = ItemId::Note(note.id.clone());
    let order = ground.key(parent.as_ref(), order, &BTreeSet::new(), &item);
    let at = rounded(at - ground.origin(parent.as_ref()));
    write(edit, ground, note, &Place { parent, order, at }, &[])
}

pub(crate) fn add_several(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    notes: Vec<(NoteId, String)>,
    colour: Colour,
    parent: Option<&IslandId>,
    at: Option<Point>,
) -> Result<(), Refused> {
    too_many(notes.len(), ITEMS_PER_COMMAND_MAX)?;
    let parent = ground.landing(parent)?;
    let Some((first, _)) = notes.first() else { return Ok(()) };
    let (left, right) = ground.gap(parent.as_ref(), &OrderHint::Last, &BTreeSet::new());
    let keys = OrderKey::spread(
        left.as_ref(),
        right.as_ref(),
        notes.len(),
        jitter(&first.clone().into()),
    );
    let corners = match at {
        Some(at) => layout::grid(on_sheet(at)?, NOTE, notes.len(), PASTE_COLUMNS),
        None => {
            let mut taken = Vec::new();
            for _ in &notes {
                let spot = ground.free_spot(parent.as_ref(), NOTE, &taken);
                taken.push(Rect::new(spot, NOTE));
            }
            taken.into_iter().map(|rect| nearest_on_sheet(rect.origin)).collect()
        }
    };
    let origin = ground.origin(parent.as_ref());
    for (((id, text), order), corner) in notes.into_iter().zip(keys).zip(corners) {
        let place = Place {
            parent: parent.clone(),
            order,
            at: rounded(on_sheet(corner)? - origin),
        };
        write(
            edit,
            ground,
            NewNote {
                id,
                text,
                colour,
                author: None,
            },
            &place,
            &[],
        )?;
    }
    Ok(())
}

/// Writes a new entry; `more` are further string fields.
pub(crate) fn write(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    note: NewNote,
    place: &Place,
    more: &[(&str, String)],
) -> Result<(), Refused> {
    text_fits(note.text.chars().count())?;
    too_many(ground.raw.notes.len() + edit.dirty.notes.len() + 1, NOTES_MAX)?;
    let entry = edit.create(Owner::Note(note.id))?;
    edit.set_text(&entry, TEXT, &note.text)?;
    edit.set(&entry, PLACE, print_place(place))?;
    edit.set(&entry, COLOUR, name_of(&COLOURS, &note.colour))?;
    let author = note.author.as_ref().or(ground.stamp.person.as_ref());
    edit.set_filled(&entry, AUTHOR, author.map_or("", PersonId::as_str))?;
    edit.set_filled(&entry, DEVICE, super::lists::short(&ground.stamp.device))?;
    edit.set(&entry, AT, ground.stamp.at_ms)?;
    for (key, value) in more {
        edit.set(&entry, key, value.as_str())?;
    }
    Ok(())
}

/// A text as commands need it: who owns it, where its entry and object are, how it reads.
struct TextEntry<'a> {
    owner: Owner,
    entry: &'a automerge::ObjId,
    key: &'static str,
    object: Option<&'a automerge::ObjId>,
    text: &'a str,
    states: &'a [crate::board::register::StateRegister],
}

fn text_entry<'a>(ground: &Ground<'a>, target: &TextTarget) -> Result<TextEntry<'a>, Refused> {
    match target {
        TextTarget::Note(id) => ground.note(id).map(|(raw, _)| TextEntry {
            owner: Owner::Note(id.clone()),
            entry: &raw.obj,
            key: TEXT,
            object: raw.text_obj.as_ref(),
            text: &raw.text,
            states: &raw.states,
        }),
        TextTarget::Heading(id) => ground.island(id).map(|(raw, _)| TextEntry {
            owner: Owner::Island(id.clone()),
            entry: &raw.obj,
            key: HEADING,
            object: raw.heading_obj.as_ref(),
            text: &raw.heading,
            states: &raw.states,
        }),
        TextTarget::Label(id) => {
            let raw = ground
                .raw
                .relations
                .get(id)
                .ok_or_else(|| Refused::NoSuchRelation(id.clone()))?;
            Ok(TextEntry {
                owner: Owner::Relation(id.clone()),
                entry: &raw.obj,
                key: LABEL,
                object: raw.label_obj.as_ref(),
                text: &raw.label,
                states: &raw.states,
            })
        }
    }
}

pub(crate) fn splice(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    target: &TextTarget,
    at: usize,
    delete: usize,
    insert: &str,
) -> Result<(), Refused> {
    let entry = text_entry(ground, target)?;
    let length = entry.text.chars().count();
    if at.checked_add(delete).is_none_or(|end| end > length) {
        return Err(Refused::OutsideText);
    }
    let inserted = insert.chars().count();
    if inserted > delete {
        text_fits(length - delete + inserted)?;
    }
    let obj = edit.text_object(entry.entry, entry.key, entry.object, entry.text)?;
    edit.splice(target, &obj, entry.text, at, delete, insert)?;
    edit.heal(&entry.owner, entry.entry, entry.states)
}

pub(crate) fn set_text(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    target: &TextTarget,
    text: &str,
) -> Result<(), Refused> {
    let entry = text_entry(ground, target)?;
    text_fits(text.chars().count())?;
    if entry.text == text {
        return Ok(());
    }
    let obj = edit.text_object(entry.entry, entry.key, entry.object, entry.text)?;
    edit.rewrite(target, &obj, entry.text, text)?;
    edit.heal(&entry.owner, entry.entry, entry.states)
}

pub(crate) fn set_colour(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    items: &[ItemId],
    colour: Colour,
) -> Result<(), Refused> {
    too_many(items.len(), ITEMS_PER_COMMAND_MAX)?;
    for item in items {
        let (obj, _, states) = ground.entry(item)?;
        let owner = Owner::from(item);
        edit.put(&owner, obj, COLOUR, name_of(&COLOURS, &colour))?;
        edit.heal(&owner, obj, states)?;
    }
    Ok(())
}

pub(crate) fn set_lone_wolf(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    note: &NoteId,
    lone_wolf: bool,
) -> Result<(), Refused> {
    let (raw, view) = ground.note(note)?;
    if view.lone_wolf == lone_wolf {
        return Ok(());
    }
    edit.put(&Owner::Note(note.clone()), &raw.obj, LONE_WOLF, lone_wolf)
}

/// Cuts the second thought off into a note of its own, which remembers the letters that stood between them: so
/// the verbatim report still prints one line.
pub(crate) fn split(
    edit: &mut Edit<'_>,
    ground: &Ground<'_>,
    note: &NoteId,
    second: NoteId,
    at: Option<usize>,
) -> Result<(), Refused> {
    let (raw, view) = ground.note(note)?;
    let length = raw.text.chars().count();
    let (cut, start) = match at {
        None => text::second_thought(&raw.text)
            .map(|(cut, width)| (cut, cut + width))
            .ok_or(Refused::NothingToSplit)?,
        Some(start) => {
            let before: Vec<char> = raw.text.chars().take(start).collect();
            let kept = before
                .iter()
                .rposition(|letter| !letter.is_whitespace() && *letter != '・');
            (kept.map_or(0, |kept| kept + 1), start)
        }
    };
    if cut == 0 || start >= length {
        return Err(Refused::NothingToSplit);
    }
    let target = TextTarget::Note(note.clone());
    let item = ItemId::Note(note.clone());
    let second_text = text::slice(&raw.text, start, length);
    let between = text::slice(&raw.text, cut, start);
    let obj = edit.text_object(&raw.obj, TEXT, raw.text_obj.as_ref(), &raw.text)?;
    edit.splice(&target, &obj, &raw.text, cut, length - cut, "")?;
    edit.heal(&Owner::Note(note.clone()), &raw.obj, &raw.states)?;
    let parent = view.parent.clone();
    let spot = Point::new(view.position.x + NOTE.width + layout::GAP, view.position.y);
    let around = ground
        .siblings(parent.as_ref())
        .iter()
        .filter_map(|item| ground.view.bounds(item));
    let taken = around.into_iter().any(|rect| rect.intersects(&Rect::new(spot, NOTE)));
    let spot = if taken {
        ground.free_spot(parent.as_ref(), NOTE, &[])
    } else {
        spot
    };
    let order = ground.key(
        parent.as_ref(),
        &OrderHint::After(item),
        &BTreeSet::new(),
        &second.clone().into(),
    );
    let place = Place {
        at: rounded(spot - ground.origin(parent.as_ref())),
        parent,
        order,
    };
    let row = raw.row_group.as_ref().unwrap_or(note);
    let mut more = vec![(MARKER, between), (ROW_GROUP, row.to_string())];
    if raw.source != Source::Board {
        more.push((SOURCE, print_source(&raw.source)));
    }
    let author = raw.author.clone();
    let anonymous = author.is_none();
    let new = NewNote {
        id: second,
        text: second_text,
        colour: raw.colour,
        author,
    };
    if anonymous {
        // Whose thought it is stays unknown: the one who splits is not the author.
        let nobody = crate::stamp::Stamp {
            person: None,
            ..ground.stamp.clone()
        };
        return write(edit, &Ground::new(ground.raw, ground.view, &nobody), new, &place, &more);
    }
    write(edit, ground, new, &place, &more)
}
