//! The world outside the store: socket, clock, randomness, timers, the device's memory.
//!
//! The store sees only the [`Platform`] trait, so that it runs natively under test against [`scripted`] and in the
//! browser against [`browser`]. Nothing here knows notes or documents.

pub mod browser;
pub mod clipboard;
pub mod clock;
pub mod database;
pub mod keeper;
pub mod prefs;
#[cfg(test)]
pub mod scripted;
pub mod socket;
pub mod tabs;

/// What happened on a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// It can carry frames now.
    Opened,
    /// A binary frame arrived.
    Frame(Vec<u8>),
    /// The server would not open it, and says why; it is gone next.
    Refused {
        /// A word for why, as in an answer of the REST interface.
        code: String,
    },
    /// It is gone, whether it ever was open or not. Nothing follows.
    Closed {
        /// The WebSocket close code, 1006 when there was none.
        code: u16,
    },
}

/// An open (or opening) socket; dropping it closes it and silences its events.
pub trait Socket {
    /// Sends a binary frame; before the socket is open or after it closed, nothing happens.
    fn send(&self, frame: &[u8]);
}

/// A timer that has not rung yet; dropping it silences it.
pub trait Timer {}

/// What was found on the device about a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredChunks {
    /// The chunks in the order in which they were appended, the snapshot first.
    pub chunks: Vec<Vec<u8>>,
    /// False when the device refuses to store anything.
    pub available: bool,
}

/// Which build of the page this is (sync/SPEC.md, S8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Build {
    /// The hash of its files; none where the page was not built by xtask.
    pub page: Option<String>,
    /// Which revision of the protocol's own messages it speaks.
    pub revision: u64,
}

/// Whether the page itself opens without a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keeping {
    /// Not known yet: its files are on their way to the device.
    #[default]
    Asking,
    /// Every file of it is on the device.
    Kept,
    /// The browser allows it only over HTTPS, and this page came without.
    Insecure,
    /// The browser refuses: a private window, a certificate that it does not trust, a full device.
    Refused,
}

/// Something called once, later.
pub type Task = Box<dyn FnOnce()>;

/// The world as the store needs it. One object per page.
pub trait Platform {
    /// Milliseconds since some start; never goes back, and counts the time a device slept.
    fn now_ms(&self) -> u64;
    /// Milliseconds since 1970 by the device's clock; information for people, order never depends on it.
    fn wall_ms(&self) -> i64;
    /// 128 random bits that nobody can guess.
    fn random(&self) -> u128;
    /// Calls once, `delay_ms` from now at the earliest.
    fn after(&self, delay_ms: u64, task: Task) -> Box<dyn Timer>;
    /// Calls once before the next paint, or within 100 ms on a page that is not painted.
    fn before_paint(&self, task: Task);
    /// Opens the socket of a workshop.
    fn open_socket(&self, workshop: &str, on_event: Box<dyn Fn(SocketEvent)>) -> Box<dyn Socket>;
    /// Reads what the device holds under a key.
    fn load(&self, key: &str, then: Box<dyn FnOnce(StoredChunks)>);
    /// Appends to what the device holds under a key. Failing is reported through `then(false)`.
    fn append(&self, key: &str, chunk: Vec<u8>, then: Box<dyn FnOnce(bool)>);
    /// Replaces everything that this page has loaded or appended under a key; chunks of other tabs stay. Failing leaves the
    /// old chunks where they are and is reported through `then(false)`.
    fn compact(&self, key: &str, snapshot: Vec<u8>, then: Box<dyn FnOnce(bool)>);
    /// Reads what other tabs have written under a key since this page last read it.
    fn load_new(&self, key: &str, then: Box<dyn FnOnce(StoredChunks)>);
    /// Tells the other tabs of this device something; whoever is not there does not hear it.
    fn tell_tabs(&self, word: &str);
    /// Which build of the page this is.
    fn build(&self) -> Build;
    /// Brings the newest page onto the device, to be shown from the next visit on.
    fn fetch_page(&self);
    /// Brings the newest page onto the device and shows it at once.
    fn reload(&self);
    /// Deletes everything that the device holds under a key, also what other tabs wrote.
    fn forget(&self, key: &str);
    /// A line for engineers, without personal text.
    fn log(&self, line: &str);
    /// A small text the device remembers, such as the language.
    fn pref(&self, key: &str) -> Option<String>;
    /// Remembers a small text, or forgets it.
    fn set_pref(&self, key: &str, value: Option<&str>);
}
