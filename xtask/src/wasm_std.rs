//! The standard library for `wasm32-unknown-unknown`, on machines with and without rustup's servers.
//!
//! [`plan`] decides from facts in which order to try what; [`prepare`] gathers the facts, tries, and keeps what worked
//! below `target/wasm-std`, so that the next run starts at once.

mod compiler;
mod debian;
mod sysroot;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

pub use self::compiler::WasmCompiler;
use self::compiler::{Kit, Rustc};
use self::debian::DebianPackages;
use crate::machine::find_program;
use crate::step;
use crate::workspace::Workspace;

/// The one target the page is compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";
const PART: &str = "wasm";

/// What is known about the machine before anything is tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The release of the rustc in use, like `1.95.0`.
    pub release: String,
    /// The sysroot already has the target.
    pub target_in_sysroot: bool,
    /// An earlier run left a usable result.
    pub kept: Option<Kit>,
    /// rustup is there and its toolchain is the one in use.
    pub rustup: bool,
    /// rustup's component `rust-src` is installed.
    pub source_in_sysroot: bool,
    /// What the Debian mirror offers.
    pub debian: DebianPackages,
}

/// One way to get the standard library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// Nothing to do: the compiler has it.
    UseSysroot,
    /// Nothing to do: an earlier run made it.
    UseKept(Kit),
    /// `rustup target add`.
    AddWithRustup,
    /// Compile it from the installed component `rust-src`.
    BuildFromComponent,
    /// Compile it from a Debian package that holds the source of exactly this rustc.
    BuildFromDebianSource {
        /// `rust-src` or `rust-web-src`.
        package: String,
        /// The full Debian version.
        version: String,
    },
    /// Use Debian's own compiler together with the source that is in step with it.
    UseDebianPair {
        /// The full Debian version, the same for both.
        version: String,
    },
}

/// The oldest compiler that builds this workspace.
const OLDEST_RUSTC: &str = env!("CARGO_PKG_RUST_VERSION");

/// What to try, best first. Pure, so that both kinds of machine are tested on any machine.
pub fn plan(facts: &Facts) -> Vec<Attempt> {
    if facts.target_in_sysroot {
        return vec![Attempt::UseSysroot];
    }
    let mut attempts = Vec::new();
    attempts.extend(facts.kept.clone().map(Attempt::UseKept));
    if facts.rustup {
        attempts.push(Attempt::AddWithRustup);
    }
    if facts.source_in_sysroot {
        attempts.push(Attempt::BuildFromComponent);
    }
    // A source of another release would not compile: the library uses its own compiler's unstable features.
    attempts.extend(
        facts
            .debian
            .sources
            .iter()
            .filter(|source| debian::release(&source.version) == facts.release)
            .map(|source| Attempt::BuildFromDebianSource {
                package: source.package.clone(),
                version: source.version.clone(),
            }),
    );
    attempts.extend(
        facts
            .debian
            .pairs
            .iter()
            .filter(|version| numbers(debian::release(version)) >= numbers(OLDEST_RUSTC))
            .map(|version| Attempt::UseDebianPair {
                version: version.clone(),
            }),
    );
    attempts
}

/// `1.95.0` as something that compares the right way round.
fn numbers(release: &str) -> Vec<u32> {
    release.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// Makes sure that the client can be compiled, and says how.
pub fn prepare(workspace: &Workspace) -> Result<WasmCompiler> {
    let rustc = Rustc::of_this_machine()?;
    let shelf = Shelf::of(workspace, &rustc);
    let mut facts = Facts {
        release: rustc.release.clone(),
        target_in_sysroot: rustc.has_target(TARGET),
        kept: shelf.kept(),
        rustup: find_program(&["rustup"]).is_some(),
        source_in_sysroot: rustc.source().is_some(),
        debian: DebianPackages::default(),
    };
    let mut failures = Vec::new();
    let mut tried = Vec::new();
    // Debian is asked only after the quick ways failed: it costs seconds and, as root, fetches package lists.
    for ask_debian in [false, true] {
        if ask_debian {
            facts.debian = DebianPackages::offered();
        }
        for attempt in plan(&facts) {
            if tried.contains(&attempt) {
                continue;
            }
            match carry_out(&attempt, workspace, &rustc, &shelf) {
                Ok(kit) => {
                    shelf.keep(&kit)?;
                    return Ok(WasmCompiler::new(workspace, rustc, kit));
                }
                Err(error) => {
                    let line = format!("{error:#}");
                    step::say(PART, &format!("that did not work, trying the next way: {line}"));
                    failures.push(line);
                }
            }
            tried.push(attempt);
        }
    }
    bail!(
        "no standard library for {TARGET}.\nInstall it with `rustup target add {TARGET}`, or, where rustup's servers \
         cannot be reached, install rustup's component rust-src, or use Debian 12 with bookworm-security, whose \
         rustc-web and rust-web-src this command fetches itself.{}",
        failures
            .iter()
            .map(|failure| format!("\n- {failure}"))
            .collect::<String>()
    )
}

fn carry_out(attempt: &Attempt, workspace: &Workspace, rustc: &Rustc, shelf: &Shelf) -> Result<Kit> {
    match attempt {
        Attempt::UseSysroot => Ok(Kit::Sysroot),
        Attempt::UseKept(kit) => {
            kit.check(rustc)?;
            Ok(kit.clone())
        }
        Attempt::AddWithRustup => {
            step::say(
                PART,
                &format!("rustup target add {TARGET}: the compiler lacks the standard library for the browser"),
            );
            sysroot::add_with_rustup()?;
            // Some installations call a component up to date although its files are gone.
            if !rustc.has_target(TARGET) {
                bail!(
                    "rustup reported success, but {TARGET} is not in {}",
                    rustc.sysroot.display()
                );
            }
            Ok(Kit::Sysroot)
        }
        Attempt::BuildFromComponent => {
            let Some(source) = rustc.source() else {
                bail!("rustup's component rust-src disappeared");
            };
            sysroot::build(PART, rustc, &source, &shelf.folder)
        }
        Attempt::BuildFromDebianSource { package, version } => {
            step::say(
                PART,
                &format!("fetching Debian's {package} {version}: it is the source of exactly this compiler"),
            );
            let unpacked = shelf.folder.join("source");
            debian::unpack(&[(package.as_str(), version.as_str())], &unpacked)?;
            sysroot::build(PART, rustc, &debian::library(&unpacked)?, &shelf.folder)
        }
        Attempt::UseDebianPair { version } => {
            step::say(
                PART,
                &format!(
                    "fetching Debian's compiler and library source {version}, unpacked below {}, not installed: the \
                     two match each other, and nothing on the mirror matches this machine's rustc {}",
                    workspace.shown(&shelf.folder),
                    rustc.release
                ),
            );
            debian::pair(rustc, version, &shelf.folder)
        }
    }
}

/// Where results for one compiler are kept.
struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    fn of(workspace: &Workspace, rustc: &Rustc) -> Shelf {
        Shelf {
            folder: workspace.target.join("wasm-std").join(&rustc.name),
        }
    }

    fn note(&self) -> PathBuf {
        self.folder.join("ready")
    }

    fn kept(&self) -> Option<Kit> {
        Kit::read(&fs::read_to_string(self.note()).ok()?, &self.folder)
    }

    fn keep(&self, kit: &Kit) -> Result<()> {
        if let Some(note) = kit.write(&self.folder) {
            fs::create_dir_all(&self.folder)?;
            fs::write(self.note(), note)?;
        }
        Ok(())
    }
}

/// Empties a folder, so that what an interrupted run left there is not taken for a result.
fn fresh_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Runs a compiler with `-vV` and reads one line of the answer.
fn version_line(rustc: &mut Command, key: &str) -> Option<String> {
    let answer = step::ask(rustc.arg("-vV"))?;
    answer
        .lines()
        .find_map(|line| Some(line.strip_prefix(key)?.trim().to_owned()))
}

#[cfg(test)]
mod tests;
