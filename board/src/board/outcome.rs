//! What comes of commands, changes of others and undo: what was touched, or why not.

use std::collections::BTreeSet;

use automerge::Change;

use crate::{
    command::TextTarget,
    id::{IslandId, ItemId, NoteId, RelationId},
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
    /// A coordinator took back what somebody did.
    TakeBack,
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
