//! Several tablets at one table.

use super::*;

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
