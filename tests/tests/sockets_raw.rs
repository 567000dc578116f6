//! Bytes that are no proper WebSocket frames, over real lines: each is answered by the close that RFC 6455 has for it, costs
//! its own session, and makes nothing panic (row 21). The list follows Autobahn's chapters.

use anyhow::{Context as _, Result};
use sync::{
    FRAME_BYTES_MAX,
    wire::{self, Message},
};
use tests::{
    hall::{Hall, hall_with_groups},
    http::HttpDevice,
    light_client::buy_ticket,
    notes::note,
    raw_line::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, RawFrame, RawLine, TEXT, header, masked},
};

/// What a line is expected to be answered with.
enum Answer {
    /// A close frame with one of these codes.
    Closed(&'static [u16]),
    /// The welcome: everything was in order.
    Welcome,
}

#[tokio::test]
async fn row_21_malformed_frames_and_cbor_are_closed_with_a_reason_and_nothing_panics() -> Result<()> {
    use Answer::{Closed, Welcome};
    let (server, hall, _folder) = hall_with_groups("malformed", 1).await?;
    let board = hall.board(0)?;
    let neighbour = hall.client(&hall.at_table(0).await?, 1);
    neighbour.open(board).await?;
    let join = join();
    let (first, rest) = join.split_at(join.len() / 2);
    let mut unmasked = header(FIN | BINARY, join.len() as u64, 0);
    unmasked.extend(&join);
    let close = |code: u16, reason: &[u8]| {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend_from_slice(reason);
        masked(FIN | CLOSE, &payload)
    };
    let cbor = |bytes: &[u8]| masked(FIN | BINARY, bytes);
    let cases: Vec<(&str, Vec<u8>, Answer)> = vec![
        // Fragments.
        (
            "two fragments",
            [masked(BINARY, first), masked(FIN | CONTINUATION, rest)].concat(),
            Welcome,
        ),
        (
            "a ping between fragments",
            [
                masked(BINARY, first),
                masked(FIN | PING, b"?"),
                masked(FIN | CONTINUATION, rest),
            ]
            .concat(),
            Welcome,
        ),
        ("byte by byte", fragments(&join), Welcome),
        (
            "an unasked pong",
            [masked(FIN | PONG, b"!"), masked(FIN | BINARY, &join)].concat(),
            Welcome,
        ),
        (
            "a continuation of nothing",
            masked(FIN | CONTINUATION, &join),
            Closed(&[1002]),
        ),
        (
            "a message within a message",
            [masked(BINARY, first), masked(FIN | BINARY, rest)].concat(),
            Closed(&[1002]),
        ),
        ("a fragmented ping", masked(PING, b"?"), Closed(&[1002])),
        // Masks, reserved bits, opcodes.
        ("no mask", unmasked, Closed(&[1002])),
        ("reserved bit 1", masked(FIN | 0x40 | BINARY, &join), Closed(&[1002])),
        ("reserved bit 2", masked(FIN | 0x20 | BINARY, &join), Closed(&[1002])),
        ("reserved bit 3", masked(FIN | 0x10 | BINARY, &join), Closed(&[1002])),
        ("opcode 3", masked(FIN | 3, &join), Closed(&[1002])),
        ("opcode 7", masked(FIN | 7, &join), Closed(&[1002])),
        ("opcode 11", masked(FIN | 11, b""), Closed(&[1002])),
        ("opcode 15", masked(FIN | 15, b""), Closed(&[1002])),
        // Control frames.
        ("a ping of 126 bytes", masked(FIN | PING, &[b'?'; 126]), Closed(&[1002])),
        ("a close of 126 bytes", masked(FIN | CLOSE, &[3; 126]), Closed(&[1002])),
        ("a close of one byte", masked(FIN | CLOSE, &[3]), Closed(&[1002])),
        (
            "a close without anything",
            masked(FIN | CLOSE, b""),
            Closed(&[1000, 1005]),
        ),
        ("a proper close", close(1000, "さようなら".as_bytes()), Closed(&[1000])),
        ("a close of our own", close(3333, b"own"), Closed(&[3333])),
        ("close code 0", close(0, b""), Closed(&[1002])),
        ("close code 999", close(999, b""), Closed(&[1002])),
        ("close code 1005", close(1005, b""), Closed(&[1002])),
        ("close code 1006", close(1006, b""), Closed(&[1002])),
        ("close code 1015", close(1015, b""), Closed(&[1002])),
        (
            "a reason that is no UTF-8",
            close(1000, &[0xce, 0xba, 0xff]),
            Closed(&[1002, 1007]),
        ),
        // Text.
        ("text", masked(FIN | TEXT, b"{}"), Closed(&[1002, 1003])),
        (
            "text that is no UTF-8",
            masked(FIN | TEXT, &[0xff, 0xfe]),
            Closed(&[1002, 1007]),
        ),
        // Sizes.
        (
            "a header that claims 2^63 bytes",
            [header(FIN | BINARY, 1 << 63, 0x80), vec![0; 8]].concat(),
            Closed(&[1002, 1009]),
        ),
        (
            "a header that claims too much",
            [header(FIN | BINARY, FRAME_BYTES_MAX as u64 + 1, 0x80), vec![0; 8]].concat(),
            Closed(&[1009]),
        ),
        (
            "too much",
            masked(FIN | BINARY, &vec![0; FRAME_BYTES_MAX + 1]),
            Closed(&[1009]),
        ),
        (
            "too much in fragments",
            [
                masked(BINARY, &vec![0; FRAME_BYTES_MAX - 1]),
                masked(FIN | CONTINUATION, &[0; 2]),
            ]
            .concat(),
            Closed(&[1009]),
        ),
        // CBOR and the protocol above.
        ("nothing", cbor(b""), Closed(&[1002])),
        ("no CBOR", cbor(&[0xff; 40]), Closed(&[1002])),
        ("half a message", cbor(first), Closed(&[1002])),
        ("nested without end", cbor(&[0x81; 10_000]), Closed(&[1002])),
        (
            "a map of four billion",
            cbor(&[0xba, 0xff, 0xff, 0xff, 0xff]),
            Closed(&[1002]),
        ),
        (
            "a text of 2^63 bytes",
            cbor(&[0xa1, 0x7b, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            Closed(&[1002]),
        ),
        (
            "something before join",
            cbor(&wire::encode(&Message::Ping { count: 1 })),
            Closed(&[1002]),
        ),
        (
            "no HTTP any more",
            b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(4),
            Closed(&[1002]),
        ),
    ];
    for (name, bytes, expected) in cases {
        let mut line = line(&hall).await?;
        line.write(&bytes).await;
        match expected {
            Closed(codes) => {
                let close = line.closed().await.context(name)?;
                let (code, _) = close.with_context(|| format!("{name}: the line was cut without a word"))?;
                assert!(codes.contains(&code), "{name}: closed with {code}");
            }
            Welcome => {
                let welcome = welcome(&mut line).await.context(name)?;
                assert!(welcome.is_some(), "{name}: no welcome");
            }
        }
    }
    // Each said goodbye or was cut off in the middle of a frame: nobody else noticed, and nothing panicked.
    let mut cut = line(&hall).await?;
    cut.write(&header(FIN | BINARY, 1_000, 0x80)).await;
    drop(cut);
    neighbour.act(board, note("still", "まだ書ける"))?;
    neighbour.wait_saved(board).await?;
    assert_eq!(neighbour.known().connections, 1);
    assert_eq!(hall.figure("yoriai_panics_total").await?, 0.0);
    server.stop().await
}

#[tokio::test]
async fn row_21_requests_that_are_no_proper_upgrade_are_answered_in_words() -> Result<()> {
    let (server, hall, _folder) = hall_with_groups("upgrades", 1).await?;
    let good = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let with = |name: &str, value: &str| {
        let fields = good.iter().filter(|(known, _)| *known != name).copied();
        fields
            .chain([(name, value)])
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<Vec<_>>()
    };
    let cases = [
        ("no upgrade", with("connection", "keep-alive"), 400),
        ("another protocol", with("upgrade", "h2c"), 400),
        ("version 8", with("sec-websocket-version", "8"), 400),
        ("a short key", with("sec-websocket-key", "abc"), 400),
        ("no ticket", with("x-nothing", "x"), 401),
        (
            "a made-up ticket",
            with(
                "sec-websocket-protocol",
                &format!("yoriai, yoriai.ticket.{}", "0".repeat(32)),
            ),
            403,
        ),
        (
            "a broken ticket",
            with("sec-websocket-protocol", "yoriai.ticket.☃"),
            401,
        ),
    ];
    for (name, fields, status) in cases {
        let fields: Vec<(&str, String)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let (head, _) = RawLine::request(hall.server, &hall.workshop, &fields).await?;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{name}: {head}");
        assert!(head.to_ascii_lowercase().contains("content-security-policy"), "{name}");
    }
    // HTTP that is none.
    let answer = HttpDevice::new(hall.server).request("BREW", "/sync/x", None).await?;
    assert_eq!(answer.status, 405);
    assert_eq!(hall.figure("yoriai_panics_total").await?, 0.0);
    server.stop().await
}

async fn line(hall: &Hall) -> Result<RawLine> {
    let origin = format!("http://{}", hall.server);
    let cookie = hall.at_table(0).await?.cookie();
    let ticket = buy_ticket(hall.server, &hall.workshop, &cookie, Some(&origin)).await?;
    RawLine::open(hall.server, &hall.workshop, &ticket).await
}

fn join() -> Vec<u8> {
    wire::encode(&Message::Join {
        sender: "raw".parse().expect("a peer id"),
        versions: vec!["1".to_owned()],
        metadata: wire::PeerMetadata::default(),
    })
}

fn fragments(bytes: &[u8]) -> Vec<u8> {
    let last = bytes.len() - 1;
    let part = |(at, byte): (usize, &u8)| {
        let first = if at == 0 { BINARY } else { CONTINUATION };
        masked(first | if at == last { FIN } else { 0 }, &[*byte])
    };
    bytes.iter().enumerate().flat_map(part).collect()
}

/// The server's answer to `join`; pongs may come before it.
async fn welcome(line: &mut RawLine) -> Result<Option<Message>> {
    while let Some(RawFrame { first, payload }) = line.read().await? {
        if first == FIN | BINARY {
            return Ok(Some(wire::decode(&payload, wire::SERVER_FRAME_BYTES_MAX)?));
        }
        anyhow::ensure!(first == FIN | PONG, "a frame {first:#x} instead of the welcome");
    }
    Ok(None)
}
