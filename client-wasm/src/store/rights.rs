//! What this device may do with a document, and why not more: the server's word first, the table of rights without it.

use board::{BoardView, Document, GroupId, Stage, WorkshopView, view::SchemaState};

use super::state::{Access, ReadOnly};
use crate::api::{Role, Seat};

fn domain_role(role: Role) -> board::Role {
    match role {
        Role::Viewer => board::Role::Viewer,
        Role::Participant => board::Role::Participant,
        Role::Coordinator => board::Role::Coordinator,
    }
}

/// The access to a board. `granted` is what the server said last on this document, if it has said anything.
pub fn board_access(
    seat: &Seat,
    group: &GroupId,
    workshop: Option<&WorkshopView>,
    view: &BoardView,
    granted: Option<sync::Access>,
    muted: bool,
) -> Access {
    if matches!(view.schema, SchemaState::Newer { .. }) {
        return Access::Read(ReadOnly::Newer);
    }
    let granted = match (granted, workshop) {
        (Some(sync::Access::Write), _) => board::Access::Write,
        (Some(sync::Access::Read), _) => board::Access::Read,
        (Some(sync::Access::None), _) => board::Access::None,
        (None, Some(workshop)) => board::access(
            domain_role(seat.role),
            seat.group.as_ref(),
            Document::Board(group),
            workshop,
        ),
        // Nothing is known yet: what the seat alone says.
        (None, None) => match seat.role {
            Role::Coordinator => board::Access::Write,
            Role::Participant if seat.group.as_ref() == Some(group) => board::Access::Write,
            Role::Participant | Role::Viewer => board::Access::Read,
        },
    };
    match granted {
        board::Access::Write => Access::Write,
        board::Access::None => Access::Read(ReadOnly::NotAllowed),
        board::Access::Read if muted => Access::Read(ReadOnly::Muted),
        board::Access::Read => Access::Read(reason(seat, group, workshop)),
    }
}

/// The access to the workshop document.
pub fn workshop_access(seat: &Seat, workshop: &WorkshopView, granted: Option<sync::Access>) -> Access {
    let newer = matches!(workshop.schema, SchemaState::Newer { .. });
    match granted {
        _ if newer => Access::Read(ReadOnly::Newer),
        Some(sync::Access::Write) => Access::Write,
        None if seat.role == Role::Coordinator => Access::Write,
        Some(sync::Access::Read | sync::Access::None) | None => Access::Read(ReadOnly::Viewer),
    }
}

fn reason(seat: &Seat, group: &GroupId, workshop: Option<&WorkshopView>) -> ReadOnly {
    let locked = |workshop: &WorkshopView| {
        workshop
            .groups
            .iter()
            .any(|candidate| candidate.id == *group && candidate.locked)
    };
    match seat.role {
        Role::Viewer => ReadOnly::Viewer,
        _ if workshop.is_some_and(|workshop| workshop.stage == Stage::Closed) => ReadOnly::Closed,
        Role::Participant if seat.group.as_ref() != Some(group) => ReadOnly::OtherGroup,
        _ if workshop.is_some_and(locked) => ReadOnly::Locked,
        // The server's word can arrive before the workshop document that explains it.
        Role::Participant | Role::Coordinator => ReadOnly::Locked,
    }
}
