//! The compilers: the one cargo uses on this machine, and how to make it, or another, compile for wasm32.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{TARGET, version_line};
use crate::machine::find_program;
use crate::step;
use crate::workspace::Workspace;

/// The rustc that cargo uses here.
pub struct Rustc {
    /// `1.95.0`
    pub release: String,
    /// A folder name that differs between any two compilers: `1.95.0-f2d3ce0bd`.
    pub name: String,
    /// Where its libraries are.
    pub sysroot: PathBuf,
    /// The triple of this machine.
    pub host: String,
}

impl Rustc {
    /// Asks the `rustc` in `PATH` (or in `RUSTC`).
    pub fn of_this_machine() -> Result<Rustc> {
        let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let ask = || Command::new(&program);
        let advice = "rustc does not answer; install Rust with rustup";
        let release = version_line(&mut ask(), "release:").context(advice)?;
        let host = version_line(&mut ask(), "host:").context(advice)?;
        let commit = version_line(&mut ask(), "commit-hash:").unwrap_or_default();
        let sysroot = step::ask(ask().args(["--print", "sysroot"])).context(advice)?;
        Ok(Rustc {
            name: format!("{release}-{}", commit.get(..9).unwrap_or("unknown")),
            sysroot: PathBuf::from(sysroot.trim()),
            release,
            host,
        })
    }

    /// Whether the sysroot holds a compiled standard library for the target.
    pub fn has_target(&self, target: &str) -> bool {
        holds_std(&self.sysroot, target)
    }

    /// The `library` folder of rustup's component rust-src, if it is installed.
    pub fn source(&self) -> Option<PathBuf> {
        let library = self.sysroot.join("lib/rustlib/src/rust/library");
        library.join("std/Cargo.toml").is_file().then_some(library)
    }

    /// A linker for wasm: the one that comes with this compiler, or an installed one.
    pub fn wasm_linker(&self) -> Result<PathBuf> {
        let own = self.sysroot.join("lib/rustlib").join(&self.host).join("bin/rust-lld");
        if own.is_file() {
            return Ok(own);
        }
        find_program(&["rust-lld", "wasm-ld"])
            .context("no linker for wasm: install rustup's toolchain, or on Debian the package lld")
    }
}

fn holds_std(sysroot: &Path, target: &str) -> bool {
    let folder = sysroot.join("lib/rustlib").join(target).join("lib");
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// What makes a compiler able to compile for wasm32.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kit {
    /// Nothing: the compiler's own sysroot has the target.
    Sysroot,
    /// A sysroot that we built with the machine's own compiler.
    Built {
        /// For `--sysroot`.
        sysroot: PathBuf,
    },
    /// Debian's compiler, unpacked, with a sysroot that we built with it.
    Debian {
        /// The folder that the packages were unpacked into.
        unpacked: PathBuf,
        /// For `--sysroot`.
        sysroot: PathBuf,
    },
}

impl Kit {
    /// The line that a later run reads; nothing to remember where the sysroot has the target.
    pub fn write(&self, shelf: &Path) -> Option<String> {
        let below = |path: &Path| path.strip_prefix(shelf).ok().map(|path| path.display().to_string());
        match self {
            Kit::Sysroot => None,
            Kit::Built { sysroot } => Some(format!("built {}\n", below(sysroot)?)),
            Kit::Debian { unpacked, sysroot } => Some(format!("debian {} {}\n", below(sysroot)?, below(unpacked)?)),
        }
    }

    /// Reads what [`Kit::write`] wrote; anything else counts as nothing.
    pub fn read(note: &str, shelf: &Path) -> Option<Kit> {
        match note.split_whitespace().collect::<Vec<_>>()[..] {
            ["built", sysroot] => Some(Kit::Built {
                sysroot: shelf.join(sysroot),
            }),
            ["debian", sysroot, unpacked] => Some(Kit::Debian {
                unpacked: shelf.join(unpacked),
                sysroot: shelf.join(sysroot),
            }),
            _ => None,
        }
    }

    /// Whether everything it names is still there.
    pub fn check(&self, rustc: &Rustc) -> Result<()> {
        let complete = match self {
            Kit::Sysroot => rustc.has_target(TARGET),
            Kit::Built { sysroot } => holds_std(sysroot, TARGET),
            Kit::Debian { unpacked, sysroot } => {
                holds_std(sysroot, TARGET) && debian_program(unpacked, "rustc").is_file()
            }
        };
        if !complete {
            bail!("what an earlier run kept is no longer complete");
        }
        Ok(())
    }
}

/// A program of an unpacked Debian compiler.
pub fn debian_program(unpacked: &Path, name: &str) -> PathBuf {
    unpacked.join("usr/bin").join(name)
}

/// Lets an unpacked Debian compiler find its libraries, before those of whoever started us.
pub fn set_debian_libraries(command: &mut Command, unpacked: &Path) {
    let mut folders = vec![
        unpacked.join("usr/lib/x86_64-linux-gnu"),
        unpacked.join("usr/lib/aarch64-linux-gnu"),
    ];
    folders.push(unpacked.join("usr/lib"));
    if let Some(others) = env::var_os("LD_LIBRARY_PATH") {
        folders.extend(env::split_paths(&others));
    }
    if let Ok(joined) = env::join_paths(folders) {
        command.env("LD_LIBRARY_PATH", joined);
    }
}

/// Cargo, set up to compile for wasm32 on this machine.
pub struct WasmCompiler {
    rustc: Rustc,
    kit: Kit,
    target_dir: PathBuf,
}

impl WasmCompiler {
    /// Each compiler has a target folder of its own, so that they do not undo each other's work, and none of them
    /// holds the lock of the native builds.
    pub fn new(workspace: &Workspace, rustc: Rustc, kit: Kit) -> WasmCompiler {
        let folder = match kit {
            Kit::Sysroot => "wasm",
            Kit::Built { .. } => "wasm-built",
            Kit::Debian { .. } => "wasm-debian",
        };
        WasmCompiler {
            rustc,
            kit,
            target_dir: workspace.target.join(folder),
        }
    }

    /// Runs a cargo subcommand for wasm32.
    pub fn run(&self, workspace: &Workspace, subcommand: &str, arguments: &[&str]) -> Result<()> {
        let mut command = self.cargo(workspace, subcommand)?;
        let (options, after) = match arguments.iter().position(|argument| *argument == "--") {
            Some(at) => arguments.split_at(at),
            None => (arguments, &[][..]),
        };
        command
            .args(options)
            .args(["--target", TARGET, "--target-dir"])
            .arg(&self.target_dir)
            .args(after);
        step::run(&mut command, "the compiler's message above says why")
    }

    /// Where `cargo build --profile PROFILE` puts the library of `package`.
    pub fn library(&self, package: &str, profile: &str) -> PathBuf {
        let name = format!("{}.wasm", package.replace('-', "_"));
        self.target_dir.join(TARGET).join(profile).join(name)
    }

    fn cargo(&self, workspace: &Workspace, subcommand: &str) -> Result<Command> {
        let mut command = workspace.cargo();
        if let Kit::Debian { unpacked, .. } = &self.kit
            && subcommand == "clippy"
        {
            // Clippy is part of a compiler: only Debian's reads what Debian's compiled.
            command = Command::new(debian_program(unpacked, "cargo-clippy"));
            command.current_dir(&workspace.root);
        }
        command.arg(subcommand);
        let sysroot = match &self.kit {
            Kit::Sysroot => return Ok(command),
            Kit::Built { sysroot } => sysroot,
            Kit::Debian { unpacked, sysroot } => {
                command
                    .env("RUSTC", debian_program(unpacked, "rustc"))
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", self.rustc.wasm_linker()?);
                set_debian_libraries(&mut command, unpacked);
                sysroot
            }
        };
        // Flags for every target would replace the ones for this target.
        command
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                format!("--sysroot={}", sysroot.display()),
            );
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_survives_writing_and_reading_and_moves_with_the_clone() {
        let kit = Kit::Debian {
            unpacked: PathBuf::from("/a/shelf/debian"),
            sysroot: PathBuf::from("/a/shelf/sysroot"),
        };
        let note = kit.write(Path::new("/a/shelf")).unwrap();
        assert_eq!(Kit::read(&note, Path::new("/a/shelf")), Some(kit));
        assert!(!note.contains("/a/"), "{note}");
        assert_eq!(Kit::read("", Path::new("/a")), None);
        assert_eq!(Kit::read("debian only-one", Path::new("/a")), None);
    }

    #[test]
    fn a_kit_whose_files_are_gone_is_refused() {
        let rustc = Rustc {
            release: "1.95.0".to_owned(),
            name: "1.95.0-x".to_owned(),
            sysroot: PathBuf::from("/nowhere"),
            host: "x86_64-unknown-linux-gnu".to_owned(),
        };
        assert!(
            Kit::Built {
                sysroot: PathBuf::from("/nowhere")
            }
            .check(&rustc)
            .is_err()
        );
        assert!(Kit::Sysroot.check(&rustc).is_err());
    }
}
