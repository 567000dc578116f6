//! What every request can reach.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use sync::PeerId;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::{
    api::guard::Origins, assets::Page, budget::Budgets, health::Health, metrics::Metrics, people::PeopleLists,
    rooms::Rooms, store::Store, throttle::CodeDoor, tickets::Tickets, workshops::Workshops,
};

/// One device returns in about this time: 250 a second, half of what a small machine takes in.
const RETURN_MS_PER_SESSION: u64 = 4;
/// Nobody returns all at once.
const RETURN_MS_MIN: u64 = 250;
/// The pause of a deployment stays below 5 s.
const RETURN_MS_MAX: u64 = 3_000;

/// The running server's parts. One per server.
pub struct ServerState {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// The documents in memory.
    pub(crate) rooms: Arc<Rooms>,
    /// The workshops people are connected to.
    pub workshops: Workshops,
    /// Whether it saves.
    pub health: Health,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Who may act from where.
    pub origins: Origins,
    /// Who is on each table's list.
    pub people: PeopleLists,
    /// Where codes are tried.
    pub code_door: CodeDoor,
    /// Places for large request bodies while they arrive.
    pub large_bodies: Semaphore,
    /// The tickets that wait for their sockets.
    pub tickets: Tickets,
    /// How much everybody may ask for.
    pub budgets: Budgets,
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

    /// Over how many milliseconds the devices should spread their return after a restart.
    pub fn return_within_ms(&self) -> u64 {
        let sessions = u64::try_from(self.metrics.sessions.get()).unwrap_or(0);
        (sessions * RETURN_MS_PER_SESSION).clamp(RETURN_MS_MIN, RETURN_MS_MAX)
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
