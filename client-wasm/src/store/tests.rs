//! Evenings at a table, against real rooms of the sync crate.

mod hall;

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use board::{Command, Point, TextTarget};
use sync::Access as Granted;

use super::{Access, Hold, Newer, NoticeKind, Phase, Presence, ReadOnly, Refused, notices, presence};
use crate::i18n::core::JA;
use hall::Hall;

#[test]
fn two_tablets_write_and_both_show_everything() {
    let hall = Hall::open();
    let (sato, abe) = (hall.sits_down("佐藤"), hall.sits_down("阿部"));
    assert_eq!(sato.state().connection.phase, Phase::Online);
    assert_eq!(sato.slot().access, Access::Write);
    sato.writes("聞く力がない");
    assert_eq!(
        sato.notes(),
        ["聞く力がない"],
        "one's own note is there before the server has answered"
    );
    abe.writes("前例がない");
    hall.settle();
    assert_eq!(sato.notes(), ["前例がない", "聞く力がない"]);
    assert_eq!(abe.notes(), sato.notes());
    assert_eq!(hall.server_notes(), sato.notes());
    assert_eq!((sato.unsaved(), abe.unsaved()), (0, 0));
}

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
fn two_tabs_of_one_device_both_write() {
    let hall = Hall::open();
    let first = hall.sits_down("佐藤");
    let second = hall.sits_down_with("佐藤", Rc::clone(&first.memory));
    first.writes("左の窓");
    second.writes("右の窓");
    hall.settle();
    first.writes("もう一度左");
    hall.settle();
    assert_eq!(hall.server_notes(), ["もう一度左", "右の窓", "左の窓"]);
    assert_eq!(first.notes(), second.notes());
    assert_eq!((first.unsaved(), second.unsaved()), (0, 0));
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
fn a_lock_is_felt_at_once_explained_and_taken_back_without_a_reconnect() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    let note = sato.writes("ここまで");
    hall.settle();
    hall.server_grants(&sato, Granted::Read);
    assert_eq!(sato.slot().access, Access::Read(ReadOnly::Locked));
    assert_eq!(sato.says(), [(JA.became_read_only)(JA.why_locked)]);
    let refused = sato.store.act(
        &sato.group,
        Command::Delete {
            items: vec![note.into()],
        },
    );
    assert_eq!(refused, Err(Refused::ReadOnly(ReadOnly::Locked)));
    assert!(sato.says().contains(&(JA.refused_read_only)(JA.why_locked)));
    assert_eq!(sato.notes(), ["ここまで"]);

    let sockets = sato.platform.sockets_opened.get();
    hall.server_grants(&sato, Granted::Write);
    assert_eq!(sato.slot().access, Access::Write);
    let said = sato.says();
    assert!(said.contains(&JA.became_writable.to_owned()));
    assert!(
        !said.contains(&(JA.became_read_only)(JA.why_locked)),
        "what is not true any more is not left standing"
    );
    sato.writes("また書ける");
    hall.settle();
    assert_eq!(hall.server_notes(), ["ここまで", "また書ける"]);
    assert_eq!(sato.platform.sockets_opened.get(), sockets);
}

#[test]
fn edits_written_offline_on_a_board_that_was_locked_meanwhile_can_be_taken_out_as_drafts() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    hall.wifi(&sato, false);
    sato.writes("遅れて届く");
    hall.server_grants(&sato, Granted::Read);
    hall.wifi(&sato, true);
    hall.pass(1_000);
    assert_eq!(sato.slot().unsaved, 1, "it stays on the device: a short lock passes");
    assert!(hall.server_notes().is_empty());
    sato.store.take_as_drafts(&sato.group);
    hall.settle();
    assert_eq!(
        sato.state()
            .drafts
            .iter()
            .map(|draft| draft.text.as_str())
            .collect::<Vec<_>>(),
        ["遅れて届く"]
    );
    assert_eq!(sato.unsaved(), 0);

    hall.server_grants(&sato, Granted::Write);
    let draft = sato.state().drafts.first().expect("a draft").id.clone();
    sato.store.put_out_draft(&draft).expect("put out again");
    hall.settle();
    assert_eq!(hall.server_notes(), ["遅れて届く"]);
    assert!(sato.state().drafts.is_empty());
}

#[test]
fn what_the_server_refuses_is_put_out_again_once_and_then_kept_as_a_draft() {
    let hall = Hall::open();
    let (sato, abe) = (hall.sits_down("佐藤"), hall.sits_down("阿部"));
    sato.writes("前からある");
    hall.settle();
    hall.server_refuses(true);
    sato.writes("大事な一言");
    hall.settle();
    hall.pass(5_000);
    assert_eq!(
        sato.state()
            .drafts
            .iter()
            .map(|draft| draft.text.as_str())
            .collect::<Vec<_>>(),
        ["大事な一言"]
    );
    assert_eq!(sato.notes(), ["前からある"], "the server's board is shown");
    assert_eq!(abe.notes(), ["前からある"]);
    assert!(
        sato.state()
            .notices
            .iter()
            .any(|notice| notice.kind == NoticeKind::Drafts)
    );

    // The page dies; the draft does not, and what was refused does not come back by itself.
    hall.server_refuses(false);
    let memory = hall.page_dies(&sato);
    let again = hall.sits_down_with("佐藤", memory);
    assert_eq!(again.notes(), ["前からある"]);
    assert_eq!(again.unsaved(), 0);
    assert!(
        again
            .state()
            .notices
            .iter()
            .any(|notice| notice.kind == NoticeKind::Drafts),
        "something leads to it"
    );
    let draft = again
        .state()
        .drafts
        .first()
        .expect("the draft is still there")
        .id
        .clone();
    again.store.put_out_draft(&draft).expect("put out again");
    hall.settle();
    assert_eq!(abe.notes(), ["前からある", "大事な一言"]);
}

#[test]
fn a_deleted_note_can_be_put_back_for_five_seconds_from_the_strip() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    let note = sato.writes("うっかり");
    sato.store
        .act(
            &sato.group,
            Command::Delete {
                items: vec![note.clone().into()],
            },
        )
        .expect("deleted");
    let strip = sato.state().notices.first().cloned().expect("a strip");
    assert_eq!(
        strip.kind,
        NoticeKind::Deleted {
            group: sato.group.clone(),
            items: vec![note.clone().into()]
        }
    );
    sato.store
        .act(
            &sato.group,
            Command::Restore {
                items: vec![note.clone().into()],
            },
        )
        .expect("restored");
    assert_eq!(sato.notes(), ["うっかり"]);

    sato.store
        .act(
            &sato.group,
            Command::Delete {
                items: vec![note.into()],
            },
        )
        .expect("deleted");
    hall.pass(notices::DELETED_MS - 100);
    assert_eq!(sato.says(), [(JA.deleted)(1)]);
    hall.pass(200);
    assert!(sato.says().is_empty());
}

#[test]
fn an_undo_that_is_refused_says_why() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    sato.store.undo(&sato.group);
    assert_eq!(sato.says(), [JA.undo_nothing]);
}

#[test]
fn an_open_editor_hears_the_others_letters_and_ones_own_undo_but_not_its_own_typing() {
    let hall = Hall::open();
    let (sato, abe) = (hall.sits_down("佐藤"), hall.sits_down("阿部"));
    let note = sato.writes("行政");
    hall.settle();
    let target = TextTarget::Note(note);
    let heard: Rc<RefCell<Vec<(usize, usize, String)>>> = Rc::default();
    let subscription = {
        let heard = Rc::clone(&heard);
        sato.store.subscribe_text(&sato.group, target.clone(), move |edit| {
            heard.borrow_mut().push((edit.at, edit.delete, edit.insert.clone()));
        })
    };
    let splice = |at, insert: &str| Command::Splice {
        target: target.clone(),
        at,
        delete: 0,
        insert: insert.to_owned(),
    };
    sato.store.act(&sato.group, splice(2, "の課題")).expect("typed");
    assert!(heard.borrow().is_empty(), "the editor knows what was typed in it");
    hall.settle();
    abe.store.act(&abe.group, splice(0, "市の")).expect("typed");
    hall.settle();
    assert_eq!(
        heard.borrow_mut().drain(..).collect::<Vec<_>>(),
        [(0, 0, "市の".to_owned())]
    );
    drop(subscription);
    abe.store.act(&abe.group, splice(0, "本")).expect("typed");
    hall.settle();
    assert!(heard.borrow().is_empty());
    assert_eq!(sato.notes(), ["本市の行政の課題"]);
}

#[test]
fn a_hand_is_seen_by_the_others_and_forgotten_when_its_tablet_falls_silent() {
    let hall = Hall::open();
    let (sato, abe) = (hall.sits_down("佐藤"), hall.sits_down("阿部"));
    let note = sato.writes("動く");
    hall.settle();
    let hold = |x: f64| Presence {
        hold: Some(Hold {
            items: vec![note.clone().into()],
            delta: Point::new(x, 0.0),
        }),
        ..Presence::default()
    };
    for step in 0..10 {
        sato.store.present(&sato.group, hold(f64::from(step)));
    }
    // The list of people follows within a quarter of a second and gives the hand its name.
    hall.pass(300);
    let seen = abe.slot().presence;
    let hand = seen.values().next().expect("佐藤's hand");
    assert_eq!((hand.name.as_str(), &hand.presence), ("佐藤", &hold(9.0)));
    assert_eq!(
        hand.colour_index,
        presence::colour_index(hall::person_id("佐藤").as_str())
    );

    hall.pass(presence::EXPIRY_MS + 5_000);
    assert_eq!(abe.slot().presence.len(), 1, "a hand that still holds is repeated");
    sato.swallowed.set(true);
    hall.pass(presence::EXPIRY_MS + 100);
    assert!(abe.slot().presence.is_empty());
}

#[test]
fn listeners_are_told_once_per_paint_however_much_happened() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    let told = Rc::new(RefCell::new(0));
    let _subscription = {
        let told = Rc::clone(&told);
        sato.store.subscribe(move |_| *told.borrow_mut() += 1)
    };
    for text in ["一", "二", "三"] {
        sato.writes(text);
    }
    assert_eq!(*told.borrow(), 0);
    sato.platform.paint();
    assert_eq!(*told.borrow(), 1);
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
fn of_five_notes_of_which_the_server_refuses_one_four_arrive_and_one_becomes_a_draft() {
    let hall = Hall::open();
    let (sato, abe) = (hall.sits_down("佐藤"), hall.sits_down("阿部"));
    let before = sato.writes("前からある");
    hall.settle();
    hall.server_refuses_letters(Some("forbidden"));
    hall.wifi(&sato, false);
    for text in ["一", "二", "forbidden 三", "四", "五"] {
        sato.writes(text);
    }
    let target = TextTarget::Note(before.clone());
    let text = "前からある、に足した".to_owned();
    sato.store
        .act(&sato.group, Command::SetText { target, text })
        .expect("written");
    let moved = sato.slot().view.notes[&before].position;
    let at = Point::new(moved.x + 300.0, moved.y + 200.0);
    let drops = vec![board::Drop {
        item: before.clone().into(),
        parent: None,
        at: Some(at),
        order: board::OrderHint::Keep,
    }];
    sato.store.act(&sato.group, Command::Move { drops }).expect("moved");
    assert_eq!(sato.unsaved(), 7);
    hall.wifi(&sato, true);
    hall.pass(60_000);
    assert_eq!(hall.server_notes(), ["一", "二", "五", "前からある、に足した", "四"]);
    assert_eq!(abe.slot().view.notes[&before].position, at, "moves come back, too");
    assert_eq!(sato.notes(), hall.server_notes());
    assert_eq!(drafts_of(&sato), ["forbidden 三"]);
    assert_eq!(sato.unsaved(), 0);

    // What lies on the device is what lies on the server, and nothing is tried again.
    let memory = hall.page_dies(&sato);
    let again = hall.sits_down_with("佐藤", memory);
    hall.pass(5_000);
    assert_eq!(again.notes(), hall.server_notes());
    assert_eq!((again.unsaved(), drafts_of(&again).len()), (0, 1));
}

fn drafts_of(tablet: &hall::Tablet) -> Vec<String> {
    tablet.state().drafts.iter().map(|draft| draft.text.clone()).collect()
}

#[test]
fn a_page_that_dies_while_its_edits_are_put_out_again_loses_none_of_them() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    hall.server_refuses_letters(Some("forbidden"));
    hall.wifi(&sato, false);
    for text in ["一", "forbidden 二", "三", "四"] {
        sato.writes(text);
    }
    hall.wifi(&sato, true);
    // Somewhere in the middle: refused, reconnecting, the first ones put out again.
    for pause_ms in [100, 700, 400] {
        hall.pass(pause_ms);
        assert!(
            sato.unsaved() + hall.server_notes().len() + drafts_of(&sato).len() >= 4,
            "all are counted somewhere"
        );
    }
    let memory = hall.page_dies(&sato);
    let again = hall.sits_down_with("佐藤", memory);
    hall.pass(60_000);
    assert_eq!(hall.server_notes(), ["一", "三", "四"]);
    assert_eq!(drafts_of(&again), ["forbidden 二"]);
    assert_eq!(again.unsaved(), 0);
}

#[test]
fn one_goes_on_writing_while_the_servers_board_is_fetched_after_a_refusal() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    hall.server_refuses_letters(Some("forbidden"));
    sato.writes("forbidden 一");
    hall.settle();
    hall.wifi(&sato, false);
    sato.writes("その間に");
    assert_eq!(sato.notes(), ["forbidden 一", "その間に"]);
    assert_eq!(sato.unsaved(), 2, "both wait");
    let memory = hall.page_dies(&sato);
    let again = hall.sits_down_offline("佐藤", memory);
    assert_eq!(again.notes(), ["forbidden 一", "その間に"]);
    hall.wifi(&again, true);
    hall.pass(60_000);
    assert_eq!(hall.server_notes(), ["その間に"]);
    assert_eq!(drafts_of(&again), ["forbidden 一"]);
}

#[test]
fn row_07_a_tab_shows_and_sends_what_another_tab_of_the_device_wrote_offline_before_it_was_closed() {
    let hall = Hall::open();
    let first = hall.sits_down("佐藤");
    let second = hall.sits_down_with("佐藤", Rc::clone(&first.memory));
    first.writes("つながっている");
    hall.settle();
    hall.pass(2_000);
    for tab in [&first, &second] {
        hall.wifi(tab, false);
    }
    first.writes("左の窓");
    second.writes("右の窓");
    hall.settle();
    assert_eq!(first.notes(), ["つながっている", "右の窓", "左の窓"]);
    assert_eq!(second.notes(), first.notes());
    assert_eq!(
        (first.unsaved(), second.unsaved()),
        (2, 2),
        "each counts what this device has not sent, and nothing that the server has"
    );
    hall.page_dies(&first);
    hall.wifi(&second, true);
    hall.pass(3_000);
    assert_eq!(hall.server_notes(), ["つながっている", "右の窓", "左の窓"]);
    assert_eq!(second.unsaved(), 0);
}

#[test]
fn row_07_a_tab_that_replaces_its_chunks_by_a_snapshot_leaves_those_of_the_other_tab() {
    let hall = Hall::open();
    let first = hall.sits_down("佐藤");
    let second = hall.sits_down_with("佐藤", Rc::clone(&first.memory));
    for tab in [&first, &second] {
        hall.wifi(tab, false);
    }
    second.writes("右の窓");
    for count in 0..260 {
        first.writes(&format!("左 {count}"));
    }
    hall.settle();
    let memory = Rc::clone(&first.memory);
    hall.page_dies(&first);
    hall.page_dies(&second);
    let again = hall.sits_down_offline("佐藤", memory);
    assert_eq!(again.notes().len(), 261);
    assert_eq!(again.unsaved(), 261);
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

#[test]
fn texts_that_were_not_sent_can_be_read_when_the_seat_is_lost_and_go_out_with_a_new_one() {
    let hall = Hall::open();
    let sato = hall.sits_down("佐藤");
    let note = sato.writes("届いている");
    hall.settle();
    hall.pass(2_000);
    hall.wifi(&sato, false);
    sato.writes("届いていない");
    let target = TextTarget::Note(note);
    let text = "届いている、続き".to_owned();
    sato.store
        .act(&sato.group, Command::SetText { target, text })
        .expect("written");
    sato.store.lose_seat();
    assert!(sato.state().seat.is_none());
    let mut drafts = drafts_of(&sato);
    drafts.sort();
    assert_eq!(drafts, ["届いていない", "届いている、続き"]);
    let memory = hall.page_dies(&sato);
    let again = hall.sits_down_with("佐藤", memory);
    hall.pass(3_000);
    assert_eq!(hall.server_notes(), ["届いていない", "届いている、続き"]);
    assert!(drafts_of(&again).is_empty(), "nothing is offered twice");
}

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
            let doc = super::replicas::from_chunks(&held, super::replicas::fresh_actor(99));
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
