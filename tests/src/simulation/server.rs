//! The server of the simulation: sessions and rooms as the real one drives them, without sockets and tasks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use automerge::{Automerge, Change, ReadDoc, legacy::Key};
use sync::{
    Access, Admission, DocumentId, Lease, Message, PeerId, PeerInfo, Refusal, Room, Session, SessionId,
    room::{Input, Output},
    session,
    wire::PeerEntry,
};

use super::world::FORBIDDEN;

/// What each person may do with each document, by the person's name.
pub type Rights = BTreeMap<(String, DocumentId), Access>;

/// A server between its start and its death.
#[derive(Debug)]
pub struct Server {
    own: PeerId,
    connections: BTreeMap<u64, Connection>,
    rooms: BTreeMap<DocumentId, Room>,
}

#[derive(Debug)]
struct Connection {
    name: String,
    session: Session,
    yoriai: bool,
    open: BTreeSet<DocumentId>,
}

/// What the server wants of the world.
#[derive(Debug)]
pub enum Action {
    Send {
        connection: u64,
        bytes: Arc<[u8]>,
    },
    Close {
        connection: u64,
    },
    Wake {
        document: DocumentId,
        at_ms: u64,
    },
    Write {
        document: DocumentId,
        batch: u64,
        changes: Arc<[Change]>,
        leases: Arc<[Lease]>,
    },
    Panicked,
    Load {
        document: DocumentId,
    },
}

/// The server's clock, which the tablets' clocks are years away from.
pub const NOW_S: i64 = 1_795_000_000;
/// The guard panics at this key: a defect of our own, or of automerge.
pub const DEFECT: &str = "defect";

/// Admits what the rights allow at this moment; what is called `forbidden` never.
struct Guard<'w> {
    rights: &'w Rights,
    document: DocumentId,
    /// Who has the document open. What somebody sent who has left since was received while it might write.
    present: BTreeSet<String>,
    /// What the room must not have offered. Noted down, because it catches panics.
    broken: Vec<String>,
}

impl Admission for Guard<'_> {
    fn now_s(&self) -> Option<i64> {
        Some(NOW_S)
    }

    fn admit(&mut self, doc: &Automerge, info: &PeerInfo, changes: &[Change]) -> Result<(), Refusal> {
        let name = &info.entry.name;
        let right = self.rights.get(&(name.clone(), self.document));
        if right != Some(&Access::Write) && self.present.contains(name) {
            self.broken
                .push(format!("{name} writes into a document although it may not"));
        }
        // What is offered builds on the document, but nobody has tried yet whether automerge takes it.
        for change in changes {
            for op in change.decode().operations {
                match op.key {
                    Key::Map(key) if key == FORBIDDEN => return Err(Refusal::new("schema", "a forbidden key")),
                    // Without the hook, which would print it.
                    Key::Map(key) if key == DEFECT => std::panic::resume_unwind(Box::new("a defect")),
                    _ => {}
                }
            }
            for dep in change.deps() {
                if doc.get_change_by_hash(dep).is_none() && !changes.iter().any(|other| other.hash() == *dep) {
                    self.broken
                        .push("what is offered for admission builds on the document".to_owned());
                }
            }
        }
        Ok(())
    }
}

impl Server {
    pub fn new() -> Self {
        Self {
            own: peer("server"),
            connections: BTreeMap::new(),
            rooms: BTreeMap::new(),
        }
    }

    pub fn connect(&mut self, connection: u64, name: &str) {
        let session = Session::new(self.own.clone());
        let name = name.to_owned();
        self.connections.insert(
            connection,
            Connection {
                name,
                session,
                yoriai: false,
                open: BTreeSet::new(),
            },
        );
    }

    /// The room's document, if the room is there and loaded.
    pub fn doc(&self, document: &DocumentId) -> Option<&Automerge> {
        self.rooms.get(document).and_then(Room::doc)
    }

    pub fn frame(&mut self, now_ms: u64, rights: &Rights, connection: u64, bytes: &[u8], actions: &mut Vec<Action>) {
        let Some(here) = self.connections.get_mut(&connection) else {
            return;
        };
        let mut outputs = Vec::new();
        let may_see = |document: &DocumentId| {
            rights
                .get(&(here.name.clone(), *document))
                .is_some_and(|access| *access != Access::None)
        };
        here.session.frame(bytes, may_see, &mut outputs);
        for output in outputs {
            match output {
                session::Output::Joined { peer: _, metadata } => {
                    if let Some(here) = self.connections.get_mut(&connection) {
                        here.yoriai = metadata.yoriai;
                    }
                }
                session::Output::Send(bytes) => actions.push(Action::Send {
                    connection,
                    bytes: bytes.into(),
                }),
                session::Output::Close { .. } => {
                    actions.push(Action::Close { connection });
                    self.disconnect(now_ms, rights, connection, actions);
                }
                session::Output::Document { document, message } => {
                    self.document(now_ms, rights, connection, document, message, actions);
                }
            }
        }
    }

    fn document(
        &mut self,
        now_ms: u64,
        rights: &Rights,
        connection: u64,
        document: DocumentId,
        message: Message,
        actions: &mut Vec<Action>,
    ) {
        let Some(here) = self.connections.get_mut(&connection) else {
            return;
        };
        let session = SessionId(connection);
        let input = if here.open.insert(document) {
            let Some(peer) = here.session.peer().cloned() else {
                return;
            };
            let access = rights
                .get(&(here.name.clone(), document))
                .copied()
                .unwrap_or(Access::None);
            let entry = PeerEntry {
                peer,
                person: None,
                name: here.name.clone(),
                role: "participant".to_owned(),
                device: "tablet".to_owned(),
            };
            Input::SessionJoined {
                session,
                info: PeerInfo {
                    entry,
                    yoriai: here.yoriai,
                    holder: here.name.clone(),
                },
                access,
                first: message,
            }
        } else {
            Input::Message { session, message }
        };
        if !self.rooms.contains_key(&document) {
            self.rooms.insert(document, Room::new(document, self.own.clone()));
            actions.push(Action::Load { document });
        }
        self.room(now_ms, rights, document, input, actions);
    }

    pub fn room(
        &mut self,
        now_ms: u64,
        rights: &Rights,
        document: DocumentId,
        input: Input,
        actions: &mut Vec<Action>,
    ) {
        let Some(room) = self.rooms.get_mut(&document) else {
            return;
        };
        let mut outputs = Vec::new();
        let mut guard = Guard {
            rights,
            document,
            present: self
                .connections
                .values()
                .filter(|here| here.open.contains(&document))
                .map(|here| here.name.clone())
                .collect(),
            broken: Vec::new(),
        };
        room.handle(now_ms, &mut guard, input, &mut outputs);
        assert_eq!(guard.broken, Vec::<String>::new());
        let mut unloaded = false;
        let mut closed = Vec::new();
        for output in outputs {
            match output {
                Output::Send {
                    session,
                    bytes,
                    droppable: _,
                } => {
                    actions.push(Action::Send {
                        connection: session.0,
                        bytes,
                    });
                }
                Output::Persist { batch, changes, leases } => actions.push(Action::Write {
                    document,
                    batch,
                    changes,
                    leases,
                }),
                Output::Panicked => actions.push(Action::Panicked),
                Output::Reload => actions.push(Action::Load { document }),
                Output::Close {
                    session,
                    code: _,
                    reason: _,
                } => {
                    actions.push(Action::Close { connection: session.0 });
                    closed.push(session.0);
                }
                Output::WakeAt { at_ms } => actions.push(Action::Wake { document, at_ms }),
                Output::LocalApplied { .. } | Output::LocalRefused { .. } => {}
                Output::Unload => unloaded = true,
            }
        }
        if unloaded {
            self.rooms.remove(&document);
        }
        for connection in closed {
            self.disconnect(now_ms, rights, connection, actions);
        }
    }

    /// The connection is gone.
    pub fn disconnect(&mut self, now_ms: u64, rights: &Rights, connection: u64, actions: &mut Vec<Action>) {
        let Some(gone) = self.connections.remove(&connection) else {
            return;
        };
        for document in gone.open {
            let session = SessionId(connection);
            self.room(now_ms, rights, document, Input::SessionLeft { session }, actions);
        }
    }

    /// Somebody's right has changed: the connections that are open hear of it without a reconnect.
    pub fn change_right(
        &mut self,
        now_ms: u64,
        rights: &Rights,
        name: &str,
        document: DocumentId,
        actions: &mut Vec<Action>,
    ) {
        let access = rights
            .get(&(name.to_owned(), document))
            .copied()
            .unwrap_or(Access::None);
        let theirs = self
            .connections
            .iter_mut()
            .filter(|(_, here)| here.name == name && here.open.contains(&document));
        let mut sessions = Vec::new();
        for (connection, here) in theirs {
            if access == Access::None {
                here.open.remove(&document);
            }
            sessions.push(SessionId(*connection));
        }
        for session in sessions {
            let input = Input::AccessChanged {
                session,
                access,
                reason: "stage".to_owned(),
            };
            self.room(now_ms, rights, document, input, actions);
        }
    }

    /// Rooms in which nobody is and nothing is in flight are put away.
    pub fn put_away_idle_rooms(&mut self, now_ms: u64, rights: &Rights, actions: &mut Vec<Action>) {
        let idle: Vec<_> = self
            .rooms
            .iter()
            .filter(|(_, room)| room.is_idle())
            .map(|(document, _)| *document)
            .collect();
        for document in idle {
            self.room(now_ms, rights, document, Input::Drain, actions);
        }
    }
}

/// A peer id from a name.
pub fn peer(name: &str) -> PeerId {
    match name.parse() {
        Ok(peer) => peer,
        Err(error) => unreachable!("names of people in a simulation are peer ids: {error}"),
    }
}
