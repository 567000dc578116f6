//! What we depend on, held against RustSec's list of advisories, where the machine has the list.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use rustsec::{Database, Lockfile};
use tests::temporary_folder;

/// The advisories that concern a lock file, one line each.
fn concerning(list: &Path, lockfile: &Lockfile) -> Result<Vec<String>> {
    let database = Database::open(list).with_context(|| format!("{} is no list of advisories", list.display()))?;
    Ok(database
        .vulnerabilities(lockfile)
        .into_iter()
        .map(|found| {
            format!(
                "{} {}: {} ({})",
                found.package.name, found.package.version, found.advisory.title, found.advisory.id
            )
        })
        .collect())
}

fn our_lockfile() -> Result<Lockfile> {
    Ok(Lockfile::load(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"),
    )?)
}

/// Where `cargo audit` keeps the list, or where `YORIAI_ADVISORIES` says.
fn list() -> Option<PathBuf> {
    let named = std::env::var_os("YORIAI_ADVISORIES").map(PathBuf::from);
    let home = || {
        std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
    };
    named
        .or_else(|| home().map(|home| home.join("advisory-db")))
        .filter(|list| list.is_dir())
}

#[test]
fn no_advisory_concerns_what_we_depend_on() -> Result<()> {
    let Some(list) = list() else {
        println!(
            "NOT CHECKED: no list of advisories here; `git clone` RustSec's advisory-db and name its folder in YORIAI_ADVISORIES"
        );
        return Ok(());
    };
    let found = concerning(&list, &our_lockfile()?)?;
    ensure!(found.is_empty(), "advisories concern us:\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn an_advisory_about_a_crate_of_ours_is_found_and_a_mended_version_is_not() -> Result<()> {
    let list = temporary_folder("advisories")?;
    let folder = list.join("crates/automerge");
    std::fs::create_dir_all(&folder)?;
    for (id, patched) in [("RUSTSEC-2026-9001", "[]"), ("RUSTSEC-2026-9002", "[\">= 0.1.0\"]")] {
        let advisory = format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"automerge\"\ndate = \"2026-01-02\"\n[versions]\npatched = {patched}\n```\n\n# A made-up flaw\n\nFor this test.\n"
        );
        std::fs::write(folder.join(format!("{id}.md")), advisory)?;
    }
    let found = concerning(&list, &our_lockfile()?)?;
    ensure!(
        found.len() == 1 && found.iter().all(|line| line.contains("9001")),
        "{found:?}"
    );
    Ok(())
}
