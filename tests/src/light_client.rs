//! A client without a page: the browser's own [`sync::Client`] over a real socket. It keeps a log of what it was told is saved.

mod driver;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail};
use automerge::{ActorId, Automerge, Change, ChangeHash};
use board::{Board, BoardView, Command, Stamp, Workshop, WorkshopCommand, WorkshopView};
use sync::{Access, Client, DocumentId, PeerId, wire::SERVER_FRAME_BYTES_MAX};
use tokio::{
    net::TcpStream,
    sync::{mpsc, watch},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, client::IntoClientRequest as _, protocol::WebSocketConfig},
};

use crate::http::HttpDevice;
use driver::Driver;

/// How long a test waits for anything at all. Long, because the machine may be busy: nothing asserts on time.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A socket as tests open it.
pub type Socket = WebSocketStream<TcpStream>;

/// How a client proves who it is.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The cookie of a device, with the origin its pages have: it buys a ticket for each socket, as a page does.
    Cookie(String),
    /// A ticket that somebody has bought.
    Ticket(String),
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
    let (query, ticket) = match credential {
        Credential::Cookie(cookie) => (String::new(), Some(buy_ticket(server, workshop, cookie, origin).await?)),
        Credential::Ticket(ticket) => (String::new(), Some(ticket.clone())),
        Credential::Token(token) => (format!("?token={token}"), None),
    };
    let mut request = format!("ws://{server}/sync/{workshop}{query}").into_client_request()?;
    let protocols = ticket.map(|ticket| format!("yoriai, yoriai.ticket.{ticket}"));
    for (name, value) in [("sec-websocket-protocol", protocols.as_deref()), ("origin", origin)] {
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

/// Buys a ticket for one socket with a device's cookie. A refusal reads as if the socket had been refused.
pub async fn buy_ticket(
    server: SocketAddr,
    workshop: &str,
    cookie: &str,
    origin: Option<&str>,
) -> Result<String, tungstenite::Error> {
    let away = |_| tungstenite::Error::ConnectionClosed;
    let fields: Vec<(&str, &str)> = origin.map(|origin| ("origin", origin)).into_iter().collect();
    let answer = HttpDevice::with_cookie(server, cookie)
        .request_with("POST", &format!("/api/workshops/{workshop}/ticket"), None, &fields)
        .await
        .map_err(away)?;
    if answer.status == 201 {
        let ticket = answer.json().map_err(away)?;
        let ticket = ticket.pointer("/ticket").and_then(serde_json::Value::as_str);
        return ticket.map(str::to_owned).ok_or(tungstenite::Error::ConnectionClosed);
    }
    let refused = tungstenite::http::Response::builder()
        .status(answer.status)
        .body(Some(answer.body));
    Err(refused.map_or(tungstenite::Error::ConnectionClosed, |refused| {
        tungstenite::Error::Http(Box::new(refused))
    }))
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

    /// The actor id under which this client writes.
    pub fn actor(&self) -> ActorId {
        self.actor.clone()
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
