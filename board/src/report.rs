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
//! - [`csv`]: one row per note for spreadsheets, with cells that none of them takes for formulas.
//!
//! Notes in the basket, withheld ones and empty slips are in none of them (the table has them if asked for everything).
//! Authors stand in the table only.
//!
//! ```
//! use automerge::ActorId;
//! use board::{Board, report, report::ReportBoard, workshop::WorkshopView};
//!
//! let parsed = report::parse(report::DEMO)?;
//! assert_eq!(parsed.counts().notes, 64);
//! assert_eq!(report::checks(&parsed).len(), 8);
//!
//! let boards: Vec<Board> = (1..)
//!     .zip(parsed.boards())
//!     .map(|(seed, group)| Board::import("w", &group, seed, 0, ActorId::from([1])))
//!     .collect();
//! let workshop = WorkshopView { theme: parsed.theme, ..WorkshopView::default() };
//! let sheets: Vec<ReportBoard<'_>> = boards.iter().map(|board| ReportBoard::new(board.view())).collect();
//! assert_eq!(report::verbatim(&workshop, &sheets), report::DEMO);
//! # Ok::<(), report::ParseError>(())
//! ```

mod checks;
mod clean;
mod csv;
mod flow;
mod line;
mod markdown;
mod outline;
mod parse;
mod people;
mod trivia;
mod verbatim;

pub use checks::{Check, LARGER_OVER_MAX, Reading, checks};
pub use clean::clean;
pub use csv::{TableLanguage, TableScope, cell_text, csv, safe_cell};
pub use markdown::markdown;
pub use parse::{
    Counts, GROUPS_MAX, ITEMS_MAX, ImportedGroup, ImportedItem, PEOPLE_MAX, ParseError, ParseReason, Parsed,
    REPORT_BYTES_MAX, parse,
};
pub use people::ImportedPerson;
pub use verbatim::verbatim;

use crate::{view::BoardView, workshop::WorkshopGroup};

/// The report of a real evening: two groups, 13 people, 23 headings and 64 notes. What the demo is made of.
pub const DEMO: &str = include_str!("report/demo.txt");

#[cfg(test)]
mod tests;

/// One board of a report, with the name it goes by.
#[derive(Debug, Clone, Copy)]
pub struct ReportBoard<'view> {
    /// Such as 1班.
    pub name: &'view str,
    /// One grapheme cluster, optional.
    pub icon: Option<&'view str>,
    /// The board.
    pub view: &'view BoardView,
}

impl<'view> ReportBoard<'view> {
    /// A board under its own name.
    pub fn new(view: &'view BoardView) -> Self {
        Self {
            name: &view.group.name,
            icon: view.group.icon.as_deref(),
            view,
        }
    }

    /// A board under the name that the workshop's list gives its group: the list is what coordinators rename.
    pub fn named(view: &'view BoardView, group: &'view WorkshopGroup) -> Self {
        Self {
            name: &group.name,
            icon: group.icon.as_deref(),
            view,
        }
    }
}

/// A text on one line.
fn single_line(text: &str) -> String {
    let parts: Vec<String> = text
        .lines()
        .map(|line| without_controls(line.trim()))
        .filter(|line| !line.is_empty())
        .collect();
    parts.join(" ")
}

/// Control characters have no place in a text file; line ends of other systems become one.
fn without_controls(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .filter(|letter| !letter.is_control() || ['\n', '\t'].contains(letter))
        .collect()
}
