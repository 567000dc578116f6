//! Row 3: the disk is full. Nothing is damaged, nothing is acknowledged that is not stored, people are told, what frees room or
//! takes rights away works, and it recovers by itself.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use server::store::sqlite::RESERVE_FILE;
use tests::{
    crowd::Crowd,
    hall::{Hall, code},
    http::HttpDevice,
    light_client::PATIENCE,
    notes::note,
    server_process::{ServerProcess, free_address, run_to_end},
    stored, temporary_folder,
};

/// A file system of its own in memory; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where nothing may be mounted.
    fn mount(size: &str) -> Result<Option<Self>> {
        let folder = temporary_folder("small-disk")?;
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&folder)
            .status();
        Ok(mounted.is_ok_and(|status| status.success()).then_some(Self(folder)))
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// Somebody's photographs take all the room there is.
    fn fill(&self) -> Result<()> {
        use std::io::Write as _;
        let mut file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.0.join("photos"))?;
        for size in [64 * 1024, 4 * 1024, 512] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
        Ok(())
    }

    fn make_room(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.0.join("photos"))?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

async fn wait_until(what: &str, holds: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let waiting = async {
        while !holds().await? {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .with_context(|| format!("waited for {what}"))?
}

/// `yoriai check` on the folder of a running server.
async fn is_sound(data: &Path) -> Result<()> {
    let (success, said) = run_to_end(&["check", "--data", data.to_str().context("a plain path")?]).await?;
    ensure!(success, "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_03_a_full_disk_takes_nothing_tells_everybody_and_recovers_by_itself() -> Result<()> {
    let Some(disk) = SmallDisk::mount("3m")? else {
        println!("row 3 not tested: this machine does not let the test mount a file system (root is needed)");
        return Ok(());
    };
    let address = free_address().await?;
    let mut process = ServerProcess::start(&disk.data(), Some(address)).await?;
    let over = Hall::with_groups(address, 2).await?;
    let filler = over.client(&over.at_table(0).await?, 900);
    filler.open(over.board(0)?).await?;
    for number in 0..40 {
        filler.act(
            over.board(0)?,
            note(&format!("old{number}"), &"古い会の記録".repeat(60)),
        )?;
    }
    filler.wait_saved(over.board(0)?).await?;
    let hall = Hall::with_groups(address, 2).await?;
    let mut crowd = Crowd::seat(&hall, 6).await?;
    let reserve = disk.data().join(RESERVE_FILE);
    ensure!(reserve.exists(), "room is kept aside");
    crowd.write(3);
    crowd.wait_acknowledged(30).await?;

    // Again and again: the server finds room in its own log for a while.
    wait_until("everybody's notice", async || {
        // Not in the moment in which the server uses what it keeps aside: that is what the reserve is for.
        if reserve.exists() {
            disk.fill()?;
        }
        Ok(crowd
            .clients()
            .all(|(_, client)| client.known().notices.last().is_some_and(|code| code == "not-saved")))
    })
    .await?;
    let then = crowd.compare(&stored::documents(&disk.data())?)?;
    is_sound(&disk.data()).await?;
    let mut device = hall.coordinator.clone();
    // Reading goes on.
    let export = device.request("GET", &hall.path("report.txt"), None).await?;
    ensure!(export.status == 200, "the export answers {}", export.status);
    crowd.compare_exports(&hall).await?;
    // Writing does not, and says why.
    let refused = device.request("POST", &hall.path("cards"), None).await?;
    assert_eq!((refused.status, code(&refused)?.as_str()), (503, "disk_full"));
    let health = device.request("GET", "/healthz", None).await?;
    assert_eq!(health.status, 503);
    assert_eq!(health.json()?["status"], "the disk is full, nothing is saved");
    assert_eq!(device.request("GET", "/livez", None).await?.status, 200);
    // What takes rights away works, and what frees room does.
    device
        .request("POST", &hall.path("links/revoke"), Some(&json!({ "kind": "viewer" })))
        .await?
        .success()?;
    let viewer = hall.secret("/links/viewer")?;
    let answer = HttpDevice::new(address)
        .request("POST", "/api/join", Some(&json!({ "secret": viewer })))
        .await?;
    assert_eq!(answer.status, 410, "the revoked link opens nothing");

    // Killed while it is full: it comes back on the full disk and serves what it has.
    process.kill().await?;
    process = ServerProcess::start(&disk.data(), Some(address)).await?;
    let export = device.request("GET", &hall.path("report.txt"), None).await?;
    ensure!(
        export.status == 200,
        "after the restart the export answers {}",
        export.status
    );
    crowd.compare_exports(&hall).await?;

    // A workshop that is over is deleted, on the full disk.
    disk.fill()?;
    let path = format!("/api/workshops/{}", over.workshop);
    let mut owner = over.coordinator.clone();
    let confirm = json!({ "confirm": over.workshop });
    owner.request("DELETE", &path, Some(&confirm)).await?.success()?;
    let gone = owner.request("GET", &over.path("seat"), None).await?;
    assert_eq!((gone.status, code(&gone)?.as_str()), (401, "no_seat"));
    is_sound(&disk.data()).await?;
    let now = crowd.compare(&stored::documents(&disk.data())?)?;
    println!("row 3: full with {then:?}, after the deletion {now:?}");

    // Somebody makes room: everything is saved, by itself.
    disk.make_room()?;
    let written = crowd.finish(&hall).await?;
    let compared = crowd.compare(&stored::documents(&disk.data())?)?;
    ensure!(compared.acknowledged == written);
    wait_until("the reserve", async || Ok(reserve.exists())).await?;
    let well = HttpDevice::new(address);
    wait_until("health", async || {
        Ok(well.clone().request("GET", "/healthz", None).await?.status == 200)
    })
    .await?;
    println!("row 3: {written} edits, 0 lost, saved by themselves once there was room");
    process.stop().await?;
    is_sound(&disk.data()).await
}
