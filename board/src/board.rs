//! One group's board: the automerge document, its view, and the person's own undo stack.
//!
//! Invariant: `view` is always what derived from `doc` from scratch would be; updates only take the short way
//! there. Nothing a document contains makes any of this panic.

mod chronicle;
pub(crate) mod create;
mod derive;
mod edit;
mod erase;
mod follow;
pub(crate) mod keys;
mod migrate;
mod outcome;
mod past;
mod perform;
pub(crate) mod raw;
pub(crate) mod register;
mod take_back;
mod text;
mod undo;

use std::sync::Arc;

use automerge::{ActorId, Automerge, Change, ChangeHash, PatchLog, ReadDoc};

pub use chronicle::{ChronicleEntry, Deed};
pub use erase::Erasure;
pub use keys::{
    COORDINATE_MAX, ISLANDS_MAX, ITEMS_PER_COMMAND_MAX, MARKS_MAX, NOTES_MAX, PEOPLE_MAX, RELATIONS_MAX, SCHEMA,
    STRING_BYTES_MAX,
};
pub use outcome::{Act, Applied, ApplyError, OpenError, Refused, TextEdit, Touched, UndoRefused, UndoState};
pub use perform::ROUNDS_MAX;
pub use take_back::{ActsOf, TakenBack};
pub use undo::UNDO_STEPS_MAX;

use self::{
    edit::Edit,
    perform::Ground,
    raw::{Dirty, Raw},
    undo::{Direction, Step, UndoStacks},
};
use crate::{
    command::Command,
    import::ImportBoard,
    stamp::Stamp,
    view::{BoardView, Group, SchemaState},
};

/// One group's board.
#[derive(Debug, Clone)]
pub struct Board {
    doc: Automerge,
    raw: Raw,
    view: Arc<BoardView>,
    stacks: UndoStacks,
    migration: Option<Change>,
}

impl Board {
    /// Makes a new, empty board. The same arguments give the same bytes; call it once per board, on the server: the maps
    /// of a board are made by its very first change, so that no two replicas ever make them both.
    pub fn create(workshop: &str, group: &Group, at_ms: i64, actor: ActorId) -> Self {
        Self::of(create::create(workshop, group, at_ms, actor))
    }

    /// Makes a board of an imported group. Identifiers are drawn from `seed`; the same arguments give the same bytes.
    /// `at_ms` is when it was imported, in milliseconds since 1970.
    pub fn import(workshop: &str, import: &ImportBoard, seed: u128, at_ms: i64, actor: ActorId) -> Self {
        Self::of(create::import(workshop, import, seed, at_ms, actor))
    }

    /// Opens a saved board; an older schema is migrated (see [`Board::migration`]), a newer one can only be read.
    pub fn load(bytes: &[u8], actor: ActorId) -> Result<Self, OpenError> {
        let doc = Automerge::load(bytes).map_err(|error| OpenError::NotAutomerge(error.to_string()))?;
        Self::from_doc(doc.with_actor(actor))
    }

    /// Opens a document that is already in memory. One that holds nothing yet is fine, see [`Board::empty`].
    pub fn from_doc(mut doc: Automerge) -> Result<Self, OpenError> {
        let migration = migrate::migrate(&mut doc);
        let board = Self {
            migration,
            ..Self::of(doc)
        };
        let kind = board.raw.kind.as_deref();
        if kind == Some(keys::KIND_BOARD) || (kind.is_none() && board.doc.get_heads().is_empty()) {
            Ok(board)
        } else {
            Err(OpenError::WrongKind {
                expected: keys::KIND_BOARD,
            })
        }
    }

    /// A replica that has not received anything yet; it fills through [`Board::apply_changes`].
    pub fn empty(actor: ActorId) -> Self {
        Self::of(Automerge::new().with_actor(actor))
    }

    fn of(doc: Automerge) -> Self {
        let raw = Raw::read(&doc);
        let view = Arc::new(view_of(&raw));
        Self {
            doc,
            raw,
            view,
            stacks: UndoStacks::default(),
            migration: None,
        }
    }

    /// The board as people see it.
    pub fn view(&self) -> &Arc<BoardView> {
        &self.view
    }

    /// The document.
    pub fn doc(&self) -> &Automerge {
        &self.doc
    }

    /// From now on writes as this actor. Every device and every tab needs one of its own. What was done before can no
    /// longer be taken back: it was another actor's.
    pub fn set_actor(&mut self, actor: ActorId) {
        self.doc.set_actor(actor);
        self.stacks = UndoStacks::default();
    }

    /// The change by which opening migrated an older schema, if it did; the server stores and spreads it.
    pub fn migration(&self) -> Option<&Change> {
        self.migration.as_ref()
    }

    /// Whether commands can be done: the board has arrived, and in a schema this program knows.
    pub fn writable(&self) -> Result<(), Refused> {
        if let SchemaState::Newer { found } = self.view.schema {
            return Err(Refused::NewerSchema { found });
        }
        let complete = self.raw.schema.is_some() && keys::MAPS.iter().all(|map| self.raw.maps.contains_key(map));
        if complete { Ok(()) } else { Err(Refused::NotReady) }
    }

    /// Does a command: one change, whole or not at all.
    pub fn apply(&mut self, command: Command, stamp: &Stamp) -> Result<Applied, Refused> {
        self.writable()?;
        let typing = perform::typing_target(&command);
        let mut edit = Edit::begin(&mut self.doc, &self.raw);
        let ground = Ground::new(&self.raw, &self.view, stamp);
        let act = match perform::perform(&mut edit, &ground, command) {
            Ok(act) => act,
            Err(refused) => {
                edit.roll_back();
                return Err(refused);
            }
        };
        let (hash, dirty, traces) = edit.commit(stamp.at_ms);
        let touched = self.follow(&dirty);
        if !traces.is_empty() {
            self.stacks.push(Step::new(act, traces, typing, &self.raw));
        }
        Ok(self.applied(hash, touched))
    }

    /// Takes in changes of others. Only what they touched is read again.
    pub fn apply_changes(&mut self, changes: Vec<Change>) -> Result<Touched, ApplyError> {
        if self.raw.maps.is_empty() {
            return self.fill(changes);
        }
        let mut log = PatchLog::active();
        let result = self.doc.apply_changes_log_patches(changes, &mut log);
        let (mut dirty, text_edits) = follow::dirty(&self.doc.make_patches(&mut log));
        self.raw.add_contested(&mut dirty);
        if dirty.everything {
            self.raw = Raw::read(&self.doc);
        }
        let mut touched = self.follow(&dirty);
        touched.text_edits = text_edits;
        result.map(|()| touched).map_err(|error| ApplyError(error.to_string()))
    }

    /// The first changes of a replica that has nothing yet: everything is read at once, so patches would only cost.
    fn fill(&mut self, changes: Vec<Change>) -> Result<Touched, ApplyError> {
        let result = self.doc.apply_changes(changes);
        self.raw = Raw::read(&self.doc);
        let touched = self.follow(&Dirty {
            everything: true,
            ..Dirty::default()
        });
        result.map(|()| touched).map_err(|error| ApplyError(error.to_string()))
    }

    /// Brings entries and view up to date.
    fn follow(&mut self, dirty: &Dirty) -> Touched {
        let mut touched = Touched::default();
        self.raw.refresh(&self.doc, dirty);
        derive::derive(&self.raw, dirty, Arc::make_mut(&mut self.view), &mut touched);
        touched
    }

    fn applied(&self, hash: Option<ChangeHash>, touched: Touched) -> Applied {
        Applied {
            change: hash.and_then(|hash| self.doc.get_change_by_hash(&hash)),
            touched,
        }
    }

    /// Takes back the last act of one's own. A typing session counts as one act.
    pub fn undo(&mut self, stamp: &Stamp) -> Result<Applied, UndoRefused> {
        self.go(Direction::Undo, stamp)
    }

    /// Does again what was taken back last.
    pub fn redo(&mut self, stamp: &Stamp) -> Result<Applied, UndoRefused> {
        self.go(Direction::Redo, stamp)
    }

    fn go(&mut self, direction: Direction, stamp: &Stamp) -> Result<Applied, UndoRefused> {
        self.writable()?;
        let step = self.stacks.pop(direction).ok_or(UndoRefused::Nothing)?;
        if !undo::untouched(&self.doc, &self.raw, &step) {
            return Err(UndoRefused::BuiltUpon { act: step.act });
        }
        let mut edit = Edit::begin(&mut self.doc, &self.raw);
        if let Err(refused) = undo::take_back(&mut edit, &self.raw, &step, stamp) {
            edit.roll_back();
            return Err(refused.into());
        }
        let (hash, dirty, traces) = edit.commit(stamp.at_ms);
        let touched = self.follow(&dirty);
        self.stacks
            .push_taken_back(direction, Step::new(step.act, traces, None, &self.raw));
        Ok(self.applied(hash, touched))
    }

    /// What undo and redo would do.
    pub fn undo_state(&self) -> UndoState {
        self.stacks.state()
    }

    /// Ends a typing session: the next splice starts a new undo step. Any other command ends it too.
    pub fn finish_typing(&mut self) {
        self.stacks.finish_typing();
    }

    /// The whole document as bytes, compressed.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save()
    }

    /// The view derived from the document anew, for tests of the invariant above.
    pub fn view_from_scratch(&self) -> BoardView {
        view_of(&Raw::read(&self.doc))
    }
}

fn view_of(raw: &Raw) -> BoardView {
    let mut view = BoardView::default();
    let dirty = Dirty {
        everything: true,
        ..Dirty::default()
    };
    derive::derive(raw, &dirty, &mut view, &mut Touched::default());
    view
}
