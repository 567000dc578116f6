//! A platform whose time, randomness, socket and memory belong to the test.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

use super::{Build, Platform, Socket, SocketEvent, StoredChunks, Task, Timer};

/// What a device keeps when its page is gone: hand it to the next page.
#[derive(Default)]
pub struct Memory {
    /// What was written, by key, each chunk under a number of its own.
    pub chunks: RefCell<BTreeMap<String, BTreeMap<u64, Vec<u8>>>>,
    count: Cell<u64>,
    /// Small texts.
    pub prefs: RefCell<BTreeMap<String, String>>,
    /// Like a private window: nothing is kept.
    pub denied: Cell<bool>,
}

/// The platform. Time moves only by [`Scripted::advance`].
pub struct Scripted {
    now_ms: Cell<u64>,
    random: Cell<u64>,
    memory: Rc<Memory>,
    timers: RefCell<BTreeMap<(u64, u64), Waiting>>,
    timer_count: Cell<u64>,
    soon: RefCell<VecDeque<Task>>,
    line: RefCell<Option<Line>>,
    sent: RefCell<VecDeque<Vec<u8>>>,
    /// The chunks that this page has read or written, by key.
    known: RefCell<BTreeMap<String, BTreeSet<u64>>>,
    /// What it said to the other tabs.
    told: RefCell<VecDeque<String>>,
    /// Which build the page is.
    pub build: RefCell<Build>,
    /// How often it asked for the newest page, and how often it wanted to show it at once.
    pub fetched: Cell<usize>,
    /// See `fetched`.
    pub reloaded: Cell<usize>,
    /// How many sockets the page has asked for.
    pub sockets_opened: Cell<usize>,
    /// Lines for engineers.
    pub log: RefCell<Vec<String>>,
}

/// What rings, and whether it has been silenced.
type Waiting = (Task, Rc<Cell<bool>>);

struct Line {
    on_event: Rc<dyn Fn(SocketEvent)>,
    live: Rc<Cell<bool>>,
}

struct ScriptedSocket {
    platform: std::rc::Weak<Scripted>,
    live: Rc<Cell<bool>>,
}

impl Socket for ScriptedSocket {
    fn send(&self, frame: &[u8]) {
        if let (Some(platform), true) = (self.platform.upgrade(), self.live.get()) {
            platform.sent.borrow_mut().push_back(frame.to_vec());
        }
    }
}

impl Drop for ScriptedSocket {
    fn drop(&mut self) {
        self.live.set(false);
    }
}

struct ScriptedTimer(Rc<Cell<bool>>);

impl Timer for ScriptedTimer {}

impl Drop for ScriptedTimer {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

/// The shared handle that the store takes.
pub struct Shared(pub Rc<Scripted>);

impl Scripted {
    /// A page that has just been opened, at the second second of its device's time.
    pub fn new(seed: u64, memory: Rc<Memory>) -> Rc<Self> {
        Rc::new(Self {
            now_ms: Cell::new(1_000),
            random: Cell::new(seed),
            memory,
            timers: RefCell::default(),
            timer_count: Cell::new(0),
            soon: RefCell::default(),
            line: RefCell::default(),
            sent: RefCell::default(),
            known: RefCell::default(),
            told: RefCell::default(),
            build: RefCell::new(Build {
                page: Some("this".to_owned()),
                revision: sync::wire::REVISION,
            }),
            fetched: Cell::new(0),
            reloaded: Cell::new(0),
            sockets_opened: Cell::new(0),
            log: RefCell::default(),
        })
    }

    /// Lets time pass; timers ring in order, at their own moment.
    pub fn advance(&self, ms: u64) {
        let end_ms = self.now_ms.get() + ms;
        loop {
            self.paint();
            let first = self
                .timers
                .borrow()
                .keys()
                .next()
                .copied()
                .filter(|(at_ms, _)| *at_ms <= end_ms);
            let Some(key) = first else { break };
            let Some((task, silenced)) = self.timers.borrow_mut().remove(&key) else {
                break;
            };
            self.now_ms.set(self.now_ms.get().max(key.0));
            if !silenced.get() {
                task();
            }
        }
        self.now_ms.set(end_ms);
    }

    /// Runs what waits for the next paint.
    pub fn paint(&self) {
        while let Some(task) = { self.soon.borrow_mut().pop_front() } {
            task();
        }
    }

    /// Whether the page holds a socket, open or opening.
    pub fn has_socket(&self) -> bool {
        self.line.borrow().as_ref().is_some_and(|line| line.live.get())
    }

    /// Something happens on the socket, unless the page has let go of it.
    pub fn happen(&self, event: SocketEvent) {
        let call = self
            .line
            .borrow()
            .as_ref()
            .filter(|line| line.live.get())
            .map(|line| Rc::clone(&line.on_event));
        if let Some(call) = call {
            call(event);
        }
    }

    /// What the page has said to other tabs since the last call.
    pub fn take_told(&self) -> Vec<String> {
        self.told.borrow_mut().drain(..).collect()
    }

    /// Reads chunks and remembers that they were read.
    fn read(&self, key: &str, only_new: bool) -> StoredChunks {
        if self.memory.denied.get() {
            return StoredChunks::default();
        }
        let mut known = self.known.borrow_mut();
        let known = known.entry(key.to_owned()).or_default();
        let chunks = self.memory.chunks.borrow();
        let found = chunks.get(key).into_iter().flatten();
        let found: Vec<_> = found.filter(|(id, _)| !only_new || !known.contains(id)).collect();
        known.extend(found.iter().map(|(id, _)| **id));
        StoredChunks {
            chunks: found.into_iter().map(|(_, chunk)| chunk.clone()).collect(),
            available: true,
        }
    }

    /// Writes a chunk; says whether the device took it.
    fn write(&self, key: &str, chunk: Vec<u8>, replacing: bool) -> bool {
        if self.memory.denied.get() {
            return false;
        }
        let mut known = self.known.borrow_mut();
        let known = known.entry(key.to_owned()).or_default();
        let mut chunks = self.memory.chunks.borrow_mut();
        let chunks = chunks.entry(key.to_owned()).or_default();
        if replacing {
            for old in std::mem::take(known) {
                chunks.remove(&old);
            }
        }
        let id = self.memory.count.get();
        self.memory.count.set(id + 1);
        known.insert(id);
        chunks.insert(id, chunk);
        true
    }

    /// Frames the page has sent since the last call.
    pub fn take_sent(&self) -> Vec<Vec<u8>> {
        self.sent.borrow_mut().drain(..).collect()
    }
}

impl Platform for Shared {
    fn now_ms(&self) -> u64 {
        self.0.now_ms.get()
    }

    fn wall_ms(&self) -> i64 {
        1_700_000_000_000 + self.0.now_ms.get() as i64
    }

    fn random(&self) -> u128 {
        let draw = || {
            // SplitMix64.
            self.0
                .random
                .set(self.0.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
            let mut bits = self.0.random.get();
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bits ^ (bits >> 31)
        };
        u128::from(draw()) << 64 | u128::from(draw())
    }

    fn after(&self, delay_ms: u64, task: Task) -> Box<dyn Timer> {
        let silenced = Rc::new(Cell::new(false));
        self.0.timer_count.set(self.0.timer_count.get() + 1);
        let key = (self.0.now_ms.get() + delay_ms, self.0.timer_count.get());
        self.0.timers.borrow_mut().insert(key, (task, Rc::clone(&silenced)));
        Box::new(ScriptedTimer(silenced))
    }

    fn before_paint(&self, task: Task) {
        self.0.soon.borrow_mut().push_back(task);
    }

    fn open_socket(&self, _workshop: &str, on_event: Box<dyn Fn(SocketEvent)>) -> Box<dyn Socket> {
        let live = Rc::new(Cell::new(true));
        self.0.sent.borrow_mut().clear();
        self.0.sockets_opened.set(self.0.sockets_opened.get() + 1);
        *self.0.line.borrow_mut() = Some(Line {
            on_event: Rc::from(on_event),
            live: Rc::clone(&live),
        });
        Box::new(ScriptedSocket {
            platform: Rc::downgrade(&self.0),
            live,
        })
    }

    fn load(&self, key: &str, then: Box<dyn FnOnce(StoredChunks)>) {
        let found = self.0.read(key, false);
        // As in the browser: never within the call itself.
        self.before_paint(Box::new(move || then(found)));
    }

    fn load_new(&self, key: &str, then: Box<dyn FnOnce(StoredChunks)>) {
        let found = self.0.read(key, true);
        self.before_paint(Box::new(move || then(found)));
    }

    fn append(&self, key: &str, chunk: Vec<u8>, then: Box<dyn FnOnce(bool)>) {
        let written = self.0.write(key, chunk, false);
        self.before_paint(Box::new(move || then(written)));
    }

    fn compact(&self, key: &str, snapshot: Vec<u8>, then: Box<dyn FnOnce(bool)>) {
        let written = self.0.write(key, snapshot, true);
        self.before_paint(Box::new(move || then(written)));
    }

    fn tell_tabs(&self, word: &str) {
        self.0.told.borrow_mut().push_back(word.to_owned());
    }

    fn build(&self) -> Build {
        self.0.build.borrow().clone()
    }

    fn fetch_page(&self) {
        self.0.fetched.set(self.0.fetched.get() + 1);
    }

    fn reload(&self) {
        self.0.reloaded.set(self.0.reloaded.get() + 1);
    }

    fn forget(&self, key: &str) {
        self.0.memory.chunks.borrow_mut().remove(key);
    }

    fn log(&self, line: &str) {
        self.0.log.borrow_mut().push(line.to_owned());
    }

    fn pref(&self, key: &str) -> Option<String> {
        self.0.memory.prefs.borrow().get(key).cloned()
    }

    fn set_pref(&self, key: &str, value: Option<&str>) {
        let mut prefs = self.0.memory.prefs.borrow_mut();
        match value {
            Some(value) => prefs.insert(key.to_owned(), value.to_owned()),
            None => prefs.remove(key),
        };
    }
}
