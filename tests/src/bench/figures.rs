//! Numbers and how they are printed.

use serde_json::{Value, json};

/// Durations in microseconds, kept whole: runs are short enough for exact percentiles.
#[derive(Debug, Default, Clone)]
pub struct Latencies {
    micros: Vec<u64>,
}

impl Latencies {
    /// Notes one duration.
    pub fn note(&mut self, micros: u64) {
        self.micros.push(micros);
    }

    /// Takes over what another noted.
    pub fn absorb(&mut self, other: Self) {
        self.micros.extend(other.micros);
    }

    /// How many were noted.
    pub fn count(&self) -> usize {
        self.micros.len()
    }

    /// The value below which this part (0 to 1) of all lies, in milliseconds.
    pub fn percentile_ms(&mut self, part: f64) -> f64 {
        self.micros.sort_unstable();
        let last = self.micros.len().saturating_sub(1);
        let index = (part * last as f64).round() as usize;
        self.micros
            .get(index)
            .map_or(f64::NAN, |micros| *micros as f64 / 1000.0)
    }
}

/// One measured server under one load.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which server.
    pub server: String,
    /// People on the board.
    pub people: usize,
    /// Half, nineteen of twenty, ninety-nine of a hundred edits were seen by another participant within this, ms.
    pub p50_ms: f64,
    /// 95 %.
    pub p95_ms: f64,
    /// 99 %.
    pub p99_ms: f64,
    /// The server's processor seconds for 1,000 edits, each seen by all.
    pub cpu_s_per_1000: f64,
    /// Resident memory at the end, MiB.
    pub rss_mib: f64,
    /// Part of the expected (edit, receiver) pairs that arrived.
    pub delivered: f64,
}

impl Row {
    /// For the file that `--json` names.
    pub fn json(&self) -> Value {
        json!({
            "server": self.server, "people": self.people, "p50_ms": self.p50_ms, "p95_ms": self.p95_ms, "p99_ms": self.p99_ms,
            "cpu_s_per_1000_edits": self.cpu_s_per_1000, "rss_mib": self.rss_mib, "delivered": self.delivered,
        })
    }
}

/// Prints rows, each server's beside the bare broadcast's under the same load.
pub fn print(rows: &[Row]) {
    println!(
        "| server | people | p50 ms | p95 ms | p99 ms | CPU s / 1,000 edits | RSS MiB | delivered | p50 ×bare | p99 ×bare | CPU ×bare |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        let bare = rows
            .iter()
            .find(|other| other.people == row.people && other.server == "bare broadcast");
        let ratio = |of: fn(&Row) -> f64| bare.map_or("–".to_owned(), |bare| format!("{:.2}", of(row) / of(bare)));
        println!(
            "| {} | {} | {:.2} | {:.2} | {:.2} | {:.3} | {:.1} | {:.1} % | {} | {} | {} |",
            row.server,
            row.people,
            row.p50_ms,
            row.p95_ms,
            row.p99_ms,
            row.cpu_s_per_1000,
            row.rss_mib,
            row.delivered * 100.0,
            ratio(|row| row.p50_ms),
            ratio(|row| row.p99_ms),
            ratio(|row| row.cpu_s_per_1000)
        );
    }
}
