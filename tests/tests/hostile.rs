//! Peers that break the rules, over real sockets: each costs its own session and nothing else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use automerge::{ActorId, Automerge, ChangeHash, ROOT, ReadDoc as _, transaction::Transactable as _};
use board::{Board, Stamp};
use futures_util::{SinkExt as _, StreamExt as _};
use sync::{DocumentId, wire};
use tests::{
    bench::{
        board_of,
        load::{self, Work},
    },
    bombs::{self, bombs, hostile_chunks},
    hall::hall_with_groups,
    http::HttpDevice,
    light_client::{Credential, LightClient, PATIENCE, open_socket},
    notes::{note, reads},
    raw_peer::RawPeer,
    scaled,
    server_process::ServerProcess,
    temporary_folder,
};
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

/// Everything of RELIABILITY.md, facts 1 to 3 and 5, and more, from one attacker after the other, while honest people work:
/// only the attacker's session ends; figures are printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_hostile_chunks_bombs_orphans_and_forgeries_end_only_the_attackers_session() -> Result<()> {
    let (people, seconds, rounds) = scaled((20, 6.0, 1), (100, 40.0, 3));
    let folder = temporary_folder("bombs")?;
    let mut process = ServerProcess::start(&folder, None).await?;
    let made = board_of::create(process.address(), 60, 500).await?;
    let board = made.target.document.context("a board")?;
    let witness = LightClient::start(
        made.target.address,
        &made.workshop,
        Credential::Cookie(made.target.cookies[0].clone()),
        1,
    );
    witness.open(board).await?;
    witness.act(board, note("victim", "まえに書いた"))?;
    witness.wait_saved(board).await?;
    let attacks = tokio::task::spawn_blocking(attacks).await??;
    let attacker = Attacker {
        server: made.target.address,
        workshop: made.workshop.clone(),
        board,
        cookie: made.target.cookies.last().context("a device")?.clone(),
    };
    let work = Work {
        people,
        edits_per_s: 1.0,
        seconds,
    };
    let nothing = Automerge::new();
    let mut before = load::work(&made.target, work, &nothing).await?;
    let watching = Arc::new(Watching::default());
    let rss_before = process.rss_bytes()?;
    let watch = tokio::spawn(Arc::clone(&watching).watch(process.pid()));
    let mut slowest_ms = 0;
    let attacking = async {
        for _ in 0..rounds {
            for attack in &attacks {
                let took = attacker.attack(attack).await.with_context(|| attack.name.clone())?;
                println!("row 16: {}: ended after {} ms", attack.name, took.as_millis());
                slowest_ms = slowest_ms.max(took.as_millis());
            }
            for forgery in [Forgery::Actor, Forgery::RootMap] {
                attacker
                    .forge(forgery, &witness)
                    .await
                    .with_context(|| format!("{forgery:?}"))?;
            }
            let took = attacker.orphans(20_000).await.context("orphans")?;
            println!("row 16: 20,000 orphans: ended after {} ms", took.as_millis());
        }
        anyhow::Ok(())
    };
    let (during, attacked) = tokio::join!(load::work(&made.target, work, &nothing), attacking);
    attacked?;
    let mut during = during?;
    watching.stop.store(true, Ordering::Relaxed);
    watch.await?;
    let rss_after = process.rss_bytes()?;
    let peak = watching.peak.load(Ordering::Relaxed);
    println!(
        "row 16: {people} people, p99 {:.1} ms before, {:.1} ms during; delivered {:.4} and {:.4}; memory {} MiB before, {} MiB at the most, {} MiB after; the slowest attack took {slowest_ms} ms",
        before.latencies.percentile_ms(0.99),
        during.latencies.percentile_ms(0.99),
        before.delivered,
        during.delivered,
        rss_before >> 20,
        peak >> 20,
        rss_after >> 20,
    );
    assert!(
        during.delivered >= 1.0,
        "every honest edit arrives: {}",
        during.delivered
    );
    assert!(
        peak < rss_before + (64 << 20),
        "memory went from {rss_before} to {peak}"
    );
    // The victim of the forgery and everybody else goes on as before, on the connection they had.
    witness.act(board, note("after", "無事です"))?;
    witness.wait_saved(board).await?;
    assert_eq!(witness.known().connections, 1, "the neighbour did not notice");
    let doc = witness.document(board)?;
    assert!(doc.get(ROOT, "notes")?.is_some(), "the notes are there");
    assert!(reads(&witness, board, "victim", "まえに書いた"));
    assert!(!tests::notes::has_note(&doc, "forged"));
    let figures = HttpDevice::new(process.address())
        .request("GET", "/metrics", None)
        .await?;
    println!(
        "row 16: {}",
        String::from_utf8_lossy(&figures.body)
            .lines()
            .filter(|line| line.contains("panics") || line.contains("refusals_total{"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    process.stop().await
}

/// Looks at the server's memory while it is attacked.
#[derive(Default)]
struct Watching {
    stop: AtomicBool,
    peak: AtomicU64,
}

impl Watching {
    async fn watch(self: Arc<Self>, pid: u32) {
        while !self.stop.load(Ordering::Relaxed) {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let line = status.lines().find(|line| line.starts_with("VmRSS:"));
            let kib: u64 = line
                .and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
                .unwrap_or(0);
            self.peak.fetch_max(kib * 1024, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// What one message holds.
struct Attack {
    name: String,
    chunks: Vec<Vec<u8>>,
}

fn attacks() -> Result<Vec<Attack>> {
    let hostile = hostile_chunks().into_iter().enumerate().map(|(number, chunk)| Attack {
        name: format!("hostile chunk {}", number + 1),
        chunks: vec![chunk],
    });
    let bombs = bombs().into_iter().map(|bomb| Attack {
        name: bomb.name.to_owned(),
        chunks: bomb.chunks,
    });
    Ok(hostile.chain(bombs).collect())
}

#[derive(Debug, Clone, Copy)]
enum Forgery {
    /// A note in the victim's name, with the victim's next sequence number.
    Actor,
    /// The map of all notes is gone.
    RootMap,
}

struct Attacker {
    server: std::net::SocketAddr,
    workshop: String,
    board: DocumentId,
    cookie: String,
}

impl Attacker {
    async fn peer(&self) -> Result<RawPeer> {
        let credential = Credential::Cookie(self.cookie.clone());
        let deadline = Instant::now() + PATIENCE;
        loop {
            // So many sessions of one device in a row are more than its share: it waits for its tickets as anybody would.
            match open_socket(self.server, &self.workshop, &credential).await {
                Ok(socket) => return RawPeer::join(socket, "attacker", true).await,
                Err(error) => ensure!(Instant::now() < deadline, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Sends one message, and sees its session end. How long that took.
    async fn attack(&self, attack: &Attack) -> Result<Duration> {
        let mut peer = self.peer().await?;
        peer.ask(self.board).await?;
        let chunks: Vec<&[u8]> = attack.chunks.iter().map(Vec::as_slice).collect();
        let started = Instant::now();
        // The line may be cut before all of it is written.
        let _ = peer.send(self.board, &[], &chunks).await;
        peer.end().await?;
        Ok(started.elapsed())
    }

    /// Changes that build on what nobody knows, as many as the server lets it send.
    async fn orphans(&self, count: u64) -> Result<Duration> {
        let mut peer = self.peer().await?;
        peer.ask(self.board).await?;
        let started = Instant::now();
        for first in (0..count).step_by(200) {
            let orphans: Vec<Vec<u8>> = (first..count.min(first + 200)).map(bombs::orphan).collect();
            let chunks: Vec<&[u8]> = orphans.iter().map(Vec::as_slice).collect();
            if peer.send(self.board, &[], &chunks).await.is_err() {
                break;
            }
        }
        peer.end().await?;
        Ok(started.elapsed())
    }

    async fn forge(&self, forgery: Forgery, victim: &LightClient) -> Result<()> {
        let mut peer = self.peer().await?;
        peer.ask(self.board).await?;
        let doc = victim.document(self.board)?;
        let (hash, bytes): (ChangeHash, Vec<u8>) = match forgery {
            Forgery::Actor => {
                let stamp = Stamp {
                    person: None,
                    device: "forger".to_owned(),
                    at_ms: 0,
                };
                let mut board = Board::from_doc(doc.with_actor(victim.actor()))?;
                let change = board
                    .apply(note("forged", "にせもの"), &stamp)?
                    .change
                    .context("a change")?;
                (change.hash(), change.raw_bytes().to_vec())
            }
            Forgery::RootMap => {
                let mut doc = doc.with_actor(ActorId::random());
                doc.transact(|tx| tx.delete(ROOT, "notes"))
                    .map_err(|failure| failure.error)?;
                let change = doc.get_last_local_change().context("a change")?;
                (change.hash(), change.raw_bytes().to_vec())
            }
        };
        peer.send(self.board, &[hash], &[&bytes]).await?;
        let end = peer.end().await?;
        ensure!(matches!(end, Some((1008, _))), "ended with {end:?}");
        Ok(())
    }
}
