//! One group's board: the automerge document, its view, and the person's own undo stack.
//!
//! Invariant: `view` is always what [`view_of`] would derive from `doc` from scratch; updates only take the
//! short way there. Nothing a document contains makes any of this panic.

use std::{collections::BTreeSet, sync::Arc};

use automerge::{ActorId, Automerge, Change};

use crate::{
    command::{Command, TextTarget},
    id::{IslandId, ItemId, NoteId, RelationId},
    import::ImportBoard,
    stamp::Stamp,
    view::{BoardView, Group},
};

/// What a change touched, so that only this needs to be drawn again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// Notes whose view changed.
    pub notes: BTreeSet<NoteId>,
    /// Islands whose view changed.
    pub islands: BTreeSet<IslandId>,
    /// Relations whose view changed.
    pub relations: BTreeSet<RelationId>,
    /// Group, people, marks, path or open points changed.
    pub sheet: bool,
    /// Everything has to be looked at again (a first load).
    pub everything: bool,
    /// What others did to texts, in order, so that an open editor can shift its caret.
    pub text_edits: Vec<TextEdit>,
}

/// One splice of a text by somebody else. Positions count Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// The text.
    pub target: TextTarget,
    /// Where.
    pub at: usize,
    /// How many were deleted there.
    pub delete: usize,
    /// What was inserted there.
    pub insert: String,
}

/// The outcome of a command.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// The one change it made; none if the document already was as wanted.
    pub change: Option<Change>,
    /// What it touched.
    pub touched: Touched,
}

/// Why a command was refused. The document is untouched then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The replica has not received the board yet.
    #[error("the board has not arrived yet")]
    NotReady,
    /// The document was written by a newer version of this program.
    #[error("the board has schema version {found}, newer than this program: it can only be read")]
    NewerSchema {
        /// The document's version.
        found: u64,
    },
    /// There is no such note or island.
    #[error("there is no item {0}")]
    NoSuchItem(ItemId),
    /// There is no such relation.
    #[error("there is no relation {0}")]
    NoSuchRelation(RelationId),
    /// There is no such person on this board.
    #[error("there is no such person")]
    NoSuchPerson,
    /// There is no such open point, or it has no such reading.
    #[error("there is no such open point or reading")]
    NoSuchReading,
    /// The identifier is taken.
    #[error("the identifier is already taken")]
    AlreadyExists,
    /// The text would be too long.
    #[error("a text may have at most {limit} characters")]
    TextTooLong {
        /// Unicode scalar values.
        limit: usize,
    },
    /// A position or length beyond the text's end.
    #[error("the position lies outside the text")]
    OutsideText,
    /// An island cannot go into itself or into what it holds.
    #[error("an island cannot be put into itself")]
    IntoItself(IslandId),
    /// The island is not merged into another one.
    #[error("the island is not merged")]
    NotMerged,
    /// The note holds one thought: there is no SPACE + `・` in it.
    #[error("there is nothing to split")]
    NothingToSplit,
    /// A number that is none, or a place far outside the sheet.
    #[error("the place is not on the sheet")]
    NotOnSheet,
    /// An empty name, or a name or icon that is too long.
    #[error("the name is empty or longer than {limit} bytes")]
    BadName {
        /// UTF-8 bytes.
        limit: usize,
    },
    /// The board or the command holds too many things.
    #[error("there can be at most {limit} of these")]
    TooMany {
        /// How many.
        limit: usize,
    },
    /// automerge refused what we wrote; a defect, reported instead of panicking.
    #[error("the document could not be written: {0}")]
    Document(String),
}

/// Why an undo or redo was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UndoRefused {
    /// There is nothing of one's own left to take back.
    #[error("there is nothing to take back")]
    Nothing,
    /// Somebody else built upon it since; it is taken off the stack, the next one can be tried.
    #[error("somebody has built upon it since")]
    BuiltUpon {
        /// What it was.
        act: Act,
    },
    /// The board cannot be written now.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// Kinds of acts, to name them on the undo button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Notes were added.
    Add,
    /// A text was written.
    Type,
    /// Items were moved, tidied or put in order.
    Move,
    /// Something was coloured.
    Colour,
    /// An island was drawn, dissolved, merged, split, folded or opened.
    Gather,
    /// Items were put into the basket.
    Delete,
    /// Items were taken out of the basket.
    Restore,
    /// A relation was drawn or changed.
    Relate,
    /// A dot was given or taken back.
    Mark,
    /// Anything else.
    Other,
}

/// What could be taken back or done again now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UndoState {
    /// The act that undo takes back.
    pub undo: Option<Act>,
    /// The act that redo does again.
    pub redo: Option<Act>,
}

/// Why bytes are no board.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not an automerge document, or a damaged one.
    #[error("this is no automerge document: {0}")]
    NotAutomerge(String),
    /// An automerge document of another kind.
    #[error("this automerge document is no {expected}")]
    WrongKind {
        /// What was asked for: `board` or `workshop`.
        expected: &'static str,
    },
}

/// Why changes of others could not be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the changes could not be applied: {0}")]
pub struct ApplyError(pub String);

/// One group's board.
#[derive(Debug, Clone)]
pub struct Board {
    doc: Automerge,
    view: Arc<BoardView>,
}

impl Board {
    /// Makes a new, empty board. The same arguments give the same bytes; call it once per board, on the server.
    pub fn create(workshop: &str, group: &Group, at_ms: i64, actor: ActorId) -> Self {
        let _ = (workshop, group, at_ms);
        Self::empty(actor)
    }

    /// Makes a board of an imported group. Identifiers are drawn from `seed`; the same arguments give the same bytes.
    pub fn import(workshop: &str, import: &ImportBoard, seed: u128, at_ms: i64, actor: ActorId) -> Self {
        let _ = (workshop, import, seed, at_ms);
        Self::empty(actor)
    }

    /// Opens a saved board; an older schema is migrated (see [`Board::migration`]), a newer one can only be read.
    pub fn load(bytes: &[u8], actor: ActorId) -> Result<Self, OpenError> {
        let doc = Automerge::load(bytes).map_err(|error| OpenError::NotAutomerge(error.to_string()))?;
        Self::from_doc(doc.with_actor(actor))
    }

    /// Opens a document that is already in memory.
    pub fn from_doc(doc: Automerge) -> Result<Self, OpenError> {
        Ok(Self {
            doc,
            view: Arc::default(),
        })
    }

    /// A replica that has not received anything yet; it fills through [`Board::apply_changes`].
    pub fn empty(actor: ActorId) -> Self {
        Self {
            doc: Automerge::new().with_actor(actor),
            view: Arc::default(),
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

    /// From now on writes as this actor. Every device and every tab needs one of its own.
    pub fn set_actor(&mut self, actor: ActorId) {
        self.doc.set_actor(actor);
    }

    /// The change by which opening migrated an older schema, if it did; the server stores and spreads it.
    pub fn migration(&self) -> Option<&Change> {
        None
    }

    /// Does a command: one change, whole or not at all.
    pub fn apply(&mut self, command: Command, stamp: &Stamp) -> Result<Applied, Refused> {
        let _ = (command, stamp);
        Err(Refused::NotReady)
    }

    /// Takes in changes of others. Only what they touched is read again.
    pub fn apply_changes(&mut self, changes: Vec<Change>) -> Result<Touched, ApplyError> {
        self.doc
            .apply_changes(changes)
            .map_err(|error| ApplyError(error.to_string()))?;
        Ok(Touched {
            everything: true,
            ..Touched::default()
        })
    }

    /// Takes back the last act of one's own. A typing session counts as one act.
    pub fn undo(&mut self, stamp: &Stamp) -> Result<Applied, UndoRefused> {
        let _ = stamp;
        Err(UndoRefused::Nothing)
    }

    /// Does again what was taken back last.
    pub fn redo(&mut self, stamp: &Stamp) -> Result<Applied, UndoRefused> {
        let _ = stamp;
        Err(UndoRefused::Nothing)
    }

    /// What undo and redo would do.
    pub fn undo_state(&self) -> UndoState {
        UndoState::default()
    }

    /// Ends a typing session: the next splice starts a new undo step.
    pub fn finish_typing(&mut self) {}

    /// The whole document as bytes, compressed.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save()
    }
}
