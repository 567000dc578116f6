//! The hall of the room's tests: a room, a disk whose answers the test gives, and people with replicas of their own.

use std::collections::{BTreeMap, VecDeque};

use automerge::{ActorId, Automerge, Change, ChangeHash, ROOT, ReadDoc, legacy::Key, transaction::Transactable};

use super::super::*;
use crate::{
    chunk,
    peer_sync::PeerSync,
    sync_message,
    wire::{EphemeralMessage, FRAME_BYTES_MAX, SERVER_FRAME_BYTES_MAX, SyncMessage, decode, encode},
};

pub fn document() -> DocumentId {
    DocumentId::from_bytes([3; 16])
}

pub fn empty(name: &str) -> Automerge {
    Automerge::new().with_actor(ActorId::from(name.as_bytes().to_vec()))
}

pub fn word(doc: &mut Automerge, key: &str, value: &str) -> Change {
    doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(ROOT, key, value))
        .expect("a put");
    doc.get_last_local_change().expect("the change just made")
}

fn peer(text: &str) -> PeerId {
    text.parse().expect("a peer id")
}

/// The server's clock.
pub const NOW_S: i64 = 1_795_000_000;

/// Refuses a change to `forbidden`, panics at one to `panic`, admits the rest.
struct Guard;

impl Admission for Guard {
    fn now_s(&self) -> Option<i64> {
        Some(NOW_S)
    }

    fn admit(&mut self, doc: &Automerge, _info: &PeerInfo, changes: &[Change]) -> Result<(), Refusal> {
        for change in changes {
            for dep in change.deps() {
                let known = doc.get_change_by_hash(dep).is_some() || changes.iter().any(|other| other.hash() == *dep);
                assert!(known, "what is admitted builds on the document");
            }
            for op in change.decode().operations {
                match op.key {
                    Key::Map(key) if key == "panic" => panic!("the guard panics"),
                    Key::Map(key) if key == "forbidden" => return Err(Refusal::new("schema", "a forbidden key")),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

pub struct Hall {
    pub room: Room,
    pub now_ms: u64,
    pub disk: VecDeque<(u64, Arc<[Change]>)>,
    pub outbox: BTreeMap<SessionId, Vec<Arc<[u8]>>>,
    pub closed: Vec<(SessionId, CloseCode)>,
    pub reasons: Vec<String>,
    pub applied: Vec<u64>,
    pub unloaded: bool,
    /// What the disk has taken.
    pub stored: Vec<Change>,
    pub leases: Vec<Lease>,
    coming: VecDeque<Arc<[Lease]>>,
    pub panics: usize,
    pub reloads: usize,
    founded: Automerge,
    sessions: u64,
}

pub struct Person {
    pub session: SessionId,
    pub doc: Automerge,
    pub told_heads: Vec<ChangeHash>,
    pub notices: Vec<String>,
    pub accesses: Vec<Access>,
    name: String,
    sync: PeerSync,
}

impl Hall {
    /// The document is on its way.
    pub fn closed() -> Self {
        let mut founded = empty("founder");
        word(&mut founded, "theme", "協働");
        Self {
            room: Room::new(document(), peer("server")),
            now_ms: 1_000,
            disk: VecDeque::new(),
            outbox: BTreeMap::new(),
            closed: Vec::new(),
            reasons: Vec::new(),
            applied: Vec::new(),
            unloaded: false,
            stored: Vec::new(),
            leases: Vec::new(),
            coming: VecDeque::new(),
            panics: 0,
            reloads: 0,
            founded,
            sessions: 0,
        }
    }

    /// A document that is larger than a first word.
    pub fn founded(founded: Automerge) -> Self {
        let mut hall = Self::closed();
        hall.founded = founded;
        hall.load();
        hall
    }

    /// The document is here.
    pub fn open() -> Self {
        let mut hall = Self::closed();
        hall.load();
        hall
    }

    /// The document is read: what was founded, what the disk has taken since, and whose actors these are.
    pub fn load(&mut self) {
        let mut doc = self.founded.clone();
        doc.apply_changes(self.stored.clone()).expect("what is stored applies");
        self.handle(Input::Loaded {
            doc: Box::new(doc),
            leases: self.leases.clone(),
        });
    }

    /// A new server: what was in memory is gone.
    pub fn restart(&mut self) {
        self.room = Room::new(document(), peer("server"));
        self.disk.clear();
        self.outbox.clear();
        self.load();
    }

    pub fn handle(&mut self, input: Input) {
        let mut outputs = Vec::new();
        self.room.handle(self.now_ms, &mut Guard, input, &mut outputs);
        for output in outputs {
            match output {
                Output::Send {
                    session,
                    bytes,
                    droppable: _,
                } => self.outbox.entry(session).or_default().push(bytes),
                Output::Persist { batch, changes, leases } => {
                    self.coming.push_back(leases);
                    self.disk.push_back((batch, changes));
                }
                Output::Close { session, code, reason } => {
                    self.reasons.push(reason);
                    self.closed.push((session, code));
                }
                Output::LocalApplied { token } => self.applied.push(token),
                Output::LocalRefused { token, reason } => panic!("own changes {token} refused: {reason}"),
                Output::WakeAt { .. } => {}
                Output::Panicked => self.panics += 1,
                Output::Reload => self.reloads += 1,
                Output::Unload => self.unloaded = true,
            }
        }
    }

    /// The disk has taken the batch.
    pub fn persist(&mut self) {
        let (batch, changes) = self.disk.pop_front().expect("a batch on its way");
        self.stored.extend(changes.iter().cloned());
        let leases = self.coming.pop_front().expect("leases of the batch");
        self.leases.extend(leases.iter().cloned());
        self.handle(Input::Persisted { batch });
    }

    /// The disk takes all there is.
    pub fn persist_all(&mut self) {
        while !self.disk.is_empty() {
            self.persist();
        }
    }

    /// The disk has not taken the batch.
    pub fn fail_disk(&mut self) {
        let (batch, _) = self.disk.pop_front().expect("a batch on its way");
        self.coming.pop_front();
        self.handle(Input::PersistFailed { batch });
    }

    /// Ten seconds pass.
    pub fn wake(&mut self) {
        self.now_ms += 10_000;
        self.handle(Input::Tick);
    }

    /// A person joins with a replica that holds what was founded.
    pub fn join(&mut self, name: &str, access: Access) -> Person {
        let mut doc = empty(name);
        doc.apply_changes(self.founded.get_changes(&[])).expect("the founding");
        let mut person = self.join_with(name, access, doc, &[]);
        person.listen(self);
        person
    }

    pub fn join_with(&mut self, name: &str, access: Access, doc: Automerge, agreed: &[ChangeHash]) -> Person {
        self.enter(name, access, doc, agreed, true)
    }

    /// A client that knows only the published protocol.
    pub fn join_other(&mut self, name: &str, access: Access) -> Person {
        self.enter(name, access, empty(name), &[], false)
    }

    /// Changes in a message of somebody's, whoever made them.
    pub fn submit(&mut self, person: &Person, changes: &[Change]) {
        let chunks: Vec<&[u8]> = changes.iter().map(Change::raw_bytes).collect();
        let heads = person.doc.get_heads();
        self.say(person, sync_message::write(&heads, &[], &person.told_heads, &chunks));
    }

    fn enter(&mut self, name: &str, access: Access, doc: Automerge, agreed: &[ChangeHash], yoriai: bool) -> Person {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let mut sync = PeerSync::new();
        let data = sync.greet(Some(&doc), agreed);
        let sender = peer(name);
        let entry = PeerEntry {
            peer: sender.clone(),
            person: None,
            name: name.to_owned(),
            role: "participant".to_owned(),
            device: "d".to_owned(),
        };
        let first = Message::Request(SyncMessage {
            sender,
            target: None,
            document: document(),
            data,
        });
        self.handle(Input::SessionJoined {
            session,
            info: PeerInfo {
                entry,
                yoriai,
                // "sato again" is sato's tablet, once more.
                holder: name.split(' ').next().unwrap_or(name).to_owned(),
            },
            access,
            first,
        });
        Person {
            session,
            doc,
            told_heads: Vec::new(),
            notices: Vec::new(),
            accesses: Vec::new(),
            name: name.to_owned(),
            sync,
        }
    }

    pub fn leave(&mut self, person: &Person) {
        self.handle(Input::SessionLeft {
            session: person.session,
        });
    }

    pub fn change_access(&mut self, person: &Person, access: Access) {
        self.handle(Input::AccessChanged {
            session: person.session,
            access,
            reason: "stage".to_owned(),
        });
    }

    /// A sync message of somebody's, through a frame as on the socket.
    pub fn say(&mut self, person: &Person, data: Vec<u8>) {
        let sync = SyncMessage {
            sender: peer(&person.name),
            target: None,
            document: document(),
            data,
        };
        let message = decode(&encode(&Message::Sync(sync)), FRAME_BYTES_MAX).expect("a frame");
        self.handle(Input::Message {
            session: person.session,
            message,
        });
    }

    pub fn whisper(&mut self, person: &Person, count: u64, data: Vec<u8>) {
        let message = Message::Ephemeral(EphemeralMessage {
            sender: peer(&person.name),
            target: None,
            document: document(),
            count,
            session: "s".to_owned(),
            data,
        });
        self.handle(Input::Message {
            session: person.session,
            message,
        });
    }

    /// What was sent to a session since it was last asked for.
    pub fn mail(&mut self, session: SessionId) -> Vec<Message> {
        let frames = self.outbox.remove(&session).unwrap_or_default();
        frames
            .iter()
            .map(|bytes| decode(bytes, SERVER_FRAME_BYTES_MAX).expect("our own frame"))
            .collect()
    }

    pub fn read(&self, key: &str) -> Option<String> {
        read(self.room.doc()?, key)
    }

    /// A change of the server's, made on a fork.
    pub fn own_change(&self, key: &str, value: &str) -> Change {
        let mut fork = self.room.doc().expect("loaded").fork();
        fork.set_actor(ActorId::from(format!("server {key} {value}").into_bytes()));
        word(&mut fork, key, value)
    }
}

impl Person {
    /// Makes a change and sends it.
    pub fn write(&mut self, hall: &mut Hall, key: &str, value: &str) {
        let change = word(&mut self.doc, key, value);
        let heads = self.doc.get_heads();
        hall.say(
            self,
            sync_message::write(&heads, &[], &self.told_heads, &[change.raw_bytes()]),
        );
    }

    /// Reads all mail and answers it.
    pub fn listen(&mut self, hall: &mut Hall) {
        for message in hall.mail(self.session) {
            match message {
                Message::Sync(message) => {
                    let body = sync_message::read(&message.data).expect("our own message");
                    for bytes in &body.changes {
                        for chunk in chunk::split(bytes, 10_000).expect("chunks") {
                            self.doc.load_incremental(chunk.bytes).expect("a chunk that applies");
                        }
                    }
                    self.sync.hear(&body);
                    if !body.heads.is_empty() {
                        self.told_heads = body.heads;
                    }
                    for reply in self.sync.settle(&self.doc, true) {
                        for data in reply.encode(&self.doc) {
                            hall.say(self, data);
                        }
                    }
                }
                Message::Notice { code, .. } => self.notices.push(code),
                Message::Access { access, .. } => self.accesses.push(access),
                _ => {}
            }
        }
    }

    pub fn read(&self, key: &str) -> Option<String> {
        read(&self.doc, key)
    }
}

fn read(doc: &Automerge, key: &str) -> Option<String> {
    doc.get(ROOT, key)
        .expect("a map")
        .map(|(value, _)| value.as_str().expect("a text").to_owned())
}
