//! Rights that are taken away.

use super::*;

#[tokio::test]
async fn row_25_revoked_links_and_removed_devices_are_out_within_two_seconds() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("revoked", 1).await?;
    let board = hall.board(0)?;
    let (guest, removed, viewer) = (hall.at_table(0).await?, hall.at_table(0).await?, hall.viewer().await?);
    let clients = [
        hall.client(&guest, 1),
        hall.client(&removed, 2),
        hall.client(&viewer, 3),
        hall.client(&hall.coordinator, 4),
    ];
    for client in &clients {
        client.open(board).await?;
    }
    let [at_table, out, watching, coordinating] = &clients;
    // One device is taken out; its neighbour at the table stays.
    let seat = removed
        .clone()
        .request("GET", &hall.path("seat"), None)
        .await?
        .success()?;
    let started = Instant::now();
    let path = hall.path(&format!("seats/{}/revoke", text(&seat, "/device")?));
    hall.coordinator.clone().request("POST", &path, None).await?.success()?;
    out.wait("the end", |known| known.closes.contains(&1008)).await?;
    let removed_ms = started.elapsed().as_millis();
    assert!(out.known().notices.contains(&"revoked".to_owned()), "it is told why");
    assert!(at_table.known().closes.is_empty());
    // All cards are renewed.
    let started = Instant::now();
    let body = json!({ "kind": "group" });
    hall.coordinator
        .clone()
        .request("POST", &hall.path("links/revoke"), Some(&body))
        .await?
        .success()?;
    at_table.wait("the end", |known| known.closes.contains(&1008)).await?;
    let revoked_ms = started.elapsed().as_millis();
    println!("row 25: a removed device was out after {removed_ms} ms, a revoked card after {revoked_ms} ms");
    assert!(
        removed_ms <= 2_000 && revoked_ms <= 2_000,
        "{removed_ms} ms, {revoked_ms} ms"
    );
    assert!(watching.known().closes.is_empty() && coordinating.known().closes.is_empty());
    // What they write from now on finds no way in …
    for client in [at_table, out] {
        client.act(board, note("later", "まだ書いている"))?;
        client.network_is_back();
    }
    for device in [&guest, &removed] {
        let answer = device.clone().request("POST", &hall.path("ticket"), None).await?;
        assert_eq!((answer.status, code(&answer)?.as_str()), (401, "no_seat"));
        let opened = open_socket(hall.server, &hall.workshop, &Credential::of(device)).await;
        assert!(matches!(opened, Err(SocketError::Http(answer)) if answer.status() == 401));
    }
    coordinating.act(board, note("mark", "しるし"))?;
    coordinating.wait_saved(board).await?;
    assert!(!has_note(&coordinating.document(board)?, "later"));
    // … nor do the old card and the old code; new cards do, and then it is sent after all: nothing was thrown away.
    for body in [
        json!({ "secret": hall.secret("/links/groups/0/url")? }),
        json!({ "code": text(&hall.created, "/join_code")? }),
    ] {
        let answer = guest.clone().request("POST", "/api/join", Some(&body)).await?;
        assert_eq!((answer.status, code(&answer)?.as_str()), (410, "link_revoked"));
    }
    let cards = hall
        .coordinator
        .clone()
        .request("POST", &hall.path("cards"), None)
        .await?
        .success()?;
    let card = text(&cards, "/cards/0/url")?;
    let secret = json!({ "secret": card.split_once('#').context("a fragment")?.1 });
    guest
        .clone()
        .request("POST", "/api/join", Some(&secret))
        .await?
        .success()?;
    at_table.network_is_back();
    at_table.wait_saved(board).await?;
    coordinating
        .wait("the note", |known| {
            known.documents.get(&board).is_some_and(|doc| has_note(doc, "later"))
        })
        .await?;
    assert!(reads(coordinating, board, "later", "まだ書いている"));
    server.stop().await
}

/// A reader that takes nothing does not keep its line by that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_25_a_frozen_device_is_out_within_two_seconds_too() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("revoked-frozen", 1).await?;
    let board = hall.board(0)?;
    let device = hall.at_table(0).await?;
    let narrow = TcpSocket::new_v4()?;
    narrow.set_recv_buffer_size(4 * 1024)?;
    let narrow = narrow.connect(hall.server).await?;
    let origin = format!("http://{}", hall.server);
    let socket = open_socket_on(narrow, &hall.workshop, &Credential::of(&device), Some(&origin)).await?;
    let mut frozen = RawPeer::join(socket, "frozen", true).await?;
    frozen.ask(board).await?;
    frozen
        .hear_until(|message| matches!(message, Message::Sync(sync) if sync.document == board))
        .await?;
    // From here on it reads nothing, until more waits for it than the kernel takes.
    let writer = hall.client(&hall.coordinator, 1);
    writer.open(board).await?;
    let deadline = Instant::now() + PATIENCE;
    let mut number = 0;
    while hall.figure("yoriai_outbox_bytes").await? < 50_000.0 {
        ensure!(Instant::now() < deadline, "nothing waits");
        for _ in 0..4 {
            number += 1;
            writer.change(board, |doc, actor| large(doc, actor, number))?;
        }
        writer.wait_saved(board).await?;
    }
    let sessions = hall.figure("yoriai_sessions").await?;
    let seat = device
        .clone()
        .request("GET", &hall.path("seat"), None)
        .await?
        .success()?;
    let path = hall.path(&format!("seats/{}/revoke", text(&seat, "/device")?));
    let started = Instant::now();
    hall.coordinator.clone().request("POST", &path, None).await?.success()?;
    // Out of the room: nothing waits for it any more. Its line is cut after that.
    hall.until_figure("yoriai_outbox_bytes", "the frozen device is cut off", |bytes| {
        bytes == 0.0
    })
    .await?;
    let out_ms = started.elapsed().as_millis();
    println!("row 25: a frozen device was out after {out_ms} ms");
    assert!(out_ms <= 3_000, "{out_ms} ms");
    hall.until_figure("yoriai_sessions", "its session ends", |now| now < sessions)
        .await?;
    drop(frozen);
    server.stop().await
}

/// Somebody else sits down at the tablet: the others' list of people says so on the connection that is there.
#[tokio::test]
async fn row_25_a_changed_seat_changes_the_list_of_people() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("seat-change", 1).await?;
    let board = hall.board(0)?;
    let mut tablet = hall.at_table(0).await?;
    let (sitting, watching) = (hall.client(&tablet, 1), hall.client(&hall.at_table(0).await?, 2));
    sitting.open(board).await?;
    watching.open(board).await?;
    for name in ["田中", "鈴木"] {
        let choice = json!({ "new_name": name });
        tablet
            .request("POST", &hall.path("seat"), Some(&choice))
            .await?
            .success()?;
        watching
            .wait(name, |known| {
                let people = known.people.get(&board);
                people.is_some_and(|people| people.len() == 2 && people.iter().any(|person| person == name))
            })
            .await?;
    }
    assert_eq!(sitting.known().connections, 1);
    // A role changes as well: the coordinator's link on the same tablet.
    let body = json!({ "secret": hall.secret("/links/coordinator")? });
    tablet.request("POST", "/api/join", Some(&body)).await?.success()?;
    sitting
        .wait("the right to write the workshop", |known| {
            known
                .access
                .get(&board)
                .is_some_and(|(access, _)| *access == sync::Access::Write)
        })
        .await?;
    server.stop().await
}

/// A device that is out hears why, also when it speaks another's protocol: its socket is closed with 1008.
#[tokio::test]
async fn row_25_tokens_end_with_their_seat() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("revoked-token", 1).await?;
    let mut device = hall.at_table(0).await?;
    let path = format!("/api/tokens/{}", hall.workshop);
    let minted = device.request("POST", &path, None).await?.success()?;
    let token = Credential::Token(text(&minted, "/token")?);
    let socket = open_socket(hall.server, &hall.workshop, &token).await?;
    let mut guest = RawPeer::join(socket, "guest", false).await?;
    guest.ask(hall.board(0)?).await?;
    let body = json!({ "kind": "group" });
    hall.coordinator
        .clone()
        .request("POST", &hall.path("links/revoke"), Some(&body))
        .await?
        .success()?;
    assert_eq!(guest.end().await?.map(|(code, _)| code), Some(1008));
    let again = open_socket(hall.server, &hall.workshop, &token).await;
    assert!(matches!(again, Err(SocketError::Http(answer)) if answer.status() == 401));
    // The line is really gone, and not only said to be.
    assert!(matches!(guest.hear().await?, Heard::Gone));
    assert!(guest.socket.next().await.is_none());
    server.stop().await
}

/// 27 KB that no compression makes smaller.
fn large(doc: &automerge::Automerge, actor: automerge::ActorId, number: u64) -> Result<Option<automerge::Change>> {
    use automerge::{ROOT, ReadDoc as _, transaction::Transactable as _};
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letters: String = (0..36_000)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'0' + (state % 64) as u8)
        })
        .collect();
    let mut doc = doc.clone().with_actor(actor);
    let (_, group) = doc.get(ROOT, "group")?.context("boards have a group")?;
    doc.transact(|tx| tx.put(&group, "theme", letters.as_str()))
        .map_err(|failure| failure.error)?;
    Ok(doc.get_last_local_change())
}
