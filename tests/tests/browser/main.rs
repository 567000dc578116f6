//! Real browsers on real boards. Every test is a scene of an evening; a failing one leaves screenshots and consoles
//! in `target/test-failures/`.

mod minute;

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use automerge::ReadDoc as _;
use serde_json::json;
use tests::{
    browser::{Browser, Device, Page, scenario},
    evening::{BoardSeen, Links, Seated, until_equal},
    fault_proxy::Weather,
    server_process::ServerProcess,
    temporary_folder,
};

const SEED: &str = board::report::DEMO;

async fn hall() -> Result<ServerProcess> {
    ServerProcess::start(&temporary_folder("hall")?, None).await
}

/// A table of an evening: its coordinator has opened a workshop of two groups, and 佐藤 sits at the first one's tablet.
struct Table {
    coordinator: Seated,
    links: Links,
    group: String,
    card: String,
    tablet: Seated,
}

impl Table {
    async fn open(browser: &Arc<Browser>, server: &ServerProcess) -> Result<Self> {
        let coordinator = Seated::at(browser, server.address(), "coordinator", Device::Desktop).await?;
        let links = coordinator.creates("会議", &["1班", "2班"]).await?;
        let (group, card) = links.groups[0].clone();
        let tablet = Seated::at(browser, server.address(), "tablet", Device::Tablet).await?;
        tablet.joins(&card, "佐藤").await?;
        Ok(Self {
            coordinator,
            links,
            group,
            card,
            tablet,
        })
    }

    /// The coordinator looks at the table's board.
    async fn coordinator_enters(&self) -> Result<()> {
        self.coordinator
            .opens(&format!("/w/{}/g/{}", self.links.workshop, self.group))
            .await?;
        self.coordinator.on_board().await
    }
}

/// Where the middle of an element is on the screen.
async fn middle(page: &Page, css: &str) -> Result<(f64, f64)> {
    page.centre(css).await
}

fn note(id: &str) -> String {
    format!("[data-note=\"{id}\"]")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_is_imported_checked_edited_and_comes_back_with_one_line_changed() {
    scenario("the_report_is_imported", |browser| async move {
        let server = hall().await?;
        let office = Seated::at(&browser, server.address(), "office", Device::Desktop).await?;
        office.opens("/").await?;
        office.page.press("start-import").await?;
        office.page.fills("import-text", SEED).await?;
        office.page.sees("import-checks").await?;
        office.page.reads("64").await?;
        office.page.reads("23").await?;
        office.page.press("import-create").await?;
        office.page.sees("links-coordinator").await?;

        let seats = office.asks("GET", "/api/workshops", None).await?;
        let workshop = seats[0]["workshop"].as_str().or_else(|| seats["workshops"][0]["workshop"].as_str()).context("no workshop")?.to_owned();
        let seat = office.asks("GET", &format!("/api/workshops/{workshop}/seat"), None).await?;
        let groups = seat["groups"].as_array().context("no groups")?.clone();
        ensure!(groups.len() == 2, "two groups, not {}", groups.len());
        let first = groups[0]["id"].as_str().context("no id")?.to_owned();
        let people: usize = groups.iter().map(|group| group["people"].as_array().map_or(0, Vec::len)).sum();
        ensure!(people == 13, "13 people, not {people}");

        let report = |path: &str| format!("/api/workshops/{workshop}/{path}");
        let untouched = office.fetches(&report("report.txt")).await?;
        ensure!(untouched == SEED.as_bytes(), "the untouched import must come back byte for byte");

        office.opens(&format!("/w/{workshop}/g/{first}")).await?;
        office.on_board().await?;
        let board = office.board(&first).await?;
        ensure!(board.texts().len() == 22, "1班 has 22 notes, not {}", board.texts().len());
        ensure!(board.islands.len() == 12, "1班 has 12 headings, not {}", board.islands.len());

        let id = board.notes.iter().find(|(_, note)| note["text"] == "職員は改革意識が低い。").context("the note")?.0.clone();
        office.page.press("view-outline").await?;
        office.page.sees("outline").await?;
        let line = format!("[data-testid=outline] [data-row=\"n:{id}\"] textarea, [data-testid=outline] [data-row=\"n:{id}\"]");
        office.page.press_css(&line).await?;
        office.page.key("End", 0).await?;
        office.page.eval("(() => { const e = document.activeElement; if (e && e.setSelectionRange) e.setSelectionRange(e.value.length, e.value.length); })()").await?;
        office.page.converts("とおもう", "と思う").await?;
        office.page.key("Escape", 0).await?;
        office.online().await?;

        let edited = String::from_utf8(office.fetches(&report("report.txt")).await?)?;
        let changed: Vec<(&str, &str)> = SEED.split('\n').zip(edited.split('\n')).filter(|(before, after)| before != after).collect();
        ensure!(SEED.split('\n').count() == edited.split('\n').count(), "no line came or went");
        ensure!(changed == [("- ・職員は改革意識が低い。", "- ・職員は改革意識が低い。と思う")], "one line changes: {changed:?}");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_leads_to_the_board_in_three_touches_and_everybody_sees_the_first_note() {
    scenario("a_card_leads_to_the_board", |browser| async move {
        let server = hall().await?;
        let coordinator = Seated::at(&browser, server.address(), "coordinator", Device::Desktop).await?;
        let links = coordinator.creates_demo().await?;
        let (group, card) = links.groups[0].clone();
        let tablet = Seated::at(&browser, server.address(), "tablet", Device::Tablet).await?;
        let phone = Seated::at(&browser, server.address(), "phone", Device::Phone).await?;
        // A known name is one touch on the name: scan, touch, board.
        tablet.opens(&card).await?;
        tablet.page.reads("吉福").await?;
        tablet.page.press_css("[data-testid^=\"join-name-\"]").await?;
        tablet.on_board().await?;
        phone.joins(&card, "新しい人").await?;
        coordinator.opens(&format!("/w/{}/g/{group}", links.workshop)).await?;
        coordinator.on_board().await?;

        tablet.writes_note("はじめの一枚").await?;
        for seat in [&phone, &coordinator] {
            seat.page.reads("はじめの一枚").await?;
        }
        let board = until_equal(&[&tablet, &phone, &coordinator], &group).await?;
        ensure!(
            board.texts().len() == 23,
            "22 imported notes and one new: {:?}",
            board.texts()
        );
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn japanese_typed_with_conversion_loses_no_letter_while_somebody_else_writes_in_the_same_note() {
    scenario("japanese_typed_with_conversion", |browser| async move {
        let server = hall().await?;
        let Table {
            group,
            card,
            tablet: sato,
            ..
        } = Table::open(&browser, &server).await?;
        let mori = Seated::at(&browser, server.address(), "mori", Device::Desktop).await?;
        mori.joins(&card, "森").await?;

        sato.page.press("add-note").await?;
        sato.page.sees("note-editor").await?;
        sato.page.converts("しみん", "市民").await?;
        mori.page
            .until(
                "森 sees the confirmed word",
                "JSON.stringify(JSON.parse(window.yoriai.state())).includes('市民')",
            )
            .await?;

        // 佐藤 is in the middle of a conversion when 森 writes in front of it.
        sato.page.composes("きょうどう").await?;
        mori.fits().await?;
        let board = mori.board(&group).await?;
        let id = board.notes.keys().next().context("one note")?.clone();
        let (x, y) = middle(&mori.page, &note(&id)).await?;
        for _ in 0..2 {
            mori.page.press_at(x, y).await?;
        }
        mori.page.sees("note-editor").await?;
        mori.page.eval("document.activeElement.setSelectionRange(0, 0)").await?;
        mori.page.types("【案】").await?;
        mori.page.key("Escape", 0).await?;
        mori.online().await?;
        // Enter confirms the candidate; it must neither submit the note nor break the line.
        sato.page.composes("協働").await?;
        sato.page.key("Process", 0).await?;
        sato.page.types("協働").await?;
        sato.page.sees("note-editor").await?;
        sato.page.converts("まち", "町").await?;
        sato.page.key("Escape", 0).await?;

        let board = until_equal(&[&sato, &mori], &group).await?;
        ensure!(
            board.texts() == ["【案】市民協働町"],
            "every letter once: {:?}",
            board.texts()
        );
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finger_drags_a_note_and_the_others_see_it_arrive() {
    scenario("a_finger_drags_a_note", |browser| async move {
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        table.coordinator_enters().await?;
        let Table { coordinator, group, tablet, .. } = table;
        let id = tablet.writes_note("動かす付箋").await?;
        let before = tablet.board(&group).await?.notes[&id].clone();
        let from = middle(&tablet.page, &note(&id)).await?;
        let to = (from.0 + 180.0, from.1 + 120.0);
        tablet.page.drag(from, to).await?;
        tablet.page.until("the note lies elsewhere", &format!("(() => {{ const n = JSON.parse(window.yoriai.state()).groups[{}].notes[{}]; return n.x !== {} && n.y !== {}; }})()", json!(group), json!(id), before["x"], before["y"])).await?;
        let board = until_equal(&[&tablet, &coordinator], &group).await?;
        ensure!(board.notes[&id]["text"] == "動かす付箋");
        ensure!(board.notes[&id]["x"].as_f64() > before["x"].as_f64(), "it went right: {} → {}", before, board.notes[&id]);
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_note_waits_in_the_basket_and_comes_back_by_anyone() {
    scenario("a_deleted_note_waits", |browser| async move {
        let server = hall().await?;
        let Table {
            group, card, tablet, ..
        } = Table::open(&browser, &server).await?;
        let phone = Seated::at(&browser, server.address(), "phone", Device::Phone).await?;
        phone.joins(&card, "森").await?;
        let id = tablet.writes_note("消してしまう").await?;
        tablet.selects_note(&id).await?;
        tablet.page.press("note-delete").await?;
        // Five seconds long the strip offers it back.
        tablet.page.press("undo-strip").await?;
        tablet
            .page
            .until("the note is back", &format!("document.querySelector('{}')", note(&id)))
            .await?;
        tablet.selects_note(&id).await?;
        tablet.page.press("note-delete").await?;
        phone
            .page
            .until(
                "the note is gone from the phone",
                &format!("!document.querySelector('{}')", note(&id)),
            )
            .await?;
        phone.page.press("open-basket").await?;
        phone.page.sees("basket-item").await?;
        phone.page.press("restore").await?;
        let board = until_equal(&[&tablet, &phone], &group).await?;
        ensure!(board.notes[&id]["state"] == "live", "{}", board.notes[&id]);
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_without_network_arrives_when_it_returns_and_a_reload_keeps_it() {
    scenario("what_is_written_without_network", |browser| async move {
        let server = hall().await?;
        let table = Table::open(&browser, &server).await?;
        table.coordinator_enters().await?;
        let Table {
            coordinator,
            group,
            tablet,
            ..
        } = table;
        tablet.network.set(Weather::Cut);
        tablet
            .page
            .until(
                "the tablet knows it is offline",
                "JSON.parse(window.yoriai.state()).phase !== 'online'",
            )
            .await?;
        tablet.page.reads("圏外").await?;
        let id = tablet.writes_note("圏外で書いた").await?;
        tablet
            .page
            .until(
                "it counts what is unsaved",
                "JSON.parse(window.yoriai.state()).unsaved > 0",
            )
            .await?;
        coordinator.writes_note("その間に書いた").await?;
        tablet.network.set(Weather::Fine);
        let board = until_equal(&[&tablet, &coordinator], &group).await?;
        ensure!(
            board.texts() == ["その間に書いた", "圏外で書いた"],
            "{:?}",
            board.texts()
        );
        ensure!(board.notes[&id]["state"] == "live");
        tablet.page.reload().await?;
        tablet.on_board().await?;
        let board = until_equal(&[&tablet, &coordinator], &group).await?;
        ensure!(board.texts().len() == 2, "nothing doubled: {:?}", board.texts());
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_makes_one_group_read_only_at_once_and_back() {
    scenario("a_switch_makes_one_group_read_only", |browser| async move {
        let server = hall().await?;
        let Table { coordinator, links, group, tablet, .. } = Table::open(&browser, &server).await?;
        tablet.writes_note("まだ書ける").await?;
        coordinator.opens(&format!("/w/{}", links.workshop)).await?;
        coordinator.page.sees("overview").await?;
        coordinator.page.press(&format!("lock-{group}")).await?;
        tablet.page.until("no slip can be taken", "(() => { const b = document.querySelector('[data-testid=add-note]'); return !b || b.disabled || b.getAttribute('aria-disabled') === 'true'; })()").await?;
        coordinator.page.press(&format!("lock-{group}")).await?;
        tablet.page.until("slips can be taken again", "(() => { const b = document.querySelector('[data-testid=add-note]'); return b && !b.disabled && b.getAttribute('aria-disabled') !== 'true'; })()").await?;
        tablet.writes_note("また書ける").await?;
        coordinator.opens(&format!("/w/{}/g/{group}", links.workshop)).await?;
        coordinator.on_board().await?;
        let board = until_equal(&[&tablet, &coordinator], &group).await?;
        ensure!(board.texts() == ["また書ける", "まだ書ける"], "{:?}", board.texts());
        Ok(())
    })
    .await;
}
