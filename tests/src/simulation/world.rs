//! The hall: who is there, what is on its way, what time it is.

mod happen;
mod links;
mod trace;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use automerge::{Change, ChangeHash, ROOT, ReadDoc};
use sync::{
    Access, DocumentId, Lease,
    client::{ClientEvent, Documents},
    session,
};

use super::{
    chance::Chance,
    disk::Disk,
    other::Other,
    person::Person,
    server::{Rights, Server},
};
use links::Link;
pub use trace::Trace;

/// What nobody may write.
pub const FORBIDDEN: &str = "forbidden";
/// automerge-repo tries again after this time.
const OTHER_RETRY_MS: u64 = 5_000;
/// The server gives up a connection that has been silent for this long; so does the network of a third party's device.
const SILENT_MS: u64 = 20_000;

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
    /// Changes that must never be stored.
    pub lies: BTreeSet<ChangeHash>,
    /// Panics that the server caught.
    pub panics: u64,
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
        leases: Arc<[Lease]>,
    },
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
            lies: BTreeSet::new(),
            panics: 0,
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
            world.disk.write(document, &[founder.found(&document)], &[]);
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
            if key == FORBIDDEN {
                here.pranks += 1;
                self.lies.insert(change.hash());
            }
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
            self.deliver(connection, bytes.into());
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
            if let Some(Event::Written {
                document,
                changes,
                leases,
                ..
            }) = self.events.remove(&key)
                && !self.disk.full
                && self.chance.once_in(2)
            {
                self.store(document, &changes, &leases);
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

    /// What stands under a key on a person's board.
    pub fn reads(&self, person: usize, board: usize, key: &str) -> Option<String> {
        let doc = self.people[person].shelf.doc(&self.documents[board])?;
        let (value, _) = doc.get(ROOT, key).ok()??;
        value.as_str().map(str::to_owned)
    }

    /// How many of a person's changes are not known to be saved.
    pub fn unsaved(&self, person: usize, board: usize) -> usize {
        self.people[person].client.unsaved(&self.documents[board])
    }
}
