//! How the program starts, or says in one clear sentence of each language why it does not.

use std::path::Path;

use anyhow::{Context as _, Result};
use server::store::{SqliteStore, sqlite};
use tests::{
    http::HttpDevice,
    server_process::{ServerProcess, run_to_end},
    temporary_folder,
};

async fn refuses_to_start(arguments: &[&str], sentences: [&str; 2]) -> Result<()> {
    let (success, said) = run_to_end(arguments).await?;
    assert!(!success);
    for sentence in sentences {
        assert!(said.contains(sentence), "{sentence}: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    Ok(())
}

fn path(folder: &Path) -> Result<&str> {
    folder.to_str().context("temporary folders have plain names")
}

#[tokio::test]
async fn a_second_process_on_one_data_folder_is_told_so() -> Result<()> {
    let folder = temporary_folder("locked")?;
    let mut process = ServerProcess::start(&folder, None).await?;
    refuses_to_start(
        &["--data", path(&folder)?, "--listen", "127.0.0.1:0"],
        ["別の yoriai が使用中", "in use by another yoriai"],
    )
    .await?;
    // The first one goes on, and its end frees the folder, also an end without goodbye.
    HttpDevice::new(process.address())
        .request("GET", "/healthz", None)
        .await?
        .success()?;
    process.kill().await?;
    ServerProcess::start(&folder, None).await?.stop().await
}

#[tokio::test]
async fn a_port_in_use_is_said_so() -> Result<()> {
    let (one, two) = (temporary_folder("port")?, temporary_folder("port")?);
    let process = ServerProcess::start(&one, None).await?;
    let address = process.address().to_string();
    refuses_to_start(
        &["--data", path(&two)?, "--listen", &address],
        ["別のプログラムが使っています", "is in use by another program"],
    )
    .await
}

#[tokio::test]
async fn a_newer_a_foreign_and_an_unwritable_database_are_said_so_and_left_alone() -> Result<()> {
    let folder = temporary_folder("newer")?;
    drop(SqliteStore::open(&folder)?);
    let file = folder.join(sqlite::DATABASE_FILE);
    // The schema version lies at byte 60 of an SQLite file, big-endian.
    let mut bytes = std::fs::read(&file)?;
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&file, &bytes)?;
    let start = ["--data", path(&folder)?, "--listen", "127.0.0.1:0"];
    refuses_to_start(&start, ["新しい版", "written by a later yoriai"]).await?;
    assert_eq!(std::fs::read(&file)?, bytes);

    std::fs::write(&file, "これはデータベースではありません。".repeat(100))?;
    refuses_to_start(&start, ["壊れています", "is damaged"]).await?;

    let in_the_way = temporary_folder("file")?.join("data");
    std::fs::write(&in_the_way, "a file where the folder should be")?;
    refuses_to_start(
        &["--data", path(&in_the_way)?, "--listen", "127.0.0.1:0"],
        ["書き込めません", "cannot be written"],
    )
    .await
}

/// Needs a tiny file system of its own, so it runs where the test is root; elsewhere it says so.
#[tokio::test]
async fn a_full_disk_at_start_is_said_so() -> Result<()> {
    let folder = temporary_folder("full")?;
    let mounted = tokio::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs", path(&folder)?])
        .status()
        .await;
    if !mounted.is_ok_and(|status| status.success()) {
        println!("not tested: no tmpfs can be mounted here");
        return Ok(());
    }
    let filled = std::fs::write(folder.join("photos"), vec![7; 60 * 1024]);
    let outcome = refuses_to_start(
        &["--data", path(&folder)?, "--listen", "127.0.0.1:0"],
        ["ディスクがいっぱい", "The disk is full"],
    )
    .await;
    tokio::process::Command::new("umount")
        .arg(path(&folder)?)
        .status()
        .await?;
    filled?;
    outcome
}
