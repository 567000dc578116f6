//! Three devices and a minute of everything at once.

use super::*;

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
