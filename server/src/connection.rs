//! One socket: decode, authorise, hand to the room; and write what rooms queue for it.
//!
//! A connection owns no document. It knows its seat and what that seat may do with each document it has opened, and works
//! this out anew whenever the workshop or the seat changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade},
    response::Response,
};
use board::{Role, WorkshopView};
use futures_util::SinkExt;
use sync::{
    Access, DocumentId, FRAME_BYTES_MAX, Message, PeerId, PeerInfo, Session, SessionId,
    room::CloseCode,
    session::Output,
    wire::{PeerEntry, PeerMetadata},
};
use tokio::{sync::watch, time::Instant};

use crate::{
    outbox::{Outbox, OutboxReader, Outgoing, outbox},
    rooms::{RoomHandle, ToRoom},
    state::ServerState,
    store::SeatRow,
    workshops::LiveWorkshop,
};

/// Read buffer of one socket. axum's default of 128 KiB would be most of the memory of an idle board.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Written frames are collected up to this size and flushed together when the queue is empty.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// The largest frame that is written: a catch-up.
const WRITE_BUFFER_BYTES_MAX: usize = sync::wire::SERVER_FRAME_BYTES_MAX + WRITE_BUFFER_BYTES;
/// Documents one session may have open: a workshop of 64 boards, twice.
const DOCUMENTS_MAX: usize = 130;
/// A client that says nothing for this long is asked.
const ASK_AFTER: Duration = Duration::from_secs(20);
/// A client that says nothing for this long is gone.
const GONE_AFTER: Duration = Duration::from_secs(60);
/// A close frame that cannot be written in this time is not written.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(1);
/// Frames that are written before the socket is looked at again for what it says: 256 edits of 350 bytes are 90 KB.
const FRAMES_PER_FLUSH_MAX: usize = 256;
/// Control frames carry at most 125 bytes, two of them the code (RFC 6455, 5.5).
const CLOSE_REASON_BYTES_MAX: usize = 123;

/// Upgrades the request and serves the socket in a task of its own.
pub fn accept(
    upgrade: WebSocketUpgrade,
    state: Arc<ServerState>,
    workshop: Arc<LiveWorkshop>,
    seat: SeatRow,
) -> Response {
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            let alive = state.connections.clone();
            let metrics = Arc::clone(&state.metrics);
            metrics.sessions.inc();
            Connection::new(state, workshop, seat).serve(socket).await;
            metrics.sessions.dec();
            drop(alive);
        })
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
}

struct OpenDocument {
    room: RoomHandle,
    access: Access,
}

/// Why a connection ends: the close frame's code and reason.
struct End(u16, String);

impl End {
    fn new(code: CloseCode, reason: &str) -> Self {
        Self(code.number(), reason.to_owned())
    }
}

impl Connection {
    fn new(state: Arc<ServerState>, workshop: Arc<LiveWorkshop>, seat: SeatRow) -> Self {
        let id = SessionId(state.next_session.fetch_add(1, Ordering::Relaxed));
        let protocol = Session::new(state.peer.clone());
        // Replaced by the pair that `serve` makes; a queue without a reader takes frames and loses them.
        let (outbox, _) = outbox();
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
        }
    }

    async fn serve(mut self, mut socket: WebSocket) {
        let (outbox, mut reader) = outbox();
        self.outbox = outbox;
        let end = self.run(&mut socket, &mut reader).await;
        for (_, document) in std::mem::take(&mut self.open) {
            let _ = document.room.send(ToRoom::Left(self.id)).await;
        }
        if let Some(End(code, reason)) = end {
            tracing::debug!(session = self.id.0, code, %reason, "session closed");
            let frame = CloseFrame {
                code,
                reason: shorten(&reason).into(),
            };
            let _ = tokio::time::timeout(CLOSE_TIME_MAX, socket.send(Frame::Close(Some(frame)))).await;
        }
    }

    /// Until one side ends it. None: the client did.
    async fn run(&mut self, socket: &mut WebSocket, reader: &mut OutboxReader) -> Option<End> {
        let view = self.workshop.view();
        let mut signals = Signals {
            view: view.clone(),
            seats: self.workshop.seats(),
            stopping: self.state.stopping.clone(),
        };
        signals.view.mark_unchanged();
        // The seat was read before this connection could watch it: look once more.
        signals.seats.mark_changed();
        // Both wait in one place for as long as nothing happens: what is made anew for every frame costs at every frame.
        let mut signal = std::pin::pin!(next_signal(signals));
        let mut silence = std::pin::pin!(tokio::time::sleep(ASK_AFTER));
        let mut heard_at = Instant::now();
        let mut asked = false;
        loop {
            tokio::select! {
                outgoing = reader.next() => {
                    if let Some(end) = self.write(socket, reader, outgoing?).await {
                        return Some(end);
                    }
                }
                frame = socket.recv() => {
                    heard_at = Instant::now();
                    asked = false;
                    let bytes = match frame {
                        Some(Ok(Frame::Binary(bytes))) => bytes,
                        Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => continue,
                        Some(Ok(Frame::Text(_))) => return Some(End::new(CloseCode::Protocol, "frames must be binary")),
                        Some(Ok(Frame::Close(_))) | None => return None,
                        Some(Err(error)) => {
                            tracing::debug!(session = self.id.0, %error, "socket failed");
                            self.state.metrics.refused("frame");
                            return Some(End(1009, "frame refused".to_owned()));
                        }
                    };
                    if let Some(end) = self.read(&bytes, &view).await {
                        return Some(end);
                    }
                }
                (signals, heard) = &mut signal => {
                    let end = match heard {
                        Signal::View => None,
                        Signal::Seat => self.look_up_seat().await,
                        Signal::ViewGone => Some(End::new(CloseCode::Restart, "the workshop is read again")),
                        Signal::Stopping => Some(self.say_goodbye(socket).await),
                    };
                    if end.is_some() {
                        return end;
                    }
                    signal.set(next_signal(signals));
                    self.review(&view).await;
                }
                () = &mut silence => {
                    let now = Instant::now();
                    let ends_at = heard_at + if asked { GONE_AFTER } else { ASK_AFTER };
                    if now >= ends_at {
                        if asked {
                            return Some(End::new(CloseCode::Protocol, "nothing heard for a minute"));
                        }
                        asked = true;
                        if socket.send(Frame::Ping(Bytes::new())).await.is_err() {
                            return None;
                        }
                    }
                    // Set once for the silence that is left, and not at every frame.
                    silence.as_mut().reset(heard_at + if asked { GONE_AFTER } else { ASK_AFTER });
                }
            }
        }
    }

    /// Tells the peer within which time to come back: a word for our client, the close frame's reason for anybody else.
    async fn say_goodbye(&self, socket: &mut WebSocket) -> End {
        let within_ms = self.state.return_within_ms();
        if self.info.as_ref().is_some_and(|info| info.yoriai) {
            let frame = Frame::Binary(sync::session::restart_frame(within_ms).into());
            // A peer that does not take it comes back by its own rule.
            let _ = tokio::time::timeout(CLOSE_TIME_MAX, socket.send(frame)).await;
        }
        let reason = format!("the server restarts, come back at a random moment within {within_ms} ms");
        End(CloseCode::Restart.number(), reason)
    }

    /// Writes what is queued, then flushes once.
    async fn write(&self, socket: &mut WebSocket, reader: &mut OutboxReader, first: Outgoing) -> Option<End> {
        let overflowed = reader.overflowed();
        let writing = async {
            let mut next = Some(first);
            let mut left = FRAMES_PER_FLUSH_MAX;
            while let Some(outgoing) = next {
                match outgoing {
                    Outgoing::Frame(frame) => {
                        socket
                            .feed(Frame::Binary(Bytes::from_owner(frame)))
                            .await
                            .map_err(|_| None)?;
                    }
                    Outgoing::Close(code, reason) => {
                        let _ = socket.flush().await;
                        return Err(Some(End(code, reason)));
                    }
                }
                left -= 1;
                next = if left > 0 { reader.try_next() } else { None };
            }
            socket.flush().await.map_err(|_| None)
        };
        tokio::select! {
            biased;
            () = overflowed => {
                self.state.metrics.slow_readers.inc();
                tracing::info!(session = self.id.0, "session reads too slowly");
                Some(End::new(CloseCode::Overloaded, "reading too slowly"))
            }
            written = writing => match written {
                Ok(()) => None,
                Err(Some(end)) => Some(end),
                // The socket is gone: nothing is left to be said.
                Err(None) => Some(End::new(CloseCode::Internal, "socket gone")),
            }
        }
    }

    /// Reads one frame and hands what it holds to its room.
    async fn read(&mut self, bytes: &[u8], view: &watch::Receiver<Option<Arc<WorkshopView>>>) -> Option<End> {
        let mut outputs = std::mem::take(&mut self.outputs);
        let now = view.borrow().clone().unwrap_or_default();
        let (workshop, seat) = (&self.workshop, &self.seat);
        let sees = |document: &DocumentId| workshop.access(seat, document, &now).0 != board::Access::None;
        self.protocol.frame(bytes, sees, &mut outputs);
        let mut end = None;
        for output in outputs.drain(..) {
            match output {
                Output::Joined { peer, metadata } => self.info = Some(self.peer_info(peer, &metadata)),
                Output::Send(bytes) => {
                    self.outbox.send(bytes.into(), false);
                }
                Output::Document { document, message } => {
                    end = end.or(self.hand_over(document, message, &now).await);
                }
                // Through the queue, so that what was said before is written before.
                Output::Close { code, reason } => self.outbox.close(code.number(), reason),
            }
        }
        self.outputs = outputs;
        end
    }

    async fn hand_over(&mut self, document: DocumentId, message: Message, view: &WorkshopView) -> Option<End> {
        if let Some(open) = self.open.get(&document) {
            let message = ToRoom::Message {
                session: self.id,
                message: Box::new(message),
            };
            if open.room.send(message).await.is_err() {
                return Some(End::new(CloseCode::Restart, "document reloaded"));
            }
            return None;
        }
        if self.open.len() >= DOCUMENTS_MAX {
            return Some(End::new(CloseCode::Overloaded, "too many documents open"));
        }
        let info = Box::new(self.info.clone()?);
        let access = wire_access(self.workshop.access(&self.seat, &document, view).0);
        let room = self.state.rooms.room(document);
        let joined = ToRoom::Joined {
            session: self.id,
            info,
            access,
            first: Box::new(message),
            outbox: self.outbox.clone(),
        };
        if room.send(joined).await.is_err() {
            return Some(End::new(CloseCode::Restart, "document reloaded"));
        }
        self.open.insert(document, OpenDocument { room, access });
        None
    }

    /// Works the rights out anew and tells the rooms whose answer changed.
    async fn review(&mut self, view: &watch::Receiver<Option<Arc<WorkshopView>>>) {
        let now = view.borrow().clone().unwrap_or_default();
        let mut closed = Vec::new();
        for (document, open) in &mut self.open {
            let (access, reason) = self.workshop.access(&self.seat, document, &now);
            let access = wire_access(access);
            if access == open.access {
                continue;
            }
            open.access = access;
            // A room that has ended has closed this session's socket already.
            let _ = open
                .room
                .send(ToRoom::Access {
                    session: self.id,
                    access,
                    reason,
                })
                .await;
            if access == Access::None {
                closed.push(*document);
            }
        }
        for document in closed {
            self.open.remove(&document);
            self.withdrawn.insert(document);
        }
        for document in self.withdrawn.iter().copied().collect::<Vec<_>>() {
            let (access, reason) = self.workshop.access(&self.seat, &document, &now);
            if access == board::Access::None {
                continue;
            }
            self.withdrawn.remove(&document);
            // No room knows the session any more; our own client asks for the document again when it hears this.
            if !self.open.contains_key(&document) && self.info.as_ref().is_some_and(|info| info.yoriai) {
                let bytes = sync::session::access_frame(document, wire_access(access), reason);
                self.outbox.send(bytes.into(), false);
            }
        }
    }

    async fn look_up_seat(&mut self) -> Option<End> {
        match self
            .state
            .store
            .seat(self.seat.device.clone(), self.seat.workshop.clone())
            .await
        {
            Ok(Some(seat)) if !seat.revoked => {
                self.seat = seat;
                None
            }
            Ok(_) => {
                let notice = Message::Notice {
                    document: None,
                    code: "revoked".to_owned(),
                    text: "the link through which this device joined no longer holds".to_owned(),
                };
                if self.info.as_ref().is_some_and(|info| info.yoriai) {
                    self.outbox.send(sync::wire::encode(&notice).into(), false);
                }
                self.outbox.close(CloseCode::Refused.number(), "revoked");
                None
            }
            Err(error) => {
                tracing::error!(session = self.id.0, %error, "seat not read");
                Some(End::new(CloseCode::Internal, "seat not read"))
            }
        }
    }

    fn peer_info(&self, peer: PeerId, metadata: &PeerMetadata) -> PeerInfo {
        let role = match self.seat.role {
            Role::Viewer => "viewer",
            Role::Participant => "participant",
            Role::Coordinator => "coordinator",
        };
        PeerInfo {
            entry: PeerEntry {
                peer,
                person: self.seat.person.as_ref().map(|person| person.as_str().to_owned()),
                name: self.seat.person_name.clone(),
                role: role.to_owned(),
                device: self.seat.device.clone(),
            },
            yoriai: metadata.yoriai,
        }
    }
}

/// What a connection listens to beside its socket and its outbox.
struct Signals {
    view: watch::Receiver<Option<Arc<WorkshopView>>>,
    seats: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
}

/// What it heard.
enum Signal {
    /// The workshop changed.
    View,
    /// Nobody publishes the workshop any more.
    ViewGone,
    /// Somebody's seat changed.
    Seat,
    /// The server is stopping.
    Stopping,
}

async fn next_signal(mut signals: Signals) -> (Signals, Signal) {
    let signal = tokio::select! {
        changed = signals.view.changed() => if changed.is_ok() { Signal::View } else { Signal::ViewGone },
        changed = signals.seats.changed() => if changed.is_ok() { Signal::Seat } else { Signal::ViewGone },
        () = stop(&mut signals.stopping) => Signal::Stopping,
    };
    (signals, signal)
}

/// Resolves when the server is stopping, also if it already was.
async fn stop(stopping: &mut watch::Receiver<bool>) {
    // A dropped sender means the same.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn wire_access(access: board::Access) -> Access {
    match access {
        board::Access::None => Access::None,
        board::Access::Read => Access::Read,
        board::Access::Write => Access::Write,
    }
}

/// Cuts a reason to what fits a close frame, at a character's edge.
fn shorten(reason: &str) -> &str {
    let mut end = reason.len().min(CLOSE_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.get(..end).unwrap_or_default()
}
