//! What goes wrong in an evening, with the people's names.

use automerge::Change;
use board::{Board, Command, Drop, ItemId, OrderHint, Point, State, TextTarget, view::Problem};

use crate::common::{Table, actor, flat, island, item, note, stamp};

/// Does a command on somebody's replica and hands back the change.
fn act(board: &mut Board, who: &str, command: Command) -> Change {
    let shown = format!("{command:?}");
    let applied = board
        .apply(command, &stamp(who))
        .unwrap_or_else(|refused| panic!("{who} {shown}: {refused}"));
    applied.change.unwrap_or_else(|| panic!("{who} {shown}: nothing to do"))
}

/// Both get what the other one did.
fn exchange(left: &mut Board, from_left: &[Change], right: &mut Board, from_right: &[Change]) {
    left.apply_changes(from_right.to_vec()).expect("applied");
    right.apply_changes(from_left.to_vec()).expect("applied");
    assert_eq!(left.view(), right.view());
}

fn splice(id: &str, at: usize, insert: &str) -> Command {
    Command::Splice {
        target: TextTarget::Note(note(id)),
        at,
        delete: 0,
        insert: insert.into(),
    }
}

fn put(id: &str, parent: Option<&str>, x: f64, y: f64) -> Command {
    let at = Some(Point::new(x, y));
    Command::Move {
        drops: vec![Drop {
            item: item(id),
            parent: parent.map(island),
            at,
            order: OrderHint::Keep,
        }],
    }
}

#[test]
fn anna_deletes_a_note_while_bert_types_in_it_and_the_note_lives() {
    let mut anna = Table::with_notes(2);
    let mut bert = anna.replica("bert");
    let deleted = act(
        &mut anna.board,
        "anna",
        Command::Delete {
            items: vec![item("n:n0")],
        },
    );
    let typed = act(&mut bert, "bert", splice("n0", 0, "続ける"));
    exchange(&mut anna.board, &[deleted], &mut bert, &[typed]);
    assert_eq!(bert.view().notes[&note("n0")].state, State::Live);
    assert_eq!(bert.view().notes[&note("n0")].text, "続ける付箋0");
    // It does not vanish either when Bert takes his letters back.
    bert.undo(&stamp("bert")).expect("own letters");
    assert_eq!(bert.view().notes[&note("n0")].state, State::Live);
}

#[test]
fn anna_deletes_an_island_while_bert_edits_one_of_its_notes_and_only_that_note_lives() {
    let mut anna = Table::with_islands(1);
    let mut bert = anna.replica("bert");
    let place = anna.board.view().notes[&note("i0-1")].position;
    let deleted = act(
        &mut anna.board,
        "anna",
        Command::Delete {
            items: vec![item("i:i0")],
        },
    );
    let typed = act(&mut bert, "bert", splice("i0-1", 0, "!"));
    exchange(&mut anna.board, &[deleted], &mut bert, &[typed]);
    let view = bert.view();
    assert_eq!(
        view.top,
        vec![item("n:i0-1")],
        "shown in the nearest live island, here the sheet"
    );
    assert_eq!(view.notes[&note("i0-1")].position, place, "and it does not jump");
    assert_eq!(view.basket(), vec![item("i:i0")]);
    let restored = act(
        &mut bert,
        "bert",
        Command::Restore {
            items: vec![item("i:i0")],
        },
    );
    anna.board.apply_changes(vec![restored]).expect("applied");
    assert_eq!(anna.board.view().islands[&island("i0")].note_count, 2);
}

#[test]
fn anna_deletes_an_island_while_bert_adds_a_note_to_it_and_the_note_lives() {
    let mut anna = Table::with_islands(1);
    let mut bert = Table {
        board: anna.replica("bert"),
    };
    let deleted = act(
        &mut anna.board,
        "anna",
        Command::Delete {
            items: vec![item("i:i0")],
        },
    );
    let before = bert.board.doc().get_heads();
    bert.add_note("new", "まだある", Some("i0"), None);
    let added = bert.board.doc().get_changes(&before);
    exchange(&mut anna.board, &[deleted], &mut bert.board, &added);
    assert_eq!(flat(&anna.board), ["n:new"]);
}

#[test]
fn anna_deletes_an_island_while_bert_drags_it_and_it_lives_with_all_its_notes() {
    let mut anna = Table::with_islands(2);
    let mut bert = anna.replica("bert");
    let deleted = act(
        &mut anna.board,
        "anna",
        Command::Delete {
            items: vec![item("i:i0")],
        },
    );
    let moved = act(&mut bert, "bert", put("i:i0", None, 1000.0, 1500.0));
    exchange(&mut anna.board, &[deleted], &mut bert, &[moved]);
    assert_eq!(anna.board.view().islands[&island("i0")].note_count, 2);
    assert_eq!(anna.board.view().basket(), Vec::<ItemId>::new());
}

#[test]
fn two_people_drag_one_note_and_the_last_drop_wins_whole() {
    let mut anna = Table::with_islands(2);
    let mut bert = anna.replica("bert");
    let one = act(&mut anna.board, "anna", put("n:i0-0", None, 10.0, 3000.0));
    let other = act(&mut bert, "bert", put("n:i0-0", Some("i1"), 3000.0, 10.0));
    exchange(&mut anna.board, &[one], &mut bert, &[other]);
    let dragged = &anna.board.view().notes[&note("i0-0")];
    let drops = [
        (None, Point::new(10.0, 3000.0)),
        (Some(island("i1")), Point::new(3000.0, 10.0)),
    ];
    assert!(
        drops.contains(&(dragged.parent.clone(), dragged.position)),
        "{dragged:?}"
    );
}

#[test]
fn a_goes_into_b_while_b_goes_into_a_and_one_is_cut_loose_and_flagged() {
    let mut anna = Table::with_islands(3);
    let mut bert = anna.replica("bert");
    let one = act(&mut anna.board, "anna", put("i:i0", Some("i1"), 900.0, 600.0));
    let other = act(&mut bert, "bert", put("i:i1", Some("i0"), 200.0, 600.0));
    exchange(&mut anna.board, &[one], &mut bert, &[other]);
    let view = anna.board.view();
    assert_eq!(view.top, vec![item("i:i0"), item("i:i2")]);
    assert_eq!(view.children[&island("i0")].last(), Some(&item("i:i1")));
    assert!(view.islands[&island("i0")].flagged && !view.islands[&island("i1")].flagged);
    assert_eq!(view.problems, vec![Problem::Cycle(island("i0"))]);
    // Dragging the flagged one somewhere settles the matter.
    let settled = act(&mut anna.board, "anna", put("i:i0", None, 100.0, 100.0));
    bert.apply_changes(vec![settled]).expect("applied");
    assert_eq!(bert.view().problems, vec![]);
    assert_eq!(bert.view().islands[&island("i0")].bounds.origin.y, 100.0);
}

#[test]
fn islands_merged_into_each_other_at_the_same_time_lose_nothing() {
    let mut anna = Table::with_islands(2);
    let mut bert = anna.replica("bert");
    let one = act(
        &mut anna.board,
        "anna",
        Command::Merge {
            absorbed: island("i0"),
            into: island("i1"),
        },
    );
    let other = act(
        &mut bert,
        "bert",
        Command::Merge {
            absorbed: island("i1"),
            into: island("i0"),
        },
    );
    exchange(&mut anna.board, &[one], &mut bert, &[other]);
    let view = anna.board.view();
    assert_eq!(view.islands[&island("i0")].note_count, 4);
    assert_eq!(
        view.islands[&island("i0")].kept_headings,
        vec![(island("i1"), "見出し1".to_owned())]
    );
}

#[test]
fn two_people_in_one_text_keep_every_letter() {
    let mut anna = Table::with_notes(1);
    let mut bert = anna.replica("bert");
    let mut from_anna = Vec::new();
    let mut from_bert = Vec::new();
    for (index, (left, right)) in "あいう".chars().zip("かきく".chars()).enumerate() {
        from_anna.push(act(&mut anna.board, "anna", splice("n0", index, &left.to_string())));
        let end = bert.view().notes[&note("n0")].text.chars().count();
        from_bert.push(act(&mut bert, "bert", splice("n0", end, &right.to_string())));
    }
    exchange(&mut anna.board, &from_anna, &mut bert, &from_bert);
    assert_eq!(anna.board.view().notes[&note("n0")].text, "あいう付箋0かきく");
}

#[test]
fn an_open_editor_learns_where_others_wrote() {
    let mut anna = Table::with_notes(1);
    let mut bert = anna.replica("bert");
    let typed = act(&mut bert, "bert", splice("n0", 1, "が"));
    let touched = anna.board.apply_changes(vec![typed]).expect("applied");
    let edits: Vec<_> = touched
        .text_edits
        .iter()
        .map(|edit| (edit.at, edit.delete, edit.insert.as_str()))
        .collect();
    assert_eq!(edits, [(1, 0, "が")]);
    assert_eq!(touched.notes.into_iter().collect::<Vec<_>>(), [note("n0")]);
    assert!(!touched.everything);
}

#[test]
fn a_letter_typed_by_a_colleague_costs_one_new_note_and_nothing_else() {
    let mut anna = Table::with_islands(20);
    let mut bert = anna.replica("bert");
    let before = anna.board.view().clone();
    let typed = act(&mut bert, "bert", splice("i3-0", 0, "あ"));
    anna.board.apply_changes(vec![typed]).expect("applied");
    let after = anna.board.view();
    let changed: Vec<_> = after
        .notes
        .iter()
        .filter(|(id, note)| !std::sync::Arc::ptr_eq(note, &before.notes[*id]))
        .collect();
    assert_eq!(changed.len(), 1);
    assert!(
        after
            .islands
            .iter()
            .all(|(id, island)| std::sync::Arc::ptr_eq(island, &before.islands[id]))
    );
}

#[test]
fn a_merge_made_while_its_target_is_deleted_is_not_in_force_until_the_target_is_back() {
    let mut anna = Table::with_islands(2);
    let mut bert = anna.replica("bert");
    let deleted = act(
        &mut anna.board,
        "anna",
        Command::Delete {
            items: vec![item("i:i1")],
        },
    );
    let merged = act(
        &mut bert,
        "bert",
        Command::Merge {
            absorbed: island("i0"),
            into: island("i1"),
        },
    );
    exchange(&mut anna.board, &[deleted], &mut bert, &[merged]);
    assert_eq!(anna.board.view().top, vec![item("i:i0")]);
    let restored = act(
        &mut bert,
        "bert",
        Command::Restore {
            items: vec![item("i:i1")],
        },
    );
    anna.board.apply_changes(vec![restored]).expect("applied");
    assert_eq!(anna.board.view().islands[&island("i1")].note_count, 4);
}

#[test]
fn a_split_and_a_letter_typed_in_the_second_half_keep_the_letter() {
    let mut anna = Table::new();
    anna.add_note("a", "意識がない ・個人がない", None, None);
    let mut bert = anna.replica("bert");
    let split = act(
        &mut anna.board,
        "anna",
        Command::SplitNote {
            note: note("a"),
            second: note("b"),
            at: None,
        },
    );
    let typed = act(&mut bert, "bert", splice("a", 9, "ほ"));
    exchange(&mut anna.board, &[split], &mut bert, &[typed]);
    assert_eq!(anna.board.view().notes[&note("a")].text, "意識がないほ");
    assert_eq!(anna.board.view().notes[&note("b")].text, "個人がない");
}

#[test]
fn a_battery_dies_and_the_unsent_edits_merge_when_it_is_charged() {
    let mut anna = Table::with_islands(2);
    let mut tablet = anna.replica("tablet");
    let unsent = [
        act(&mut tablet, "cora", splice("i0-0", 0, "未送信")),
        act(&mut tablet, "cora", put("n:i0-1", None, 2000.0, 2000.0)),
    ];
    let saved = tablet.save();
    anna.apply(Command::Merge {
        absorbed: island("i0"),
        into: island("i1"),
    });
    let mut charged = Board::load(&saved, actor("tablet")).expect("a board");
    anna.board.apply_changes(unsent.to_vec()).expect("applied");
    charged
        .apply_changes(anna.board.doc().get_changes(&[]))
        .expect("applied");
    assert_eq!(charged.view(), anna.board.view());
    assert_eq!(charged.view().notes[&note("i0-0")].text, "未送信付箋0-0");
}
