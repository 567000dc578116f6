//! Embeds the built page into the server.
//!
//! `cargo xtask` builds the page and names its folder in `YORIAI_PAGE_DIR`. The folder's `page.manifest` lists every
//! file with its type, its content hash and whether its name carries that hash; this script turns the list into a
//! table of `include_bytes!`. Without the variable the table is empty and the server says how to build the page, so
//! that `cargo check` never needs a wasm compiler.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=YORIAI_PAGE_DIR");
    let mut table = String::from("&[\n");
    if let Some(folder) = env::var_os("YORIAI_PAGE_DIR").filter(|folder| !folder.is_empty()) {
        embed(Path::new(&folder), &mut table)?;
    }
    table.push(']');
    let out = PathBuf::from(env::var("OUT_DIR")?).join("embedded_page.rs");
    fs::write(out, table)?;
    Ok(())
}

/// Appends one `Asset` literal per line of the folder's manifest.
fn embed(folder: &Path, table: &mut String) -> Result<(), Box<dyn Error>> {
    let manifest = folder.join("page.manifest");
    // The manifest holds every file's hash, so it alone tells whether anything changed.
    println!("cargo::rerun-if-changed={}", manifest.display());
    let lines = fs::read_to_string(&manifest).map_err(|error| {
        format!(
            "YORIAI_PAGE_DIR names {}, which has no readable page.manifest ({error}); run `cargo xtask page` first",
            folder.display()
        )
    })?;
    for line in lines.lines() {
        let [path, mime, hash, immutable] = line
            .split('\t')
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| format!("unexpected line in page.manifest: {line:?}"))?;
        let file = folder.join(path).canonicalize()?;
        writeln!(
            table,
            "    Asset {{ path: {path:?}, mime: {mime:?}, hash: {hash:?}, immutable: {}, \
             identity: include_bytes!({file:?}), gzip: {}, brotli: {} }},",
            immutable == "immutable",
            variant(&file, "gz"),
            variant(&file, "br"),
        )?;
    }
    Ok(())
}

/// The literal for a compressed sibling of `file`, or `None` where compressing did not pay.
fn variant(file: &Path, suffix: &str) -> String {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    let sibling = PathBuf::from(name);
    if sibling.is_file() {
        format!("Some(include_bytes!({sibling:?}))")
    } else {
        String::from("None")
    }
}
