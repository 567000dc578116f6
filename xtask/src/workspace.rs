//! Where things are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The paths that every task needs.
pub struct Workspace {
    /// The clone's top folder.
    pub root: PathBuf,
    /// Everything that is built or fetched lives below this folder.
    pub target: PathBuf,
}

impl Workspace {
    /// Finds the clone from the environment that cargo gives to `cargo xtask`.
    pub fn locate() -> Result<Workspace> {
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask has no parent folder")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => env::current_dir().context("the current folder is gone")?.join(folder),
            None => root.join("target"),
        };
        Ok(Workspace { root, target })
    }

    /// Cargo, in this workspace, without what the cargo that started us left in the environment.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(cargo());
        // Named in full, because cargo would look for a relative one from another folder than the user did.
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            // These describe the xtask package; a build script that watches one would run again every time.
            if text.starts_with("CARGO_PKG_")
                || [
                    "CARGO_MANIFEST_DIR",
                    "CARGO_MANIFEST_PATH",
                    "CARGO_CRATE_NAME",
                    "CARGO_BIN_NAME",
                ]
                .contains(&&*text)
            {
                command.env_remove(&name);
            }
        }
        command
    }

    /// A path below the clone as a person would write it.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

/// The cargo that started us, or the one in `PATH`.
pub fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
