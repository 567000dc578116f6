//! Peers that break the rules or the reader, over real sockets: each costs its own session and nothing else.

use anyhow::{Context as _, Result};
use automerge::{ROOT, transaction::Transactable as _};
use futures_util::{SinkExt as _, StreamExt as _};
use sync::{DocumentId, wire};
use tests::{
    hall::{Hall, hall_with_groups},
    light_client::{Credential, PATIENCE, open_socket, open_socket_on, wait_equal},
    notes::{note, reads},
};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message as Frame;

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
    assert_eq!(hall.figure("yoriai_panics_total").await?, 0.0);
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
        closed = hall.figure("yoriai_slow_readers_total").await? >= 1.0;
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
