//! Row 30: `yoriai backup`, `restore`, `check` and `export`, as the operator types them, beside a running server and after it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use automerge::Automerge;
use server::store::sqlite::{DATABASE_FILE, RESERVE_FILE};
use tests::{
    crowd::Crowd,
    hall::Hall,
    notes::{has_note, note},
    scaled,
    server_process::{ServerProcess, binary, free_address},
    stored, temporary_folder,
};

/// What a subcommand ended with and said.
struct Said {
    code: i32,
    text: String,
}

impl Said {
    fn expect(self, code: i32, words: &str) -> Result<String> {
        ensure!(
            self.code == code && self.text.contains(words) && !self.text.contains("panicked"),
            "ended with {} instead of {code}, or did not say {words}: {}",
            self.code,
            self.text
        );
        Ok(self.text)
    }
}

async fn yoriai(data: &Path, arguments: &[&str]) -> Result<Said> {
    let output = tokio::process::Command::new(binary())
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .await?;
    Ok(Said {
        code: output.status.code().context("it was killed")?,
        text: format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
    })
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a plain path")
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Flips a byte in the middle of the first change of a document, by its place in the file.
fn damage(data: &Path, board: sync::DocumentId) -> Result<()> {
    let path = data.join(DATABASE_FILE);
    let body: Vec<u8> = {
        let connection = rusqlite::Connection::open(&path)?;
        connection.query_row(
            "SELECT body FROM changes WHERE document = (SELECT row FROM documents WHERE id = ?1) ORDER BY seq LIMIT 1",
            [&board.as_bytes()[..]],
            |row| row.get(0),
        )?
    };
    let mut file = std::fs::read(&path)?;
    let places: Vec<usize> = (0..file.len()).filter(|at| file[*at..].starts_with(&body)).collect();
    ensure!(!places.is_empty(), "the change stands in the file");
    for at in places {
        file[at + body.len() / 2] ^= 1;
    }
    Ok(std::fs::write(path, file)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_30_a_backup_beside_a_running_server_restores_everything_acknowledged_before_it() -> Result<()> {
    let folder = temporary_folder("backup")?;
    let (data, backups, other) = (folder.join("data"), folder.join("backups"), folder.join("other"));
    std::fs::create_dir_all(&backups)?;
    let address = free_address().await?;
    let mut process = ServerProcess::start(&data, Some(address)).await?;
    let hall = Hall::with_groups(address, 4).await?;
    let mut crowd = Crowd::seat(&hall, scaled(16, 50)).await?;
    crowd.write(30);
    crowd.wait_acknowledged(scaled(100, 1_000)).await?;
    // In the middle of the writing. What was acknowledged before it began is in it.
    let before: Vec<_> = crowd
        .clients()
        .map(|(board, client)| (board, client.known().acknowledged.clone()))
        .collect();
    yoriai(&data, &["backup", text(&backups)?])
        .await?
        .expect(0, "backup:")?;
    let made = files_in(&backups)?;
    let backup = made.first().context("a backup was made")?;
    ensure!(made.len() == 1 && text(backup)?.ends_with(".sqlite"), "{made:?}");
    yoriai(&data, &["backup", text(backup)?])
        .await?
        .expect(1, "exists already")?;
    yoriai(&data, &["check"])
        .await?
        .expect(0, "5 of 5 documents are well")?;
    // Restoring into the folder of a running server is refused.
    yoriai(&data, &["restore", "--force", text(backup)?])
        .await?
        .expect(1, "in use by another yoriai")?;

    // Into an empty folder: a new machine.
    yoriai(&other, &["restore", text(backup)?])
        .await?
        .expect(0, "restored:")?;
    let restored = stored::documents(&other)?;
    let mut compared = 0;
    for (board, acknowledged) in before {
        let doc = restored.get(&board).context("the board is restored")?;
        let held: std::collections::BTreeSet<_> = doc.get_changes_meta(&[]).iter().map(|change| change.hash).collect();
        let missing = acknowledged.difference(&held).count();
        ensure!(missing == 0, "{missing} acknowledged changes are not in the backup");
        compared += acknowledged.len();
    }

    // And over what is there, once everything has been written: the folder is then exactly the backup.
    let written = crowd.finish(&hall).await?;
    process.stop().await?;
    let last = folder.join("last.sqlite");
    yoriai(&data, &["backup", text(&last)?]).await?.expect(0, "backup:")?;
    let whole = stored::documents(&data)?;
    ensure!(crowd.compare(&whole)?.acknowledged == written);
    yoriai(&other, &["restore", text(&last)?]).await?.expect(1, "--force")?;
    yoriai(&other, &["restore", "--force", text(&last)?])
        .await?
        .expect(0, "kept what was there")?;
    let restored = stored::documents(&other)?;
    for (document, doc) in &whole {
        let again = restored.get(document).context("every document is restored")?;
        ensure!(doc.get_heads() == again.get_heads(), "{document} differs");
    }
    // The restored folder serves.
    process = ServerProcess::start(&other, Some(address)).await?;
    crowd.network_is_back();
    ensure!(crowd.compare_exports(&hall).await?.acknowledged == written);
    process.stop().await?;
    println!("row 30: {compared} acknowledged before the backup, all in it; {written} in the second, all restored");
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

#[tokio::test]
async fn row_04_and_30_a_damaged_board_is_named_isolated_and_restored_with_what_is_newer() -> Result<()> {
    let folder = temporary_folder("damaged")?;
    let (data, backup) = (folder.join("data"), folder.join("backup.sqlite"));
    let address = free_address().await?;
    let mut process = ServerProcess::start(&data, Some(address)).await?;
    let hall = Hall::with_groups(address, 2).await?;
    let (first, second) = (hall.board(0)?, hall.board(1)?);
    let writer = hall.client(&hall.coordinator, 1);
    for board in [first, second] {
        writer.open(board).await?;
        for number in 0..5 {
            writer.act(board, note(&format!("old{number}"), "控えにある"))?;
        }
        writer.wait_saved(board).await?;
    }
    yoriai(&data, &["backup", text(&backup)?]).await?.expect(0, "backup:")?;
    writer.act(first, note("newer", "控えのあとに書いた"))?;
    writer.wait_saved(first).await?;
    drop(writer);
    process.kill().await?;
    // Everything in one file, so that the byte is found in it.
    yoriai(&data, &["check"]).await?.expect(0, "3 of 3")?;
    drop(rusqlite::Connection::open(data.join(DATABASE_FILE))?.query_row(
        "PRAGMA wal_checkpoint(TRUNCATE)",
        [],
        |_| Ok(()),
    ));
    damage(&data, first)?;

    let said = yoriai(&data, &["check"])
        .await?
        .expect(3, "2 of 3 documents are well")?;
    ensure!(said.contains(&format!("yoriai restore --board {first}")), "{said}");
    process = ServerProcess::start(&data, Some(address)).await?;
    ensure!(
        process.log().contains(&format!("restore --board {first}")),
        "the log says how: {}",
        process.log()
    );
    let reader = hall.client(&hall.coordinator, 2);
    reader.open(second).await?;
    reader.act(second, note("goes-on", "となりは続く"))?;
    reader.wait_saved(second).await?;
    ensure!(reader.open(first).await.is_err(), "the damaged board is not served");
    reader.act(second, note("still", "つながったまま"))?;
    reader.wait_saved(second).await?;
    ensure!(reader.known().connections == 1, "the connection lasted");
    ensure!(reader.known().notices.contains(&"damaged".to_owned()), "it is said why");
    let mut device = hall.coordinator.clone();
    let path = hall.path(&format!("groups/{}/board.automerge", hall.group(0)?));
    ensure!(device.request("GET", &path, None).await?.status >= 500);
    // Everything else of the workshop can be exported, also beside the running server.
    let exported = folder.join("exported");
    yoriai(&data, &["export", text(&exported)?])
        .await?
        .expect(3, &first.to_string())?;
    process.stop().await?;

    yoriai(&data, &["restore", "--board", &second.to_string(), text(&backup)?])
        .await?
        .expect(1, "is not damaged")?;
    yoriai(&data, &["restore", "--board", "nothing", text(&backup)?])
        .await?
        .expect(1, "no document nothing")?;
    yoriai(&data, &["restore", "--board", &first.to_string(), text(&backup)?])
        .await?
        .expect(3, "1 newer ones that could still be read")?;
    yoriai(&data, &["check"]).await?.expect(0, "3 of 3")?;
    process = ServerProcess::start(&data, Some(address)).await?;
    let reader = hall.client(&hall.coordinator, 3);
    reader.open(first).await?;
    reader.open(second).await?;
    let doc = reader.document(first)?;
    ensure!(
        (0..5).all(|number| has_note(&doc, &format!("old{number}"))),
        "the backup's notes"
    );
    ensure!(has_note(&doc, "newer"), "what was written after the backup");
    ensure!(has_note(&reader.document(second)?, "goes-on"));
    process.stop().await?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

#[tokio::test]
async fn row_30_the_export_holds_every_report_and_every_board() -> Result<()> {
    let folder = temporary_folder("export")?;
    let data = folder.join("data");
    let mut process = ServerProcess::start(&data, None).await?;
    let demo = Hall::demo(process.address()).await?;
    let empty = Hall::with_groups(process.address(), 3).await?;
    let to = folder.join("exported");
    yoriai(&data, &["export", text(&to)?]).await?.expect(0, "3 boards")?;
    let files = files_in(&to)?;
    let of = |hall: &Hall| -> Vec<PathBuf> {
        let mine = files
            .iter()
            .filter(|path| path.to_string_lossy().contains(&hall.workshop));
        mine.cloned().collect()
    };
    assert_eq!((of(&demo).len(), of(&empty).len()), (2 + 4, 3 + 4));
    let named = |name: &str| {
        of(&demo)
            .into_iter()
            .find(|path| path.ends_with(name))
            .context("a file")
    };
    assert_eq!(std::fs::read_to_string(named("report.txt")?)?, board::report::DEMO);
    for form in ["report.clean.txt", "report.md"] {
        ensure!(std::fs::read_to_string(named(form)?)?.contains("協働"), "{form}");
    }
    for path in &files {
        if path.extension().is_some_and(|extension| extension == "automerge") {
            Automerge::load(&std::fs::read(path)?).with_context(|| path.display().to_string())?;
        }
    }
    process.stop().await?;
    // Nothing but the server's own files lies in the data folder.
    let left: Vec<_> = files_in(&data)?
        .into_iter()
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    assert_eq!(left, ["yoriai.lock", RESERVE_FILE, DATABASE_FILE]);
    yoriai(&folder.join("nowhere"), &["check"])
        .await?
        .expect(1, "no database")?;
    yoriai(&folder.join("nowhere"), &["backup", text(&to)?])
        .await?
        .expect(1, "no database")?;
    let help = yoriai(&data, &["--help"]).await?.expect(0, "backup")?;
    ensure!(
        ["restore", "check", "export", "--listen"]
            .iter()
            .all(|word| help.contains(word)),
        "{help}"
    );
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
