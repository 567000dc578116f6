//! One socket: decode, authorise, hand to the room; and write what rooms queue for it.
//!
//! A connection owns no document. It knows its seat and what that seat may do with each document it has opened, and works
//! this out anew whenever the workshop or the seat changes.

mod documents;
mod share;
mod upgrade;
mod writer;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::response::Response;
use board::WorkshopView;
use futures_util::{StreamExt as _, stream::SplitStream};
use sync::{Access, DocumentId, Message, PeerInfo, Session, SessionId, room::CloseCode, session::Output};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::watch,
    time::Instant,
};
use tokio_tungstenite::tungstenite::{self, protocol::Message as Frame};

use crate::{
    budget::{self, Budget, Cost, DeviceSocket},
    outbox::{Kind, Outbox, outbox},
    rooms::{RoomHandle, ToRoom},
    state::ServerState,
    store::SeatRow,
    workshops::LiveWorkshop,
};
use share::{Held, SIGN_EVERY};
pub use upgrade::{Socket, Upgrade};
use writer::{CLOSE_TIME_MAX, Progress, Writer};

/// Documents one session may have open: a workshop of 64 boards, twice.
const DOCUMENTS_MAX: usize = 130;
/// A client that says nothing for this long is asked.
const ASK_AFTER: Duration = Duration::from_secs(20);
/// A client that says nothing for this long is gone, and so is one that takes nothing of what waits for it.
const GONE_AFTER: Duration = Duration::from_secs(60);
/// A peer whose line ends has this long to read why. With the close frame's own time it is gone within 2 s.
const CUT_AFTER: Duration = Duration::from_millis(500);
/// Said to a device whose seat is revoked.
const REVOKED: &str = "revoked";
/// What a peer still says after the close frame is read and dropped up to this size: unread bytes would make the operating
/// system cut the line before the close frame has arrived.
const LEFT_OVER_BYTES_MAX: usize = 1024 * 1024;

/// What a connection is made for: who, where, and its share of the device's budget.
pub struct Admitted {
    /// The workshop.
    pub workshop: Arc<LiveWorkshop>,
    /// Whose seat.
    pub seat: SeatRow,
    /// The device's budget.
    pub device: DeviceSocket,
}

/// Upgrades the request and serves the socket in a task of its own.
pub fn accept(upgrade: Upgrade, state: Arc<ServerState>, admitted: Admitted) -> Response {
    upgrade.accept(move |socket| async move {
        let alive = state.connections.clone();
        let metrics = Arc::clone(&state.metrics);
        metrics.sessions.inc();
        admitted.workshop.sockets.fetch_add(1, Ordering::Relaxed);
        let workshop = Arc::clone(&admitted.workshop);
        serve(state, admitted, socket).await;
        workshop.sockets.fetch_sub(1, Ordering::Relaxed);
        metrics.sessions.dec();
        drop(alive);
    })
}

async fn serve(state: Arc<ServerState>, admitted: Admitted, socket: Socket) {
    let (outbox, queue) = outbox(Arc::clone(&state.metrics));
    let (sink, mut stream) = socket.split();
    let mut writer = Writer::new(sink, queue);
    let mut connection = Connection::new(state, admitted, outbox);
    let end = connection.run(&mut stream, &mut writer).await;
    for (_, document) in std::mem::take(&mut connection.open) {
        let _ = document.room.send(ToRoom::Left(connection.id)).await;
    }
    let id = connection.id.0;
    drop(connection);
    match end {
        End::Left => writer.farewell().await,
        End::Gone => {}
        End::Told(code, reason) => {
            tracing::debug!(session = id, code, %reason, "session closed");
            let sink = writer.close(code, &reason).await;
            if let Ok(socket) = sink.reunite(stream) {
                let _ = tokio::time::timeout(CLOSE_TIME_MAX, part_from(socket)).await;
            }
        }
    }
}

/// Ends a line that has been told why, when the peer has ended its side or has had its time.
async fn part_from(socket: Socket) {
    let mut line = socket.into_inner();
    let mut left = LEFT_OVER_BYTES_MAX;
    let mut bytes = [0; 4 * 1024];
    if line.shutdown().await.is_err() {
        return;
    }
    while let Ok(count @ 1..) = line.read(&mut bytes).await {
        left = left.saturating_sub(count);
        if left == 0 {
            return;
        }
    }
}

struct Connection {
    state: Arc<ServerState>,
    workshop: Arc<LiveWorkshop>,
    seat: SeatRow,
    id: SessionId,
    protocol: Session,
    info: Option<PeerInfo>,
    open: BTreeMap<DocumentId, OpenDocument>,
    /// Documents it had open and may not see any more: when it may again, it is told.
    withdrawn: BTreeSet<DocumentId>,
    outbox: Outbox,
    outputs: Vec<Output>,
    device: DeviceSocket,
    budget: Budget,
    held: Option<Held>,
    /// Since when every message came while the last one was not paid for yet.
    in_debt_since: Option<Instant>,
    /// It is over: nothing is read any more, and what is still to be said has this long.
    cut: Option<Cut>,
}

struct OpenDocument {
    room: RoomHandle,
    access: Access,
}

/// When the line is cut whether the peer has read why or not, and why.
struct Cut {
    at: Instant,
    code: CloseCode,
    reason: String,
}

/// How a connection ends.
enum End {
    /// With a close frame of this code and reason.
    Told(u16, String),
    /// The peer said goodbye.
    Left,
    /// The line is gone.
    Gone,
}

impl End {
    fn new(code: CloseCode, reason: &str) -> Self {
        Self::Told(code.number(), reason.to_owned())
    }
}

impl Connection {
    fn new(state: Arc<ServerState>, admitted: Admitted, outbox: Outbox) -> Self {
        let id = SessionId(state.next_session.fetch_add(1, Ordering::Relaxed));
        let protocol = Session::new(state.peer.clone()).serving(state.page.version());
        let Admitted { workshop, seat, device } = admitted;
        Self {
            state,
            workshop,
            seat,
            id,
            protocol,
            info: None,
            open: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            outbox,
            outputs: Vec::new(),
            device,
            budget: Budget::new(&budget::SESSION, Instant::now()),
            held: None,
            in_debt_since: None,
            cut: None,
        }
    }

    /// Until one side ends it.
    async fn run(&mut self, stream: &mut SplitStream<Socket>, writer: &mut Writer) -> End {
        let view = self.workshop.view();
        let mut signals = Signals {
            view: view.clone(),
            seat: self.workshop.seat(&self.seat.device),
            stopping: self.state.stopping.clone(),
        };
        signals.view.mark_unchanged();
        // The seat was read before this connection could watch it: look once more.
        signals.seat.mark_changed();
        // These wait in one place for as long as nothing happens: what is made anew for every frame costs at every frame.
        let mut signal = std::pin::pin!(next_signal(signals));
        let mut silence = std::pin::pin!(tokio::time::sleep(ASK_AFTER));
        let mut hold = std::pin::pin!(tokio::time::sleep(Duration::ZERO));
        let mut overflowed = std::pin::pin!(writer.overflowed());
        let mut heard_at = Instant::now();
        let mut asked = false;
        loop {
            tokio::select! {
                progress = writer.progress() => match progress {
                    Progress::Some => {}
                    Progress::Close(code, reason) => return End::Told(code, reason),
                    Progress::Gone => return End::Gone,
                },
                () = &mut overflowed => {
                    self.state.metrics.slow_readers.inc();
                    tracing::info!(session = self.id.0, "session reads too slowly");
                    return End::new(CloseCode::Overloaded, "reading too slowly");
                }
                frame = stream.next(), if self.held.is_none() && self.cut.is_none() => {
                    heard_at = Instant::now();
                    asked = false;
                    let bytes = match frame {
                        Some(Ok(Frame::Binary(bytes))) => bytes,
                        Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_))) => {
                            self.pay(Cost { messages: 1, ..Cost::default() });
                            if let Some(held) = &self.held {
                                hold.as_mut().reset(held.until);
                            }
                            continue;
                        }
                        Some(Ok(Frame::Text(_))) => return End::new(CloseCode::Protocol, "frames must be binary"),
                        Some(Ok(Frame::Close(_))) => return End::Left,
                        None => return End::Gone,
                        Some(Err(error)) => return self.unreadable(&error),
                    };
                    if let Some(end) = self.read(&bytes, &view).await {
                        return end;
                    }
                    if let Some(held) = &self.held {
                        hold.as_mut().reset(held.until.min(Instant::now() + SIGN_EVERY));
                    }
                }
                () = &mut hold, if self.held.is_some() => {
                    // Its silence is ours.
                    heard_at = Instant::now();
                    if let Some(end) = self.held_long_enough(hold.as_mut()) {
                        return end;
                    }
                }
                () = tokio::time::sleep_until(self.cut.as_ref().map_or(heard_at, |cut| cut.at)), if self.cut.is_some() => {
                    return self.cut.take().map_or(End::Gone, |cut| End::Told(cut.code.number(), cut.reason));
                }
                (signals, heard) = &mut signal, if self.cut.is_none() => {
                    let end = match heard {
                        Signal::View => None,
                        Signal::Seat => self.look_up_seat().await,
                        Signal::ViewGone => Some(End::new(CloseCode::Restart, "the workshop is read again")),
                        Signal::Stopping => {
                            self.say_goodbye();
                            None
                        }
                    };
                    if let Some(end) = end {
                        return end;
                    }
                    if self.cut.is_none() {
                        signal.set(next_signal(signals));
                        self.review(&view).await;
                    }
                }
                () = &mut silence => {
                    let now = Instant::now();
                    if writer.stalled_since().is_some_and(|since| now >= since + GONE_AFTER) {
                        self.state.metrics.slow_readers.inc();
                        return End::new(CloseCode::Overloaded, "nothing was read for a minute");
                    }
                    let ends_at = heard_at + if asked { GONE_AFTER } else { ASK_AFTER };
                    if now >= ends_at {
                        if asked {
                            return End::new(CloseCode::Protocol, "nothing heard for a minute");
                        }
                        asked = true;
                        writer.ping().await;
                    }
                    // Set once for the silence that is left, and not at every frame; a stalled reader is looked at as often.
                    let next = heard_at + if asked { GONE_AFTER } else { ASK_AFTER };
                    silence.as_mut().reset(next.min(now + ASK_AFTER));
                }
            }
        }
    }

    /// What broke the frames' own rules, in words and with the code that RFC 6455 has for it.
    fn unreadable(&self, error: &tungstenite::Error) -> End {
        use tungstenite::{Error, error::ProtocolError};
        let (code, reason) = match error {
            Error::Capacity(_) => (1009, "a message is too large"),
            Error::Utf8(_) => (1007, "a text that is not UTF-8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
            | Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Io(_) => return End::Gone,
            _ => (CloseCode::Protocol.number(), "a frame that breaks the protocol"),
        };
        tracing::debug!(session = self.id.0, code, "frame refused");
        self.state.metrics.refused("frame");
        End::Told(code, reason.to_owned())
    }

    /// Tells the peer within which time to come back: a word for our client, the close frame's reason for anybody else.
    fn say_goodbye(&mut self) {
        let within_ms = self.state.return_within_ms();
        if self.understands_notices() {
            let frame = sync::session::restart_frame(within_ms);
            self.outbox.send(frame.into(), Kind::News);
        }
        let reason = format!("the server restarts, come back at a random moment within {within_ms} ms");
        self.cut(CloseCode::Restart, reason);
    }

    /// Ends the connection behind what waits for it, but soon: a reader that is slow or frozen does not keep its line by that.
    fn cut(&mut self, code: CloseCode, reason: String) {
        self.outbox.close(code.number(), reason.as_str());
        let at = Instant::now() + CUT_AFTER;
        self.cut = Some(Cut { at, code, reason });
    }

    fn understands_notices(&self) -> bool {
        self.info.as_ref().is_some_and(|info| info.yoriai)
    }

    /// Tells the person something that is not about one document.
    fn notify(&self, code: &str, text: &str) {
        if self.understands_notices() {
            let notice = Message::Notice {
                document: None,
                code: code.to_owned(),
                text: text.to_owned(),
            };
            self.outbox.send(sync::wire::encode(&notice).into(), Kind::News);
        }
    }
}

/// What a connection listens to beside its socket and its outbox.
struct Signals {
    view: watch::Receiver<Option<Arc<WorkshopView>>>,
    seat: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
}

/// What it heard.
enum Signal {
    /// The workshop changed.
    View,
    /// Nobody publishes the workshop any more.
    ViewGone,
    /// The seat changed.
    Seat,
    /// The server is stopping.
    Stopping,
}

async fn next_signal(mut signals: Signals) -> (Signals, Signal) {
    let signal = tokio::select! {
        changed = signals.view.changed() => if changed.is_ok() { Signal::View } else { Signal::ViewGone },
        changed = signals.seat.changed() => if changed.is_ok() { Signal::Seat } else { Signal::ViewGone },
        () = stop(&mut signals.stopping) => Signal::Stopping,
    };
    (signals, signal)
}

/// Resolves when the server is stopping, also if it already was.
async fn stop(stopping: &mut watch::Receiver<bool>) {
    // A dropped sender means the same.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
