//! What is not live, over HTTP against the real server.

use std::{collections::BTreeSet, sync::Arc};

use anyhow::{Context as _, Result};
use board::{GroupId, report};
use serde_json::{Value, json};
use server::{
    Config, Store as _,
    secret::Secret,
    store::{DocumentKind, LinkKind, LinkRow, SqliteStore, Write},
};
use sync::DocumentId;
use tests::{
    hall::{Hall, code, hall_with_groups, text},
    http::HttpDevice,
    light_client::{Credential, PATIENCE, open_socket},
    server_process::{LocalServer, free_address},
    temporary_folder,
};

#[tokio::test]
async fn the_demo_is_the_evening_of_the_report() -> Result<()> {
    let folder = temporary_folder("demo")?;
    let server = LocalServer::start(&folder).await?;
    let mut hall = Hall::demo(server.address()).await?;
    let seat = hall
        .coordinator
        .request("GET", &hall.path("seat"), None)
        .await?
        .success()?;
    let groups = seat["groups"].as_array().context("groups")?;
    assert_eq!(groups.len(), 2);
    assert_eq!(
        (
            text(&seat, "/groups/1/name")?.as_str(),
            text(&seat, "/groups/1/icon")?.as_str()
        ),
        ("2班", "😊")
    );
    let people: usize = groups
        .iter()
        .map(|group| group["people"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(people, 13);
    assert_eq!(seat["role"], "coordinator");
    let verbatim = hall.coordinator.request("GET", &hall.path("report.txt"), None).await?;
    assert_eq!(String::from_utf8(verbatim.body)?, report::DEMO);
    server.stop().await
}

/// The file of the issue, by its hash: `board` asserts that DEMO has SHA-256 f0fee440….
#[tokio::test]
async fn an_imported_report_comes_back_byte_for_byte_also_after_a_restart() -> Result<()> {
    let folder = temporary_folder("import")?;
    let mut config = Config::for_folder(&folder);
    config.listen = free_address().await?;
    let server = LocalServer::start_with(config.clone(), None).await?;
    let body = json!({ "report": report::DEMO, "date": "1月17日", "venue": "市民会館" });
    let hall = Hall::create(server.address(), "/api/workshops", Some(body)).await?;
    server.stop().await?;
    let server = LocalServer::start_with(config, None).await?;
    let mut device = hall.coordinator.clone();
    let answer = device.request("GET", &hall.path("report.txt"), None).await?;
    assert_eq!(answer.body, report::DEMO.as_bytes());
    assert_eq!(
        answer.fields.get("content-type").map(String::as_str),
        Some("text/plain; charset=utf-8")
    );
    let clean = device.request("GET", &hall.path("report.clean.txt"), None).await?;
    assert!(String::from_utf8(clean.body)?.contains("・市職員の方々に協働意識をより高めていただきたい。"));
    let second = hall.group(1)?;
    let one = device
        .request("GET", &format!("{}?group={second}", hall.path("report.md")), None)
        .await?;
    let one = String::from_utf8(one.body)?;
    assert!(one.contains("2班") && !one.contains("1班"));
    let file = device
        .request("GET", &hall.path(&format!("groups/{second}/board.automerge")), None)
        .await?;
    let board = board::Board::load(&file.body, automerge::ActorId::random())?;
    assert_eq!(board.view().group.name, "2班");
    let file = device.request("GET", &hall.path("workshop.automerge"), None).await?;
    let workshop = board::Workshop::load(&file.body, automerge::ActorId::random())?;
    assert_eq!(workshop.view().venue, "市民会館");
    server.stop().await
}

#[tokio::test]
async fn bad_input_is_refused_with_a_code_and_nothing_is_made() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("bad-input", 1).await?;
    let mut device = HttpDevice::new(hall.server);
    let long = "長".repeat(201);
    let broken = "題\n\n1班\n山田\n\n見出し\n- ・\u{7}ベル";
    let cases = [
        (
            json!({ "theme": "  ", "groups": [{ "name": "1班" }] }),
            400,
            "theme_empty",
        ),
        (json!({ "theme": "題" }), 400, "no_groups"),
        (
            json!({ "theme": "題", "groups": [{ "name": "" }] }),
            400,
            "group_name_empty",
        ),
        (json!({ "theme": long, "groups": [{ "name": "1班" }] }), 400, "too_long"),
        (
            json!({ "theme": "題", "groups": vec![json!({ "name": "班" }); 65] }),
            400,
            "too_many_groups",
        ),
        (json!({ "report": broken }), 400, "report_unreadable"),
        (
            json!({ "report": "ただの手紙です。\nお元気ですか。" }),
            400,
            "report_unreadable",
        ),
        (json!({ "theme": 5 }), 400, "bad_request"),
    ];
    for (body, status, expected) in cases {
        let answer = device.request("POST", "/api/workshops", Some(&body)).await?;
        assert_eq!((answer.status, code(&answer)?.as_str()), (status, expected));
    }
    let answer = device
        .request("POST", "/api/workshops", Some(&json!({ "report": broken })))
        .await?
        .json()?;
    assert_eq!(answer["error"]["line"], 7);
    assert_eq!(answer["error"]["reason"], "ControlCharacter");
    let large = json!({ "theme": "x".repeat(8 * 1024 * 1024) });
    // The server answers before it has read everything; a client that is still writing may see only the closed connection.
    if let Ok(answer) = device.request("POST", "/api/workshops", Some(&large)).await {
        assert_eq!((answer.status, code(&answer)?.as_str()), (413, "too_large"));
    }
    assert_eq!(
        device.request("GET", "/api/workshops", None).await?.success()?["workshops"],
        json!([])
    );
    server.stop().await
}

#[tokio::test]
async fn one_joins_with_a_card_or_a_code_and_says_who_one_is() -> Result<()> {
    let folder = temporary_folder("join")?;
    let server = LocalServer::start(&folder).await?;
    let hall = Hall::demo(server.address()).await?;
    // By card: the table is known.
    let mut card = hall.at_table(0).await?;
    let seat = card.request("GET", &hall.path("seat"), None).await?.success()?;
    assert_eq!(
        (seat["role"].as_str(), seat["group"].as_str()),
        (Some("participant"), Some(hall.group(0)?))
    );
    let name = text(&seat, "/groups/0/people/3/name")?;
    let person = text(&seat, "/groups/0/people/3/id")?;
    assert_eq!(name, "鈴木(喜)");
    let seat = card
        .request("POST", &hall.path("seat"), Some(&json!({ "person": person })))
        .await?
        .success()?;
    assert_eq!(seat["person"], json!({ "id": person, "name": name }));
    // By code, as it is said aloud: the table is chosen, and the name is new.
    let mut phone = HttpDevice::new(hall.server);
    let spoken = text(&hall.created, "/join_code")?.replace('-', "　");
    let seat = phone
        .request("POST", "/api/join", Some(&json!({ "code": spoken })))
        .await?
        .success()?;
    assert_eq!(seat["group"], Value::Null);
    let choice = json!({ "group": hall.group(1)?, "new_name": "高橋" });
    let seat = phone
        .request("POST", &hall.path("seat"), Some(&choice))
        .await?
        .success()?;
    assert_eq!(text(&seat, "/person/name")?, "高橋");
    let people = seat["groups"][1]["people"].as_array().context("people")?;
    assert!(
        people
            .iter()
            .any(|person| person["name"] == "高橋" && person["id"] == seat["person"]["id"])
    );
    let again = phone.request("GET", &hall.path("seat"), None).await?.success()?;
    assert_eq!(again["person"], seat["person"]);
    let listed = phone.request("GET", "/api/workshops", None).await?.success()?;
    assert_eq!(text(&listed, "/workshops/0/workshop")?, hall.workshop);
    // A name of another table is none here.
    let answer = phone
        .request("POST", &hall.path("seat"), Some(&json!({ "person": person })))
        .await?;
    assert_eq!((answer.status, code(&answer)?.as_str()), (400, "no_such_person"));
    // A viewer sits nowhere.
    let mut viewer = hall.viewer().await?;
    let answer = viewer.request("POST", &hall.path("seat"), Some(&choice)).await?;
    assert_eq!(answer.status, 403);
    server.stop().await
}

#[tokio::test]
async fn wrong_revoked_and_expired_links_say_which_they_are() -> Result<()> {
    let folder = temporary_folder("links")?;
    let store = Arc::new(SqliteStore::open(&folder)?);
    let shared = Arc::<SqliteStore>::clone(&store);
    let server = LocalServer::start_with(Config::for_folder(&folder), Some(shared)).await?;
    let mut hall = Hall::with_groups(server.address(), 1).await?;
    let expired = Secret::random()?;
    let row = LinkRow {
        hash: expired.hash(),
        workshop: hall.workshop.clone(),
        kind: LinkKind::Viewer,
        group: None,
        expires_at_ms: 1,
        revoked: false,
    };
    store.commit(vec![Write::AddLink(row)]).await?;
    let old_code = text(&hall.created, "/join_code")?;
    let old_card = hall.secret("/links/groups/0/url")?;
    let cards = hall
        .coordinator
        .request("POST", &hall.path("cards"), None)
        .await?
        .success()?;
    assert!(text(&cards, "/cards/0/qr_svg")?.starts_with("<svg"));
    let new_card = text(&cards, "/cards/0/url")?
        .split_once('#')
        .context("a fragment")?
        .1
        .to_owned();
    // New cards leave the old ones alone …
    hall.join(&old_card).await?;
    hall.coordinator
        .request("POST", &hall.path("links/revoke"), Some(&json!({ "kind": "group" })))
        .await?
        .success()?;
    // … a revocation does not.
    let mut device = HttpDevice::new(hall.server);
    let cases = [
        (json!({ "secret": old_card }), 410, "link_revoked"),
        (json!({ "secret": new_card }), 410, "link_revoked"),
        (json!({ "code": old_code }), 410, "link_revoked"),
        (json!({ "secret": expired.reveal() }), 410, "link_expired"),
        (json!({ "secret": "0".repeat(32) }), 404, "link_unknown"),
        (json!({ "secret": "short" }), 404, "link_unknown"),
        (json!({ "code": "0000-0000-0000" }), 404, "code_unknown"),
        (json!({ "code": "abc" }), 404, "code_unknown"),
        (json!({}), 400, "bad_request"),
    ];
    for (body, status, expected) in cases {
        let answer = device.request("POST", "/api/join", Some(&body)).await?;
        assert_eq!((answer.status, code(&answer)?.as_str()), (status, expected), "{body}");
    }
    let answer = device.request("GET", &hall.path("seat"), None).await?;
    assert_eq!((answer.status, code(&answer)?.as_str()), (401, "no_seat"));
    server.stop().await
}

#[tokio::test]
async fn only_coordinators_do_what_coordinators_do() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("coordinators", 2).await?;
    let transfer = json!({ "id": "t", "from": hall.group(0)?, "to": hall.group(1)?, "items": ["n:x"] });
    let cases = [
        ("cards", None),
        ("links/revoke", Some(json!({ "kind": "all" }))),
        ("groups", Some(json!({ "name": "3班" }))),
        ("transfer", Some(transfer.clone())),
    ];
    for mut device in [hall.at_table(0).await?, hall.viewer().await?] {
        for (path, body) in &cases {
            let answer = device.request("POST", &hall.path(path), body.as_ref()).await?;
            assert_eq!(answer.status, 403, "{path}");
        }
    }
    let mut second = hall.second_coordinator().await?;
    let answer = second.request("POST", &hall.path("transfer"), Some(&transfer)).await?;
    assert_eq!((answer.status, code(&answer)?.as_str()), (404, "no_such_item"));
    let same = json!({ "id": "t", "from": hall.group(0)?, "to": hall.group(0)?, "items": ["n:x"] });
    let answer = second.request("POST", &hall.path("transfer"), Some(&same)).await?;
    assert_eq!(code(&answer)?, "same_group");
    let added = second
        .request("POST", &hall.path("groups"), Some(&json!({ "name": "3班" })))
        .await?
        .success()?;
    text(&added, "/id")?.parse::<GroupId>()?;
    server.stop().await
}

#[tokio::test]
async fn every_described_route_answers_and_carries_the_security_headers() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("routes", 1).await?;
    let mut device = hall.coordinator.clone();
    let description = device.request("GET", "/api/openapi.json", None).await?.success()?;
    let seat = device.request("GET", &hall.path("seat"), None).await?.success()?;
    let own = text(&seat, "/device")?;
    let mut described = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().context("paths")? {
        for method in methods.as_object().context("methods")?.keys() {
            described.insert((method.clone(), path.clone()));
            let address = path
                .replace("{workshop}", &hall.workshop)
                .replace("{group}", hall.group(0)?)
                .replace("{device}", &own);
            let answer = device.request(&method.to_uppercase(), &address, None).await?;
            // The socket asks for an upgrade, routes with a body for a body; none of them is unknown.
            assert!(
                ![404, 405, 500, 501].contains(&answer.status),
                "{method} {path}: {}",
                answer.status
            );
            let policy = answer.fields.get("content-security-policy").context("no policy")?;
            assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';") && !policy.contains("unsafe-inline"));
            assert_eq!(
                answer.fields.get("referrer-policy").map(String::as_str),
                Some("no-referrer")
            );
            assert_eq!(
                answer.fields.get("x-content-type-options").map(String::as_str),
                Some("nosniff")
            );
        }
    }
    let routes = server::api::ROUTES
        .iter()
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(described, routes);
    let answer = device.request("GET", "/api/nothing", None).await?;
    assert_eq!((answer.status, code(&answer)?.as_str()), (404, "not_found"));
    let answer = device.request("GET", "/w/anything", None).await?;
    assert_eq!(answer.status, 200, "every other address is the page");
    server.stop().await
}

#[tokio::test]
async fn a_document_that_is_no_automerge_file_hides_itself_and_nothing_else() -> Result<()> {
    let folder = temporary_folder("garbage")?;
    let store = Arc::new(SqliteStore::open(&folder)?);
    let shared = Arc::<SqliteStore>::clone(&store);
    let server = LocalServer::start_with(Config::for_folder(&folder), Some(shared)).await?;
    let mut hall = Hall::with_groups(server.address(), 1).await?;
    let garbage = DocumentId::from_bytes([9; 16]);
    let group: GroupId = "garbage".parse()?;
    store
        .commit(vec![
            Write::CreateDocument {
                document: garbage,
                workshop: hall.workshop.clone(),
                kind: DocumentKind::Board,
                snapshot: b"PK\x03\x04 a spreadsheet".to_vec(),
            },
            Write::AddGroup {
                workshop: hall.workshop.clone(),
                group: group.clone(),
                document: garbage,
            },
        ])
        .await?;
    let client = hall.client(&hall.coordinator, 1);
    client.open(hall.document).await?;
    client.act_workshop(
        hall.document,
        board::WorkshopCommand::AddGroup {
            id: group,
            name: "壊れた班".to_owned(),
            icon: None,
            board: garbage.to_string(),
        },
    )?;
    client.wait_saved(hall.document).await?;
    // The seat is shown, and the good board opens; the broken one is unavailable.
    let seat = hall
        .coordinator
        .request("GET", &hall.path("seat"), None)
        .await?
        .success()?;
    assert_eq!(seat["groups"].as_array().map(Vec::len), Some(2));
    let answer = hall
        .coordinator
        .request("GET", &hall.path("groups/garbage/board.automerge"), None)
        .await?;
    assert!(answer.status >= 500, "{}", answer.status);
    client.open(hall.board(0)?).await?;
    server.stop().await
}

#[tokio::test]
async fn health_and_figures_are_there() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("health", 1).await?;
    let mut device = HttpDevice::new(hall.server);
    assert_eq!(
        device.request("GET", "/healthz", None).await?.success()?["status"],
        "ok"
    );
    let _socket = open_socket(hall.server, &hall.workshop, &Credential::of(&hall.coordinator)).await?;
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let figures = String::from_utf8(device.request("GET", "/metrics", None).await?.body)?;
        assert!(figures.contains("yoriai_commit_seconds_bucket") && figures.ends_with("# EOF\n"));
        if figures.contains("yoriai_sessions 1\n") {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "the session is not counted");
        tokio::task::yield_now().await;
    }
    server.stop().await
}
