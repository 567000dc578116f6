//! The outline against a real board: the first group of the report of a real evening.

use automerge::ActorId;
use board::{Board, ItemId, NoteId, Stamp, State, report};

use super::{
    acts::{self, Act},
    rows::{rows, siblings, text_of},
};

/// 1班 of the demonstration: 12 headings, 22 notes.
fn first_group() -> Board {
    let parsed = report::parse(report::DEMO).expect("the demo is a report");
    let import = parsed.boards().into_iter().next().expect("it has groups");
    Board::import("w", &import, 7, 0, ActorId::from([1_u8; 16]))
}

fn stamp() -> Stamp {
    Stamp {
        person: None,
        device: "test".to_owned(),
        at_ms: 1_000,
    }
}

fn item(board: &Board, text: &str) -> ItemId {
    let listed = rows(board.view());
    let found = listed.into_iter().find(|row| text_of(board.view(), &row.item) == text);
    found.unwrap_or_else(|| panic!("no line reads {text}")).item
}

/// Does an act; false when there was nothing to do.
fn act(board: &mut Board, item: &ItemId, act: Act) -> bool {
    let fresh = NoteId::from_random(99);
    let Some(command) = acts::command(board.view(), item, act, fresh) else {
        return false;
    };
    board
        .apply(command, &stamp())
        .expect("the board takes what the outline offers");
    true
}

fn beside(board: &Board, item: &ItemId) -> Vec<String> {
    siblings(board.view(), item)
        .iter()
        .map(|sibling| text_of(board.view(), sibling))
        .collect()
}

#[test]
fn the_outline_lists_the_report_in_its_order() {
    let board = first_group();
    let listed = rows(board.view());
    assert_eq!(listed.len(), 12 + 22);
    let first: Vec<(usize, String)> = listed
        .iter()
        .take(3)
        .map(|row| (row.level, text_of(board.view(), &row.item)))
        .collect();
    assert_eq!(
        first,
        [
            (1, "モデル事業こそ協働の事業に!".to_owned()),
            (
                2,
                "「モデル事業」は市民との協働で取り組まないと、継続しない。".to_owned()
            ),
            (2, "「モデル事業」のやりっぱなしが目立つ。継続してほしい。".to_owned()),
        ]
    );
    assert_eq!(listed.iter().filter(|row| row.level == 1).count(), 12);
    assert_eq!(listed.first().and_then(|row| row.open), Some(true));
}

#[test]
fn a_folded_island_hides_what_it_holds() {
    let mut board = first_group();
    let island = item(&board, "異動が問題");
    assert!(act(&mut board, &island, Act::Fold));
    let listed = rows(board.view());
    assert_eq!(listed.len(), 12 + 22 - 2);
    assert_eq!(
        listed.iter().find(|row| row.item == island).and_then(|row| row.open),
        Some(false)
    );
    assert!(act(&mut board, &island, Act::Fold));
    assert_eq!(rows(board.view()).len(), 12 + 22);
}

#[test]
fn up_and_down_change_the_order_and_nothing_else() {
    let mut board = first_group();
    let note = item(&board, "市民をのせてハシゴをはずすな。");
    let place = board.view().bounds(&note);
    assert!(act(&mut board, &note, Act::Up));
    assert_eq!(
        beside(&board, &note).get(1).map(String::as_str),
        Some("市民をのせてハシゴをはずすな。")
    );
    assert_eq!(board.view().bounds(&note), place, "on the sheet it stays where it lies");
    assert!(act(&mut board, &note, Act::Up));
    assert!(!act(&mut board, &note, Act::Up), "the first cannot go farther up");
    assert!(act(&mut board, &note, Act::Down));
    assert_eq!(
        beside(&board, &note).iter().position(|text| text.starts_with("市民を")),
        Some(1)
    );
}

#[test]
fn out_stands_directly_after_the_island_and_into_goes_back() {
    let mut board = first_group();
    let note = item(&board, "市民をのせてハシゴをはずすな。");
    let island = item(&board, "モデル事業こそ協働の事業に!");
    assert!(act(&mut board, &note, Act::Out));
    let top = siblings(board.view(), &note);
    assert_eq!(top.iter().position(|sibling| *sibling == note), Some(1));
    assert!(
        !act(&mut board, &note, Act::Out),
        "on the sheet there is no farther out"
    );
    assert!(act(&mut board, &note, Act::Into));
    assert_eq!(board.view().parent(&note), island.island());
}

#[test]
fn merged_islands_keep_their_headings_and_come_apart_again() {
    let mut board = first_group();
    let absorbed = item(&board, "意識の問題");
    let into = item(&board, "異動が問題");
    assert!(act(&mut board, &absorbed, Act::Merge));
    assert!(!rows(board.view()).iter().any(|row| row.item == absorbed));
    assert!(acts::possible(board.view(), &into, Act::Split));
    assert!(act(&mut board, &into, Act::Split));
    assert!(rows(board.view()).iter().any(|row| row.item == absorbed));
}

#[test]
fn a_new_note_stands_after_the_line_it_was_asked_for() {
    let mut board = first_group();
    let after = item(&board, "職員は改革意識が低い。");
    let fresh = NoteId::from_random(5);
    board
        .apply(acts::new_note(board.view(), Some(&after), fresh.clone()), &stamp())
        .expect("a note");
    let new = ItemId::Note(fresh);
    let beside = siblings(board.view(), &new);
    let place = beside.iter().position(|sibling| *sibling == new).expect("it is there");
    assert_eq!(beside.get(place - 1), Some(&after));
    let heading = item(&board, "異動が問題");
    let second = NoteId::from_random(6);
    board
        .apply(acts::new_note(board.view(), Some(&heading), second.clone()), &stamp())
        .expect("a note");
    assert_eq!(
        siblings(board.view(), &ItemId::Note(second.clone())).first(),
        Some(&ItemId::Note(second))
    );
}

#[test]
fn a_new_heading_after_a_note_stands_after_its_island() {
    let mut board = first_group();
    let note = item(&board, "職員は改革意識が低い。");
    let fresh = board::IslandId::from_random(8);
    board
        .apply(acts::new_heading(board.view(), Some(&note), fresh.clone()), &stamp())
        .expect("a heading");
    let new = ItemId::Island(fresh);
    let top = siblings(board.view(), &new);
    let place = top.iter().position(|sibling| *sibling == new).expect("it is there");
    assert_eq!(
        top.get(place - 1).map(|item| text_of(board.view(), item)),
        Some("職員のレベルがいろいろ".to_owned())
    );
}

#[test]
fn what_is_deleted_waits_in_the_basket() {
    let mut board = first_group();
    let note = item(&board, "職員は改革意識が低い。");
    assert!(act(&mut board, &note, Act::Delete));
    let id = note.note().expect("a note");
    assert!(matches!(
        board.view().notes.get(id).map(|note| &note.state),
        Some(State::Basket { .. })
    ));
    assert_eq!(board.view().basket(), [note]);
}

#[test]
fn the_second_thought_of_a_note_is_offered_only_where_there_is_one() {
    let board = first_group();
    let note = item(&board, "職員は改革意識が低い。");
    assert!(!acts::possible(board.view(), &note, Act::SplitNote));
}
