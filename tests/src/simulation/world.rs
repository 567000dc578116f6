//! The hall: who is there, what is on its way, what time it is.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use automerge::Change;
use sync::{
    Access, DocumentId,
    client::{ClientEvent, Documents, Effect},
    room::Input,
    session, wire,
};

use super::{
    chance::Chance,
    disk::Disk,
    other::Other,
    person::Person,
    server::{Action, Rights, Server},
};

/// automerge-repo tries again after this time.
const OTHER_RETRY_MS: u64 = 5_000;
/// The server gives up a connection that has been silent for this long; so does the network of a third party's device.
const SILENT_MS: u64 = 20_000;
/// Lines of the trace that a failure shows.
const TRACE_LINES: usize = 40;

/// Everything in one simulation.
#[derive(Debug)]
pub struct World {
    /// Virtual time.
    pub now_ms: u64,
    /// Delays are drawn from here, and whatever a plan draws.
    pub chance: Chance,
    /// What survives the server.
    pub disk: Disk,
    /// What everybody may do.
    pub rights: Rights,
    /// The boards.
    pub documents: Vec<DocumentId>,
    /// A frame takes this long, at least and at most.
    pub latency_ms: (u64, u64),
    /// People with our client.
    pub people: Vec<Person>,
    /// Third parties' clients.
    pub others: Vec<Other>,
    /// What happened.
    pub trace: Trace,
    server: Option<Server>,
    incarnation: u64,
    links: BTreeMap<u64, Link>,
    connections: u64,
    events: BTreeMap<(u64, u64), Event>,
    order: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Person(usize),
    Other(usize),
}

#[derive(Debug)]
struct Link {
    who: Who,
    /// Frames vanish, nobody is told.
    silent: bool,
    to_server_ms: u64,
    to_device_ms: u64,
}

#[derive(Debug)]
enum Event {
    Opened {
        connection: u64,
    },
    ToServer {
        connection: u64,
        bytes: Vec<u8>,
    },
    ToDevice {
        connection: u64,
        bytes: Arc<[u8]>,
    },
    ClosedAtServer {
        connection: u64,
    },
    ClosedAtDevice {
        connection: u64,
    },
    Wake {
        person: usize,
    },
    OtherRetry {
        other: usize,
    },
    ServerUp,
    RoomWake {
        incarnation: u64,
        document: DocumentId,
    },
    Loaded {
        incarnation: u64,
        document: DocumentId,
    },
    Written {
        incarnation: u64,
        document: DocumentId,
        batch: u64,
        changes: Arc<[Change]>,
    },
}

/// A hash of everything that happened, and the last lines of it.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    /// How many lines there were.
    pub lines: u64,
    last: VecDeque<String>,
    /// Print each line as it comes.
    pub aloud: bool,
}

impl Trace {
    fn new() -> Self {
        // The offset basis of FNV-1a.
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            lines: 0,
            last: VecDeque::new(),
            aloud: false,
        }
    }

    /// Adds a line.
    pub fn line(&mut self, line: String) {
        for byte in line.bytes().chain([b'\n']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.aloud {
            println!("{line}");
        }
        self.lines += 1;
        if self.last.len() == TRACE_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// FNV-1a over all lines.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// The last lines, for a failure.
    pub fn last(&self) -> String {
        self.last.iter().map(|line| format!("{line}\n")).collect()
    }
}

impl World {
    /// A hall with a server that is up, these boards on disk, and nobody there.
    pub fn new(seed: u64, boards: u8) -> Self {
        let documents: Vec<_> = (1..=boards)
            .map(|number| DocumentId::from_bytes([number; 16]))
            .collect();
        let mut world = Self {
            now_ms: 0,
            chance: Chance::new(seed),
            disk: Disk::new(5),
            rights: Rights::new(),
            documents: documents.clone(),
            latency_ms: (1, 20),
            people: Vec::new(),
            others: Vec::new(),
            trace: Trace::new(),
            server: Some(Server::new()),
            incarnation: 0,
            links: BTreeMap::new(),
            connections: 0,
            events: BTreeMap::new(),
            order: 0,
        };
        for document in documents {
            let mut founder = super::person::Shelf::new("founder");
            founder.begin(document);
            world.disk.write(document, &[founder.found(&document)]);
        }
        world
    }

    /// A person comes with a tablet; returns their index.
    pub fn person(&mut self, name: &str, access: Access) -> usize {
        for document in &self.documents {
            self.rights.insert((name.to_owned(), *document), access);
        }
        self.people.push(Person::new(name, &self.documents));
        let person = self.people.len() - 1;
        self.tell(person, ClientEvent::Start);
        person
    }

    /// A third party's client comes; returns its index.
    pub fn other(&mut self, name: &str, access: Access) -> usize {
        for document in &self.documents {
            self.rights.insert((name.to_owned(), *document), access);
        }
        self.others.push(Other::new(name, &self.documents));
        let other = self.others.len() - 1;
        self.connect(Who::Other(other));
        other
    }

    /// A person writes a word on a board.
    pub fn write(&mut self, person: usize, board: usize, key: &str, value: &str) {
        let document = self.documents[board];
        let here = &mut self.people[person];
        if here.asleep {
            return;
        }
        if let Some(change) = here.shelf.write(&document, key, value) {
            self.trace
                .line(format!("{} {} writes {key} {}", self.now_ms, here.name, change.hash()));
            self.tell(person, ClientEvent::LocalChange { document, change });
        }
    }

    /// A third party writes a word on a board.
    pub fn write_other(&mut self, other: usize, board: usize, key: &str, value: &str) {
        let document = self.documents[board];
        let frames = self.others[other].write(&document, key, value);
        self.trace
            .line(format!("{} {} writes {key}", self.now_ms, self.others[other].name));
        self.send_all(self.others[other].connection, frames);
    }

    /// A person points at something.
    pub fn point(&mut self, person: usize, board: usize) {
        let document = self.documents[board];
        self.tell(
            person,
            ClientEvent::SendEphemeral {
                document,
                data: vec![1, 2, 3],
            },
        );
    }

    /// A right changes, on open connections too.
    pub fn change_right(&mut self, name: &str, board: usize, access: Access) {
        let document = self.documents[board];
        self.trace
            .line(format!("{} {name} may {} on {board}", self.now_ms, access.as_str()));
        let before = self.rights.insert((name.to_owned(), document), access);
        let mut actions = Vec::new();
        if let Some(server) = &mut self.server {
            server.change_right(self.now_ms, &self.rights, name, document, &mut actions);
        }
        self.act(actions);
        if before == Some(Access::None)
            && access != Access::None
            && let Some(person) = self.people.iter().position(|person| person.name == name)
            && let Some(connection) = self.people[person].connection
        {
            // Nobody in the room to tell: the server tells the connection.
            let bytes = session::access_frame(document, access, "stage");
            self.to_device(connection, bytes.into());
        }
    }

    /// A person's connection breaks, and both ends notice.
    pub fn cut(&mut self, person: usize) {
        self.break_link(self.people[person].connection);
    }

    /// A third party's connection breaks, and both ends notice.
    pub fn cut_other(&mut self, other: usize) {
        self.break_link(self.others[other].connection);
    }

    /// A person's connection goes dead without a word.
    pub fn silence(&mut self, person: usize) {
        self.silence_link(self.people[person].connection);
    }

    /// A third party's connection goes dead without a word.
    pub fn silence_other(&mut self, other: usize) {
        self.silence_link(self.others[other].connection);
    }

    /// A tablet sleeps: its timers stop, its connection dies silently.
    pub fn sleep(&mut self, person: usize) {
        self.people[person].asleep = true;
        self.trace
            .line(format!("{} {} sleeps", self.now_ms, self.people[person].name));
        self.silence(person);
    }

    /// A tablet wakes.
    pub fn wake(&mut self, person: usize) {
        if std::mem::take(&mut self.people[person].asleep) {
            self.trace
                .line(format!("{} {} wakes", self.now_ms, self.people[person].name));
            self.tell(person, ClientEvent::Tick);
        }
    }

    /// A person reloads the page: the replica and what was saved of it come from the device's own storage.
    pub fn reload(&mut self, person: usize) {
        let connection = self.people[person].connection.take();
        self.drop_at_device(connection);
        let saved: Vec<_> = self
            .documents
            .iter()
            .map(|document| (*document, self.people[person].client.saved_heads(document).to_vec()))
            .collect();
        self.people[person].reload();
        self.trace
            .line(format!("{} {} reloads", self.now_ms, self.people[person].name));
        for (document, saved) in saved {
            // Without a connection there is nothing to carry out yet.
            self.people[person].handle(self.now_ms, 0, ClientEvent::Open { document, saved });
        }
        self.tell(person, ClientEvent::Start);
    }

    /// `kill -9`: what is in memory is gone; of a write in flight nobody knows.
    pub fn kill_server(&mut self, down_ms: u64) {
        if self.server.take().is_none() {
            return;
        }
        self.incarnation += 1;
        self.trace.line(format!("{} the server dies", self.now_ms));
        let in_flight: Vec<_> = self
            .events
            .iter()
            .filter(|(_, event)| matches!(event, Event::Written { .. }))
            .map(|(key, _)| *key)
            .collect();
        for key in in_flight {
            if let Some(Event::Written { document, changes, .. }) = self.events.remove(&key)
                && !self.disk.full
                && self.chance.once_in(2)
            {
                self.disk.write(document, &changes);
            }
        }
        for connection in self.links.keys().copied().collect::<Vec<_>>() {
            let silent = self.chance.once_in(5);
            self.links.entry(connection).and_modify(|link| link.silent |= silent);
            let delay_ms = if silent { SILENT_MS } else { self.chance.below(200) };
            self.later(delay_ms, Event::ClosedAtDevice { connection });
        }
        self.later(down_ms, Event::ServerUp);
    }

    /// Rooms without people are put away.
    pub fn put_away_idle_rooms(&mut self) {
        let mut actions = Vec::new();
        if let Some(server) = &mut self.server {
            server.put_away_idle_rooms(self.now_ms, &self.rights, &mut actions);
        }
        self.act(actions);
    }

    /// What the server holds of a board, if it is up and has it in memory.
    pub fn server_doc(&self, document: &DocumentId) -> Option<&automerge::Automerge> {
        self.server.as_ref().and_then(|server| server.doc(document))
    }

    /// Lets time pass, event by event.
    pub fn run_for(&mut self, ms: u64) {
        let until_ms = self.now_ms + ms;
        while let Some(entry) = self.events.first_entry() {
            let (at_ms, _) = *entry.key();
            if at_ms > until_ms {
                break;
            }
            let event = entry.remove();
            self.now_ms = self.now_ms.max(at_ms);
            self.happen(event);
            self.check();
        }
        self.now_ms = until_ms;
    }

    fn happen(&mut self, event: Event) {
        let now_ms = self.now_ms;
        match event {
            Event::Opened { connection } => self.opened(connection),
            Event::ToServer { connection, bytes } => {
                self.trace.line(format!("{now_ms} {connection} up {}", bytes.len()));
                let mut actions = Vec::new();
                if let Some(server) = &mut self.server {
                    server.frame(now_ms, &self.rights, connection, &bytes, &mut actions);
                }
                self.act(actions);
            }
            Event::ToDevice { connection, bytes } => {
                let Some(link) = self.links.get(&connection).filter(|link| !link.silent) else {
                    return;
                };
                self.trace.line(format!("{now_ms} {connection} down {}", bytes.len()));
                match link.who {
                    Who::Person(person) if self.people[person].connection == Some(connection) => {
                        self.tell(person, ClientEvent::Frame(bytes.to_vec()));
                    }
                    Who::Other(other) if self.others[other].connection == Some(connection) => {
                        let frames = self.others[other].frame(&bytes);
                        self.send_all(Some(connection), frames);
                    }
                    Who::Person(_) | Who::Other(_) => {}
                }
            }
            Event::ClosedAtServer { connection } => {
                let mut actions = Vec::new();
                if let Some(server) = &mut self.server {
                    server.disconnect(now_ms, &self.rights, connection, &mut actions);
                }
                self.act(actions);
            }
            Event::ClosedAtDevice { connection } => self.closed_at_device(connection),
            Event::Wake { person } => {
                let here = &mut self.people[person];
                if !here.asleep && here.wake_ms.is_some_and(|at_ms| at_ms <= now_ms) {
                    here.wake_ms = None;
                    self.tell(person, ClientEvent::Tick);
                }
            }
            Event::OtherRetry { other } => {
                if self.others[other].connection.is_none() {
                    self.connect(Who::Other(other));
                }
            }
            Event::ServerUp => {
                self.trace.line(format!("{now_ms} the server is up"));
                self.server = Some(Server::new());
            }
            Event::RoomWake { incarnation, document } => {
                if incarnation == self.incarnation {
                    self.room(document, Input::Tick);
                }
            }
            Event::Loaded { incarnation, document } => {
                if incarnation == self.incarnation {
                    let doc = Box::new(self.disk.load(&document));
                    self.room(document, Input::Loaded(doc));
                }
            }
            Event::Written {
                incarnation,
                document,
                batch,
                changes,
            } => {
                if incarnation != self.incarnation {
                    return;
                }
                let full = self.disk.full;
                self.trace
                    .line(format!("{now_ms} write {batch} of {} {}", changes.len(), !full));
                if full {
                    self.room(document, Input::PersistFailed { batch });
                } else {
                    self.disk.write(document, &changes);
                    self.room(document, Input::Persisted { batch });
                }
            }
        }
    }

    fn room(&mut self, document: DocumentId, input: Input) {
        let mut actions = Vec::new();
        if let Some(server) = &mut self.server {
            server.room(self.now_ms, &self.rights, document, input, &mut actions);
        }
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Send { connection, bytes } => {
                    self.check_announcement(&bytes);
                    self.to_device(connection, bytes);
                }
                Action::Close { connection } => {
                    let due_ms = self.links.get(&connection).map_or(0, |link| link.to_device_ms);
                    let delay_ms = due_ms.saturating_sub(self.now_ms) + 1;
                    self.later(delay_ms, Event::ClosedAtDevice { connection });
                }
                Action::Wake { document, at_ms } => {
                    let incarnation = self.incarnation;
                    self.later(
                        at_ms.saturating_sub(self.now_ms),
                        Event::RoomWake { incarnation, document },
                    );
                }
                Action::Write {
                    document,
                    batch,
                    changes,
                } => {
                    let incarnation = self.incarnation;
                    let delay_ms = self.chance.below(self.disk.delay_ms_max + 1);
                    self.later(
                        delay_ms,
                        Event::Written {
                            incarnation,
                            document,
                            batch,
                            changes,
                        },
                    );
                }
                Action::Load { document } => {
                    let incarnation = self.incarnation;
                    let delay_ms = self.chance.below(30);
                    self.later(delay_ms, Event::Loaded { incarnation, document });
                }
            }
        }
    }

    /// Hands an event to a person's client and carries out what it wants.
    fn tell(&mut self, person: usize, event: ClientEvent) {
        let random = self.chance.bits();
        let effects = self.people[person].handle(self.now_ms, random, event);
        for effect in effects {
            match effect {
                Effect::OpenSocket => {
                    let before = self.people[person].connection.take();
                    self.drop_at_device(before);
                    self.connect(Who::Person(person));
                }
                Effect::CloseSocket => {
                    let connection = self.people[person].connection.take();
                    self.drop_at_device(connection);
                }
                Effect::Send(bytes) => self.send_all(self.people[person].connection, vec![bytes]),
                Effect::WakeAt { at_ms } => self.later(at_ms.saturating_sub(self.now_ms), Event::Wake { person }),
                _ => {}
            }
        }
        self.check_person(person);
    }

    fn connect(&mut self, who: Who) {
        self.connections += 1;
        let connection = self.connections;
        match who {
            Who::Person(person) => self.people[person].connection = Some(connection),
            Who::Other(other) => self.others[other].connection = Some(connection),
        }
        let link = Link {
            who,
            silent: false,
            to_server_ms: self.now_ms,
            to_device_ms: self.now_ms,
        };
        self.links.insert(connection, link);
        let delay_ms = self.latency();
        self.later(delay_ms, Event::Opened { connection });
    }

    fn opened(&mut self, connection: u64) {
        let Some(link) = self.links.get(&connection) else {
            return;
        };
        let who = link.who;
        let Some(server) = &mut self.server else {
            return self.closed_at_device(connection);
        };
        let name = match who {
            Who::Person(person) => &self.people[person].name,
            Who::Other(other) => &self.others[other].name,
        };
        server.connect(connection, name);
        self.trace
            .line(format!("{} {connection} opens for {name}", self.now_ms));
        match who {
            Who::Person(person) if self.people[person].connection == Some(connection) => {
                self.tell(person, ClientEvent::SocketOpened);
            }
            Who::Other(other) if self.others[other].connection == Some(connection) => {
                let frames = self.others[other].opened();
                self.send_all(Some(connection), frames);
            }
            Who::Person(_) | Who::Other(_) => {}
        }
    }

    fn closed_at_device(&mut self, connection: u64) {
        let Some(link) = self.links.remove(&connection) else {
            return;
        };
        self.trace.line(format!("{} {connection} closes", self.now_ms));
        match link.who {
            Who::Person(person) if self.people[person].connection == Some(connection) => {
                // A sleeping tablet finds out when it wakes.
                if !self.people[person].asleep {
                    self.people[person].connection = None;
                    self.tell(person, ClientEvent::SocketClosed);
                }
            }
            Who::Other(other) if self.others[other].connection == Some(connection) => {
                self.others[other].closed();
                self.later(OTHER_RETRY_MS, Event::OtherRetry { other });
            }
            Who::Person(_) | Who::Other(_) => {}
        }
    }

    /// The device closes: the server hears of it a little later.
    fn drop_at_device(&mut self, connection: Option<u64>) {
        let Some(connection) = connection else { return };
        if self.links.remove(&connection).is_some() {
            let delay_ms = self.latency();
            self.later(delay_ms, Event::ClosedAtServer { connection });
        }
    }

    fn break_link(&mut self, connection: Option<u64>) {
        let Some(connection) = connection.filter(|connection| self.links.contains_key(connection)) else {
            return;
        };
        self.trace.line(format!("{} {connection} breaks", self.now_ms));
        self.links.entry(connection).and_modify(|link| link.silent = true);
        let (device_ms, server_ms) = (self.latency(), self.latency());
        self.later(device_ms, Event::ClosedAtDevice { connection });
        self.later(server_ms, Event::ClosedAtServer { connection });
    }

    fn silence_link(&mut self, connection: Option<u64>) {
        let Some(connection) = connection.filter(|connection| self.links.contains_key(connection)) else {
            return;
        };
        self.trace.line(format!("{} {connection} goes silent", self.now_ms));
        self.links.entry(connection).and_modify(|link| link.silent = true);
        self.later(SILENT_MS, Event::ClosedAtServer { connection });
        if matches!(self.links.get(&connection), Some(Link { who: Who::Other(_), .. })) {
            self.later(SILENT_MS, Event::ClosedAtDevice { connection });
        }
    }

    fn send_all(&mut self, connection: Option<u64>, frames: Vec<Vec<u8>>) {
        let Some(connection) = connection else { return };
        for bytes in frames {
            assert!(
                bytes.len() <= wire::FRAME_BYTES_MAX,
                "a client's frame stays below the limit"
            );
            let latency_ms = self.latency();
            let Some(link) = self.links.get_mut(&connection).filter(|link| !link.silent) else {
                return;
            };
            // In order within a connection, in any order between them.
            link.to_server_ms = link.to_server_ms.max(self.now_ms + latency_ms);
            let delay_ms = link.to_server_ms - self.now_ms;
            self.later(delay_ms, Event::ToServer { connection, bytes });
        }
    }

    fn to_device(&mut self, connection: u64, bytes: Arc<[u8]>) {
        let latency_ms = self.latency();
        let Some(link) = self.links.get_mut(&connection).filter(|link| !link.silent) else {
            return;
        };
        link.to_device_ms = link.to_device_ms.max(self.now_ms + latency_ms);
        let delay_ms = link.to_device_ms - self.now_ms;
        self.later(delay_ms, Event::ToDevice { connection, bytes });
    }

    fn latency(&mut self) -> u64 {
        self.chance.between(self.latency_ms.0, self.latency_ms.1)
    }

    fn later(&mut self, delay_ms: u64, event: Event) {
        self.order += 1;
        self.events.insert((self.now_ms + delay_ms, self.order), event);
    }
}

/// The document a person holds, for a scenario's assertions.
impl World {
    /// What stands under a key on a person's board.
    pub fn reads(&self, person: usize, board: usize, key: &str) -> Option<String> {
        use automerge::ReadDoc;
        let doc = self.people[person].shelf.doc(&self.documents[board])?;
        let (value, _) = doc.get(automerge::ROOT, key).ok()??;
        value.as_str().map(str::to_owned)
    }

    /// How many of a person's changes are not known to be saved.
    pub fn unsaved(&self, person: usize, board: usize) -> usize {
        self.people[person].client.unsaved(&self.documents[board])
    }
}
