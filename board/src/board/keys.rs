//! The names of everything in a board document, and how many of each there can be.
//!
//! ```text
//! schema 1 · kind "board" · workshop
//! group     { name, icon, theme }
//! notes     { id: text(Text) place colour author device at marker row_group state withheld lone_wolf source blanks prev }
//! islands   { id: heading(Text) place colour collapsed merged_into state withheld source at blanks prev }
//! relations { id: from to kind label(Text) state }
//! people    { id: name coordinator order line_break_before raw removed }
//! marks     { "person/target/round": true }
//! points    { id: item kind members chosen }
//! trivia    { key: text }
//! path      "i:… n:…"
//! ```
//!
//! Only the texts named so are automerge texts, and they are only ever spliced; every other string is one
//! scalar register. Readers accept a text object wherever they expect a string, because JavaScript writes them so.

/// The version of the document's shape that this program writes.
pub const SCHEMA: u64 = 1;
/// What `kind` says in a board.
pub(crate) const KIND_BOARD: &str = "board";

pub(crate) const KEY_SCHEMA: &str = "schema";
pub(crate) const KEY_KIND: &str = "kind";
pub(crate) const KEY_WORKSHOP: &str = "workshop";
pub(crate) const KEY_PATH: &str = "path";

pub(crate) const GROUP: &str = "group";
pub(crate) const NOTES: &str = "notes";
pub(crate) const ISLANDS: &str = "islands";
pub(crate) const RELATIONS: &str = "relations";
pub(crate) const PEOPLE: &str = "people";
pub(crate) const MARKS: &str = "marks";
pub(crate) const POINTS: &str = "points";
pub(crate) const TRIVIA: &str = "trivia";

/// The maps under the root, all made by the very first change.
pub(crate) const MAPS: [&str; 8] = [GROUP, NOTES, ISLANDS, RELATIONS, PEOPLE, MARKS, POINTS, TRIVIA];

pub(crate) const AT: &str = "at";
pub(crate) const AUTHOR: &str = "author";
pub(crate) const BLANKS: &str = "blanks";
pub(crate) const CHOSEN: &str = "chosen";
pub(crate) const COLLAPSED: &str = "collapsed";
pub(crate) const COLOUR: &str = "colour";
pub(crate) const COORDINATOR: &str = "coordinator";
pub(crate) const DEVICE: &str = "device";
pub(crate) const FROM: &str = "from";
pub(crate) const HEADING: &str = "heading";
pub(crate) const ICON: &str = "icon";
pub(crate) const ITEM: &str = "item";
pub(crate) const KIND: &str = "kind";
pub(crate) const LABEL: &str = "label";
pub(crate) const LINE_BREAK_BEFORE: &str = "line_break_before";
pub(crate) const LONE_WOLF: &str = "lone_wolf";
pub(crate) const MARKER: &str = "marker";
pub(crate) const MEMBERS: &str = "members";
pub(crate) const MERGED_INTO: &str = "merged_into";
pub(crate) const NAME: &str = "name";
pub(crate) const ORDER: &str = "order";
pub(crate) const PARENT: &str = "parent";
pub(crate) const PLACE: &str = "place";
pub(crate) const PREV: &str = "prev";
pub(crate) const RAW: &str = "raw";
pub(crate) const REMOVED: &str = "removed";
pub(crate) const ROW_GROUP: &str = "row_group";
pub(crate) const SOURCE: &str = "source";
pub(crate) const STATE: &str = "state";
pub(crate) const TEXT: &str = "text";
pub(crate) const THEME: &str = "theme";
pub(crate) const TO: &str = "to";
pub(crate) const WITHHELD: &str = "withheld";
pub(crate) const X: &str = "x";
pub(crate) const Y: &str = "y";

/// Notes of one board in any state: the largest board that PERFORMANCE.md measures.
pub const NOTES_MAX: usize = 5_000;
/// Islands of one board in any state.
pub const ISLANDS_MAX: usize = 2_000;
/// Relations of one board in any state.
pub const RELATIONS_MAX: usize = 2_000;
/// People on one group's list; a table has about six.
pub const PEOPLE_MAX: usize = 200;
/// Dots of one board: 200 people × 50 dots.
pub const MARKS_MAX: usize = 10_000;
/// Open points of one import: at most one per imported line.
pub const POINTS_MAX: usize = 5_000;
/// Items in one command.
pub const ITEMS_PER_COMMAND_MAX: usize = 2_000;
/// Names, markers and other short strings, in UTF-8 bytes.
pub const STRING_BYTES_MAX: usize = 1_000;
/// A theme, and each entry of the trivia, in UTF-8 bytes: 10,000 characters of 4 bytes.
pub const LONG_STRING_BYTES_MAX: usize = 40_000;
/// Entries in the trivia of one import.
pub const TRIVIA_MAX: usize = 200;
/// Farthest coordinate, relative or absolute: 20 sheets away.
pub const COORDINATE_MAX: f64 = 100_000.0;
/// The reading path as one string: 2,000 items of 43 bytes.
pub const PATH_BYTES_MAX: usize = 86_000;
