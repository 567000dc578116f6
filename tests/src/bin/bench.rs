//! `cargo xtask bench`: edit-to-visible latency with 10, 50 and 100 people on one board beside a bare WebSocket broadcast of
//! the same bytes in the same run; late joins; what the server costs.

use std::{path::PathBuf, process::Stdio, time::Instant};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use serde_json::{Value, json};
use tests::{
    bench::{
        bare, board_of,
        figures::{Row, print},
        load::{Light, Target, Work, work},
        process::{cpu_s, rss_mib},
    },
    server_process::ServerProcess,
    temporary_folder,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// Measures our server against the floor.
#[derive(Parser)]
struct Arguments {
    /// A fifth of the time, for a first look; the figures are rougher.
    #[arg(long)]
    quick: bool,
    /// Writes all figures to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Compares with an earlier `--json` file.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Is the bare broadcast server (the program calls itself with this).
    #[arg(long, hide = true)]
    bare: bool,
}

/// Operations in the history of the measured board.
const HISTORY_OPERATIONS: usize = 20_000;
/// Joins measured for each size; the median is printed.
const JOINS: usize = 7;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.bare {
        return bare::serve().await;
    }
    let seconds = if arguments.quick { 4.0 } else { 20.0 };
    let mut rows = Vec::new();

    println!(
        "One board, 300 notes, a history of {HISTORY_OPERATIONS} operations, every edit on disk before it is shown; 1 edit/s a person.\n"
    );
    let data = temporary_folder("bench")?;
    let server = ServerProcess::start(&data, None).await?;
    let made = board_of::create(server.address(), 300, HISTORY_OPERATIONS).await?;
    let board = Light::connect(&made.target, "first")
        .await?
        .catch_up(Instant::now())
        .await?
        .document;
    let (_bare, bare_target, bare_pid) = start_bare().await?;
    for people in [10, 50, 100] {
        let load = Work {
            people,
            edits_per_s: 1.0,
            seconds,
        };
        for (name, target, pid) in [
            ("bare broadcast", &bare_target, bare_pid),
            ("yoriai", &made.target, server.pid()),
        ] {
            let before_s = cpu_s(pid)?;
            let mut outcome = work(target, load, &board)
                .await
                .with_context(|| format!("{name} with {people} people"))?;
            let spent_s = cpu_s(pid)? - before_s;
            rows.push(Row {
                server: name.to_owned(),
                people,
                p50_ms: outcome.latencies.percentile_ms(0.50),
                p95_ms: outcome.latencies.percentile_ms(0.95),
                p99_ms: outcome.latencies.percentile_ms(0.99),
                cpu_s_per_1000: spent_s / outcome.edits.max(1) as f64 * 1000.0,
                rss_mib: rss_mib(pid)?,
                delivered: outcome.delivered,
            });
        }
    }
    print(&rows);

    println!("\nLate join (median of {JOINS}): from connecting to a board that can be drawn.\n");
    println!("| notes | operations | ms | bytes | after a restart, first join, ms |\n|---|---|---|---|---|");
    let mut joins = Vec::new();
    for (notes, operations) in [
        (300, HISTORY_OPERATIONS),
        (5_000, if arguments.quick { 20_000 } else { 200_000 }),
    ] {
        let data = temporary_folder("bench-join")?;
        let mut server = ServerProcess::start(&data, None).await?;
        let made = board_of::create(server.address(), notes, operations).await?;
        let mut times = Vec::new();
        let mut bytes = 0;
        for number in 0..JOINS {
            let started = Instant::now();
            let mut light = Light::connect(&made.target, &format!("late-{number}")).await?;
            let joined = light.catch_up(started).await?;
            times.push(joined.usable.as_secs_f64() * 1000.0);
            bytes = joined.bytes;
        }
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let address = server.address();
        server.kill().await?;
        let server = ServerProcess::start(&data, Some(address)).await?;
        let started = Instant::now();
        let cold = Light::connect(&made.target, "after-restart")
            .await?
            .catch_up(started)
            .await?
            .usable
            .as_secs_f64()
            * 1000.0;
        println!("| {notes} | {operations} | {median:.1} | {bytes} | {cold:.1} |");
        joins.push(
            json!({ "notes": notes, "operations": operations, "ms": median, "bytes": bytes, "after_restart_ms": cold }),
        );
        drop(server);
    }
    println!(
        "\nThe generator itself used {:.1} s of processor time.",
        cpu_s(std::process::id())?
    );

    let all = json!({ "rows": rows.iter().map(Row::json).collect::<Vec<_>>(), "joins": joins });
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_vec_pretty(&all)?)?;
    }
    if let Some(path) = &arguments.against {
        compare(&serde_json::from_slice(&std::fs::read(path)?)?, &all)?;
    }
    Ok(())
}

async fn start_bare() -> Result<(Child, Target, u32)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--bare")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
    let Some(address) = lines.next_line().await? else {
        bail!("the bare server did not start")
    };
    let target = Target {
        address: address.parse()?,
        path: "/".to_owned(),
        cookies: Vec::new(),
        document: None,
    };
    let pid = child.id().context("the bare server ended")?;
    Ok((child, target, pid))
}

/// Prints now ÷ then for every figure that both files have.
fn compare(then: &Value, now: &Value) -> Result<()> {
    println!("\nNow ÷ then:\n");
    for row in now["rows"].as_array().context("rows")? {
        let same = |other: &&Value| other["server"] == row["server"] && other["people"] == row["people"];
        let Some(earlier) = then["rows"].as_array().and_then(|rows| rows.iter().find(same)) else {
            continue;
        };
        let ratio = |key: &str| row[key].as_f64().unwrap_or(f64::NAN) / earlier[key].as_f64().unwrap_or(f64::NAN);
        println!(
            "{} with {}: p50 {:.2}, p99 {:.2}, CPU {:.2}, RSS {:.2}",
            row["server"].as_str().unwrap_or(""),
            row["people"],
            ratio("p50_ms"),
            ratio("p99_ms"),
            ratio("cpu_s_per_1000_edits"),
            ratio("rss_mib")
        );
    }
    Ok(())
}
