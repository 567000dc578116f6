//! `cargo xtask test`: every check and every test, and what they need on a machine where nothing was installed by hand.

mod browser;
mod interop;
mod tally;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use self::tally::Tally;
use crate::native::{self, PAGE_DIR, Profile};
use crate::page::{self, Purpose};
use crate::step::{self, wall_time};
use crate::wasm_std::{self, WasmCompiler};
use crate::workspace::Workspace;

/// What `--only` chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The code is formatted.
    Fmt,
    /// clippy finds nothing, natively.
    Clippy,
    /// clippy finds nothing in the client for wasm32.
    ClippyWasm,
    /// The page builds.
    Page,
    /// Tests of the document model and the report.
    Board,
    /// Tests of the protocol.
    Sync,
    /// The gate under known hostile bytes and the fuzz targets' seeds.
    Hostile,
    /// Tests inside the server.
    Server,
    /// Tests of the client that need no browser.
    ClientWasm,
    /// Simulation, sockets, interoperation and browsers.
    Tests,
    /// Tests of this program.
    Xtask,
}

impl Part {
    /// The package whose tests the part runs.
    fn package(self) -> Option<&'static str> {
        match self {
            Part::Fmt | Part::Clippy | Part::ClippyWasm | Part::Page => None,
            Part::Board => Some("board"),
            Part::Sync => Some("sync"),
            Part::Hostile => Some("hostile"),
            Part::Server => Some("server"),
            Part::ClientWasm => Some("client-wasm"),
            Part::Tests => Some("tests"),
            Part::Xtask => Some("xtask"),
        }
    }

    /// Whether the part needs the page and the server with the page in it.
    fn needs_server(self) -> bool {
        matches!(self, Part::Server | Part::Tests)
    }
}

/// Runs the chosen parts (all when none is named) and prints times and counts at the end.
pub fn run(workspace: &Workspace, only: &[Part], libtest: &[OsString]) -> Result<ExitCode> {
    let wanted: Vec<Part> = Part::value_variants()
        .iter()
        .copied()
        .filter(|part| only.is_empty() || only.contains(part))
        .collect();
    let mut report = Report::new();
    let wants = |part| wanted.contains(&part);

    if wants(Part::Fmt) {
        report.step("fmt", || {
            need_component(workspace, "fmt", "rustfmt");
            step::say("fmt", "comparing the code with what rustfmt would write");
            step::run(
                workspace.cargo().args(["fmt", "--all", "--", "--check"]),
                "run `cargo fmt --all`; if rustfmt is missing: rustup component add rustfmt",
            )
        });
    }
    let needs_page = wants(Part::Page) || wanted.iter().any(|part| part.needs_server());
    let mut compiler = None;
    if needs_page || wants(Part::ClippyWasm) {
        compiler = report.step("wasm library", || wasm_std::prepare(workspace));
    }
    if wants(Part::Clippy) {
        report.step("clippy", || {
            need_component(workspace, "clippy", "clippy");
            step::say("clippy", "linting all crates, natively; a warning is a failure");
            let mut command = workspace.cargo();
            command.args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ]);
            step::run(
                &mut command,
                "mend the warnings; if clippy is missing: rustup component add clippy",
            )
        });
    }
    if wants(Part::ClippyWasm) {
        report.step("clippy wasm32", || lint_client(workspace, compiler.as_ref()));
    }
    let mut built = Built::default();
    if needs_page {
        built.page = report.step("page", || match &compiler {
            Some(compiler) => page::build(workspace, compiler, Purpose::Ship),
            None => bail!("no compiler for wasm32 (see above)"),
        });
    }
    if wanted.iter().any(|part| part.needs_server()) {
        built.server = report.step("server", || {
            native::server(workspace, Profile::Dev, built.page.as_deref())
        });
    }
    if wants(Part::Tests) {
        built.chromium = report.step("browser", browser::prepare);
        built.interop = report.step("npm packages", || interop::prepare(workspace)).flatten();
    }
    // This program's own dependencies are compiled already, but in its own profile only.
    let (own, packages): (Vec<Part>, Vec<Part>) = wanted.iter().partition(|part| **part == Part::Xtask);
    let packages: Vec<&str> = packages.iter().filter_map(|part| part.package()).collect();
    let mut tally = Tally::default();
    if !own.is_empty() {
        report.step("tests of xtask", || {
            let mut command = workspace.cargo();
            command.args(["test", "--profile", "xtask", "-p", "xtask"]);
            run_tests(command, libtest, &mut tally)
        });
    }
    if !packages.is_empty() {
        let compiled = report.step("compile tests", || {
            step::say("tests", "compiling the tests");
            let mut command = cargo_test(workspace, &packages, &built);
            step::run(command.arg("--no-run"), "the compiler's message above says why")
        });
        if compiled.is_some() {
            report.step("tests", || {
                run_tests(cargo_test(workspace, &packages, &built), libtest, &mut tally)
            });
        }
    }
    report.tally = tally;
    Ok(report.finish())
}

fn run_tests(mut command: Command, libtest: &[OsString], tally: &mut Tally) -> Result<()> {
    step::say("tests", "running the tests; all of them, also when one fails");
    command.arg("--no-fail-fast").arg("--").args(libtest);
    if !step::watch(command, |line| tally.read(line))? {
        bail!("some tests failed; their names and messages are above");
    }
    Ok(())
}

/// What the tests are told about through their environment.
#[derive(Default)]
struct Built {
    page: Option<PathBuf>,
    server: Option<PathBuf>,
    chromium: Option<PathBuf>,
    interop: Option<PathBuf>,
}

fn cargo_test(workspace: &Workspace, packages: &[&str], built: &Built) -> Command {
    let mut command = workspace.cargo();
    command.arg("test");
    for package in packages {
        command.args(["-p", package]);
    }
    let variables = [
        (PAGE_DIR, &built.page),
        ("YORIAI_PAGE", &built.page),
        ("YORIAI_BIN", &built.server),
        ("YORIAI_CHROMIUM", &built.chromium),
        ("YORIAI_INTEROP", &built.interop),
    ];
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => &mut command,
        };
    }
    command
}

/// Adds a component of the toolchain that a minimal installation lacks; a failure shows in the step that needs it.
fn need_component(workspace: &Workspace, subcommand: &str, component: &str) {
    if step::ask(workspace.cargo().args([subcommand, "--version"])).is_none() {
        step::say(
            subcommand,
            &format!("rustup component add {component}: this toolchain came without it"),
        );
        let _ = step::run(Command::new("rustup").args(["component", "add", component]), "");
    }
}

fn lint_client(workspace: &Workspace, compiler: Option<&WasmCompiler>) -> Result<()> {
    let Some(compiler) = compiler else {
        bail!("no compiler for wasm32 (see above)");
    };
    step::say("clippy", "linting the client for wasm32, where most of its code lives");
    // The page's profile, because the macros compiled for it serve the page's build as well.
    let options = [
        "-p",
        "client-wasm",
        "--lib",
        "--profile",
        "page",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    compiler.run(workspace, "clippy", &options)
}

/// Times and outcomes of the steps, for the table at the end.
struct Report {
    started: Instant,
    steps: Vec<(&'static str, Duration, bool)>,
    tally: Tally,
}

impl Report {
    fn new() -> Report {
        Report {
            started: Instant::now(),
            steps: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Runs one step; its failure is printed and remembered, and the steps that do not need it go on.
    fn step<T>(&mut self, name: &'static str, run: impl FnOnce() -> Result<T>) -> Option<T> {
        let started = Instant::now();
        let result = run();
        let took = started.elapsed();
        self.steps.push((name, took, result.is_ok()));
        match result {
            Ok(value) => {
                step::say(name, &format!("done in {}", wall_time(took)));
                Some(value)
            }
            Err(error) => {
                step::say(name, &format!("FAILED after {}: {error:#}", wall_time(took)));
                None
            }
        }
    }

    fn finish(self) -> ExitCode {
        println!("\nTests by program:\n{}", self.tally.table());
        println!("Steps:");
        for (name, took, passed) in &self.steps {
            let mark = if *passed { "ok" } else { "FAILED" };
            println!("  {name:<16} {:>14}  {mark}", wall_time(*took));
        }
        println!("  {:<16} {:>14}", "in all", wall_time(self.started.elapsed()));
        let failed_steps = self.steps.iter().filter(|(_, _, passed)| !passed).count();
        println!(
            "\n{} passed, {} failed, {} ignored; {}",
            self.tally.passed(),
            self.tally.failed(),
            self.tally.ignored(),
            match failed_steps {
                0 => "every step succeeded".to_owned(),
                1 => "1 step failed".to_owned(),
                n => format!("{n} steps failed"),
            }
        );
        if failed_steps == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_built_with_all_packages_whose_tests_follow_so_that_nothing_is_compiled_twice() {
        let tested: Vec<&str> = Part::value_variants()
            .iter()
            .filter(|part| **part != Part::Xtask)
            .filter_map(|part| part.package())
            .collect();
        assert_eq!(tested, native::TESTED);
    }
}
