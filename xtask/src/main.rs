//! `cargo xtask`: everything between a fresh clone and a running, tested or measured Yoriai.
//!
//! Every step prints one line saying what it does and why, nothing asks a question, and a failure names what to
//! install. Results are kept below `target/`, so that a second run does only what changed.

mod fuzz;
mod machine;
mod native;
mod page;
mod step;
mod suite;
mod wasm_std;
mod workspace;

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::native::Profile;
use crate::page::Purpose;
use crate::step::wall_time;
use crate::workspace::Workspace;

/// Builds, runs, tests and measures Yoriai.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything, start the server and print its links.
    Serve {
        /// Address and port to listen on; the server's own default is 127.0.0.1:8080.
        #[arg(long)]
        listen: Option<String>,
        /// Folder that keeps the workshops, made when missing; the server's own default is .yoriai.
        #[arg(long)]
        data: Option<PathBuf>,
        /// Quick builds for work on the code: less optimised, page included.
        #[arg(long)]
        dev: bool,
        /// Further options for the server, after `--`: see `cargo xtask serve -- --help`.
        #[arg(last = true)]
        server: Vec<OsString>,
    },
    /// Build only the page, into target/page (with --dev: quickly, into target/page-dev).
    Page {
        /// Seconds instead of minutes: little optimisation, no compression.
        #[arg(long)]
        dev: bool,
    },
    /// Check the client for wasm32 without building the page.
    Wasm {
        /// Lint it with clippy instead.
        #[arg(long)]
        clippy: bool,
    },
    /// Build everything and run every check and test.
    Test {
        /// Only these parts (may be given several times, or separated by commas).
        #[arg(long, value_delimiter = ',', num_args = 1..)]
        only: Vec<suite::Part>,
        /// Options for the tests themselves, after `--`: a name filter, `--nocapture`, …
        #[arg(last = true)]
        libtest: Vec<OsString>,
    },
    /// Measure latency, late joins and memory against a release server.
    Bench {
        /// Options of the load generator: `--quick`, `--json FILE`, `--against FILE`, …
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Run the simulation of the sync core over many seeds.
    Sim {
        /// Options of the simulation: `--seeds N`, `--seed S`, …
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Throw random bytes at the gate, ten million times a target.
    Fuzz(fuzz::Options),
    /// Build the one file that is deployed: target/dist/yoriai.
    Dist,
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\ncargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Serve {
            listen,
            data,
            dev,
            server,
        } => serve(&workspace, listen, data, dev, server),
        Task::Page { dev } => {
            let compiler = wasm_std::prepare(&workspace)?;
            let purpose = if dev { Purpose::Work } else { Purpose::Ship };
            let page = page::build(&workspace, &compiler, purpose)?;
            println!("{}", page.display());
            Ok(ExitCode::SUCCESS)
        }
        Task::Wasm { clippy } => {
            let compiler = wasm_std::prepare(&workspace)?;
            let subcommand = if clippy { "clippy" } else { "check" };
            compiler.run(
                &workspace,
                subcommand,
                &["-p", "client-wasm", "--lib", "--profile", "page-dev"],
            )?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Test { only, libtest } => suite::run(&workspace, &only, &libtest),
        Task::Bench { options } => {
            let server = native::server(&workspace, Profile::Release, Some(&ship_page(&workspace)?))?;
            let bench = native::tool(&workspace, "bench")?;
            become_process(Command::new(bench).args(options).env("YORIAI_BIN", server))
        }
        Task::Sim { options } => {
            let sim = native::tool(&workspace, "sim")?;
            become_process(Command::new(sim).args(options))
        }
        Task::Fuzz(options) => fuzz::run(&workspace, &options),
        Task::Dist => {
            let server = native::server(&workspace, Profile::Release, Some(&ship_page(&workspace)?))?;
            let folder = workspace.target.join("dist");
            std::fs::create_dir_all(&folder)?;
            let file = folder.join("yoriai");
            // Removed first, because a copy that is running right now could not be written over.
            let _ = std::fs::remove_file(&file);
            let bytes =
                std::fs::copy(&server, &file).with_context(|| format!("copying the server to {}", file.display()))?;
            step::say(
                "dist",
                &format!("{} ({} KB) is all there is to deploy", file.display(), bytes / 1024),
            );
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The page as it is shipped.
fn ship_page(workspace: &Workspace) -> Result<PathBuf> {
    let compiler = wasm_std::prepare(workspace)?;
    page::build(workspace, &compiler, Purpose::Ship)
}

fn serve(
    workspace: &Workspace,
    listen: Option<String>,
    data: Option<PathBuf>,
    dev: bool,
    options: Vec<OsString>,
) -> Result<ExitCode> {
    let started = std::time::Instant::now();
    let compiler = wasm_std::prepare(workspace)?;
    let (purpose, profile) = if dev {
        (Purpose::Work, Profile::Dev)
    } else {
        (Purpose::Ship, Profile::Release)
    };
    let page = page::build(workspace, &compiler, purpose)?;
    let server = native::server(workspace, profile, Some(&page))?;
    step::say(
        "serve",
        &format!(
            "starting the server; everything was ready after {}",
            wall_time(started.elapsed())
        ),
    );
    let mut command = Command::new(server);
    // What is not given here stays open to the server's environment variables and defaults.
    if let Some(listen) = listen {
        command.arg("--listen").arg(listen);
    }
    if let Some(data) = data {
        command.arg("--data").arg(data);
    }
    become_process(command.args(options))
}

/// Replaces this process, so that signals reach the program directly and its exit code is ours.
fn become_process(command: &mut Command) -> Result<ExitCode> {
    let error = command.exec();
    Err(error).with_context(|| format!("starting {}", command.get_program().to_string_lossy()))
}
