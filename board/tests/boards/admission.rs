//! Admission: what passes and what does not, one rule at a time.

use automerge::{
    Automerge, AutomergeError, ObjType, ROOT, ReadDoc, transaction::Transactable, transaction::Transaction,
};
use board::{
    Command, Role, Stage, Workshop, WorkshopCommand,
    admission::{admit_board, admit_workshop},
    workshop::NewWorkshop,
};

use crate::common::{Table, actor, item, stamp};

/// Lets a foreign client write to a copy of a board and asks whether that would be admitted.
fn admitted(write: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>) -> Result<(), &'static str> {
    let board = Table::with_islands(2).board;
    admitted_into(board.doc(), write, |before, changes| {
        admit_board(before, changes, Role::Participant).map_err(|refused| refused.rule)
    })
}

fn admitted_into(
    before: &Automerge,
    write: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>,
    admit: impl FnOnce(&Automerge, &[automerge::Change]) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    let mut doc = before.fork().with_actor(actor("foreign"));
    doc.transact(write).expect("automerge takes it");
    admit(before, &doc.get_changes(&before.get_heads()))
}

fn map(tx: &Transaction<'_>, name: &str) -> automerge::ObjId {
    tx.get(ROOT, name).expect("read").expect("there").1
}
fn entry(tx: &Transaction<'_>, name: &str, id: &str) -> automerge::ObjId {
    tx.get(map(tx, name), id).expect("read").expect("there").1
}

#[test]
fn a_note_with_text_and_place_is_admitted() {
    let note = |tx: &mut Transaction<'_>| {
        let entry = tx.put_object(map(tx, "notes"), "x", ObjType::Map)?;
        let text = tx.put_object(&entry, "text", ObjType::Text)?;
        tx.splice_text(&text, 0, 0, "外から")?;
        tx.put(&entry, "place", "- V 10 20")
    };
    assert_eq!(admitted(note), Ok(()));
}

#[test]
fn only_coordinators_withhold_and_show_again() {
    let mut board = Table::with_islands(2).board;
    for (items, withheld) in [("n:i0-0", true), ("n:i0-0", false), ("i:i0", true)] {
        let before = board.doc().clone();
        let command = Command::Withhold {
            items: vec![item(items)],
            withheld,
        };
        let change = board
            .apply(command, &stamp("cora"))
            .expect("done")
            .change
            .expect("a change");
        let admitted = |by| admit_board(&before, std::slice::from_ref(&change), by).map_err(|refused| refused.rule);
        assert_eq!(admitted(Role::Coordinator), Ok(()));
        assert_eq!(admitted(Role::Participant), Err("only coordinators write this"));
    }
}

#[test]
fn unknown_root_keys_and_removed_maps_are_refused() {
    assert_eq!(
        admitted(|tx| tx.put(ROOT, "extra", 1)),
        Err("not a key that may be written")
    );
    assert_eq!(
        admitted(|tx| tx.put(ROOT, "schema", 2)),
        Err("not a key that may be written")
    );
    assert_eq!(
        admitted(|tx| tx.delete(ROOT, "notes")),
        Err("not a key that may be written")
    );
    assert_eq!(
        admitted(|tx| tx.put_object(ROOT, "notes", ObjType::Map).map(drop)),
        Err("not a key that may be written")
    );
}

#[test]
fn entries_are_never_removed_or_replaced() {
    let rule = Err("entries are never removed or replaced");
    assert_eq!(admitted(|tx| tx.delete(map(tx, "notes"), "i0-0")), rule);
    assert_eq!(admitted(|tx| tx.put(map(tx, "notes"), "i0-0", "gone")), rule);
    let replaced = |tx: &mut Transaction<'_>| tx.put_object(map(tx, "notes"), "i0-0", ObjType::Map).map(drop);
    assert_eq!(admitted(replaced), Err("the entry exists already"));
}

#[test]
fn texts_are_spliced_never_replaced() {
    let rule = Err("texts are spliced, never replaced");
    assert_eq!(
        admitted(|tx| tx
            .put_object(entry(tx, "notes", "i0-0"), "text", ObjType::Text)
            .map(drop)),
        rule
    );
    assert_eq!(
        admitted(|tx| tx.put(entry(tx, "notes", "i0-0"), "text", "scalar")),
        rule
    );
    let spliced = |tx: &mut Transaction<'_>| {
        let (_, text) = tx.get(entry(tx, "notes", "i0-0"), "text")?.expect("a text");
        tx.splice_text(&text, 1, 1, "字")
    };
    assert_eq!(admitted(spliced), Ok(()));
}

#[test]
fn wrong_types_forms_and_numbers_are_refused() {
    let note = |key: &'static str, value: automerge::ScalarValue| {
        admitted(move |tx| tx.put(entry(tx, "notes", "i0-0"), key, value))
    };
    assert_eq!(note("place", "- V NaN 1".into()), Err("the string is not of its form"));
    assert_eq!(note("place", "- V 1 1e12".into()), Err("the string is not of its form"));
    assert_eq!(note("place", 7.into()), Err("a value of the wrong type"));
    assert_eq!(note("colour", "#ff0000".into()), Err("the string is not of its form"));
    assert_eq!(note("state", "deleted".into()), Err("the string is not of its form"));
    assert_eq!(note("withheld", "true".into()), Err("a value of the wrong type"));
    assert_eq!(note("at", f64::NAN.into()), Err("not a number that means something"));
    assert_eq!(note("marker", "x".repeat(1_001).into()), Err("the string is too long"));
    assert_eq!(note("author", "<script>".into()), Err("the string is not of its form"));
    assert_eq!(note("onclick", "x".into()), Err("not a field"));
    assert_eq!(note("place", "i0 V 1 2".into()), Ok(()));
    let object = admitted(|tx| {
        tx.put_object(entry(tx, "notes", "i0-0"), "place", ObjType::Map)
            .map(drop)
    });
    assert_eq!(object, Err("not a value for this field"));
}

#[test]
fn a_register_is_never_deleted_but_a_conflict_may_be_settled() {
    let deleted = admitted(|tx| tx.delete(entry(tx, "notes", "i0-0"), "place"));
    assert_eq!(deleted, Err("not a value for this field"));
    let mut anna = Table::with_notes(1);
    let mut bert = anna.replica("bert");
    let colour = |colour| Command::SetColour {
        items: vec![item("n:n0")],
        colour,
    };
    let heads = anna.board.doc().get_heads();
    bert.apply(colour(board::Colour::Fuji), &stamp("bert"))
        .expect("coloured");
    anna.apply(colour(board::Colour::Asagi));
    anna.board
        .apply_changes(bert.doc().get_changes(&heads))
        .expect("applied");
    let winner = anna.board.view().notes[&crate::common::note("n0")].colour;
    let before = anna.board.doc().clone();
    let change = anna.apply(colour(winner)).change.expect("the conflict is settled");
    assert_eq!(admit_board(&before, &[change], Role::Participant), Ok(()));
}

#[test]
fn identifiers_outside_the_charset_are_refused() {
    for id in ["", "日本", "a/b", &"x".repeat(41)] {
        let made = admitted(|tx| tx.put_object(map(tx, "notes"), id, ObjType::Map).map(drop));
        assert_eq!(made, Err("not an identifier"), "{id}");
    }
}

#[test]
fn a_new_entry_without_its_text_or_place_is_refused() {
    let bare = |tx: &mut Transaction<'_>| tx.put_object(map(tx, "notes"), "x", ObjType::Map).map(drop);
    assert_eq!(admitted(bare), Err("a new entry needs this field"));
}

#[test]
fn oversized_texts_are_refused_with_room_for_two_who_fill_one_at_the_same_time() {
    let grow = |chars: usize| {
        admitted(|tx| {
            let (_, text) = tx.get(entry(tx, "notes", "i0-0"), "text")?.expect("a text");
            tx.splice_text(&text, 0, 0, &"あ".repeat(chars))
        })
    };
    assert_eq!(grow(10_000), Ok(()));
    assert_eq!(grow(20_001), Err("the text is too long"));
}

#[test]
fn marks_have_their_form_and_points_are_made_by_the_import_only() {
    assert_eq!(admitted(|tx| tx.put(map(tx, "marks"), "p1/n:i0-0/1", true)), Ok(()));
    assert_eq!(
        admitted(|tx| tx.put(map(tx, "marks"), "p1/n:i0-0/0", true)),
        Err("not a key of this map")
    );
    assert_eq!(
        admitted(|tx| tx.put(map(tx, "marks"), "everything", true)),
        Err("not a key of this map")
    );
    assert_eq!(
        admitted(|tx| tx.put(map(tx, "trivia"), "lead", "x")),
        Err("not a key of this map")
    );
    assert_eq!(
        admitted(|tx| tx.put_object(map(tx, "points"), "p", ObjType::Map).map(drop)),
        Err("not an identifier")
    );
}

#[test]
fn changes_that_build_on_unknown_objects_are_refused() {
    let mut table = Table::with_islands(1);
    let before = table.board.doc().clone();
    table.add_note("x", "知らない", None, None);
    let heads = table.board.doc().get_heads();
    table.type_at("x", 0, "字");
    let second_only = table.board.doc().get_changes(&heads);
    assert_eq!(
        admit_board(&before, &second_only, Role::Participant).map_err(|refused| refused.rule),
        Err("an object nobody knows")
    );
    assert_eq!(
        admit_board(
            &before,
            &table.board.doc().get_changes(&before.get_heads()),
            Role::Participant
        ),
        Ok(())
    );
    assert_eq!(
        admit_board(table.board.doc(), &second_only, Role::Participant),
        Ok(()),
        "what is already there passes"
    );
}

#[test]
fn everything_the_demo_evening_does_is_admitted() {
    // The random histories check the commands; here the larger gestures of the server.
    let mut table = Table::with_islands(2);
    let parcel = table.board.pack(&[item("i:i0")]).expect("packed");
    for command in [
        Command::Receive {
            parcel,
            seed: 9,
            parent: None,
            at: None,
        },
        Command::SendAway {
            items: vec![item("i:i0")],
            to: "2班".into(),
        },
    ] {
        let before = table.board.doc().clone();
        let applied = table.board.apply(command, &stamp("anna")).expect("done");
        assert_eq!(
            admit_board(&before, &[applied.change.expect("a change")], Role::Coordinator),
            Ok(())
        );
    }
}

#[test]
fn a_workshop_admits_its_own_commands_and_nothing_else() {
    let new = NewWorkshop {
        id: "w".into(),
        theme: "協働".into(),
        ..NewWorkshop::default()
    };
    let mut workshop = Workshop::create(&new, 0, actor("server"));
    let group = "g1".parse().expect("an id");
    for command in [
        WorkshopCommand::AddGroup {
            id: group,
            name: "1班".into(),
            icon: None,
            board: "doc".into(),
        },
        WorkshopCommand::SetStage(Stage::Closed),
        WorkshopCommand::StartTimer { ends_at_ms: 5 },
        WorkshopCommand::StopTimer,
        WorkshopCommand::Announce {
            id: "a".into(),
            text: "終わり".into(),
        },
        WorkshopCommand::SetTrivia {
            key: "end".into(),
            text: String::new(),
        },
    ] {
        let before = workshop.doc().clone();
        let change = workshop
            .apply(command, &stamp("cora"))
            .expect("done")
            .expect("a change");
        assert_eq!(admit_workshop(&before, &[change]), Ok(()));
    }
    let admit = |before: &Automerge, changes: &[automerge::Change]| {
        admit_workshop(before, changes).map_err(|refused| refused.rule)
    };
    let stage = admitted_into(workshop.doc(), |tx| tx.put(ROOT, "stage", "party"), admit);
    assert_eq!(stage, Err("the string is not of its form"));
    let foreign = admitted_into(workshop.doc(), |tx| tx.put(ROOT, "notes", 1), admit);
    assert_eq!(foreign, Err("not a key that may be written"));
    let board = Table::new().board;
    let crossed = admitted_into(
        board.doc(),
        |tx| tx.put(ROOT, "theme", "x"),
        |before, changes| admit_board(before, changes, Role::Participant).map_err(|refused| refused.rule),
    );
    assert_eq!(crossed, Err("not a key that may be written"));
}
