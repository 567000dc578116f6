//! Boards from which something was erased.

use super::*;

#[test]
fn row_28_a_tablet_that_was_away_moves_to_the_new_document_and_brings_nothing_erased_back() {
    let hall = Hall::open();
    let (sato, abe) = (hall.sits_down("佐藤"), hall.sits_down("阿部"));
    let secret = sato.writes("わたしの電話は080");
    let (kept, moved, contested) = (sato.writes("残る"), sato.writes("動く"), sato.writes("争い"));
    hall.settle();
    // Abe goes away and writes on: a new note, on a note that stays, on the one that will be erased; and moves one.
    hall.wifi(&abe, false);
    abe.writes("圏外で書いた");
    let write = |tablet: &hall::Tablet, note: &board::NoteId, text: &str| {
        let splice = Command::Splice {
            target: TextTarget::Note(note.clone()),
            at: 0,
            delete: 0,
            insert: text.into(),
        };
        tablet.store.act(&tablet.group, splice).expect("it is written");
    };
    write(&abe, &kept, "まだ");
    write(&abe, &secret, "ひみつ：");
    write(&abe, &contested, "阿部の");
    let place = Point::new(1_200.0, 700.0);
    let drop = board::Drop {
        item: moved.clone().into(),
        parent: None,
        at: Some(place),
        order: board::OrderHint::Keep,
    };
    let command = Command::Move { drops: vec![drop] };
    abe.store.act(&abe.group, command).expect("it is moved");
    let old = hall.erases(&secret);
    write(&sato, &contested, "佐藤の");
    hall.settle();
    let mut expected = vec!["佐藤の争い", "動く", "残る"];
    expected.sort_unstable();
    assert_eq!(sato.notes(), expected, "whoever is connected moves at once");
    assert_eq!(
        sato.slot().undo.undo,
        Some(board::Act::Type),
        "only what was done since can be taken back"
    );
    assert_eq!(sato.unsaved(), 0);

    hall.wifi(&abe, true);
    hall.pass(1_000);
    let mut expected = vec!["佐藤の争い", "動く", "まだ残る", "圏外で書いた"];
    expected.sort_unstable();
    assert_eq!(abe.notes(), expected);
    assert_eq!(hall.server_notes(), expected);
    assert_eq!(sato.notes(), expected);
    assert_eq!(sato.slot().view.notes[&moved].position, place);
    assert_eq!(abe.unsaved(), 0);
    let drafts: Vec<String> = abe.state().drafts.iter().map(|draft| draft.text.clone()).collect();
    assert_eq!(
        drafts,
        ["阿部の争い"],
        "what would overwrite somebody is a draft; what was erased is none"
    );
    // Neither device holds anything of it any more, and the next page begins with the new document.
    for tablet in [&sato, &abe] {
        let chunks = tablet.memory.chunks.borrow();
        assert!(!chunks.contains_key(&format!("doc/{old}")), "{}", tablet.name);
        for (key, held) in chunks.iter().filter(|(key, _)| key.starts_with("doc/")) {
            let held: Vec<Vec<u8>> = held.values().cloned().collect();
            let (doc, _) = crate::store::replicas::from_chunks(&held, crate::store::replicas::fresh_actor(99));
            let Ok(board) = board::Board::from_doc(doc) else {
                continue;
            };
            assert!(
                !board.view().notes.values().any(|note| note.text.contains("電話")),
                "{key}"
            );
        }
    }
    let memory = hall.page_dies(&abe);
    let again = hall.sits_down_with("阿部", memory);
    assert_eq!(again.notes(), expected);
}

#[test]
fn row_28_a_page_that_died_before_it_moved_moves_at_its_next_start() {
    let hall = Hall::open();
    let (sato, abe) = (hall.sits_down("佐藤"), hall.sits_down("阿部"));
    let secret = sato.writes("消してください");
    hall.settle();
    hall.wifi(&abe, false);
    abe.writes("まだ送っていない");
    let old_seat = abe.seat.clone();
    let memory = hall.page_dies(&abe);
    let old = hall.erases(&secret);
    // The device remembers the seat with the old document, as after a start without network.
    let again = hall.sits_down_as("阿部", memory, old_seat);
    hall.pass(1_000);
    assert_eq!(again.notes(), ["まだ送っていない"]);
    assert_eq!(hall.server_notes(), ["まだ送っていない"]);
    assert!(!again.memory.chunks.borrow().contains_key(&format!("doc/{old}")));
}
