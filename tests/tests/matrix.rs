//! Row 19: role × document × stage and lock, over raw sockets and REST. What is not allowed is refused, and what may not be
//! known of looks like what does not exist, to the byte.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use automerge::{ActorId, Automerge, ReadDoc as _};
use board::{Board, Stage, Stamp, Workshop, WorkshopCommand};
use serde_json::json;
use sync::{
    Access, DocumentId,
    wire::{self, Message},
};
use tests::{
    hall::{Hall, hall_with_groups},
    http::{Answer, HttpDevice},
    light_client::{Credential, LightClient, open_socket},
    notes::{has_note, note},
    raw_peer::RawPeer,
};

/// The rights of one role in one state: workshop, own group's board, another group's, a removed group's.
type Rights = [Access; 4];

struct World {
    hall: Hall,
    neighbour: Hall,
    coordinator: LightClient,
    /// Name and credential.
    roles: Vec<(&'static str, HttpDevice)>,
    documents: [DocumentId; 4],
    /// Documents that nobody of this workshop may know of.
    hidden: [DocumentId; 2],
    missing: DocumentId,
    writes: usize,
}

#[tokio::test]
async fn row_19_role_document_stage_and_lock_over_raw_sockets() -> Result<()> {
    let (n, r, w) = (Access::None, Access::Read, Access::Write);
    let (server, mut world) = world("matrix").await?;
    let own = world.hall.group(0)?.parse()?;
    let lock = |locked| {
        let group = board::GroupId::clone(&own);
        WorkshopCommand::SetLocked { group, locked }
    };
    // What changes, and then the rights of coordinator, participant and viewer.
    let states: Vec<(&str, Vec<WorkshopCommand>, [Rights; 3])> = vec![
        ("writing", vec![], [[w, w, w, w], [r, w, r, n], [r, r, r, n]]),
        ("locked", vec![lock(true)], [[w, w, w, w], [r, r, r, n], [r, r, r, n]]),
        (
            "closed",
            vec![lock(false), WorkshopCommand::SetStage(Stage::Closed)],
            [[w, w, w, w], [r, r, r, n], [r, r, r, n]],
        ),
        (
            "others hidden",
            vec![
                WorkshopCommand::SetStage(Stage::Headings),
                WorkshopCommand::SetReadOthers(false),
            ],
            [[w, w, w, w], [r, w, n, n], [r, r, r, n]],
        ),
        (
            "hidden and locked",
            vec![lock(true)],
            [[w, w, w, w], [r, r, n, n], [r, r, r, n]],
        ),
    ];
    for (state, commands, rights) in states {
        for command in commands {
            world.coordinator.act_workshop(world.hall.document, command)?;
        }
        world.coordinator.wait_saved(world.hall.document).await?;
        for role in 0..world.roles.len() {
            let name = world.roles[role].0;
            let expected = rights[role.min(2)];
            world
                .check(role, expected)
                .await
                .with_context(|| format!("{name}, {state}"))?;
        }
    }
    server.stop().await
}

impl World {
    /// Opens every document and writes to every document, as this role.
    async fn check(&mut self, role: usize, expected: Rights) -> Result<()> {
        let (name, device) = self.roles[role].clone();
        let credential = Credential::of(&device);
        let socket = open_socket(self.hall.server, &self.hall.workshop, &credential).await?;
        let mut peer = RawPeer::join(socket, &format!("raw{role}x{}", self.writes), true).await?;
        let nothing = answer_about(&mut peer, self.missing).await?;
        let everything = self.documents.into_iter().zip(expected);
        let nowhere = self.hidden.into_iter().map(|document| (document, Access::None));
        for (document, access) in everything.chain(nowhere) {
            if access == Access::None {
                let answer = answer_about(&mut peer, document).await?;
                let anonymous = replaced(&answer, self.missing)?;
                ensure!(
                    anonymous == nothing,
                    "{name} can tell {document} from what does not exist"
                );
            } else {
                peer.ask(document).await?;
                let (told, _) = peer
                    .hear_until(|message| matches!(message, Message::Access { document: of, .. } if *of == document))
                    .await?;
                ensure!(
                    matches!(&told, Message::Access { access: told, .. } if *told == access),
                    "{document}: {told:?} and not {access:?}"
                );
            }
            self.write(&mut peer, document, access).await?;
        }
        Ok(())
    }

    /// Writes something that fits the document, and sees whether it arrives.
    async fn write(&mut self, peer: &mut RawPeer, document: DocumentId, access: Access) -> Result<()> {
        self.writes += 1;
        let id = format!("raw{}", self.writes);
        // What a peer cannot know it may still have from elsewhere: the most that an attacker could have.
        let doc = self.stored(document).await?;
        let workshop = [self.hall.document, self.neighbour.document].contains(&document);
        let (change, bytes) = addition(doc, workshop, &id, self.writes)?;
        peer.send(document, &[change], &[&bytes]).await?;
        if access == Access::Write {
            self.coordinator
                .wait("what was written", |known| {
                    known
                        .documents
                        .get(&document)
                        .is_some_and(|doc| doc.get_change_by_hash(&change).is_some())
                })
                .await?;
            return Ok(());
        }
        // Whatever is sent after it is answered after it: then it was looked at, and it is nowhere.
        peer.say(&Message::Ping {
            count: self.writes as u64,
        })
        .await?;
        peer.hear_until(|message| matches!(message, Message::Pong { .. }))
            .await?;
        self.coordinator
            .act(self.documents[1], note(&format!("mark{id}"), "しるし"))?;
        self.coordinator.wait_saved(self.documents[1]).await?;
        let stored = self.stored(document).await?;
        ensure!(
            stored.get_change_by_hash(&change).is_none(),
            "a forbidden change arrived"
        );
        Ok(())
    }
}

impl World {
    /// A document as the server has it.
    async fn stored(&self, document: DocumentId) -> Result<Automerge> {
        if let Ok(doc) = self.coordinator.document(document) {
            return Ok(doc);
        }
        let path = if document == self.neighbour.document {
            self.neighbour.path("workshop.automerge")
        } else {
            let group = self.neighbour.group(0)?;
            self.neighbour.path(&format!("groups/{group}/board.automerge"))
        };
        let file = self.neighbour.coordinator.clone().request("GET", &path, None).await?;
        Ok(Automerge::load(&file.body)?)
    }
}

/// A change that adds something to a board, or that renames the workshop.
fn addition(doc: Automerge, workshop: bool, id: &str, number: usize) -> Result<(automerge::ChangeHash, Vec<u8>)> {
    let stamp = Stamp {
        person: None,
        device: "raw".to_owned(),
        at_ms: 1_700_000_000_000,
    };
    let doc = doc.with_actor(ActorId::from(format!("{id}-{}", std::process::id()).as_bytes()));
    let change = if workshop {
        Workshop::from_doc(doc)?.apply(WorkshopCommand::SetTheme(format!("題{number}")), &stamp)?
    } else {
        Board::from_doc(doc)?.apply(note(id, "書いた"), &stamp)?.change
    };
    let change = change.context("a change")?;
    Ok((change.hash(), change.raw_bytes().to_vec()))
}

/// The bytes of the one answer to a question about a document that is not there for the asker.
async fn answer_about(peer: &mut RawPeer, document: DocumentId) -> Result<Vec<u8>> {
    peer.ask(document).await?;
    let about = |message: &Message| match message {
        Message::DocUnavailable { document: of, .. }
        | Message::Access { document: of, .. }
        | Message::Peers { document: of, .. } => *of == document,
        Message::Sync(sync) => sync.document == document,
        _ => false,
    };
    let (_, bytes) = peer.hear_until(about).await?;
    let mut more = false;
    // And nothing more comes of it.
    peer.say(&Message::Ping { count: 7 }).await?;
    peer.hear_until(|message| match message {
        Message::Pong { .. } => true,
        other => {
            more |= about(other);
            false
        }
    })
    .await?;
    ensure!(!more, "more than one answer");
    Ok(bytes)
}

/// The same answer as if it had been about another document. An id may be a letter shorter or longer, so the frame is read.
fn replaced(bytes: &[u8], to: DocumentId) -> Result<Vec<u8>> {
    let mut answer = wire::decode(bytes, wire::SERVER_FRAME_BYTES_MAX)?;
    ensure!(wire::encode(&answer) == bytes, "more in the frame than can be read");
    if let Message::DocUnavailable { document, .. } = &mut answer {
        *document = to;
    }
    Ok(wire::encode(&answer))
}

#[tokio::test]
async fn row_19_what_may_not_be_known_of_looks_missing_over_rest_too() -> Result<()> {
    let (server, world) = world("matrix-rest").await?;
    let hall = &world.hall;
    world
        .coordinator
        .act_workshop(hall.document, WorkshopCommand::SetReadOthers(false))?;
    world.coordinator.wait_saved(hall.document).await?;
    let participant = &world.roles[1].1;
    let get = |device: &HttpDevice, path: String| {
        let mut device = device.clone();
        async move { anyhow::Ok(without_dates(device.request("GET", &path, None).await?)) }
    };
    // Boards of other groups, of removed groups, of other workshops, and of none.
    let board = |group: &str| hall.path(&format!("groups/{group}/board.automerge"));
    let report = |group: &str| format!("{}?group={group}", hall.path("report.txt"));
    let missing = get(participant, board("nothing")).await?;
    let unreported = get(participant, report("nothing")).await?;
    assert_eq!((missing.0, unreported.0), (404, 404));
    for group in [hall.group(1)?, hall.group(2)?, world.neighbour.group(0)?] {
        assert_eq!(get(participant, board(group)).await?, missing, "{group}");
        assert_eq!(get(participant, report(group)).await?, unreported, "{group}");
    }
    assert_eq!(
        get(participant, board(hall.group(0)?)).await?.0,
        200,
        "the own board is there"
    );
    let seat = participant
        .clone()
        .request("GET", &hall.path("seat"), None)
        .await?
        .success()?;
    let listed = seat["groups"].as_array().context("groups")?;
    assert_eq!(listed.len(), 1, "the seat lists what may be known: {seat}");
    // Whole workshops: one that exists and one that does not.
    let stranger = HttpDevice::new(hall.server);
    let paths = [
        ("GET", "seat"),
        ("POST", "seat"),
        ("POST", "ticket"),
        ("POST", "cards"),
        ("POST", "links/revoke"),
        ("POST", "seats/d0123456789abcdef/revoke"),
        ("POST", "groups"),
        ("POST", "transfer"),
        ("GET", "report.txt"),
        ("GET", "report.md"),
        ("GET", "workshop.automerge"),
        ("GET", "groups/g/board.automerge"),
    ];
    let bodies = BTreeMap::from([
        ("seat", json!({ "new_name": "だれか" })),
        ("links/revoke", json!({ "kind": "all" })),
        ("groups", json!({ "name": "9班" })),
        (
            "transfer",
            json!({ "id": "t", "from": hall.group(0)?, "to": hall.group(1)?, "items": ["n:x"] }),
        ),
    ]);
    for device in [stranger, world.neighbour.coordinator.clone()] {
        for (method, path) in paths {
            let body = bodies.get(path).filter(|_| method == "POST");
            let mut answers = Vec::new();
            for workshop in [hall.workshop.as_str(), "0123456789abcdef"] {
                let path = format!("/api/workshops/{workshop}/{path}");
                answers.push(without_dates(device.clone().request(method, &path, body).await?));
            }
            assert_eq!(answers[0].0, 401, "{method} {path}");
            assert_eq!(answers[0], answers[1], "{method} {path}");
        }
    }
    // And what needs a coordinator needs one.
    for (_, device) in &world.roles[1..] {
        for path in [
            "cards",
            "links/revoke",
            "seats/d0123456789abcdef/revoke",
            "groups",
            "transfer",
        ] {
            let answer = device
                .clone()
                .request("POST", &hall.path(path), bodies.get(path))
                .await?;
            assert_eq!(answer.status, 403, "{path}");
        }
    }
    server.stop().await
}

/// Everything of an answer that could tell two answers apart, but for the moment it was given.
fn without_dates(mut answer: Answer) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    answer.fields.remove("date");
    if answer.status == 200 {
        answer.fields.remove("content-length");
        answer.body.clear();
    }
    (answer.status, answer.fields, answer.body)
}

/// A workshop of three groups, the last one removed; another workshop; one device of each role.
async fn world(purpose: &str) -> Result<(tests::server_process::LocalServer, World)> {
    let (server, hall, _) = hall_with_groups(purpose, 3).await?;
    let neighbour = Hall::with_groups(hall.server, 1).await?;
    let coordinator = hall.client(&hall.coordinator, 1);
    let boards = [hall.board(0)?, hall.board(1)?, hall.board(2)?];
    for document in [hall.document].into_iter().chain(boards) {
        coordinator.open(document).await?;
    }
    coordinator.act(boards[2], note("old", "消えた班の付箋"))?;
    coordinator.wait_saved(boards[2]).await?;
    assert!(has_note(&coordinator.document(boards[2])?, "old"));
    let participant = hall.at_table(0).await?;
    let viewer = hall.viewer().await?;
    let removed = hall.group(2)?.parse()?;
    coordinator.act_workshop(
        hall.document,
        WorkshopCommand::RemoveGroup {
            group: removed,
            removed: true,
        },
    )?;
    coordinator.wait_saved(hall.document).await?;
    let world = World {
        documents: [hall.document, boards[0], boards[1], boards[2]],
        hidden: [neighbour.document, neighbour.board(0)?],
        missing: DocumentId::from_bytes([7; 16]),
        roles: vec![
            ("coordinator", hall.second_coordinator().await?),
            ("participant", participant),
            ("viewer", viewer),
        ],
        coordinator,
        neighbour,
        hall,
        writes: 0,
    };
    Ok((server, world))
}
