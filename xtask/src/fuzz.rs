//! `cargo xtask fuzz`: the three fuzz targets, built and run without cargo-fuzz.
//!
//! libFuzzer needs no more than the compiler's own coverage instrumentation, which stable has. The address sanitizer needs
//! nightly and costs half the speed; there is no unsafe code of ours for it to look at, so it is asked for by name.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::{step, workspace::Workspace};

const PART: &str = "fuzz";
/// An input that takes longer than this is a finding, in seconds.
const SLOW_S: u32 = 10;
/// A process that needs more than this is a finding, in MiB.
const MEMORY_MIB: u32 = 1024;
/// The longest input: twice the frame limit is beyond every check, a quarter of it finds more a second.
const INPUT_BYTES_MAX: usize = 64 * 1024;
/// What cargo-fuzz passes to the compiler, but for the tracing of comparisons: it would be 40 % of the time, and what it is good at,
/// guessing magic numbers and checksums, the targets and their seeds do.
const COVERAGE: [&str; 8] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Clink-dead-code",
    "-Ccodegen-units=1",
    "-Cforce-frame-pointers",
];

/// Options of `cargo xtask fuzz`.
#[derive(Args)]
pub struct Options {
    /// Only this target; all three, one after the other, when none is named.
    target: Option<Target>,
    /// Executions of each target.
    #[arg(long, default_value_t = 10_000_000)]
    runs: u64,
    /// With the address sanitizer, which needs a nightly toolchain.
    #[arg(long)]
    asan: bool,
}

/// A fuzz target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Target {
    /// A chunk with its checksum put right.
    Chunk,
    /// A sync message with the checksums inside put right.
    SyncMessage,
    /// A frame of CBOR.
    Frame,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Chunk => "chunk",
            Self::SyncMessage => "sync_message",
            Self::Frame => "frame",
        }
    }
}

/// Builds the targets and runs them; what they find lies in `target/fuzz/artifacts`.
pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let folder = workspace.target.join("fuzz");
    let programs = build(workspace, &folder, options.asan)?;
    let targets = match options.target {
        Some(target) => vec![target],
        None => Target::value_variants().to_vec(),
    };
    for target in targets {
        let name = target.name();
        let (found, corpus) = (folder.join("artifacts").join(name), folder.join("corpus").join(name));
        for folder in [&found, &corpus] {
            fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        let seeds = write_seeds(workspace, &folder, name)?;
        step::say(PART, &format!("{name}: {} executions", options.runs));
        let mut command = Command::new(programs.join(name));
        command
            .arg(&corpus)
            .arg(seeds)
            .arg(format!("-runs={}", options.runs))
            .arg(format!("-artifact_prefix={}/", found.display()))
            .arg(format!("-rss_limit_mb={MEMORY_MIB}"))
            .arg(format!("-timeout={SLOW_S}"))
            .arg(format!("-max_len={INPUT_BYTES_MAX}"))
            .arg("-print_final_stats=1");
        step::run(
            &mut command,
            &format!(
                "the input is in {}: once the defect is mended it belongs into tests/hostile/corpus/{name}",
                workspace.shown(&found)
            ),
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The seeds as plain bytes: libFuzzer reads no hexadecimal.
fn write_seeds(workspace: &Workspace, folder: &Path, name: &str) -> Result<PathBuf> {
    let plain = folder.join("seeds").join(name);
    // What was taken out of the repository is no seed any more.
    let _ = fs::remove_dir_all(&plain);
    fs::create_dir_all(&plain)?;
    let seeds = workspace.root.join("tests/hostile/corpus").join(name);
    for entry in fs::read_dir(&seeds).with_context(|| format!("reading {}", seeds.display()))? {
        let path = entry?.path();
        let mut bytes = fs::read(&path)?;
        if path.extension().is_some_and(|extension| extension == "hex") {
            bytes = unhex(&bytes);
        }
        fs::write(plain.join(path.file_name().unwrap_or_default()), bytes)?;
    }
    Ok(plain)
}

fn unhex(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = text
        .iter()
        .filter_map(|digit| char::from(*digit).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn build(workspace: &Workspace, folder: &Path, asan: bool) -> Result<PathBuf> {
    let manifest = workspace.root.join("fuzz/Cargo.toml");
    step::say(
        PART,
        "building the targets with coverage instrumentation; the first time takes minutes",
    );
    let target = step::ask(Command::new("rustc").arg("-vV"))
        .and_then(|text| {
            text.lines()
                .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        })
        .context("rustc does not say which machine it is for")?;
    let mut flags = COVERAGE.map(str::to_owned).to_vec();
    let mut command = if asan {
        if step::ask(Command::new("rustup").args(["run", "nightly", "rustc", "-V"])).is_none() {
            bail!(
                "the address sanitizer needs a nightly toolchain: rustup toolchain install nightly; or leave out --asan"
            );
        }
        flags.push("-Zsanitizer=address".to_owned());
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "cargo"]);
        command
    } else {
        workspace.cargo()
    };
    command
        .current_dir(&workspace.root)
        .args(["build", "--release", "--bins", "--target", &target, "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    step::run(
        &mut command,
        "libFuzzer is C++: a C++ compiler must be installed (on Debian: apt-get install g++)",
    )?;
    Ok(folder.join(target).join("release"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_as_people_write_them() {
        assert_eq!(unhex(b"85 6F 4a-83\n"), [0x85, 0x6f, 0x4a, 0x83]);
    }
}
