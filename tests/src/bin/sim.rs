//! `cargo xtask sim`: plays evenings of the sync core's simulation.

use std::{panic::catch_unwind, process::ExitCode, time::Instant};

use clap::Parser;
use tests::simulation::evening;

/// Plays simulated evenings; each is decided by its seed alone.
#[derive(Parser)]
struct Arguments {
    /// Play this seed only, and print every line of its trace.
    #[arg(long)]
    seed: Option<u64>,
    /// Play this many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        let report = evening(seed, true);
        println!("seed {seed}: {report:?}");
        return ExitCode::SUCCESS;
    }
    let start = Instant::now();
    let mut failed = Vec::new();
    let (mut lines, mut changes) = (0, 0);
    for seed in arguments.from..arguments.from.saturating_add(arguments.seeds) {
        match catch_unwind(|| evening(seed, false)) {
            Ok(report) => {
                lines += report.lines;
                changes += report.changes;
            }
            Err(_) => failed.push(seed),
        }
    }
    let seeds = arguments.seeds;
    println!(
        "{seeds} evenings, {lines} events, {changes} changes, {:.1} s",
        start.elapsed().as_secs_f64()
    );
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("failed: {failed:?}; replay one with `cargo xtask sim --seed N`");
    ExitCode::FAILURE
}
