//! Unmodified JavaScript automerge-repo clients at our tables: what others wrote speaks with what we wrote.

use std::{process::Stdio, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tests::{
    browser::{Device, scenario},
    evening::{Links, Seated, until_equal},
    hall::{Hall, hall_with_groups},
    http::HttpDevice,
    light_client::PATIENCE,
    notes::{note, reads},
    server_process::ServerProcess,
    temporary_folder,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// How long a guest may take over one thing; it has 30 s of patience of its own.
const ANSWER_MS_MAX: u64 = 60_000;

/// One JavaScript program at the table, directed line by line.
struct Guest {
    _process: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Guest {
    fn start(url: &str) -> Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/guest.mjs");
        let modules = std::env::var_os("YORIAI_INTEROP")
            .map(std::path::PathBuf::from)
            .unwrap_or_else(|| tests::target_folder().join("interop"));
        ensure!(
            modules.join("node_modules").exists(),
            "{} has no node_modules; `cargo xtask test` installs them",
            modules.display()
        );
        let mut process = Command::new("node")
            .arg(script)
            .arg(url)
            .env("YORIAI_INTEROP", modules)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start node; install Node.js 20 or later")?;
        let to = process.stdin.take().context("no standard input")?;
        let from = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        Ok(Self {
            _process: process,
            to,
            from,
        })
    }

    /// Says what to do and returns the answer, also when it is a refusal.
    async fn tell(&mut self, act: Value) -> Result<Value> {
        self.to.write_all(format!("{act}\n").as_bytes()).await?;
        let line = tokio::time::timeout(Duration::from_millis(ANSWER_MS_MAX), self.from.next_line())
            .await
            .with_context(|| format!("no answer to {act}"))??
            .with_context(|| format!("the guest ended at {act}"))?;
        Ok(serde_json::from_str(&line)?)
    }

    /// Says what to do; anything but success fails the test.
    async fn does(&mut self, act: Value) -> Result<Value> {
        let answer = self.tell(act.clone()).await?;
        if answer["ok"] != true {
            bail!("{act}: {answer}");
        }
        Ok(answer)
    }
}

async fn token(seat: &Seated, links: &Links) -> Result<String> {
    let token = seat
        .asks("POST", &format!("/api/tokens/{}", links.workshop), Some(json!({})))
        .await?;
    let url = token["url"].as_str().context("no url")?;
    let query = url.split_once('?').context("no token in the url")?.1;
    Ok(format!(
        "{}/sync/{}?{query}",
        seat.base().replacen("http", "ws", 1),
        links.workshop
    ))
}

async fn document(seat: &Seated, links: &Links, group: &str) -> Result<String> {
    let seat_json = seat
        .asks("GET", &format!("/api/workshops/{}/seat", links.workshop), None)
        .await?;
    let groups = seat_json["groups"].as_array().context("no groups")?;
    let found = groups.iter().find(|each| each["id"] == group).context("the group")?;
    found["document"].as_str().map(str::to_owned).context("no document")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_javascript_guest_reads_the_board_and_its_note_appears_in_the_browser() {
    scenario("a_javascript_guest", |browser| async move {
        let server = ServerProcess::start(&temporary_folder("guest")?, None).await?;
        let coordinator = Seated::at(&browser, server.address(), "coordinator", Device::Desktop).await?;
        let links = coordinator.creates_demo().await?;
        let (group, card) = links.groups[0].clone();
        let tablet = Seated::at(&browser, server.address(), "tablet", Device::Tablet).await?;
        tablet.joins(&card, "佐藤").await?;

        let mut guest = Guest::start(&token(&tablet, &links).await?)?;
        let board = document(&tablet, &links, &group).await?;
        let found = guest.does(json!({ "do": "find", "document": board })).await?;
        let notes = found["document"]["notes"].as_object().context("notes are plain data")?;
        ensure!(notes.len() >= 22, "22 notes, not {}", notes.len());
        ensure!(notes.values().any(|note| note["text"] == "職員は改革意識が低い。"), "texts read as strings");

        // The guest writes a note as the schema says, and moves it.
        let note = json!({ "text": "ガイジンのプログラムから", "place": "- zz 2400 1700", "state": "live", "colour": "asagi", "author": "", "device": "guest", "at": 0 });
        guest.does(json!({ "do": "add", "id": "guest-note-1", "note": note })).await?;
        tablet.page.reads("ガイジンのプログラムから").await?;
        guest.does(json!({ "do": "set", "path": ["notes", "guest-note-1", "place"], "value": "- zz 2600 1800" })).await?;
        let moved = format!("(() => {{ const n = JSON.parse(window.yoriai.state()).groups[{}].notes['guest-note-1']; return n && n.x === 2600 && n.y === 1800; }})()", json!(group));
        tablet.page.until("the guest's note moved", &moved).await?;

        // And the other way round: the guest hears what the tablet writes.
        let id = tablet.writes_note("タブレットから").await?;
        guest.does(json!({ "do": "until", "path": ["notes", id, "text"], "equals": "タブレットから" })).await?;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_guests_edit_at_once_one_of_them_offline_and_nothing_is_lost() {
    scenario("two_guests_edit_at_once", |browser| async move {
        let server = ServerProcess::start(&temporary_folder("guests")?, None).await?;
        let coordinator = Seated::at(&browser, server.address(), "coordinator", Device::Desktop).await?;
        let links = coordinator.creates("会議", &["1班"]).await?;
        let (group, _) = links.groups[0].clone();
        let url = token(&coordinator, &links).await?;
        let board = document(&coordinator, &links, &group).await?;
        let (mut anna, mut ben) = (Guest::start(&url)?, Guest::start(&url)?);
        anna.does(json!({ "do": "find", "document": board })).await?;
        ben.does(json!({ "do": "find", "document": board })).await?;
        let note = |text: String, x: usize| json!({ "text": text, "place": format!("- a{x} {x} 100"), "state": "live", "colour": "kinari", "author": "", "device": "guest", "at": 0 });
        for number in 0..30 {
            let acts = tokio::join!(
                anna.does(json!({ "do": "add", "id": format!("anna-{number}"), "note": note(format!("アンナ{number}"), number + 1) })),
                ben.does(json!({ "do": "add", "id": format!("ben-{number}"), "note": note(format!("ベン{number}"), number + 1) }))
            );
            acts.0?;
            acts.1?;
        }
        ben.does(json!({ "do": "away" })).await?;
        ben.does(json!({ "do": "add", "id": "ben-offline", "note": note("圏外のベン".to_owned(), 40) })).await?;
        ben.does(json!({ "do": "back" })).await?;
        anna.does(json!({ "do": "until", "path": ["notes", "ben-offline", "text"], "equals": "圏外のベン" })).await?;
        anna.does(json!({ "do": "until", "path": ["notes", "ben-29", "text"], "equals": "ベン29" })).await?;
        ben.does(json!({ "do": "until", "path": ["notes", "anna-29", "text"], "equals": "アンナ29" })).await?;

        coordinator.opens(&format!("/w/{}/g/{group}", links.workshop)).await?;
        coordinator.on_board().await?;
        coordinator.page.until("61 notes", &format!("Object.keys(JSON.parse(window.yoriai.state()).groups[{}].notes).length === 61", json!(group))).await?;
        let seen = until_equal(&[&coordinator], &group).await?;
        ensure!(seen.texts().len() == 61, "{:?}", seen.texts());
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewers_guest_reads_and_cannot_write() {
    scenario("a_viewers_guest", |browser| async move {
        let server = ServerProcess::start(&temporary_folder("viewer")?, None).await?;
        let coordinator = Seated::at(&browser, server.address(), "coordinator", Device::Desktop).await?;
        let links = coordinator.creates_demo().await?;
        let (group, _) = links.groups[0].clone();
        let viewer = Seated::at(&browser, server.address(), "viewer", Device::Projector).await?;
        viewer.opens(&links.viewer).await?;
        viewer.page.until("the viewer has a seat", "JSON.parse(window.yoriai.state()).phase === 'online'").await?;
        let mut guest = Guest::start(&token(&viewer, &links).await?)?;
        let board = document(&viewer, &links, &group).await?;
        guest.does(json!({ "do": "find", "document": board })).await?;
        let note = json!({ "text": "書けないはず", "place": "- zz 100 100", "state": "live", "colour": "kinari", "author": "", "device": "guest", "at": 0 });
        guest.does(json!({ "do": "add", "id": "viewer-note", "note": note })).await?;
        // A note by somebody who may write arrives everywhere; the viewer's, sent before it, never does.
        coordinator.opens(&format!("/w/{}/g/{group}", links.workshop)).await?;
        coordinator.on_board().await?;
        let id = coordinator.writes_note("書ける人から").await?;
        guest.does(json!({ "do": "until", "path": ["notes", id, "text"], "equals": "書ける人から" })).await?;
        let bytes = coordinator.fetches(&format!("/api/workshops/{}/groups/{group}/board.automerge", links.workshop)).await?;
        let document = automerge::Automerge::load(&bytes)?;
        let stored = board::Board::from_doc(document)?;
        ensure!(!stored.view().notes.values().any(|note| note.text == "書けないはず"), "the viewer's note must never be stored");
        ensure!(stored.view().notes.values().any(|note| note.text == "書ける人から"));
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_pass_presence_on_and_what_is_outside_the_schema_or_their_own_stays_with_them() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("guests", 1).await?;
    let board = hall.board(0)?;
    let device = hall.at_table(0).await?;
    let tablet = hall.client(&device, 1);
    tablet.open(board).await?;
    let url = guest_url(&hall, &device).await?;
    let (mut anna, mut ben) = (Guest::start(&url)?, Guest::start(&url)?);
    for guest in [&mut anna, &mut ben] {
        guest
            .does(json!({ "do": "find", "document": board.to_string() }))
            .await?;
    }

    // Presence, told again until it is heard: it is not stored, and nobody promised the first.
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        anna.does(json!({ "do": "ephemeral", "message": { "writing": "note-1" } }))
            .await?;
        let heard = ben.does(json!({ "do": "heard" })).await?;
        if heard["heard"]
            .as_array()
            .is_some_and(|all| all.contains(&json!({ "writing": "note-1" })))
        {
            break;
        }
        ensure!(tokio::time::Instant::now() < deadline, "ben never heard anna: {heard}");
    }

    // What a board cannot hold is refused, and costs nobody else anything.
    tablet.act(board, note("kept", "消えてはならない"))?;
    anna.does(json!({ "do": "until", "path": ["notes", "kept", "text"], "equals": "消えてはならない" }))
        .await?;
    anna.does(json!({ "do": "remove", "path": ["notes", "kept"] })).await?;
    tablet.act(board, note("after", "そのあとも書ける"))?;
    ben.does(json!({ "do": "until", "path": ["notes", "after", "text"], "equals": "そのあとも書ける" }))
        .await?;
    let read = ben.does(json!({ "do": "read" })).await?;
    ensure!(
        read["document"]["notes"]["kept"]["text"] == "消えてはならない",
        "{read}"
    );

    // Documents are made by the server: a guest's own does not exist for anybody else.
    let own = anna.does(json!({ "do": "create" })).await?;
    let answer = ben.tell(json!({ "do": "find", "document": own["id"] })).await?;
    ensure!(answer["ok"] == false, "{answer}");
    tablet.wait_saved(board).await?;
    ensure!(reads(&tablet, board, "kept", "消えてはならない"));
    server.stop().await
}

/// A socket's address with a token for a device that knows only HTTP.
async fn guest_url(hall: &Hall, device: &HttpDevice) -> Result<String> {
    let token = device
        .clone()
        .request("POST", &format!("/api/tokens/{}", hall.workshop), Some(&json!({})))
        .await?
        .success()?;
    let (_, query) = token["url"]
        .as_str()
        .and_then(|url| url.split_once('?'))
        .context("no token in the url")?;
    Ok(format!("ws://{}/sync/{}?{query}", hall.server, hall.workshop))
}
