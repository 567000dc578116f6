//! Random patches against the schema, judged by rules written down here and not by the admission's own tables.

use std::collections::BTreeSet;

use automerge::{
    Automerge, AutomergeError, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
    transaction::{Transactable, Transaction},
};
use hostile::siege::{self, Outcome};
use proptest::prelude::*;

/// What one patch does, in numbers that mean something only to [`patch`].
type Patch = (u8, u8, u8, u8);

/// Keys of the root, of a note, and some that are nowhere.
const KEYS: [&str; 16] = [
    "notes", "islands", "people", "text", "place", "colour", "withheld", "state", "at", "n0", "n1", "x9", "schema",
    "virus", "group", "author",
];

fn value(number: u8) -> ScalarValue {
    match number % 9 {
        0 => "- V 10 20".into(),
        1 => "fuji".into(),
        2 => true.into(),
        3 => 7.into(),
        4 => f64::NAN.into(),
        5 => "<script>".into(),
        6 => ScalarValue::Null,
        7 => "x".repeat(2_000).into(),
        _ => ScalarValue::Bytes(vec![1, 2, 3]),
    }
}

/// An object that is there: the root, a map of it, a note, a note's text.
fn object(tx: &Transaction<'_>, number: u8) -> ObjId {
    let within = |of: &ObjId, key: &str| match tx.get(of, key) {
        Ok(Some((Value::Object(_), id))) => Some(id),
        _ => None,
    };
    let notes = within(&ROOT, "notes");
    let note = notes.as_ref().and_then(|notes| within(notes, "n0"));
    let text = note.as_ref().and_then(|note| within(note, "text"));
    let found = match number % 6 {
        0 => None,
        1 => notes,
        2 => note,
        3 => text,
        4 => within(&ROOT, "islands"),
        _ => within(&ROOT, "people"),
    };
    found.unwrap_or(ROOT)
}

fn patch(tx: &mut Transaction<'_>, (kind, at, key, what): Patch) -> Result<(), AutomergeError> {
    let object = object(tx, at);
    let key = KEYS[usize::from(key) % KEYS.len()];
    // What automerge itself does not let anybody do is no patch.
    let _ = match kind % 7 {
        0 | 1 => tx.put(&object, key, value(what)),
        2 => tx.delete(&object, key),
        3 => tx
            .put_object(
                &object,
                key,
                [ObjType::Map, ObjType::Text, ObjType::List][usize::from(what % 3)],
            )
            .map(drop),
        4 => tx.splice_text(&object, usize::from(what % 4), 1, "字"),
        5 => {
            // A whole note, as it should be.
            let note = tx.put_object(&object, key, ObjType::Map)?;
            let text = tx.put_object(&note, "text", ObjType::Text)?;
            tx.splice_text(&text, 0, 0, "新")?;
            tx.put(&note, "place", "- V 10 20")
        }
        _ => tx.insert(&object, usize::from(what % 4), value(what)),
    };
    Ok(())
}

/// The rules, in words: what was there is there, as what it was; nothing stands where nothing may stand.
fn keeps_the_rules(before: &Automerge, after: &Automerge) -> Result<(), String> {
    let keys = |doc: &Automerge, of: &ObjId| doc.keys(of).collect::<BTreeSet<String>>();
    let allowed: BTreeSet<String> = keys(before, &ROOT).into_iter().chain(["path".to_owned()]).collect();
    if let Some(key) = keys(after, &ROOT).difference(&allowed).next() {
        return Err(format!("{key} stands in the root"));
    }
    for key in keys(before, &ROOT) {
        match (
            before.get(ROOT, key.as_str()).ok().flatten(),
            after.get(ROOT, key.as_str()).ok().flatten(),
        ) {
            (Some((Value::Object(_), was)), Some((Value::Object(_), is))) if was == is => {}
            (Some((Value::Scalar(was), _)), Some((Value::Scalar(is), _))) if was == is || key == "path" => {}
            (was, is) => return Err(format!("{key} was {was:?} and is {is:?}")),
        }
    }
    let Ok(Some((_, notes))) = after.get(ROOT, "notes") else {
        return Err("there are no notes".to_owned());
    };
    for id in keys(before, &notes) {
        if before.get(&notes, id.as_str()).ok().flatten().map(|(_, id)| id)
            != after.get(&notes, id.as_str()).ok().flatten().map(|(_, id)| id)
        {
            return Err(format!("the note {id} is another one"));
        }
    }
    let fields: BTreeSet<&str> = [
        "text",
        "place",
        "colour",
        "author",
        "device",
        "at",
        "marker",
        "row_group",
        "state",
        "withheld",
        "lone_wolf",
        "source",
        "blanks",
        "prev",
    ]
    .into();
    for id in keys(after, &notes) {
        let Ok(Some((Value::Object(ObjType::Map), note))) = after.get(&notes, id.as_str()) else {
            return Err(format!("the note {id} is no note"));
        };
        if let Some(key) = keys(after, &note).iter().find(|key| !fields.contains(key.as_str())) {
            return Err(format!("the note {id} has a {key}"));
        }
        match (after.get(&note, "text"), after.get(&note, "place")) {
            (Ok(Some((Value::Object(ObjType::Text), text))), Ok(Some((place, at)))) => {
                let length = |text: &ObjId| after.text(text).map_or(usize::MAX, |letters| letters.chars().count());
                // automerge's JavaScript writes every string as a text.
                let somewhere = match place {
                    Value::Scalar(place) => place.is_str(),
                    Value::Object(kind) => kind == ObjType::Text && length(&at) <= 291,
                };
                if length(&text) > 20_000 || !somewhere {
                    return Err(format!("the note {id} is too long or nowhere"));
                }
            }
            _ => return Err(format!("the note {id} has no text or no place")),
        }
        let right = match after.get(&note, "withheld") {
            Ok(Some((Value::Scalar(withheld), _))) => withheld.is_boolean(),
            Ok(None) => true,
            _ => false,
        };
        if !right {
            return Err(format!(
                "the note {id} is withheld by something else than a truth value"
            ));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(18), ..ProptestConfig::default() })]

    #[test]
    fn row_18_no_random_patch_leaves_the_schema(patches in proptest::collection::vec(any::<Patch>(), 1..4)) {
        let before = siege::besieged();
        let mut doc = before.clone();
        let made = doc.transact::<_, _, AutomergeError>(|tx| {
            patches.iter().try_for_each(|one| patch(tx, *one))
        });
        prop_assume!(made.is_ok_and(|made| made.hash.is_some()));
        let change = doc.get_last_local_change().expect("just made");
        let outcome = siege::chunk(change.raw_bytes());
        let rules = keeps_the_rules(&before, &doc);
        if let Err(broken) = &rules {
            prop_assert_eq!(outcome, Outcome::Refused, "{}", broken);
        }
        if outcome == Outcome::Stored {
            prop_assert_eq!(rules, Ok(()));
        }
        prop_assert_ne!(outcome, Outcome::Panicked, "automerge's own changes make nothing panic");
    }
}

/// The share of patches that pass says that the test above looks at both sides.
#[test]
fn row_18_a_whole_note_passes_and_half_of_one_does_not() {
    let mut doc = siege::besieged();
    doc.transact::<_, _, AutomergeError>(|tx| patch(tx, (5, 1, 11, 0)))
        .expect("a note");
    let change = doc.get_last_local_change().expect("just made");
    assert_eq!(siege::chunk(change.raw_bytes()), Outcome::Stored);
    let mut doc = siege::besieged();
    doc.transact::<_, _, AutomergeError>(|tx| patch(tx, (3, 1, 11, 0)))
        .expect("an entry");
    let change = doc.get_last_local_change().expect("just made");
    assert_eq!(siege::chunk(change.raw_bytes()), Outcome::Refused);
}
