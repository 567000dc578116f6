//! Row 29: wedged but alive. The process runs and answers, and `/healthz` says that it does not save.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use server::{Config, store::SqliteStore};
use tests::{
    faulty_store::FaultyStore, hall::Hall, http::HttpDevice, light_client::PATIENCE, notes::note,
    server_process::LocalServer, temporary_folder,
};

/// The promise.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_29_a_store_that_does_not_answer_is_noticed_and_so_is_its_recovery() -> Result<()> {
    let folder = temporary_folder("wedged")?;
    let store = Arc::new(FaultyStore::new(SqliteStore::open(&folder)?));
    let shared = Arc::<FaultyStore>::clone(&store);
    let server = LocalServer::start_with(Config::for_folder(&folder), Some(shared)).await?;
    let hall = Hall::with_groups(server.address(), 1).await?;
    let mut device = HttpDevice::new(server.address());
    let well = device.request("GET", "/healthz", None).await?;
    assert_eq!((well.status, well.success()?["status"].as_str()), (200, Some("ok")));

    store.set_stalled(true);
    let began = Instant::now();
    loop {
        let answer = device.request("GET", "/healthz", None).await?;
        if answer.status == 503 {
            assert_eq!(answer.json()?["status"], "the store does not answer");
            break;
        }
        // A good answer holds for a second, and no longer than the promise.
        ensure!(began.elapsed() < NOTICED_WITHIN, "nobody noticed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let noticed = began.elapsed();
    ensure!(noticed < NOTICED_WITHIN, "noticed after {noticed:?}");
    // The process itself is alive, and says so to whoever would restart it.
    assert_eq!(device.request("GET", "/livez", None).await?.status, 200);
    println!("row 29: a stalled store is noticed after {noticed:?}");

    store.set_stalled(false);
    while device.request("GET", "/healthz", None).await?.status != 200 {
        ensure!(began.elapsed() < PATIENCE, "it does not get well");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(hall);
    server.stop().await
}

#[tokio::test]
async fn row_29_the_figures_tell_sessions_rooms_queues_latency_refusals_and_panics() -> Result<()> {
    let folder = temporary_folder("figures")?;
    let server = LocalServer::start(&folder).await?;
    let hall = Hall::with_groups(server.address(), 1).await?;
    let board = hall.board(0)?;
    let client = hall.client(&hall.at_table(0).await?, 1);
    client.open(board).await?;
    client.act(board, note("one", "一枚"))?;
    client.wait_saved(board).await?;
    HttpDevice::new(server.address())
        .request("GET", "/healthz", None)
        .await?
        .success()?;
    for (figure, least) in [
        ("yoriai_sessions ", 1.0),
        ("yoriai_rooms ", 2.0),
        ("yoriai_changes_total ", 2.0),
        ("yoriai_ack_seconds_count ", 1.0),
        ("yoriai_commit_seconds_count ", 2.0),
        ("yoriai_store_waiting ", 0.0),
        ("yoriai_room_inbox ", 0.0),
        ("yoriai_stuck_rooms ", 0.0),
        ("yoriai_panics_total ", 0.0),
        ("yoriai_slow_readers_total ", 0.0),
        ("yoriai_store_failures_total ", 0.0),
    ] {
        let found = hall.figure(figure).await?;
        ensure!(found >= least, "{figure}{found}");
    }
    server.stop().await
}
