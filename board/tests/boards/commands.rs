//! Commands one by one on one board: before, command, after.

use crate::common::{Table, island, item, note, person, stamp};
use board::{
    Act, Command, Drop, ItemId, OrderHint, Point, Refused, State, TextTarget, UndoRefused,
    geometry::{ISLAND_PADDING, NOTE, PLATE_HEIGHT},
};

#[test]
fn a_note_lies_where_it_was_put_and_reads_as_it_was_written() {
    let mut table = Table::new();
    table.add_note("a", "市民と協働する", None, Some(Point::new(300.0, 200.0)));
    let view = table.board.view();
    let a = &view.notes[&note("a")];
    assert_eq!(
        (a.text.as_str(), a.position),
        ("市民と協働する", Point::new(300.0, 200.0))
    );
    assert_eq!(a.author, Some(person("anna")));
    assert_eq!(view.top, vec![item("n:a")]);
}

#[test]
fn an_island_drawn_round_notes_leaves_them_where_they_are() {
    let mut table = Table::with_notes(3);
    let before: Vec<Point> = ["n0", "n1"]
        .map(|id| table.board.view().notes[&note(id)].position)
        .to_vec();
    table.draw("i", &["n:n0", "n:n1"], Some("職員の意識"));
    let view = table.board.view();
    let after: Vec<Point> = ["n0", "n1"].map(|id| view.notes[&note(id)].position).to_vec();
    assert_eq!(before, after);
    let drawn = &view.islands[&island("i")];
    assert_eq!((drawn.heading.as_str(), drawn.note_count), ("職員の意識", 2));
    assert_eq!(
        drawn.bounds.origin,
        before[0] - Point::new(ISLAND_PADDING, ISLAND_PADDING + PLATE_HEIGHT)
    );
    assert_eq!(view.children[&island("i")], vec![item("n:n0"), item("n:n1")]);
    assert_eq!(view.top, vec![item("i:i"), item("n:n2")]);
}

#[test]
fn moving_an_island_moves_what_it_holds_and_writes_one_register() {
    let mut table = Table::with_notes(2);
    table.draw("i", &["n:n0", "n:n1"], None);
    let before = table.board.view().notes[&note("n0")].position;
    let corner = table.board.view().islands[&island("i")].bounds.origin;
    let applied = table.apply(Command::Move {
        drops: vec![table.drop("i:i", None, corner + Point::new(100.0, 50.0))],
    });
    assert_eq!(applied.change.map(|change| change.len()), Some(1));
    assert_eq!(
        table.board.view().notes[&note("n0")].position,
        before + Point::new(100.0, 50.0)
    );
    assert_eq!(
        table.board.view().islands[&island("i")].bounds.origin,
        corner + Point::new(100.0, 50.0)
    );
}

#[test]
fn an_island_cannot_go_into_what_it_holds() {
    let mut table = Table::with_notes(1);
    table.draw("inner", &["n:n0"], None);
    table.draw("outer", &["i:inner"], None);
    let into = table.drop("i:outer", Some("inner"), Point::new(0.0, 0.0));
    let refused = table.board.apply(Command::Move { drops: vec![into] }, &stamp("anna"));
    assert_eq!(refused.map(|_| ()), Err(Refused::IntoItself(island("outer"))));
    let merge = Command::Merge {
        absorbed: island("outer"),
        into: island("inner"),
    };
    assert!(matches!(
        table.board.apply(merge, &stamp("anna")),
        Err(Refused::IntoItself(_))
    ));
}

#[test]
fn a_heading_pulled_over_the_following_ones_leaves_the_flat_sequence_as_it_was() {
    let mut table = Table::with_islands(4);
    let before = table.flat();
    for id in ["i1", "i2"] {
        let corner = table.board.view().islands[&island(id)].bounds.origin;
        let drop = table.drop(&format!("i:{id}"), Some("i0"), corner);
        table.apply(Command::Move { drops: vec![drop] });
    }
    assert_eq!(table.flat(), before);
    assert_eq!(table.board.view().top, vec![item("i:i0"), item("i:i3")]);
}

#[test]
fn items_are_ordered_before_and_after_their_siblings() {
    let mut table = Table::with_notes(4);
    table.reorder("n:n3", OrderHint::Before(item("n:n1")));
    assert_eq!(table.flat(), ["n:n0", "n:n3", "n:n1", "n:n2"]);
    table.reorder("n:n0", OrderHint::After(item("n:n1")));
    assert_eq!(table.flat(), ["n:n3", "n:n1", "n:n0", "n:n2"]);
    table.reorder("n:n2", OrderHint::First);
    assert_eq!(table.flat(), ["n:n2", "n:n3", "n:n1", "n:n0"]);
}

#[test]
fn a_merged_island_follows_the_other_one_and_comes_apart_where_it_is() {
    let mut table = Table::with_islands(2);
    let before = table.board.view().as_ref().clone();
    table.apply(Command::Merge {
        absorbed: island("i1"),
        into: island("i0"),
    });
    let view = table.board.view();
    assert_eq!(view.notes[&note("i1-0")].parent, Some(island("i0")));
    assert_eq!(
        view.islands[&island("i0")].kept_headings,
        vec![(island("i1"), "見出し1".to_owned())]
    );
    assert_eq!(view.islands[&island("i0")].note_count, 4);
    assert!(!view.islands[&island("i1")].shown);
    table.apply(Command::SplitIsland { absorbed: island("i1") });
    assert_eq!(
        table.board.view().notes,
        before.notes,
        "untouched notes, untouched places"
    );
    assert_eq!(table.board.view().islands, before.islands);

    table.apply(Command::Merge {
        absorbed: island("i1"),
        into: island("i0"),
    });
    let corner = table.board.view().islands[&island("i0")].bounds.origin;
    let drop = table.drop("i:i0", None, corner + Point::new(64.0, 8.0));
    table.apply(Command::Move { drops: vec![drop] });
    table.apply(Command::SplitIsland { absorbed: island("i1") });
    let moved = before.notes[&note("i1-0")].position + Point::new(64.0, 8.0);
    assert_eq!(table.board.view().notes[&note("i1-0")].position, moved);
}

#[test]
fn a_deleted_island_takes_its_notes_along_and_brings_them_back() {
    let mut table = Table::with_islands(2);
    table.apply(Command::Delete {
        items: vec![item("i:i0")],
    });
    let view = table.board.view();
    assert_eq!(view.basket(), vec![item("i:i0")]);
    assert!(
        matches!(&view.notes[&note("i0-0")].state, State::Basket { with: Some(with), .. } if *with == island("i0"))
    );
    table.apply(Command::Restore {
        items: vec![item("i:i0")],
    });
    let view = table.board.view();
    assert_eq!(view.islands[&island("i0")].note_count, 2);
    assert_eq!(view.basket(), vec![]);
}

#[test]
fn a_dissolved_island_leaves_its_notes_where_they_are_and_its_heading_in_the_basket() {
    let mut table = Table::with_islands(2);
    let before = table.board.view().notes[&note("i0-0")].position;
    let flat = table.flat();
    table.apply(Command::Dissolve { island: island("i0") });
    let view = table.board.view();
    assert_eq!(
        (
            view.notes[&note("i0-0")].parent.clone(),
            view.notes[&note("i0-0")].position
        ),
        (None, before)
    );
    assert_eq!(view.basket(), vec![item("i:i0")]);
    assert_eq!(
        table.flat(),
        flat.into_iter().filter(|id| id != "i:i0").collect::<Vec<_>>()
    );
}

#[test]
fn a_note_with_two_thoughts_splits_and_remembers_its_line() {
    let mut table = Table::new();
    table.add_note("a", "当事者意識がない ・個人がない？", None, None);
    table.apply(Command::SplitNote {
        note: note("a"),
        second: note("b"),
        at: None,
    });
    let view = table.board.view();
    let (a, b) = (&view.notes[&note("a")], &view.notes[&note("b")]);
    assert_eq!((a.text.as_str(), b.text.as_str()), ("当事者意識がない", "個人がない？"));
    assert_eq!((b.marker.as_deref(), &b.row_group), (Some(" ・"), &Some(note("a"))));
    let refused = table.board.apply(
        Command::SplitNote {
            note: note("a"),
            second: note("c"),
            at: None,
        },
        &stamp("anna"),
    );
    assert_eq!(refused.map(|_| ()), Err(Refused::NothingToSplit));
}

#[test]
fn a_note_used_as_heading_steps_back_and_the_old_heading_is_kept() {
    let mut table = Table::with_islands(1);
    table.apply(Command::UseAsHeading {
        note: note("i0-0"),
        island: island("i0"),
    });
    let view = table.board.view();
    assert_eq!(view.islands[&island("i0")].heading, "付箋0-0\n見出し0");
    assert_eq!(view.notes[&note("i0-0")].state, State::Heading);
    assert_eq!(view.islands[&island("i0")].note_count, 1);
}

#[test]
fn a_typing_session_is_one_step_and_is_taken_back_whole() {
    let mut table = Table::new();
    table.add_note("a", "", None, None);
    for (at, letter) in "きょうどう".chars().enumerate() {
        table.type_at("a", at, &letter.to_string());
    }
    assert_eq!(table.board.undo_state().undo, Some(Act::Type));
    table.board.undo(&stamp("anna")).expect("own typing");
    assert_eq!(table.board.view().notes[&note("a")].text, "");
    table.board.redo(&stamp("anna")).expect("done again");
    assert_eq!(table.board.view().notes[&note("a")].text, "きょうどう");
    table.board.undo(&stamp("anna")).expect("own typing");
    table.board.undo(&stamp("anna")).expect("own note");
    assert!(matches!(
        table.board.view().notes[&note("a")].state,
        State::Basket { .. }
    ));
    table.board.redo(&stamp("anna")).expect("the note is back");
    assert_eq!(table.board.view().notes[&note("a")].state, State::Live);
    assert_eq!(table.board.undo_state().redo, Some(Act::Type));
}

#[test]
fn moves_are_taken_back_one_by_one_and_done_again() {
    let mut table = Table::with_notes(1);
    let places = [Point::new(500.0, 500.0), Point::new(900.0, 700.0)];
    let first = table.board.view().notes[&note("n0")].position;
    for at in places {
        let drop = table.drop("n:n0", None, at);
        table.apply(Command::Move { drops: vec![drop] });
    }
    table.board.undo(&stamp("anna")).expect("second move");
    assert_eq!(table.board.view().notes[&note("n0")].position, places[0]);
    table.board.undo(&stamp("anna")).expect("first move");
    assert_eq!(table.board.view().notes[&note("n0")].position, first);
    table.board.redo(&stamp("anna")).expect("first move again");
    table.board.redo(&stamp("anna")).expect("second move again");
    assert_eq!(table.board.view().notes[&note("n0")].position, places[1]);
    assert_eq!(table.board.redo(&stamp("anna")).map(|_| ()), Err(UndoRefused::Nothing));
}

#[test]
fn a_gathered_island_is_taken_back_with_its_notes_outside_again() {
    let mut table = Table::with_notes(2);
    let before = table.board.view().notes.clone();
    table.draw("i", &["n:n0", "n:n1"], Some("島"));
    table.board.undo(&stamp("anna")).expect("own island");
    assert_eq!(table.board.view().notes, before);
    assert_eq!(table.board.view().top, vec![item("n:n0"), item("n:n1")]);
    table.board.redo(&stamp("anna")).expect("drawn again");
    assert_eq!(table.board.view().islands[&island("i")].note_count, 2);
}

#[test]
fn undo_refuses_what_somebody_has_built_upon() {
    let mut table = Table::with_notes(1);
    table.type_at("n0", 0, "あ");
    let mut bert = table.replica("bert");
    let splice = Command::Splice {
        target: TextTarget::Note(note("n0")),
        at: 1,
        delete: 0,
        insert: "い".into(),
    };
    let change = bert
        .apply(splice, &stamp("bert"))
        .expect("typed")
        .change
        .expect("a change");
    table.board.apply_changes(vec![change]).expect("applied");
    assert_eq!(
        table.board.undo(&stamp("anna")).map(|_| ()),
        Err(UndoRefused::BuiltUpon { act: Act::Type })
    );
    assert_eq!(table.board.view().notes[&note("n0")].text, "あい付箋0");
    assert_eq!(
        table.board.undo_state().undo,
        Some(Act::Add),
        "the next one can be tried"
    );
}

#[test]
fn limits_and_nonsense_are_refused_with_a_reason_and_change_nothing() {
    let mut table = Table::with_notes(1);
    let before = table.board.doc().get_heads();
    let at = |x, y| Some(Point::new(x, y));
    let add = |text: String, at| Command::AddNote {
        id: note("x"),
        text,
        colour: Default::default(),
        parent: None,
        at,
        order: OrderHint::Last,
        author: None,
    };
    let drop = Drop {
        item: item("n:nobody"),
        parent: None,
        at: None,
        order: OrderHint::Keep,
    };
    let splice = Command::Splice {
        target: TextTarget::Note(note("n0")),
        at: 99,
        delete: 0,
        insert: "x".into(),
    };
    let cases = [
        (add("あ".repeat(10_001), None), Refused::TextTooLong { limit: 10_000 }),
        (add(String::new(), at(f64::NAN, 0.0)), Refused::NotOnSheet),
        (add(String::new(), at(0.0, f64::INFINITY)), Refused::NotOnSheet),
        (splice, Refused::OutsideText),
        (
            Command::Move { drops: vec![drop] },
            Refused::NoSuchItem(item("n:nobody")),
        ),
        (
            Command::SetGroup {
                name: " ".into(),
                icon: None,
            },
            Refused::BadName { limit: 1_000 },
        ),
        (
            Command::SplitIsland { absorbed: island("i") },
            Refused::NoSuchItem(item("i:i")),
        ),
    ];
    for (command, reason) in cases {
        assert_eq!(table.board.apply(command, &stamp("anna")).map(|_| ()), Err(reason));
    }
    assert_eq!(table.board.doc().get_heads(), before);
}

#[test]
fn a_command_that_changes_nothing_makes_no_change() {
    let mut table = Table::with_notes(1);
    let position = table.board.view().notes[&note("n0")].position;
    let drop = table.drop("n:n0", None, position);
    let applied = table.apply(Command::Move { drops: vec![drop] });
    assert!(applied.change.is_none());
    assert!(applied.touched.notes.is_empty());
}

#[test]
fn notes_added_without_a_place_do_not_cover_each_other() {
    let mut table = Table::with_islands(2);
    for index in 0..12 {
        table.add_note(&format!("s{index}"), "x", None, None);
        table.add_note(&format!("t{index}"), "x", Some("i0"), None);
    }
    let rects: Vec<_> = table
        .board
        .view()
        .notes
        .keys()
        .map(|id| table.board.view().bounds(&ItemId::Note(id.clone())))
        .collect();
    for (index, rect) in rects.iter().flatten().enumerate() {
        assert!(
            rects
                .iter()
                .flatten()
                .skip(index + 1)
                .all(|other| !other.intersects(rect)),
            "{rect:?} {NOTE:?}"
        );
    }
}

#[test]
fn tidying_sets_everything_in_rows_without_overlaps() {
    let mut table = Table::with_islands(3);
    for id in ["i0-0", "i0-1", "i1-0"] {
        let drop = table.drop(&format!("n:{id}"), Some("i2"), Point::new(100.0, 100.0));
        table.apply(Command::Move { drops: vec![drop] });
    }
    table.apply(Command::Tidy {
        island: Some(island("i2")),
    });
    table.apply(Command::Tidy { island: None });
    let view = table.board.view();
    for items in view.children.values().chain([&view.top]) {
        let rects: Vec<_> = items.iter().filter_map(|item| view.bounds(item)).collect();
        for (index, rect) in rects.iter().enumerate() {
            assert!(rects.iter().skip(index + 1).all(|other| !other.intersects(rect)));
        }
    }
}

#[test]
fn a_parcel_arrives_on_another_board_with_texts_places_and_origin() {
    let mut sender = Table::with_islands(2);
    let parcel = sender.board.pack(&[item("i:i0")]).expect("packed");
    let mut receiver = Table::new();
    receiver.apply(Command::Receive {
        parcel: parcel.clone(),
        seed: 7,
        parent: None,
        at: None,
    });
    let view = receiver.board.view();
    let arrived = view.islands.values().next().expect("the island");
    assert_eq!((arrived.heading.as_str(), arrived.note_count), ("見出し0", 2));
    assert_eq!(
        arrived.source,
        board::Source::Group {
            name: "1班".into(),
            id: "i0".into()
        }
    );
    let again = receiver.board.apply(
        Command::Receive {
            parcel,
            seed: 7,
            parent: None,
            at: None,
        },
        &stamp("anna"),
    );
    assert_eq!(
        again.map(|_| ()),
        Err(Refused::AlreadyExists),
        "the same transfer never doubles"
    );
    sender.apply(Command::SendAway {
        items: vec![item("i:i0")],
        to: "2班".into(),
    });
    assert_eq!(
        sender.board.view().notes[&note("i0-0")].state,
        State::Moved { to: "2班".into() }
    );
    assert_eq!(sender.board.view().top, vec![item("i:i1")]);
}
