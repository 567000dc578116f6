//! Changes that are well formed and not honest, through real sockets: each costs its own session, and nothing reaches the disk.

use anyhow::{Context as _, Result};
use automerge::{
    ActorId, Automerge, Change, ReadDoc as _,
    legacy::{ElementId, Key, ObjectId, Op, OpId, OpType},
};
use futures_util::{SinkExt as _, StreamExt as _};
use sync::{DocumentId, sync_message, wire};
use tests::{
    hall::{Hall, hall_with_groups},
    light_client::{Credential, LightClient, PATIENCE, open_socket},
    notes::{note, reads},
};
use tokio_tungstenite::tungstenite::Message as Frame;

/// Sends one change from a device of its own and waits for the end of that session; returns the close code.
async fn send_until_closed(hall: &Hall, board: DocumentId, heads: &Automerge, change: &Change) -> Result<u16> {
    let device = hall.at_table(0).await?;
    let mut socket = open_socket(hall.server, &hall.workshop, &Credential::of(&device)).await?;
    let peer: sync::PeerId = "liar".parse()?;
    let join = wire::Message::Join {
        sender: peer.clone(),
        versions: vec!["1".to_owned()],
        metadata: wire::PeerMetadata::default(),
    };
    socket.send(Frame::Binary(wire::encode(&join).into())).await?;
    let heads = heads.get_heads();
    let content = wire::SyncMessage {
        sender: peer,
        target: None,
        document: board,
        data: sync_message::write(&heads, &[], &heads, &[change.raw_bytes()]),
    };
    let frame = wire::encode(&wire::Message::Request(content));
    socket.send(Frame::Binary(frame.into())).await?;
    let closed = async {
        while let Some(Ok(frame)) = socket.next().await {
            if let Frame::Close(frame) = frame {
                return frame.map_or(0, |frame| frame.code.into());
            }
        }
        0
    };
    tokio::time::timeout(PATIENCE, closed)
        .await
        .context("the liar's session was not closed")
}

/// A client in a hall of one board with one note on it.
async fn with_a_note(purpose: &str) -> Result<(tests::server_process::LocalServer, Hall, DocumentId, LightClient)> {
    let (server, hall, _folder) = hall_with_groups(purpose, 1).await?;
    let board = hall.board(0)?;
    let good = hall.client(&hall.at_table(0).await?, 1);
    good.open(board).await?;
    good.act(board, note("first", "本物"))?;
    good.wait_saved(board).await?;
    Ok((server, hall, board, good))
}

async fn goes_on(hall: &Hall, board: DocumentId, good: &LightClient) -> Result<()> {
    good.act(board, note("after", "続き"))?;
    good.wait_saved(board).await?;
    assert_eq!(good.known().connections, 1, "the neighbour did not notice");
    let fresh = hall.client(&hall.at_table(0).await?, 9);
    fresh.open(board).await?;
    assert!(reads(&fresh, board, "after", "続き"));
    assert_eq!(fresh.heads(board), good.heads(board));
    Ok(())
}

#[tokio::test]
async fn row_17_a_forged_actor_is_refused_and_its_owner_goes_on() -> Result<()> {
    let (server, hall, board, good) = with_a_note("forged").await?;
    let doc = good.document(board)?;
    let latest = doc.get_changes(&[]).pop().context("a change")?;
    let victim = latest.actor_id().clone();
    let mut forged = board::Board::from_doc(doc.clone().with_actor(victim))?;
    let stamp = board::Stamp {
        person: None,
        device: "liar".to_owned(),
        at_ms: 0,
    };
    let applied = forged
        .apply(note("forged", "偽物"), &stamp)
        .map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    let change = applied.change.context("a change")?;
    assert_eq!(change.seq(), latest.seq() + 1, "the victim's next");
    assert_eq!(send_until_closed(&hall, board, &doc, &change).await?, 1008);
    goes_on(&hall, board, &good).await?;
    assert!(!reads(&good, board, "forged", "偽物"));
    server.stop().await
}

/// A letter is deleted that never was, in a place where letters are: the schema lets it pass, automerge panics over it.
#[tokio::test]
async fn row_16_a_panic_ends_its_session_and_the_board_is_read_again_while_the_others_stay() -> Result<()> {
    let (server, hall, board, good) = with_a_note("panic").await?;
    let before = hall.figure("yoriai_panics_total").await?;
    let doc = good.document(board)?;
    let (_, notes) = doc.get(automerge::ROOT, "notes")?.context("notes")?;
    let (_, entry) = doc.get(&notes, "first")?.context("a note")?;
    let (_, text) = doc.get(&entry, "text")?.context("a text")?;
    let automerge::ObjId::Id(counter, maker, _) = text else {
        anyhow::bail!("a text has an id");
    };
    let actor = ActorId::from([0xbb; 16]);
    let mut honest = board::Board::from_doc(doc.clone().with_actor(actor.clone()))?;
    let stamp = board::Stamp {
        person: None,
        device: "liar".to_owned(),
        at_ms: 0,
    };
    let applied = honest
        .apply(note("bent", "曲"), &stamp)
        .map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    let mut bent = applied.change.context("a change")?.decode();
    let nothing = OpId::new(bent.start_op.get() + 100, &actor);
    bent.operations = vec![Op {
        action: OpType::Delete,
        obj: ObjectId::Id(OpId::new(counter, &maker)),
        key: Key::Seq(ElementId::Id(nothing.clone())),
        pred: vec![nothing].into(),
        insert: false,
    }];
    assert_eq!(send_until_closed(&hall, board, &doc, &Change::from(bent)).await?, 1008);
    assert_eq!(hall.figure("yoriai_panics_total").await?, before + 1.0, "counted");
    goes_on(&hall, board, &good).await?;
    server.stop().await
}

#[tokio::test]
async fn row_14_a_change_from_next_week_is_refused_and_one_from_last_century_is_not() -> Result<()> {
    let (server, hall, board, good) = with_a_note("clock").await?;
    let doc = good.document(board)?;
    let dated = |days: i64, id: &str| -> Result<Change> {
        let now_s = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)?
            .as_secs()
            .cast_signed();
        let actor = ActorId::from(format!("clock {id}").as_bytes());
        let mut board = board::Board::from_doc(doc.clone().with_actor(actor))?;
        let stamp = board::Stamp {
            person: None,
            device: "d".to_owned(),
            at_ms: (now_s + days * 24 * 60 * 60) * 1_000,
        };
        let applied = board
            .apply(note(id, "いつ"), &stamp)
            .map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        applied.change.context("a change")
    };
    let late = dated(7, "late")?;
    assert_eq!(send_until_closed(&hall, board, &doc, &late).await?, 1008);
    let early = dated(-20_000, "early")?;
    let guest = hall.client(&hall.at_table(0).await?, 5);
    guest.open(board).await?;
    guest.change(board, |_, _| Ok(Some(early)))?;
    guest.wait_saved(board).await?;
    good.wait("the early note", |known| {
        known
            .documents
            .get(&board)
            .is_some_and(|doc| tests::notes::has_note(doc, "early"))
    })
    .await?;
    goes_on(&hall, board, &good).await?;
    assert!(!reads(&good, board, "late", "いつ"));
    server.stop().await
}
