//! Rows 1, 2 and 12: the process is killed, the power goes, a new version is deployed, all while fifty people write. What anybody
//! was told is saved is there, by the clients' own logs.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tests::{
    crowd::{Crowd, Random},
    hall::Hall,
    http::HttpDevice,
    scaled,
    server_process::{ServerProcess, free_address},
    stored, temporary_folder,
};

/// Generous: a machine that compiles beside. The figure is printed.
const BACK_AGAIN_MAX: Duration = Duration::from_secs(30);

/// Waits until the server says that it saves; returns how long after `since` that was.
async fn healthy(process: &ServerProcess, since: Instant) -> Result<Duration> {
    let mut device = HttpDevice::new(process.address());
    loop {
        let answer = device.request("GET", "/healthz", None).await;
        if answer.is_ok_and(|answer| answer.status == 200) {
            return Ok(since.elapsed());
        }
        ensure!(since.elapsed() < BACK_AGAIN_MAX, "the server does not come back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_01_nothing_acknowledged_is_lost_in_random_kills_under_fifty_clients() -> Result<()> {
    let kills = scaled(6, 20);
    let folder = temporary_folder("kills")?;
    let address = free_address().await?;
    // Boards that nobody is in are compacted at once: some kills fall into that.
    let arguments = ["--room-idle-s", "0"];
    let mut process = ServerProcess::start_with(&folder, Some(address), &arguments).await?;
    let hall = Hall::with_groups(address, 10).await?;
    let mut crowd = Crowd::seat(&hall, 50).await?;
    let mut random = Random::new(0x0101);
    crowd.write(1);
    let mut longest = Duration::ZERO;
    for kill in 0..kills {
        // Edits and acknowledgements are flowing when the moment comes.
        crowd.wait_acknowledged(crowd.acknowledged()).await?;
        tokio::time::sleep(Duration::from_millis(random.below(400))).await;
        process.kill().await?;
        let compared = crowd.compare(&stored::documents(&folder)?)?;
        let began = Instant::now();
        process = ServerProcess::start_with(&folder, Some(address), &arguments).await?;
        let back = healthy(&process, began).await?;
        longest = longest.max(back);
        crowd.network_is_back();
        let served = crowd.compare_exports(&hall).await?;
        println!(
            "row 1, kill {kill}: {compared:?} stored, {} served, back after {back:?}",
            served.acknowledged
        );
    }
    let written = crowd.finish(&hall).await?;
    process.kill().await?;
    let compared = crowd.compare(&stored::documents(&folder)?)?;
    ensure!(
        compared.acknowledged == written,
        "in the end everything is acknowledged and stored"
    );
    println!("row 1: {kills} kills, {written} edits, 0 lost; serving again after at most {longest:?}");
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_12_a_deployment_under_load_is_a_pause_and_loses_nothing() -> Result<()> {
    /// The promise is 5 s; the test allows for a machine that compiles beside.
    const PAUSE_MAX: Duration = Duration::from_secs(15);
    let people = scaled(50, 200);
    let folder = temporary_folder("deploy")?;
    let address = free_address().await?;
    let mut process = ServerProcess::start(&folder, Some(address)).await?;
    let hall = Hall::with_groups(address, 10).await?;
    let mut crowd = Crowd::seat(&hall, people).await?;
    crowd.write(12);
    for _ in 0..scaled(1, 3) {
        crowd
            .wait_acknowledged(crowd.acknowledged() + usize::try_from(people)?)
            .await?;
        let began = Instant::now();
        process.stop().await?;
        let stopped = began.elapsed();
        let compared = crowd.compare(&stored::documents(&folder)?)?;
        process = ServerProcess::start(&folder, Some(address)).await?;
        let started = began.elapsed();
        // Nobody helps them: they come back when the hint says.
        while crowd.online() < usize::try_from(people)? {
            ensure!(began.elapsed() < PAUSE_MAX, "{} of {people} are back", crowd.online());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let before = crowd.acknowledged();
        let back = began.elapsed();
        crowd.wait_acknowledged(before).await?;
        println!(
            "row 12: {people} people, stopped after {stopped:?}, started after {started:?}, all back after {back:?}; {compared:?}"
        );
    }
    for (_, client) in crowd.clients() {
        let known = client.known();
        ensure!(known.closes.contains(&1012), "closed with {:?}", known.closes);
        ensure!(known.notices.iter().any(|code| code == "restart"), "no hint was given");
    }
    let written = crowd.finish(&hall).await?;
    process.stop().await?;
    let compared = crowd.compare(&stored::documents(&folder)?)?;
    ensure!(compared.acknowledged == written);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// A disk of its own: an ext4 file system in a file, mounted through a loop device.
struct Disk {
    image: PathBuf,
    mounted_at: PathBuf,
    device: String,
}

impl Disk {
    /// Makes the file system; none where this is not allowed.
    async fn make(folder: &Path) -> Result<Option<Self>> {
        let image = folder.join("disk.img");
        std::fs::File::create(&image)?.set_len(64 * 1024 * 1024)?;
        let image_text = image.to_str().context("a plain path")?.to_owned();
        if run(
            "mkfs.ext4",
            &["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", &image_text],
        )
        .await
        .is_err()
        {
            return Ok(None);
        }
        Self::mount(&image, &folder.join("mounted")).await
    }

    /// Mounts an image. The journal is not committed by a timer, so that only what the server syncs reaches the image.
    async fn mount(image: &Path, at: &Path) -> Result<Option<Self>> {
        std::fs::create_dir_all(at)?;
        let image_text = image.to_str().context("a plain path")?;
        let Ok(device) = run("losetup", &["--find", "--show", image_text]).await else {
            return Ok(None);
        };
        let device = device.trim().to_owned();
        let at_text = at.to_str().context("a plain path")?;
        if run("mount", &["-t", "ext4", "-o", "commit=300", &device, at_text])
            .await
            .is_err()
        {
            let _ = run("losetup", &["--detach", &device]).await;
            return Ok(None);
        }
        Ok(Some(Self {
            image: image.to_owned(),
            mounted_at: at.to_owned(),
            device,
        }))
    }

    fn data(&self) -> PathBuf {
        self.mounted_at.join("data")
    }

    /// How much was written to the device, and how much is on its way: it is copied while neither changes.
    fn counters(&self) -> Result<(u64, u64)> {
        let name = self.device.trim_start_matches("/dev/");
        let stat = std::fs::read_to_string(format!("/sys/block/{name}/stat"))?;
        let numbers: Vec<u64> = stat
            .split_whitespace()
            .filter_map(|number| number.parse().ok())
            .collect();
        Ok((
            *numbers.get(4).context("writes")? + *numbers.get(15).unwrap_or(&0),
            *numbers.get(8).context("in flight")?,
        ))
    }

    /// The image as the disk would have it if the power went now: what the file system has handed to the device and nothing
    /// of what only its cache holds. The server is frozen, so nothing new is synced.
    async fn cut(&self, to: &Path) -> Result<()> {
        let deadline = Instant::now() + BACK_AGAIN_MAX;
        loop {
            let before = self.counters()?;
            std::fs::copy(&self.image, to)?;
            if before.1 == 0 && self.counters()? == before {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "the disk does not come to rest");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn unmount(&self) -> Result<()> {
        run("umount", &[self.mounted_at.to_str().context("a plain path")?]).await?;
        run("losetup", &["--detach", &self.device]).await?;
        Ok(())
    }
}

async fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let output = tokio::process::Command::new(program).args(arguments).output().await?;
    ensure!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn signal(process: &ServerProcess, name: &str) -> Result<()> {
    run("kill", &[name, &process.pid().to_string()]).await?;
    // The process is frozen once its state says so.
    let path = format!("/proc/{}/status", process.pid());
    while name == "-STOP" && !std::fs::read_to_string(&path)?.contains("State:\tT") {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// What it can show: whether acknowledged changes had been given to the device with a flush before they were acknowledged. What a
/// disk does that lies about its flushes no test on this side can show.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_02_nothing_acknowledged_is_lost_when_the_power_goes() -> Result<()> {
    let cuts = scaled(4, 10);
    let folder = temporary_folder("power")?;
    let Some(disk) = Disk::make(&folder).await? else {
        println!(
            "row 2 not tested: this machine does not let the test mount a file system (root and loop devices are needed)"
        );
        return Ok(());
    };
    let outcome = cut_the_power(&folder, &disk, cuts).await;
    // What went wrong with the server is said first, not that its frozen process still holds the disk.
    let unmounted = disk.unmount().await;
    outcome?;
    unmounted?;
    Ok(std::fs::remove_dir_all(folder)?)
}

async fn cut_the_power(folder: &Path, disk: &Disk, cuts: u64) -> Result<()> {
    let address = free_address().await?;
    let mut process = ServerProcess::start(&disk.data(), Some(address)).await?;
    let hall = Hall::with_groups(address, 4).await?;
    let mut crowd = Crowd::seat(&hall, 20).await?;
    // From here on nothing is synced but by the server itself.
    run("sync", &["-f", disk.mounted_at.to_str().context("a plain path")?]).await?;
    crowd.write(2);
    let mut random = Random::new(0x0202);
    let copy = folder.join("cut.img");
    for cut in 0..cuts {
        crowd.wait_acknowledged(crowd.acknowledged()).await?;
        tokio::time::sleep(Duration::from_millis(200 + random.below(400))).await;
        signal(&process, "-STOP").await?;
        disk.cut(&copy).await?;
        // What arrives at the clients after this was acknowledged before it: the server is frozen.
        let found = Disk::mount(&copy, &folder.join("cut"))
            .await?
            .context("the copy can be mounted")?;
        let compared = stored::documents(&found.data()).and_then(|stored| crowd.compare(&stored));
        if compared.is_err() || cut + 1 < cuts {
            found.unmount().await?;
            println!("row 2, cut {cut}: {:?} in the image", compared?);
            signal(&process, "-CONT").await?;
            continue;
        }
        println!(
            "row 2, cut {cut}: {:?} in the image; the server goes on from it",
            compared?
        );
        // The last cut is for good: the old machine is gone, the server starts on what the disk has.
        process.kill().await?;
        let finished = go_on(&found, &hall, &mut crowd).await;
        found.unmount().await?;
        return finished;
    }
    process.kill().await
}

async fn go_on(disk: &Disk, hall: &Hall, crowd: &mut Crowd) -> Result<()> {
    let mut process = ServerProcess::start(&disk.data(), Some(hall.server)).await?;
    crowd.network_is_back();
    let served = crowd.compare_exports(hall).await?;
    let written = crowd.finish(hall).await?;
    process.stop().await?;
    let compared = crowd.compare(&stored::documents(&disk.data())?)?;
    ensure!(compared.acknowledged == written);
    println!(
        "row 2: {} acknowledged before the cut, {written} edits in all, 0 lost",
        served.acknowledged
    );
    Ok(())
}
