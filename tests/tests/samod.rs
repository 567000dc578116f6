//! Unmodified samod clients at our tables: the other implementation of automerge-repo's protocol, in Rust.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use automerge::{Automerge, ObjType, ROOT, ReadDoc as _, transaction::Transactable as _};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _, future::BoxFuture};
use samod::{BackoffConfig, DialError, Dialer, DocHandle, Repo, Transport};
use serde_json::json;
use tests::{
    hall::{Hall, hall_with_groups},
    http::HttpDevice,
    light_client::{Credential, LightClient, PATIENCE, open_socket},
    notes::{has_note, note, reads},
};
use tokio_tungstenite::tungstenite::{self, Message};

/// Opens the sockets of a guest. While `away`, every attempt fails as on a dead network.
struct Door {
    server: SocketAddr,
    workshop: String,
    credential: Credential,
    away: AtomicBool,
}

impl Dialer for Door {
    type Error = tungstenite::Error;

    fn url(&self) -> url::Url {
        let address = format!("ws://{}/sync/{}", self.server, self.workshop);
        address.parse().expect("an address is a URL")
    }

    fn connect(&self) -> BoxFuture<'static, Result<Transport, DialError<Self::Error>>> {
        if self.away.load(Ordering::Relaxed) {
            return std::future::ready(Err(DialError::transient(tungstenite::Error::ConnectionClosed))).boxed();
        }
        let (server, workshop, credential) = (self.server, self.workshop.clone(), self.credential.clone());
        async move {
            let socket = open_socket(server, &workshop, &credential)
                .await
                .map_err(DialError::transient)?;
            let (sink, stream) = socket.split();
            let bytes = stream.filter_map(|message| {
                std::future::ready(match message {
                    Ok(Message::Binary(bytes)) => Some(Ok(bytes.to_vec())),
                    Ok(_) => None,
                    Err(error) => Some(Err(error)),
                })
            });
            let frames =
                sink.with(|bytes: Vec<u8>| std::future::ready(Ok::<_, tungstenite::Error>(Message::binary(bytes))));
            Ok(Transport::new(bytes, frames))
        }
        .boxed()
    }
}

/// A program that knows nothing of Yoriai but a token and a document id.
struct Guest {
    repo: Repo,
    door: Arc<Door>,
    dialed: samod::DialerHandle<tungstenite::Error>,
}

impl Guest {
    async fn sits_down(hall: &Hall, device: &HttpDevice) -> Result<Self> {
        let token = device
            .clone()
            .request("POST", &format!("/api/tokens/{}", hall.workshop), Some(&json!({})))
            .await?
            .success()?;
        let url = token["url"].as_str().context("no url")?;
        let (_, secret) = url.split_once("token=").context("no token in the url")?;
        let door = Arc::new(Door {
            server: hall.server,
            workshop: hall.workshop.clone(),
            credential: Credential::Token(secret.to_owned()),
            away: AtomicBool::new(false),
        });
        let repo = Repo::build_tokio().load().await;
        let dialed = repo.dial(quickly(), Arc::clone(&door))?;
        tokio::time::timeout(PATIENCE, dialed.established()).await??;
        Ok(Self { repo, door, dialed })
    }

    async fn finds(&self, document: sync::DocumentId) -> Result<Option<DocHandle>> {
        Ok(tokio::time::timeout(PATIENCE, self.repo.find(document.to_string().parse()?)).await??)
    }

    fn leaves(&self) {
        self.door.away.store(true, Ordering::Relaxed);
        self.dialed.close();
    }

    async fn comes_back(&mut self) -> Result<()> {
        self.door.away.store(false, Ordering::Relaxed);
        self.dialed = self.repo.dial(quickly(), Arc::clone(&self.door))?;
        tokio::time::timeout(PATIENCE, self.dialed.established()).await??;
        Ok(())
    }
}

fn quickly() -> BackoffConfig {
    BackoffConfig {
        initial_delay: Duration::from_millis(50),
        max_delay: Duration::from_millis(500),
        max_retries: None,
    }
}

/// Writes a note as DESIGN.md's schema says, without any of our code.
fn writes(handle: &DocHandle, id: &str, text: &str) -> Result<()> {
    handle.with_document(|doc| {
        let (_, notes) = doc.get(ROOT, "notes")?.context("a board has notes")?;
        let mut edit = doc.transaction();
        let note = edit.put_object(&notes, id, ObjType::Map)?;
        edit.put_object(&note, "text", ObjType::Text)?;
        let (_, letters) = edit.get(&note, "text")?.context("the text just made")?;
        edit.splice_text(&letters, 0, 0, text)?;
        for (key, value) in [
            ("place", "- zz 2400 1700"),
            ("state", "live"),
            ("colour", "asagi"),
            ("author", ""),
            ("device", "samod"),
        ] {
            edit.put(&note, key, value)?;
        }
        edit.put(&note, "at", 0)?;
        edit.commit();
        Ok(())
    })
}

fn moves(handle: &DocHandle, id: &str, place: &str) -> Result<()> {
    handle.with_document(|doc| {
        let (_, notes) = doc.get(ROOT, "notes")?.context("a board has notes")?;
        let (_, note) = doc.get(&notes, id)?.context("the note")?;
        let mut edit = doc.transaction();
        edit.put(&note, "place", place)?;
        edit.commit();
        Ok(())
    })
}

/// Waits until a guest's copy is as wanted.
async fn until(handle: &DocHandle, what: &str, wanted: impl Fn(&Automerge) -> bool) -> Result<()> {
    let mut changes = handle.changes();
    let holds = || handle.with_document(|doc| wanted(doc));
    let waiting = async {
        while !holds() {
            // A change between the look and the wait is in the stream already.
            changes.next().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .with_context(|| format!("never: {what}"))
}

async fn participant(hall: &Hall, number: u64) -> Result<(HttpDevice, LightClient)> {
    let device = hall.at_table(0).await?;
    let client = hall.client(&device, number);
    client.open(hall.board(0)?).await?;
    Ok((device, client))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_samod_guest_reads_the_board_writes_moves_and_hears_others() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("samod", 1).await?;
    let board = hall.board(0)?;
    let (device, tablet) = participant(&hall, 1).await?;
    tablet.act(board, note("first", "職員は改革意識が低い。"))?;
    tablet.wait_saved(board).await?;

    let guest = Guest::sits_down(&hall, &device).await?;
    let handle = guest.finds(board).await?.context("the board is there")?;
    ensure!(handle.with_document(|doc| has_note(doc, "first")), "found means whole");
    writes(&handle, "guest", "サモドから")?;
    tablet
        .wait("the guest's note", |known| {
            known.documents.get(&board).is_some_and(|doc| has_note(doc, "guest"))
        })
        .await?;
    ensure!(reads(&tablet, board, "guest", "サモドから"));
    moves(&handle, "guest", "- zz 2600 1800")?;
    tablet
        .wait("the guest's move", |known| {
            known.documents.get(&board).is_some_and(|doc| {
                board::Board::from_doc(doc.clone()).is_ok_and(|board| {
                    board
                        .view()
                        .notes
                        .get(&tests::notes::note_id("guest"))
                        .is_some_and(|note| (note.position.x - 2600.0).abs() < 0.5)
                })
            })
        })
        .await?;
    tablet.act(board, note("second", "タブレットから"))?;
    until(&handle, "the tablet's note at the guest", |doc| has_note(doc, "second")).await?;

    // What is not stored passes both ways as well.
    let mut ephemera = Box::pin(handle.ephemera());
    handle.broadcast(b"samod is writing".to_vec());
    tablet
        .wait("presence", |known| {
            known.ephemerals.contains(&b"samod is writing".to_vec())
        })
        .await?;
    tablet.present(board, b"tablet holds");
    let heard = tokio::time::timeout(PATIENCE, ephemera.next())
        .await?
        .context("presence ended")?;
    ensure!(heard == b"tablet holds");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_samod_guests_write_60_notes_at_once_one_goes_offline_and_nothing_is_lost() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("samods", 1).await?;
    let board = hall.board(0)?;
    let (device, tablet) = participant(&hall, 1).await?;
    let anna = Guest::sits_down(&hall, &device).await?;
    let mut ben = Guest::sits_down(&hall, &hall.at_table(0).await?).await?;
    let (at_anna, at_ben) = (
        anna.finds(board).await?.context("found")?,
        ben.finds(board).await?.context("found")?,
    );
    for number in 0..30 {
        writes(&at_anna, &format!("anna-{number}"), &format!("アンナ{number}"))?;
        writes(&at_ben, &format!("ben-{number}"), &format!("ベン{number}"))?;
    }
    tablet
        .wait("60 notes", |known| {
            known.documents.get(&board).is_some_and(|doc| count(doc) == 60)
        })
        .await?;
    ben.leaves();
    for number in 0..20 {
        writes(&at_ben, &format!("away-{number}"), "圏外のベン")?;
        writes(&at_anna, &format!("here-{number}"), "会場のアンナ")?;
    }
    tablet
        .wait("anna's 20", |known| {
            known.documents.get(&board).is_some_and(|doc| count(doc) == 80)
        })
        .await?;
    ben.comes_back().await?;
    tablet
        .wait("all 100", |known| {
            known.documents.get(&board).is_some_and(|doc| count(doc) == 100)
        })
        .await?;
    until(&at_anna, "all at anna's", |doc| count(doc) == 100).await?;
    until(&at_ben, "all at ben's", |doc| count(doc) == 100).await?;
    let wanted = tablet.heads(board);
    for handle in [&at_anna, &at_ben] {
        until(handle, "equal heads", |doc| {
            let mut heads = doc.get_heads();
            heads.sort();
            heads == wanted
        })
        .await?;
    }
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_samod_guest_may_not_write_is_never_stored() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("samod-refused", 2).await?;
    let board = hall.board(0)?;
    let (device, tablet) = participant(&hall, 1).await?;

    let viewer = Guest::sits_down(&hall, &hall.viewer().await?).await?;
    let seen = viewer.finds(board).await?.context("a viewer reads")?;
    writes(&seen, "viewer", "書けないはず")?;

    // Deleting an entry is no act of ours: notes go to the basket.
    let vandal = Guest::sits_down(&hall, &device).await?;
    let torn = vandal.finds(board).await?.context("found")?;
    torn.with_document(|doc| -> Result<()> {
        let mut edit = doc.transaction();
        edit.delete(ROOT, "notes")?;
        edit.commit();
        Ok(())
    })?;

    // A document of a guest's own making is not taken in: for everybody else it does not exist.
    let maker = Guest::sits_down(&hall, &device).await?;
    let own = maker.repo.create(Automerge::new()).await?;
    let other = Guest::sits_down(&hall, &device).await?;
    let unknown: sync::DocumentId = own.document_id().to_string().parse()?;
    ensure!(other.finds(unknown).await?.is_none(), "unavailable");

    tablet.act(board, note("after", "そのあとも書ける"))?;
    tablet.wait_saved(board).await?;
    until(&seen, "the viewer still follows", |doc| has_note(doc, "after")).await?;
    let fresh = hall.client(&hall.at_table(0).await?, 9);
    fresh.open(board).await?;
    let view = fresh.board(board)?;
    ensure!(view.notes.len() == 1, "only the tablet's note: {:?}", view.notes.keys());
    server.stop().await
}

fn count(doc: &Automerge) -> usize {
    doc.get(ROOT, "notes")
        .ok()
        .flatten()
        .map_or(0, |(_, notes)| doc.length(notes))
}
