//! The shell on tokio: HTTP and sockets (axum), rooms, storage (SQLite), roles, exports, the page.
//!
//! [`run`] is the whole server: the caller owns the listener, the configuration and the moment of stopping. Notes are the
//! business of `board`, the protocol that of `sync`; this crate moves bytes between sockets, rooms and the disk, and decides
//! who may do what.
//!
//! What is acknowledged is on disk; what a peer sends can cost at most its own session.

pub mod api;
pub mod assets;
pub mod budget;
pub mod config;
pub mod connection;
pub mod health;
pub mod maintenance;
pub mod metrics;
pub mod outbox;
pub mod people;
mod qr;
mod rooms;
pub mod secret;
mod serve;
pub mod startup;
pub mod state;
pub mod store;
pub mod throttle;
pub mod tickets;
mod tls;
pub mod workshops;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use sync::PeerId;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc, watch},
    time::timeout,
};

pub use config::Config;
pub use rooms::limits::OPERATIONS_MAX;
pub use startup::StartError;
pub use store::Store;

use crate::{
    api::guard::Origins, assets::Page, metrics::Metrics, rooms::Rooms, startup::DataFolder, state::ServerState,
    throttle::CodeDoor, workshops::Workshops,
};

/// Connections get this long to say goodbye, and rooms to finish what is on its way to the disk.
const STOPPING_TIME_MAX: Duration = Duration::from_secs(5);

/// Opens the data folder and serves until `shutdown` resolves; then closes sockets with 1012 and saves what is under way.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let folder = DataFolder::lock(&config.data)?;
    let store = Arc::new(folder.open_store()?);
    // The folder stays locked until the store is closed.
    let outcome = run_with_store(listener, config, store, shutdown).await;
    drop(folder);
    outcome
}

/// Serves with a store of the caller's: tests wrap one to make it slow, full or dead.
pub async fn run_with_store(
    listener: TcpListener,
    config: Config,
    store: Arc<dyn Store>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let address = listener.local_addr().map_err(StartError::Serve)?;
    let tls = tls::acceptor(&config, &config.data)?;
    let (stop, stopping) = watch::channel(false);
    let (connections, mut connections_ended) = mpsc::channel::<()>(1);
    let metrics = Arc::new(Metrics::new());
    metrics.started_ms.set(state::wall_clock_ms());
    let base_url = config.base_url_for(address);
    let peer = server_peer()?;
    let idle = Duration::from_secs(config.room_idle_s);
    let (rooms, mut rooms_ended) = Rooms::new(Arc::clone(&store), Arc::clone(&metrics), peer.clone(), idle);
    let state = Arc::new(ServerState {
        health: health::Health::new(Arc::clone(&store), Arc::clone(&rooms)),
        workshops: Workshops::new(Arc::clone(&store), Arc::clone(&rooms)),
        store,
        rooms: Arc::clone(&rooms),
        metrics,
        origins: Origins::new(&base_url, &config.allow_origin),
        code_door: CodeDoor::new(),
        large_bodies: Semaphore::new(api::LARGE_BODIES_MAX),
        tickets: tickets::Tickets::default(),
        budgets: budget::Budgets::default(),
        people: people::PeopleLists::default(),
        page: config.page_dir.clone().map_or(Page::Embedded, Page::Folder),
        base_url,
        peer,
        stopping,
        connections,
        transfers: Mutex::new(BTreeMap::new()),
        next_session: AtomicU64::new(1),
    });
    let router = api::router(Arc::clone(&state));
    drop(state);
    let stopped = async move {
        shutdown.await;
        tracing::info!("stopping: no new connections");
        // Nobody listening means that there are no connections.
        let _ = stop.send(true);
    };
    match tls {
        Some(acceptor) => {
            let listener = tls::TlsListener::new(listener, acceptor).map_err(StartError::Serve)?;
            serve::serve(listener, router, stopped, STOPPING_TIME_MAX).await;
        }
        None => serve::serve(tls::PlainListener(listener), router, stopped, STOPPING_TIME_MAX).await,
    }
    if timeout(STOPPING_TIME_MAX, connections_ended.recv()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
    rooms.drain().await;
    if timeout(STOPPING_TIME_MAX, rooms_ended.recv()).await.is_err() {
        tracing::warn!("some documents could not be saved in time; what was acknowledged is on disk");
    }
    tracing::info!("stopped");
    Ok(())
}

/// The server's name on the wire: new at every start, because what a client learnt in one run must not be taken for granted
/// in the next.
fn server_peer() -> Result<PeerId, StartError> {
    let failed = || StartError::Serve(std::io::Error::other("the operating system gave no random bytes"));
    let bytes = secret::random_bytes::<8>().map_err(|_| failed())?;
    format!("yoriai-{}", secret::hex(&bytes)).parse().map_err(|_| failed())
}
