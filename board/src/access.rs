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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::WorkshopGroup;

    fn group(id: &str) -> GroupId {
        id.parse().expect("an id")
    }

    /// Groups g1 (open), g2 (locked) and g3 (removed).
    fn workshop() -> WorkshopView {
        let entry = |id: &str| WorkshopGroup {
            id: group(id),
            name: id.to_owned(),
            icon: None,
            board: String::new(),
            locked: id == "g2",
            removed: id == "g3",
        };
        WorkshopView {
            groups: ["g1", "g2", "g3"].map(entry).to_vec(),
            read_others: true,
            ..WorkshopView::default()
        }
    }

    fn on(role: Role, own: Option<&str>, board: &str, workshop: &WorkshopView) -> Access {
        access(role, own.map(group).as_ref(), Document::Board(&group(board)), workshop)
    }

    #[test]
    fn a_participant_writes_the_own_board_and_reads_the_others() {
        let workshop = workshop();
        assert_eq!(on(Role::Participant, Some("g1"), "g1", &workshop), Access::Write);
        assert_eq!(on(Role::Participant, Some("g1"), "g2", &workshop), Access::Read);
        assert_eq!(on(Role::Participant, None, "g1", &workshop), Access::Read);
        let closed = WorkshopView {
            read_others: false,
            ..workshop
        };
        assert_eq!(on(Role::Participant, Some("g1"), "g2", &closed), Access::None);
        assert_eq!(on(Role::Participant, Some("g1"), "g1", &closed), Access::Write);
    }

    #[test]
    fn a_lock_or_the_closing_bell_leaves_participants_reading() {
        let workshop = workshop();
        assert_eq!(on(Role::Participant, Some("g2"), "g2", &workshop), Access::Read);
        for stage in Stage::ALL {
            let workshop = WorkshopView {
                stage,
                ..workshop.clone()
            };
            let expected = if stage == Stage::Closed {
                Access::Read
            } else {
                Access::Write
            };
            assert_eq!(
                on(Role::Participant, Some("g1"), "g1", &workshop),
                expected,
                "{stage:?}"
            );
            assert_eq!(on(Role::Coordinator, None, "g1", &workshop), Access::Write, "{stage:?}");
        }
    }

    #[test]
    fn a_viewer_reads_everything_there_is_and_writes_nothing() {
        let workshop = workshop();
        for board in ["g1", "g2"] {
            assert_eq!(on(Role::Viewer, None, board, &workshop), Access::Read);
            assert_eq!(on(Role::Viewer, Some(board), board, &workshop), Access::Read);
        }
        assert_eq!(access(Role::Viewer, None, Document::Workshop, &workshop), Access::Read);
    }

    #[test]
    fn only_coordinators_write_the_workshop_and_see_removed_groups() {
        let workshop = workshop();
        assert_eq!(
            access(Role::Coordinator, None, Document::Workshop, &workshop),
            Access::Write
        );
        assert_eq!(
            access(Role::Participant, Some(&group("g1")), Document::Workshop, &workshop),
            Access::Read
        );
        assert_eq!(on(Role::Coordinator, None, "g3", &workshop), Access::Write);
        assert_eq!(on(Role::Participant, Some("g3"), "g3", &workshop), Access::None);
        assert_eq!(on(Role::Viewer, None, "g3", &workshop), Access::None);
    }

    #[test]
    fn a_board_of_no_group_does_not_exist_for_anybody() {
        for role in [Role::Viewer, Role::Participant, Role::Coordinator] {
            assert_eq!(on(role, Some("g9"), "g9", &workshop()), Access::None);
        }
    }
}
