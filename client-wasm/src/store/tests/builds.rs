//! Pages and servers of different builds.

use super::*;

#[test]
fn row_31_a_page_of_another_build_works_on_and_fetches_the_newer_one_for_the_next_visit() {
    let hall = Hall::open();
    hall.server_serves("next");
    let sato = hall.sits_down("佐藤");
    sato.writes("古いページから");
    hall.settle();
    assert_eq!(hall.server_notes(), ["古いページから"]);
    assert_eq!(sato.state().page.newer, Newer::AtNextVisit);
    assert_eq!((sato.platform.fetched.get(), sato.platform.reloaded.get()), (1, 0));
    hall.server_serves("this");
    hall.wifi(&sato, false);
    hall.wifi(&sato, true);
    hall.pass(3_000);
    assert_eq!(sato.state().page.newer, Newer::None);
}

#[test]
fn row_31_a_page_the_server_does_not_work_with_reloads_itself_once_and_only_when_nobody_is_writing() {
    let hall = Hall::open();
    let memory = Rc::default();
    let sato = hall.sits_down_offline("佐藤", Rc::clone(&memory));
    sato.platform.build.borrow_mut().revision = 0;
    let state = sato.state();
    let seat = state.seat.clone().expect("a seat").as_ref().clone();
    sato.store.leave();
    sato.store.enter(seat).expect("a seat");
    sato.store.open_board(&sato.group);
    let writing = Presence {
        writing: Some(TextTarget::Note(sato.store.new_note_id())),
        ..Presence::default()
    };
    sato.store.present(&sato.group, writing);
    hall.wifi(&sato, true);
    hall.pass(5_000);
    assert_eq!(sato.state().page.newer, Newer::Soon);
    assert_eq!(sato.platform.reloaded.get(), 0, "somebody is in the middle of a word");
    sato.store.present(&sato.group, Presence::default());
    hall.pass(100);
    assert_eq!(sato.platform.reloaded.get(), 1);
    // The same page came back: the server still hands out this one. It says so instead of reloading for ever.
    hall.page_dies(&sato);
    let again = hall.sits_down_offline("佐藤", memory);
    again.platform.build.borrow_mut().revision = 0;
    let seat = again.state().seat.clone().expect("a seat").as_ref().clone();
    again.store.leave();
    again.store.enter(seat).expect("a seat");
    again.store.open_board(&again.group);
    hall.wifi(&again, true);
    hall.pass(5_000);
    assert_eq!(again.platform.reloaded.get(), 0);
    assert!(again.says().contains(&JA.page_outdated_by_hand.to_owned()));
}
