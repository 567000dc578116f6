//! What this machine has, and installing Debian packages where we may.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Result, bail};

use crate::step;

/// The first of `names` that `PATH` has as an executable file.
pub fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| is_executable(file))
    })
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Whether this process may install packages.
pub fn is_root() -> bool {
    step::ask(Command::new("id").arg("-u")).is_some_and(|uid| uid.trim() == "0")
}

/// Whether the Debian package is installed.
pub fn is_installed(package: &str) -> bool {
    step::ask(Command::new("dpkg-query").args(["-W", "-f=${Status}", package]))
        .is_some_and(|status| status.contains("install ok installed"))
}

/// Installs Debian packages without asking anything; fails with what to install where that is not possible.
pub fn install(part: &str, packages: &[&str], why: &str) -> Result<()> {
    let list = packages.join(" ");
    if find_program(&["apt-get"]).is_none() || !is_root() {
        bail!("please install {list} ({why}); on Debian: apt-get install {list}");
    }
    step::say(part, &format!("installing {list} with apt-get: {why}"));
    refresh_package_lists(part)?;
    let mut command = Command::new("apt-get");
    command
        .args(["install", "--yes", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    step::run(&mut command, &format!("please install {list} by hand"))
}

/// Fetches the package lists; a mirror that lacks one list must not stop what the others can give.
pub fn refresh_package_lists(part: &str) -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    step::say(
        part,
        "fetching Debian's package lists: they may be missing or old on a fresh machine",
    );
    let updated = step::run(
        Command::new("apt-get").args(["update", "-qq", "-o", "APT::Update::Error-Mode=any"]),
        "",
    );
    if updated.is_err() {
        step::say(part, "some package list could not be fetched; going on with the others");
    }
    Ok(())
}
