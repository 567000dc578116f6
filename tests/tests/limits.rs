//! Row 15: everything that can be too large has an exact limit, says so, and can still be read, exported and deleted.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use automerge::{ActorId, ReadDoc as _};
use board::{Board, Colour, Command, Group, ItemId, NoteId, Refused, Stamp, State, TextTarget, report};
use serde_json::{Value, json};
use server::{
    Config, OPERATIONS_MAX, Store as _,
    store::{DocumentKind, SqliteStore, Write},
};
use sync::{
    Access, Admission, DocumentId, Message, PeerInfo, Refusal, Room, SessionId,
    room::{CloseCode, Input, Output, SESSIONS_MAX},
    wire::{PeerEntry, SyncMessage},
};
use tests::{
    hall::{Hall, code, hall_with_groups},
    http::HttpDevice,
    light_client::PATIENCE,
    notes::{note, note_id},
    server_process::LocalServer,
    temporary_folder,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Notes on one board, as the page says.
const NOTES: usize = 5_000;
/// Characters of one text.
const TEXT_CHARS: usize = 10_000;
/// Names on one group's list.
const PEOPLE: usize = 200;
/// Groups of one workshop.
const GROUPS: usize = 64;

fn stamp() -> Stamp {
    Stamp {
        person: None,
        device: "limits".to_owned(),
        at_ms: 1,
    }
}

fn operations(board: &Board) -> u64 {
    board.doc().stats().num_ops
}

fn new_board(workshop: &str) -> Board {
    let group = Group {
        name: "1班".to_owned(),
        icon: None,
        theme: String::new(),
    };
    Board::create(workshop, &group, 1, ActorId::random())
}

#[test]
fn row_15_a_board_takes_its_last_note_and_not_one_more_and_can_be_emptied() -> Result<()> {
    let mut board = new_board("w");
    for block in 0..NOTES / 50 {
        let notes = (0..50)
            .map(|number| (note_id(&format!("n{}", block * 50 + number)), "紙".to_owned()))
            .collect();
        board.apply(
            Command::AddNotes {
                notes,
                colour: Colour::Kinari,
                parent: None,
                at: Some(board::Point { x: 0.0, y: 0.0 }),
            },
            &stamp(),
        )?;
    }
    assert_eq!(board.view().notes.len(), NOTES);
    let over = board.apply(note("over", "もう一枚"), &stamp());
    assert!(matches!(over, Err(Refused::TooMany { limit: NOTES })), "{over:?}");
    // What is full is read, printed, saved and emptied.
    let first: NoteId = note_id("n0");
    board.apply(
        Command::Delete {
            items: vec![ItemId::Note(first.clone())],
        },
        &stamp(),
    )?;
    ensure!(
        board
            .view()
            .notes
            .get(&first)
            .is_some_and(|note| note.state != State::Live)
    );
    let again = Board::load(&board.save(), ActorId::random())?;
    assert_eq!(again.view().notes.len(), NOTES);
    Ok(())
}

#[test]
fn row_15_a_text_takes_its_last_letter_and_not_one_more() -> Result<()> {
    let mut board = new_board("w");
    board.apply(note("long", &"長".repeat(TEXT_CHARS)), &stamp())?;
    let splice = |delete, insert: &str| Command::Splice {
        target: TextTarget::Note(note_id("long")),
        at: 0,
        delete,
        insert: insert.to_owned(),
    };
    let over = board.apply(splice(0, "い"), &stamp());
    assert!(
        matches!(over, Err(Refused::TextTooLong { limit: TEXT_CHARS })),
        "{over:?}"
    );
    let over = board.apply(note("longer", &"長".repeat(TEXT_CHARS + 1)), &stamp());
    assert!(
        matches!(over, Err(Refused::TextTooLong { limit: TEXT_CHARS })),
        "{over:?}"
    );
    board.apply(splice(1, "い"), &stamp())?;
    Ok(())
}

#[tokio::test]
async fn row_15_groups_and_people_have_limits_that_the_answer_names() -> Result<()> {
    let folder = temporary_folder("limits")?;
    let server = LocalServer::start(&folder).await?;
    let hall = Hall::with_groups(server.address(), GROUPS).await?;
    let mut device = hall.coordinator.clone();
    let limit = |answer: &tests::http::Answer| -> Result<(u16, String, Value)> {
        Ok((answer.status, code(answer)?, answer.json()?["error"]["limit"].clone()))
    };
    let over = device
        .request("POST", &hall.path("groups"), Some(&json!({ "name": "65班" })))
        .await?;
    assert_eq!(limit(&over)?, (400, "too_many_groups".to_owned(), json!(GROUPS)));
    let groups = vec![json!({ "name": "班" }); GROUPS + 1];
    let over = device
        .request(
            "POST",
            "/api/workshops",
            Some(&json!({ "theme": "題", "groups": groups })),
        )
        .await?;
    assert_eq!(limit(&over)?, (400, "too_many_groups".to_owned(), json!(GROUPS)));
    let mut phone = hall.at_table(0).await?;
    for number in 0..PEOPLE {
        let body = json!({ "new_name": format!("{number}人目") });
        phone
            .request("POST", &hall.path("seat"), Some(&body))
            .await?
            .success()?;
    }
    let over = phone
        .request("POST", &hall.path("seat"), Some(&json!({ "new_name": "入れない人" })))
        .await?;
    assert_eq!(limit(&over)?, (400, "too_many_people".to_owned(), json!(PEOPLE)));
    // All of it can be taken home and thrown away.
    for path in ["report.txt", "workshop.automerge"] {
        assert_eq!(device.request("GET", &hall.path(path), None).await?.status, 200);
    }
    let path = format!("/api/workshops/{}", hall.workshop);
    let slip = device
        .request("DELETE", &path, Some(&json!({ "confirm": "yes" })))
        .await?;
    assert_eq!(slip.status, 400, "no slip deletes a workshop");
    let confirm = json!({ "confirm": hall.workshop });
    assert_eq!(phone.request("DELETE", &path, Some(&confirm)).await?.status, 403);
    device.request("DELETE", &path, Some(&confirm)).await?.success()?;
    assert_eq!(device.request("GET", &hall.path("report.txt"), None).await?.status, 401);
    server.stop().await
}

struct Anything;

impl Admission for Anything {
    fn admit(
        &mut self,
        _doc: &automerge::Automerge,
        _info: &PeerInfo,
        _changes: &[automerge::Change],
    ) -> Result<(), Refusal> {
        Ok(())
    }
}

#[test]
fn row_15_a_room_takes_its_last_session_and_tells_the_next_one_the_limit() -> Result<()> {
    let document = DocumentId::from_bytes([1; 16]);
    let mut room = Room::new(document, "server".parse()?);
    let mut outputs = Vec::new();
    for number in 0..=SESSIONS_MAX {
        let peer: sync::PeerId = format!("peer{number}").parse()?;
        let first = Message::Request(SyncMessage {
            sender: peer.clone(),
            target: None,
            document,
            data: Vec::new(),
        });
        let info = PeerInfo {
            entry: PeerEntry {
                peer,
                person: None,
                name: String::new(),
                role: "participant".to_owned(),
                device: format!("d{number}"),
            },
            yoriai: true,
            holder: format!("d{number}"),
        };
        let joined = Input::SessionJoined {
            session: SessionId(number as u64),
            info,
            access: Access::Write,
            first,
        };
        room.handle(0, &mut Anything, joined, &mut outputs);
    }
    let closed: Vec<_> = outputs
        .iter()
        .filter_map(|output| match output {
            Output::Close { session, code, reason } => Some((session.0, *code, reason.clone())),
            _ => None,
        })
        .collect();
    let [(session, CloseCode::Overloaded, reason)] = &closed[..] else {
        anyhow::bail!("closed: {closed:?}")
    };
    assert_eq!(*session, SESSIONS_MAX as u64);
    ensure!(reason.contains(&SESSIONS_MAX.to_string()), "{reason}");
    Ok(())
}

/// A board of long notes just below its last operation, and how many operations are left.
fn nearly_full(workshop: &str) -> Result<(Board, u64)> {
    // Half a text is left, and what a note needs beside its letters.
    let (half, rest) = (TEXT_CHARS as u64 / 2, 100);
    let mut board = new_board(workshop);
    let mut number = 0;
    loop {
        let left = OPERATIONS_MAX - operations(&board);
        if left <= half + rest {
            return Ok((board, left));
        }
        let letters = usize::try_from(left - half)?.min(TEXT_CHARS);
        board.apply(note(&format!("full{number}"), &"長".repeat(letters)), &stamp())?;
        number += 1;
    }
}

#[tokio::test]
async fn row_15_a_full_board_says_its_limit_and_can_still_be_tidied_exported_and_emptied() -> Result<()> {
    let folder = temporary_folder("full-board")?;
    let store = Arc::new(SqliteStore::open(&folder)?);
    let shared = Arc::<SqliteStore>::clone(&store);
    let mut config = Config::for_folder(&folder);
    config.room_idle_s = 0;
    let server = LocalServer::start_with(config, Some(shared)).await?;
    let hall = Hall::with_groups(server.address(), 1).await?;
    let board = hall.board(0)?;
    let (full, left) = nearly_full(&hall.workshop)?;
    // The empty one has left the memory.
    hall.until_figure("yoriai_rooms ", "the memory is empty", |rooms| rooms == 0.0)
        .await?;
    store
        .commit(vec![
            Write::DeleteDocument { document: board },
            Write::CreateDocument {
                document: board,
                workshop: hall.workshop.clone(),
                kind: DocumentKind::Board,
                snapshot: full.save(),
            },
        ])
        .await?;
    let client = hall.client(&hall.at_table(0).await?, 1);
    client.open(board).await?;
    // Exactly what fits: letters of one text, the limit's last operation included.
    let before = client.board(board)?.notes.len();
    client.act(board, note("empty", ""))?;
    client.wait_saved(board).await?;
    let used = OPERATIONS_MAX - left;
    let now = operations(&Board::from_doc(client.document(board)?)?);
    let letters = usize::try_from(OPERATIONS_MAX - now)?;
    ensure!(now > used && letters > 1, "{letters} letters are left");
    let write = |letters: usize| Command::Splice {
        target: TextTarget::Note(note_id("empty")),
        at: 0,
        delete: 0,
        insert: "字".repeat(letters),
    };
    let first = letters / 2;
    client.act(board, write(first))?;
    client.wait_saved(board).await?;
    client.act(board, write(letters - first))?;
    client.wait_saved(board).await?;
    assert_eq!(operations(&Board::from_doc(client.document(board)?)?), OPERATIONS_MAX);
    // Tidying and deleting go on …
    client.act(
        board,
        Command::Delete {
            items: vec![ItemId::Note(note_id("full0"))],
        },
    )?;
    client.wait_saved(board).await?;
    // … one letter more does not, and the limit is named.
    client.act(board, write(1))?;
    client
        .wait("the refusal", |known| known.refused.contains_key(&board))
        .await?;
    let said = client.known().refused.get(&board).cloned().context("said why")?;
    ensure!(said.contains(&OPERATIONS_MAX.to_string()), "{said}");
    let mut device = hall.coordinator.clone();
    let answer = device.request("GET", &hall.path("report.txt"), None).await?;
    assert_eq!(answer.status, 200);
    let reader = hall.client(&hall.at_table(0).await?, 2);
    reader.open(board).await?;
    assert_eq!(reader.board(board)?.notes.len(), before + 1);
    server.stop().await
}

#[tokio::test]
async fn row_15_a_report_of_too_many_groups_is_refused_with_its_limit() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("report-limit", 1).await?;
    let one = "山田\n\n見出し\n- ・意見\n\n";
    let text: String = (1..=report::GROUPS_MAX + 1)
        .map(|number| format!("{number}班\n{one}"))
        .collect();
    let mut device = hall.coordinator.clone();
    let answer = device
        .request(
            "POST",
            "/api/workshops",
            Some(&json!({ "report": format!("題\n\n{text}") })),
        )
        .await?;
    assert_eq!((answer.status, code(&answer)?.as_str()), (400, "report_unreadable"));
    assert_eq!(answer.json()?["error"]["reason"], "TooManyGroups");
    server.stop().await
}

#[tokio::test]
async fn row_15_large_bodies_are_read_a_few_at_a_time_and_small_ones_always() -> Result<()> {
    const AT_ONCE: usize = 16;
    const LENGTH: usize = 6_000_000;
    let (server, hall, _folder) = hall_with_groups("bodies", 1).await?;
    let mut lines = JoinSet::new();
    for _ in 0..AT_ONCE + 4 {
        let address = hall.server;
        let mut line = TcpStream::connect(address).await?;
        let head = format!(
            "POST /api/workshops HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\n\
             content-type: application/json\r\ncontent-length: {LENGTH}\r\n\r\n{{"
        );
        line.write_all(head.as_bytes()).await?;
        lines.spawn(async move {
            let mut answer = vec![0; 512];
            let length = line.read(&mut answer).await?;
            anyhow::Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
        });
    }
    for _ in 0..4 {
        let answer = timeout(PATIENCE, lines.join_next())
            .await?
            .context("a line that is too many")???;
        assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    }
    let mut device = HttpDevice::new(hall.server);
    device.request("POST", "/api/workshops/demo", None).await?.success()?;
    // Those who hang up give their places back.
    lines.shutdown().await;
    let large = json!({ "theme": "長".repeat(40_000), "groups": [] });
    let deadline = Instant::now() + PATIENCE;
    while device.request("POST", "/api/workshops", Some(&large)).await?.status != 400 {
        ensure!(Instant::now() < deadline, "the places stay taken");
        sleep(Duration::from_millis(20)).await;
    }
    server.stop().await
}
