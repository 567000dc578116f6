//! The hall of the store's tests: real rooms of the sync crate, tablets with scripted platforms, no sockets and no time
//! but the test's.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use automerge::{ActorId, Automerge, Change};
use board::{Board, Command, Group, GroupId, NoteId, OrderHint, Workshop, workshop::NewWorkshop};
use sync::{
    Access, Admission, DocumentId, PeerId, PeerInfo, Refusal, Room, Session, SessionId,
    room::{Input, Output},
    session,
    wire::{self, Message, PeerEntry, PeerMetadata},
};

use crate::{
    api::{Role, Seat, SeatGroup, SeatPerson},
    i18n::core,
    platform::{
        SocketEvent,
        scripted::{Memory, Scripted, Shared},
    },
    store::{BoardSlot, State, Store},
};

/// Lets everything pass, or nothing, or everything but changes that hold certain letters.
#[derive(Default)]
struct Guard {
    refuses: Cell<bool>,
    letters: RefCell<Option<&'static str>>,
}

impl Admission for &Guard {
    fn admit(&mut self, _doc: &Automerge, _info: &PeerInfo, changes: &[Change]) -> Result<(), Refusal> {
        let holds = |letters: &str| {
            let mut bytes = changes.iter().map(Change::raw_bytes);
            bytes.any(|bytes| bytes.windows(letters.len()).any(|window| window == letters.as_bytes()))
        };
        if self.refuses.get() || self.letters.borrow().is_some_and(holds) {
            Err(Refusal::new("schema", "the test refuses it"))
        } else {
            Ok(())
        }
    }
}

/// One tablet: what it is made of and how it hangs on the hall.
pub struct Tablet {
    pub name: &'static str,
    pub store: Store,
    pub platform: Rc<Scripted>,
    pub memory: Rc<Memory>,
    pub group: GroupId,
    pub seat: Seat,
    line: RefCell<Option<Line>>,
    /// The Wi-Fi is there.
    wifi: Cell<bool>,
    /// Frames vanish without anybody being told.
    pub swallowed: Cell<bool>,
    sockets_seen: Cell<usize>,
}

struct Line {
    id: SessionId,
    session: Session,
    info: PeerInfo,
    yoriai: PeerMetadata,
    entered: Vec<DocumentId>,
}

/// The server and its rooms.
pub struct Hall {
    /// Pages so far.
    pages: Cell<u64>,
    own: PeerId,
    rooms: RefCell<BTreeMap<DocumentId, Room>>,
    guard: Guard,
    access: RefCell<BTreeMap<&'static str, Access>>,
    pub tablets: RefCell<Vec<Rc<Tablet>>>,
    sessions: Cell<u64>,
    page: RefCell<Option<String>>,
    now_ms: Cell<u64>,
    workshop: DocumentId,
    board: Cell<DocumentId>,
    /// Documents that an erasure replaced.
    replaced: RefCell<Vec<DocumentId>>,
    pub group: GroupId,
}

fn actor(byte: u8) -> ActorId {
    ActorId::from([byte; 16])
}

impl Hall {
    /// A hall with one group, whose board is empty.
    pub fn open() -> Self {
        let (workshop, board) = (DocumentId::from_bytes([1; 16]), DocumentId::from_bytes([2; 16]));
        let group: GroupId = "g1".parse().expect("an id");
        let new = NewWorkshop {
            id: "w1".to_owned(),
            theme: "協働".to_owned(),
            groups: vec![(group.clone(), "1班".to_owned(), None, board.to_string())],
            ..NewWorkshop::default()
        };
        let workshop_doc = Workshop::create(&new, 0, actor(9)).doc().clone();
        let of = Group {
            name: "1班".to_owned(),
            icon: None,
            theme: "協働".to_owned(),
        };
        let board_doc = Board::create("w1", &of, 0, actor(8)).doc().clone();
        let own: PeerId = "server".parse().expect("a peer id");
        let mut rooms = BTreeMap::new();
        for (document, doc) in [(workshop, workshop_doc), (board, board_doc)] {
            let mut room = Room::new(document, own.clone());
            let loaded = Input::Loaded {
                doc: Box::new(doc),
                leases: Vec::new(),
            };
            room.handle(0, &mut &Guard::default(), loaded, &mut Vec::new());
            rooms.insert(document, room);
        }
        Self {
            own,
            rooms: RefCell::new(rooms),
            guard: Guard::default(),
            access: RefCell::default(),
            pages: Cell::new(0),
            tablets: RefCell::default(),
            sessions: Cell::new(0),
            page: RefCell::default(),
            now_ms: Cell::new(1_000),
            workshop,
            board: Cell::new(board),
            replaced: RefCell::default(),
            group,
        }
    }

    /// A participant with a tablet of their own sits down at the group's table.
    pub fn sits_down(&self, name: &'static str) -> Rc<Tablet> {
        self.sits_down_with(name, Rc::default())
    }

    /// The same with a device that remembers.
    pub fn sits_down_with(&self, name: &'static str, memory: Rc<Memory>) -> Rc<Tablet> {
        let tablet = self.page(name, memory);
        self.tablets.borrow_mut().push(Rc::clone(&tablet));
        tablet.store.enter(tablet.seat.clone()).expect("a seat");
        tablet.store.open_board(&self.group);
        self.settle();
        tablet
    }

    /// The same with a seat that the device remembers.
    pub fn sits_down_as(&self, name: &'static str, memory: Rc<Memory>, seat: Seat) -> Rc<Tablet> {
        let page = self.page(name, memory);
        let mut tablet = Rc::try_unwrap(page).ok().expect("nobody else has it yet");
        tablet.seat = seat;
        let tablet = Rc::new(tablet);
        self.tablets.borrow_mut().push(Rc::clone(&tablet));
        tablet.store.enter(tablet.seat.clone()).expect("a seat");
        tablet.store.open_board(&self.group);
        self.settle();
        tablet
    }

    /// A page in a place without a line: it opens from the device alone.
    pub fn sits_down_offline(&self, name: &'static str, memory: Rc<Memory>) -> Rc<Tablet> {
        let tablet = self.page(name, memory);
        tablet.wifi.set(false);
        self.tablets.borrow_mut().push(Rc::clone(&tablet));
        tablet.store.enter(tablet.seat.clone()).expect("a seat");
        tablet.store.open_board(&self.group);
        self.settle();
        tablet
    }

    fn page(&self, name: &'static str, memory: Rc<Memory>) -> Rc<Tablet> {
        // Never the same twice: a page that comes back is not the one that died.
        self.pages.set(self.pages.get() + 1);
        let platform = Scripted::new(self.pages.get() * 1_000_003 + 17, Rc::clone(&memory));
        platform.advance(self.now_ms.get() - 1_000);
        let store = Store::new(Rc::new(Shared(Rc::clone(&platform))), &core::JA);
        let person = SeatPerson {
            id: person_id(name),
            name: name.to_owned(),
            coordinator: false,
        };
        let seat = Seat {
            workshop: "w1".to_owned(),
            workshop_document: self.workshop.to_string(),
            role: Role::Participant,
            group: Some(self.group.clone()),
            person: Some(person.clone()),
            groups: vec![SeatGroup {
                id: self.group.clone(),
                name: "1班".to_owned(),
                icon: None,
                document: self.board.get().to_string(),
                people: vec![person],
            }],
            peer: "server".to_owned(),
            device: format!("d-{}", person_id(name)),
            server_time_ms: None,
        };
        Rc::new(Tablet {
            name,
            store,
            platform,
            memory,
            group: self.group.clone(),
            seat,
            line: RefCell::default(),
            wifi: Cell::new(true),
            swallowed: Cell::new(false),
            sockets_seen: Cell::new(0),
        })
    }

    /// The server takes nothing more, or everything again.
    pub fn server_refuses(&self, refuses: bool) {
        self.guard.refuses.set(refuses);
        self.settle();
    }

    /// The server refuses every change that holds these letters, or none.
    pub fn server_refuses_letters(&self, letters: Option<&'static str>) {
        *self.guard.letters.borrow_mut() = letters;
    }

    /// From now on the server hands out another page.
    pub fn server_serves(&self, page: &str) {
        *self.page.borrow_mut() = Some(page.to_owned());
    }

    /// The server changes what a person may do, while they are connected.
    pub fn server_grants(&self, tablet: &Tablet, access: Access) {
        self.access.borrow_mut().insert(tablet.name, access);
        let session = tablet.line.borrow().as_ref().map(|line| line.id);
        if let Some(session) = session {
            let input = Input::AccessChanged {
                session,
                access,
                reason: "locked".to_owned(),
            };
            self.room(self.board.get(), input);
        }
        self.settle();
    }

    fn replaced_notice(&self, old: DocumentId) -> Vec<u8> {
        wire::encode(&Message::Notice {
            document: Some(old),
            code: "replaced".to_owned(),
            text: self.board.get().to_string(),
        })
    }

    /// Somebody's note is erased for good: the board gets a new document, the old one is refused from now on. Returns it.
    pub fn erases(&self, note: &NoteId) -> DocumentId {
        let old = self.board.get();
        let room = self.rooms.borrow_mut().remove(&old).expect("the board's room");
        let board = Board::from_doc(room.doc().expect("it is loaded").clone()).expect("a board");
        let erasure = board.erasure(&[note.clone().into()], &[]).expect("the note is there");
        let doc = board
            .without(&erasure, 1, 0, actor(7))
            .expect("a new document")
            .doc()
            .clone();
        let count = u8::try_from(self.replaced.borrow().len()).expect("few");
        let new = DocumentId::from_bytes([100 + count; 16]);
        let mut room = Room::new(new, self.own.clone());
        let loaded = Input::Loaded {
            doc: Box::new(doc),
            leases: Vec::new(),
        };
        room.handle(0, &mut &Guard::default(), loaded, &mut Vec::new());
        self.rooms.borrow_mut().insert(new, room);
        self.board.set(new);
        self.replaced.borrow_mut().push(old);
        let tablets = self.tablets.borrow().clone();
        for tablet in tablets {
            let was_in = tablet.line.borrow_mut().as_mut().is_some_and(|line| {
                let before = line.entered.len();
                line.entered.retain(|document| *document != old);
                line.entered.len() != before
            });
            if was_in {
                self.tablet_hears(&tablet, self.replaced_notice(old));
            }
        }
        self.settle();
        old
    }

    /// The Wi-Fi drops: the socket closes, and no new one opens until it is back.
    pub fn wifi(&self, tablet: &Tablet, there: bool) {
        tablet.wifi.set(there);
        if there {
            tablet.store.network(true);
        } else {
            self.cut(tablet);
        }
        self.settle();
    }

    fn cut(&self, tablet: &Tablet) {
        let line = tablet.line.borrow_mut().take();
        if let Some(line) = line {
            for document in line.entered {
                self.room(document, Input::SessionLeft { session: line.id });
            }
        }
        tablet.platform.happen(SocketEvent::Closed { code: 1006 });
    }

    /// The page is gone, from one moment to the next; the device stays.
    pub fn page_dies(&self, tablet: &Rc<Tablet>) -> Rc<Memory> {
        self.cut(tablet);
        self.tablets.borrow_mut().retain(|other| !Rc::ptr_eq(other, tablet));
        self.settle();
        Rc::clone(&tablet.memory)
    }

    /// Lets time pass for everybody.
    pub fn pass(&self, ms: u64) {
        // In steps that are shorter than every interval that matters, so that answers come in time.
        for _ in 0..ms.div_ceil(50) {
            self.now_ms.set(self.now_ms.get() + 50);
            let tablets = self.tablets.borrow().clone();
            for tablet in tablets {
                tablet.platform.advance(50);
            }
            let documents: Vec<DocumentId> = self.rooms.borrow().keys().copied().collect();
            for document in documents {
                self.room(document, Input::Tick);
            }
            self.settle();
        }
    }

    /// Carries frames to and fro until nobody has anything to say.
    pub fn settle(&self) {
        for _ in 0..10_000 {
            let tablets = self.tablets.borrow().clone();
            // Everybody gets a turn, whoever else was busy.
            let busy = tablets.iter().filter(|tablet| self.carry(tablet)).count();
            if busy == 0 {
                return;
            }
        }
        panic!("the hall never comes to rest");
    }

    fn carry(&self, tablet: &Tablet) -> bool {
        tablet.platform.paint();
        let told = tablet.platform.take_told();
        let spoke = !told.is_empty();
        for word in told {
            let tablets = self.tablets.borrow().clone();
            for tab in tablets.iter().filter(|tab| Rc::ptr_eq(&tab.memory, &tablet.memory)) {
                if !std::ptr::eq(&raw const **tab, tablet) {
                    tab.store.other_tab_says(&word);
                }
            }
        }
        let opened = tablet.platform.sockets_opened.get();
        if opened != tablet.sockets_seen.get() && tablet.platform.has_socket() {
            tablet.sockets_seen.set(opened);
            self.cut_server_side(tablet);
            if tablet.wifi.get() {
                self.connect(tablet);
            } else {
                tablet.platform.happen(SocketEvent::Closed { code: 1006 });
            }
            return true;
        }
        let frames = tablet.platform.take_sent();
        if !tablet.platform.has_socket() {
            self.cut_server_side(tablet);
        }
        let busy = spoke || !frames.is_empty();
        for frame in frames {
            if !tablet.swallowed.get() {
                self.server_hears(tablet, &frame);
            }
        }
        busy
    }

    fn cut_server_side(&self, tablet: &Tablet) {
        let line = tablet.line.borrow_mut().take();
        if let Some(line) = line {
            for document in line.entered {
                self.room(document, Input::SessionLeft { session: line.id });
            }
        }
    }

    fn connect(&self, tablet: &Tablet) {
        self.sessions.set(self.sessions.get() + 1);
        let peer: PeerId = "unknown".parse().expect("a peer id");
        let person = tablet.seat.person.as_ref().map(|person| person.id.to_string());
        let entry = PeerEntry {
            peer,
            person,
            name: tablet.name.to_owned(),
            role: "participant".to_owned(),
            device: tablet.seat.device.clone(),
        };
        *tablet.line.borrow_mut() = Some(Line {
            id: SessionId(self.sessions.get()),
            session: Session::new(self.own.clone()).serving(self.page.borrow().clone()),
            info: PeerInfo {
                entry,
                yoriai: true,
                holder: tablet.seat.device.clone(),
            },
            yoriai: PeerMetadata::default(),
            entered: Vec::new(),
        });
        tablet.platform.happen(SocketEvent::Opened);
    }

    fn server_hears(&self, tablet: &Tablet, frame: &[u8]) {
        let mut outputs = Vec::new();
        {
            let mut line = tablet.line.borrow_mut();
            let Some(line) = line.as_mut() else { return };
            let mut asked = None;
            let replaced = self.replaced.borrow();
            let sees = |document: &DocumentId| {
                asked = replaced.contains(document).then_some(*document);
                asked.is_none()
            };
            line.session.frame(frame, sees, &mut outputs);
            if let Some(old) = asked {
                outputs.insert(0, session::Output::Send(self.replaced_notice(old)));
            }
        }
        for output in outputs {
            match output {
                session::Output::Joined { peer, metadata } => {
                    if let Some(line) = tablet.line.borrow_mut().as_mut() {
                        line.info.entry.peer = peer;
                        line.info.yoriai = metadata.yoriai;
                        line.yoriai = metadata;
                    }
                }
                session::Output::Document { document, message } => {
                    let input = {
                        let mut line = tablet.line.borrow_mut();
                        let Some(line) = line.as_mut() else { return };
                        if line.entered.contains(&document) {
                            Input::Message {
                                session: line.id,
                                message,
                            }
                        } else {
                            line.entered.push(document);
                            let access = self.access_of(tablet.name, document);
                            Input::SessionJoined {
                                session: line.id,
                                info: line.info.clone(),
                                access,
                                first: message,
                            }
                        }
                    };
                    self.room(document, input);
                }
                session::Output::Send(bytes) => self.tablet_hears(tablet, bytes),
                session::Output::Close { .. } => self.cut(tablet),
            }
        }
    }

    fn access_of(&self, name: &str, document: DocumentId) -> Access {
        if document == self.workshop {
            return Access::Read;
        }
        self.access.borrow().get(name).copied().unwrap_or(Access::Write)
    }

    fn tablet_hears(&self, tablet: &Tablet, bytes: Vec<u8>) {
        if !tablet.swallowed.get() {
            tablet.platform.happen(SocketEvent::Frame(bytes));
        }
    }

    /// One input to a room, and everything that follows from it. The disk answers at once.
    fn room(&self, document: DocumentId, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let mut outputs = Vec::new();
            {
                let mut rooms = self.rooms.borrow_mut();
                let room = rooms.get_mut(&document).expect("a room of this hall");
                room.handle(self.now_ms.get(), &mut &self.guard, input, &mut outputs);
            }
            for output in outputs {
                match output {
                    Output::Send { session, bytes, .. } => {
                        if let Some(tablet) = self.tablet_of(session) {
                            self.tablet_hears(&tablet, bytes.to_vec());
                        }
                    }
                    Output::Persist { batch, .. } => inputs.push(Input::Persisted { batch }),
                    Output::Close { session, .. } => {
                        if let Some(tablet) = self.tablet_of(session) {
                            self.cut(&tablet);
                        }
                    }
                    Output::LocalApplied { .. }
                    | Output::LocalRefused { .. }
                    | Output::WakeAt { .. }
                    | Output::Panicked
                    | Output::Reload
                    | Output::Unload => {}
                }
            }
        }
    }

    fn tablet_of(&self, session: SessionId) -> Option<Rc<Tablet>> {
        let tablets = self.tablets.borrow();
        let found = tablets
            .iter()
            .find(|tablet| tablet.line.borrow().as_ref().is_some_and(|line| line.id == session));
        found.cloned()
    }

    /// Texts of the live notes on the server's board, sorted.
    pub fn server_notes(&self) -> Vec<String> {
        let rooms = self.rooms.borrow();
        let doc = rooms
            .get(&self.board.get())
            .and_then(Room::doc)
            .expect("the board's room is ready")
            .clone();
        notes_of(Board::from_doc(doc).expect("a board").view())
    }
}

fn notes_of(view: &board::BoardView) -> Vec<String> {
    let live = view.notes.values().filter(|note| note.state == board::State::Live);
    let mut texts: Vec<String> = live.map(|note| note.text.clone()).collect();
    texts.sort();
    texts
}

impl Tablet {
    pub fn state(&self) -> Rc<State> {
        self.store.state()
    }

    pub fn slot(&self) -> BoardSlot {
        self.state().boards.get(&self.group).expect("the board is open").clone()
    }

    pub fn unsaved(&self) -> usize {
        self.state().connection.unsaved
    }

    /// Texts of the live notes on this tablet, sorted.
    pub fn notes(&self) -> Vec<String> {
        notes_of(&self.slot().view)
    }

    pub fn says(&self) -> Vec<String> {
        self.state().notices.iter().map(|notice| notice.text.clone()).collect()
    }

    /// Puts out a note.
    pub fn writes(&self, text: &str) -> NoteId {
        let id = self.store.new_note_id();
        let command = Command::AddNote {
            id: id.clone(),
            text: text.to_owned(),
            colour: board::Colour::default(),
            parent: None,
            at: None,
            order: OrderHint::Last,
            author: None,
        };
        self.store.act(&self.group, command).expect("the note is put out");
        id
    }
}

/// A person's id is plain ASCII; a name is not.
pub fn person_id(name: &str) -> board::PersonId {
    let sum: u128 = name.bytes().fold(7, |sum, byte| sum * 31 + u128::from(byte));
    board::PersonId::from_random(sum)
}
