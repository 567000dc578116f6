//! Every seed of the fuzz targets, once: what fuzzing found and what it starts from stays mended.

use hostile::{
    corpus::{TARGETS, seeds},
    siege::{self, Outcome},
};

fn besiege(target: &str) -> Vec<(String, Outcome)> {
    let siege = match target {
        "chunk" => siege::chunk,
        "sync_message" => siege::sync_message,
        _ => siege::frame,
    };
    let seeds = seeds(target).expect("a corpus");
    assert!(seeds.len() > 5, "{target}: the corpus is there");
    seeds
        .into_iter()
        .map(|(name, bytes)| {
            let outcome = siege(&bytes);
            println!("{target} {name}: {outcome:?}");
            (name, outcome)
        })
        .collect()
}

#[test]
fn row_21_no_seed_of_any_target_breaks_a_promise() {
    for target in TARGETS {
        for (name, outcome) in besiege(target) {
            let honest = name.starts_with("honest-") && !name.contains("outside") && !name.contains("root-map");
            if target != "frame" && honest {
                assert_eq!(outcome, Outcome::Stored, "{target}/{name}: what people do passes");
            }
            if ["panic-", "bomb-"].iter().any(|prefix| name.starts_with(prefix)) || name.contains("outside") {
                assert_eq!(outcome, Outcome::Refused, "{target}/{name}");
            }
        }
    }
}
