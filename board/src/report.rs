//! The report: read from a text, checked, and printed from boards in three forms.
//!
//! A report is line based (`parse`):
//!
//! ```text
//! report  = { [theme] group { member-line } { heading | note } }
//! theme   = a line whose next non-empty line is a group line
//! group   = [icon SPACE] digits "班"
//! members = person { "、" person }     person = name [ "(" initial ")" ] [ "(コーディネーター)" ]
//! note    = "- ・" text | "- " text    (also "・", "• ", "* " and indented; the marker is kept with the note)
//! heading = any other non-empty line
//! more    = two spaces, text           the next line of the note or heading above it
//! ```
//!
//! What live boards need beyond the seed's grammar: a text's further lines are indented (`more`); a heading that
//! would be read as a bullet or a group has `\` before it; an island that nobody named is headed `(表札なし)`.
//! Such lines are read back as what they were.
//!
//! - [`verbatim`] (原文どおり): an import comes back byte for byte; a changed note changes its own line only.
//! - [`clean`] (清書): one form for every board, with nesting, relations and evaluation.
//! - [`markdown`]: the clean report for other programs.
//!
//! Notes in the basket, withheld ones and empty slips are in none of them. Authors are not printed.

mod checks;
mod line;
mod parse;
mod people;
mod trivia;

pub use checks::{Check, LARGER_OVER_MAX, Reading, checks};
pub use parse::{
    Counts, GROUPS_MAX, ITEMS_MAX, ImportedGroup, ImportedItem, PEOPLE_MAX, ParseError, ParseReason, Parsed, REPORT_BYTES_MAX, parse,
};
pub use people::ImportedPerson;

/// The report of a real evening: two groups, 13 people, 23 headings and 64 notes. What the demo is made of.
pub const DEMO: &str = include_str!("report/demo.txt");
