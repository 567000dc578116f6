//! kill -9 at any moment: what was acknowledged is there, and a move between boards happened whole or not at all.

use std::{collections::BTreeSet, sync::Arc};

use anyhow::{Context as _, Result};
use automerge::{ChangeHash, ReadDoc as _};
use board::{Colour, Command, NoteId, OrderHint, State};
use serde_json::json;
use server::{Config, Store as _, store::SqliteStore};
use sync::DocumentId;
use tests::{
    faulty_store::{Dies, FaultyStore},
    hall::Hall,
    light_client::LightClient,
    server_process::{LocalServer, ServerProcess, free_address},
    temporary_folder,
};

fn note(id: &str, text: &str) -> Result<Command> {
    Ok(Command::AddNote {
        id: id.parse()?,
        text: text.to_owned(),
        colour: Colour::Kinari,
        parent: None,
        at: None,
        order: OrderHint::Last,
        author: None,
    })
}

/// Promise 1, in small: people write, the process is killed, and every change that anybody was told is saved is there.
#[tokio::test]
async fn no_acknowledged_edit_is_lost_when_the_process_is_killed() -> Result<()> {
    const PEOPLE: u64 = 6;
    const KILLS: u64 = 4;
    let folder = temporary_folder("kill")?;
    let address = free_address().await?;
    let mut process = ServerProcess::start(&folder, Some(address)).await?;
    let hall = Hall::with_groups(address, 2).await?;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let group = usize::try_from(number % 2)?;
        let client = hall.client(&hall.at_table(group).await?, number);
        client.open(hall.board(group)?).await?;
        people.push((group, client));
    }
    for kill in 0..KILLS {
        for (number, (group, client)) in people.iter().enumerate() {
            for edit in 0..15 {
                client.act(
                    hall.board(*group)?,
                    note(&format!("k{kill}p{number}e{edit}"), "消えてはならない")?,
                )?;
            }
        }
        // In the middle of it: at least one edit of this round is saved, most are under way.
        let (group, watched) = people.first().context("there are people")?;
        let board = hall.board(*group)?;
        let so_far = usize::try_from(kill)? * 15;
        watched
            .wait("an acknowledgement", |known| {
                known
                    .own
                    .get(&board)
                    .is_some_and(|own| own.iter().skip(so_far).any(|hash| known.acknowledged.contains(hash)))
            })
            .await?;
        process.kill().await?;
        process = ServerProcess::start(&folder, Some(address)).await?;
        for (group, client) in &people {
            let board = hall.board(*group)?;
            assert_all_there(&hall, *group, board, client).await?;
            client.network_is_back();
        }
    }
    for (group, client) in &people {
        client.wait_saved(hall.board(*group)?).await?;
        assert_all_there(&hall, *group, hall.board(*group)?, client).await?;
        assert_eq!(
            client.known().own.get(&hall.board(*group)?).map(Vec::len),
            Some(usize::try_from(KILLS)? * 15)
        );
    }
    process.kill().await
}

/// Compares a client's log of acknowledgements with what the server's export holds.
async fn assert_all_there(hall: &Hall, group: usize, board: DocumentId, client: &LightClient) -> Result<()> {
    // Before the file is asked for: what is acknowledged later may be in it, what was acknowledged before must.
    let acknowledged: Vec<ChangeHash> = {
        let known = client.known();
        let own = known.own.get(&board).cloned().unwrap_or_default();
        own.into_iter()
            .filter(|hash| known.acknowledged.contains(hash))
            .collect()
    };
    let path = hall.path(&format!("groups/{}/board.automerge", hall.group(group)?));
    let answer = hall.coordinator.clone().request("GET", &path, None).await?;
    let doc = automerge::Automerge::load(&answer.body)?;
    let missing: BTreeSet<_> = acknowledged
        .into_iter()
        .filter(|hash| doc.get_change_by_hash(hash).is_none())
        .collect();
    assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
    Ok(())
}

async fn server_that(dies: Dies, config: &Config) -> Result<(LocalServer, Arc<FaultyStore>)> {
    let store = Arc::new(FaultyStore::new(SqliteStore::open(&config.data)?));
    store.die_at_transfer(dies);
    let server = LocalServer::start_with(config.clone(), Some(Arc::<FaultyStore>::clone(&store))).await?;
    Ok((server, store))
}

/// How often a note is live on each board, and whether it is marked as moved on the first.
async fn whereabouts(hall: &Hall, text: &str) -> Result<(usize, usize, bool)> {
    let client = hall.client(&hall.coordinator, 77);
    let mut live = Vec::new();
    let mut moved = false;
    for group in 0..2 {
        let board = hall.board(group)?;
        client.open(board).await?;
        let view = client.board(board)?;
        let notes: Vec<_> = view.notes.values().filter(|note| note.text == text).collect();
        live.push(notes.iter().filter(|note| note.state == State::Live).count());
        moved |= notes.iter().any(|note| matches!(note.state, State::Moved { .. }));
    }
    Ok((live[0], live[1], moved))
}

#[tokio::test]
async fn a_move_between_boards_is_never_lost_and_never_doubled_wherever_the_server_dies() -> Result<()> {
    for dies in [Dies::Never, Dies::BeforeTheTransaction, Dies::AfterTheTransaction] {
        let folder = temporary_folder("transfer")?;
        let mut config = Config::for_folder(&folder);
        config.listen = free_address().await?;
        let (server, store) = server_that(dies, &config).await?;
        let hall = Hall::with_groups(server.address(), 2).await?;
        let writer = hall.client(&hall.at_table(0).await?, 1);
        let board = hall.board(0)?;
        writer.open(board).await?;
        writer.act(board, note("wanderer", "となりの班へ")?)?;
        writer.wait_saved(board).await?;

        let body = json!({
            "id": "transfer-1", "from": hall.group(0)?, "to": hall.group(1)?, "items": ["n:wanderer"], "copy": false,
        });
        let path = hall.path("transfer");
        let mut coordinator = hall.coordinator.clone();
        let asked = tokio::spawn({
            let (path, body) = (path.clone(), body.clone());
            async move { coordinator.request("POST", &path, Some(&body)).await }
        });
        if dies == Dies::Never {
            asked.await??.success()?;
            server.stop().await?;
        } else {
            // It dies as soon as it has come to the chosen step.
            let reached = async {
                while store.transfers() == 0 {
                    tokio::task::yield_now().await;
                }
                if dies == Dies::AfterTheTransaction {
                    while !store
                        .transferred(hall.workshop.clone(), "transfer-1".to_owned())
                        .await?
                    {
                        tokio::task::yield_now().await;
                    }
                }
                anyhow::Ok(())
            };
            tokio::time::timeout(tests::light_client::PATIENCE, reached).await??;
            server.abort().await;
            asked.abort();
        }
        drop(writer);
        wait_for_the_file(store).await?;

        let (server, store) = server_that(Dies::Never, &config).await?;
        let expected = if dies == Dies::BeforeTheTransaction {
            (1, 0, false)
        } else {
            (0, 1, true)
        };
        assert_eq!(
            whereabouts(&hall, "となりの班へ").await?,
            expected,
            "{dies:?}, after the restart"
        );
        // The coordinator's device never heard an answer and asks again with the same id.
        let answer = hall
            .coordinator
            .clone()
            .request("POST", &path, Some(&body))
            .await?
            .success()?;
        assert_eq!(
            answer["repeated"],
            json!(dies != Dies::BeforeTheTransaction),
            "{dies:?}"
        );
        assert_eq!(
            whereabouts(&hall, "となりの班へ").await?,
            (0, 1, true),
            "{dies:?}, asked twice"
        );
        let moved = hall.client(&hall.coordinator, 78);
        moved.open(hall.board(1)?).await?;
        let view = moved.board(hall.board(1)?)?;
        let arrived = view
            .notes
            .values()
            .find(|note| note.text == "となりの班へ")
            .context("it arrived")?;
        assert!(matches!(&arrived.source, board::Source::Group { name, id } if name == "1班" && id == "wanderer"));
        assert_ne!(arrived.id, "wanderer".parse::<NoteId>()?);
        server.stop().await?;
        drop(store);
    }
    Ok(())
}

/// Tasks of the aborted server may still hold the store for a moment; the next one must find the file free of its writer.
async fn wait_for_the_file(store: Arc<FaultyStore>) -> Result<()> {
    let gone = Arc::downgrade(&store);
    drop(store);
    let waiting = async {
        while gone.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    // SQLite serialises two writers of one file as well: a task that lives on costs nothing but tidiness.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), waiting).await;
    Ok(())
}
