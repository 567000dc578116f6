//! Row 32: a long day. Boards are opened, written on and left, over and over; the server's memory stays where it was.

use anyhow::{Context as _, Result, ensure};
use tests::{hall::Hall, notes::note, scaled, server_process::ServerProcess, temporary_folder};

/// What may be added between the first half of the day and the second: an allocator's fragments, not documents. All boards of a
/// round together hold many times as much.
const GROWTH_MAX_BYTES: u64 = 12 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_32_memory_stays_flat_while_boards_come_and_go() -> Result<()> {
    let (workshops, groups, rounds) = scaled((1, 20, 8), (3, 50, 16));
    let folder = temporary_folder("long-day")?;
    let mut process = ServerProcess::start_with(&folder, None, &["--room-idle-s", "0", "--log", "warn"]).await?;
    let mut halls = Vec::new();
    for _ in 0..workshops {
        halls.push(Hall::with_groups(process.address(), groups).await?);
    }
    let text = "ながい一日の付箋。".repeat(200);
    let mut memory = Vec::new();
    for round in 0..rounds {
        for (which, hall) in halls.iter().enumerate() {
            for group in 0..groups {
                let number = u64::try_from((round * workshops + which) * groups + group)?;
                let client = hall.client(&hall.coordinator, number);
                let board = hall.board(group)?;
                client.open(board).await?;
                // The first round writes what every later one loads; the others leave it as large as it is.
                if round == 0 {
                    for part in 0..4 {
                        client.act(board, note(&format!("n{part}"), &text))?;
                    }
                } else {
                    client.act(board, note(&format!("r{round}"), "一言"))?;
                }
                client.wait_saved(board).await?;
            }
        }
        // Everybody has gone home: nothing stays in memory.
        let hall = halls.first().context("a workshop")?;
        hall.until_figure("yoriai_rooms ", "no board stays in memory", |rooms| rooms == 0.0)
            .await?;
        memory.push(process.rss_bytes()?);
    }
    let mib: Vec<u64> = memory.iter().map(|bytes| bytes >> 20).collect();
    println!("row 32: {} boards, MiB after each round: {mib:?}", workshops * groups);
    // The first rounds warm up caches and the allocator.
    let warm = memory.get(rounds / 4..).context("rounds")?;
    let (early, late) = warm.split_at(warm.len() / 2);
    let least = |half: &[u64]| half.iter().copied().min().unwrap_or_default();
    let growth = least(late).saturating_sub(least(early));
    ensure!(growth <= GROWTH_MAX_BYTES, "grown by {growth} bytes: {mib:?} MiB");
    process.stop().await?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
