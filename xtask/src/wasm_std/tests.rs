//! Both situations of a fresh machine, decided without being on one.

use super::debian::{DebianPackages, SourcePackage};
use super::*;

fn source(package: &str, version: &str) -> SourcePackage {
    SourcePackage {
        package: package.to_owned(),
        version: version.to_owned(),
    }
}

/// A Debian 12 machine on 22 November 2026, before anything was fetched.
fn mirror_only() -> Facts {
    Facts {
        release: "1.95.0".to_owned(),
        rustup: true,
        debian: DebianPackages {
            sources: vec![
                source("rust-src", "1.63.0+dfsg1-2"),
                source("rust-web-src", "1.96.0+dfsg1-1~deb12u2"),
                source("rust-web-src", "1.85.0+dfsg3-1~deb12u3"),
            ],
            pairs: vec!["1.96.0+dfsg1-1~deb12u2".to_owned(), "1.85.0+dfsg3-1~deb12u3".to_owned()],
        },
        ..Facts::default()
    }
}

#[test]
fn a_sysroot_with_the_target_is_used_and_nothing_else_is_tried() {
    let facts = Facts {
        target_in_sysroot: true,
        kept: Some(Kit::Sysroot),
        ..mirror_only()
    };
    assert_eq!(plan(&facts), [Attempt::UseSysroot]);
}

#[test]
fn on_an_ordinary_machine_rustup_comes_first() {
    let facts = Facts {
        release: "1.95.0".to_owned(),
        rustup: true,
        ..Facts::default()
    };
    assert_eq!(plan(&facts), [Attempt::AddWithRustup]);
}

#[test]
fn behind_a_mirror_the_matched_pair_comes_after_rustup_and_too_old_pairs_never() {
    assert_eq!(
        plan(&mirror_only()),
        [
            Attempt::AddWithRustup,
            Attempt::UseDebianPair {
                version: "1.96.0+dfsg1-1~deb12u2".to_owned()
            },
        ]
    );
}

#[test]
fn the_source_of_exactly_this_compiler_beats_a_second_compiler() {
    let mut facts = mirror_only();
    facts.debian.sources.push(source("rust-src", "1.95.0+dfsg1-1~bpo13+1"));
    let attempts = plan(&facts);
    assert_eq!(
        attempts[1],
        Attempt::BuildFromDebianSource {
            package: "rust-src".to_owned(),
            version: "1.95.0+dfsg1-1~bpo13+1".to_owned()
        }
    );
    assert!(matches!(attempts[2], Attempt::UseDebianPair { .. }));
}

#[test]
fn an_installed_source_component_needs_no_download() {
    let facts = Facts {
        source_in_sysroot: true,
        ..mirror_only()
    };
    assert_eq!(plan(&facts)[1], Attempt::BuildFromComponent);
}

#[test]
fn what_an_earlier_run_made_comes_before_every_download() {
    let kit = Kit::Built {
        sysroot: PathBuf::from("s"),
    };
    let facts = Facts {
        kept: Some(kit.clone()),
        ..mirror_only()
    };
    assert_eq!(plan(&facts)[0], Attempt::UseKept(kit));
}

#[test]
fn without_rustup_and_without_debian_there_is_nothing_to_try() {
    let facts = Facts {
        release: "1.95.0".to_owned(),
        ..Facts::default()
    };
    assert_eq!(plan(&facts), []);
}

#[test]
fn releases_compare_as_numbers() {
    assert!(numbers("1.100.0") > numbers("1.96.0"));
    assert!(numbers("1.85.0") < numbers(OLDEST_RUSTC));
}
