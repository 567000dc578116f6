//! The ways in: tickets, origins, secrets, codes, and their ends. Rows 22 to 25.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use sync::wire::Message;
use tests::{
    hall::{Hall, code, hall_with_groups, text},
    http::HttpDevice,
    light_client::{Credential, PATIENCE, Socket, buy_ticket, open_socket, open_socket_on},
    notes::{has_note, note, reads},
    raw_line::RawLine,
    raw_peer::{Heard, RawPeer},
    server_process::ServerProcess,
    temporary_folder, thorough,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message as Frame};

/// Method, path, body and headers of a request.
type Asked<'a> = (&'a str, String, Option<Value>, &'a [(&'a str, &'a str)]);

#[tokio::test]
async fn row_22_a_ticket_opens_one_socket_and_the_cookie_none() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("ticket", 1).await?;
    let device = hall.at_table(0).await?;
    let origin = format!("http://{}", hall.server);
    let buy = || async { buy_ticket(hall.server, &hall.workshop, &device.cookie(), Some(&origin)).await };
    let status = |opened: Result<Socket, SocketError>| match opened {
        Ok(_) => 101,
        Err(SocketError::Http(answer)) => answer.status().as_u16(),
        Err(_) => 0,
    };
    let open = |ticket: String, workshop: String, origin: Option<String>| async move {
        let stream = TcpStream::connect(hall.server).await.map_err(SocketError::Io)?;
        open_socket_on(stream, &workshop, &Credential::Ticket(ticket), origin.as_deref()).await
    };
    let (here, own) = (hall.workshop.clone(), Some(origin.clone()));
    // Once, and not twice.
    let ticket = buy().await?;
    assert_eq!(status(open(ticket.clone(), here.clone(), own.clone()).await), 101);
    assert_eq!(status(open(ticket, here.clone(), own.clone()).await), 401);
    // Not for another workshop, and not from a page of another site.
    let other = Hall::with_groups(hall.server, 1).await?;
    assert_eq!(
        status(open(buy().await?, other.workshop.clone(), own.clone()).await),
        401
    );
    for foreign in ["https://evil.example", "null"] {
        let opened = open(buy().await?, here.clone(), Some(foreign.to_owned())).await;
        assert_eq!(status(opened), 403, "{foreign}");
    }
    // The cookie alone, as a foreign page's script would send it along, and as our own would: nothing.
    for origin in ["https://evil.example", &origin] {
        let fields = [
            ("connection", "Upgrade".to_owned()),
            ("upgrade", "websocket".to_owned()),
            ("sec-websocket-version", "13".to_owned()),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
            ("origin", origin.to_owned()),
            ("cookie", device.cookie()),
        ];
        let (head, _) = RawLine::request(hall.server, &hall.workshop, &fields).await?;
        assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    }
    // And no foreign page buys a ticket.
    let mut stolen = device.clone();
    for fields in [
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
    ] {
        let answer = stolen.request_with("POST", &hall.path("ticket"), None, &fields).await?;
        assert_eq!(
            (answer.status, code(&answer)?.as_str()),
            (403, "foreign_origin"),
            "{fields:?}"
        );
    }
    let without_seat = HttpDevice::new(hall.server)
        .request("POST", &hall.path("ticket"), None)
        .await?;
    assert_eq!(without_seat.status, 401);
    server.stop().await
}

#[tokio::test]
async fn row_22_no_write_of_the_rest_interface_obeys_a_foreign_page() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("csrf", 1).await?;
    let mut device = hall.coordinator.clone();
    let writes = server::api::ROUTES.iter().filter(|(method, _)| *method != "get");
    for (method, path) in writes {
        let path = path
            .replace("{workshop}", &hall.workshop)
            .replace("{group}", hall.group(0)?)
            .replace("{device}", "d0123456789abcdef");
        for fields in [[("origin", "https://evil.example")], [("sec-fetch-site", "cross-site")]] {
            let body = json!({ "kind": "all" });
            let answer = device
                .request_with(&method.to_uppercase(), &path, Some(&body), &fields)
                .await?;
            assert_eq!(
                (answer.status, code(&answer)?.as_str()),
                (403, "foreign_origin"),
                "{method} {path}"
            );
            assert!(!answer.fields.contains_key("access-control-allow-origin"));
        }
    }
    assert_eq!(
        device.request("GET", &hall.path("seat"), None).await?.status,
        200,
        "nothing was revoked"
    );
    server.stop().await
}

/// An evening with the log at its most talkative: no secret, no code, no name, no note in it.
#[tokio::test]
async fn row_23_no_secret_and_no_personal_text_in_the_log() -> Result<()> {
    let folder = temporary_folder("log")?;
    let mut process = ServerProcess::start_with(&folder, None, &["--log", "trace"]).await?;
    let mut hall = Hall::with_groups(process.address(), 1).await?;
    let board = hall.board(0)?;
    let mut phone = HttpDevice::new(hall.server);
    let spoken = text(&hall.created, "/join_code")?;
    let join = json!({ "code": spoken });
    phone.request("POST", "/api/join", Some(&join)).await?.success()?;
    let choice = json!({ "group": hall.group(0)?, "new_name": "秘密のたけし" });
    phone
        .request("POST", &hall.path("seat"), Some(&choice))
        .await?
        .success()?;
    let path = format!("/api/tokens/{}", hall.workshop);
    let minted = phone.request("POST", &path, None).await?.success()?;
    let token = text(&minted, "/token")?;
    let client = hall.client(&phone, 1);
    client.open(board).await?;
    client.act(board, note("secret", "うちの母の介護のこと"))?;
    client.wait_saved(board).await?;
    client.present(board, "いま書いているひみつ".as_bytes());
    let third_party =
        tests::light_client::LightClient::start(hall.server, &hall.workshop, Credential::Token(token.clone()), 2);
    third_party.open(board).await?;
    let origin = format!("http://{}", hall.server);
    let ticket = buy_ticket(hall.server, &hall.workshop, &phone.cookie(), Some(&origin)).await?;
    let opened = open_socket(hall.server, &hall.workshop, &Credential::Ticket(ticket.clone())).await?;
    drop(opened);
    // What goes wrong is logged too.
    let wrong = json!({ "code": "9876-5432-1098" });
    phone.request("POST", "/api/join", Some(&wrong)).await?;
    phone.request("GET", "/w/unknown?secret=geheim123", None).await?;
    let socket = open_socket(hall.server, &hall.workshop, &Credential::of(&phone)).await?;
    let mut liar = RawPeer::join(socket, "liar", true).await?;
    liar.socket.send(Frame::Text("うちの母の介護のこと".into())).await?;
    liar.end().await?;
    let cards = hall
        .coordinator
        .request("POST", &hall.path("cards"), None)
        .await?
        .success()?;
    let report = hall.coordinator.request("GET", &hall.path("report.txt"), None).await?;
    assert!(String::from_utf8(report.body)?.contains("介護"));
    process.stop().await?;
    let log = process.log();
    assert!(log.contains("workshop created"), "the log is there: {log}");
    let value = |cookie: String| {
        cookie
            .split_once('=')
            .map(|(_, value)| value.to_owned())
            .context("a cookie")
    };
    let secret = |link: String| {
        link.split_once('#')
            .map(|(_, secret)| secret.to_owned())
            .context("a fragment")
    };
    let secrets = [
        hall.secret("/links/coordinator")?,
        hall.secret("/links/viewer")?,
        hall.secret("/links/groups/0/url")?,
        secret(text(&cards, "/coordinator/url")?)?,
        secret(text(&cards, "/cards/0/url")?)?,
        spoken.clone(),
        spoken.replace('-', ""),
        "9876-5432-1098".to_owned(),
        "987654321098".to_owned(),
        token,
        ticket,
        value(phone.cookie())?,
        value(hall.coordinator.cookie())?,
        "geheim123".to_owned(),
        "秘密のたけし".to_owned(),
        "介護".to_owned(),
        "ひみつ".to_owned(),
        "協働".to_owned(),
    ];
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log");
        let escaped: String = secret.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
        assert!(!log.contains(&escaped), "{secret} is in the log as bytes");
        let listed: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
        assert!(!log.contains(&listed.join(", ")), "{secret} is in the log as numbers");
    }
    Ok(())
}

/// What carries secrets or is about people says that nobody keeps it; no answer tells another site where one was.
#[tokio::test]
async fn row_23_secrets_travel_in_fragments_and_no_cache_keeps_them() -> Result<()> {
    let (server, mut hall, _folder) = hall_with_groups("fragments", 1).await?;
    let links = hall.created["links"].to_string();
    for secret in ["/links/coordinator", "/links/viewer", "/links/groups/0/url"] {
        let link = text(&hall.created, secret)?;
        let (address, fragment) = link.split_once('#').context("a fragment")?;
        assert!(fragment.len() == 32 && !address.contains(fragment), "{links}");
    }
    let body = json!({ "secret": hall.secret("/links/viewer")? });
    let token = format!("/api/tokens/{}", hall.workshop);
    let requests = [
        ("POST", "/api/join".to_owned(), Some(body)),
        ("POST", "/api/workshops/demo".to_owned(), None),
        ("POST", hall.path("cards"), None),
        ("POST", hall.path("ticket"), None),
        ("POST", token, None),
        ("GET", hall.path("seat"), None),
        ("GET", "/api/workshops".to_owned(), None),
        ("GET", hall.path("report.txt"), None),
        ("GET", hall.path("workshop.automerge"), None),
    ];
    for (method, path, body) in requests {
        let answer = hall.coordinator.request(method, &path, body.as_ref()).await?;
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.status);
        let field = |name: &str| answer.fields.get(name).map(String::as_str);
        assert_eq!(field("cache-control"), Some("no-store"), "{path}");
        assert_eq!(field("referrer-policy"), Some("no-referrer"), "{path}");
    }
    let cookie = HttpDevice::new(hall.server)
        .request("POST", "/api/workshops/demo", None)
        .await?;
    let cookie = cookie.fields.get("set-cookie").context("a cookie")?;
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite="), "{cookie}");
    server.stop().await
}

/// Every kind of answer, good or bad, carries the policy that keeps scripts of others out.
#[tokio::test]
async fn row_26_every_answer_carries_the_security_headers() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("headers", 1).await?;
    let mut device = hall.coordinator.clone();
    let large = json!({ "theme": "x".repeat(100_000) });
    let foreign: &[(&str, &str)] = &[("origin", "https://evil.example")];
    let requests: Vec<Asked<'_>> = vec![
        ("GET", "/".to_owned(), None, &[]),
        ("GET", "/index.html".to_owned(), None, &[]),
        ("HEAD", "/".to_owned(), None, &[]),
        ("GET", "/w/anything".to_owned(), None, &[]),
        ("GET", "/no-such-file.js".to_owned(), None, &[]),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd".to_owned(), None, &[]),
        ("PUT", "/".to_owned(), None, &[]),
        ("OPTIONS", "/api/join".to_owned(), None, &[]),
        ("DELETE", "/api/join".to_owned(), None, &[]),
        ("POST", "/api/join".to_owned(), None, &[]),
        (
            "POST",
            "/api/join".to_owned(),
            Some(json!({ "code": "0000-0000-0000" })),
            &[],
        ),
        ("POST", "/api/join".to_owned(), Some(large), &[]),
        ("POST", "/api/join".to_owned(), Some(json!({})), foreign),
        ("GET", "/api/nothing".to_owned(), None, &[]),
        ("GET", hall.path("seat"), None, &[]),
        ("GET", hall.path("report.txt"), None, &[]),
        ("GET", format!("/sync/{}", hall.workshop), None, &[]),
        ("GET", "/healthz".to_owned(), None, &[]),
        ("GET", "/metrics".to_owned(), None, &[]),
    ];
    for (method, path, body, fields) in requests {
        let answer = device.request_with(method, &path, body.as_ref(), fields).await?;
        let name = format!("{method} {path} ({})", answer.status);
        let field = |name: &str| answer.fields.get(name).map(String::as_str).unwrap_or_default();
        let policy = field("content-security-policy");
        let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src"));
        assert_eq!(
            scripts.map(str::trim),
            Some("script-src 'self' 'wasm-unsafe-eval'"),
            "{name}"
        );
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{name}: {policy}");
        }
        let expected = [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        for (header, value) in expected {
            assert_eq!(field(header), value, "{name}: {header}");
        }
        assert!(!field("permissions-policy").is_empty(), "{name}");
        assert!(!field("cache-control").is_empty(), "{name}");
    }
    server.stop().await
}

/// A guesser behind the hall's own address, who also hangs up as soon as no answer comes, is slow; the hall gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_a_guesser_is_slowed_and_sixty_people_join_from_the_same_address() -> Result<()> {
    let guessers: u64 = if thorough() { 200 } else { 60 };
    let (server, hall, _folder) = hall_with_groups("guesser", 1).await?;
    let address = hall.server;
    let mut guessing = tokio::task::JoinSet::new();
    for number in 0..guessers {
        guessing.spawn(async move {
            for guess in 0_u64.. {
                let guess = format!("{:012}", (number * 1_000_003 + guess) % 1_000_000_000_000);
                let guess = json!({ "code": guess });
                // Every second one waits for its answer, the others hang up at once.
                if number % 2 == 0 {
                    let _ = HttpDevice::new(address)
                        .request("POST", "/api/join", Some(&guess))
                        .await;
                } else {
                    let _ = guess_and_hang_up(address, &guess.to_string()).await;
                }
            }
        });
    }
    let spoken = text(&hall.created, "/join_code")?;
    let started = Instant::now();
    let before = wrong_codes(&hall).await?;
    let mut people = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let spoken = json!({ "code": spoken });
        people.spawn(async move {
            let started = Instant::now();
            let mut device = HttpDevice::new(address);
            loop {
                let answer = device.request("POST", "/api/join", Some(&spoken)).await?;
                if answer.status != 429 {
                    answer.success()?;
                    return anyhow::Ok(started.elapsed());
                }
                ensure!(started.elapsed() < PATIENCE, "the guessers keep everybody out");
                // As the page does: the door is crowded for moments.
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
    }
    let mut slowest = Duration::ZERO;
    let all = async {
        while let Some(joined) = people.join_next().await {
            slowest = slowest.max(joined??);
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .context("the hall was locked out")??;
    // For a while longer, so that the guesser's rate can be told.
    tokio::time::sleep_until((started + Duration::from_secs(3)).into()).await;
    let seconds = started.elapsed().as_secs_f64();
    let rate = (wrong_codes(&hall).await? - before) / seconds;
    println!(
        "row 24: 60 people in beside {guessers} guessers at the same address, the slowest after {} ms; {rate:.0} wrong codes a second",
        slowest.as_millis()
    );
    // 32 places of 250 ms are 128 a second; a burst at the start is 32 more.
    assert!(rate <= 128.0 + 32.0 / seconds + 1.0, "{rate} guesses a second");
    guessing.abort_all();
    server.stop().await
}

/// On a line that could serve further requests, so that the server notices its end while the answer is held back.
async fn guess_and_hang_up(server: std::net::SocketAddr, body: &str) -> Result<()> {
    use tokio::io::AsyncWriteExt as _;
    let mut line = TcpStream::connect(server).await?;
    let request = format!(
        "POST /api/join HTTP/1.1\r\nhost: {server}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    line.write_all(request.as_bytes()).await?;
    tokio::time::sleep(Duration::from_millis(30)).await;
    Ok(())
}

async fn wrong_codes(hall: &Hall) -> Result<f64> {
    // A series begins with its first count.
    Ok(hall
        .figure("yoriai_refusals_total{reason=\"code\"}")
        .await
        .unwrap_or(0.0))
}

#[tokio::test]
async fn row_25_revoked_links_and_removed_devices_are_out_within_two_seconds() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("revoked", 1).await?;
    let board = hall.board(0)?;
    let (guest, removed, viewer) = (hall.at_table(0).await?, hall.at_table(0).await?, hall.viewer().await?);
    let clients = [
        hall.client(&guest, 1),
        hall.client(&removed, 2),
        hall.client(&viewer, 3),
        hall.client(&hall.coordinator, 4),
    ];
    for client in &clients {
        client.open(board).await?;
    }
    let [at_table, out, watching, coordinating] = &clients;
    // One device is taken out; its neighbour at the table stays.
    let seat = removed
        .clone()
        .request("GET", &hall.path("seat"), None)
        .await?
        .success()?;
    let started = Instant::now();
    let path = hall.path(&format!("seats/{}/revoke", text(&seat, "/device")?));
    hall.coordinator.clone().request("POST", &path, None).await?.success()?;
    out.wait("the end", |known| known.closes.contains(&1008)).await?;
    let removed_ms = started.elapsed().as_millis();
    assert!(out.known().notices.contains(&"revoked".to_owned()), "it is told why");
    assert!(at_table.known().closes.is_empty());
    // All cards are renewed.
    let started = Instant::now();
    let body = json!({ "kind": "group" });
    hall.coordinator
        .clone()
        .request("POST", &hall.path("links/revoke"), Some(&body))
        .await?
        .success()?;
    at_table.wait("the end", |known| known.closes.contains(&1008)).await?;
    let revoked_ms = started.elapsed().as_millis();
    println!("row 25: a removed device was out after {removed_ms} ms, a revoked card after {revoked_ms} ms");
    assert!(
        removed_ms <= 2_000 && revoked_ms <= 2_000,
        "{removed_ms} ms, {revoked_ms} ms"
    );
    assert!(watching.known().closes.is_empty() && coordinating.known().closes.is_empty());
    // What they write from now on finds no way in …
    for client in [at_table, out] {
        client.act(board, note("later", "まだ書いている"))?;
        client.network_is_back();
    }
    for device in [&guest, &removed] {
        let answer = device.clone().request("POST", &hall.path("ticket"), None).await?;
        assert_eq!((answer.status, code(&answer)?.as_str()), (401, "no_seat"));
        let opened = open_socket(hall.server, &hall.workshop, &Credential::of(device)).await;
        assert!(matches!(opened, Err(SocketError::Http(answer)) if answer.status() == 401));
    }
    coordinating.act(board, note("mark", "しるし"))?;
    coordinating.wait_saved(board).await?;
    assert!(!has_note(&coordinating.document(board)?, "later"));
    // … nor do the old card and the old code; new cards do, and then it is sent after all: nothing was thrown away.
    for body in [
        json!({ "secret": hall.secret("/links/groups/0/url")? }),
        json!({ "code": text(&hall.created, "/join_code")? }),
    ] {
        let answer = guest.clone().request("POST", "/api/join", Some(&body)).await?;
        assert_eq!((answer.status, code(&answer)?.as_str()), (410, "link_revoked"));
    }
    let cards = hall
        .coordinator
        .clone()
        .request("POST", &hall.path("cards"), None)
        .await?
        .success()?;
    let card = text(&cards, "/cards/0/url")?;
    let secret = json!({ "secret": card.split_once('#').context("a fragment")?.1 });
    guest
        .clone()
        .request("POST", "/api/join", Some(&secret))
        .await?
        .success()?;
    at_table.network_is_back();
    at_table.wait_saved(board).await?;
    coordinating
        .wait("the note", |known| {
            known.documents.get(&board).is_some_and(|doc| has_note(doc, "later"))
        })
        .await?;
    assert!(reads(coordinating, board, "later", "まだ書いている"));
    server.stop().await
}

/// A reader that takes nothing does not keep its line by that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_25_a_frozen_device_is_out_within_two_seconds_too() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("revoked-frozen", 1).await?;
    let board = hall.board(0)?;
    let device = hall.at_table(0).await?;
    let narrow = TcpSocket::new_v4()?;
    narrow.set_recv_buffer_size(4 * 1024)?;
    let narrow = narrow.connect(hall.server).await?;
    let origin = format!("http://{}", hall.server);
    let socket = open_socket_on(narrow, &hall.workshop, &Credential::of(&device), Some(&origin)).await?;
    let mut frozen = RawPeer::join(socket, "frozen", true).await?;
    frozen.ask(board).await?;
    frozen
        .hear_until(|message| matches!(message, Message::Sync(sync) if sync.document == board))
        .await?;
    // From here on it reads nothing, until more waits for it than the kernel takes.
    let writer = hall.client(&hall.coordinator, 1);
    writer.open(board).await?;
    let deadline = Instant::now() + PATIENCE;
    let mut number = 0;
    while hall.figure("yoriai_outbox_bytes").await? < 50_000.0 {
        ensure!(Instant::now() < deadline, "nothing waits");
        for _ in 0..4 {
            number += 1;
            writer.change(board, |doc, actor| large(doc, actor, number))?;
        }
        writer.wait_saved(board).await?;
    }
    let sessions = hall.figure("yoriai_sessions").await?;
    let seat = device
        .clone()
        .request("GET", &hall.path("seat"), None)
        .await?
        .success()?;
    let path = hall.path(&format!("seats/{}/revoke", text(&seat, "/device")?));
    let started = Instant::now();
    hall.coordinator.clone().request("POST", &path, None).await?.success()?;
    // Out of the room: nothing waits for it any more. Its line is cut after that.
    hall.until_figure("yoriai_outbox_bytes", "the frozen device is cut off", |bytes| {
        bytes == 0.0
    })
    .await?;
    let out_ms = started.elapsed().as_millis();
    println!("row 25: a frozen device was out after {out_ms} ms");
    assert!(out_ms <= 3_000, "{out_ms} ms");
    hall.until_figure("yoriai_sessions", "its session ends", |now| now < sessions)
        .await?;
    drop(frozen);
    server.stop().await
}

/// Somebody else sits down at the tablet: the others' list of people says so on the connection that is there.
#[tokio::test]
async fn row_25_a_changed_seat_changes_the_list_of_people() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("seat-change", 1).await?;
    let board = hall.board(0)?;
    let mut tablet = hall.at_table(0).await?;
    let (sitting, watching) = (hall.client(&tablet, 1), hall.client(&hall.at_table(0).await?, 2));
    sitting.open(board).await?;
    watching.open(board).await?;
    for name in ["田中", "鈴木"] {
        let choice = json!({ "new_name": name });
        tablet
            .request("POST", &hall.path("seat"), Some(&choice))
            .await?
            .success()?;
        watching
            .wait(name, |known| {
                let people = known.people.get(&board);
                people.is_some_and(|people| people.len() == 2 && people.iter().any(|person| person == name))
            })
            .await?;
    }
    assert_eq!(sitting.known().connections, 1);
    // A role changes as well: the coordinator's link on the same tablet.
    let body = json!({ "secret": hall.secret("/links/coordinator")? });
    tablet.request("POST", "/api/join", Some(&body)).await?.success()?;
    sitting
        .wait("the right to write the workshop", |known| {
            known
                .access
                .get(&board)
                .is_some_and(|(access, _)| *access == sync::Access::Write)
        })
        .await?;
    server.stop().await
}

/// A device that is out hears why, also when it speaks another's protocol: its socket is closed with 1008.
#[tokio::test]
async fn row_25_tokens_end_with_their_seat() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("revoked-token", 1).await?;
    let mut device = hall.at_table(0).await?;
    let path = format!("/api/tokens/{}", hall.workshop);
    let minted = device.request("POST", &path, None).await?.success()?;
    let token = Credential::Token(text(&minted, "/token")?);
    let socket = open_socket(hall.server, &hall.workshop, &token).await?;
    let mut guest = RawPeer::join(socket, "guest", false).await?;
    guest.ask(hall.board(0)?).await?;
    let body = json!({ "kind": "group" });
    hall.coordinator
        .clone()
        .request("POST", &hall.path("links/revoke"), Some(&body))
        .await?
        .success()?;
    assert_eq!(guest.end().await?.map(|(code, _)| code), Some(1008));
    let again = open_socket(hall.server, &hall.workshop, &token).await;
    assert!(matches!(again, Err(SocketError::Http(answer)) if answer.status() == 401));
    // The line is really gone, and not only said to be.
    assert!(matches!(guest.hear().await?, Heard::Gone));
    assert!(guest.socket.next().await.is_none());
    server.stop().await
}

/// 27 KB that no compression makes smaller.
fn large(doc: &automerge::Automerge, actor: automerge::ActorId, number: u64) -> Result<Option<automerge::Change>> {
    use automerge::{ROOT, ReadDoc as _, transaction::Transactable as _};
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letters: String = (0..36_000)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'0' + (state % 64) as u8)
        })
        .collect();
    let mut doc = doc.clone().with_actor(actor);
    let (_, group) = doc.get(ROOT, "group")?.context("boards have a group")?;
    doc.transact(|tx| tx.put(&group, "theme", letters.as_str()))
        .map_err(|failure| failure.error)?;
    Ok(doc.get_last_local_change())
}
