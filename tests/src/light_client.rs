//! A client without a page: the browser's own [`sync::Client`] over a real socket. It keeps a log of what it was told is saved.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail};
use automerge::{ActorId, Automerge, Change, ChangeHash};
use board::{Board, BoardView, Command, Stamp, Workshop, WorkshopCommand, WorkshopView};
use futures_util::{SinkExt as _, StreamExt as _};
use sync::{
    Access, Client, DocumentId, PeerId,
    client::{ClientEvent, ConnectionState, Documents, Effect},
    wire::SERVER_FRAME_BYTES_MAX,
};
use tokio::{
    net::TcpStream,
    sync::{mpsc, watch},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self,
        client::IntoClientRequest as _,
        protocol::{Message as Frame, WebSocketConfig},
    },
};

use crate::http::HttpDevice;

/// How long a test waits for anything at all. Long, because the machine may be busy: nothing asserts on time.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A socket as tests open it.
pub type Socket = WebSocketStream<TcpStream>;

/// How a client proves who it is.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The cookie of a device, with the origin its pages have.
    Cookie(String),
    /// A token.
    Token(String),
}

impl Credential {
    /// What a device's browser would send.
    pub fn of(device: &HttpDevice) -> Self {
        Self::Cookie(device.cookie())
    }
}

/// Opens a socket to a workshop, as a page of the server's own would.
pub async fn open_socket(
    server: SocketAddr,
    workshop: &str,
    credential: &Credential,
) -> Result<Socket, tungstenite::Error> {
    let origin = format!("http://{server}");
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    open_socket_on(stream, workshop, credential, Some(&origin)).await
}

/// Opens a socket to a workshop on a connection that is there already, as a page of this origin would.
pub async fn open_socket_on(
    stream: TcpStream,
    workshop: &str,
    credential: &Credential,
    origin: Option<&str>,
) -> Result<Socket, tungstenite::Error> {
    let server = stream.peer_addr()?;
    let (address, cookie) = match credential {
        Credential::Cookie(cookie) => (format!("ws://{server}/sync/{workshop}"), Some(cookie.as_str())),
        Credential::Token(token) => (format!("ws://{server}/sync/{workshop}?token={token}"), None),
    };
    let mut request = address.into_client_request()?;
    for (name, value) in [("cookie", cookie), ("origin", origin)] {
        if let Some(value) = value {
            let value = value.parse().map_err(|_| tungstenite::Error::ConnectionClosed)?;
            request.headers_mut().insert(name, value);
        }
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(SERVER_FRAME_BYTES_MAX))
        .max_frame_size(Some(SERVER_FRAME_BYTES_MAX));
    let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    Ok(socket)
}

/// A client. Dropping it ends its connection.
pub struct LightClient {
    orders: mpsc::UnboundedSender<Order>,
    shared: Arc<Shared>,
    changed: watch::Receiver<u64>,
    actor: ActorId,
    device: String,
}

enum Order {
    Open(DocumentId),
    Changed(DocumentId, Box<Change>),
    Ephemeral(DocumentId, Vec<u8>),
    Hint,
    Cut,
}

#[derive(Default)]
struct Shared {
    known: Mutex<Known>,
}

/// What a client knows. Everything in it came over the socket or was made here.
#[derive(Default)]
pub struct Known {
    /// The documents as they are here.
    pub documents: BTreeMap<DocumentId, Automerge>,
    /// Changes made here, in order, by document.
    pub own: BTreeMap<DocumentId, Vec<ChangeHash>>,
    /// Changes made here that the server said are on its disk: the log that a crash must not contradict.
    pub acknowledged: BTreeSet<ChangeHash>,
    /// What the server said about rights, the latest.
    pub access: BTreeMap<DocumentId, (Access, String)>,
    /// Documents that were said to be complete.
    pub in_sync: BTreeSet<DocumentId>,
    /// Documents that were said not to exist.
    pub unavailable: BTreeSet<DocumentId>,
    /// Documents whose own changes were refused, with the reason.
    pub refused: BTreeMap<DocumentId, String>,
    /// Codes of notices, in order.
    pub notices: Vec<String>,
    /// Presence that came in: payloads in order.
    pub ephemerals: Vec<Vec<u8>>,
    /// Names of the people in each room, as last told.
    pub people: BTreeMap<DocumentId, Vec<String>>,
    /// Whether there is a connection.
    pub online: bool,
    /// How often a connection was made.
    pub connections: usize,
    /// Close codes that the server sent.
    pub closes: Vec<u16>,
}

impl LightClient {
    /// A client that connects, and stays connected as a page does.
    pub fn start(server: SocketAddr, workshop: &str, credential: Credential, number: u64) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::default());
        let (changes, changed) = watch::channel(0);
        // Numbers tell clients of one test apart; the process tells tests apart that share a server.
        let device = format!("light{number}");
        let actor = ActorId::from(format!("{device}-{}", std::process::id()).as_bytes());
        let driver = Driver {
            server,
            workshop: workshop.to_owned(),
            credential,
            client: Client::new(peer(&device)),
            shared: Arc::clone(&shared),
            changes,
            started: Instant::now(),
            random: number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            socket: None,
            opening: false,
            wake_at_ms: None,
            submitted: BTreeMap::new(),
        };
        tokio::spawn(driver.run(inbox));
        Self {
            orders,
            shared,
            changed,
            actor,
            device,
        }
    }

    /// Opens a document and waits until it is complete.
    pub async fn open(&self, document: DocumentId) -> Result<()> {
        self.order(Order::Open(document));
        self.wait("the document", |known| {
            known.in_sync.contains(&document) || known.unavailable.contains(&document)
        })
        .await?;
        if self.known().unavailable.contains(&document) {
            bail!("the document is unavailable")
        } else {
            Ok(())
        }
    }

    /// Opens a document without waiting for anything.
    pub fn ask_for(&self, document: DocumentId) {
        self.order(Order::Open(document));
    }

    /// Does a command on a board, as a page does: here at once, sent when there is a connection.
    pub fn act(&self, document: DocumentId, command: Command) -> Result<()> {
        let stamp = self.stamp();
        self.change(document, |doc, actor| {
            let mut board = Board::from_doc(doc.clone().with_actor(actor))?;
            Ok(board.apply(command, &stamp)?.change)
        })
    }

    /// Does a command on the workshop.
    pub fn act_workshop(&self, document: DocumentId, command: WorkshopCommand) -> Result<()> {
        let stamp = self.stamp();
        self.change(document, |doc, actor| {
            let mut workshop = Workshop::from_doc(doc.clone().with_actor(actor))?;
            Ok(workshop.apply(command, &stamp)?)
        })
    }

    /// Makes a change by hand, which no page would make.
    pub fn change(
        &self,
        document: DocumentId,
        make: impl FnOnce(&Automerge, ActorId) -> Result<Option<Change>>,
    ) -> Result<()> {
        let mut known = self.known();
        let doc = known.documents.get_mut(&document).context("the document is not here")?;
        if let Some(change) = make(doc, self.actor.clone())? {
            doc.apply_changes([change.clone()])?;
            known.own.entry(document).or_default().push(change.hash());
            drop(known);
            self.order(Order::Changed(document, Box::new(change)));
        }
        Ok(())
    }

    /// Shows something to the others in a room.
    pub fn present(&self, document: DocumentId, data: &[u8]) {
        self.order(Order::Ephemeral(document, data.to_vec()));
    }

    /// Loses the connection without a goodbye.
    pub fn cut(&self) {
        self.order(Order::Cut);
    }

    /// Tells the client that its network is back: it tries at once instead of at its next appointment.
    pub fn network_is_back(&self) {
        self.order(Order::Hint);
    }

    /// What the client knows now.
    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.shared
            .known
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// A board as it looks here.
    pub fn board(&self, document: DocumentId) -> Result<Arc<BoardView>> {
        let doc = self.document(document)?;
        Ok(Arc::clone(Board::from_doc(doc)?.view()))
    }

    /// The workshop as it looks here.
    pub fn workshop(&self, document: DocumentId) -> Result<Arc<WorkshopView>> {
        let doc = self.document(document)?;
        Ok(Arc::clone(Workshop::from_doc(doc)?.view()))
    }

    /// A copy of a document.
    pub fn document(&self, document: DocumentId) -> Result<Automerge> {
        self.known()
            .documents
            .get(&document)
            .cloned()
            .context("the document is not here")
    }

    /// A document's heads, sorted.
    pub fn heads(&self, document: DocumentId) -> Vec<ChangeHash> {
        let mut heads = self
            .known()
            .documents
            .get(&document)
            .map(Automerge::get_heads)
            .unwrap_or_default();
        heads.sort();
        heads
    }

    /// Waits until something holds. Fails after [`PATIENCE`], naming what was waited for.
    pub async fn wait(&self, what: &str, holds: impl Fn(&Known) -> bool) -> Result<()> {
        let mut changed = self.changed.clone();
        let waiting = async {
            loop {
                changed.borrow_and_update();
                if holds(&self.known()) {
                    return Ok(());
                }
                changed.changed().await.map_err(|_| anyhow!("the client has ended"))?;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.with_context(|| {
            let known = self.known();
            format!(
                "{}: waited for {what}; online {}, closed with {:?}, refused {:?}, notices {:?}",
                self.device, known.online, known.closes, known.refused, known.notices
            )
        })?
    }

    /// Waits until every change made here is on the server's disk.
    pub async fn wait_saved(&self, document: DocumentId) -> Result<()> {
        self.wait("everything saved", |known| {
            let own = known.own.get(&document);
            own.is_none_or(|own| own.iter().all(|hash| known.acknowledged.contains(hash)))
        })
        .await
    }

    fn order(&self, order: Order) {
        // An ended driver means that the test is over.
        let _ = self.orders.send(order);
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            person: None,
            device: self.device.clone(),
            at_ms: 1_700_000_000_000,
        }
    }
}

/// Waits until all these clients hold the same version of a document.
pub async fn wait_equal(document: DocumentId, clients: &[&LightClient]) -> Result<()> {
    let Some((first, others)) = clients.split_first() else {
        return Ok(());
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let heads = first.heads(document);
        if others.iter().all(|client| client.heads(document) == heads) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("the replicas do not become equal");
        }
        // Any of them may change: looked at again soon, without an assertion on how soon.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn peer(device: &str) -> PeerId {
    let text = format!("{device}-tab");
    // Lower-case letters, digits and a dash are a peer id by every rule.
    text.parse().unwrap_or_else(|_| unreachable!("{text} is a peer id"))
}

struct Driver {
    server: SocketAddr,
    workshop: String,
    credential: Credential,
    client: Client,
    shared: Arc<Shared>,
    changes: watch::Sender<u64>,
    started: Instant,
    random: u64,
    socket: Option<Socket>,
    opening: bool,
    wake_at_ms: Option<u64>,
    /// How many of its own changes the client has been told of, by document.
    submitted: BTreeMap<DocumentId, usize>,
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
    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
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
