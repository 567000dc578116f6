//! Real sockets against the real server and its SQLite file: people meet, leave and come back.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::json;
use server::{Store as _, store::SqliteStore};
use sync::DocumentId;
use tests::{
    faulty_store::FaultyStore,
    hall::{Hall, code, hall_with_groups},
    light_client::{LightClient, PATIENCE, wait_equal},
    notes::{has_note, note, reads},
    server_process::{LocalServer, ServerProcess},
    temporary_folder,
};

#[tokio::test]
async fn two_tablets_at_one_table_see_each_others_notes() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("two-tablets", 2).await?;
    let board = hall.board(0)?;
    let (sato, suzuki) = (hall.at_table(0).await?, hall.at_table(0).await?);
    let (sato, suzuki) = (hall.client(&sato, 1), hall.client(&suzuki, 2));
    sato.open(board).await?;
    suzuki.open(board).await?;
    sato.act(board, note("sato", "市民活動のちょっとしたフォロー"))?;
    suzuki.act(board, note("suzuki", "職員は改革意識が低い。"))?;
    sato.wait_saved(board).await?;
    suzuki.wait_saved(board).await?;
    wait_equal(board, &[&sato, &suzuki]).await?;
    assert!(reads(&sato, board, "suzuki", "職員は改革意識が低い。"));
    assert!(reads(&suzuki, board, "sato", "市民活動のちょっとしたフォロー"));
    server.stop().await
}

#[tokio::test]
async fn presence_reaches_the_others_and_nobody_else() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("presence", 2).await?;
    let board = hall.board(0)?;
    let (one, two, far) = (
        hall.at_table(0).await?,
        hall.at_table(0).await?,
        hall.at_table(1).await?,
    );
    let (one, two, far) = (hall.client(&one, 1), hall.client(&two, 2), hall.client(&far, 3));
    one.open(board).await?;
    two.open(board).await?;
    far.open(hall.board(1)?).await?;
    two.wait("both are in the room", |known| {
        known.people.get(&board).is_some_and(|people| people.len() == 2)
    })
    .await?;
    one.present(board, b"holding");
    two.wait("presence", |known| known.ephemerals.contains(&b"holding".to_vec()))
        .await?;
    assert!(one.known().ephemerals.is_empty());
    assert!(far.known().ephemerals.is_empty());
    server.stop().await
}

#[tokio::test]
async fn a_restart_keeps_everything_and_clients_come_back_by_themselves() -> Result<()> {
    let folder = temporary_folder("restart")?;
    let address = tests::server_process::free_address().await?;
    let start = || {
        let mut config = server::Config::for_folder(&folder);
        config.listen = address;
        LocalServer::start_with(config, None)
    };
    let server = start().await?;
    let hall = Hall::demo(address).await?;
    let board = hall.board(1)?;
    let (one, two) = (
        hall.client(&hall.at_table(1).await?, 1),
        hall.client(&hall.at_table(1).await?, 2),
    );
    one.open(board).await?;
    two.open(board).await?;
    for number in 0..20 {
        one.act(board, note(&format!("note{number}"), &format!("{number}枚目")))?;
    }
    one.wait_saved(board).await?;
    server.stop().await?;
    one.wait("the goodbye", |known| known.closes == [1012]).await?;
    // Written while nobody is there.
    two.act(board, note("offline", "圏外でも書けます"))?;
    let server = start().await?;
    one.network_is_back();
    two.network_is_back();
    two.wait_saved(board).await?;
    one.wait("the note written offline", |known| {
        known.documents.get(&board).is_some_and(|doc| has_note(doc, "offline"))
    })
    .await?;
    wait_equal(board, &[&one, &two]).await?;
    let fresh = hall.client(&hall.at_table(1).await?, 3);
    fresh.open(board).await?;
    assert_eq!(fresh.heads(board), one.heads(board));
    let view = fresh.board(board)?;
    let live = view
        .notes
        .values()
        .filter(|note| note.state == board::State::Live)
        .count();
    assert_eq!(live, 42 + 21);
    server.stop().await
}

#[tokio::test]
async fn a_new_group_can_be_opened_on_the_connection_that_is_there() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("new-group", 1).await?;
    let client = hall.client(&hall.coordinator, 1);
    client.open(hall.document).await?;
    let body = json!({ "name": "2班", "icon": "😊" });
    let added = hall
        .coordinator
        .clone()
        .request("POST", &hall.path("groups"), Some(&body))
        .await?
        .success()?;
    let board: DocumentId = tests::hall::text(&added, "/document")?.parse()?;
    client.open(board).await?;
    client
        .wait("the list", |known| {
            known
                .documents
                .get(&hall.document)
                .is_some_and(|doc| lists_groups(doc, 2))
        })
        .await?;
    assert_eq!(client.board(board)?.group.icon.as_deref(), Some("😊"));
    assert_eq!(client.known().connections, 1);
    server.stop().await
}

fn lists_groups(doc: &automerge::Automerge, count: usize) -> bool {
    board::Workshop::from_doc(doc.clone()).is_ok_and(|workshop| workshop.view().groups.len() == count)
}

#[tokio::test]
async fn one_hundred_and_fifty_connections_on_ten_boards_converge() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("crowd", 10).await?;
    let mut clients = Vec::new();
    for number in 0..150_u64 {
        let group = usize::try_from(number)? % 10;
        let device = hall.at_table(group).await?;
        clients.push((group, hall.client(&device, number)));
    }
    for (group, client) in &clients {
        client.open(hall.board(*group)?).await?;
    }
    for (number, (group, client)) in clients.iter().enumerate() {
        for round in 0..2 {
            client.act(
                hall.board(*group)?,
                note(&format!("n{number}r{round}"), &format!("{number}の考え")),
            )?;
        }
    }
    for group in 0..10 {
        let board = hall.board(group)?;
        let table: Vec<&LightClient> = clients
            .iter()
            .filter(|(of, _)| *of == group)
            .map(|(_, client)| client)
            .collect();
        for client in &table {
            client.wait_saved(board).await?;
        }
        wait_equal(board, &table).await?;
        let view = table.first().context("a table has people")?.board(board)?;
        assert_eq!(view.notes.len(), 15 * 2);
    }
    server.stop().await
}

#[tokio::test]
async fn a_process_that_gets_sigterm_says_goodbye_and_loses_nothing() -> Result<()> {
    let folder = temporary_folder("sigterm")?;
    let mut process = ServerProcess::start(&folder, None).await?;
    let hall = Hall::with_groups(process.address(), 1).await?;
    let board = hall.board(0)?;
    let client = hall.client(&hall.at_table(0).await?, 1);
    client.open(board).await?;
    client.act(board, note("kept", "残る"))?;
    client.wait_saved(board).await?;
    process.stop().await?;
    client.wait("the goodbye", |known| known.closes.contains(&1012)).await?;
    let mut process = ServerProcess::start(&folder, Some(hall.server)).await?;
    let fresh = hall.client(&hall.at_table(0).await?, 2);
    fresh.open(board).await?;
    assert!(reads(&fresh, board, "kept", "残る"));
    process.kill().await
}

/// Promise 3, live: while the disk is full nothing is acknowledged and people are told; afterwards everything is saved.
#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_recovers_by_itself() -> Result<()> {
    let folder = temporary_folder("full-disk")?;
    let store = Arc::new(FaultyStore::new(SqliteStore::open(&folder)?));
    let shared = Arc::<FaultyStore>::clone(&store);
    let server = LocalServer::start_with(server::Config::for_folder(&folder), Some(shared)).await?;
    let hall = Hall::with_groups(server.address(), 1).await?;
    let board = hall.board(0)?;
    let (one, two) = (
        hall.client(&hall.at_table(0).await?, 1),
        hall.client(&hall.at_table(0).await?, 2),
    );
    one.open(board).await?;
    two.open(board).await?;
    store.set_full(true);
    one.act(board, note("waits", "まだ保存されていない"))?;
    one.wait("the warning", |known| {
        known.notices.iter().any(|code| code == "not-saved")
    })
    .await?;
    assert!(one.known().acknowledged.is_empty());
    assert!(
        !reads(&two, board, "waits", "まだ保存されていない"),
        "what is seen is saved"
    );
    let mut device = hall.coordinator.clone();
    assert_eq!(device.request("GET", "/healthz", None).await?.status, 503);
    let refused = device.request("POST", &hall.path("cards"), None).await?;
    assert_eq!((refused.status, code(&refused)?.as_str()), (503, "disk_full"));
    let export = device.request("GET", &hall.path("report.txt"), None).await?;
    assert_eq!(export.status, 200, "reading goes on");
    store.set_full(false);
    one.wait_saved(board).await?;
    two.wait("the note", |known| {
        known.documents.get(&board).is_some_and(|doc| has_note(doc, "waits"))
    })
    .await?;
    assert_eq!(device.request("GET", "/healthz", None).await?.status, 200);
    server.stop().await
}

#[tokio::test]
async fn an_idle_board_leaves_the_memory_as_one_snapshot_and_comes_back_the_same() -> Result<()> {
    let folder = temporary_folder("idle")?;
    let store = Arc::new(SqliteStore::open(&folder)?);
    let shared = Arc::<SqliteStore>::clone(&store);
    let mut config = server::Config::for_folder(&folder);
    config.room_idle_s = 0;
    let server = LocalServer::start_with(config, Some(shared)).await?;
    let hall = Hall::with_groups(server.address(), 1).await?;
    let board = hall.board(0)?;
    let writer = hall.client(&hall.at_table(0).await?, 1);
    writer.open(board).await?;
    for number in 0..40 {
        writer.act(board, note(&format!("n{number}"), "あとで読む"))?;
    }
    writer.wait_saved(board).await?;
    let heads = writer.heads(board);
    drop(writer);
    let deadline = std::time::Instant::now() + PATIENCE;
    while !store.document(board).await?.context("stored")?.changes.is_empty() {
        assert!(std::time::Instant::now() < deadline, "the board was not compacted");
        tokio::task::yield_now().await;
    }
    let reader = hall.client(&hall.at_table(0).await?, 2);
    reader.open(board).await?;
    assert_eq!(reader.heads(board), heads);
    server.stop().await
}
