//! Changes that are well formed and not honest, and honest ones in any order.

use automerge::{
    ActorId, Change, ExpandedChange, ObjType, ROOT, ReadDoc,
    legacy::{ElementId, Key, ObjectId, Op, OpId, OpType, SortedVec},
    transaction::Transactable,
};
use proptest::prelude::*;

use super::{
    super::*,
    hall::{Hall, Person, empty, word},
};

/// Sends a change that is honest but for what `bend` does to it; says whether the session was ended and nothing written.
fn refused(bend: impl FnOnce(&mut ExpandedChange, &Person)) -> bool {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    let mut liar = hall.join("liar", Access::Write);
    sato.write(&mut hall, "note", "本物");
    hall.persist();
    liar.listen(&mut hall);
    let honest = word(&mut liar.doc.clone(), "bent", "x");
    let mut bent = honest.decode();
    bend(&mut bent, &sato);
    hall.submit(&liar, &[Change::from(bent)]);
    let ended = hall.closed == [(liar.session, CloseCode::Refused)];
    assert_eq!(ended, hall.disk.is_empty(), "refused or written");
    if hall.reloads > 0 {
        hall.load();
    }
    // The other goes on as if nothing had happened, and what is stored can be read back.
    sato.write(&mut hall, "note", "続き");
    while !hall.disk.is_empty() {
        hall.persist();
    }
    assert_eq!(hall.read("note").as_deref(), Some("続き"));
    let saved = hall.room.doc().expect("loaded").save();
    assert!(Automerge::load(&saved).is_ok(), "readable");
    ended
}

fn put(op: OpType, obj: ObjectId, key: Key) -> Op {
    Op {
        action: op,
        obj,
        key,
        pred: SortedVec::new(),
        insert: false,
    }
}

#[test]
fn s52_an_honest_change_passes_unbent() {
    assert!(!refused(|_, _| {}));
}

#[test]
fn s52_operations_that_point_at_nothing_are_refused_before_they_are_written() {
    let nobody = || OpId::new(1, &ActorId::from(b"nobody".to_vec()));
    assert!(
        refused(|change, _| change.operations[0].pred = vec![nobody()].into()),
        "a predecessor that never was"
    );
    assert!(
        refused(|change, sato| {
            let theirs = OpId::new(999, sato.doc.get_actor());
            change.operations[0].pred = vec![theirs].into();
        }),
        "a predecessor of a known actor that never was"
    );
    assert!(
        refused(|change, _| change.operations[0].obj = ObjectId::Id(nobody())),
        "an object that never was"
    );
    assert!(
        refused(|change, _| {
            let first = change.start_op.get();
            let text = OpId::new(first, &change.actor_id);
            let make = put(OpType::Make(ObjType::Text), ObjectId::Root, Key::Map("text".into()));
            let mut letter = put(
                OpType::Put("x".into()),
                ObjectId::Id(text),
                Key::Seq(ElementId::Id(nobody())),
            );
            letter.insert = true;
            change.operations = vec![make, letter];
        }),
        "a letter behind a letter that never was"
    );
    assert!(
        refused(|change, _| {
            let first = change.start_op.get();
            let text = OpId::new(first, &change.actor_id);
            let make = put(OpType::Make(ObjType::Text), ObjectId::Root, Key::Map("text".into()));
            let mut delete = put(
                OpType::Delete,
                ObjectId::Id(text),
                Key::Seq(ElementId::Id(OpId::new(first + 7, &change.actor_id))),
            );
            delete.pred = vec![OpId::new(first + 7, &change.actor_id)].into();
            change.operations = vec![make, delete];
        }),
        "a letter deleted that never was"
    );
}

#[test]
fn s51_headers_that_do_not_follow_from_the_past_are_refused() {
    let at = |first: u64| std::num::NonZeroU64::new(first).expect("not zero");
    assert!(refused(|change, _| change.start_op = at(1)), "numbers used before");
    assert!(
        refused(|change, _| change.start_op = at(4_000_000_000)),
        "no numbers left"
    );
    assert!(refused(|change, _| change.seq = 2), "a gap");
    assert!(refused(|change, _| change.extra_bytes = vec![1, 2, 3]), "freight");
}

#[test]
fn row_17_a_forged_actor_is_refused_and_its_owner_goes_on() {
    assert!(refused(|change, sato| {
        change.actor_id = sato.doc.get_actor().clone();
        change.seq = 2;
    }));
    assert!(
        refused(|change, _| change.actor_id = ActorId::from(b"founder".to_vec())),
        "who wrote before anybody held a lease"
    );
}

#[test]
fn row_17_a_lease_outlives_the_server_and_any_absence_of_its_holder() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    sato.write(&mut hall, "note", "一");
    hall.persist();
    assert_eq!(hall.leases.len(), 1, "written with the change");
    hall.leave(&sato);
    hall.restart();
    let mut liar = hall.join_other("liar", Access::Write);
    liar.listen(&mut hall);
    liar.doc.set_actor(sato.doc.get_actor().clone());
    liar.write(&mut hall, "note", "偽");
    assert_eq!(hall.closed, [(liar.session, CloseCode::Refused)]);
    let mut again = hall.join_with("sato again", Access::Write, sato.doc.clone(), &[]);
    again.listen(&mut hall);
    again.write(&mut hall, "note", "二");
    hall.persist();
    assert_eq!(hall.read("note").as_deref(), Some("二"));
    assert_eq!(hall.leases.len(), 1, "the same lease");
}

#[test]
fn row_17_two_tabs_of_one_device_share_its_leases_as_long_as_the_numbers_fit() {
    let mut hall = Hall::open();
    let mut sato = hall.join("sato", Access::Write);
    sato.write(&mut hall, "note", "一");
    hall.persist();
    let mut tab = hall.join_with("sato tab", Access::Write, sato.doc.clone(), &[]);
    tab.listen(&mut hall);
    tab.write(&mut hall, "note", "二");
    hall.persist();
    assert_eq!(hall.read("note").as_deref(), Some("二"));
    // The first tab does not know of it yet: the same number twice ends this tab, which takes a new actor.
    sato.write(&mut hall, "note", "三");
    assert_eq!(hall.closed, [(sato.session, CloseCode::Refused)]);
}

#[test]
fn s51_a_change_from_the_far_future_is_refused_and_one_of_the_far_past_is_not() {
    assert!(refused(|change, _| change.time = super::hall::NOW_S + 100_000));
    assert!(!refused(|change, _| change.time = -100_000_000_000));
}

/// What a hall holds after these changes came in this order, each as often as it occurs; answers are listened to.
fn after(changes: &[Change], order: &[usize]) -> (Vec<ChangeHash>, usize) {
    let mut hall = Hall::open();
    let mut sender = hall.join("sender", Access::Write);
    sender.doc.apply_changes(changes.to_vec()).expect("what it made");
    for at in order {
        hall.submit(&sender, std::slice::from_ref(&changes[*at]));
        while !hall.disk.is_empty() {
            hall.persist();
        }
    }
    // What was an orphan is sent again, with its past: the server has asked for it.
    hall.submit(&sender, changes);
    while !hall.disk.is_empty() {
        hall.persist();
    }
    sender.listen(&mut hall);
    let doc = hall.room.doc().expect("loaded");
    assert_eq!(hall.reasons, [""; 0], "nobody is ended for the order of things");
    assert!(
        doc.get_missing_deps(&[]).is_empty(),
        "nothing is kept that waits for its past"
    );
    (doc.get_heads(), hall.stored.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(3), ..ProptestConfig::default() })]

    /// Reordered, doubled, replayed: what is stored is the same, each change once.
    #[test]
    fn row_10_order_and_repetition_do_not_matter(
        keys in proptest::collection::vec(0u8..4, 2..9),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..24),
    ) {
        let mut hall = Hall::open();
        let mut sender = hall.join("sender", Access::Write);
        let changes: Vec<Change> = keys
            .iter()
            .enumerate()
            .map(|(number, key)| word(&mut sender.doc, &format!("key {key}"), &number.to_string()))
            .collect();
        let straight: Vec<usize> = (0..changes.len()).collect();
        let order: Vec<usize> = order.iter().map(|index| index.index(changes.len())).collect();
        let expected = after(&changes, &straight);
        prop_assert_eq!(after(&changes, &order), expected.clone());
        prop_assert_eq!(expected.1, changes.len());
    }

    /// Clocks that are years apart, and turned back and forth while people write: the same board.
    #[test]
    fn row_14_clocks_decide_nothing(
        edits in proptest::collection::vec((0usize..3, 0u8..3, -400_000_000i64..=0, -400_000_000i64..=0), 1..20),
    ) {
        let play = |clock: fn(i64, i64) -> i64| {
            let mut hall = Hall::open();
            let mut people = ["sato", "suzuki", "takahashi"].map(|name| hall.join(name, Access::Write));
            for (number, (person, key, one, other)) in edits.iter().enumerate() {
                let person = &mut people[*person];
                let time = super::hall::NOW_S + clock(*one, *other);
                let value = number.to_string();
                person.doc.transact_with::<_, _, automerge::AutomergeError, _>(
                    |()| automerge::transaction::CommitOptions::default().with_time(time),
                    |tx| tx.put(ROOT, format!("key {key}"), value),
                ).expect("a put");
                let change = person.doc.get_last_local_change().expect("just made");
                hall.submit(person, &[change]);
                if number % 2 == 0 {
                    hall.persist_all();
                    person.listen(&mut hall);
                }
            }
            hall.persist_all();
            for person in &mut people {
                person.listen(&mut hall);
                assert_eq!(person.doc.get_heads(), hall.room.heads());
            }
            assert!(hall.closed.is_empty());
            ["key 0", "key 1", "key 2"].map(|key| hall.read(key))
        };
        let right = play(|_, _| 0);
        prop_assert_eq!(play(|one, _| one), right.clone());
        prop_assert_eq!(play(|_, other| other), right);
    }

    /// An honest change with any bytes of it changed, and the checksum put right or not: refused, or the same as before.
    #[test]
    fn s52_no_mutation_of_an_honest_change_leaves_something_that_cannot_be_read_back(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut hall = Hall::open();
        let mut liar = hall.join("liar", Access::Write);
        let text = word(&mut liar.doc, "note", "要介護");
        let mut bytes = text.raw_bytes().to_vec();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let heads = liar.doc.get_heads();
        std::panic::set_hook(Box::new(|_| {}));
        hall.say(&liar, crate::sync_message::write(&heads, &[], &heads, &[&bytes]));
        let _ = std::panic::take_hook();
        if bytes == text.raw_bytes() {
            prop_assert_eq!(hall.disk.len(), 1);
        } else {
            // The checksum is not put right here; `hostile` does that.
            prop_assert!(hall.disk.is_empty());
        }
    }

    /// The last step of the gate takes nothing that it did not encode itself, whatever the checksum says.
    #[test]
    fn row_10_replays_of_what_is_stored_are_acknowledged_and_not_written(times in 1usize..5) {
        let mut hall = Hall::open();
        let mut sato = hall.join("sato", Access::Write);
        sato.write(&mut hall, "note", "一");
        hall.persist();
        let mut liar = hall.join("replayer", Access::Write);
        liar.listen(&mut hall);
        let all = hall.stored.clone();
        for _ in 0..times {
            hall.submit(&liar, &all);
        }
        prop_assert!(hall.disk.is_empty());
        prop_assert!(hall.closed.is_empty(), "what is known already is nobody's forgery");
    }
}

#[test]
fn s52_a_large_board_is_rehearsed_on_its_twin_and_both_stay_equal() {
    let mut founder = empty("founder");
    founder
        .transact::<_, _, automerge::AutomergeError>(|tx| {
            for number in 0..5_000 {
                tx.put(ROOT, format!("key {number}"), number)?;
            }
            Ok(())
        })
        .expect("puts");
    let mut hall = Hall::founded(founder);
    let mut people = ["sato", "suzuki"].map(|name| hall.join(name, Access::Write));
    for round in 0..6 {
        for person in &mut people {
            person.write(&mut hall, "note", &round.to_string());
        }
        if round == 2 {
            let change = hall.own_change("durable", "beside a batch");
            hall.stored.push(change.clone());
            hall.handle(Input::DurableChanges {
                changes: vec![change],
                token: 1,
            });
        }
        if round == 3 {
            let change = hall.own_change("local", "in a batch");
            hall.handle(Input::LocalChanges {
                changes: vec![change],
                token: 2,
            });
        }
        hall.persist_all();
        for person in &mut people {
            person.listen(&mut hall);
            assert_eq!(person.doc.get_heads(), hall.room.heads(), "round {round}");
        }
    }
    assert_eq!(hall.applied, [1, 2]);
    assert_eq!(hall.read("durable").as_deref(), Some("beside a batch"));
    assert!(hall.closed.is_empty());
}
