//! Compilers and sources from a Debian mirror, unpacked into `target/` and never installed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::compiler::{Kit, Rustc};
use super::{PART, fresh_folder, sysroot};
use crate::machine::{find_program, is_installed, refresh_package_lists};
use crate::step;

/// What the mirror offers, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DebianPackages {
    /// Packages that hold the library's source.
    pub sources: Vec<SourcePackage>,
    /// Versions in which both `rustc-web` and `rust-web-src` exist.
    pub pairs: Vec<String>,
}

/// One package with the source of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePackage {
    /// The package's name.
    pub package: String,
    /// Its full version, like `1.96.0+dfsg1-1~deb12u2`.
    pub version: String,
}

const SOURCE_PACKAGES: [&str; 2] = ["rust-src", "rust-web-src"];
/// How far dependencies of the compiler's libraries are followed: LLVM needs libxml2, which needs ICU; no chain is longer.
const DEPENDENCY_DEPTH_MAX: usize = 4;

impl DebianPackages {
    /// Asks apt; empty on other systems.
    pub fn offered() -> DebianPackages {
        if find_program(&["apt-cache"]).is_none() || find_program(&["dpkg"]).is_none() {
            return DebianPackages::default();
        }
        // Without this a machine set up some weeks ago knows only versions that the mirror no longer has.
        let _ = refresh_package_lists(PART);
        let listing =
            |package: &str| step::ask(Command::new("apt-cache").args(["madison", package])).unwrap_or_default();
        let sources: Vec<_> = SOURCE_PACKAGES
            .iter()
            .flat_map(|package| {
                versions(&listing(package)).into_iter().map(|version| SourcePackage {
                    package: (*package).to_owned(),
                    version,
                })
            })
            .collect();
        let pairs = versions(&listing("rustc-web"))
            .into_iter()
            .filter(|version| {
                sources
                    .iter()
                    .any(|source| source.package == "rust-web-src" && source.version == *version)
            })
            .collect();
        DebianPackages { sources, pairs }
    }
}

/// The versions in the output of `apt-cache madison`, each once, in its order.
fn versions(listing: &str) -> Vec<String> {
    let mut versions: Vec<String> = Vec::new();
    for line in listing.lines() {
        let mut columns = line.split('|').map(str::trim);
        let (Some(_), Some(version), Some(place)) = (columns.next(), columns.next(), columns.next()) else {
            continue;
        };
        if !place.ends_with("Sources") && !versions.iter().any(|known| known == version) {
            versions.push(version.to_owned());
        }
    }
    versions
}

/// The compiler's release inside a Debian version: `1.96.0` of `1.96.0+dfsg1-1~deb12u2`.
pub fn release(version: &str) -> &str {
    let without_epoch = version.split_once(':').map_or(version, |(_, rest)| rest);
    without_epoch.split(['+', '-', '~']).next().unwrap_or(without_epoch)
}

/// Fetches and unpacks Debian's compiler, clippy and source of one version and compiles the library with them.
pub fn pair(rustc: &Rustc, version: &str, shelf: &Path) -> Result<Kit> {
    // Looked for first, because everything below is in vain without it.
    rustc.wasm_linker()?;
    let number = release(version)
        .rsplit_once('.')
        .map_or(release(version), |(number, _)| number);
    let runtime = format!("libstd-rust-web-{number}");
    let mut packages: Vec<(String, Option<&str>)> = [
        "rustc-web",
        "libstd-rust-web-dev",
        &runtime,
        "rust-web-src",
        "rust-web-clippy",
    ]
    .map(|package| (package.to_owned(), Some(version)))
    .into();
    packages.extend(missing_libraries(&runtime).into_iter().map(|package| (package, None)));
    let unpacked = shelf.join("debian");
    fetch_and_unpack(&packages, &unpacked)?;
    sysroot::build_with_debian(PART, &unpacked, &library(&unpacked)?, shelf)
}

/// Fetches and unpacks packages of given versions.
pub fn unpack(packages: &[(&str, &str)], folder: &Path) -> Result<()> {
    let packages: Vec<_> = packages
        .iter()
        .map(|(package, version)| ((*package).to_owned(), Some(*version)))
        .collect();
    fetch_and_unpack(&packages, folder)
}

fn fetch_and_unpack(packages: &[(String, Option<&str>)], folder: &Path) -> Result<()> {
    let downloads = folder.with_extension("deb");
    fresh_folder(&downloads)?;
    fresh_folder(folder)?;
    let mut download = Command::new("apt-get");
    download.args(["download", "-q"]).current_dir(&downloads);
    // As root apt drops its rights for downloads, which a folder of ours may not allow; it then warns and goes on.
    download.args(["-o", "APT::Sandbox::User=root"]);
    for (package, version) in packages {
        download.arg(match version {
            Some(version) => format!("{package}={version}"),
            None => package.clone(),
        });
    }
    step::run(
        &mut download,
        "the Debian mirror must be reachable and its lists fresh (`apt-get update`)",
    )?;
    for entry in fs::read_dir(&downloads)? {
        let file = entry?.path();
        step::run(
            Command::new("dpkg").arg("-x").arg(&file).arg(folder),
            "is the disk full?",
        )
        .with_context(|| format!("unpacking {}", file.display()))?;
    }
    // 140 MB that are never read again.
    fs::remove_dir_all(&downloads)?;
    Ok(())
}

/// The libraries that the compiler's runtime needs and this machine lacks (LLVM and what LLVM needs).
fn missing_libraries(runtime: &str) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    let mut open = vec![runtime.to_owned()];
    for _ in 0..DEPENDENCY_DEPTH_MAX {
        let mut next = Vec::new();
        for package in open {
            let Some(listing) = step::ask(Command::new("apt-cache").args(["depends", "--important", &package])) else {
                continue;
            };
            for library in dependencies(&listing) {
                if !is_installed(&library) && missing.insert(library.clone()) {
                    next.push(library);
                }
            }
        }
        open = next;
    }
    missing
}

/// The package names after `Depends:` in the output of `apt-cache depends`; virtual packages stand in `<>`.
fn dependencies(listing: &str) -> Vec<String> {
    listing
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .filter(|name| !name.starts_with('<'))
        .map(str::to_owned)
        .collect()
}

/// The `library` folder of an unpacked source package.
pub fn library(unpacked: &Path) -> Result<PathBuf> {
    let sources = unpacked.join("usr/src");
    for entry in fs::read_dir(&sources).context("the source package holds no usr/src")? {
        let library = entry?.path().join("library");
        if library.join("std/Cargo.toml").is_file() {
            return Ok(library);
        }
    }
    bail!("no standard library source below {}", sources.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_out_of_debian_versions() {
        assert_eq!(release("1.96.0+dfsg1-1~deb12u2"), "1.96.0");
        assert_eq!(release("1.95.0+dfsg1-1~bpo13+1"), "1.95.0");
        assert_eq!(release("1:22.1.8-1~deb12u1"), "22.1.8");
        assert_eq!(release("1.63.0"), "1.63.0");
    }

    #[test]
    fn every_binary_version_of_a_listing_is_found_once() {
        let listing = "\
 rustc-web | 1.96.0+dfsg1-1~deb12u2 | mirror bookworm-security/main amd64 Packages
 rustc-web | 1.85.0+dfsg3-1~deb12u3 | mirror bookworm/main amd64 Packages
 rustc-web | 1.85.0+dfsg3-1~deb12u3 | mirror bookworm-updates/main amd64 Packages
 rustc-web | 1.97.0-1 | mirror sid/main Sources
N: nonsense
";
        assert_eq!(versions(listing), ["1.96.0+dfsg1-1~deb12u2", "1.85.0+dfsg3-1~deb12u3"]);
    }

    #[test]
    fn real_dependencies_are_told_from_virtual_ones() {
        let listing = "\
libllvm22
  Depends: libc6
  PreDepends: dpkg
  Depends: libxml2
  Depends: <libc-dev>
  Conflicts: <rustup>
";
        assert_eq!(dependencies(listing), ["libc6", "libxml2"]);
    }
}
