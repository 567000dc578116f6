//! Getting the library into a sysroot: from rustup, or compiled from source.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use rustc_build_sysroot::{SysrootBuilder, SysrootConfig};
use rustc_version::VersionMeta;

use super::compiler::{Kit, Rustc, debian_program, set_debian_libraries};
use super::{TARGET, fresh_folder};
use crate::step;
use crate::workspace::cargo;

/// How long `rustup target add` may take: 25 MB at 1 Mbit/s. A network that swallows packets must not hold us longer.
const RUSTUP_MAX: Duration = Duration::from_secs(200);
/// How often we look whether rustup has ended.
const POLL: Duration = Duration::from_millis(100);

/// Asks rustup for the target, with a deadline.
pub fn add_with_rustup() -> Result<()> {
    let mut child = Command::new("rustup")
        .args(["target", "add", TARGET])
        .env("RUSTUP_MAX_RETRIES", "1")
        .stdin(Stdio::null())
        .spawn()
        .context("rustup could not be started")?;
    let deadline = Instant::now() + RUSTUP_MAX;
    loop {
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("`rustup target add {TARGET}` failed: its servers cannot be reached from here");
            }
            return Ok(());
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            bail!(
                "`rustup target add {TARGET}` got no answer in {} s",
                RUSTUP_MAX.as_secs()
            );
        }
        thread::sleep(POLL);
    }
}

/// Compiles the library in `source` with the machine's own compiler.
pub fn build(part: &str, rustc: &Rustc, source: &Path, shelf: &Path) -> Result<Kit> {
    step::say(
        part,
        &format!(
            "compiling the standard library for {TARGET} from source: about a minute, once for rustc {}",
            rustc.release
        ),
    );
    let sysroot = shelf.join("sysroot");
    fresh_folder(&sysroot)?;
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    run_builder(&sysroot, source, Command::new(&program), |cargo| {
        cargo.env("RUSTC", &program);
    })?;
    Ok(Kit::Built { sysroot })
}

/// Compiles the library in `source` with Debian's compiler.
pub fn build_with_debian(part: &str, unpacked: &Path, source: &Path, shelf: &Path) -> Result<Kit> {
    step::say(
        part,
        &format!("compiling the standard library for {TARGET} with Debian's compiler: about a minute, once"),
    );
    let sysroot = shelf.join("sysroot");
    fresh_folder(&sysroot)?;
    let program = debian_program(unpacked, "rustc");
    let mut rustc = Command::new(&program);
    set_debian_libraries(&mut rustc, unpacked);
    run_builder(&sysroot, source, rustc, |cargo| {
        cargo.env("RUSTC", &program);
        set_debian_libraries(cargo, unpacked);
    })?;
    Ok(Kit::Debian {
        unpacked: unpacked.to_path_buf(),
        sysroot,
    })
}

fn run_builder(sysroot: &Path, source: &Path, rustc: Command, prepare: impl FnOnce(&mut Command)) -> Result<()> {
    let version = VersionMeta::for_command(rustc).map_err(|error| anyhow!("asking the compiler: {error}"))?;
    let mut cargo = Command::new(cargo());
    // Progress is visible: the builder would otherwise collect cargo's output.
    cargo.stdout(Stdio::inherit()).stderr(Stdio::inherit());
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
    // The library is written in the language's unstable part, which stable compilers allow for itself alone.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    prepare(&mut cargo);
    let source = source.canonicalize()?;
    SysrootBuilder::new(sysroot, TARGET)
        .sysroot_config(SysrootConfig::WithStd {
            std_features: Vec::new(),
        })
        .rustc_version(version)
        .cargo(cargo)
        .build_from_source(&source)
        .context("compiling the standard library failed")?;
    Ok(())
}
