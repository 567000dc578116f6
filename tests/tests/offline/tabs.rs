//! Two tabs on one device (row 7).

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::{
    browser::{Device, Page, scenario},
    evening::Seated,
    fault_proxy::Weather,
};

use super::{Table, hall, texts_on, writes};

/// The same device through another of its tabs, which comes to the front.
async fn through(tab: &Page, of: Seated) -> Result<Seated> {
    tab.call("Page.bringToFront", json!({})).await?;
    Ok(Seated {
        page: tab.clone(),
        network: of.network,
    })
}

async fn shows(page: &Page, group: &str, count: usize) -> Result<()> {
    let condition = format!(
        "Object.values(JSON.parse(window.yoriai.state()).groups['{group}']?.notes ?? {{}}).filter(note => note.state === 'live' && note.text).length === {count}"
    );
    page.until(&format!("{count} notes are there"), &condition).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_07_two_tabs_of_one_device_write_side_by_side_and_one_sends_for_the_other() {
    scenario("row_07", |browser| async move {
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        let first = table.seats(&browser, &server, "佐藤", Device::Desktop).await?;
        let left = first.page.clone();
        let right = first.opens_tab(&browser, "佐藤-2", &table.board()).await?;
        right.sees("sheet").await?;
        let first = through(&left, first).await?;
        writes(&first, "左", 4, None).await?;
        let seat = through(&right, first).await?;
        writes(&seat, "右", 4, None).await?;
        for tab in [&left, &right] {
            shows(tab, &table.group, 2).await?;
        }
        seat.online().await?;

        // Without a network they see each other's slips all the same, and each counts both.
        seat.network.set(Weather::Cut);
        for tab in [&left, &right] {
            let offline = "JSON.parse(window.yoriai.state()).phase !== 'online'";
            tab.until("the tab knows that it is offline", offline).await?;
        }
        writes(&seat, "右の圏外", 4, None).await?;
        let seat = through(&left, seat).await?;
        writes(&seat, "左の圏外", 4, None).await?;
        for tab in [&left, &right] {
            shows(tab, &table.group, 4).await?;
            tab.until(
                "all unsent edits of the device are counted",
                "JSON.parse(window.yoriai.state()).unsaved === 8",
            )
            .await?;
        }
        // The left one is closed; the right one sends for it.
        left.close().await?;
        let seat = through(&right, seat).await?;
        seat.network.set(Weather::Fine);
        seat.online().await?;
        let texts = table.server_texts().await?;
        ensure!(
            texts.len() == 4 && texts == texts_on(&right, &table.group).await?,
            "{texts:?}"
        );

        let path = format!(
            "/api/workshops/{}/groups/{}/board.automerge",
            table.links.workshop, table.group
        );
        let document = automerge::Automerge::load(&table.coordinator.fetches(&path).await?)?;
        let mut seen = BTreeSet::new();
        for change in document.get_changes(&[]) {
            let place = (change.actor_id().clone(), change.seq());
            ensure!(seen.insert(place.clone()), "two changes at {place:?}");
        }
        let complaints: Vec<String> = right.log().into_iter().filter(|line| line.contains("seq")).collect();
        ensure!(complaints.is_empty(), "{complaints:?}");
        let drafts = right.state().await?["drafts"].as_array().context("no drafts")?.len();
        ensure!(drafts == 0, "nothing was refused");
        Ok(())
    })
    .await;
}
