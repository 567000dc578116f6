//! What every request can reach.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use sync::PeerId;
use tokio::sync::{mpsc, watch};

use crate::{
    api::guard::Origins, assets::Page, metrics::Metrics, people::PeopleLists, rooms::Rooms, store::Store,
    throttle::CodeDoor, workshops::Workshops,
};

/// The running server's parts. One per server.
pub struct ServerState {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// The documents in memory.
    pub(crate) rooms: Arc<Rooms>,
    /// The workshops people are connected to.
    pub workshops: Workshops,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Who may act from where.
    pub origins: Origins,
    /// Who is on each table's list.
    pub people: PeopleLists,
    /// Where codes are tried.
    pub code_door: CodeDoor,
    /// The page.
    pub page: Page,
    /// What links start with, without a slash at the end.
    pub base_url: String,
    /// The server's name on the wire.
    pub peer: PeerId,
    /// True once the server is stopping.
    pub stopping: watch::Receiver<bool>,
    /// Held by every connection: the shutdown waits until all are gone.
    pub connections: mpsc::Sender<()>,
    /// One transfer at a time per workshop, so that the second of two sees what the first has moved.
    pub transfers: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Numbers the sessions.
    pub next_session: std::sync::atomic::AtomicU64,
}

impl ServerState {
    /// Whether cookies may travel over TLS only.
    pub fn secure(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// The lock under which a workshop's transfers happen.
    pub fn transfer_turn(&self, workshop: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.transfers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Turns that nobody holds or waits for are forgotten: the map is as large as the transfers under way.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(workshop.to_owned()).or_default())
    }
}

/// Milliseconds since 1970 by this machine's clock: for people and expiry dates, never for order.
pub fn wall_clock_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}
