//! Promise 28: what is erased is gone from the server's files, and nothing old brings it back.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use board::{Command, NoteId, State, TextTarget};
use serde_json::{Value, json};
use server::{Config, Store as _, store::SqliteStore};
use sync::DocumentId;
use tests::{
    faulty_store::{Dies, FaultyStore},
    hall::{Hall, documents, hall_with_groups},
    light_client::{LightClient, PATIENCE},
    notes::{note, note_id},
    server_process::{LocalServer, free_address},
    temporary_folder,
};

/// Letters that stand nowhere else, and in one piece in the bytes of a change: automerge keeps a text's letters side by side.
const SECRET: &str = "電話番号は〇八〇の";

/// Files of a folder in which these bytes are found.
fn files_with(folder: &Path, bytes: &[u8]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files_with(&entry.path(), bytes)?);
        } else if std::fs::read(entry.path())?
            .windows(bytes.len())
            .any(|window| window == bytes)
        {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

async fn seat(hall: &Hall) -> Result<Value> {
    let path = hall.path("seat");
    hall.coordinator.clone().request("GET", &path, None).await?.success()
}

/// The board of a group as the server lists it now.
async fn board_now(hall: &Hall, group: usize) -> Result<DocumentId> {
    let (_, groups) = documents(&seat(hall).await?)?;
    groups.get(group).map(|(_, board)| *board).context("no such group")
}

fn wish(hall: &Hall, group: usize, item: &str) -> Result<Value> {
    Ok(json!({ "groups": [{ "group": hall.group(group)?, "items": [item], "people": [] }] }))
}

async fn erase(hall: &Hall, body: &Value) -> Result<Value> {
    let path = hall.path("erasure");
    hall.coordinator
        .clone()
        .request("POST", &path, Some(body))
        .await?
        .success()
}

/// A board with a secret on it, many other notes, and a copy of the secret on the neighbour's board. Returns the secret's text
/// as it was compressed on disk: pieces of its snapshot.
async fn write_the_evening(hall: &Hall, writer: &LightClient, board: DocumentId) -> Result<()> {
    writer.act(board, note("secret", SECRET))?;
    for number in 0..40 {
        writer.act(board, note(&format!("n{number}"), &format!("残る付箋{number}")))?;
    }
    writer.wait_saved(board).await?;
    let copy = json!({
        "id": "copy-1", "from": hall.group(0)?, "to": hall.group(1)?, "items": ["n:secret"], "copy": true,
    });
    hall.coordinator
        .clone()
        .request("POST", &hall.path("transfer"), Some(&copy))
        .await?
        .success()?;
    Ok(())
}

#[tokio::test]
async fn row_28_erased_bytes_are_in_no_file_and_an_old_replica_cannot_bring_them_back() -> Result<()> {
    let (server, hall, folder) = hall_with_groups("erasure", 3).await?;
    let (old, untouched) = (hall.board(0)?, hall.board(2)?);
    let writer = hall.client(&hall.at_table(0).await?, 1);
    let third_party = hall.client(&hall.coordinator, 2);
    for client in [&writer, &third_party] {
        client.open(old).await?;
    }
    write_the_evening(&hall, &writer, old).await?;
    ensure!(
        !files_with(&folder, SECRET.as_bytes())?.is_empty(),
        "the secret is found before"
    );

    let mut coordinator = hall.coordinator.clone();
    let body = wish(&hall, 0, "n:secret")?;
    let preview = coordinator
        .request("POST", &hall.path("erasure/preview"), Some(&body))
        .await?
        .success()?;
    ensure!(
        preview["boards"].as_array().is_some_and(|boards| boards.len() == 2),
        "the copy is found: {preview}"
    );
    ensure!(board_now(&hall, 0).await? == old, "a preview changes nothing");
    let participant = hall
        .at_table(0)
        .await?
        .request("POST", &hall.path("erasure"), Some(&body))
        .await?;
    ensure!(participant.status == 403, "only coordinators erase");

    let done = erase(&hall, &body).await?;
    assert_eq!(
        (&done["boards"], &done["items"], &done["scrubbed"]),
        (&json!(2), &json!(2), &json!(true))
    );
    assert_eq!(files_with(&folder, SECRET.as_bytes())?, Vec::<String>::new());
    assert_eq!(files_with(&folder, "電話番号".as_bytes())?, Vec::<String>::new());

    // Everybody who was there is told where the board is now, and only that one exists.
    let new = board_now(&hall, 0).await?;
    ensure!(new != old && board_now(&hall, 1).await? != hall.board(1)?);
    assert_eq!(board_now(&hall, 2).await?, untouched);
    writer
        .wait("the notice", |known| {
            known.notices.iter().any(|code| code == "replaced")
        })
        .await?;
    writer.open(new).await?;
    let view = writer.board(new)?;
    assert_eq!(view.notes.values().filter(|note| note.state == State::Live).count(), 40);
    assert_eq!(view.notes[&note_id("secret")].state, State::Erased);
    assert!(view.notes.values().all(|note| !note.text.contains("電話")));

    // An old replica comes back: it still holds everything, writes on, and reaches nobody.
    writer.change(old, |doc, actor| {
        let mut board = board::Board::from_doc(doc.clone().with_actor(actor))?;
        let splice = Command::Splice {
            target: TextTarget::Note(note_id("secret")),
            at: 0,
            delete: 0,
            insert: "また".into(),
        };
        let stamp = board::Stamp {
            person: None,
            device: "d".into(),
            at_ms: 1_700_000_000_000,
        };
        Ok(board.apply(splice, &stamp)?.change)
    })?;
    third_party.ask_for(old);
    third_party
        .wait("the refusal", |known| known.unavailable.contains(&old))
        .await?;
    // Its history fits no other document either: what builds on an unknown past is not taken in, and the note's id is used.
    let history: Vec<_> = third_party.document(old)?.get_changes(&[]);
    third_party.open(new).await?;
    let again = third_party.act(new, note("secret", SECRET));
    ensure!(again.is_err(), "the identifier cannot be used again");
    for change in history.into_iter().skip(1) {
        third_party.change(new, |_, _| Ok(Some(change)))?;
    }
    let fresh = hall.client(&hall.at_table(0).await?, 9);
    fresh.open(new).await?;
    fresh.act(new, note("after", "あとで"))?;
    fresh.wait_saved(new).await?;
    assert!(fresh.board(new)?.notes.values().all(|note| !note.text.contains("電話")));
    assert_eq!(files_with(&folder, SECRET.as_bytes())?, Vec::<String>::new());

    // The act is in the log, without a word of it; and after a restart the old id is still refused.
    let acts = coordinator.request("GET", &hall.path("acts"), None).await?.success()?;
    ensure!(
        acts["acts"][0]["act"] == "erased" && !acts.to_string().contains("電話"),
        "{acts}"
    );
    server.stop().await?;
    let mut config = Config::for_folder(&folder);
    config.listen = hall.server;
    let server = LocalServer::start_with(config, None).await?;
    let late = hall.client(&hall.coordinator, 10);
    late.ask_for(old);
    late.wait("where it is now", |known| {
        known.notices.iter().any(|code| code == "replaced")
    })
    .await?;
    server.stop().await?;
    assert_eq!(files_with(&folder, SECRET.as_bytes())?, Vec::<String>::new());
    Ok(())
}

/// What was compressed on disk is no less there: pieces of the old snapshot's longest column must be gone too.
#[tokio::test]
async fn row_28_a_compressed_snapshot_is_overwritten_too() -> Result<()> {
    let folder = temporary_folder("erasure-snapshot")?;
    let mut config = Config::for_folder(&folder);
    config.listen = free_address().await?;
    // Unloaded at once, so that the board is compacted into a snapshot.
    config.room_idle_s = 0;
    let server = LocalServer::start_with(config.clone(), None).await?;
    let hall = Hall::with_groups(server.address(), 1).await?;
    let board = hall.board(0)?;
    {
        let writer = hall.client(&hall.at_table(0).await?, 1);
        writer.open(board).await?;
        // 4,000 letters that do not compress away; their bytes are most of the snapshot.
        let mut state = 1_u32;
        let mut letter = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x4e00 + (state >> 16) % 0x5000).unwrap_or('字')
        };
        let text: String = std::iter::repeat_with(&mut letter).take(4_000).collect();
        writer.act(board, note("secret", &text))?;
        for number in 0..40 {
            writer.act(board, note(&format!("n{number}"), "残る"))?;
        }
        writer.wait_saved(board).await?;
    }
    let store = SqliteStore::open(&folder)?;
    let deadline = std::time::Instant::now() + PATIENCE;
    let pieces = loop {
        let stored = store.document(board).await?.context("the board")?;
        if stored.changes.is_empty() && stored.snapshot.len() > 4_000 {
            let (middle, length) = (stored.snapshot.len() / 2, 48);
            break [middle - 1_000, middle, middle + 1_000].map(|at| stored.snapshot[at..at + length].to_vec());
        }
        ensure!(std::time::Instant::now() < deadline, "the board is not compacted");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    drop(store);
    for piece in &pieces {
        ensure!(
            !files_with(&folder, piece)?.is_empty(),
            "a piece of the snapshot is found before"
        );
    }
    erase(&hall, &wish(&hall, 0, "n:secret")?).await?;
    for piece in &pieces {
        assert_eq!(files_with(&folder, piece)?, Vec::<String>::new());
    }
    server.stop().await
}

#[tokio::test]
async fn row_28_wherever_the_server_dies_there_is_the_old_board_or_the_new_one() -> Result<()> {
    for dies in [Dies::BeforeTheTransaction, Dies::AfterTheTransaction] {
        let folder = temporary_folder("erasure-dies")?;
        let mut config = Config::for_folder(&folder);
        config.listen = free_address().await?;
        let store = Arc::new(FaultyStore::new(SqliteStore::open(&folder)?));
        let server = LocalServer::start_with(config.clone(), Some(Arc::<FaultyStore>::clone(&store))).await?;
        let hall = Hall::with_groups(server.address(), 2).await?;
        let old = hall.board(0)?;
        let writer = hall.client(&hall.at_table(0).await?, 1);
        writer.open(old).await?;
        write_the_evening(&hall, &writer, old).await?;
        store.die_at_transfer(dies);
        let before = store.transfers();
        let asked = tokio::spawn({
            let (hall, body) = (hall.clone(), wish(&hall, 0, "n:secret")?);
            async move { erase(&hall, &body).await }
        });
        while store.transfers() == before {
            tokio::task::yield_now().await;
        }
        if dies == Dies::AfterTheTransaction {
            while store.document(old).await?.is_some() {
                tokio::task::yield_now().await;
            }
        }
        server.abort().await;
        asked.abort();
        drop(writer);
        drop(store);

        // What the next start finds and finishes.
        let server = LocalServer::start_with(config.clone(), None).await?;
        let now = board_now(&hall, 0).await?;
        let reader = hall.client(&hall.coordinator, 7);
        reader.open(now).await?;
        reader.open(hall.document).await?;
        let listed = reader.workshop(hall.document)?.groups[0].board.clone();
        assert_eq!(listed, now.to_string(), "{dies:?}: table and workshop document agree");
        let live = reader
            .board(now)?
            .notes
            .values()
            .filter(|note| note.state == State::Live)
            .count();
        if dies == Dies::BeforeTheTransaction {
            assert_eq!((now, live), (old, 41), "nothing has happened");
            erase(&hall, &wish(&hall, 0, "n:secret")?).await?;
        } else {
            assert_ne!(now, old);
            assert_eq!(live, 40, "everything has");
        }
        assert_eq!(
            files_with(&folder, SECRET.as_bytes())?,
            Vec::<String>::new(),
            "{dies:?}"
        );
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn row_28_nothing_acknowledged_is_lost_while_a_board_is_written_anew_and_a_failed_erasure_changes_nothing()
-> Result<()> {
    let folder = temporary_folder("erasure-busy")?;
    let config = Config::for_folder(&folder);
    let store = Arc::new(FaultyStore::new(SqliteStore::open(&folder)?));
    let server = LocalServer::start_with(config, Some(Arc::<FaultyStore>::clone(&store))).await?;
    let hall = Hall::with_groups(server.address(), 1).await?;
    let old = hall.board(0)?;
    let mut people = Vec::new();
    for number in 0..4 {
        let client = hall.client(&hall.at_table(0).await?, number);
        client.open(old).await?;
        people.push(client);
    }
    people[0].act(old, note("secret", SECRET))?;
    people[0].wait_saved(old).await?;
    // The disk is full: the old board goes on as if nothing had been asked.
    store.set_full(true);
    let refused = hall
        .coordinator
        .clone()
        .request("POST", &hall.path("erasure"), Some(&wish(&hall, 0, "n:secret")?))
        .await?;
    ensure!(refused.status >= 500, "{}", refused.status);
    store.set_full(false);
    people[1].act(old, note("meanwhile", "まだ書ける"))?;
    people[1].wait_saved(old).await?;
    assert_eq!(board_now(&hall, 0).await?, old);

    let asked = tokio::spawn({
        let (hall, body) = (hall.clone(), wish(&hall, 0, "n:secret")?);
        async move { erase(&hall, &body).await }
    });
    let mut written: Vec<Vec<NoteId>> = vec![vec![note_id("secret")], vec![note_id("meanwhile")], vec![], vec![]];
    for edit in 0..60 {
        for (number, client) in people.iter().enumerate() {
            let id = format!("p{number}e{edit}");
            client.act(old, note(&id, "消えない"))?;
            written[number].push(note_id(&id));
        }
        tokio::task::yield_now().await;
    }
    asked.await??;
    let new = board_now(&hall, 0).await?;
    assert_ne!(new, old);
    let reader = hall.client(&hall.coordinator, 70);
    reader.open(new).await?;
    let view = reader.board(new)?;
    let mut acknowledged = 0;
    for (client, notes) in people.iter().zip(&written) {
        client
            .wait("the notice", |known| {
                known.notices.iter().any(|code| code == "replaced")
            })
            .await?;
        let known = client.known();
        for (hash, id) in known.own[&old].iter().zip(notes) {
            if known.acknowledged.contains(hash) {
                acknowledged += 1;
                assert!(view.notes.contains_key(id), "{id} was acknowledged and is lost");
            }
        }
    }
    println!("acknowledged before and during the replacement: {acknowledged}");
    assert!(acknowledged >= 2);
    server.stop().await
}

#[tokio::test]
async fn row_28_an_erased_name_is_in_no_file() -> Result<()> {
    const NAME: &str = "十文字 操";
    let (server, hall, folder) = hall_with_groups("erasure-name", 1).await?;
    let mut device = hall.at_table(0).await?;
    let body = json!({ "group": hall.group(0)?, "new_name": NAME });
    let seated = device
        .request("POST", &hall.path("seat"), Some(&body))
        .await?
        .success()?;
    let person = seated["person"]["id"].as_str().context("a person")?.to_owned();
    let client = hall.client(&device, 1);
    client.open(hall.board(0)?).await?;
    client.act(hall.board(0)?, note("kept", "残る"))?;
    client.wait_saved(hall.board(0)?).await?;
    ensure!(!files_with(&folder, NAME.as_bytes())?.is_empty());
    let body = json!({ "groups": [{ "group": hall.group(0)?, "people": [person] }] });
    let done = erase(&hall, &body).await?;
    assert_eq!(done["people"], 1);
    assert_eq!(files_with(&folder, NAME.as_bytes())?, Vec::<String>::new());
    assert_eq!(files_with(&folder, person.as_bytes())?, Vec::<String>::new());
    let again = seat(&hall).await?;
    ensure!(!again.to_string().contains(NAME));
    let new = board_now(&hall, 0).await?;
    client.open(new).await?;
    assert_eq!(client.board(new)?.notes[&note_id("kept")].text, "残る");
    server.stop().await
}
