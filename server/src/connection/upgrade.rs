//! From an HTTP request to a WebSocket (RFC 6455, 4.2), with limits on everything that a peer can make grow.
//!
//! axum's own upgrade hides the frames; a catch-up must go out in parts, or each joiner of a large board would cost a copy of
//! it (see [`super::writer`]).

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use sync::FRAME_BYTES_MAX;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use crate::{api::error::ApiError, outbox::SOCKET_BYTES_MAX};

/// The protocol that a page offers beside its ticket, and that is chosen.
const PROTOCOL: &str = "yoriai";
/// How a ticket is offered: as a protocol of this name and the ticket's 32 digits.
const TICKET_PROTOCOL: &str = "yoriai.ticket.";
/// Read buffer of one socket. The usual 128 KiB would be most of the memory of an idle board.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Written frames are collected up to this size and flushed together when the queue is empty.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// A key is 16 bytes in base64.
const KEY_LENGTH: usize = 24;

/// A socket, as the server holds it.
pub type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A request that asks for a socket.
pub struct Upgrade {
    on_upgrade: OnUpgrade,
    accept: HeaderValue,
    ticket: Option<String>,
    offers_protocol: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let no_socket = || ApiError::bad_request("no_socket", "this address is a WebSocket of version 13");
        let headers = &parts.headers;
        let asks = words(headers, &header::CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade"))
            && words(headers, &header::UPGRADE).any(|word| word.eq_ignore_ascii_case("websocket"))
            && words(headers, &header::SEC_WEBSOCKET_VERSION).eq(["13"]);
        let key = headers
            .get(header::SEC_WEBSOCKET_KEY)
            .map(HeaderValue::as_bytes)
            .filter(|key| key.len() == KEY_LENGTH);
        let (true, Some(key)) = (asks, key) else {
            return Err(no_socket());
        };
        let accept = HeaderValue::from_str(&derive_accept_key(key)).map_err(|_| no_socket())?;
        let mut ticket = None;
        let mut offers_protocol = false;
        for protocol in words(headers, &header::SEC_WEBSOCKET_PROTOCOL) {
            offers_protocol |= protocol == PROTOCOL;
            ticket = ticket.or(protocol.strip_prefix(TICKET_PROTOCOL).map(str::to_owned));
        }
        let on_upgrade = parts.extensions.remove::<OnUpgrade>().ok_or_else(no_socket)?;
        Ok(Self {
            on_upgrade,
            accept,
            ticket,
            offers_protocol,
        })
    }
}

impl Upgrade {
    /// The ticket that the request offers.
    pub fn ticket(&self) -> Option<&str> {
        self.ticket.as_deref()
    }

    /// Answers the request, and serves the socket in a task of its own.
    pub fn accept<F>(self, serve: impl FnOnce(Socket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let on_upgrade = self.on_upgrade;
        tokio::spawn(async move {
            // A peer that is gone before the answer reached it has no socket and loses nothing.
            if let Ok(upgraded) = on_upgrade.await {
                let io = TokioIo::new(upgraded);
                serve(WebSocketStream::from_raw_socket(io, Role::Server, Some(limits())).await).await;
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        if self.offers_protocol {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        }
        response
    }
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(SOCKET_BYTES_MAX)
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX))
}

/// The comma separated words of all header fields of a name.
fn words<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}
