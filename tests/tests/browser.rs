//! Real browsers on real boards. Every test is a scene of an evening; a failing one leaves screenshots and consoles
//! in `target/test-failures/`.

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

/// A small random generator with a fixed seed, so that a minute can be played again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// One random act of one person. What is no longer possible (somebody else was faster) is simply not done.
async fn random_act(seat: &Seated, dice: &mut Dice, count: usize) -> Result<&'static str> {
    let page = &seat.page;
    let shown = page
        .eval("[...document.querySelectorAll('[data-testid=sheet] [data-note]')].filter(e => { const r = e.getBoundingClientRect(); const x = r.x + r.width / 2, y = r.y + r.height / 2; const top = document.elementFromPoint(x, y); return r.width > 0 && top && e.contains(top); }).map(e => e.dataset.note)")
        .await?;
    let shown: Vec<String> = shown
        .as_array()
        .map(|ids| ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    let islands = page
        .eval("[...document.querySelectorAll('[data-testid=sheet] [data-heading]')].filter(e => { const r = e.getBoundingClientRect(); const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2); return r.width > 0 && top && e.contains(top); }).map(e => e.dataset.heading)")
        .await?;
    let islands: Vec<String> = islands
        .as_array()
        .map(|ids| ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    let pick = |dice: &mut Dice, from: &[String]| from.get(dice.roll(from.len())).cloned();
    let act = match dice.roll(10) {
        0..=3 => {
            page.press("add-note").await?;
            page.sees("note-editor").await?;
            page.converts("かんがえ", &format!("考え{count}・{}", page.name()))
                .await?;
            page.key("Escape", 0).await?;
            "writes"
        }
        4 | 5 => {
            if let Some(id) = pick(dice, &shown) {
                let from = middle(page, &note(&id)).await?;
                let (width, height) = page.device().size();
                let to = (
                    120.0 + dice.roll(width as usize - 240) as f64,
                    160.0 + dice.roll(height as usize - 360) as f64,
                );
                page.drag(from, to).await?;
            }
            "drags"
        }
        6 => {
            if let (Some(id), Some(island)) = (pick(dice, &shown), pick(dice, &islands)) {
                let from = middle(page, &note(&id)).await?;
                let to = middle(page, &format!("[data-testid=sheet] [data-heading=\"{island}\"]")).await?;
                page.drag(from, to).await?;
            }
            "gathers"
        }
        7 => {
            if let Some(id) = pick(dice, &shown) {
                let (x, y) = middle(page, &note(&id)).await?;
                page.press_at(x, y).await?;
                page.press_at(x, y).await?;
                if page
                    .eval("!!document.querySelector('[data-testid=note-editor]')")
                    .await?
                    == json!(true)
                {
                    page.types("＋").await?;
                }
                page.key("Escape", 0).await?;
            }
            "adds a letter"
        }
        8 => {
            if islands.len() >= 2 {
                let from = middle(page, &format!("[data-testid=sheet] [data-heading=\"{}\"]", islands[0])).await?;
                let to = middle(page, &format!("[data-testid=sheet] [data-heading=\"{}\"]", islands[1])).await?;
                page.drag(from, to).await?;
                let offered = page
                    .eval("!!document.querySelector('[data-testid=island-merge]')")
                    .await?
                    == json!(true);
                if offered {
                    page.press_css("[data-testid=island-merge]").await?;
                }
            } else if let Some(id) = pick(dice, &shown) {
                let (x, y) = middle(page, &note(&id)).await?;
                page.press_at(x, y).await?;
                if page
                    .eval("!!document.querySelector('[data-testid=draw-island]:not([disabled])')")
                    .await?
                    == json!(true)
                {
                    page.press_css("[data-testid=draw-island]").await?;
                    page.key("Escape", 0).await?;
                }
            }
            "draws or merges"
        }
        _ => {
            if let Some(id) = pick(dice, &shown) {
                let (x, y) = middle(page, &note(&id)).await?;
                page.press_at(x, y).await?;
                if page
                    .eval("!!document.querySelector('[data-testid=note-delete]')")
                    .await?
                    == json!(true)
                {
                    page.press_css("[data-testid=note-delete]").await?;
                }
            }
            "deletes"
        }
    };
    page.key("Escape", 0).await?;
    Ok(act)
}

/// Heads that the page showed while nothing was unsaved: these it had been told were saved.
async fn told_saved(seat: &Seated, group: &str, told: &mut Vec<String>) -> Result<()> {
    let state = seat.page.state().await?;
    let settled = state["phase"] == "online" && state["unsaved"] == 0;
    if let Some(heads) = state["groups"][group]["heads"].as_array().filter(|_| settled) {
        told.extend(heads.iter().filter_map(|head| head.as_str().map(str::to_owned)));
    }
    Ok(())
}

async fn three_devices(browser: &Arc<Browser>, server: &ServerProcess) -> Result<(Links, [Seated; 3])> {
    let coordinator = Seated::at(browser, server.address(), "coordinator", Device::Desktop).await?;
    let links = coordinator.creates_demo().await?;
    let (group, card) = links.groups[0].clone();
    let tablet = Seated::at(browser, server.address(), "tablet", Device::Tablet).await?;
    let phone = Seated::at(browser, server.address(), "phone", Device::Phone).await?;
    tablet.joins(&card, "佐藤").await?;
    phone.joins(&card, "森").await?;
    coordinator.opens(&format!("/w/{}/g/{group}", links.workshop)).await?;
    coordinator.on_board().await?;
    Ok((links, [tablet, phone, coordinator]))
}

/// What the server itself holds of a board, and whether each of these changes is in it.
async fn server_board(seat: &Seated, links: &Links, group: &str) -> Result<automerge::Automerge> {
    let bytes = seat
        .fetches(&format!(
            "/api/workshops/{}/groups/{group}/board.automerge",
            links.workshop
        ))
        .await?;
    Ok(automerge::Automerge::load(&bytes)?)
}

fn heads_of(document: &automerge::Automerge) -> Vec<String> {
    let mut heads: Vec<String> = document.get_heads().iter().map(ToString::to_string).collect();
    heads.sort();
    heads
}

async fn a_minute(
    seed: u64,
    seconds: u64,
    seats: &[Seated; 3],
    group: &str,
    mut midway: impl AsyncFnMut(u64) -> Result<()>,
) -> Result<Vec<String>> {
    let mut dice = Dice(seed);
    let mut told = Vec::new();
    let start = tokio::time::Instant::now();
    let mut count = 0;
    while start.elapsed().as_secs() < seconds {
        midway(start.elapsed().as_secs()).await?;
        // The three act at the same time, each with dice of their own.
        let mut own: Vec<Dice> = (0..3).map(|_| Dice(dice.roll(usize::MAX >> 1) as u64 | 1)).collect();
        let mut each = own.iter_mut();
        let (first, second, third) = (
            each.next().context("dice")?,
            each.next().context("dice")?,
            each.next().context("dice")?,
        );
        let acts = tokio::join!(
            random_act(&seats[0], first, count),
            random_act(&seats[1], second, count),
            random_act(&seats[2], third, count)
        );
        for (seat, act) in seats.iter().zip([acts.0, acts.1, acts.2]) {
            act.with_context(|| format!("{} at act {count}", seat.page.name()))?;
            told_saved(seat, group, &mut told).await?;
        }
        count += 1;
    }
    ensure!(count >= 5, "the minute was too slow to mean anything: {count} rounds");
    Ok(told)
}

fn nothing_is_lost(board: &BoardSeen) -> Result<()> {
    ensure!(board.notes.len() >= 22, "the imported notes are all there");
    for (id, note) in &board.notes {
        ensure!(note["text"].is_string(), "note {id} has a text: {note}");
        ensure!(
            note["x"].is_number() && note["y"].is_number(),
            "note {id} lies somewhere: {note}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_devices_work_for_a_minute_while_one_loses_its_network_for_ten_seconds() {
    scenario("three_devices_work_for_a_minute", |browser| async move {
        let server = hall().await?;
        let (links, seats) = three_devices(&browser, &server).await?;
        let group = links.groups[0].0.clone();
        for seat in &seats {
            seat.fits().await?;
        }
        a_minute(0x5eed_0001, 60, &seats, &group, async |second| {
            seats[1].network.set(if (20..30).contains(&second) {
                Weather::Cut
            } else {
                Weather::Fine
            });
            Ok(())
        })
        .await?;
        seats[1].network.set(Weather::Fine);
        let board = until_equal(&[&seats[0], &seats[1], &seats[2]], &group).await?;
        nothing_is_lost(&board)?;
        let server_holds = heads_of(&server_board(&seats[2], &links, &group).await?);
        ensure!(
            server_holds == board.heads,
            "the server ends equal: {server_holds:?} {:?}",
            board.heads
        );
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_killed_in_the_middle_and_every_edit_called_saved_is_there() {
    scenario("the_server_is_killed", |browser| async move {
        let data = temporary_folder("killed")?;
        let mut server = ServerProcess::start(&data, None).await?;
        let address = server.address();
        let (links, seats) = three_devices(&browser, &server).await?;
        let group = links.groups[0].0.clone();
        for seat in &seats {
            seat.fits().await?;
        }
        let mut kills = 0;
        let told = a_minute(0x5eed_0002, 45, &seats, &group, async |second| {
            if second / 15 > kills {
                kills = second / 15;
                server.kill().await?;
                server = ServerProcess::start(&data, Some(address)).await?;
            }
            Ok(())
        })
        .await?;
        ensure!(kills >= 2, "the server was killed {kills} times");
        let board = until_equal(&[&seats[0], &seats[1], &seats[2]], &group).await?;
        nothing_is_lost(&board)?;
        let document = server_board(&seats[2], &links, &group).await?;
        ensure!(heads_of(&document) == board.heads, "the server ends equal");
        ensure!(!told.is_empty(), "the pages were told of saved edits");
        for head in told {
            let hash = head
                .parse::<automerge::ChangeHash>()
                .map_err(|_| anyhow::anyhow!("no hash: {head}"))?;
            ensure!(
                document.get_change_by_hash(&hash).is_some(),
                "a change that was called saved is missing: {head}"
            );
        }
        Ok(())
    })
    .await;
}
