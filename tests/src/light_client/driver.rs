//! The task behind a light client: socket, clock and state machine.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use automerge::{Automerge, Change};
use futures_util::{SinkExt as _, StreamExt as _};
use sync::{
    Client, DocumentId,
    client::{ClientEvent, ConnectionState, Documents, Effect},
};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::{self, protocol::Message as Frame};

use super::{Credential, Known, Order, Shared, Socket, open_socket};

/// Owns the socket and the client's state machine; does what the test orders and what the machine asks for.
pub(super) struct Driver {
    pub server: SocketAddr,
    pub workshop: String,
    pub credential: Credential,
    pub client: Client,
    pub shared: Arc<Shared>,
    pub changes: watch::Sender<u64>,
    pub started: Instant,
    pub random: u64,
    pub socket: Option<Socket>,
    pub opening: bool,
    pub wake_at_ms: Option<u64>,
    /// How many of its own changes the client has been told of, by document.
    pub submitted: BTreeMap<DocumentId, usize>,
}

impl Documents for Known {
    fn doc(&self, document: &DocumentId) -> Option<&Automerge> {
        self.documents.get(document)
    }

    fn apply(&mut self, document: &DocumentId, changes: Vec<Change>) -> Result<(), String> {
        let doc = self.documents.entry(*document).or_default();
        doc.apply_changes(changes).map_err(|error| error.to_string())
    }
}

impl Driver {
    pub async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        self.handle(ClientEvent::Start).await;
        loop {
            if self.opening {
                self.opening = false;
                match open_socket(self.server, &self.workshop, &self.credential).await {
                    Ok(socket) => {
                        self.socket = Some(socket);
                        self.handle(ClientEvent::SocketOpened).await;
                    }
                    Err(_) => self.handle(ClientEvent::SocketClosed).await,
                }
                continue;
            }
            let wake_ms = self.wake_at_ms.map(|at_ms| at_ms.saturating_sub(self.now_ms()));
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => return,
                },
                frame = next_frame(&mut self.socket) => match frame {
                    Some(Ok(Frame::Binary(bytes))) => self.handle(ClientEvent::Frame(bytes.into())).await,
                    Some(Ok(Frame::Close(frame))) => {
                        let code = frame.map_or(1005, |frame| u16::from(frame.code));
                        self.tell(|known| known.closes.push(code));
                        self.lost().await;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => self.lost().await,
                },
                () = tokio::time::sleep(Duration::from_millis(wake_ms.unwrap_or_default())), if wake_ms.is_some() => {
                    self.wake_at_ms = None;
                    self.handle(ClientEvent::Tick).await;
                }
            }
        }
    }

    async fn lost(&mut self) {
        self.socket = None;
        self.handle(ClientEvent::SocketClosed).await;
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Open(document) => {
                self.tell(|known| {
                    known.in_sync.remove(&document);
                    known.unavailable.remove(&document);
                });
                self.handle(ClientEvent::Open {
                    document,
                    saved: Vec::new(),
                })
                .await;
            }
            Order::Changed(document, change) => {
                *self.submitted.entry(document).or_default() += 1;
                let change = *change;
                self.handle(ClientEvent::LocalChange { document, change }).await;
            }
            Order::Ephemeral(document, data) => self.handle(ClientEvent::SendEphemeral { document, data }).await,
            Order::Hint => self.handle(ClientEvent::NetworkHint { online: true }).await,
            Order::Cut => self.lost().await,
        }
    }

    async fn handle(&mut self, event: ClientEvent) {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (now_ms, random) = (self.now_ms(), self.random);
        let mut effects = Vec::new();
        {
            let mut known = self
                .shared
                .known
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            self.client.handle(now_ms, random, &mut *known, event, &mut effects);
        }
        for effect in effects {
            self.act(effect).await;
        }
        self.count_saved();
        let online = matches!(self.client.state(), ConnectionState::Online { .. });
        self.tell(|known| {
            if online && !known.online {
                known.connections += 1;
            }
            known.online = online;
        });
    }

    async fn act(&mut self, effect: Effect) {
        match effect {
            Effect::OpenSocket => {
                self.socket = None;
                self.opening = true;
            }
            Effect::CloseSocket => self.socket = None,
            Effect::Send(bytes) => {
                if let Some(socket) = &mut self.socket {
                    // A dead socket is reported by its next read.
                    let _ = socket.send(Frame::Binary(bytes.into())).await;
                }
            }
            Effect::WakeAt { at_ms } => self.wake_at_ms = Some(at_ms),
            Effect::StateChanged | Effect::SavedChanged { .. } | Effect::Applied { .. } => {}
            Effect::Access {
                document,
                access,
                reason,
            } => {
                self.tell(|known| drop(known.access.insert(document, (access, reason))));
            }
            Effect::Peers { document, peers } => {
                let names = peers.into_iter().map(|peer| peer.name).collect();
                self.tell(|known| drop(known.people.insert(document, names)));
            }
            Effect::Ephemeral { data, .. } => self.tell(|known| known.ephemerals.push(data)),
            Effect::Notice { code, .. } => self.tell(|known| known.notices.push(code)),
            Effect::Refused { document, text } => {
                self.tell(|known| drop(known.refused.insert(document, text)));
            }
            Effect::Unavailable { document } => {
                self.tell(|known| {
                    known.unavailable.insert(document);
                });
            }
            Effect::InSync { document } => {
                self.tell(|known| {
                    known.in_sync.insert(document);
                });
            }
        }
    }

    /// One's own changes are a chain: of those the client has been told of, the last n are unsaved.
    fn count_saved(&mut self) {
        let mut known = self
            .shared
            .known
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = &mut *known;
        for (document, submitted) in &self.submitted {
            let saved = submitted.saturating_sub(self.client.unsaved(document));
            let own = known.own.get(document).map(Vec::as_slice).unwrap_or_default();
            known.acknowledged.extend(own.iter().take(saved).copied());
        }
    }

    fn tell(&self, change: impl FnOnce(&mut Known)) {
        change(
            &mut self
                .shared
                .known
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner()),
        );
        self.changes.send_modify(|count| *count += 1);
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The socket's next frame; never resolves without a socket.
async fn next_frame(socket: &mut Option<Socket>) -> Option<Result<Frame, tungstenite::Error>> {
    match socket {
        Some(socket) => socket.next().await,
        None => std::future::pending().await,
    }
}
