//! The ways in: tickets, origins, secrets, codes, and their ends. Rows 22 to 25.

mod codes;
mod seats;

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
    scaled,
    server_process::ServerProcess,
    temporary_folder,
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
