//! A hall with one board: people come and go, the disk is sometimes slow or full.

mod gate;
mod hall;

use automerge::{ROOT, ReadDoc};
use hall::{Hall, Person, word};

use super::*;

#[test]
fn s30_sato_writes_and_suzuki_sees_it_only_when_it_is_on_disk() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    let mut suzuki = hall.join("suzuki", Access::Write);
    sato.write(&mut hall, "note", "要介護");
    assert_eq!(hall.disk.len(), 1, "one batch is on its way");
    suzuki.listen(&mut hall);
    assert_eq!(suzuki.read("note"), None, "not on disk, not seen");
    hall.persist();
    suzuki.listen(&mut hall);
    sato.listen(&mut hall);
    assert_eq!(suzuki.read("note").as_deref(), Some("要介護"));
    assert_eq!(sato.told_heads, sato.doc.get_heads(), "acknowledged");
}

#[test]
fn s32_what_arrives_while_the_disk_is_busy_is_one_next_batch() {
    let mut hall = Hall::open();
    let mut people: Vec<Person> = ["sato", "suzuki", "takahashi"]
        .map(|name| hall.join(name, Access::Write))
        .into();
    people[0].write(&mut hall, "first", "1");
    for person in &mut people {
        person.write(&mut hall, "second", "2");
        person.write(&mut hall, "third", "3");
    }
    assert_eq!(hall.disk.len(), 1);
    hall.persist();
    assert_eq!(hall.disk.len(), 1);
    assert_eq!(hall.disk[0].1.len(), 6, "all that came meanwhile");
    hall.persist();
    assert!(hall.disk.is_empty());
    for person in &mut people {
        person.listen(&mut hall);
        assert_eq!(person.doc.get_heads(), hall.room.heads());
    }
}

#[test]
fn s33_while_the_disk_is_full_nothing_is_acknowledged_and_writers_are_told() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    let mut viewer = hall.join("viewer", Access::Read);
    let before = sato.told_heads.clone();
    sato.write(&mut hall, "note", "満");
    hall.fail_disk();
    sato.listen(&mut hall);
    assert_eq!(sato.told_heads, before);
    assert_eq!(sato.notices, ["not-saved"]);
    assert!(hall.disk.is_empty(), "tried again later, not at once");
    for _ in 0..3 {
        hall.wake();
        hall.fail_disk();
    }
    hall.wake();
    hall.persist();
    sato.listen(&mut hall);
    viewer.listen(&mut hall);
    assert_eq!(
        sato.notices,
        ["not-saved", "saved-again"],
        "once a failure, not once a try"
    );
    assert_eq!(sato.told_heads, sato.doc.get_heads());
    assert!(viewer.notices.is_empty());
    assert_eq!(viewer.read("note").as_deref(), Some("満"));
}

#[test]
fn s37_a_viewers_changes_are_never_merged_and_it_is_told() {
    let mut hall = Hall::open();
    let mut viewer = hall.join("viewer", Access::Read);
    viewer.write(&mut hall, "graffiti", "!");
    viewer.write(&mut hall, "graffiti", "!!");
    viewer.listen(&mut hall);
    assert!(hall.disk.is_empty());
    assert_eq!(
        hall.room.doc().expect("loaded").get(ROOT, "graffiti").expect("a map"),
        None
    );
    assert_eq!(
        viewer.accesses,
        [Access::Read, Access::Read],
        "at joining, and once for both"
    );
    let mut sato = hall.join("sato", Access::Write);
    sato.write(&mut hall, "note", "見える");
    hall.persist();
    viewer.listen(&mut hall);
    assert_eq!(
        viewer.read("note").as_deref(),
        Some("見える"),
        "a viewer sees what others write"
    );
}

#[test]
fn s38_a_right_that_comes_back_brings_what_was_written_meanwhile() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    hall.change_access(&sato, Access::Read);
    sato.write(&mut hall, "note", "鍵がかかっている間に");
    assert!(hall.disk.is_empty());
    hall.change_access(&sato, Access::Write);
    sato.listen(&mut hall);
    hall.persist();
    sato.listen(&mut hall);
    assert_eq!(hall.read("note").as_deref(), Some("鍵がかかっている間に"));
    assert_eq!(sato.told_heads, sato.doc.get_heads());
}

#[test]
fn s38_a_right_that_is_taken_away_leaves_nothing_to_see() {
    let mut hall = Hall::open();
    let sato = hall.join("sato", Access::Write);
    let mut suzuki = hall.join("suzuki", Access::Write);
    hall.outbox.clear();
    hall.change_access(&sato, Access::None);
    suzuki.write(&mut hall, "note", "秘密");
    hall.persist();
    let kinds: Vec<_> = hall
        .mail(sato.session)
        .iter()
        .map(|message| message.kind().to_owned())
        .collect();
    assert_eq!(kinds, ["yoriai-access", "doc-unavailable"]);
}

#[test]
fn s31_what_is_not_admitted_ends_its_session_and_only_that() {
    let mut hall = Hall::open();
    let mut prankster = hall.join("prankster", Access::Write);
    let mut sato = hall.join("sato", Access::Write);
    prankster.write(&mut hall, "forbidden", "x");
    prankster.listen(&mut hall);
    assert_eq!(prankster.notices, ["refused"]);
    assert_eq!(hall.closed, [(prankster.session, CloseCode::Refused)]);
    sato.write(&mut hall, "note", "無事");
    assert_eq!(hall.disk.len(), 1);
    assert_eq!(hall.disk[0].1.len(), 1, "only what is admitted goes to disk");
}

#[test]
fn s53_after_a_panic_its_session_ends_and_the_document_is_read_again_while_the_others_stay() {
    let mut hall = Hall::open();
    let mut prankster = hall.join("prankster", Access::Write);
    let mut sato = hall.join("sato", Access::Write);
    let mut suzuki = hall.join("suzuki", Access::Write);
    suzuki.write(&mut hall, "busy", "disk");
    // Both in line behind the batch in flight: sato's was there first, and is not lost.
    sato.write(&mut hall, "note", "無事");
    std::panic::set_hook(Box::new(|_| {}));
    prankster.write(&mut hall, "panic", "x");
    hall.persist();
    let _ = std::panic::take_hook();
    assert_eq!(hall.closed, [(prankster.session, CloseCode::Refused)], "nobody else");
    assert_eq!((hall.panics, hall.reloads), (1, 1));
    assert!(hall.room.doc().is_none(), "the document left the memory");
    suzuki.write(&mut hall, "meanwhile", "書く");
    hall.load();
    hall.persist_all();
    for person in [&mut sato, &mut suzuki] {
        person.listen(&mut hall);
        assert_eq!(person.read("note").as_deref(), Some("無事"));
        assert_eq!(person.read("meanwhile").as_deref(), Some("書く"));
        assert_eq!(person.doc.get_heads(), hall.room.heads());
        assert_eq!(person.told_heads, hall.room.heads(), "acknowledged");
    }
    assert_eq!(hall.read("panic"), None);
}

#[test]
fn s38_what_is_in_line_when_a_right_is_withdrawn_is_not_written_and_comes_again_with_the_right() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    let mut suzuki = hall.join("suzuki", Access::Write);
    suzuki.write(&mut hall, "busy", "disk");
    sato.write(&mut hall, "note", "遅い");
    hall.change_access(&sato, Access::Read);
    hall.persist_all();
    assert_eq!(hall.read("note"), None);
    hall.change_access(&sato, Access::Write);
    sato.listen(&mut hall);
    hall.persist_all();
    assert_eq!(hall.read("note").as_deref(), Some("遅い"));
}

#[test]
fn s31_chunks_that_panic_automerge_end_their_session_and_only_that() {
    // RELIABILITY.md, fact 1.
    let hostile = [
        "856f4a83d1ed895700050100000000",
        "856f4a8385a9fb98010b000002ad01000000007600",
        "856f4a83c8d74f41030d00000101010200000205059f15",
        "856f4a833dbee7a4030e0000010101000000b24705059f15",
    ];
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    std::panic::set_hook(Box::new(|_| {}));
    for (number, hex) in hostile.iter().enumerate() {
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hex"))
            .collect();
        let prankster = hall.join(&format!("prankster {number}"), Access::Write);
        let heads = prankster.doc.get_heads();
        hall.say(&prankster, crate::sync_message::write(&heads, &[], &heads, &[&bytes]));
        assert_eq!(
            hall.closed.last(),
            Some(&(prankster.session, CloseCode::Refused)),
            "input {number}"
        );
    }
    let _ = std::panic::take_hook();
    sato.write(&mut hall, "note", "続く");
    hall.persist();
    assert_eq!(hall.read("note").as_deref(), Some("続く"));
}

#[test]
fn s31_a_sequence_number_used_twice_is_refused_before_it_reaches_the_disk() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    let mut forger = hall.join("forger", Access::Write);
    forger.doc.set_actor(sato.doc.get_actor().clone());
    sato.write(&mut hall, "note", "本物");
    hall.persist();
    forger.write(&mut hall, "note", "偽物");
    assert_eq!(hall.closed, [(forger.session, CloseCode::Refused)]);
    assert!(hall.disk.is_empty());
    sato.write(&mut hall, "note", "本物の続き");
    hall.persist();
    assert_eq!(hall.read("note").as_deref(), Some("本物の続き"));
}

#[test]
fn s32_the_same_device_twice_in_one_batch_is_stored_once_and_acknowledged_twice() {
    let mut hall = Hall::open();
    let mut suzuki = hall.join("suzuki", Access::Write);
    suzuki.write(&mut hall, "busy", "disk");
    let mut sato = hall.join("sato", Access::Write);
    sato.write(&mut hall, "note", "一度だけ");
    hall.leave(&sato);
    let mut again = hall.join_with("sato again", Access::Write, sato.doc.clone(), &[]);
    again.listen(&mut hall);
    hall.persist();
    assert_eq!(hall.disk[0].1.len(), 1);
    hall.persist();
    again.listen(&mut hall);
    assert_eq!(again.told_heads, again.doc.get_heads());
    assert_eq!(again.doc.get_heads(), hall.room.heads());
}

#[test]
fn s39_late_joiners_wait_while_the_document_is_loaded_once() {
    let mut hall = Hall::closed();
    let mut people: Vec<Person> = ["sato", "suzuki", "takahashi"]
        .map(|name| hall.join_with(name, Access::Write, hall::empty(name), &[]))
        .into();
    for person in &mut people {
        person.listen(&mut hall);
        assert_eq!(person.read("theme"), None);
    }
    hall.load();
    for person in &mut people {
        person.listen(&mut hall);
        assert_eq!(person.read("theme").as_deref(), Some("協働"));
    }
}

#[test]
fn s39_a_document_that_cannot_be_loaded_is_said_to_be_so() {
    let mut hall = Hall::closed();
    let sato = hall.join_with("sato", Access::Write, hall::empty("sato"), &[]);
    hall.handle(Input::LoadFailed {
        reason: "damaged".to_owned(),
    });
    // Its session goes on: the other boards it has open are well.
    assert_eq!(hall.closed, []);
    let mail = hall.mail(sato.session);
    let kinds: Vec<&str> = mail.iter().map(Message::kind).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["yoriai-notice", "doc-unavailable"]);
    assert!(hall.unloaded);
}

#[test]
fn s35_presence_is_relayed_to_the_others_and_a_flood_is_cut() {
    let mut hall = Hall::open();
    let sato = hall.join("sato", Access::Write);
    let suzuki = hall.join("suzuki", Access::Write);
    let viewer = hall.join("viewer", Access::Read);
    hall.outbox.clear();
    for count in 1..=1_000 {
        hall.whisper(&sato, count, vec![1, 2]);
    }
    assert!(hall.mail(sato.session).is_empty(), "not to oneself");
    let heard = hall.mail(suzuki.session).len();
    assert_eq!(
        heard as u64,
        2 * EPHEMERAL_PER_SECOND,
        "two seconds' worth at once, no more"
    );
    hall.now_ms += 500;
    for count in 2_000..=3_000 {
        hall.whisper(&sato, count, vec![1, 2]);
    }
    let heard = hall
        .mail(suzuki.session)
        .iter()
        .filter(|message| message.kind() == "ephemeral")
        .count();
    assert_eq!(heard as u64, EPHEMERAL_PER_SECOND / 2);
    hall.mail(viewer.session);
    hall.whisper(&viewer, 1, vec![1]);
    hall.whisper(&sato, 9_000, vec![0; EPHEMERAL_BYTES_MAX + 1]);
    assert!(
        hall.mail(suzuki.session).is_empty(),
        "who may not write is not heard, nor who shouts"
    );
}

#[test]
fn s36_fifty_joins_in_a_moment_are_few_lists_of_people() {
    let mut hall = Hall::open();
    let first = hall.join("first", Access::Write);
    hall.mail(first.session);
    for number in 0..50 {
        hall.join(&format!("person {number}"), Access::Write);
    }
    hall.wake();
    let lists: Vec<_> = hall
        .mail(first.session)
        .into_iter()
        .filter_map(|message| match message {
            Message::Peers { peers, .. } => Some(peers.len()),
            _ => None,
        })
        .collect();
    assert_eq!(lists, [51]);
}

#[test]
fn s6_other_clients_are_sent_nothing_but_the_published_protocol() {
    let mut hall = Hall::open();
    let other = hall.join_other("javascript", Access::Read);
    hall.change_access(&other, Access::Write);
    let mut sato = hall.join("sato", Access::Write);
    sato.write(&mut hall, "note", "一");
    hall.fail_disk();
    hall.wake();
    hall.persist();
    hall.wake();
    for message in hall.mail(other.session) {
        let Message::Sync(sync) = message else {
            panic!("{message:?}")
        };
        assert_eq!(
            sync.target.as_ref().map(PeerId::as_str),
            Some("javascript"),
            "addressed by name"
        );
    }
}

#[test]
fn s40_draining_waits_for_the_disk_then_sends_everybody_away() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    sato.write(&mut hall, "note", "最後");
    hall.handle(Input::Drain);
    assert!(!hall.unloaded);
    hall.persist();
    sato.listen(&mut hall);
    assert_eq!(sato.told_heads, sato.doc.get_heads(), "acknowledged before the end");
    assert_eq!(hall.closed, [(sato.session, CloseCode::Restart)]);
    assert!(hall.unloaded);
}

#[test]
fn s41_the_servers_own_changes_are_written_and_shown_like_any_other() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    let change = hall.own_change("moved", "here");
    hall.handle(Input::LocalChanges {
        changes: vec![change],
        token: 5,
    });
    assert!(hall.applied.is_empty());
    hall.persist();
    assert_eq!(hall.applied, [5]);
    let change = hall.own_change("moved", "there");
    hall.handle(Input::DurableChanges {
        changes: vec![change],
        token: 6,
    });
    assert_eq!(hall.applied, [5, 6], "what is on disk already is not written again");
    assert!(hall.disk.is_empty());
    sato.listen(&mut hall);
    assert_eq!(sato.read("moved").as_deref(), Some("there"));
}

#[test]
fn s42_changes_whose_past_is_unknown_are_not_kept_but_asked_for() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    let lost = word(&mut sato.doc, "lost", "1");
    sato.write(&mut hall, "kept", "2");
    assert!(hall.disk.is_empty());
    sato.listen(&mut hall);
    hall.persist();
    assert_eq!(hall.read("lost").as_deref(), Some("1"));
    assert_eq!(hall.read("kept").as_deref(), Some("2"));
    assert!(crate::peer_sync::holds(hall.room.doc().expect("loaded"), &lost.hash()));
}

#[test]
fn s42_a_flood_of_changes_without_a_past_ends_its_session() {
    let mut hall = Hall::open();
    let mut prankster = hall.join("prankster", Access::Write);
    let _lost = word(&mut prankster.doc, "lost", "1");
    for _ in 0..=ORPHAN_MESSAGES_MAX {
        prankster.write(&mut hall, "orphan", "2");
    }
    assert_eq!(hall.closed, [(prankster.session, CloseCode::Protocol)]);
}

#[test]
fn a_snapshot_and_its_tail_bring_each_newcomer_up_to_date() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    for number in 0..3 {
        let mut late = hall.join_with(&format!("late {number}"), Access::Write, hall::empty("late"), &[]);
        late.listen(&mut hall);
        assert_eq!(late.doc.get_heads(), hall.room.heads());
        sato.write(&mut hall, "note", &number.to_string());
        hall.persist();
        sato.listen(&mut hall);
    }
}
