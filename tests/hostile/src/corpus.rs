//! The seeds of the fuzz targets: small files, hexadecimal as `.hex`, anything else as it is.

use std::{fs, io, path::PathBuf};

use crate::forge::unhex;

/// The targets, which are the folders of the corpus and the programs in `fuzz/`.
pub const TARGETS: [&str; 3] = ["chunk", "sync_message", "frame"];

/// The folder of a target's seeds.
pub fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// A target's seeds, by file name and in its order.
///
/// # Errors
/// If the folder cannot be read.
pub fn seeds(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut seeds = Vec::new();
    for entry in fs::read_dir(folder(target))? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        let bytes = match path.extension().is_some_and(|extension| extension == "hex") {
            true => unhex(&String::from_utf8_lossy(&bytes)),
            false => bytes,
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        seeds.push((name, bytes));
    }
    seeds.sort();
    Ok(seeds)
}
