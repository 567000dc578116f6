//! Without a line, without storage, and back.

use super::*;

#[test]
fn without_wifi_one_goes_on_writing_and_nothing_is_doubled_afterwards() {
    let hall = Hall::open();
    let (sato, abe) = (hall.sits_down("佐藤"), hall.sits_down("阿部"));
    hall.wifi(&sato, false);
    assert!(matches!(sato.state().connection.phase, Phase::Offline { .. }));
    for text in ["一", "二", "三"] {
        sato.writes(text);
    }
    assert_eq!(sato.unsaved(), 3);
    abe.writes("四");
    hall.pass(60_000);
    assert_eq!(sato.unsaved(), 3, "waiting does not lose or double anything");
    hall.wifi(&sato, true);
    hall.pass(1_000);
    assert_eq!(sato.state().connection.phase, Phase::Online);
    assert_eq!(sato.unsaved(), 0);
    let mut all = vec!["一", "二", "三", "四"];
    all.sort_unstable();
    assert_eq!(hall.server_notes(), all);
    assert_eq!(sato.notes(), all);
    assert_eq!(abe.notes(), all);
}

#[test]
fn a_page_that_dies_offline_comes_back_with_its_unsent_edits() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    sato.writes("保存された");
    hall.settle();
    hall.pass(2_000);
    hall.wifi(&sato, false);
    sato.writes("まだ送れていない");
    let memory = hall.page_dies(&sato);

    let again = hall.sits_down_offline("佐藤", memory);
    assert!(again.slot().loaded, "the board is painted from the device");
    assert_eq!(again.notes(), ["まだ送れていない", "保存された"]);
    assert_eq!(again.unsaved(), 1, "what the server has is not counted as unsent");
    hall.wifi(&again, true);
    hall.pass(1_000);
    assert_eq!(again.unsaved(), 0);
    assert_eq!(hall.server_notes(), ["まだ送れていない", "保存された"]);
}

#[test]
fn a_silent_line_is_noticed_within_fifteen_seconds_and_caught_up_soon_after() {
    let hall = Hall::open();
    let (sato, abe) = (hall.sits_down("佐藤"), hall.sits_down("阿部"));
    sato.swallowed.set(true);
    sato.writes("届かない");
    abe.writes("その間に");
    hall.pass(15_000);
    assert_ne!(sato.state().connection.phase, Phase::Online);
    sato.swallowed.set(false);
    sato.store.network(true);
    hall.pass(2_000);
    assert_eq!(sato.state().connection.phase, Phase::Online);
    assert_eq!(sato.notes(), ["その間に", "届かない"]);
    assert_eq!(sato.unsaved(), 0);
}

#[test]
fn a_device_that_stores_nothing_says_so_and_works_on() {
    let hall = Hall::open();
    let memory: Rc<crate::platform::scripted::Memory> = Rc::default();
    memory.denied.set(true);
    let sato = hall.sits_down_with("佐藤", memory);
    assert!(!sato.state().storage);
    assert_eq!(sato.says(), [JA.memory_only]);
    sato.writes("それでも書ける");
    hall.settle();
    assert_eq!(hall.server_notes(), ["それでも書ける"]);
}

#[test]
fn a_board_that_nobody_looks_at_stays_open_until_everything_is_sent() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    hall.wifi(&sato, false);
    sato.writes("まだここに");
    sato.store.close_board(&sato.group);
    hall.pass(60_000);
    assert_eq!(sato.unsaved(), 1);
    hall.wifi(&sato, true);
    hall.pass(60_000);
    assert_eq!(hall.server_notes(), ["まだここに"]);
    assert!(sato.state().boards.is_empty(), "closed once it was sent");
}

#[test]
fn a_long_evening_keeps_the_devices_memory_short() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    for count in 0..450 {
        sato.writes(&format!("付箋 {count}"));
    }
    hall.settle();
    let chunks = sato.memory.chunks.borrow();
    let longest = chunks.values().map(BTreeMap::len).max().unwrap_or_default();
    assert!(longest <= 202, "{longest} chunks");
    drop(chunks);
    let memory = hall.page_dies(&sato);
    let again = hall.sits_down_offline("佐藤", memory);
    assert_eq!(again.notes().len(), 450);
}

#[test]
fn a_device_that_is_full_for_a_while_gets_everything_once_there_is_room() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    sato.writes("まだ入る");
    hall.wifi(&sato, false);
    sato.memory.denied.set(true);
    sato.writes("入らない");
    hall.settle();
    assert!(!sato.state().storage);
    assert_eq!(sato.says(), [JA.memory_only]);
    assert_eq!(sato.notes(), ["まだ入る", "入らない"], "it goes on in memory");
    sato.memory.denied.set(false);
    sato.writes("また入る");
    hall.pass(30_000);
    assert!(sato.state().storage, "it is said when it is over");
    assert!(sato.says().is_empty());
    let memory = hall.page_dies(&sato);
    let again = hall.sits_down_offline("佐藤", memory);
    assert_eq!(again.notes(), ["また入る", "まだ入る", "入らない"]);
}

#[test]
fn what_was_being_converted_when_the_page_died_is_a_draft_afterwards() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    let note = sato.writes("聞く");
    let target = TextTarget::Note(note);
    sato.store.composing(&sato.group, &target, "ち");
    sato.store.composing(&sato.group, &target, "ちから");
    let memory = hall.page_dies(&sato);
    let again = hall.sits_down_with("佐藤", Rc::clone(&memory));
    hall.settle();
    let drafts = again.state().drafts.clone();
    assert_eq!(drafts.iter().map(|draft| &*draft.text).collect::<Vec<_>>(), ["ちから"]);
    // Once: it lies with the drafts now. A word that was finished is none.
    again.store.composing(&again.group, &target, "がない");
    again.store.composing(&again.group, &target, "");
    hall.page_dies(&again);
    let third = hall.sits_down_with("佐藤", memory);
    hall.settle();
    assert_eq!(third.state().drafts.len(), 1);
}

#[test]
fn what_the_page_cannot_read_stays_on_the_device_beside_everything_else() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    sato.writes("保存された");
    hall.settle();
    let memory = hall.page_dies(&sato);
    let unread = b"from a page that is newer".to_vec();
    let key = format!("doc/{}", sato.slot().document);
    if let Some(chunks) = memory.chunks.borrow_mut().get_mut(&key) {
        chunks.insert(u64::MAX, unread.clone());
    }
    let again = hall.sits_down_with("佐藤", Rc::clone(&memory));
    for count in 0..300 {
        again.writes(&format!("{count}"));
    }
    hall.settle();
    hall.page_dies(&again);
    let kept = memory
        .chunks
        .borrow()
        .get(&key)
        .is_some_and(|chunks| chunks.values().any(|chunk| *chunk == unread));
    assert!(kept, "nobody knows what it was");
    assert_eq!(hall.sits_down_offline("佐藤", memory).notes().len(), 301);
}
