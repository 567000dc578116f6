//! What a file holds beside theme, names, headings and notes, kept in the board's `trivia` map (text by key).
//!
//! | Key | Holds |
//! |---|---|
//! | `newline` | the file's usual line end, absent for `\n` |
//! | `theme`, `group`, `members` | the header lines byte for byte, empty lines before and line ends included |
//! | `theme.own` | present if this group's theme is not the workshop's |
//! | `start` | present for the file's first group: a byte order mark or nothing |
//! | `end.newline`, `end.blanks` | for the file's last group: how its last line ends, and what follows |
//! | `item.N.blanks`, `.ending`, `.lead`, `.joins` | the N-th line's peculiarities, absent for ordinary lines |
//!
//! Readers take any map whatsoever: a peer may have written nonsense.

use std::collections::BTreeMap;

use super::line::{Line, lines};

/// The map as it stands in [`crate::BoardView::trivia`].
pub(super) type Trivia = BTreeMap<String, String>;

/// The peculiarities of one imported line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ItemTrivia<'view> {
    /// The empty lines before it, if they are not just line ends.
    pub(super) blanks: Option<&'view str>,
    /// Its line end, if unusual.
    pub(super) ending: Option<&'view str>,
    /// White space before a heading's text.
    pub(super) lead: &'view str,
    /// The line ends inside its text, one after the other, if any is unusual.
    pub(super) joins: &'view str,
}

fn raw(line: &Line<'_>) -> String {
    [line.blanks, line.body, line.ending].concat()
}

pub(super) fn note_header(trivia: &mut Trivia, newline: &str, theme: Option<&Line<'_>>, group: &Line<'_>) {
    if newline != "\n" {
        trivia.insert("newline".into(), newline.into());
    }
    if let Some(theme) = theme {
        trivia.insert("theme".into(), raw(theme));
    }
    trivia.insert("group".into(), raw(group));
}

pub(super) fn note_theme(trivia: &mut Trivia, is_workshops: bool) {
    if !is_workshops {
        trivia.insert("theme.own".into(), String::new());
    }
}

pub(super) fn note_start(trivia: &mut Trivia, bom: &str) {
    trivia.insert("start".into(), bom.into());
}

pub(super) fn note_end(trivia: &mut Trivia, ending: &str, tail: &str) {
    trivia.insert("end.newline".into(), ending.into());
    trivia.insert("end.blanks".into(), tail.into());
}

pub(super) fn note_members(trivia: &mut Trivia, members: &[Line<'_>]) {
    if !members.is_empty() {
        trivia.insert("members".into(), members.iter().map(raw).collect());
    }
}

pub(super) fn note_item(trivia: &mut Trivia, newline: &str, index: usize, lead: &str, line: &Line<'_>) {
    let ordinary = line.blanks.split_inclusive('\n').all(|blank| blank == newline);
    if !ordinary {
        trivia.insert(format!("item.{index}.blanks"), line.blanks.into());
    }
    if !lead.is_empty() {
        trivia.insert(format!("item.{index}.lead"), lead.into());
    }
}

/// Notes the line ends of a text's lines, if any of them is unusual.
pub(super) fn note_endings(trivia: &mut Trivia, newline: &str, index: usize, endings: &[&str]) {
    let Some((last, joins)) = endings.split_last() else {
        return;
    };
    if joins.iter().any(|ending| *ending != newline) {
        trivia.insert(format!("item.{index}.joins"), joins.concat());
    }
    if *last != newline && !last.is_empty() {
        trivia.insert(format!("item.{index}.ending"), (*last).into());
    }
}

/// The usual line end.
pub(super) fn newline(trivia: &Trivia) -> &'static str {
    if trivia.get("newline").is_some_and(|newline| newline == "\r\n") {
        "\r\n"
    } else {
        "\n"
    }
}

/// One of the header lines (`theme`, `group`).
pub(super) fn header<'view>(trivia: &'view Trivia, key: &str) -> Option<Line<'view>> {
    lines(trivia.get(key)?).0.into_iter().next()
}

/// The member lines; empty if the file had none.
pub(super) fn members(trivia: &Trivia) -> Vec<Line<'_>> {
    trivia.get("members").map(|text| lines(text).0).unwrap_or_default()
}

/// Whether the group's theme is not the workshop's.
pub(super) fn has_own_theme(trivia: &Trivia) -> bool {
    trivia.contains_key("theme.own")
}

/// For the file's first group: its byte order mark or nothing.
pub(super) fn start(trivia: &Trivia) -> Option<&str> {
    trivia.get("start").map(String::as_str)
}

/// For the file's last group: how its last line ends, and what follows.
pub(super) fn end(trivia: &Trivia) -> Option<(&str, &str)> {
    Some((trivia.get("end.newline")?, trivia.get("end.blanks")?))
}

/// The peculiarities of the line with this index.
pub(super) fn item(trivia: &Trivia, index: usize) -> ItemTrivia<'_> {
    let get = |what: &str| trivia.get(&format!("item.{index}.{what}")).map(String::as_str);
    ItemTrivia {
        blanks: get("blanks"),
        ending: get("ending"),
        lead: get("lead").unwrap_or_default(),
        joins: get("joins").unwrap_or_default(),
    }
}
