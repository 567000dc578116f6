//! Erasing for good: what is gone, what stays, and that nothing old brings it back.

use board::{
    Board, Command, ItemId, Point, Refused, State,
    board::Erasure,
    report::{self, ReportBoard},
    workshop::WorkshopView,
};

use crate::common::{Table, actor, island, item, note, person, stamp};

const SECRET: &str = "わたしの電話は080です";

/// Whether the words are anywhere in the document: in its bytes, or in any operation of its history.
fn holds(board: &Board, words: &str) -> bool {
    let in_history = board.doc().get_changes(&[]).iter().any(|change| {
        let letters: String = change
            .decode()
            .operations
            .iter()
            .filter_map(|op| op.primitive_value().and_then(|value| value.as_str().map(str::to_owned)))
            .collect();
        letters.contains(words)
    });
    in_history
        || board
            .doc()
            .save_nocompress()
            .windows(words.len())
            .any(|bytes| bytes == words.as_bytes())
}

fn without(board: &Board, items: &[&str], people: &[&str]) -> Board {
    let items: Vec<ItemId> = items.iter().map(|id| item(id)).collect();
    let people: Vec<_> = people.iter().map(|id| person(id)).collect();
    let erasure = board.erasure(&items, &people).expect("they are there");
    board
        .without(&erasure, 1, 5_000, actor("epoch 2"))
        .expect("a new document")
}

#[test]
fn row_28_an_erased_note_is_nowhere_in_the_new_document_and_everything_else_stays() {
    let mut table = Table::with_islands(2);
    table.add_note("secret", SECRET, Some("i0"), Some(Point::new(150.0, 600.0)));
    table.type_at("secret", 3, "ほんとうの");
    table.add_note("gone", "捨てたもの", None, None);
    table.apply(Command::Delete {
        items: vec![item("n:gone")],
    });
    table.apply(Command::Mark {
        person: person("anna"),
        target: item("n:secret"),
        round: 1,
        given: true,
    });
    table.apply(Command::SetPath {
        path: vec![item("i:i0"), item("n:secret"), item("i:i1")],
    });
    assert!(holds(&table.board, SECRET), "the old document has it in its history");

    let new = without(&table.board, &["n:secret"], &[]);
    assert!(!holds(&new, SECRET) && !holds(&new, "電話"));
    let (before, after) = (table.board.view(), new.view());
    assert_eq!(after.notes[&note("secret")].state, State::Erased);
    assert_eq!(after.notes[&note("secret")].author, None);
    for (id, was) in before.notes.iter().filter(|(id, _)| **id != note("secret")) {
        assert_eq!(&after.notes[id], was);
    }
    assert_eq!(after.basket(), before.basket());
    assert_eq!(after.islands[&island("i1")], before.islands[&island("i1")]);
    assert_eq!(after.marks.len(), 0);
    assert_eq!(after.path, [item("i:i0"), item("i:i1")]);
    assert_eq!(new.doc().get_changes(&[]).len(), 1);
}

#[test]
fn an_erased_note_cannot_be_put_out_again_under_its_identifier_or_restored() {
    let mut table = Table::new();
    table.add_note("secret", SECRET, None, None);
    let mut new = without(&table.board, &["n:secret"], &[]);
    let again = Command::AddNote {
        id: note("secret"),
        text: SECRET.into(),
        colour: board::Colour::Kinari,
        parent: None,
        at: None,
        order: board::OrderHint::Last,
        author: None,
    };
    assert_eq!(
        new.apply(again, &stamp("anna")).map(|_| ()),
        Err(Refused::AlreadyExists)
    );
    let restored = new.apply(
        Command::Restore {
            items: vec![item("n:secret")],
        },
        &stamp("anna"),
    );
    assert!(restored.expect("nothing to do").change.is_none());
    // The old replica's changes do not fit the new document: they build on a past that it does not have.
    let old = table.board.doc().get_changes(&[]);
    let mut merged = new.doc().clone();
    let _ = merged.apply_changes(old.into_iter().skip(1));
    let merged = Board::from_doc(merged).expect("still a board");
    assert!(!merged.view().notes.values().any(|note| note.text.contains("電話")));
}

#[test]
fn the_verbatim_report_of_the_other_lines_stays_and_both_readings_of_a_line_go() {
    let parsed = report::parse(report::DEMO).expect("the demo");
    let mut boards: Vec<Board> = (1..)
        .zip(parsed.boards())
        .map(|(seed, group)| Board::import("w", &group, seed, 0, actor("import")))
        .collect();
    let workshop = WorkshopView {
        theme: parsed.theme.clone(),
        ..WorkshopView::default()
    };
    let line = "当事者意識がない ・個人がない？";
    let found = boards
        .iter()
        .position(|board| board.view().notes.values().any(|note| note.text == line))
        .expect("the line");
    let id = boards[found]
        .view()
        .notes
        .values()
        .find(|note| note.text == line)
        .expect("the note")
        .id
        .clone();
    let new = without(&boards[found], &[&format!("n:{id}")], &[]);
    assert!(
        !holds(&new, "個人がない"),
        "the half that no reading shows goes as well"
    );
    boards[found] = new;
    let sheets: Vec<ReportBoard<'_>> = boards.iter().map(|board| ReportBoard::new(board.view())).collect();
    let printed = report::verbatim(&workshop, &sheets);
    let left: String = report::DEMO
        .split_inclusive('\n')
        .filter(|demo| !demo.contains(line))
        .collect();
    assert_eq!(printed, left);
}

#[test]
fn an_erased_heading_leaves_its_island_and_its_deletion_as_they_were() {
    let mut table = Table::with_islands(2);
    table.apply(Command::Delete {
        items: vec![item("i:i1")],
    });
    let new = without(&table.board, &["i:i0", "i:i1"], &[]);
    assert!(!holds(&new, "見出し"));
    for id in ["i0", "i1"] {
        let (was, is) = (
            &table.board.view().islands[&island(id)],
            &new.view().islands[&island(id)],
        );
        assert_eq!(
            (&is.state, &is.place, is.heading.as_str()),
            (&was.state, &was.place, "")
        );
    }
    assert_eq!(new.view().basket(), table.board.view().basket());
}

#[test]
fn an_erased_person_is_named_nowhere_and_what_they_wrote_stays() {
    let mut table = Table::new();
    for (id, name) in [("anna", "鈴木花子"), ("ben", "佐藤")] {
        table.apply(Command::SetPerson {
            id: person(id),
            name: name.into(),
            coordinator: false,
        });
    }
    table.add_note("n0", "残る", None, None);
    table.apply(Command::Mark {
        person: person("anna"),
        target: item("n:n0"),
        round: 1,
        given: true,
    });
    table.apply(Command::Delete {
        items: vec![item("n:n0")],
    });
    let new = without(&table.board, &[], &["anna"]);
    assert!(
        !holds(&new, "鈴木") && !holds(&new, "anna"),
        "neither name nor identifier"
    );
    let view = new.view();
    assert_eq!(
        view.people
            .iter()
            .map(|person| person.name.as_str())
            .collect::<Vec<_>>(),
        ["佐藤"]
    );
    let note = &view.notes[&note("n0")];
    assert_eq!(
        (note.text.as_str(), &note.author, note.device.as_str()),
        ("残る", &None, "")
    );
    assert!(matches!(note.state, State::Basket { by: None, .. }));
    assert_eq!(
        view.marks[&(item("n:n0"), 1)].len(),
        1,
        "a dot counts on, under a name that nobody has"
    );
}

#[test]
fn a_note_that_became_a_heading_goes_there_too_and_other_places_are_found() {
    let mut table = Table::with_islands(1);
    table.add_note("secret", SECRET, None, Some(Point::new(2_000.0, 300.0)));
    table.apply(Command::UseAsHeading {
        note: note("secret"),
        island: island("i0"),
    });
    table.add_note("copy", &format!("{SECRET}と書いた"), None, None);
    let erasure = table.board.erasure(&[item("n:secret")], &[]).expect("it is there");
    assert_eq!(
        erasure.headings.get(&island("i0")).map(String::as_str),
        Some("見出し0"),
        "others' lines stay"
    );
    assert_eq!(table.board.mentions(SECRET, &erasure), [item("n:copy")]);
    assert_eq!(table.board.mentions(" ", &Erasure::default()), []);
    let unknown = table.board.erasure(&[item("n:nobody")], &[]);
    assert_eq!(unknown, Err(Refused::NoSuchItem(item("n:nobody"))));
}
