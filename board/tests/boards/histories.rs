//! Random concurrent histories of two to five replicas with random delivery; the invariants of the board are checked
//! after every single step, so that the step that breaks one is the culprit. `HISTORY_SEEDS=7-7 cargo test -p board
//! --test boards seeds_asked_for` runs one history again, `HISTORY_SEEDS=1000-9999` many; seeds that ever failed stay
//! below as tests with names.

use crate::history::History;

/// Histories per run; each about 60 steps.
const HISTORIES: u64 = 80;
const STEPS: usize = 60;

#[test]
fn any_interleaving_keeps_every_invariant_and_converges() {
    for seed in 0..HISTORIES {
        History::run(seed, STEPS);
    }
}

#[test]
fn one_long_evening_keeps_every_invariant_and_converges() {
    History::run(1_000_003, 300);
}

/// Writing again what already wins a conflict makes automerge delete the losing values; admission took that for a
/// removal.
#[test]
fn seed_75_settling_a_conflict_is_admitted() {
    History::run(75, STEPS);
}

/// Patches tell of a conflict's winner alone: what stood behind it went unnoticed, and the board showed what the document
/// did not say.
#[test]
fn seeds_1244_and_1920_a_state_behind_the_winner_counts() {
    History::run(1_244, STEPS);
    History::run(1_920, STEPS);
}

/// Two people delete one island at the same time; erasure keeps one of the deletions, and what went with the other stays
/// away too.
#[test]
fn seed_561_an_island_deleted_twice_takes_its_notes_along() {
    History::run(561, STEPS);
}

#[test]
fn seeds_asked_for() {
    let asked = std::env::var("HISTORY_SEEDS").unwrap_or_default();
    if let Some((from, to)) = asked.split_once('-')
        && let (Ok(from), Ok(to)) = (from.parse(), to.parse())
    {
        for seed in from..=to {
            History::run(seed, STEPS);
        }
    }
}
