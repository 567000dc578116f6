//! Who may read and write which document: the table of DESIGN.md, as one function.

use crate::{
    id::GroupId,
    workshop::{Stage, WorkshopView},
};

/// What a connection may do with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// It does not exist, as far as this connection can tell.
    None,
    /// Changes are refused, never merged.
    Read,
    /// Everything.
    Write,
}

/// What somebody is in a workshop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 閲覧: reads.
    Viewer,
    /// 参加者: writes on the own group's board.
    Participant,
    /// コーディネーター: writes everywhere.
    Coordinator,
}

/// Which document is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document<'a> {
    /// The workshop itself.
    Workshop,
    /// The board of a group.
    Board(&'a GroupId),
}

/// The rights table. Participants write their own group's board unless the stage is closed or the group is
/// locked, and read the others if the workshop allows; coordinators write everything; viewers read everything.
/// Boards of unknown groups do not exist; those of removed groups exist for coordinators only.
pub fn access(role: Role, own_group: Option<&GroupId>, document: Document<'_>, workshop: &WorkshopView) -> Access {
    let group = match document {
        Document::Workshop if role == Role::Coordinator => return Access::Write,
        Document::Workshop => return Access::Read,
        Document::Board(group) => group,
    };
    let Some(group) = workshop.groups.iter().find(|candidate| candidate.id == *group) else {
        return Access::None;
    };
    match role {
        Role::Coordinator => Access::Write,
        _ if group.removed => Access::None,
        Role::Viewer => Access::Read,
        Role::Participant if own_group == Some(&group.id) => {
            if workshop.stage == Stage::Closed || group.locked {
                Access::Read
            } else {
                Access::Write
            }
        }
        Role::Participant if workshop.read_others => Access::Read,
        Role::Participant => Access::None,
    }
}
