//! The board as people see it: total, derived from the document by rules that every replica shares.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    command::Place,
    geometry::{Point, Rect},
    id::{IslandId, ItemId, NoteId, PersonId, RelationId},
};

/// Six papers, named after traditional colours. Each has its own mark, so that colour is never the only sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Colour {
    /// 生成り, white.
    #[default]
    Kinari,
    /// 山吹, yellow.
    Yamabuki,
    /// 桜, pink.
    Sakura,
    /// 若草, green.
    Wakakusa,
    /// 浅葱, aqua.
    Asagi,
    /// 藤, violet.
    Fuji,
}

/// Whether an item is on the sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// On the sheet.
    #[default]
    Live,
    /// In the basket (かご).
    Basket {
        /// Who put it there.
        by: Option<PersonId>,
        /// When, by that device's clock.
        at_ms: i64,
        /// The island it was deleted together with, if any.
        with: Option<IslandId>,
    },
    /// Moved to another group's board by a coordinator; the text says which group.
    Moved {
        /// The group's name.
        to: String,
    },
    /// A note whose text became its island's heading.
    Heading,
    /// Belongs to a reading of an open point that is not in force (the second half of a line that was not split …).
    Unchosen,
    /// Erased for good at a person's wish: there is no text any more, here or in the history. The entry only keeps its place in
    /// the imported report, and its identifier from being used again.
    Erased,
}

/// Where a note came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Source {
    /// Written here.
    #[default]
    Board,
    /// Imported from a report; its author is unknown.
    Import,
    /// Moved or copied from another group's board.
    Group {
        /// The group's name.
        name: String,
        /// Its identifier on that board.
        id: String,
    },
}

/// What the verbatim report needs of an imported line beside its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemTrivia {
    /// Empty lines before it in the imported text; none for what was made here.
    pub blanks: Option<u32>,
    /// The line before it in the imported text; none for the first one and for what was made here.
    pub prev: Option<ItemId>,
}

/// One note (付箋).
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Identifier.
    pub id: NoteId,
    /// The thought, never normalised.
    pub text: String,
    /// As stored.
    pub place: Place,
    /// The island in which it is shown: merges, deleted islands and cycles resolved.
    pub parent: Option<IslandId>,
    /// Absolute top left corner on the sheet.
    pub position: Point,
    /// Paper.
    pub colour: Colour,
    /// Whose thought it is; none when imported.
    pub author: Option<PersonId>,
    /// Device it was written on.
    pub device: String,
    /// When, by that device's clock.
    pub at_ms: i64,
    /// What stands before the text in the verbatim report, such as `- ・`; none for notes made here.
    pub marker: Option<String>,
    /// The first note of the line that this one was split from.
    pub row_group: Option<NoteId>,
    /// On the sheet, in the basket, …
    pub state: State,
    /// Hidden from wall and report by a coordinator.
    pub withheld: bool,
    /// Belongs nowhere, and that is fine.
    pub lone_wolf: bool,
    /// Where it came from.
    pub source: Source,
    /// Whether it is shown on the sheet: live, not withheld, not inside a folded island.
    pub shown: bool,
    /// Where it stood in the imported text.
    pub trivia: ItemTrivia,
}

/// One island (島) with its heading (表札).
#[derive(Debug, Clone, PartialEq)]
pub struct Island {
    /// Identifier.
    pub id: IslandId,
    /// Its heading, may hold line breaks; empty while nobody has named it.
    pub heading: String,
    /// Headings of islands merged into this one, which it also keeps, in report order.
    pub kept_headings: Vec<(IslandId, String)>,
    /// As stored.
    pub place: Place,
    /// The island in which it is shown.
    pub parent: Option<IslandId>,
    /// Absolute rectangle of its outline, name-plate included.
    pub bounds: Rect,
    /// Absolute place of its origin, to which its children's places are relative.
    pub origin: Point,
    /// Depth: 0 on the sheet.
    pub depth: u32,
    /// Fill.
    pub colour: Colour,
    /// Folded to its heading.
    pub collapsed: bool,
    /// The island it is merged into, cycles resolved.
    pub merged_into: Option<IslandId>,
    /// On the sheet, in the basket, …
    pub state: State,
    /// Hidden from wall and report.
    pub withheld: bool,
    /// Where it came from.
    pub source: Source,
    /// Number of live notes inside, at any depth.
    pub note_count: usize,
    /// Whether it is shown on the sheet: live, not merged away, not withheld, not inside a folded island.
    pub shown: bool,
    /// Set when a parent cycle was resolved at this island's cost.
    pub flagged: bool,
    /// Where it stood in the imported text.
    pub trivia: ItemTrivia,
}

/// Kinds of relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum RelationKind {
    /// Cause → effect.
    #[default]
    Cause,
    /// Each acts on the other.
    Mutual,
    /// They oppose each other.
    Opposed,
    /// The same thing said twice.
    Same,
    /// Somehow related.
    Related,
}

/// One relation (関係線).
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Identifier.
    pub id: RelationId,
    /// From.
    pub from: ItemId,
    /// To.
    pub to: ItemId,
    /// Kind.
    pub kind: RelationKind,
    /// Label, may be empty.
    pub label: String,
    /// In the basket.
    pub deleted: bool,
    /// Both ends are shown and it is not deleted.
    pub shown: bool,
}

/// A person on the group's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Identifier.
    pub id: PersonId,
    /// As in the report, such as 鈴木(喜).
    pub name: String,
    /// Marked as coordinator in the report.
    pub coordinator: bool,
    /// Taken off the list.
    pub removed: bool,
    /// How many live notes are theirs.
    pub note_count: usize,
    /// Whether the members' list starts a new line before this name.
    pub line_break_before: bool,
    /// The person as written in the imported text, if that is more than name and role word.
    pub raw: Option<String>,
}

/// The group (班) whose board this is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// Such as 1班.
    pub name: String,
    /// One grapheme cluster, optional.
    pub icon: Option<String>,
    /// The theme as it stands above the group in the report.
    pub theme: String,
}

/// A question that an import left open: every reading is possible, none was chosen in silence ("check these").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPoint {
    /// Identifier, for [`crate::Command::Resolve`].
    pub id: String,
    /// What it is about.
    pub item: ItemId,
    /// The other items it concerns, see [`crate::import::ImportPoint::members`].
    pub members: Vec<ItemId>,
    /// What kind of question.
    pub kind: OpenPointKind,
    /// Which reading is in force; 0 is the default.
    pub chosen: usize,
    /// How many readings there are.
    pub readings: usize,
}

/// Kinds of open questions, see DOMAIN "What the seed leaves open".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenPointKind {
    /// A heading without notes, followed at once by another heading: 0 a heading alone, 1.. a larger island over the next 1.. ones.
    HeadingBeforeHeading,
    /// A heading without notes after a filled island: 0 a heading alone, 1 a conclusion of the island before (goes into it), 2 a lone wolf (note).
    HeadingAlone,
    /// One bullet with SPACE + `・` inside: 0 one note, 1 split.
    TwoThoughts,
    /// An empty line between two bullets under one heading: 0 same island, 1 not in the island.
    GapInIsland,
}

/// Whether this program may write the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SchemaState {
    /// The current version.
    #[default]
    Current,
    /// A version that came after this program: read only.
    Newer {
        /// The document's version.
        found: u64,
    },
}

/// Something the document contains that had to be resolved or could not be read; reported, never dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A parent cycle was cut at this island, which is at top level now.
    Cycle(IslandId),
    /// The parent does not exist; the item is shown at top level.
    DanglingParent(ItemId),
    /// An entry that no rule understands, by its path.
    Unreadable(String),
}

/// The whole board. Every part that did not change keeps its `Arc`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BoardView {
    /// May it be written?
    pub schema: SchemaState,
    /// The group.
    pub group: Arc<Group>,
    /// All notes in any state.
    pub notes: BTreeMap<NoteId, Arc<Note>>,
    /// All islands in any state.
    pub islands: BTreeMap<IslandId, Arc<Island>>,
    /// All relations in any state.
    pub relations: BTreeMap<RelationId, Arc<Relation>>,
    /// The group's people in report order.
    pub people: Vec<Arc<Person>>,
    /// Live top-level items in report order.
    pub top: Vec<ItemId>,
    /// Live children of each live island in report order.
    pub children: BTreeMap<IslandId, Vec<ItemId>>,
    /// Dots: (target, round) → people.
    pub marks: BTreeMap<(ItemId, u8), Vec<PersonId>>,
    /// Reading path.
    pub path: Vec<ItemId>,
    /// What the import left open.
    pub open_points: Vec<OpenPoint>,
    /// What the verbatim report needs of the whole group, as [`crate::import::ImportBoard::trivia`] gave it.
    pub trivia: Arc<BTreeMap<String, String>>,
    /// What had to be resolved.
    pub problems: Vec<Problem>,
}

impl BoardView {
    /// Items waiting in the basket, the latest deleted first. What was deleted together with an island is inside it, not listed.
    pub fn basket(&self) -> Vec<ItemId> {
        let mut waiting: Vec<(i64, ItemId)> = Vec::new();
        for note in self.notes.values() {
            if let State::Basket { at_ms, with: None, .. } = note.state {
                waiting.push((at_ms, note.id.clone().into()));
            }
        }
        for island in self.islands.values() {
            if let State::Basket { at_ms, with: None, .. } = island.state {
                waiting.push((at_ms, island.id.clone().into()));
            }
        }
        waiting.sort_by(|left, right| right.0.cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
        waiting.into_iter().map(|(_, item)| item).collect()
    }

    /// Absolute rectangle of an item, wherever it is.
    pub fn bounds(&self, item: &ItemId) -> Option<Rect> {
        match item {
            ItemId::Note(id) => self
                .notes
                .get(id)
                .map(|note| Rect::new(note.position, crate::geometry::NOTE)),
            ItemId::Island(id) => self.islands.get(id).map(|island| island.bounds),
        }
    }

    /// The island in which an item is shown.
    pub fn parent(&self, item: &ItemId) -> Option<&IslandId> {
        match item {
            ItemId::Note(id) => self.notes.get(id).and_then(|note| note.parent.as_ref()),
            ItemId::Island(id) => self.islands.get(id).and_then(|island| island.parent.as_ref()),
        }
    }
}
