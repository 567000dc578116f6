//! The single owner of documents and session. Components read [`State`]s and send commands; nothing else writes.
//!
//! Inside, [`core::Core`] decides and this shell does: a call borrows the core, lets it work, gives the borrow back,
//! and only then sends, stores and tells the listeners. So a listener may call the store again.

mod core;
mod drafts;
mod listeners;
mod notices;
mod presence;
mod reapply;
mod replicas;
mod rights;
mod shell;
mod state;
#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use board::{
    Command, GroupId, IslandId, NoteId, OrderHint, Refused as BoardRefused, RelationId, Stamp, TextEdit, TextTarget,
    WorkshopCommand,
    board::{ActsOf, ChronicleEntry, TakenBack},
    workshop::WorkshopRefused,
};

use self::core::Core;
pub use self::core::seat_key;
pub use self::{
    listeners::Subscription,
    notices::why,
    presence::colour_index,
    state::{
        Access, BoardSlot, Connection, Draft, Hold, Newer, Notice, NoticeKind, PageState, Peer, Phase, Presence,
        ReadOnly, RemotePresence, State,
    },
};
use crate::{
    api::Seat,
    i18n::core::CoreTexts,
    platform::{Keeping, Platform, Socket, Timer},
};
use listeners::Listeners;

/// Why a command was refused. The person has already been told in a notice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The board is not open, or there is no seat.
    #[error("the board is not open")]
    NotOpen,
    /// It may only be read.
    #[error("the document may only be read: {0:?}")]
    ReadOnly(ReadOnly),
    /// The board refuses it.
    #[error(transparent)]
    Board(#[from] BoardRefused),
    /// The workshop document refuses it.
    #[error(transparent)]
    Workshop(#[from] WorkshopRefused),
}

/// The store. Cheap to clone; equal only to itself.
#[derive(Clone)]
pub struct Store(Rc<Inner>);

struct Inner {
    platform: Rc<dyn Platform>,
    core: RefCell<Core>,
    listeners: Listeners,
    /// The listeners will be told before the next paint.
    telling: Cell<bool>,
    line: RefCell<Line>,
    alarm: RefCell<Option<Alarm>>,
}

/// The socket in use. Its number tells its events from those of an earlier one.
#[derive(Default)]
struct Line {
    number: u64,
    socket: Option<Box<dyn Socket>>,
}

struct Alarm {
    at_ms: u64,
    _timer: Box<dyn Timer>,
}

impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Store")
    }
}

impl Store {
    /// A store without a seat.
    pub fn new(platform: Rc<dyn Platform>, texts: &'static CoreTexts) -> Self {
        let core = RefCell::new(Core::new(Rc::clone(&platform), texts));
        Self(Rc::new(Inner {
            platform,
            core,
            listeners: Listeners::default(),
            telling: Cell::new(false),
            line: RefCell::default(),
            alarm: RefCell::default(),
        }))
    }

    /// The state as it is now.
    pub fn state(&self) -> Rc<State> {
        Rc::clone(self.0.core.borrow().state())
    }

    /// Calls after every change, at most once per paint. Dropping the subscription ends the calls.
    pub fn subscribe(&self, listener: impl Fn(Rc<State>) + 'static) -> Subscription {
        self.0.listeners.add(Rc::new(listener))
    }

    /// Calls at once with every splice that somebody else (or one's own undo) makes in a text, so that an open editor
    /// keeps its caret.
    pub fn subscribe_text(
        &self,
        group: &GroupId,
        target: TextTarget,
        listener: impl Fn(&TextEdit) + 'static,
    ) -> Subscription {
        self.0.listeners.add_text(group.clone(), target, Rc::new(listener))
    }

    /// Takes a seat: opens the line and the workshop document. The same workshop's seat again only updates it.
    ///
    /// # Errors
    /// [`Refused::NotOpen`] if the seat's document id is none.
    pub fn enter(&self, seat: Seat) -> Result<(), Refused> {
        self.run(|core| core.enter(seat))
    }

    /// Gives the seat up on this page. What was not sent stays on the device and goes out with the next visit.
    pub fn leave(&self) {
        self.run(Core::leave);
    }

    /// Gives the seat up because it was taken away. What was not sent stays on the device, for a new seat; its texts become
    /// drafts as well, which can be read without one.
    pub fn lose_seat(&self) {
        self.run(Core::lose_seat);
    }

    /// Opens a board and keeps it open until [`Store::close_board`] has been called as often.
    pub fn open_board(&self, group: &GroupId) {
        self.run(|core| core.open_board(group));
    }

    /// Lets go of a board.
    pub fn close_board(&self, group: &GroupId) {
        self.run(|core| core.close_board(group));
    }

    /// Does a command: applied here at once, kept on the device, sent. The state is new when this returns.
    ///
    /// # Errors
    /// Why it was refused; nothing has changed then, and the person has been told.
    pub fn act(&self, group: &GroupId, command: Command) -> Result<(), Refused> {
        // The editor that typed a splice knows it already; every other command may change a text under an editor.
        let typed = matches!(command, Command::Splice { .. });
        self.with_editors_told(group, typed, |core| core.act(group, command))
    }

    /// Takes back the last own act on a board; if that is refused, a notice says why.
    pub fn undo(&self, group: &GroupId) {
        self.with_editors_told(group, false, |core| core.undo(group, false));
    }

    /// Does again what was taken back last.
    pub fn redo(&self, group: &GroupId) {
        self.with_editors_told(group, false, |core| core.undo(group, true));
    }

    /// Ends a typing session: what follows is an undo step of its own.
    pub fn finish_typing(&self, group: &GroupId) {
        self.run(|core| core.finish_typing(group));
    }

    /// These letters are being converted in a text: they are on no board yet, and kept in case that the page dies. None: the
    /// conversion has ended.
    pub fn composing(&self, group: &GroupId, target: &TextTarget, letters: &str) {
        self.run(|core| core.composing(group, target, letters));
    }

    /// Does a command on the workshop document.
    ///
    /// # Errors
    /// Why it was refused; the person has been told.
    pub fn act_workshop(&self, command: WorkshopCommand) -> Result<(), Refused> {
        self.run(|core| core.act_workshop(command))
    }

    /// What taking back somebody's acts on a board would do now; see [`board::Board::plan_take_back`].
    pub fn plan_take_back(&self, group: &GroupId, of: &ActsOf) -> TakenBack {
        self.0.core.borrow().plan_take_back(group, of)
    }

    /// Takes back somebody's acts on a board, in as many changes as that needs.
    ///
    /// # Errors
    /// Why it was refused; the person has been told.
    pub fn take_back(&self, group: &GroupId, of: &ActsOf) -> Result<TakenBack, Refused> {
        self.with_editors_told(group, false, |core| core.take_back(group, of))
    }

    /// The latest acts on a board, read out of its history: not for every render.
    pub fn chronicle(&self, group: &GroupId, limit: usize) -> Vec<ChronicleEntry> {
        self.0.core.borrow().chronicle(group, limit)
    }

    /// Shows the others what this device does on a board: at most 20 times a second, the last state wins.
    pub fn present(&self, group: &GroupId, presence: Presence) {
        self.run(|core| core.present(group, presence));
    }

    /// Tells the person something. Returns the notice's id.
    pub fn notify(&self, notice: Notice) -> u64 {
        self.run(|core| core.notify(notice))
    }

    /// Takes a notice off the screen.
    pub fn dismiss(&self, notice: u64) {
        self.run(|core| core.dismiss(notice));
    }

    /// Takes a board's unsent edits out as drafts and shows the server's board.
    pub fn take_as_drafts(&self, group: &GroupId) {
        self.run(|core| core.take_as_drafts(group));
    }

    /// Throws a draft away.
    pub fn discard_draft(&self, draft: &str) {
        self.run(|core| core.take_draft(draft));
    }

    /// Puts a draft out as a new note, into its island if that still exists.
    ///
    /// # Errors
    /// Why it was refused; the draft stays then, and the person has been told.
    pub fn put_out_draft(&self, draft: &str) -> Result<(), Refused> {
        let state = self.state();
        let draft = state
            .drafts
            .iter()
            .find(|known| known.id == draft)
            .ok_or(Refused::NotOpen)?;
        let slot = state.boards.get(&draft.group);
        let parent = draft.island.clone().filter(|island| {
            slot.and_then(|slot| slot.view.islands.get(island))
                .is_some_and(|island| island.shown && !island.collapsed)
        });
        let command = Command::AddNote {
            id: self.new_note_id(),
            text: draft.text.clone(),
            colour: board::Colour::default(),
            parent,
            at: None,
            order: OrderHint::Last,
            author: None,
        };
        self.act(&draft.group, command)?;
        self.discard_draft(&draft.id);
        Ok(())
    }

    /// Says from now on what it says in this language.
    pub fn set_texts(&self, texts: &'static CoreTexts) {
        self.run(|core| core.set_texts(texts));
    }

    /// The device woke up, came to the front, or its network came or went.
    pub fn network(&self, online: bool) {
        self.run(|core| core.network(online));
    }

    /// The page is being put away: what is only noted down now and then is noted down now, and the other tabs take over.
    pub fn put_away(&self) {
        self.run(Core::put_away);
    }

    /// Another tab of this device said something.
    pub fn other_tab_says(&self, word: &str) {
        self.run(|core| core.other_tab_says(word));
    }

    /// It is known now whether the page itself opens without a network.
    pub fn page_kept(&self, keeping: Keeping) {
        self.run(|core| core.page_kept(keeping));
    }

    /// Shows the newest page now. What was written stays on the device and goes on being sent there.
    pub fn reload(&self) {
        self.0.platform.reload();
    }

    /// A new note's identifier.
    pub fn new_note_id(&self) -> NoteId {
        NoteId::from_random(self.0.platform.random())
    }

    /// A new island's identifier.
    pub fn new_island_id(&self) -> IslandId {
        IslandId::from_random(self.0.platform.random())
    }

    /// A new relation's identifier.
    pub fn new_relation_id(&self) -> RelationId {
        RelationId::from_random(self.0.platform.random())
    }

    /// A new group's identifier.
    pub fn new_group_id(&self) -> GroupId {
        GroupId::from_random(self.0.platform.random())
    }

    /// A random text nobody can guess, for idempotent calls.
    pub fn new_token(&self) -> String {
        format!("{:032x}", self.0.platform.random())
    }

    /// Who acts now, on which device.
    pub fn stamp(&self) -> Stamp {
        self.0.core.borrow().stamp()
    }

    /// Milliseconds since some start; never goes back, counts the time the device slept.
    pub fn now_ms(&self) -> u64 {
        self.0.platform.now_ms()
    }

    /// Milliseconds since 1970 by the device's clock.
    pub fn wall_ms(&self) -> i64 {
        self.0.platform.wall_ms()
    }

    /// Milliseconds since 1970 by the server's clock, as well as it is known: the workshop's timer counts by it, so that
    /// it rings on every device in the same moment.
    pub fn server_ms(&self) -> i64 {
        self.0.core.borrow().server_ms()
    }

    /// A small text the device remembers.
    pub fn pref(&self, key: &str) -> Option<String> {
        self.0.platform.pref(key)
    }

    /// Remembers a small text on the device, or forgets it.
    pub fn set_pref(&self, key: &str, value: Option<&str>) {
        self.0.platform.set_pref(key, value);
    }

    /// Heads of a group's document, for tests of the page.
    pub fn heads(&self, group: &GroupId) -> Vec<String> {
        self.0.core.borrow().heads(group)
    }
}
