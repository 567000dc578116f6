//! Who may do what, over real sockets: the table of DESIGN.md, links, tokens and origins.

use anyhow::{Context as _, Result};
use board::{Stage, WorkshopCommand};
use serde_json::{Value, json};
use sync::{Access, DocumentId};
use tests::{
    hall::{Hall, code, hall_with_groups},
    light_client::{Credential, LightClient, open_socket, open_socket_on},
    notes::{has_note, note, note_id},
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error as SocketError;

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
