//! Light clients: they speak the protocol and keep time, but hold no document of their own, so that the generator is not
//! what is measured.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroU64,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use automerge::{
    ActorId, Automerge, Change, ChangeHash, ExpandedChange, ObjId, ROOT, ReadDoc as _,
    legacy::{Key, ObjectId, Op, OpId, OpType},
};
use board::Board;
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink, stream::SplitStream};
use sync::{
    DocumentId, PeerId,
    peer_sync::PeerSync,
    sync_message,
    wire::{self, Message as Frame, PeerMetadata, SyncMessage},
};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Bytes, Message, client::IntoClientRequest as _, protocol::WebSocketConfig},
};

use super::figures::Latencies;
use crate::light_client::buy_ticket;

/// How long a reader waits for a frame that must come.
const FRAME_MS_MAX: u64 = 60_000;
/// After the last edit, so long is waited for what is still under way.
const SETTLE_MS: u64 = 2_000;
/// Numbers the places that notes are put to, over all rounds.
static NEXT_PLACE: AtomicU64 = AtomicU64::new(0);

/// Numbers the connections, which take the target's devices in turn.
static NEXT_SEAT: AtomicUsize = AtomicUsize::new(0);

/// Where the light clients go.
#[derive(Debug, Clone)]
pub struct Target {
    /// The server.
    pub address: SocketAddr,
    /// Path and query of the WebSocket.
    pub path: String,
    /// `Cookie` fields of the devices that the clients sit at in turn; none if the server wants none.
    pub cookies: Vec<String>,
    /// The board; none for the bare broadcast server.
    pub document: Option<DocumentId>,
}

type Sink = SplitSink<WebSocketStream<TcpStream>, Message>;
type Stream = SplitStream<WebSocketStream<TcpStream>>;

/// One light client's connection.
pub struct Light {
    sink: Sink,
    stream: Stream,
    peer: PeerId,
    document: Option<DocumentId>,
    /// Bytes received so far.
    pub received_bytes: usize,
}

/// What a joiner holds once it has caught up.
pub struct Joined {
    /// The document.
    pub document: Automerge,
    /// Frames' bytes until then.
    pub bytes: usize,
    /// From the first byte of the connection to a board that can be drawn.
    pub usable: Duration,
}

impl Light {
    /// Connects and, on our server, joins.
    pub async fn connect(target: &Target, name: &str) -> Result<Self> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{}{}", target.address, target.path).into_client_request()?;
        let origin = format!("http://{}", target.address);
        let turn = NEXT_SEAT.fetch_add(1, Ordering::Relaxed) % target.cookies.len().max(1);
        if let Some(cookie) = target.cookies.get(turn) {
            let workshop = target.path.trim_start_matches("/sync/");
            let ticket = buy_ticket(target.address, workshop, cookie, Some(&origin)).await?;
            let protocols = format!("yoriai, yoriai.ticket.{ticket}");
            request
                .headers_mut()
                .insert("sec-websocket-protocol", protocols.parse()?);
        }
        request.headers_mut().insert("origin", origin.parse()?);
        let config = WebSocketConfig::default().read_buffer_size(16 * 1024);
        let (socket, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        let (sink, stream) = socket.split();
        let mut light = Self {
            sink,
            stream,
            peer: name.parse()?,
            document: target.document,
            received_bytes: 0,
        };
        if light.document.is_some() {
            let metadata = PeerMetadata {
                yoriai: true,
                is_ephemeral: true,
                ..PeerMetadata::default()
            };
            let join = Frame::Join {
                sender: light.peer.clone(),
                versions: vec![wire::PROTOCOL_VERSION.to_owned()],
                metadata,
            };
            light.sink.send(Message::binary(wire::encode(&join))).await?;
            match light.frame().await? {
                Frame::Peer { .. } => {}
                other => bail!("expected a peer message, got {}", other.kind()),
            }
        }
        Ok(light)
    }

    async fn frame(&mut self) -> Result<Frame> {
        let limit = Duration::from_millis(FRAME_MS_MAX);
        loop {
            let message = tokio::time::timeout(limit, self.stream.next())
                .await
                .context("no frame came")?;
            match message.context("the server closed the connection")?? {
                Message::Binary(bytes) => {
                    self.received_bytes += bytes.len();
                    return Ok(wire::decode(&bytes, wire::SERVER_FRAME_BYTES_MAX)?);
                }
                Message::Close(frame) => bail!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    fn sync_frame(&self, document: DocumentId, data: Vec<u8>, first: bool) -> Vec<u8> {
        let message = SyncMessage {
            sender: self.peer.clone(),
            target: None,
            document,
            data,
        };
        wire::encode(&if first {
            Frame::Request(message)
        } else {
            Frame::Sync(message)
        })
    }

    /// Asks for the board and waits until it holds what the server holds.
    pub async fn catch_up(&mut self, started: Instant) -> Result<Joined> {
        let document = self.document.context("the bare server has no documents")?;
        let greeting = PeerSync::new().greet(None, &[]);
        self.sink
            .send(Message::binary(self.sync_frame(document, greeting, true)))
            .await?;
        let mut replica = Automerge::new();
        loop {
            match self.frame().await? {
                Frame::Sync(message) => {
                    let body = sync_message::read(&message.data)?;
                    for chunks in &body.changes {
                        replica.load_incremental(chunks)?;
                    }
                    let mut heads = replica.get_heads();
                    heads.sort();
                    let mut theirs = body.heads.clone();
                    theirs.sort();
                    if heads == theirs && !heads.is_empty() {
                        break;
                    }
                }
                Frame::DocUnavailable { .. } => bail!("the board is unavailable"),
                _ => {}
            }
        }
        let heads = replica.get_heads();
        let board = Board::from_doc(replica)?;
        ensure!(
            !board.view().notes.is_empty() || board.view().islands.is_empty(),
            "the board can be drawn"
        );
        let usable = started.elapsed();
        let ready = sync_message::write(&heads, &[], &heads, &[]);
        self.sink
            .send(Message::binary(self.sync_frame(document, ready, false)))
            .await?;
        Ok(Joined {
            document: board.doc().clone(),
            bytes: self.received_bytes,
            usable,
        })
    }

    /// Sends changes and waits until the server says that it holds them (on disk).
    pub async fn send_saved(&mut self, changes: &[Change]) -> Result<()> {
        let document = self.document.context("the bare server has no documents")?;
        let last = changes.last().context("no changes")?.hash();
        let bytes: Vec<&[u8]> = changes.iter().map(Change::raw_bytes).collect();
        let data = sync_message::write(&[last], &[], &[last], &bytes);
        self.sink
            .send(Message::binary(self.sync_frame(document, data, false)))
            .await?;
        loop {
            match self.frame().await? {
                Frame::Sync(message) if sync_message::read(&message.data)?.heads.contains(&last) => return Ok(()),
                // A long history is more than a device's share at once: it is taken in all the same.
                Frame::Notice { code, .. } if code == "too-fast" => {}
                Frame::Notice { code, .. } => bail!("the server says {code}"),
                _ => {}
            }
        }
    }
}

/// How hard people work.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// People on the board, all of whom read; each also writes.
    pub people: usize,
    /// Edits a second of one person.
    pub edits_per_s: f64,
    /// For so long.
    pub seconds: f64,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// From an edit's send to each other participant's receive.
    pub latencies: Latencies,
    /// Edits sent.
    pub edits: usize,
    /// Part of the expected (edit, receiver) pairs.
    pub delivered: f64,
}

/// The first four bytes of a change's hash: also its chunk's checksum, however it is compressed.
type Mark = [u8; 4];

/// Lets people work on a board and measures when the others see it.
pub async fn work(target: &Target, work: Work, board: &Automerge) -> Result<Outcome> {
    let mut confirmed = board.clone();
    let (news, mut arrived) = mpsc::unbounded_channel::<Vec<u8>>();
    let mut sinks = Vec::new();
    let mut readers = Vec::new();
    for number in 0..work.people {
        let mut light = Light::connect(target, &format!("light-{number}-{}", std::process::id())).await?;
        if target.document.is_some() {
            let joined = light.catch_up(Instant::now()).await?;
            if number == 0 {
                confirmed = joined.document;
            }
        }
        let Light { sink, stream, .. } = light;
        sinks.push(sink);
        readers.push(tokio::spawn(read(
            stream,
            (number == 0 && target.document.is_some()).then(|| news.clone()),
        )));
    }
    drop(news);
    // The bare server holds nothing: every edit is made on the same document, so frames are of the same size.
    let notes: Vec<ObjId> = notes_of(&confirmed)?;
    // New in every round: an actor id belongs to the device that wrote under it first, and the seats are taken in turn.
    let actors: Vec<ActorId> = (0..work.people).map(|_| ActorId::random()).collect();
    let document = target.document.unwrap_or(DocumentId::from_bytes([7; 16]));
    let mut sent: BTreeMap<Mark, (Instant, usize)> = BTreeMap::new();
    let mut last_of: Vec<Option<ChangeHash>> = vec![None; work.people];
    let mut seqs = vec![0; work.people];
    let mut max_op = confirmed.get_changes(&[]).iter().map(Change::max_op).max().unwrap_or(0);
    let gap = Duration::from_secs_f64(1.0 / (work.edits_per_s * work.people as f64));
    let edits = (work.seconds * work.edits_per_s * work.people as f64) as usize;
    let start = Instant::now();
    let mut made = 0;
    for edit in 0..edits {
        tokio::time::sleep_until((start + gap * edit as u32).into()).await;
        while let Ok(chunk) = arrived.try_recv() {
            let change = Change::from_bytes(chunk)?;
            max_op = max_op.max(change.max_op());
            confirmed.apply_changes([change])?;
        }
        let person = edit % work.people;
        // A person whose last edit is not back yet waits with the next one, as typing in one field does.
        if last_of[person]
            .is_some_and(|hash| target.document.is_some() && confirmed.get_change_by_hash(&hash).is_none())
        {
            continue;
        }
        let note = &notes[edit % notes.len()];
        // New in every round, or it would be no change; an order key must not end in 0.
        let place = NEXT_PLACE.fetch_add(1, Ordering::Relaxed);
        let (x, y) = (100 + edit * 37 % 4000, 100 + edit * 53 % 3000);
        let value = format!("- a{place}V {x} {y}");
        seqs[person] += 1;
        let change = placed(&confirmed, note, value, &actors[person], seqs[person], max_op)?;
        if target.document.is_none() {
            max_op = change.max_op();
            confirmed.apply_changes([change.clone()])?;
        }
        last_of[person] = Some(change.hash());
        let heads = [change.hash()];
        let data = sync_message::write(&heads, &[], &heads, &[change.raw_bytes()]);
        let sender: PeerId = format!("light-{person}-{}", std::process::id()).parse()?;
        let frame = wire::encode(&Frame::Sync(SyncMessage {
            sender,
            target: None,
            document,
            data,
        }));
        let mut mark = Mark::default();
        mark.copy_from_slice(&change.hash().0[..4]);
        sent.insert(mark, (Instant::now(), person));
        sinks[person].send(Message::Binary(Bytes::from(frame))).await?;
        made += 1;
    }
    tokio::time::sleep(Duration::from_millis(SETTLE_MS)).await;
    for sink in &mut sinks {
        // The server answers the close, which ends the reader.
        sink.close().await?;
    }
    let mut latencies = Latencies::default();
    for (number, reader) in readers.into_iter().enumerate() {
        for (mark, when) in reader.await? {
            if let Some((at, _)) = sent.get(&mark).filter(|(_, person)| *person != number) {
                latencies.note(when.saturating_duration_since(*at).as_micros() as u64);
            }
        }
    }
    let expected = made * (work.people - 1);
    let delivered = latencies.count() as f64 / expected.max(1) as f64;
    Ok(Outcome {
        latencies,
        edits: made,
        delivered,
    })
}

/// A note's place as a change of its own, as automerge would write it on this document. It is put together by hand: a copy of a
/// long history for each edit would be most of what is measured.
fn placed(document: &Automerge, note: &ObjId, value: String, actor: &ActorId, seq: u64, max_op: u64) -> Result<Change> {
    let number = |id: &ObjId| match id {
        ObjId::Id(counter, actor, _) => Ok(OpId(*counter, actor.clone())),
        ObjId::Root => bail!("the root is no operation"),
    };
    let before = document.get_all(note, "place")?;
    let before: Vec<OpId> = before.iter().map(|(_, id)| number(id)).collect::<Result<_>>()?;
    let operation = Op {
        action: OpType::Put(value.as_str().into()),
        obj: ObjectId::Id(number(note)?),
        key: Key::Map("place".into()),
        pred: before.into(),
        insert: false,
    };
    Ok(Change::from(ExpandedChange {
        operations: vec![operation],
        actor_id: actor.clone(),
        author: None,
        hash: None,
        seq,
        start_op: NonZeroU64::new(max_op + 1).context("an operation number")?,
        time: 0,
        message: None,
        deps: document.get_heads(),
        extra_bytes: Vec::new(),
    }))
}

/// Notes when each change arrived, until the connection ends. The first reader also hands on what arrived.
async fn read(mut stream: Stream, news: Option<mpsc::UnboundedSender<Vec<u8>>>) -> Vec<(Mark, Instant)> {
    let mut seen = Vec::new();
    while let Some(Ok(message)) = stream.next().await {
        let Message::Binary(bytes) = message else { continue };
        let now = Instant::now();
        let Ok(Frame::Sync(message)) = wire::decode(&bytes, wire::SERVER_FRAME_BYTES_MAX) else {
            continue;
        };
        let Ok(body) = sync_message::read(&message.data) else {
            continue;
        };
        for chunks in body.changes {
            for chunk in sync::chunk::split(chunks, sync_message::CHUNKS_MAX).unwrap_or_default() {
                if let Some(mark) = chunk.bytes.get(4..8).and_then(|four| Mark::try_from(four).ok()) {
                    seen.push((mark, now));
                }
                if let Some(news) = &news {
                    // The writer may already be done.
                    let _ = news.send(chunk.bytes.to_vec());
                }
            }
        }
    }
    seen
}

fn notes_of(document: &Automerge) -> Result<Vec<ObjId>> {
    let (_, notes) = document.get(ROOT, "notes")?.context("the board has notes")?;
    let mut ids = Vec::new();
    for key in document.keys(&notes) {
        if let Some((_, note)) = document.get(&notes, &key)? {
            ids.push(note);
        }
    }
    ensure!(!ids.is_empty(), "the board has notes");
    Ok(ids)
}
