//! Commands, each as writes into one change. What they read is the view before the command.

mod basket;
mod ground;
mod islands;
mod lists;
mod notes;
mod order;
mod places;
mod readings;
mod transfer;

pub(crate) use ground::Ground;
pub use lists::ROUNDS_MAX;

use super::{Act, Refused, edit::Edit};
use crate::command::{Command, TextTarget};

/// Does a command. An error leaves the edit half done: the caller rolls it back.
pub(crate) fn perform(edit: &mut Edit<'_>, ground: &Ground<'_>, command: Command) -> Result<Act, Refused> {
    match command {
        Command::AddNote {
            id,
            text,
            colour,
            parent,
            at,
            order,
            author,
        } => {
            let note = notes::NewNote {
                id,
                text,
                colour,
                author,
            };
            notes::add(edit, ground, note, parent.as_ref(), at, &order).map(|()| Act::Add)
        }
        Command::AddNotes {
            notes,
            colour,
            parent,
            at,
        } => notes::add_several(edit, ground, notes, colour, parent.as_ref(), at).map(|()| Act::Add),
        Command::Splice {
            target,
            at,
            delete,
            insert,
        } => notes::splice(edit, ground, &target, at, delete, &insert).map(|()| Act::Type),
        Command::SetText { target, text } => notes::set_text(edit, ground, &target, &text).map(|()| Act::Type),
        Command::SetColour { items, colour } => notes::set_colour(edit, ground, &items, colour).map(|()| Act::Colour),
        Command::SetLoneWolf { note, lone_wolf } => {
            notes::set_lone_wolf(edit, ground, &note, lone_wolf).map(|()| Act::Gather)
        }
        Command::SplitNote { note, second, at } => notes::split(edit, ground, &note, second, at).map(|()| Act::Other),
        Command::Move { drops } => places::move_items(edit, ground, &drops).map(|()| Act::Move),
        Command::Tidy { island } => places::tidy(edit, ground, island.as_ref()).map(|()| Act::Move),
        Command::DrawIsland {
            id,
            items,
            heading,
            at,
            parent,
            order,
        } => {
            let island = islands::NewIsland {
                id,
                heading,
                at,
                parent,
                order,
            };
            islands::draw(edit, ground, island, &items).map(|()| Act::Gather)
        }
        Command::Dissolve { island } => islands::dissolve(edit, ground, &island).map(|()| Act::Gather),
        Command::UseAsHeading { note, island } => {
            islands::use_as_heading(edit, ground, &note, &island).map(|()| Act::Gather)
        }
        Command::Collapse { island, collapsed } => {
            islands::collapse(edit, ground, &island, collapsed).map(|()| Act::Gather)
        }
        Command::Merge { absorbed, into } => islands::merge(edit, ground, &absorbed, &into).map(|()| Act::Gather),
        Command::SplitIsland { absorbed } => islands::split(edit, ground, &absorbed).map(|()| Act::Gather),
        Command::Delete { items } => basket::delete(edit, ground, &items).map(|()| Act::Delete),
        Command::Restore { items } => basket::restore(edit, ground, &items).map(|()| Act::Restore),
        Command::Withhold { items, withheld } => basket::withhold(edit, ground, &items, withheld).map(|()| Act::Other),
        Command::Relate {
            id,
            from,
            to,
            kind,
            label,
        } => lists::relate(edit, ground, id, &from, &to, kind, &label).map(|()| Act::Relate),
        Command::SetRelationKind { id, kind } => {
            lists::set_relation_kind(edit, ground, &id, kind).map(|()| Act::Relate)
        }
        Command::DeleteRelation { id, deleted } => {
            lists::delete_relation(edit, ground, &id, deleted).map(|()| Act::Relate)
        }
        Command::Mark {
            person,
            target,
            round,
            given,
        } => lists::mark(edit, ground, &person, &target, round, given).map(|()| Act::Mark),
        Command::SetPath { path } => lists::set_path(edit, ground, &path).map(|()| Act::Other),
        Command::SetGroup { name, icon } => lists::set_group(edit, ground, &name, icon.as_deref()).map(|()| Act::Other),
        Command::SetPerson { id, name, coordinator } => {
            lists::set_person(edit, ground, id, &name, coordinator).map(|()| Act::Other)
        }
        Command::RemovePerson { id, removed } => lists::remove_person(edit, ground, &id, removed).map(|()| Act::Other),
        Command::Resolve { point, reading } => readings::resolve(edit, ground, &point, reading).map(|()| Act::Other),
        Command::Receive {
            parcel,
            seed,
            parent,
            at,
        } => transfer::receive(edit, ground, &parcel, seed, parent.as_ref(), at).map(|()| Act::Add),
        Command::SendAway { items, to } => transfer::send_away(edit, ground, &items, &to).map(|()| Act::Delete),
    }
}

/// The text that a command splices, if that is all it does: consecutive ones form one typing session.
pub(crate) fn typing_target(command: &Command) -> Option<TextTarget> {
    match command {
        Command::Splice { target, .. } => Some(target.clone()),
        _ => None,
    }
}
