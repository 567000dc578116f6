//! The page: the client compiled to wasm, its JavaScript, styles and static files, named by content and compressed.
//!
//! The result is a folder that both `server/build.rs` and a server started with `--page-dir` understand: the files,
//! their `.gz` and `.br` forms, and `page.manifest` with one line per file.

mod bundle;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use self::bundle::Bundle;
use self::sources::{Placeholders, Sources};
use crate::step;
use crate::wasm_std::WasmCompiler;
use crate::workspace::Workspace;

const PART: &str = "page";
/// Raised whenever this module lays out the folder differently, so that an old folder is made again.
const LAYOUT: u32 = 2;
const INPUTS_FILE: &str = "page.inputs";
/// Holds the page's name, for the server, which tells it to pages that are open.
const VERSION_FILE: &str = "page.version";

/// What the page is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Small and fast; what is shipped and tested. Minutes.
    Ship,
    /// Quick to build, for work on the client. Seconds.
    Work,
}

impl Purpose {
    fn profile(self) -> &'static str {
        match self {
            Purpose::Ship => "page",
            Purpose::Work => "page-dev",
        }
    }
}

/// Builds the page if anything changed and returns its folder.
pub fn build(workspace: &Workspace, compiler: &WasmCompiler, purpose: Purpose) -> Result<PathBuf> {
    let profile = purpose.profile();
    step::say(
        PART,
        &format!("compiling the client for the browser (profile {profile})"),
    );
    compiler.run(
        workspace,
        "build",
        &["-p", "client-wasm", "--lib", "--profile", profile],
    )?;
    let wasm_file = compiler.library("client-wasm", profile);
    let wasm = fs::read(&wasm_file).with_context(|| format!("cargo built no {}", wasm_file.display()))?;
    let sources = Sources::read(&workspace.root.join("client-wasm"))?;

    let folder = workspace.target.join(profile);
    let inputs = sources.hash_with(&wasm, LAYOUT);
    if fs::read_to_string(folder.join(INPUTS_FILE)).is_ok_and(|known| known == inputs) {
        step::say(PART, &format!("{} is up to date", workspace.shown(&folder)));
        return Ok(folder);
    }
    let started = Instant::now();
    let bundle = assemble(&wasm_file, &sources)?;
    let next = folder.with_extension("next");
    step::say(
        PART,
        "naming the files by their content and compressing them: the server only ever copies bytes",
    );
    let sizes = bundle.write(&next, purpose == Purpose::Ship)?;
    fs::write(next.join(INPUTS_FILE), inputs)?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&next, &folder)?;
    step::say(
        PART,
        &format!(
            "{} is ready: {sizes} (packed in {})",
            workspace.shown(&folder),
            step::wall_time(started.elapsed())
        ),
    );
    Ok(folder)
}

/// Runs wasm-bindgen and gives every file its place.
fn assemble(wasm_file: &Path, sources: &Sources) -> Result<Bundle> {
    step::say(PART, "generating the JavaScript side with wasm-bindgen");
    let scratch = wasm_file.with_extension("bindgen");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    Bindgen::new()
        .input_path(wasm_file)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        // The page names its wasm file itself; the default would name one that does not exist.
        .omit_default_module_path(true)
        .out_name("client")
        .generate(&scratch)
        .context("wasm-bindgen failed; its version must be the one in Cargo.lock for the client")?;

    let mut bundle = Bundle::default();
    let mut scripts = Vec::new();
    let mut wasm = None;
    for (name, bytes) in sources::files_below(&scratch)? {
        if name.ends_with(".wasm") {
            wasm = Some(bytes);
        } else {
            scripts.push((name, bytes));
        }
    }
    // The scripts import each other by relative names, so they share a folder that is named by all their content.
    let scripts_folder = bundle::hash(scripts.iter().map(|(_, bytes)| bytes.as_slice()));
    for (name, bytes) in scripts {
        bundle.add_immutable(&format!("assets/{scripts_folder}/{name}"), bytes);
    }
    let placeholders = Placeholders {
        js: format!("/assets/{scripts_folder}/client.js"),
        wasm: bundle.add_hashed("client", "wasm", wasm.context("wasm-bindgen wrote no wasm file")?),
        css: bundle.add_hashed("styles", "css", sources.styles.clone()),
        ..Placeholders::default()
    };
    let boot = placeholders.fill(&sources.boot);
    let placeholders = Placeholders {
        boot: bundle.add_hashed("boot", "js", boot.into_bytes()),
        ..placeholders
    };
    for (name, bytes) in &sources.statics {
        let bytes = match std::str::from_utf8(bytes) {
            Ok(text) => placeholders.fill(text).into_bytes(),
            Err(_) => bytes.clone(),
        };
        bundle.add(name, bytes);
    }
    // The index and the worker carry the name, so it is made of everything else and of what they are made from.
    let written_by_hand = placeholders.fill(&format!("{}{}", sources.index, sources::WORKER));
    let placeholders = Placeholders {
        version: bundle.hash_with(&written_by_hand),
        ..placeholders
    };
    bundle.add("index.html", placeholders.fill(&sources.index).into_bytes());
    let worker = worker(&bundle.addresses(), &placeholders);
    bundle.add("sw.js", worker.into_bytes());
    bundle.add(VERSION_FILE, placeholders.version.into_bytes());
    Ok(bundle)
}

/// The service worker of a page of these files.
fn worker(addresses: &[String], placeholders: &Placeholders) -> String {
    let kept: Vec<String> = addresses.iter().map(|address| format!("{address:?}")).collect();
    placeholders
        .fill(sources::WORKER)
        .replace("%FILES%", &format!("[{}]", kept.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_keeps_every_file_under_the_builds_name() {
        let placeholders = Placeholders {
            version: "1f0c".to_owned(),
            ..Placeholders::default()
        };
        let worker = worker(&["/index.html".to_owned(), "/assets/a.css".to_owned()], &placeholders);
        assert!(worker.contains("const VERSION = \"1f0c\";"), "{worker}");
        assert!(
            worker.contains("new Set([\"/index.html\", \"/assets/a.css\"])"),
            "{worker}"
        );
        assert!(!worker.contains('%'), "{worker}");
    }
}
