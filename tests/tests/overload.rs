//! Too much of everything, over real sockets: storms, frozen readers, floods. Figures are printed; what is asserted is that
//! nothing is lost, nothing grows, and nobody else is hurt.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use automerge::{ActorId, Automerge, ROOT, ReadDoc as _, transaction::Transactable as _};
use futures_util::{SinkExt as _, future::join_all};
use server::store::SqliteStore;
use sync::{
    DocumentId,
    wire::{self, EphemeralMessage, Message},
};
use tests::{
    bench::{
        board_of::{self, Made},
        load::{self, Work},
    },
    faulty_store::FaultyStore,
    hall::{Hall, hall_with_groups},
    http::HttpDevice,
    light_client::{Credential, LightClient, PATIENCE, open_socket, open_socket_on, wait_equal},
    notes::{note, reads},
    raw_peer::RawPeer,
    scaled,
    server_process::{LocalServer, ServerProcess},
    temporary_folder,
};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message as Frame;

/// Everybody loses the server in the same moment; it comes back, and so does everybody, with what was written meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_11_a_reconnect_storm_brings_everybody_back() -> Result<()> {
    let (people, tables) = scaled((120, 12), (1_000, 20));
    let folder = temporary_folder("storm")?;
    let mut process = ServerProcess::start(&folder, None).await?;
    let address = process.address();
    let hall = Hall::with_groups(address, tables).await?;
    let mut clients = Vec::new();
    for number in 0..people {
        let table = number % tables;
        let device = hall.at_table(table).await?;
        clients.push((hall.board(table)?, hall.client(&device, number as u64)));
    }
    for (board, client) in &clients {
        client.open(*board).await?;
    }
    process.kill().await?;
    // Back at once, as after a crash: the longer it is away, the further the devices spread their tries by themselves.
    let mut process = ServerProcess::start(&folder, Some(address)).await?;
    let started = Instant::now();
    for (number, (board, client)) in clients.iter().enumerate() {
        client.act(*board, note(&format!("storm{number}"), "嵐の間に"))?;
    }
    let mut back_ms: Vec<u128> = Vec::new();
    let mut saved_ms = 0;
    for (board, client) in &clients {
        client.wait("the way back", |known| known.connections >= 2).await?;
        back_ms.push(started.elapsed().as_millis());
        client.wait_saved(*board).await?;
        saved_ms = saved_ms.max(started.elapsed().as_millis());
    }
    let last_ms = back_ms.iter().max().context("people")?;
    let loads = hall.figure("yoriai_loads_max").await?;
    println!(
        "row 11: {people} clients back after {last_ms} ms, everything saved after {saved_ms} ms; at most {loads} boards were read at once"
    );
    assert!(loads <= 2.0, "{loads} boards were read at the same time");
    for table in 0..tables {
        let board = hall.board(table)?;
        let at_table: Vec<&LightClient> = clients
            .iter()
            .filter(|(of, _)| *of == board)
            .map(|(_, client)| client)
            .collect();
        wait_equal(board, &at_table).await?;
        assert_eq!(at_table[0].board(board)?.notes.len(), at_table.len());
    }
    process.stop().await
}

/// However many boards are wanted in the same moment, a few are read at a time; everybody else waits and is served.
#[tokio::test]
async fn row_11_boards_are_read_a_few_at_a_time_and_joiners_wait() -> Result<()> {
    let folder = temporary_folder("loads")?;
    let store = Arc::new(FaultyStore::new(SqliteStore::open(&folder)?));
    let shared = Arc::<FaultyStore>::clone(&store);
    let mut config = server::Config::for_folder(&folder);
    config.room_idle_s = 0;
    let server = LocalServer::start_with(config, Some(shared)).await?;
    let hall = Hall::with_groups(server.address(), 16).await?;
    store.set_read_delay_ms(40);
    let mut clients = Vec::new();
    for number in 0..32 {
        clients.push(hall.client(&hall.at_table(number % 16).await?, number as u64));
    }
    for (number, client) in clients.iter().enumerate() {
        client.ask_for(hall.board(number % 16)?);
    }
    for (number, client) in clients.iter().enumerate() {
        let board = hall.board(number % 16)?;
        client.wait("its board", |known| known.in_sync.contains(&board)).await?;
    }
    let at_once = hall.figure("yoriai_loads_max").await?;
    println!("row 11: 32 joiners of 16 boards on a slow disk: at most {at_once} were read at once");
    assert!((1.0..=2.0).contains(&at_once), "{at_once}");
    server.stop().await
}

/// A reader that freezes costs at most one mebibyte, is closed, and comes back; its table writes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_a_frozen_reader_costs_a_mebibyte_is_closed_and_comes_back() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("frozen", 1).await?;
    let board = hall.board(0)?;
    let frozen = hall.at_table(0).await?;
    // A small window, so that the kernel does not hide megabytes between the two.
    let narrow = TcpSocket::new_v4()?;
    narrow.set_recv_buffer_size(8 * 1024)?;
    let narrow = narrow.connect(hall.server).await?;
    let origin = format!("http://{}", hall.server);
    let socket = open_socket_on(narrow, &hall.workshop, &Credential::of(&frozen), Some(&origin)).await?;
    let mut reader = RawPeer::join(socket, "frozen", true).await?;
    reader.ask(board).await?;
    // It holds the board: from here on it is in step, and stops reading.
    reader
        .hear_until(|message| matches!(message, Message::Sync(sync) if sync.document == board))
        .await?;

    let mut writers = Vec::new();
    for number in 0..4 {
        let writer = hall.client(&hall.at_table(0).await?, number);
        writer.open(board).await?;
        writers.push(writer);
    }
    let mut random = 1_u64;
    let mut slowest_ms = 0;
    let mut closed = false;
    // 4 × 120 × 27 KB are 13 MB: more than the kernel's buffers and ours between the two.
    for _ in 0..120 {
        closed = hall.figure("yoriai_slow_readers_total").await? >= 1.0;
        if closed {
            break;
        }
        let at = Instant::now();
        for writer in &writers {
            writer.change(board, |doc, actor| {
                write_theme(doc, actor, &incompressible(&mut random))
            })?;
        }
        for writer in &writers {
            writer.wait_saved(board).await?;
        }
        slowest_ms = slowest_ms.max(at.elapsed().as_millis());
    }
    let waited = hall.figure("yoriai_outbox_bytes_max").await?;
    println!(
        "row 13: at most {waited} bytes waited for one reader; the slowest edit of the others took {slowest_ms} ms"
    );
    assert!(closed, "the frozen reader was not closed");
    assert!(waited <= 1_048_576.0, "{waited} bytes waited for one reader");
    let all: Vec<&LightClient> = writers.iter().collect();
    wait_equal(board, &all).await?;
    assert!(writers.iter().all(|writer| writer.known().connections == 1));
    drop(reader);
    let again = hall.client(&frozen, 9);
    again.open(board).await?;
    wait_equal(board, &[&again, &writers[0]]).await?;
    hall.until_figure("yoriai_outbox_bytes", "no bytes wait for nobody", |bytes| bytes == 0.0)
        .await?;
    server.stop().await
}

/// Promise 20, the honest half: 60 notes pasted in one go, and 500 edits of an afternoon without network, are taken as they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_20_honest_bursts_are_taken_without_a_word() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("bursts", 1).await?;
    let board = hall.board(0)?;
    let (pasting, walking, witness) = (
        hall.client(&hall.at_table(0).await?, 1),
        hall.client(&hall.at_table(0).await?, 2),
        hall.client(&hall.at_table(0).await?, 3),
    );
    for client in [&pasting, &walking, &witness] {
        client.open(board).await?;
    }
    for number in 0..60 {
        let text = format!("貼りつけた{number}枚目。市民と職員がいっしょに考えたこと。");
        pasting.act(board, note(&format!("paste{number}"), &text))?;
    }
    walking.cut();
    for number in 0..500 {
        walking.act(board, note(&format!("walk{number}"), &format!("散歩の{number}枚目")))?;
    }
    walking.network_is_back();
    pasting.wait_saved(board).await?;
    walking.wait_saved(board).await?;
    wait_equal(board, &[&pasting, &walking, &witness]).await?;
    assert_eq!(witness.board(board)?.notes.len(), 560);
    for client in [&pasting, &walking] {
        assert!(client.known().closes.is_empty() && client.known().refused.is_empty());
        assert!(client.known().notices.is_empty(), "{:?}", client.known().notices);
    }
    assert_eq!(hall.figure("yoriai_held_back_total").await?, 0.0);
    server.stop().await
}

/// More than its share is taken later, in full, and the person is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_20_over_budget_means_later_and_never_lost() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("later", 1).await?;
    let board = hall.board(0)?;
    let greedy = hall.client(&hall.at_table(0).await?, 1);
    greedy.open(board).await?;
    // 5 × 9,000 letters are half as much again as a session may send at once.
    let texts: Vec<String> = (0..5).map(|number| format!("{number}").repeat(9_000)).collect();
    for (number, text) in texts.iter().enumerate() {
        greedy.act(board, note(&format!("long{number}"), text))?;
    }
    greedy
        .wait("a word about it", |known| {
            known.notices.iter().any(|code| code == "too-fast")
        })
        .await?;
    greedy.wait_saved(board).await?;
    assert_eq!(greedy.known().connections, 1, "held back and not closed");
    let fresh = hall.client(&hall.at_table(0).await?, 2);
    fresh.open(board).await?;
    for (number, text) in texts.iter().enumerate() {
        assert!(reads(&fresh, board, &format!("long{number}"), text));
    }
    assert!(hall.figure("yoriai_held_back_total").await? >= 1.0);
    server.stop().await
}

/// Five attackers flood in five ways beside honest people: theirs is slow, the others' is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_20_five_attackers_beside_honest_people() -> Result<()> {
    let (people, seconds) = scaled((15, 4.0), (100, 20.0));
    let folder = temporary_folder("flood")?;
    let mut process = ServerProcess::start(&folder, None).await?;
    let made = board_of::create(process.address(), 60, 500).await?;
    let work = Work {
        people,
        edits_per_s: 1.0,
        seconds,
    };
    let mut before = load::work(&made.target, work, &Automerge::new()).await?;
    let rss_before = process.rss_bytes()?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut attackers = tokio::task::JoinSet::new();
    for flood in [
        Flood::Presence,
        Flood::Edits,
        Flood::Requests,
        Flood::Pings,
        Flood::Reconnects,
    ] {
        let attacker = Attacker::new(&made, flood, Arc::clone(&stop)).await?;
        attackers.spawn(attacker.run());
    }
    let during = load::work(&made.target, work, &Automerge::new()).await;
    stop.store(true, Ordering::Relaxed);
    while let Some(attacker) = attackers.join_next().await {
        let (flood, sent) = attacker??;
        println!("row 20: {flood:?} got {sent} messages out");
    }
    let mut during = during?;
    let (p99_before, p99_during) = (
        before.latencies.percentile_ms(0.99),
        during.latencies.percentile_ms(0.99),
    );
    let rss = process.rss_bytes()?;
    println!(
        "row 20: {people} people, p99 {p99_before:.1} ms before, {p99_during:.1} ms beside five attackers; memory {} MiB before, {} MiB after; delivered {:.4} and {:.4}",
        rss_before >> 20,
        rss >> 20,
        before.delivered,
        during.delivered,
    );
    assert!(
        during.delivered >= 1.0,
        "every honest edit arrives: {}",
        during.delivered
    );
    let hall = HttpDevice::new(process.address())
        .request("GET", "/metrics", None)
        .await?;
    let figures = String::from_utf8(hall.body)?;
    assert!(figures.contains("yoriai_panics_total 0"), "{figures}");
    assert!(!figures.contains("yoriai_held_back_total 0\n"), "nobody was held back");
    // Generous: a test machine compiles and measures at the same time.
    assert!(p99_during < 5_000.0, "{p99_during} ms");
    assert!(rss < rss_before + (64 << 20), "{rss} of {rss_before}");
    process.stop().await
}

#[derive(Debug, Clone, Copy)]
enum Flood {
    /// Presence without end.
    Presence,
    /// Notes of 8,000 letters without end.
    Edits,
    /// Questions about documents that do not exist.
    Requests,
    /// Our own pings and WebSocket's.
    Pings,
    /// A new socket and a new board as often as it can.
    Reconnects,
}

struct Attacker {
    device: HttpDevice,
    server: std::net::SocketAddr,
    workshop: String,
    board: DocumentId,
    flood: Flood,
    stop: Arc<AtomicBool>,
}

impl Attacker {
    async fn new(made: &Made, flood: Flood, stop: Arc<AtomicBool>) -> Result<Self> {
        let mut coordinator = made.device.clone();
        let path = format!("/api/workshops/{}/cards", made.workshop);
        let cards = coordinator.request("POST", &path, None).await?.success()?;
        let card = tests::hall::text(&cards, "/cards/0/url")?;
        let secret = card.split_once('#').context("a fragment")?.1.to_owned();
        let mut device = HttpDevice::new(made.target.address);
        let join = serde_json::json!({ "secret": secret });
        device.request("POST", "/api/join", Some(&join)).await?.success()?;
        Ok(Self {
            device,
            server: made.target.address,
            workshop: made.workshop.clone(),
            board: made.target.document.context("a board")?,
            flood,
            stop,
        })
    }

    /// Until it is stopped; closed or refused, it comes again. How many messages it got out.
    async fn run(self) -> Result<(Flood, u64)> {
        let mut sent = 0;
        while !self.stopped() {
            // A refusal is the server's good right; the attacker tries again, at once.
            let _ = self.attack(&mut sent).await;
            tokio::task::yield_now().await;
        }
        Ok((self.flood, sent))
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    async fn attack(&self, sent: &mut u64) -> Result<()> {
        let socket = open_socket(self.server, &self.workshop, &Credential::of(&self.device)).await?;
        let mut peer = RawPeer::join(socket, &format!("attacker{:?}", self.flood).to_lowercase(), true).await?;
        peer.ask(self.board).await?;
        let mut replica = Automerge::new().with_actor(ActorId::random());
        if matches!(self.flood, Flood::Edits) {
            let (message, _) = peer
                .hear_until(|message| matches!(message, Message::Sync(sync) if sync.document == self.board))
                .await?;
            if let Message::Sync(content) = message {
                for chunks in sync::sync_message::read(&content.data)?.changes {
                    replica.load_incremental(chunks)?;
                }
            }
        }
        for count in 0.. {
            if self.stopped() {
                return Ok(());
            }
            let frame = match self.flood {
                Flood::Presence => wire::encode(&Message::Ephemeral(EphemeralMessage {
                    sender: peer.peer.clone(),
                    target: None,
                    document: self.board,
                    count,
                    session: "flood".to_owned(),
                    data: vec![0xf6; 4_000],
                })),
                Flood::Edits => self.edit(&mut replica, &peer, count)?,
                Flood::Requests => {
                    let document = DocumentId::from_bytes([(count % 251) as u8; 16]);
                    peer.ask(document).await?;
                    *sent += 1;
                    continue;
                }
                Flood::Pings if count % 2 == 0 => {
                    self.patiently(peer.socket.send(Frame::Ping(vec![0; 125].into())))
                        .await?;
                    *sent += 1;
                    continue;
                }
                Flood::Pings => wire::encode(&Message::Ping { count }),
                Flood::Reconnects => {
                    *sent += 1;
                    return Ok(());
                }
            };
            self.patiently(peer.socket.send(Frame::Binary(frame.into()))).await?;
            *sent += 1;
        }
        Ok(())
    }

    /// Held back, the attacker still hears when it is to stop.
    async fn patiently<T, E: std::error::Error + Send + Sync + 'static>(
        &self,
        sending: impl Future<Output = Result<T, E>>,
    ) -> Result<()> {
        let mut sending = std::pin::pin!(sending);
        while !self.stopped() {
            if let Ok(sent) = tokio::time::timeout(Duration::from_millis(100), &mut sending).await {
                sent?;
                break;
            }
        }
        Ok(())
    }

    fn edit(&self, replica: &mut Automerge, peer: &RawPeer, count: u64) -> Result<Vec<u8>> {
        let stamp = board::Stamp {
            person: None,
            device: "flood".to_owned(),
            at_ms: 0,
        };
        let mut board = board::Board::from_doc(replica.clone())?;
        // Another name for each connection; an id has a limit of its own.
        let actor: String = replica.get_actor().to_hex_string().chars().take(12).collect();
        let id = format!("f{actor}x{count}");
        let change = board
            .apply(note(&id, &"洪".repeat(8_000)), &stamp)?
            .change
            .context("a change")?;
        replica.apply_changes([change.clone()])?;
        let heads = [change.hash()];
        let data = sync::sync_message::write(&heads, &[], &heads, &[change.raw_bytes()]);
        Ok(wire::encode(&Message::Sync(wire::SyncMessage {
            sender: peer.peer.clone(),
            target: None,
            document: self.board,
            data,
        })))
    }
}

/// One browser may have some tabs, not a thousand; the person reads which of them to close.
#[tokio::test]
async fn row_20_sockets_of_one_device_are_bounded_with_words() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("tabs", 1).await?;
    let mut device = hall.at_table(0).await?;
    let credential = Credential::of(&device);
    let sockets =
        (0..server::budget::SOCKETS_PER_DEVICE_MAX).map(|_| open_socket(hall.server, &hall.workshop, &credential));
    let sockets = join_all(sockets).await;
    assert!(sockets.iter().all(Result::is_ok));
    let deadline = Instant::now() + PATIENCE;
    loop {
        // The place is counted with the handshake, which the last socket has behind it.
        let answer = device.request("POST", &hall.path("ticket"), None).await?;
        if answer.status == 429 {
            assert_eq!(tests::hall::code(&answer)?, "too_many_tabs");
            break;
        }
        ensure!(Instant::now() < deadline, "no bound");
    }
    drop(sockets);
    let deadline = Instant::now() + PATIENCE;
    while device.request("POST", &hall.path("ticket"), None).await?.status != 201 {
        ensure!(Instant::now() < deadline, "the closed tabs still count");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
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
fn write_theme(doc: &Automerge, actor: ActorId, text: &str) -> Result<Option<automerge::Change>> {
    let mut doc = doc.clone().with_actor(actor);
    let (_, group) = doc.get(ROOT, "group")?.context("boards have a group")?;
    doc.transact(|tx| tx.put(&group, "theme", text))
        .map_err(|failure| failure.error)?;
    Ok(doc.get_last_local_change())
}
