//! The store without its shell: what happens goes in, what is to be done in the world comes out as [`Act`]s.
//!
//! Nothing here calls back: the shell does the acts after the call has returned, so no borrow is ever held while
//! somebody else's code runs.

mod boards;
mod commands;
mod composing;
mod device;
mod epoch;
mod line;
mod moderation;
mod refusals;
mod renewal;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

use board::{GroupId, Stamp, TextEdit};
pub use epoch::seat_key;
use sync::{DocumentId, client::ClientEvent};

use super::{
    Refused,
    notices::Notices,
    presence::{self, Outgoing},
    replicas::Replicas,
    state::{Draft, Notice, NoticeKind, Presence, State},
};
use crate::{api::Seat, i18n::core::CoreTexts, platform::Platform};

/// Something to be done in the world.
#[derive(Debug)]
pub enum Act {
    /// Open the socket of the workshop.
    OpenSocket {
        /// Which.
        workshop: String,
    },
    /// Close it.
    CloseSocket,
    /// Send a frame.
    Send(Vec<u8>),
    /// Read what the device holds of a document.
    Load(DocumentId),
    /// Read what other tabs have written of a document.
    LoadNew(DocumentId),
    /// Read the drafts of a workshop.
    LoadDrafts {
        /// Under this key.
        key: String,
    },
    /// Append to what the device holds.
    Append {
        /// Under this key.
        key: String,
        /// These bytes.
        chunk: Vec<u8>,
    },
    /// Replace what the device holds.
    Compact {
        /// Under this key.
        key: String,
        /// By these bytes.
        snapshot: Vec<u8>,
    },
    /// Delete what the device holds.
    Forget {
        /// Under this key.
        key: String,
    },
    /// Tell open editors what somebody else did to a text.
    Text(GroupId, TextEdit),
    /// Remember a small text, or forget it.
    SetPref {
        /// Under this key.
        key: String,
        /// The text.
        value: Option<String>,
    },
    /// Tell the other tabs of this device.
    TellTabs(String),
    /// Bring the newest page onto the device.
    FetchPage,
    /// Show the newest page now.
    Reload,
    /// Write a line for engineers.
    Log(String),
    /// Tell the listeners.
    Changed,
}

/// The single owner of documents and session.
pub struct Core {
    platform: Rc<dyn Platform>,
    texts: &'static CoreTexts,
    state: Rc<State>,
    session: Option<Session>,
    notices: Notices,
    acts: Vec<Act>,
    /// How far the server's clock is ahead of this device's.
    ahead_ms: i64,
    /// Writes that are on their way to the device.
    writes: usize,
}

/// A seat taken: the line, the documents, and what is known about each.
struct Session {
    seat: Rc<Seat>,
    client: sync::Client,
    replicas: Replicas,
    workshop: DocumentId,
    open: BTreeMap<GroupId, OpenBoard>,
    granted: BTreeMap<DocumentId, sync::Access>,
    /// Documents that a coordinator lets this device only read.
    muted: BTreeSet<DocumentId>,
    stored: BTreeMap<DocumentId, Stored>,
    wake_at_ms: Option<u64>,
    /// The workshop document was refused: what the device holds of it is replaced once the server's has arrived.
    workshop_refused: bool,
    /// Documents whose saved heads have to be noted down, and when.
    to_note: BTreeSet<DocumentId>,
    note_at_ms: Option<u64>,
    /// The groups with unsent edits, as they were noted down last.
    unsent_noted: Option<Vec<String>>,
}

/// A board that somebody looks at, or that still has something to send.
struct OpenBoard {
    document: DocumentId,
    /// Components that want it open.
    holders: usize,
    /// When it may be closed, once nobody holds it.
    closes_at_ms: Option<u64>,
    outgoing: Outgoing,
    /// The board as it was when the server refused some of it, until the server's own has arrived.
    aside: Option<Box<refusals::Aside>>,
    /// What is being put out again on the server's board, until the last of it is saved or refused.
    replay: Option<refusals::Replay>,
    /// The board set aside is an older document, which an erasure has replaced; see `epoch`.
    renewed: Option<epoch::Renewed>,
    /// Documents that an erasure has replaced: deleted from the device when everything of them is done again.
    forgotten: Vec<DocumentId>,
}

/// How a document stands on the device.
#[derive(Default)]
struct Stored {
    /// The device has been read; before that nothing is appended, so that nothing is sent half.
    loaded: bool,
    /// Chunks since the last snapshot.
    chunks: usize,
    /// The device refused something, and when: until a snapshot succeeds nothing is appended, because what builds on a
    /// missing change cannot be read back.
    lacks_since_ms: Option<u64>,
    /// It holds something that this page could not take in: nothing on it is replaced.
    holds_unread: bool,
}

/// Chunks after which a snapshot replaces them: a quarter of an hour of one person's typing, read back in well under 100 ms.
const CHUNKS_UNTIL_SNAPSHOT: usize = 200;
/// A device that refused to store is tried again this much later, with the whole document.
const STORE_AGAIN_MS: u64 = 20_000;
/// A board nobody looks at any more stays open this long: going to the outline and back costs nothing.
const LINGER_MS: u64 = 15_000;
/// Saved heads are noted down this much later, once for many messages.
const NOTE_MS: u64 = 250;

impl Core {
    pub fn new(platform: Rc<dyn Platform>, texts: &'static CoreTexts) -> Self {
        let state = State {
            storage: true,
            ..State::default()
        };
        Self {
            platform,
            texts,
            state: Rc::new(state),
            session: None,
            notices: Notices::default(),
            acts: Vec::new(),
            ahead_ms: 0,
            writes: 0,
        }
    }

    pub fn state(&self) -> &Rc<State> {
        &self.state
    }

    pub fn take_acts(&mut self) -> Vec<Act> {
        std::mem::take(&mut self.acts)
    }

    pub fn set_texts(&mut self, texts: &'static CoreTexts) {
        self.texts = texts;
    }

    /// The state, to be changed: listeners will be told.
    fn change(&mut self) -> &mut State {
        if !matches!(self.acts.last(), Some(Act::Changed)) {
            self.acts.push(Act::Changed);
        }
        Rc::make_mut(&mut self.state)
    }

    /// Takes a seat; the same workshop's seat again only updates it.
    pub fn enter(&mut self, seat: Seat) -> Result<(), Refused> {
        let seat = Rc::new(seat);
        if let Some(server_ms) = seat.server_time_ms {
            self.ahead_ms = server_ms.saturating_sub(self.platform.wall_ms());
        }
        if let Some(session) = &mut self.session
            && session.seat.workshop == seat.workshop
            && session.seat.role == seat.role
        {
            let before = std::mem::replace(&mut session.seat, Rc::clone(&seat));
            self.change().seat = Some(Rc::clone(&seat));
            self.seat_renewed(&before, &seat);
            self.refresh_rights();
            return Ok(());
        }
        // Another role in the same workshop: what is looked at stays open.
        let held: Vec<(GroupId, usize)> = match &self.session {
            Some(session) if session.seat.workshop == seat.workshop => session
                .open
                .iter()
                .map(|(group, open)| (group.clone(), open.holders))
                .collect(),
            _ => Vec::new(),
        };
        self.leave();
        let workshop: DocumentId = seat.workshop_document.parse().map_err(|_| Refused::NotOpen)?;
        let session = Session::new(
            Rc::clone(&seat),
            workshop,
            self.platform.random(),
            self.platform.build(),
        )
        .ok_or(Refused::NotOpen)?;
        self.session = Some(session);
        let unsent = self.platform.pref(&unsent_key(&seat.workshop));
        let key = drafts_key(&seat.workshop);
        self.change().seat = Some(seat);
        self.acts.push(Act::Load(workshop));
        self.acts.push(Act::LoadDrafts { key });
        self.feed(ClientEvent::Start);
        for (group, holders) in held {
            for _ in 0..holders {
                self.open_board(&group);
            }
        }
        // What an earlier page could not send goes out now, whichever board is looked at.
        for group in unsent
            .iter()
            .flat_map(|list| list.split(' '))
            .filter_map(|group| group.parse().ok())
        {
            self.open_board(&group);
            self.close_board(&group);
        }
        Ok(())
    }

    /// Gives the seat up, on this page. What was not sent stays on the device.
    pub fn leave(&mut self) {
        if self.session.is_none() {
            return;
        }
        self.feed(ClientEvent::Stop);
        self.session = None;
        self.acts.push(Act::CloseSocket);
        let (storage, page) = (self.state.storage, self.state.page);
        *self.change() = State {
            storage,
            page,
            ..State::default()
        };
    }

    /// Gives the seat up because it was taken away. What was not sent stays on the device, for a new seat; its texts can be
    /// read and copied without one.
    pub fn lose_seat(&mut self) {
        let groups: Vec<GroupId> = self.state.boards.keys().cloned().collect();
        for group in groups {
            self.keep_unsent_texts(&group);
        }
        let drafts = Rc::clone(&self.state.drafts);
        self.leave();
        self.change().drafts = drafts;
    }

    /// Shows the others what this device does on a board.
    pub fn present(&mut self, group: &GroupId, presence: Presence) {
        if let Some(open) = self.session.as_mut().and_then(|session| session.open.get_mut(group)) {
            open.outgoing.show(presence);
            self.send_presence();
            self.reload_when_safe();
        }
    }

    pub fn notify(&mut self, notice: Notice) -> u64 {
        let now_ms = self.platform.now_ms();
        let mut list = self.state.notices.clone();
        let id = self.notices.add(&mut list, notice, now_ms);
        self.change().notices = list;
        id
    }

    pub fn dismiss(&mut self, id: u64) {
        if self.state.notices.iter().any(|notice| notice.id == id) {
            self.change().notices.retain(|notice| notice.id != id);
        }
    }

    /// Throws a draft away, or takes it because it has been put out again.
    pub fn take_draft(&mut self, id: &str) -> Option<Draft> {
        let position = self.state.drafts.iter().position(|draft| draft.id == id)?;
        let mut drafts = self.state.drafts.as_ref().clone();
        let draft = drafts.remove(position);
        self.set_drafts(drafts);
        Some(draft)
    }

    fn set_drafts(&mut self, drafts: Vec<Draft>) {
        if let Some(seat) = &self.state.seat {
            let key = drafts_key(&seat.workshop);
            self.writes += 1;
            self.acts.push(Act::Compact {
                key,
                snapshot: super::drafts::to_bytes(&drafts),
            });
        }
        let none_left = drafts.is_empty();
        let state = self.change();
        state.drafts = Rc::new(drafts);
        if none_left {
            state.notices.retain(|notice| notice.kind != NoticeKind::Drafts);
        }
    }

    /// Drafts that the device held.
    pub fn drafts_loaded(&mut self, chunks: &[Vec<u8>]) {
        let mut found = super::drafts::from_chunks(chunks);
        // What was kept on this page before the device had been read.
        let missing = |draft: &&Draft| found.iter().all(|known| known.id != draft.id);
        let own: Vec<Draft> = self.state.drafts.iter().filter(missing).cloned().collect();
        found.extend(own);
        let interrupted = self.take_interrupted();
        let is_new = !interrupted.is_empty();
        found.extend(interrupted);
        if found.is_empty() {
            return;
        }
        if is_new {
            self.set_drafts(found);
        } else {
            self.change().drafts = Rc::new(found);
        }
        // Without this strip nothing on the page leads to what an earlier page kept.
        let text = self.texts.drafts_explained.to_owned();
        let kind = NoticeKind::Drafts;
        self.notify(Notice { id: 0, kind, text });
    }

    /// Does everything whose time has come.
    pub fn tick(&mut self) {
        let now_ms = self.platform.now_ms();
        let mut list = self.state.notices.clone();
        if self.notices.expire(&mut list, now_ms) {
            self.change().notices = list;
        }
        self.expire_presences(now_ms);
        self.close_lingering(now_ms);
        self.send_presence();
        self.store_again(now_ms);
        if self
            .session
            .as_ref()
            .and_then(|session| session.note_at_ms)
            .is_some_and(|at_ms| at_ms <= now_ms)
        {
            self.note_down();
        }
        let wakes = self
            .session
            .as_mut()
            .and_then(|session| session.wake_at_ms.take_if(|at_ms| *at_ms <= now_ms));
        if wakes.is_some() {
            self.feed(ClientEvent::Tick);
        }
    }

    /// When [`Core::tick`] wants to be called.
    pub fn due_at_ms(&self) -> Option<u64> {
        let session = self.session.iter();
        let line = session
            .clone()
            .flat_map(|session| [session.wake_at_ms, session.note_at_ms])
            .flatten();
        let lacking = session.clone().flat_map(|session| session.stored.values());
        let lacking = lacking.filter_map(Stored::again_at_ms);
        let boards = session.flat_map(|session| session.open.values());
        let boards = boards
            .flat_map(|open| [open.outgoing.due_at_ms(), open.closes_at_ms])
            .flatten();
        let stale = self
            .state
            .boards
            .values()
            .filter_map(|slot| presence::expires_at_ms(&slot.presence));
        line.chain(lacking)
            .chain(boards)
            .chain(stale)
            .chain(self.notices.due_at_ms())
            .min()
    }

    pub fn stamp(&self) -> Stamp {
        let seat = self.state.seat.as_ref();
        Stamp {
            person: seat
                .and_then(|seat| seat.person.as_ref())
                .map(|person| person.id.clone()),
            device: seat.map(|seat| seat.device.clone()).unwrap_or_default(),
            // By the server's clock: it refuses what is dated more than a day ahead (rule S51), and tablets' clocks are wrong.
            at_ms: self.server_ms(),
        }
    }

    /// Milliseconds since 1970 by the server's clock, as well as it is known.
    pub fn server_ms(&self) -> i64 {
        self.platform.wall_ms().saturating_add(self.ahead_ms)
    }

    /// Heads of a group's document, for tests of the page.
    pub fn heads(&self, group: &GroupId) -> Vec<String> {
        let session = self.session.as_ref();
        let replica = session.and_then(|session| session.replicas.boards.get(&session.open.get(group)?.document));
        replica
            .iter()
            .flat_map(|replica| replica.board.doc().get_heads())
            .map(|head| head.to_string())
            .collect()
    }

    fn refresh_workshop(&mut self) {
        let Some(session) = &self.session else { return };
        let Some((document, workshop)) = &session.replicas.workshop else {
            return;
        };
        let (view, loaded) = (Arc::clone(workshop.view()), !workshop.doc().get_heads().is_empty());
        let granted = session.granted.get(document).copied();
        let access = super::rights::workshop_access(&session.seat, &view, granted);
        let state = self.change();
        state.workshop = view;
        state.workshop_loaded = loaded;
        state.workshop_access = access;
        self.refresh_rights();
    }
}

/// Where the drafts of a workshop lie on the device.
fn drafts_key(workshop: &str) -> String {
    format!("drafts/{workshop}")
}

/// Where the groups with unsent edits are noted down.
fn unsent_key(workshop: &str) -> String {
    format!("unsent.{workshop}")
}

/// Where a document lies on the device.
pub fn document_key(document: &DocumentId) -> String {
    format!("doc/{document}")
}
