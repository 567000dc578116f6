//! What a server process costs, from the kernel's own accounts.

use anyhow::{Context as _, Result};

/// Clock ticks a second in `/proc/<pid>/stat`; 100 on every Linux that this runs on.
const TICKS_PER_S: f64 = 100.0;

/// Processor seconds (user and system) that a process has used so far.
pub fn cpu_s(pid: u32) -> Result<f64> {
    let stat =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).context("no /proc; the costs are read on Linux only")?;
    // The second field is the name in brackets and may hold spaces.
    let rest = stat.rsplit_once(") ").context("no fields")?.1;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<f64>().ok())
            .context("no ticks")
    };
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_S)
}

/// Resident memory of a process in MiB.
pub fn rss_mib(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib / 1024.0)
}
