//! The native programs: the server with its page inside, and the tools of the `tests` crate.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::step;
use crate::workspace::Workspace;

/// How much the compiler optimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// What the tests use: dependencies optimised, our own code quick to compile.
    Dev,
    /// What is deployed and measured.
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Profile::Dev => "debug",
            Profile::Release => "release",
        }
    }

    fn apply(self, command: &mut Command) {
        if self == Profile::Release {
            command.arg("--release");
        }
    }
}

/// The variable through which `server/build.rs` learns which page to embed.
pub const PAGE_DIR: &str = "YORIAI_PAGE_DIR";

/// The packages whose tests are compiled together.
pub const TESTED: [&str; 6] = ["board", "sync", "hostile", "server", "client-wasm", "tests"];

const ADVICE: &str =
    "the compiler's message above says why; a missing C compiler is installed with `apt-get install gcc`";

/// Builds the server with `page` embedded and returns the program's path.
pub fn server(workspace: &Workspace, profile: Profile, page: Option<&Path>) -> Result<PathBuf> {
    step::say(
        "server",
        "compiling the server with the page embedded: one file is deployed",
    );
    let mut command = workspace.cargo();
    command.arg("build");
    match profile {
        // Beside the tests it is built as they are: the same packages and one of their targets give every dependency the
        // same features, so that automerge and what it needs are compiled once, not twice.
        Profile::Dev => {
            for package in TESTED {
                command.args(["-p", package]);
            }
            command.args(["--bin", "yoriai", "--test", "advisories"])
        }
        Profile::Release => command.args(["-p", "server", "--bin", "yoriai"]),
    };
    profile.apply(&mut command);
    if let Some(page) = page {
        command.env(PAGE_DIR, page);
    }
    step::run(&mut command, ADVICE)?;
    program(workspace, profile, "yoriai")
}

/// Builds one of the `tests` crate's programs in release mode and returns its path.
pub fn tool(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    step::say(
        name,
        "compiling the program in release mode: figures of unoptimised code mean nothing",
    );
    let mut command = workspace.cargo();
    command.args(["build", "-p", "tests", "--bin", name]);
    Profile::Release.apply(&mut command);
    step::run(&mut command, ADVICE)?;
    program(workspace, Profile::Release, name)
}

fn program(workspace: &Workspace, profile: Profile, name: &str) -> Result<PathBuf> {
    let file = workspace.target.join(profile.folder()).join(name);
    file.canonicalize()
        .with_context(|| format!("cargo built no {}", file.display()))
}
