//! What a person can do to a board. One command is one automerge change, whole or not at all.

use crate::{
    geometry::Point,
    id::{IslandId, ItemId, NoteId, PersonId, RelationId},
    order::OrderKey,
    parcel::Parcel,
    view::{Colour, RelationKind},
};

/// Longest text of a note, a heading or a label, in Unicode scalar values. Pastes beyond it are refused with the limit named.
pub const TEXT_CHARS_MAX: usize = 10_000;

/// Where an item is: one register in the document, so that the last drop wins whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The island it lies in, or none for the sheet itself.
    pub parent: Option<IslandId>,
    /// Place in the report's order, one key space for the whole board, independent of x and y.
    pub order: OrderKey,
    /// Top left corner, relative to the parent island's own origin (to the sheet's corner without a parent).
    pub at: Point,
}

/// A text that can be spliced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextTarget {
    /// A note's text.
    Note(NoteId),
    /// An island's heading (made when it is first written).
    Heading(IslandId),
    /// A relation's label.
    Label(RelationId),
}

/// Where a dragged or newly made item goes, in words of the sheet; the board turns it into a [`Place`].
#[derive(Debug, Clone, PartialEq)]
pub struct Drop {
    /// The item.
    pub item: ItemId,
    /// The island it was dropped into, or none for the sheet.
    pub parent: Option<IslandId>,
    /// Absolute top left corner on the sheet. None: the board finds a free spot in the parent (outline, keyboard).
    pub at: Option<Point>,
    /// Place in the report's order.
    pub order: OrderHint,
}

/// Place in the report's order, relative to what the person sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OrderHint {
    /// Stays where it is if the parent does not change, else goes last in its parent.
    #[default]
    Keep,
    /// Last in its parent.
    Last,
    /// First in its parent.
    First,
    /// Directly after this sibling (and all that it holds).
    After(ItemId),
    /// Directly before this sibling.
    Before(ItemId),
}

/// A command. Identifiers of new things are made by the caller from random bits.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Puts a new note on the board.
    AddNote {
        /// The new note's identifier.
        id: NoteId,
        /// Its text; may be empty (a slip taken to write on).
        text: String,
        /// The colour of its paper.
        colour: Colour,
        /// The island, or the sheet.
        parent: Option<IslandId>,
        /// Absolute corner; None: a free spot.
        at: Option<Point>,
        /// Place in the report.
        order: OrderHint,
        /// Who thought it, if not the one who acts (writing for somebody else).
        author: Option<PersonId>,
    },
    /// Several notes at once (a paste); undone as one.
    AddNotes {
        /// Identifiers and texts.
        notes: Vec<(NoteId, String)>,
        /// The colour of their paper.
        colour: Colour,
        /// The island, or the sheet.
        parent: Option<IslandId>,
        /// Absolute corner of the first; the others follow in rows.
        at: Option<Point>,
    },
    /// Splices a text: what typing does. Positions and lengths count Unicode scalar values.
    Splice {
        /// The text.
        target: TextTarget,
        /// Where.
        at: usize,
        /// How many are deleted.
        delete: usize,
        /// What is inserted.
        insert: String,
    },
    /// Makes a text read so, by the smallest splices; concurrent letters of others stay.
    SetText {
        /// The text.
        target: TextTarget,
        /// How it shall read.
        text: String,
    },
    /// Gives notes or islands a colour.
    SetColour {
        /// Which.
        items: Vec<ItemId>,
        /// The colour.
        colour: Colour,
    },
    /// Moves items: a drop. Relative places of what an island holds are untouched.
    Move {
        /// Each with its destination.
        drops: Vec<Drop>,
    },
    /// Draws an island round items (may be none: a heading alone), all of which move into it where they are.
    DrawIsland {
        /// The new island's identifier.
        id: IslandId,
        /// What it gathers.
        items: Vec<ItemId>,
        /// Its heading, if already known.
        heading: Option<String>,
        /// Absolute corner when nothing is gathered.
        at: Option<Point>,
        /// Parent when nothing is gathered; otherwise the items' common parent is taken.
        parent: Option<IslandId>,
        /// Place in the report when nothing is gathered.
        order: OrderHint,
    },
    /// Takes an island's outline away; what it held goes to its parent. The heading waits in the basket.
    Dissolve {
        /// The island.
        island: IslandId,
    },
    /// Uses a note's text as an island's heading; the note is marked as used and no longer shown beside it.
    UseAsHeading {
        /// The note.
        note: NoteId,
        /// The island.
        island: IslandId,
    },
    /// Folds an island to its heading, or opens it.
    Collapse {
        /// The island.
        island: IslandId,
        /// Folded or open.
        collapsed: bool,
    },
    /// Says that a note belongs nowhere, and that this is fine; or takes it back.
    SetLoneWolf {
        /// The note.
        note: NoteId,
        /// A lone wolf or not.
        lone_wolf: bool,
    },
    /// Merges one island into another. Sets `merged_into` on the absorbed one and nothing else.
    Merge {
        /// The island that is absorbed; its heading is kept.
        absorbed: IslandId,
        /// The island that stays.
        into: IslandId,
    },
    /// Takes a merged island apart again.
    SplitIsland {
        /// The absorbed island.
        absorbed: IslandId,
    },
    /// Splits a note with two thoughts. The verbatim report still prints one line.
    SplitNote {
        /// The note.
        note: NoteId,
        /// The second thought's identifier.
        second: NoteId,
        /// Where the second thought starts, in Unicode scalar values; None: at the first SPACE + `・`.
        at: Option<usize>,
    },
    /// Puts items into the basket (an island with all that it holds).
    Delete {
        /// Which.
        items: Vec<ItemId>,
    },
    /// Takes items out of the basket (an island with what was deleted together with it).
    Restore {
        /// Which.
        items: Vec<ItemId>,
    },
    /// Hides items from wall and report, or shows them again (coordinators).
    Withhold {
        /// Which.
        items: Vec<ItemId>,
        /// Hidden or shown.
        withheld: bool,
    },
    /// Sets items in neat rows inside their parent.
    Tidy {
        /// The island, or the whole sheet.
        island: Option<IslandId>,
    },
    /// Draws a relation.
    Relate {
        /// The new relation's identifier.
        id: RelationId,
        /// From.
        from: ItemId,
        /// To.
        to: ItemId,
        /// What kind.
        kind: RelationKind,
        /// A label, may be empty.
        label: String,
    },
    /// Changes a relation's kind.
    SetRelationKind {
        /// The relation.
        id: RelationId,
        /// What kind.
        kind: RelationKind,
    },
    /// Puts a relation into the basket or takes it out.
    DeleteRelation {
        /// The relation.
        id: RelationId,
        /// Deleted or back.
        deleted: bool,
    },
    /// Gives or takes back a dot of the evaluation.
    Mark {
        /// Whose dot.
        person: PersonId,
        /// On what.
        target: ItemId,
        /// Which round, from 1.
        round: u8,
        /// Given or taken back.
        given: bool,
    },
    /// Sets the reading path through the islands.
    SetPath {
        /// In reading order.
        path: Vec<ItemId>,
    },
    /// Renames the group (icon: one grapheme cluster or none).
    SetGroup {
        /// The name, such as 1班.
        name: String,
        /// The icon.
        icon: Option<String>,
    },
    /// Adds a person to the group's list or changes one.
    SetPerson {
        /// The person.
        id: PersonId,
        /// The name as it stands in the report, such as 鈴木(喜).
        name: String,
        /// Whether the report marks them as coordinator.
        coordinator: bool,
    },
    /// Takes a person off the group's list, or puts them back. What they wrote stays.
    RemovePerson {
        /// The person.
        id: PersonId,
        /// Removed or back.
        removed: bool,
    },
    /// Chooses one of the readings that an import left open (a larger island over the next ones, the split of a line …).
    Resolve {
        /// The open point's identifier, see [`crate::view::OpenPoint`].
        point: String,
        /// Which of its readings; 0 is the default one.
        reading: usize,
    },
    /// Puts what another group's board packed onto this one (the server, for a coordinator).
    Receive {
        /// What comes.
        parcel: Parcel,
        /// Random bits from which the new identifiers are drawn; the same bits give the same identifiers.
        seed: u128,
        /// The island it is put into, or the sheet.
        parent: Option<IslandId>,
        /// Absolute corner; None: a free spot.
        at: Option<Point>,
    },
    /// Marks items (an island with all that it holds) as moved to another group's board.
    SendAway {
        /// Which.
        items: Vec<ItemId>,
        /// The other group's name.
        to: String,
    },
}
