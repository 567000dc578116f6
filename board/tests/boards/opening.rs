//! Opening documents: empty, foreign, older, newer, hostile.

use automerge::{Automerge, AutomergeError, ObjType, ROOT, ReadDoc, transaction::Transactable};
use board::{
    Board, Command, OpenError, OpenPointKind, OrderHint, Point, Refused, State,
    geometry::SHEET,
    import::{ImportBoard, ImportItem, ImportKind, ImportPerson, ImportPoint},
    view::{Problem, SchemaState},
};

use crate::common::{Table, actor, flat, group, island, item, note, stamp};

fn line(kind: ImportKind, text: &str) -> ImportItem {
    let marker = (kind == ImportKind::Note).then(|| "- ・".to_owned());
    ImportItem {
        kind,
        text: text.into(),
        marker,
        blanks: 1,
    }
}

/// Five headings, some with notes, and one open point of each kind.
fn import() -> ImportBoard {
    let (heading, note) = (ImportKind::Heading, ImportKind::Note);
    let items = vec![
        line(heading, "大きな見出し"),
        line(heading, "小さな見出し"),
        line(note, "一つ目"),
        line(note, "意識がない ・個人がない"),
        line(heading, "二つ目の見出し"),
        line(note, "前"),
        line(note, "後"),
        line(heading, "結論"),
    ];
    let point = |kind, item, members: &[usize]| ImportPoint {
        kind,
        item,
        members: members.to_vec(),
    };
    ImportBoard {
        name: "1班".into(),
        icon: Some("😊".into()),
        theme: "協働".into(),
        people: vec![ImportPerson {
            name: "鈴木(喜)".into(),
            coordinator: true,
            ..ImportPerson::default()
        }],
        items,
        open_points: vec![
            point(OpenPointKind::HeadingBeforeHeading, 0, &[1, 4]),
            point(OpenPointKind::TwoThoughts, 3, &[]),
            point(OpenPointKind::GapInIsland, 6, &[6]),
            point(OpenPointKind::HeadingAlone, 7, &[4]),
        ],
        trivia: [("lead".to_owned(), "\n\n".to_owned())].into(),
    }
}

fn imported() -> Board {
    let mut board = Board::import("w", &import(), 42, 0, actor("server"));
    board.set_actor(actor("anna"));
    board
}

/// Texts of live items as the report reads them.
fn texts(board: &Board) -> Vec<String> {
    let view = board.view();
    let text = |id: String| match item(&id) {
        board::ItemId::Note(id) => view.notes[&id].text.clone(),
        board::ItemId::Island(id) => view.islands[&id].heading.clone(),
    };
    flat(board).into_iter().map(text).collect()
}

#[test]
fn an_import_makes_the_same_bytes_twice_and_keeps_what_the_report_needs() {
    let board = imported();
    assert_eq!(
        board.save(),
        Board::import("w", &import(), 42, 0, actor("server")).save()
    );
    let view = board.view();
    assert_eq!(
        (view.group.name.as_str(), view.group.icon.as_deref()),
        ("1班", Some("😊"))
    );
    assert!(view.people[0].coordinator);
    assert_eq!(view.trivia["lead"], "\n\n");
    assert_eq!(
        texts(&board),
        import().items.iter().map(|line| line.text.clone()).collect::<Vec<_>>()
    );
    let live = view.notes.values().filter(|note| note.state == State::Live);
    assert!(
        live.clone()
            .all(|note| note.author.is_none() && note.marker.as_deref() == Some("- ・"))
    );
    assert_eq!(live.count(), 4);
    assert_eq!(
        view.open_points.iter().map(|point| point.readings).collect::<Vec<_>>(),
        [3, 2, 2, 3]
    );
    assert_eq!(
        view.islands
            .values()
            .filter(|island| island.trivia.prev.is_none())
            .count(),
        1
    );
}

#[test]
fn an_import_lies_on_the_sheet_without_overlaps() {
    let board = imported();
    let view = board.view();
    let rects: Vec<_> = view.top.iter().filter_map(|item| view.bounds(item)).collect();
    for (index, rect) in rects.iter().enumerate() {
        assert!(rect.origin.x >= 0.0 && rect.right() <= SHEET.width && rect.bottom() <= SHEET.height);
        assert!(rects.iter().skip(index + 1).all(|other| !other.intersects(rect)));
    }
}

#[test]
fn every_reading_can_be_chosen_and_left_again_without_changing_a_text() {
    for point in 0..4 {
        let mut board = imported();
        let before = texts(&board);
        let open = board.view().open_points[point].clone();
        for reading in (0..open.readings).chain((0..open.readings).rev()) {
            let command = Command::Resolve {
                point: open.id.clone(),
                reading,
            };
            board
                .apply(command, &stamp("anna"))
                .unwrap_or_else(|refused| panic!("{open:?} {reading}: {refused}"));
            assert_eq!(board.view().open_points[point].chosen, reading);
            assert!(**board.view() == board.view_from_scratch());
            let expected = if open.kind == OpenPointKind::TwoThoughts && reading == 1 {
                before.len() + 1
            } else {
                before.len()
            };
            assert_eq!(texts(&board).len(), expected, "{open:?} {reading}");
            let view = board.view();
            for items in view.children.values().chain([&view.top]) {
                let rects: Vec<_> = items.iter().filter_map(|item| view.bounds(item)).collect();
                let apart = |index: usize| {
                    rects
                        .iter()
                        .skip(index + 1)
                        .all(|other| !other.intersects(&rects[index]))
                };
                assert!(
                    (0..rects.len()).all(apart),
                    "{open:?} {reading}: things lie on each other"
                );
            }
        }
        assert_eq!(texts(&board), before, "{open:?}");
    }
}

#[test]
fn a_larger_island_holds_the_following_ones_in_reading_one_and_two() {
    let mut board = imported();
    let open = board.view().open_points[0].clone();
    let held = |board: &Board| {
        let id = open.item.island().cloned().unwrap_or_else(|| island("x"));
        board.view().children.get(&id).map_or(0, Vec::len)
    };
    for (reading, count) in [(1, 1), (2, 2), (0, 0)] {
        board
            .apply(
                Command::Resolve {
                    point: open.id.clone(),
                    reading,
                },
                &stamp("anna"),
            )
            .expect("chosen");
        assert_eq!(held(&board), count);
    }
    board.undo(&stamp("anna")).expect("own choice");
    assert_eq!(held(&board), 2);
    let refused = board.apply(
        Command::Resolve {
            point: open.id,
            reading: 3,
        },
        &stamp("anna"),
    );
    assert_eq!(refused.map(|_| ()), Err(Refused::NoSuchReading));
}

#[test]
fn a_replica_that_has_received_nothing_is_not_ready_and_fills_with_the_first_changes() {
    let mut empty = Board::empty(actor("bert"));
    let add = Command::SetGroup {
        name: "x".into(),
        icon: None,
    };
    assert_eq!(empty.apply(add, &stamp("bert")).map(|_| ()), Err(Refused::NotReady));
    let full = Table::with_islands(2).board;
    let touched = empty.apply_changes(full.doc().get_changes(&[])).expect("applied");
    assert!(touched.everything);
    assert_eq!(empty.view(), full.view());
}

#[test]
fn what_is_no_board_is_refused_with_a_reason() {
    assert!(matches!(
        Board::load(b"PNG", actor("x")),
        Err(OpenError::NotAutomerge(_))
    ));
    let mut doc = Automerge::new();
    doc.transact::<_, _, AutomergeError>(|tx| tx.put(ROOT, "title", "shopping"))
        .expect("written");
    let opened = Board::from_doc(doc).map(|_| ());
    assert_eq!(opened, Err(OpenError::WrongKind { expected: "board" }));
}

#[test]
fn a_newer_schema_can_be_read_but_not_written() {
    let mut doc = Table::with_notes(1).board.doc().clone();
    doc.transact::<_, _, AutomergeError>(|tx| tx.put(ROOT, "schema", 7))
        .expect("written");
    let mut board = Board::from_doc(doc).expect("it opens");
    assert_eq!(board.view().schema, SchemaState::Newer { found: 7 });
    assert_eq!(board.view().notes[&note("n0")].text, "付箋0");
    let refused = board.apply(
        Command::Delete {
            items: vec![item("n:n0")],
        },
        &stamp("anna"),
    );
    assert_eq!(refused.map(|_| ()), Err(Refused::NewerSchema { found: 7 }));
}

/// A document as version 0 wrote it: parent, order, x and y in keys of their own.
fn version_0() -> Automerge {
    let mut doc = Automerge::new().with_actor(actor("old"));
    doc.transact::<_, _, AutomergeError>(|tx| {
        tx.put(ROOT, "schema", 0)?;
        tx.put(ROOT, "kind", "board")?;
        for map in ["group", "notes", "islands", "relations", "people", "marks"] {
            tx.put_object(ROOT, map, ObjType::Map)?;
        }
        let (_, islands) = tx.get(ROOT, "islands")?.expect("islands");
        let (_, notes) = tx.get(ROOT, "notes")?.expect("notes");
        for (map, id, key, parent) in [(&islands, "i", "heading", "-"), (&notes, "n", "text", "i")] {
            let entry = tx.put_object(map, id, ObjType::Map)?;
            let text = tx.put_object(&entry, key, ObjType::Text)?;
            tx.splice_text(&text, 0, 0, "昔の")?;
            tx.put(&entry, "order", "V")?;
            tx.put(&entry, "x", 100.5)?;
            tx.put(&entry, "y", 200)?;
            if parent != "-" {
                tx.put(&entry, "parent", parent)?;
            }
        }
        Ok(())
    })
    .expect("written");
    doc
}

#[test]
fn an_older_schema_is_migrated_to_the_same_change_on_every_replica() {
    let old = version_0().save();
    let anna = Board::load(&old, actor("anna")).expect("opened");
    let bert = Board::load(&old, actor("bert")).expect("opened");
    assert_eq!(anna.doc().get_heads(), bert.doc().get_heads());
    let change = anna.migration().expect("a migration").clone();
    let mut other = Board::load(&bert.save(), actor("other")).expect("opened");
    assert_eq!(
        other.migration().map(|change| change.hash()),
        None,
        "it is done only once"
    );
    assert!(other.apply_changes(vec![change]).is_ok());
    assert_eq!(anna.view().notes[&note("n")].position, Point::new(201.0, 400.0));
    assert_eq!(anna.view().notes[&note("n")].parent, Some(island("i")));
    assert_eq!(anna.view().problems, vec![]);
    other
        .apply(
            Command::Delete {
                items: vec![item("n:n")],
            },
            &stamp("x"),
        )
        .expect("it can be written now");
}

#[test]
fn replicas_with_different_histories_can_both_migrate() {
    let mut old = version_0();
    let mut apart = old.fork().with_actor(actor("apart"));
    apart
        .transact::<_, _, AutomergeError>(|tx| {
            let (_, notes) = tx.get(ROOT, "notes")?.expect("notes");
            let (_, entry) = tx.get(&notes, "n")?.expect("the note");
            tx.put(&entry, "colour", "sakura")
        })
        .expect("written");
    let mut left = Board::from_doc(old.fork().with_actor(actor("left"))).expect("opened");
    let right = Board::from_doc(apart).expect("opened");
    old.merge(&mut right.doc().clone()).expect("merged");
    let touched = left
        .apply_changes(right.doc().get_changes(&[]))
        .expect("no duplicate seq");
    assert!(touched.everything || !touched.notes.is_empty());
    assert_eq!(
        left.view().notes[&note("n")].position,
        right.view().notes[&note("n")].position
    );
}

#[test]
fn javascript_may_write_strings_as_texts_and_numbers_as_floats() {
    let mut board = Table::with_islands(1).board;
    let mut doc = board.doc().fork().with_actor(actor("js"));
    let before = doc.get_heads();
    doc.transact::<_, _, AutomergeError>(|tx| {
        let (_, notes) = tx.get(ROOT, "notes")?.expect("notes");
        let entry = tx.put_object(&notes, "fromjs", ObjType::Map)?;
        for (key, value) in [
            ("text", "JSから"),
            ("place", "i0 Z 24 300"),
            ("colour", "fuji"),
            ("state", "live"),
        ] {
            let text = tx.put_object(&entry, key, ObjType::Text)?;
            tx.splice_text(&text, 0, 0, value)?;
        }
        tx.put(&entry, "at", 1.7e12)
    })
    .expect("written");
    let changes = doc.get_changes(&before);
    board::admission::admit_board(board.doc(), &changes, board::Role::Participant).expect("admitted");
    board.apply_changes(changes).expect("applied");
    let view = board.view();
    let fresh = &view.notes[&note("fromjs")];
    assert_eq!(
        (fresh.text.as_str(), fresh.parent.clone(), fresh.at_ms),
        ("JSから", Some(island("i0")), 1_700_000_000_000)
    );
    assert_eq!(fresh.colour, board::Colour::Fuji);
    let command = Command::Move {
        drops: vec![board::Drop {
            item: item("n:fromjs"),
            parent: None,
            at: Some(Point::new(5.0, 5.0)),
            order: OrderHint::Keep,
        }],
    };
    board.apply(command, &stamp("anna")).expect("moved");
    assert_eq!(board.view().notes[&note("fromjs")].position, Point::new(5.0, 5.0));
    board.undo(&stamp("anna")).expect("the old place, which was a text");
    assert_eq!(board.view().notes[&note("fromjs")].parent, Some(island("i0")));
}

#[test]
fn whatever_stands_in_a_document_can_be_read() {
    let mut doc = Table::with_islands(2).board.doc().clone();
    doc.transact::<_, _, AutomergeError>(|tx| {
        let (_, notes) = tx.get(ROOT, "notes")?.expect("notes");
        let (_, islands) = tx.get(ROOT, "islands")?.expect("islands");
        tx.put(&notes, "a note that is a string", "x")?;
        tx.put(&notes, "i0-0", 7)?;
        let list = tx.put_object(&notes, "list", ObjType::List)?;
        tx.insert(&list, 0, 1)?;
        let entry = tx.put_object(&notes, "bare", ObjType::Map)?;
        tx.put(&entry, "place", "gone V NaN 7")?;
        tx.put(&entry, "text", f64::NAN)?;
        let entry = tx.put_object(&notes, "orphan", ObjType::Map)?;
        tx.put(&entry, "place", "nowhere V 1 2")?;
        let (_, own) = tx.get(&islands, "i1")?.expect("i1");
        tx.put(&own, "place", "i1 V 0 0")?;
        tx.put(&own, "merged_into", "i1 0")?;
        tx.put_object(ROOT, "marks", ObjType::List)?;
        tx.put_object(ROOT, "group", ObjType::Text)?;
        Ok(())
    })
    .expect("written");
    let board = Board::from_doc(doc).expect("it opens");
    let view = board.view();
    assert!(view.notes.contains_key(&note("orphan")) && view.notes.contains_key(&note("bare")));
    assert!(
        view.top.contains(&item("n:orphan")) && view.top.contains(&item("n:bare")) && view.top.contains(&item("i:i1"))
    );
    assert!(view.problems.contains(&Problem::DanglingParent(item("n:orphan"))));
    assert!(view.problems.contains(&Problem::Cycle(island("i1"))));
    assert!(view.problems.contains(&Problem::Unreadable("notes/i0-0".into())));
    assert_eq!(
        board.writable(),
        Err(Refused::NotReady),
        "a board without its maps is not written"
    );
    let _ = group();
}
