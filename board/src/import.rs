//! What a report, once read, hands to the board: a neutral list in file order.
//!
//! The parser ([`crate::report`]) fills it, [`crate::Board::import`] makes a document of it. Nothing is
//! decided here: notes lie in the heading before them, headings lie side by side, and every other reading
//! is an [`ImportPoint`].

use std::collections::BTreeMap;

use crate::view::OpenPointKind;

/// One group of a report, ready to become a board.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportBoard {
    /// Such as 1班.
    pub name: String,
    /// One grapheme cluster, optional.
    pub icon: Option<String>,
    /// The theme line above the group.
    pub theme: String,
    /// The group's people in file order.
    pub people: Vec<ImportPerson>,
    /// Headings and notes in file order. A note lies in the last heading before it, or on the sheet if there is none.
    pub items: Vec<ImportItem>,
    /// What the text leaves open.
    pub open_points: Vec<ImportPoint>,
    /// Whatever the verbatim report needs to come back byte for byte and the board does not understand
    /// (empty lines round the theme, line ends …); kept as it is, see [`crate::view::BoardView::trivia`].
    pub trivia: BTreeMap<String, String>,
}

/// One person of the members' lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportPerson {
    /// The name without the role word, such as 鈴木(喜).
    pub name: String,
    /// Whether the role word stands with it.
    pub coordinator: bool,
    /// Whether a new line starts before this name (never for the first).
    pub line_break_before: bool,
    /// The person as written, if that is more than name and role word.
    pub raw: Option<String>,
}

/// What an imported line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// A heading: becomes an island.
    Heading,
    /// A bullet: becomes a note.
    Note,
}

/// One imported line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportItem {
    /// Heading or note.
    pub kind: ImportKind,
    /// The text after the marker, never normalised.
    pub text: String,
    /// What stands before the text, such as `- ・`; none for headings.
    pub marker: Option<String>,
    /// Empty lines before this line.
    pub blanks: u32,
}

/// A question the text leaves open. Indices point into [`ImportBoard::items`]; a point whose indices do not
/// fit is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPoint {
    /// What kind of question; decides what `members` are.
    pub kind: OpenPointKind,
    /// The line it is about.
    pub item: usize,
    /// `HeadingBeforeHeading`: the headings that may lie in it, in order (readings: one more than these).
    /// `HeadingAlone`: the one heading before it. `TwoThoughts`: nothing. `GapInIsland`: the notes after the gap, from `item` on.
    pub members: Vec<usize>,
}
