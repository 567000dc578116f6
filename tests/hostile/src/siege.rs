//! Any bytes against the gate. A function that returns has seen every promise kept; one that panics has found something.

use std::cell::Cell;

use automerge::{ActorId, Automerge, Change, ChangeHash, ReadDoc as _};
use board::{Board, Colour, Command, OrderHint, Role, Stamp, view::Group};
use sync::{
    Access, Admission, DocumentId, FRAME_BYTES_MAX, Message, PeerId, PeerInfo, Refusal, Room, Session, SessionId,
    chunk, gate,
    room::{Input, Output},
    session, sync_message,
    wire::{self, PeerEntry, PeerMetadata, SyncMessage},
};

use crate::forge;

/// What became of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was to be done, or what was sent is known already.
    Nothing,
    /// The session was closed.
    Refused,
    /// As refused, but only after a panic had been caught.
    Panicked,
    /// The document holds a new change.
    Stored,
}

/// The board under siege, and an actor of the besieger's own who has written on it.
struct Town {
    document: DocumentId,
    doc: Automerge,
    heads: Vec<ChangeHash>,
    standing: Cell<Option<Standing>>,
}

thread_local! {
    static TOWN: Town = town();
}

/// The actor under whose name the besieger has written the last of the board's changes.
pub fn own_actor() -> ActorId {
    ActorId::from([0xaa; 16])
}

/// A board with three notes in an island's company, the same every time.
fn town() -> Town {
    let group = Group {
        name: "1班".to_owned(),
        icon: None,
        theme: "協働".to_owned(),
    };
    let mut board = Board::create("w", &group, 0, ActorId::from([1; 16]));
    let notes = ["行政", "要介護", "まちづくり"];
    for (number, text) in notes.iter().enumerate() {
        if number == notes.len() - 1 {
            board.set_actor(own_actor());
        }
        let command = Command::AddNote {
            id: id(&format!("n{number}")),
            text: (*text).to_owned(),
            colour: Colour::Kinari,
            parent: None,
            at: None,
            order: OrderHint::Last,
            author: None,
        };
        let stamp = Stamp {
            person: None,
            device: "d".to_owned(),
            at_ms: 1_000,
        };
        let applied = board.apply(command, &stamp);
        assert!(applied.is_ok(), "a note goes onto an empty board");
    }
    let doc = board.doc().clone();
    Town {
        document: DocumentId::from_bytes([1; 16]),
        heads: doc.get_heads(),
        doc,
        standing: Cell::new(None),
    }
}

/// The board under siege, to write on as the besieger: what is written is a seed for [`chunk`].
pub fn besieged() -> Automerge {
    TOWN.with(|town| town.doc.clone()).with_actor(own_actor())
}

/// The admission of boards, as the server has it.
struct Guard;

impl Admission for Guard {
    fn now_s(&self) -> Option<i64> {
        Some(1_795_000_000)
    }

    fn admit(&mut self, doc: &Automerge, _info: &PeerInfo, changes: &[Change]) -> Result<(), Refusal> {
        board::admission::admit_board(doc, changes, Role::Participant)
            .map_err(|refused| Refusal::new("refused", refused.rule))
    }
}

/// A chunk in a message of its own; its checksum is put right. Bytes that are no chunk become the body of a change.
pub fn chunk(bytes: &[u8]) -> Outcome {
    let mut bytes = bytes.to_vec();
    if chunk::split_first(&bytes).is_err() {
        let (kind, body) = bytes.split_first().unwrap_or((&0, &[]));
        bytes = forge::chunk(1 + kind % 2, body);
    }
    forge::seal(&mut bytes);
    if let Ok((chunk, _)) = chunk::split_first(&bytes)
        && let Ok(operations) = gate::operations(&chunk)
    {
        assert!(operations <= gate::OPERATIONS_MAX, "the gate keeps to its limit");
    }
    TOWN.with(|town| town.besiege(&sync_message::write(&[], &[], &town.heads, &[&bytes])))
}

/// A sync message; the checksums of the chunks in it are put right.
pub fn sync_message(bytes: &[u8]) -> Outcome {
    let mut sealed = bytes.to_vec();
    if let Ok(body) = sync_message::read(bytes) {
        for changes in body.changes {
            // The chunks borrow from the message, so their distance is their place in it.
            let start = changes.as_ptr() as usize - bytes.as_ptr() as usize;
            let mut at = 0;
            while let Some(Ok((chunk, _))) = changes.get(at..).map(chunk::split_first) {
                let length = chunk.bytes.len();
                forge::seal(&mut sealed[start + at..start + at + length]);
                at += length;
            }
        }
    }
    TOWN.with(|town| town.besiege(&sealed))
}

/// A frame, to a session that has not joined and to one that has; what can be read can be written and read again.
pub fn frame(bytes: &[u8]) -> Outcome {
    let read = wire::decode(bytes, FRAME_BYTES_MAX);
    if let Ok(message) = &read
        && !matches!(message, Message::Unknown { .. })
    {
        let again = wire::decode(&wire::encode(message), FRAME_BYTES_MAX * 2);
        assert_eq!(again.as_ref(), Ok(message), "what is written is read as it was");
    }
    let mut outcome = Outcome::Nothing;
    for joined in [false, true] {
        let mut session = Session::new(peer("server"));
        let mut outputs = Vec::new();
        if joined {
            let join = Message::Join {
                sender: peer("besieger"),
                versions: vec!["1".to_owned()],
                metadata: PeerMetadata::default(),
            };
            session.frame(&wire::encode(&join), |_| true, &mut outputs);
            outputs.clear();
        }
        session.frame(bytes, |_| true, &mut outputs);
        for output in outputs {
            match output {
                session::Output::Close { .. } => outcome = Outcome::Refused,
                session::Output::Document { message, .. } => {
                    assert!(joined, "nothing reaches a room before the session has joined");
                    if let Message::Sync(sync) | Message::Request(sync) = &message {
                        assert_eq!(sync.sender, peer("besieger"), "in its own name");
                    }
                }
                session::Output::Joined { .. } | session::Output::Send(_) => {}
            }
        }
    }
    outcome
}

/// The besieged room with the neighbour in it. What is refused leaves the document as it was, and then the room stands for
/// the next siege: to make one takes longer than to besiege it.
struct Standing {
    room: Room,
    /// Sieges so far; the number of the besieger's session.
    sieges: u64,
}

/// The neighbour's session; those of the besiegers come after it.
const NEIGHBOUR: SessionId = SessionId(0);
/// So many sieges are withstood by one room, so that what an input owes to earlier ones is bounded.
const SIEGES_MAX: u64 = 64;

impl Standing {
    fn new(town: &Town) -> Self {
        let room = Room::new(town.document, peer("server"));
        let mut standing = Self { room, sieges: 0 };
        standing.tell(Input::Loaded {
            doc: Box::new(town.doc.clone()),
            leases: vec![sync::Lease {
                actor: own_actor(),
                holder: "besieger".to_owned(),
            }],
        });
        standing.join(town, NEIGHBOUR, "neighbour");
        standing
    }

    fn tell(&mut self, input: Input) -> Vec<Output> {
        let mut outputs = Vec::new();
        self.room.handle(0, &mut Guard, input, &mut outputs);
        outputs
    }

    fn join(&mut self, town: &Town, session: SessionId, name: &str) {
        let hello = sync_message::write(&town.heads, &[], &town.heads, &[]);
        self.tell(Input::SessionJoined {
            session,
            info: info(name),
            access: Access::Write,
            first: sync_of(name, town.document, hello),
        });
    }
}

impl Town {
    /// One session says one thing. Whatever it is: another who reads along is not closed, what is stored can be read back,
    /// and what is refused leaves no trace.
    fn besiege(&self, data: &[u8]) -> Outcome {
        let mut standing = self.standing.take().unwrap_or_else(|| Standing::new(self));
        standing.sieges += 1;
        let besieger = SessionId(standing.sieges);
        standing.join(self, besieger, "besieger");
        let outputs = standing.tell(Input::Message {
            session: besieger,
            message: sync_of("besieger", self.document, data.to_vec()),
        });
        let mut outcome = Outcome::Nothing;
        let mut written = None;
        for output in outputs {
            match output {
                Output::Close { session, .. } => {
                    assert_eq!(session, besieger, "nobody else is closed");
                    if outcome == Outcome::Nothing {
                        outcome = Outcome::Refused;
                    }
                }
                Output::Panicked => outcome = Outcome::Panicked,
                Output::Persist { batch, changes, .. } => written = Some((batch, changes)),
                Output::Unload => panic!("the room is gone"),
                _ => {}
            }
        }
        if let Some((batch, changes)) = written {
            standing.tell(Input::Persisted { batch });
            self.inspect(&standing.room, &changes);
            return Outcome::Stored;
        }
        assert!(
            standing.room.doc().is_none_or(|doc| doc.get_heads() == self.heads),
            "what is refused leaves no trace"
        );
        standing.tell(Input::SessionLeft { session: besieger });
        if outcome != Outcome::Panicked && standing.sieges < SIEGES_MAX {
            self.standing.set(Some(standing));
        }
        outcome
    }

    /// What was written is within the limits, can be read back, and can be shown by those it is relayed to.
    fn inspect(&self, room: &Room, changes: &[Change]) {
        let Some(doc) = room.doc() else {
            panic!("what was written can be applied");
        };
        for change in changes {
            assert!(
                change.len() as u64 <= gate::OPERATIONS_MAX,
                "the gate keeps to its limit"
            );
            assert!(
                doc.get_change_by_hash(&change.hash()).is_some(),
                "what is written is applied"
            );
        }
        match Automerge::load(&doc.save()) {
            Ok(loaded) => assert_eq!(loaded.get_heads(), doc.get_heads(), "what is stored can be read back"),
            Err(error) => panic!("what is stored cannot be read back: {error}"),
        }
        let mut reader = self.doc.clone();
        let applied = reader.apply_changes(changes.iter().cloned());
        assert!(applied.is_ok(), "what is relayed can be applied");
        assert!(Board::from_doc(reader).is_ok(), "what is relayed can be shown");
    }
}

fn info(name: &str) -> PeerInfo {
    PeerInfo {
        entry: PeerEntry {
            peer: peer(name),
            person: None,
            name: name.to_owned(),
            role: "participant".to_owned(),
            device: name.to_owned(),
        },
        yoriai: true,
        holder: name.to_owned(),
    }
}

fn sync_of(name: &str, document: DocumentId, data: Vec<u8>) -> Message {
    Message::Sync(SyncMessage {
        sender: peer(name),
        target: None,
        document,
        data,
    })
}

fn peer(name: &str) -> PeerId {
    match name.parse() {
        Ok(peer) => peer,
        Err(error) => unreachable!("names in this file are peer ids: {error}"),
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    match text.parse() {
        Ok(id) => id,
        Err(error) => unreachable!("identifiers in this file are identifiers: {error:?}"),
    }
}
