//! Everything the tests, the simulation and the benchmarks share: real browsers, real servers, networks that fail.

pub mod bench;
pub mod bombs;
pub mod browser;
pub mod crowd;
pub mod evening;
pub mod fault_proxy;
pub mod faulty_store;
pub mod hall;
pub mod http;
pub mod light_client;
pub mod notes;
pub mod raw_line;
pub mod raw_peer;
pub mod server_process;
pub mod simulation;
pub mod stored;

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

/// Whether the big numbers are asked for (`YORIAI_THOROUGH=1`).
pub fn thorough() -> bool {
    std::env::var_os("YORIAI_THOROUGH").is_some_and(|value| value == "1")
}

/// The small number by default, the large one when [`thorough`].
pub fn scaled<T>(small: T, large: T) -> T {
    if thorough() { large } else { small }
}

/// A fresh folder for one test, below the system's folder for temporary files.
pub fn temporary_folder(purpose: &str) -> std::io::Result<PathBuf> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("yoriai-{purpose}-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The workspace's `target` folder, where failures leave their evidence.
pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")))
}
