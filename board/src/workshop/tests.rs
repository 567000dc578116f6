use super::*;

fn stamp() -> Stamp {
    Stamp {
        person: None,
        device: "pc".into(),
        at_ms: 1_700_000_000_000,
    }
}

fn group(id: &str) -> GroupId {
    id.parse().expect("an id")
}

fn workshop() -> Workshop {
    let groups = ["g1", "g2"]
        .map(|id| (group(id), format!("{id}班"), None, format!("doc-{id}")))
        .to_vec();
    let new = NewWorkshop {
        id: "w".into(),
        theme: "協働".into(),
        groups,
        ..NewWorkshop::default()
    };
    Workshop::create(&new, 0, ActorId::from(b"server".as_slice()))
}

fn names(workshop: &Workshop) -> Vec<&str> {
    workshop.view().groups.iter().map(|group| group.id.as_str()).collect()
}

#[test]
fn a_new_workshop_reads_as_it_was_made_and_the_same_again() {
    let made = workshop();
    let view = made.view();
    assert_eq!(
        (view.theme.as_str(), view.stage, view.read_others),
        ("協働", Stage::Writing, true)
    );
    assert_eq!(names(&made), ["g1", "g2"]);
    assert_eq!(view.groups[1].board, "doc-g2");
    assert_eq!(made.save(), workshop().save());
    let loaded = Workshop::load(&made.save(), ActorId::from(b"pc".as_slice())).expect("a workshop");
    assert_eq!(loaded.view(), made.view());
}

#[test]
fn every_command_shows_in_the_view() {
    let mut workshop = workshop();
    let commands = [
        WorkshopCommand::SetTheme("新しい題".into()),
        WorkshopCommand::SetDate("11月22日".into()),
        WorkshopCommand::SetVenue("公民館".into()),
        WorkshopCommand::SetStage(Stage::Gathering),
        WorkshopCommand::AddGroup {
            id: group("g3"),
            name: "3班".into(),
            icon: Some("😊".into()),
            board: "doc-g3".into(),
        },
        WorkshopCommand::MoveGroup {
            group: group("g3"),
            before: Some(group("g2")),
        },
        WorkshopCommand::RenameGroup {
            group: group("g1"),
            name: "一班".into(),
            icon: None,
        },
        WorkshopCommand::SetLocked {
            group: group("g2"),
            locked: true,
        },
        WorkshopCommand::RemoveGroup {
            group: group("g1"),
            removed: true,
        },
        WorkshopCommand::SetReadOthers(false),
        WorkshopCommand::StartTimer {
            ends_at_ms: 1_700_000_600_000,
        },
        WorkshopCommand::Announce {
            id: "a1".into(),
            text: "あと5分".into(),
        },
        WorkshopCommand::SetTrivia {
            key: "end".into(),
            text: "\n".into(),
        },
    ];
    for command in commands {
        let shown = format!("{command:?}");
        let change = workshop
            .apply(command.clone(), &stamp())
            .unwrap_or_else(|refused| panic!("{shown}: {refused}"));
        assert!(change.is_some(), "{shown}");
        if !matches!(
            command,
            WorkshopCommand::AddGroup { .. } | WorkshopCommand::MoveGroup { .. } | WorkshopCommand::Announce { .. }
        ) {
            assert_eq!(
                workshop.apply(command, &stamp()).map(|change| change.is_some()),
                Ok(false),
                "{shown}: twice"
            );
        }
    }
    let view = workshop.view();
    assert_eq!(
        (view.theme.as_str(), view.date.as_str(), view.venue.as_str()),
        ("新しい題", "11月22日", "公民館")
    );
    assert_eq!((view.stage, view.read_others), (Stage::Gathering, false));
    assert_eq!(names(&workshop), ["g1", "g3", "g2"]);
    assert_eq!((view.groups[0].name.as_str(), view.groups[0].removed), ("一班", true));
    assert!(view.groups[2].locked);
    assert_eq!(
        view.timer,
        Some(Timer {
            started_at_ms: 1_700_000_000_000,
            ends_at_ms: 1_700_000_600_000
        })
    );
    assert_eq!(view.announcements[0].text, "あと5分");
    assert_eq!(view.trivia["end"], "\n");
    workshop.apply(WorkshopCommand::StopTimer, &stamp()).expect("stopped");
    assert_eq!(workshop.view().timer, None);
}

#[test]
fn nonsense_is_refused_and_changes_nothing() {
    let mut workshop = workshop();
    let before = workshop.doc().get_heads();
    let rename = |name: &str| WorkshopCommand::RenameGroup {
        group: group("g1"),
        name: name.into(),
        icon: None,
    };
    let cases = [
        (WorkshopCommand::SetTheme("  ".into()), WorkshopRefused::Empty),
        (
            WorkshopCommand::SetTheme("あ".repeat(3_000)),
            WorkshopRefused::TooLong { limit: TEXT_BYTES_MAX },
        ),
        (rename(""), WorkshopRefused::Empty),
        (
            WorkshopCommand::SetLocked {
                group: group("g9"),
                locked: true,
            },
            WorkshopRefused::NoSuchGroup,
        ),
        (
            WorkshopCommand::MoveGroup {
                group: group("g1"),
                before: Some(group("g9")),
            },
            WorkshopRefused::NoSuchGroup,
        ),
    ];
    for (command, reason) in cases {
        assert_eq!(workshop.apply(command, &stamp()).map(|_| ()), Err(reason));
    }
    assert_eq!(workshop.doc().get_heads(), before);
    let empty = Workshop::empty(ActorId::from(b"pc".as_slice())).apply(rename("x"), &stamp());
    assert_eq!(empty.map(|_| ()), Err(WorkshopRefused::NotReady));
}

#[test]
fn a_newer_workshop_can_only_be_read() {
    let mut doc = workshop().doc().clone();
    doc.set_actor(ActorId::from(b"future".as_slice()));
    doc.transact::<_, _, AutomergeError>(|tx| tx.put(ROOT, "schema", 2))
        .expect("written");
    let mut workshop = Workshop::from_doc(doc).expect("it opens");
    assert_eq!(workshop.view().theme, "協働");
    let refused = workshop.apply(WorkshopCommand::StopTimer, &stamp());
    assert_eq!(refused.map(|_| ()), Err(WorkshopRefused::NewerSchema { found: 2 }));
}

#[test]
fn what_is_no_workshop_is_refused() {
    let board = crate::Board::create("w", &Default::default(), 0, ActorId::from(b"x".as_slice()));
    let opened = Workshop::load(&board.save(), ActorId::from(b"y".as_slice())).map(|_| ());
    assert_eq!(opened, Err(OpenError::WrongKind { expected: "workshop" }));
    let opened = Workshop::load(b"no document", ActorId::from(b"y".as_slice()));
    assert!(matches!(opened, Err(OpenError::NotAutomerge(_))));
}
