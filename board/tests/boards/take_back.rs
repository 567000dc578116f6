//! A coordinator takes back what one person did, and nothing of what the others did.

use std::collections::BTreeSet;

use automerge::ReadDoc;
use board::{
    Board, Colour, Command, Drop, OrderHint, Point, State, TextTarget,
    board::{ActsOf, Deed, TakenBack},
};

use crate::common::{Table, actor, island, item, note, person, stamp};

/// Everybody's changes to everybody.
fn meet(boards: &mut [&mut Board]) {
    let all: Vec<_> = boards.iter().flat_map(|board| board.doc().get_changes(&[])).collect();
    for board in boards {
        let missing: Vec<_> = all
            .iter()
            .filter(|change| board.doc().get_change_by_hash(&change.hash()).is_none())
            .cloned()
            .collect();
        let mut seen = BTreeSet::new();
        let missing = missing
            .into_iter()
            .filter(|change| seen.insert(change.hash()))
            .collect();
        board.apply_changes(missing).expect("changes");
    }
}

fn of(name: &str) -> ActsOf {
    ActsOf {
        actors: [actor(name)].into(),
        since_ms: 0,
    }
}

fn add(board: &mut Board, who: &str, id: &str, text: &str) {
    let command = Command::AddNote {
        id: note(id),
        text: text.into(),
        colour: Colour::Kinari,
        parent: None,
        at: Some(Point::new(900.0, 900.0)),
        order: OrderHint::Last,
        author: None,
    };
    board.apply(command, &stamp(who)).expect("a note");
}

#[test]
fn a_prankster_is_taken_back_and_the_others_keep_everything() {
    let mut table = Table::with_notes(4);
    let mut prankster = table.replica("prankster");
    let mut ben = table.replica("ben");
    let at = |x: f64| Point::new(x, 1_200.0);
    let before = table.board.view().clone();
    // The prankster floods, moves, deletes, scribbles.
    add(&mut prankster, "prankster", "p0", "ばか");
    add(&mut prankster, "prankster", "p1", "あほ");
    let drop = |id: &str, x: f64| Drop {
        item: item(id),
        parent: None,
        at: Some(at(x)),
        order: OrderHint::Keep,
    };
    for command in [
        Command::Move {
            drops: vec![drop("n:n0", 10.0), drop("n:n1", 20.0)],
        },
        Command::Delete {
            items: vec![item("n:n2")],
        },
        Command::Splice {
            target: TextTarget::Note(note("n3")),
            at: 0,
            delete: 2,
            insert: "うんこ".into(),
        },
        Command::SetColour {
            items: vec![item("n:n3")],
            colour: Colour::Fuji,
        },
    ] {
        prankster.apply(command, &stamp("prankster")).expect("a prank");
    }
    meet(&mut [&mut table.board, &mut prankster, &mut ben]);
    // Meanwhile Ben goes on: he moves n1 himself, writes on n3 and into p1.
    for command in [
        Command::Move {
            drops: vec![drop("n:n1", 500.0)],
        },
        Command::Splice {
            target: TextTarget::Note(note("n3")),
            at: 3,
            delete: 0,
            insert: "！続き".into(),
        },
        Command::Splice {
            target: TextTarget::Note(note("p1")),
            at: 0,
            delete: 0,
            insert: "それは違う。".into(),
        },
    ] {
        ben.apply(command, &stamp("ben")).expect("work");
    }
    meet(&mut [&mut table.board, &mut prankster, &mut ben]);

    let mut coordinator = table.replica("coordinator");
    let mess = coordinator.view().clone();
    let planned = coordinator.plan_take_back(&of("prankster"));
    let (applied, done) = coordinator
        .take_back(&of("prankster"), &stamp("coordinator"))
        .expect("taken back");
    assert_eq!(planned, done);
    assert!(applied.change.is_some());
    assert_eq!(
        done,
        TakenBack {
            made: 1,
            texts: 2,
            moved: 1,
            basket: 1,
            other: 1,
            kept: 2,
            rest: 0
        },
        "kept are n1, which Ben moved, and p1, in which he wrote"
    );
    let view = coordinator.view();
    assert_eq!(view.notes[&note("n0")].position, before.notes[&note("n0")].position);
    assert_eq!(view.notes[&note("n1")].position, at(500.0), "Ben's move stays");
    assert_eq!(view.notes[&note("n2")].state, State::Live);
    assert_eq!(
        view.notes[&note("n3")].text,
        "付箋！続き3",
        "their letters back, Ben's stay"
    );
    assert_eq!(view.notes[&note("n3")].colour, before.notes[&note("n3")].colour);
    assert!(matches!(view.notes[&note("p0")].state, State::Basket { .. }));
    let p1 = &view.notes[&note("p1")];
    assert_eq!(
        (p1.text.as_str(), &p1.state),
        ("それは違う。", &State::Live),
        "Ben wrote there"
    );

    // It is one act of the coordinator's, and can itself be taken back.
    coordinator.undo(&stamp("coordinator")).expect("undone");
    for (id, was) in &mess.notes {
        assert_eq!(
            (
                &coordinator.view().notes[id].text,
                &coordinator.view().notes[id].position
            ),
            (&was.text, &was.position)
        );
    }
    assert!(
        coordinator.plan_take_back(&of("prankster")).made > 0,
        "and done once more, should that be wanted"
    );
}

#[test]
fn only_the_last_minutes_count_and_only_the_persons_own_acts() {
    let mut table = Table::new();
    let at = |board: &mut Board, id: &str, minute: i64| {
        let mut when = stamp("prankster");
        when.at_ms += minute * 60_000;
        let command = Command::AddNote {
            id: note(id),
            text: id.into(),
            colour: Colour::Kinari,
            parent: None,
            at: None,
            order: OrderHint::Last,
            author: None,
        };
        board.apply(command, &when).expect("a note");
    };
    let mut prankster = table.replica("prankster");
    at(&mut prankster, "early", 0);
    at(&mut prankster, "late", 10);
    meet(&mut [&mut table.board, &mut prankster]);
    let since = ActsOf {
        since_ms: stamp("x").at_ms + 5 * 60_000,
        ..of("prankster")
    };
    let (_, done) = table.board.take_back(&since, &stamp("anna")).expect("taken back");
    assert_eq!(done.made, 1);
    assert_eq!(table.board.view().notes[&note("early")].state, State::Live);
    assert!(matches!(
        table.board.view().notes[&note("late")].state,
        State::Basket { .. }
    ));
    let (nothing, done) = table
        .board
        .take_back(&of("nobody"), &stamp("anna"))
        .expect("nothing to do");
    assert!(nothing.change.is_none() && done == TakenBack::default());
}

#[test]
fn an_island_that_others_use_stays_and_what_was_drawn_into_it_goes_back() {
    let mut table = Table::with_notes(3);
    let mut prankster = table.replica("prankster");
    let draw = |id: &str, items: &[&str]| Command::DrawIsland {
        id: island(id),
        items: items.iter().map(|id| item(id)).collect(),
        heading: Some("へん".into()),
        at: None,
        parent: None,
        order: OrderHint::Last,
    };
    prankster
        .apply(draw("mine", &["n:n0"]), &stamp("prankster"))
        .expect("an island");
    prankster
        .apply(draw("used", &["n:n1"]), &stamp("prankster"))
        .expect("an island");
    meet(&mut [&mut table.board, &mut prankster]);
    let into = table.drop("n:n2", Some("used"), Point::new(400.0, 400.0));
    table.apply(Command::Move { drops: vec![into] });
    let mut coordinator = table.replica("coordinator");
    let (_, done) = coordinator
        .take_back(&of("prankster"), &stamp("coordinator"))
        .expect("taken back");
    assert_eq!((done.made, done.kept), (1, 1));
    let view = coordinator.view();
    assert!(matches!(view.islands[&island("mine")].state, State::Basket { .. }));
    assert_eq!(view.islands[&island("used")].state, State::Live);
    assert_eq!(view.notes[&note("n2")].parent, Some(island("used")));
    assert_eq!(view.notes[&note("n0")].parent, None);
}

#[test]
fn a_flood_is_taken_back_in_several_changes_that_admission_lets_through() {
    let mut table = Table::new();
    let mut prankster = table.replica("prankster");
    for number in 0..1_100 {
        add(&mut prankster, "prankster", &format!("p{number}"), "x");
    }
    meet(&mut [&mut table.board, &mut prankster]);
    let server = table.board.doc().clone();
    let (first, done) = table
        .board
        .take_back(&of("prankster"), &stamp("anna"))
        .expect("taken back");
    assert!(done.rest > 0);
    let change = first.change.expect("a change");
    assert!(change.len() <= 5_000, "{} operations", change.len());
    board::admission::admit_board(&server, &[change], board::Role::Coordinator).expect("admitted");
    let (_, done) = table
        .board
        .take_back(&of("prankster"), &stamp("anna"))
        .expect("taken back");
    assert_eq!(done.rest, 0);
    assert!(table.board.view().notes.values().all(|note| note.state != State::Live));
}

#[test]
fn the_chronicle_tells_acts_in_words_of_the_board_and_never_repeats_a_text() {
    let mut table = Table::new();
    table.apply(Command::SetPerson {
        id: person("anna"),
        name: "あんな".into(),
        coordinator: false,
    });
    table.add_note("n0", "", None, None);
    for (at, letter) in ["や", "ま"].iter().enumerate() {
        table.type_at("n0", at, letter);
    }
    table.add_note("n1", "二枚目", None, None);
    table.draw("i0", &["n:n0", "n:n1"], Some("島"));
    table.apply(Command::Withhold {
        items: vec![item("n:n1")],
        withheld: true,
    });
    table.apply(Command::Delete {
        items: vec![item("n:n0")],
    });
    table.apply(Command::Restore {
        items: vec![item("n:n0")],
    });
    let told: Vec<(Deed, Vec<_>)> = table
        .board
        .chronicle(50)
        .into_iter()
        .map(|entry| (entry.deed, entry.items))
        .collect();
    assert_eq!(
        told,
        [
            (Deed::Restored, vec![item("n:n0")]),
            (Deed::Deleted, vec![item("n:n0")]),
            (Deed::Withheld, vec![item("n:n1")]),
            (Deed::Gathered, vec![item("i:i0")]),
            (Deed::Added, vec![item("n:n1")]),
            (Deed::Added, vec![item("n:n0")]),
            (Deed::People, vec![]),
            (Deed::Opened, vec![]),
        ]
    );
    let first = &table.board.chronicle(3);
    assert_eq!(first.len(), 3);
    assert_eq!(
        (first[1].person.clone(), first[1].actor.clone()),
        (Some(person("anna")), actor("anna"))
    );
}
