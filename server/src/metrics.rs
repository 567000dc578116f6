//! Figures for the operator, as Prometheus text at `/metrics`. No label carries a name, an address or an identifier.

use std::sync::atomic::Ordering;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Why something was refused; a small fixed set, so that the number of series is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Refusal {
    /// The reason, one of the names in this file's callers.
    pub reason: &'static str,
}

/// All figures. Cheap to update; one per server.
pub struct Metrics {
    registry: Registry,
    /// Open sockets.
    pub sessions: Gauge,
    /// Documents in memory.
    pub rooms: Gauge,
    /// Documents that are being read from the store.
    pub loads: Gauge,
    /// The most of them that there ever were at once.
    pub loads_max: Gauge,
    /// Inputs that wait for rooms, over all rooms, as last seen by each.
    pub room_inbox: Gauge,
    /// From a batch leaving its room to the store's answer, in seconds.
    pub commit_seconds: Histogram,
    /// From the arrival of the edit that waited longest in its batch until the batch is durable and acknowledged, in seconds.
    pub ack_seconds: Histogram,
    /// Rooms that have been busy with one thing for too long, as last looked at by the health check.
    pub stuck_rooms: Gauge,
    /// Transactions that wait for the store's writer.
    pub store_waiting: Gauge,
    /// Changes that became durable.
    pub changes: Counter,
    /// Bytes put on sockets.
    pub sent_bytes: Counter,
    /// What was refused, by reason.
    pub refusals: Family<Refusal, Counter>,
    /// Panics that peer bytes caused and that were caught.
    pub panics: Counter,
    /// Transactions that the store refused or failed.
    pub store_failures: Counter,
    /// Sessions closed because they read too slowly.
    pub slow_readers: Counter,
    /// Bytes that wait for readers or are being written to them, over all sockets.
    pub outbox_bytes: Gauge,
    /// The most of them that ever waited for one reader, large answers to its own questions aside.
    pub outbox_bytes_max: Gauge,
    /// Sockets that were not read for a while because their device was over its budget.
    pub held_back: Counter,
    /// Milliseconds since 1970 of the start.
    pub started_ms: Gauge<i64>,
}

impl Metrics {
    /// All figures at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("yoriai");
        // 0.25 ms to 8 s in doublings: an fsync takes 0.2 ms on the test machine and a second on a tired disk.
        let seconds = || Histogram::new((0..16).map(|exponent| 0.000_25 * f64::from(1u32 << exponent)));
        let metrics = Self {
            sessions: Gauge::default(),
            rooms: Gauge::default(),
            loads: Gauge::default(),
            loads_max: Gauge::default(),
            room_inbox: Gauge::default(),
            commit_seconds: seconds(),
            ack_seconds: seconds(),
            stuck_rooms: Gauge::default(),
            store_waiting: Gauge::default(),
            changes: Counter::default(),
            sent_bytes: Counter::default(),
            refusals: Family::default(),
            panics: Counter::default(),
            store_failures: Counter::default(),
            slow_readers: Counter::default(),
            outbox_bytes: Gauge::default(),
            outbox_bytes_max: Gauge::default(),
            held_back: Counter::default(),
            started_ms: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("sessions", "Open sockets", metrics.sessions.clone());
        registry.register("rooms", "Documents in memory", metrics.rooms.clone());
        registry.register("loads", "Documents being read", metrics.loads.clone());
        registry.register(
            "loads_max",
            "The most documents that were ever read at once",
            metrics.loads_max.clone(),
        );
        registry.register("room_inbox", "Inputs waiting for rooms", metrics.room_inbox.clone());
        registry.register_with_unit(
            "commit",
            "From a batch leaving its room until it is durable",
            Unit::Seconds,
            metrics.commit_seconds.clone(),
        );
        registry.register_with_unit(
            "ack",
            "From an edit's arrival until it is durable and acknowledged; of each batch the edit that waited longest",
            Unit::Seconds,
            metrics.ack_seconds.clone(),
        );
        registry.register(
            "stuck_rooms",
            "Documents that do not get on, as last checked",
            metrics.stuck_rooms.clone(),
        );
        registry.register(
            "store_waiting",
            "Transactions that wait for the disk",
            metrics.store_waiting.clone(),
        );
        registry.register("changes", "Changes that became durable", metrics.changes.clone());
        registry.register("sent_bytes", "Bytes put on sockets", metrics.sent_bytes.clone());
        registry.register("refusals", "What was refused", metrics.refusals.clone());
        registry.register("panics", "Caught panics", metrics.panics.clone());
        registry.register(
            "store_failures",
            "Transactions that failed",
            metrics.store_failures.clone(),
        );
        registry.register(
            "slow_readers",
            "Sessions closed for reading too slowly",
            metrics.slow_readers.clone(),
        );
        registry.register(
            "outbox_bytes",
            "Bytes that wait for readers",
            metrics.outbox_bytes.clone(),
        );
        registry.register(
            "outbox_bytes_max",
            "The most bytes that ever waited for one reader",
            metrics.outbox_bytes_max.clone(),
        );
        registry.register(
            "held_back",
            "Times that a socket was not read because its device was over its budget",
            metrics.held_back.clone(),
        );
        registry.register(
            "started_ms",
            "Start, in milliseconds since 1970",
            metrics.started_ms.clone(),
        );
        Self { registry, ..metrics }
    }

    /// Counts one more document being read, until the guard is dropped.
    pub fn loading(&self) -> impl Drop + use<> {
        struct Loading(Gauge);
        impl Drop for Loading {
            fn drop(&mut self) {
                self.0.dec();
            }
        }
        let now = self.loads.inc() + 1;
        self.loads_max.inner().fetch_max(now, Ordering::Relaxed);
        Loading(self.loads.clone())
    }

    /// Notes how much waits for one reader.
    pub fn saw_outbox(&self, bytes: i64) {
        self.outbox_bytes_max.inner().fetch_max(bytes, Ordering::Relaxed);
    }

    /// Counts a refusal.
    pub fn refused(&self, reason: &'static str) {
        self.refusals.get_or_create(&Refusal { reason }).inc();
    }

    /// The figures as OpenMetrics text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
