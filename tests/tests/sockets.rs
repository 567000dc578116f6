//! Real sockets against the real server and its SQLite file.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use automerge::{ROOT, transaction::Transactable as _};
use board::{Colour, Command, NoteId, OrderHint, Stage, WorkshopCommand};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use server::{Store as _, store::SqliteStore};
use sync::{Access, DocumentId, wire};
use tests::{
    faulty_store::FaultyStore,
    hall::{Hall, code, hall_with_groups},
    light_client::{Credential, LightClient, PATIENCE, open_socket, open_socket_on, wait_equal},
    server_process::{LocalServer, ServerProcess},
    temporary_folder,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message as Frame};

fn note(id: &str, text: &str) -> Command {
    Command::AddNote {
        id: note_id(id),
        text: text.to_owned(),
        colour: Colour::Kinari,
        parent: None,
        at: None,
        order: OrderHint::Last,
        author: None,
    }
}

fn note_id(id: &str) -> NoteId {
    id.parse().expect("test ids are ids")
}

fn reads(client: &LightClient, board: DocumentId, id: &str, text: &str) -> bool {
    client
        .board(board)
        .is_ok_and(|view| view.notes.get(&note_id(id)).is_some_and(|note| note.text == text))
}

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

/// Role × document × stage: what the server lets each of them do, over raw sockets.
#[tokio::test]
async fn rights_follow_role_document_and_stage() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("rights", 2).await?;
    let coordinator = hall.client(&hall.coordinator, 1);
    let participant = hall.client(&hall.at_table(0).await?, 2);
    let viewer = hall.client(&hall.viewer().await?, 3);
    let (own, other) = (hall.board(0)?, hall.board(1)?);
    for client in [&coordinator, &participant, &viewer] {
        for document in [hall.document, own, other] {
            client.open(document).await?;
        }
    }
    let all = [hall.document, own, other];
    let expected = |rights: [Access; 3]| all.into_iter().zip(rights).collect::<Vec<_>>();
    let (r, w) = (Access::Read, Access::Write);

    let steps: Vec<(&str, Vec<WorkshopCommand>, [Access; 3])> = vec![
        ("writing", vec![], [r, w, r]),
        ("closed", vec![WorkshopCommand::SetStage(Stage::Closed)], [r, r, r]),
        (
            "open again",
            vec![WorkshopCommand::SetStage(Stage::Headings)],
            [r, w, r],
        ),
        (
            "locked",
            vec![WorkshopCommand::SetLocked {
                group: hall.group(0)?.parse()?,
                locked: true,
            }],
            [r, r, r],
        ),
        (
            "unlocked",
            vec![WorkshopCommand::SetLocked {
                group: hall.group(0)?.parse()?,
                locked: false,
            }],
            [r, w, r],
        ),
        (
            "others hidden",
            vec![WorkshopCommand::SetReadOthers(false)],
            [r, w, Access::None],
        ),
    ];
    for (name, commands, participants) in steps {
        for command in commands {
            coordinator.act_workshop(hall.document, command)?;
        }
        for (document, access) in expected(participants) {
            participant
                .wait(name, |known| {
                    known.access.get(&document).is_some_and(|(known, _)| *known == access)
                })
                .await
                .with_context(|| format!("participant, {name}, {document}: {access:?}"))?;
        }
        for document in all {
            assert_eq!(
                viewer.known().access.get(&document).map(|(access, _)| *access),
                Some(r),
                "viewer, {name}"
            );
            assert_eq!(
                coordinator.known().access.get(&document).map(|(access, _)| *access),
                Some(w),
                "{name}"
            );
        }
    }
    assert_eq!(
        participant.known().connections,
        1,
        "rights change on the open connection"
    );
    server.stop().await
}

#[tokio::test]
async fn what_a_reader_writes_is_never_merged_and_a_lock_ends_writing_at_once() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("readers", 2).await?;
    let board = hall.board(0)?;
    let coordinator = hall.client(&hall.coordinator, 1);
    let viewer = hall.client(&hall.viewer().await?, 2);
    let stranger = hall.client(&hall.at_table(1).await?, 3);
    let member = hall.client(&hall.at_table(0).await?, 4);
    coordinator.open(hall.document).await?;
    for client in [&coordinator, &viewer, &stranger, &member] {
        client.open(board).await?;
    }
    viewer.act(board, note("viewer", "書けないはず"))?;
    stranger.act(board, note("stranger", "となりの班から"))?;
    member.act(board, note("before", "鍵の前"))?;
    member.wait_saved(board).await?;

    coordinator.act_workshop(
        hall.document,
        WorkshopCommand::SetLocked {
            group: hall.group(0)?.parse()?,
            locked: true,
        },
    )?;
    member
        .wait("the lock", |known| {
            known
                .access
                .get(&board)
                .is_some_and(|(access, reason)| *access == Access::Read && reason == "locked")
        })
        .await?;
    member.act(board, note("behind", "鍵の後"))?;
    coordinator.act(board, note("coordinator", "コーディネーターは書ける"))?;
    coordinator.wait_saved(board).await?;
    member
        .wait("the coordinator's note", |known| {
            known
                .documents
                .get(&board)
                .is_some_and(|doc| !doc.get_heads().is_empty())
        })
        .await?;

    coordinator.act_workshop(
        hall.document,
        WorkshopCommand::SetLocked {
            group: hall.group(0)?.parse()?,
            locked: false,
        },
    )?;
    member
        .wait("the lock to go", |known| {
            known
                .access
                .get(&board)
                .is_some_and(|(access, _)| *access == Access::Write)
        })
        .await?;
    // What was written behind the lock arrives now: it was kept, not thrown away.
    member.wait_saved(board).await?;
    coordinator
        .wait("the note from behind the lock", |known| {
            known.documents.get(&board).is_some_and(|doc| has_note(doc, "behind"))
        })
        .await?;
    let notes = coordinator.board(board)?;
    assert!(!notes.notes.contains_key(&note_id("viewer")));
    assert!(!notes.notes.contains_key(&note_id("stranger")));
    assert_eq!(member.known().connections, 1, "no reconnect was needed");
    server.stop().await
}

fn has_note(doc: &automerge::Automerge, id: &str) -> bool {
    board::Board::from_doc(doc.clone()).is_ok_and(|board| board.view().notes.contains_key(&note_id(id)))
}

#[tokio::test]
async fn documents_of_others_look_as_if_they_did_not_exist() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("others", 1).await?;
    let neighbour = Hall::with_groups(hall.server, 1).await?;
    let client = hall.client(&hall.coordinator, 1);
    let missing = DocumentId::from_bytes([7; 16]);
    for document in [neighbour.board(0)?, neighbour.document, missing] {
        client.ask_for(document);
        client
            .wait("the answer", |known| known.unavailable.contains(&document))
            .await?;
    }
    // A cookie of one workshop opens no socket of another.
    let refused = open_socket(hall.server, &neighbour.workshop, &Credential::of(&hall.coordinator)).await;
    assert!(matches!(refused, Err(SocketError::Http(answer)) if answer.status() == 401));
    server.stop().await
}

#[tokio::test]
async fn a_change_outside_the_schema_is_never_stored_or_shown() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("schema", 1).await?;
    let board = hall.board(0)?;
    let (liar, witness) = (
        hall.client(&hall.at_table(0).await?, 1),
        hall.client(&hall.at_table(0).await?, 2),
    );
    liar.open(board).await?;
    witness.open(board).await?;
    liar.change(board, |doc, actor| {
        let mut doc = doc.clone().with_actor(actor);
        doc.transact(|tx| tx.put(ROOT, "virus", "x"))
            .map_err(|failure| failure.error)?;
        Ok(doc.get_last_local_change())
    })?;
    liar.wait("the refusal", |known| {
        known.refused.contains_key(&board) || !known.closes.is_empty()
    })
    .await?;
    witness.act(board, note("after", "だいじょうぶ"))?;
    witness.wait_saved(board).await?;
    let fresh = hall.client(&hall.at_table(0).await?, 3);
    fresh.open(board).await?;
    assert!(reads(&fresh, board, "after", "だいじょうぶ"));
    let doc = fresh.document(board)?;
    assert!(automerge::ReadDoc::get(&doc, ROOT, "virus")?.is_none());
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
async fn a_slow_reader_is_closed_and_the_others_do_not_notice() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("slow-reader", 1).await?;
    let board = hall.board(0)?;
    let slow = hall.at_table(0).await?;
    // A small window, so that the kernel does not hide megabytes between the two.
    let narrow = TcpSocket::new_v4()?;
    narrow.set_recv_buffer_size(8 * 1024)?;
    let narrow = narrow.connect(hall.server).await?;
    let origin = format!("http://{}", hall.server);
    let mut frozen = open_socket_on(narrow, &hall.workshop, &Credential::of(&slow), Some(&origin)).await?;
    let peer: sync::PeerId = "frozen".parse()?;
    let join = wire::Message::Join {
        sender: peer.clone(),
        versions: vec!["1".to_owned()],
        metadata: wire::PeerMetadata {
            yoriai: true,
            ..Default::default()
        },
    };
    frozen.send(Frame::Binary(wire::encode(&join).into())).await?;
    let mut state = automerge::sync::State::new();
    let mut replica = automerge::Automerge::new();
    // In step with the board, so that every edit is sent to it; then it stops reading.
    sync_until_equal(&mut frozen, &peer, board, &mut replica, &mut state, &hall).await?;

    let (writer, reader) = (
        hall.client(&hall.at_table(0).await?, 1),
        hall.client(&hall.at_table(0).await?, 2),
    );
    writer.open(board).await?;
    reader.open(board).await?;
    let mut random = 1_u64;
    let mut closed = false;
    // 400 rounds of 8 × 27 KB are 86 MB: far more than all buffers between the two.
    for _ in 0..400 {
        closed = metric(&device_metrics(&hall).await?, "yoriai_slow_readers_total") >= 1.0;
        if closed {
            break;
        }
        for _ in 0..8 {
            writer.change(board, |doc, actor| {
                write_theme(doc, actor, &incompressible(&mut random))
            })?;
        }
        writer.wait_saved(board).await?;
    }
    assert!(closed, "the slow reader was not closed");
    wait_equal(board, &[&writer, &reader]).await?;
    assert_eq!(reader.known().connections, 1);
    drop(frozen);
    server.stop().await
}

/// 36,000 letters of which 27,000 bytes are left by any compression.
fn incompressible(random: &mut u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..36_000)
        .map(|_| {
            *random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(LETTERS[(*random >> 58) as usize])
        })
        .collect()
}

/// A large edit that costs automerge little: one string, not a text of as many letters.
fn write_theme(doc: &automerge::Automerge, actor: automerge::ActorId, text: &str) -> Result<Option<automerge::Change>> {
    let mut doc = doc.clone().with_actor(actor);
    let (_, group) = automerge::ReadDoc::get(&doc, ROOT, "group")?.context("boards have a group")?;
    doc.transact(|tx| tx.put(&group, "theme", text))
        .map_err(|failure| failure.error)?;
    Ok(doc.get_last_local_change())
}

async fn device_metrics(hall: &Hall) -> Result<String> {
    let answer = hall.coordinator.clone().request("GET", "/metrics", None).await?;
    Ok(String::from_utf8(answer.body)?)
}

fn metric(text: &str, name: &str) -> f64 {
    text.lines()
        .filter_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        .next()
        .unwrap_or(f64::NAN)
}

/// Speaks automerge's own sync protocol by hand until the replica is what the server has.
async fn sync_until_equal(
    socket: &mut tests::light_client::Socket,
    peer: &sync::PeerId,
    board: DocumentId,
    replica: &mut automerge::Automerge,
    state: &mut automerge::sync::State,
    hall: &Hall,
) -> Result<()> {
    use automerge::sync::SyncDoc as _;
    let expected = hall
        .coordinator
        .clone()
        .request(
            "GET",
            &format!(
                "/api/workshops/{}/groups/{}/board.automerge",
                hall.workshop,
                hall.group(0)?
            ),
            None,
        )
        .await?;
    let expected = automerge::Automerge::load(&expected.body)?.get_heads();
    let mut first = true;
    loop {
        while let Some(message) = replica.generate_sync_message(state) {
            let content = wire::SyncMessage {
                sender: peer.clone(),
                target: None,
                document: board,
                data: message.encode(),
            };
            let message = if first {
                wire::Message::Request(content)
            } else {
                wire::Message::Sync(content)
            };
            first = false;
            socket.send(Frame::Binary(wire::encode(&message).into())).await?;
        }
        if replica.get_heads() == expected {
            return Ok(());
        }
        let frame = tokio::time::timeout(PATIENCE, socket.next())
            .await?
            .context("closed")??;
        if let Frame::Binary(bytes) = frame
            && let wire::Message::Sync(content) = wire::decode(&bytes, wire::SERVER_FRAME_BYTES_MAX)?
        {
            replica.receive_sync_message(state, automerge::sync::Message::decode(&content.data)?)?;
        }
    }
}

#[tokio::test]
async fn frames_that_break_the_protocol_close_only_their_own_session() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("frames", 1).await?;
    let board = hall.board(0)?;
    let good = hall.client(&hall.at_table(0).await?, 1);
    good.open(board).await?;
    let credential = Credential::of(&hall.coordinator);
    let join = |versions: &[&str]| {
        wire::encode(&wire::Message::Join {
            sender: "rough".parse().expect("a peer id"),
            versions: versions.iter().map(|version| (*version).to_owned()).collect(),
            metadata: wire::PeerMetadata::default(),
        })
    };
    let rough: Vec<(&str, Vec<Frame>)> = vec![
        ("no CBOR", vec![Frame::Binary(vec![0xff; 40].into())]),
        ("text", vec![Frame::Text("hello".into())]),
        ("wrong version", vec![Frame::Binary(join(&["2"]).into())]),
        (
            "too large",
            vec![Frame::Binary(vec![0; sync::FRAME_BYTES_MAX + 1].into())],
        ),
        (
            "twice",
            vec![
                Frame::Binary(join(&["1"]).into()),
                Frame::Binary(
                    wire::encode(&wire::Message::Peer {
                        sender: "rough".parse()?,
                        target: None,
                        version: "1".to_owned(),
                        metadata: wire::PeerMetadata::default(),
                    })
                    .into(),
                ),
            ],
        ),
    ];
    for (name, frames) in rough {
        let mut socket = open_socket(hall.server, &hall.workshop, &credential).await?;
        for frame in frames {
            // The server may have closed already.
            let _ = socket.send(frame).await;
        }
        let ended = async {
            while let Some(Ok(frame)) = socket.next().await {
                if matches!(frame, Frame::Close(_)) {
                    break;
                }
            }
        };
        tokio::time::timeout(PATIENCE, ended)
            .await
            .with_context(|| format!("{name}: not closed"))?;
    }
    good.act(board, note("still", "まだ書ける"))?;
    good.wait_saved(board).await?;
    assert_eq!(good.known().connections, 1);
    assert_eq!(metric(&device_metrics(&hall).await?, "yoriai_panics_total"), 0.0);
    server.stop().await
}

/// RELIABILITY.md, fact 1: each of these makes automerge 0.12 panic.
#[tokio::test]
async fn hostile_chunks_cost_only_the_session_they_came_from() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("hostile", 1).await?;
    let board = hall.board(0)?;
    let good = hall.client(&hall.at_table(0).await?, 1);
    good.open(board).await?;
    for chunk in [
        "856f4a83d1ed895700050100000000",
        "856f4a8385a9fb98010b000002ad01000000007600",
        "856f4a83c8d74f41030d00000101010200000205059f15",
        "856f4a833dbee7a4030e0000010101000000b24705059f15",
    ] {
        let chunk: Vec<u8> = (0..chunk.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&chunk[at..at + 2], 16))
            .collect::<Result<_, _>>()?;
        let mut socket = open_socket(hall.server, &hall.workshop, &Credential::of(&hall.at_table(0).await?)).await?;
        let peer: sync::PeerId = "hostile".parse()?;
        let join = wire::Message::Join {
            sender: peer.clone(),
            versions: vec!["1".to_owned()],
            metadata: Default::default(),
        };
        socket.send(Frame::Binary(wire::encode(&join).into())).await?;
        // A version 1 sync message by hand: no heads, no need, no have, one chunk.
        let mut data = vec![0x42, 0, 0, 0, 1, u8::try_from(chunk.len())?];
        data.extend_from_slice(&chunk);
        let content = wire::SyncMessage {
            sender: peer,
            target: None,
            document: board,
            data,
        };
        socket
            .send(Frame::Binary(wire::encode(&wire::Message::Request(content)).into()))
            .await?;
        let ended = async {
            while let Some(Ok(frame)) = socket.next().await {
                if matches!(frame, Frame::Close(_)) {
                    break;
                }
            }
        };
        tokio::time::timeout(PATIENCE, ended)
            .await
            .context("the hostile session was not closed")?;
    }
    good.act(board, note("well", "無事です"))?;
    good.wait_saved(board).await?;
    assert_eq!(good.known().connections, 1, "the neighbour did not notice");
    server.stop().await
}

#[tokio::test]
async fn foreign_pages_open_no_socket_and_change_nothing() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("origin", 1).await?;
    let mut device = hall.coordinator.clone();
    let foreign = [("origin", "https://evil.example")];
    let body = json!({ "kind": "all" });
    let answer = device
        .request_with("POST", &hall.path("links/revoke"), Some(&body), &foreign)
        .await?;
    assert_eq!((answer.status, code(&answer)?.as_str()), (403, "foreign_origin"));
    let credential = Credential::of(&hall.coordinator);
    // Without any origin a cookie opens no socket either.
    for origin in [Some("https://evil.example"), Some("null"), None] {
        let stream = TcpStream::connect(hall.server).await?;
        let refused = open_socket_on(stream, &hall.workshop, &credential, origin).await;
        assert!(
            matches!(refused, Err(SocketError::Http(answer)) if answer.status() == 403),
            "{origin:?}"
        );
    }
    server.stop().await
}

#[tokio::test]
async fn a_token_opens_the_socket_with_the_rights_of_its_device() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("token", 1).await?;
    let board = hall.board(0)?;
    let mut viewer = hall.viewer().await?;
    let path = format!("/api/tokens/{}", hall.workshop);
    let minted = viewer.request("POST", &path, None).await?.success()?;
    let token = minted
        .pointer("/token")
        .and_then(Value::as_str)
        .context("no token")?
        .to_owned();
    let client = LightClient::start(hall.server, &hall.workshop, Credential::Token(token), 1);
    client.open(board).await?;
    client
        .wait("rights", |known| {
            known
                .access
                .get(&board)
                .is_some_and(|(access, _)| *access == Access::Read)
        })
        .await?;
    let wrong = open_socket(hall.server, &hall.workshop, &Credential::Token("0".repeat(32))).await;
    assert!(matches!(wrong, Err(SocketError::Http(answer)) if answer.status() == 401));
    server.stop().await
}

#[tokio::test]
async fn revoked_links_close_the_sockets_they_opened() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("revoke", 1).await?;
    let board = hall.board(0)?;
    let guest = hall.client(&hall.at_table(0).await?, 1);
    let viewer = hall.client(&hall.viewer().await?, 2);
    guest.open(board).await?;
    viewer.open(board).await?;
    let body = json!({ "kind": "group" });
    hall.coordinator
        .clone()
        .request("POST", &hall.path("links/revoke"), Some(&body))
        .await?
        .success()?;
    guest.wait("the end", |known| known.closes.contains(&1008)).await?;
    assert!(guest.known().notices.contains(&"revoked".to_owned()));
    assert!(viewer.known().closes.is_empty());
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
