//! What the server refuses becomes a draft.

use super::*;

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
