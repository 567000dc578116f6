//! The browser that the tests drive, and a font that can write Japanese.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::machine::{find_program, install};
use crate::step;

const PART: &str = "browser";
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Finds Chromium, installing it and the fonts where we may, and returns its path.
pub fn prepare() -> Result<PathBuf> {
    let chosen = env::var_os("YORIAI_CHROMIUM")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    let mut chromium = chosen.or_else(|| find_program(&PROGRAMS));
    let mut missing = Vec::new();
    if chromium.is_none() {
        missing.push("chromium");
    }
    if !has_japanese_font() {
        missing.push("fonts-noto-cjk");
    }
    if !missing.is_empty() {
        let installed = install(
            PART,
            &missing,
            "the browser tests type and look at Japanese in a real browser",
        );
        match installed {
            // Without the font the tests still run; only the screenshots show boxes.
            Err(error) if chromium.is_some() => step::say(PART, &format!("going on without: {error:#}")),
            result => result?,
        }
        chromium = chromium.or_else(|| find_program(&PROGRAMS));
    }
    let chromium = chromium.context("chromium was installed but is not in PATH")?;
    step::say(PART, &format!("the browser tests use {}", chromium.display()));
    Ok(chromium)
}

fn has_japanese_font() -> bool {
    match step::ask(Command::new("fc-list").args([":lang=ja", "family"])) {
        Some(families) => !families.trim().is_empty(),
        None => crate::machine::is_installed("fonts-noto-cjk"),
    }
}
