//! Networks that are silent or bad (rows 8 and 9).

use std::time::Duration;

use anyhow::ensure;
use tests::{
    browser::{Device, scenario},
    evening::until_equal,
    fault_proxy::{Line, Way, Weather},
    scaled, thorough,
};
use tokio::time::Instant;

use super::{Table, hall, sorted, texts_on, writes};

/// The promise of row 8.
const NOTICED_MAX: Duration = Duration::from_secs(15);
/// The promise is 2 s; a machine that compiles beside the test is given three times as long.
const CAUGHT_UP_MAX: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_08_a_silent_line_is_noticed_within_fifteen_seconds_and_a_tablet_that_wakes_catches_up_within_two() {
    scenario("row_08", |browser| async move {
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        let awake = table.seats(&browser, &server, "佐藤", Device::Tablet).await?;
        let asleep = table.seats(&browser, &server, "森", Device::Tablet).await?;
        let other = table.seats(&browser, &server, "阿部", Device::Desktop).await?;
        for seat in [&awake, &asleep, &other] {
            seat.online().await?;
        }
        // One tablet sleeps; the lines of both go silent: nothing is closed, nothing passes.
        asleep.page.sleeps(true).await?;
        asleep.network.set(Weather::Silent);
        awake.network.set(Weather::Silent);
        let silent = Instant::now();
        let unsent = writes(&awake, "届かない", 3, None).await?;
        let meanwhile = writes(&other, "その間に", 3, None).await?;
        awake.is_offline().await?;
        println!("row 8: the silent line was noticed after {:?}", silent.elapsed());
        ensure!(
            silent.elapsed() <= NOTICED_MAX + Duration::from_secs(2),
            "noticed after {:?}",
            silent.elapsed()
        );
        ensure!(awake.unsent().await? == 3);

        asleep.network.set(Weather::Fine);
        asleep.page.sleeps(false).await?;
        let woken = Instant::now();
        asleep.page.reads(&meanwhile[0]).await?;
        println!("row 8: caught up {:?} after waking", woken.elapsed());
        ensure!(
            woken.elapsed() <= CAUGHT_UP_MAX,
            "caught up after {:?}",
            woken.elapsed()
        );

        awake.network.set(Weather::Fine);
        let board = until_equal(&[&awake, &asleep, &other], &table.group).await?;
        ensure!(board.texts() == sorted(&[&unsent, &meanwhile]), "{:?}", board.texts());
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_09_a_bad_halls_wifi_is_usable_and_everything_arrives() {
    scenario("row_09", |browser| async move {
        let edits = scaled(20, 200);
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        let mut sato = table.seats(&browser, &server, "佐藤", Device::Tablet).await?;
        let mori = table.seats(&browser, &server, "森", Device::Phone).await?;
        for seat in [&sato, &mori] {
            seat.network.carries(Line::BAD_WIFI);
        }
        let (by_sato, by_mori) =
            tokio::try_join!(writes(&sato, "佐藤", edits, None), writes(&mori, "森", edits, None))?;
        let written = Instant::now();
        // One's own slip is there at once, whatever the line; the other's when it arrives.
        ensure!(texts_on(&sato.page, &table.group).await?.len() >= by_sato.len());
        let board = until_equal(&[&sato, &mori], &table.group).await?;
        println!(
            "row 9: on a bad line {edits} edits each were everywhere {:?} after the last letter",
            written.elapsed()
        );
        ensure!(board.texts() == sorted(&[&by_sato, &by_mori]), "{:?}", board.texts());

        // The line breaks in the middle of a frame, and the page is loaded again on it: it paints from the device.
        let slip = writes(&mori, "途中", 3, None).await?;
        sato.network.truncate_after(Way::Down, 40);
        let reloaded = Instant::now();
        sato.page.reload().await?;
        sato.page.sees("sheet").await?;
        println!(
            "row 9: a reload on a bad line painted the board in {:?}",
            reloaded.elapsed()
        );
        ensure!(
            reloaded.elapsed() < Duration::from_secs(10),
            "painted after {:?}",
            reloaded.elapsed()
        );
        let board = until_equal(&[&sato, &mori], &table.group).await?;
        ensure!(
            board.texts() == sorted(&[&by_sato, &by_mori, &slip]),
            "{:?}",
            board.texts()
        );

        if thorough() {
            // Somebody comes late, with nothing on the device.
            let abe = tests::evening::Seated::at(&browser, server.address(), "阿部", Device::Tablet).await?;
            abe.network.carries(Line::BAD_WIFI);
            let began = Instant::now();
            abe.opens(&table.links.groups[0].1).await?;
            while began.elapsed() < Duration::from_secs(120) && abe.page.sees("join-new-name").await.is_err() {}
            abe.page.fills("join-new-name", "阿部").await?;
            abe.page.press("join-new-submit").await?;
            abe.on_board().await?;
            println!(
                "row 9: a first visit on a bad line was on the board after {:?}",
                began.elapsed()
            );
        }
        sato.network.carries(Line::CLEAR);
        sato.reopens(&browser, &table.board()).await?;
        sato.on_board().await?;
        ensure!(table.server_texts().await? == board.texts());
        Ok(())
    })
    .await;
}
