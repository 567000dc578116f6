//! Random concurrent histories of two to five replicas with random delivery; the invariants of the board are checked
//! after every single step, so that the step that breaks one is the culprit. `HISTORY_SEED=n cargo test -p board --test
//! histories one_seed` runs one history again; seeds that ever failed stay below as tests with names.

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

#[test]
fn one_seed() {
    if let Some(seed) = std::env::var("HISTORY_SEED").ok().and_then(|seed| seed.parse().ok()) {
        History::run(seed, STEPS);
    }
}
