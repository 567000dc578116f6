//! The npm packages of the interoperation test: an unmodified JavaScript automerge-repo client.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::machine::find_program;
use crate::step;
use crate::workspace::Workspace;

const PART: &str = "interop";

/// Installs what `tests/interop/package.json` names into `target/interop`; `None` when there is no such file.
pub fn prepare(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let wanted_file = workspace.root.join("tests/interop/package.json");
    if !wanted_file.is_file() {
        step::say(PART, "tests/interop/package.json is not there; nothing to install");
        return Ok(None);
    }
    if find_program(&["node"]).is_none() || find_program(&["npm"]).is_none() {
        bail!("please install Node 20 or newer with npm: the interoperation test runs a JavaScript client");
    }
    let wanted = fs::read_to_string(&wanted_file).context("reading tests/interop/package.json")?;
    let folder = workspace.target.join("interop");
    // Written after a successful installation only, so an interrupted one is done again.
    let note = folder.join("installed.json");
    if fs::read_to_string(&note).is_ok_and(|known| known == wanted) {
        step::say(PART, "the npm packages are up to date");
        return Ok(Some(folder));
    }
    step::say(
        PART,
        "installing the npm packages of the JavaScript client below target/",
    );
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), &wanted)?;
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).args([
        "install",
        // A lock file would carry the address of whichever mirror this machine uses.
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
    ]);
    step::run(&mut npm, "the npm registry must be reachable")?;
    fs::write(note, wanted)?;
    Ok(Some(folder))
}
