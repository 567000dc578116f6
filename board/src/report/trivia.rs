//! What a file holds beside theme, names, headings and notes, kept in the board's `trivia` map (text by key).
//!
//! | Key | Holds |
//! |---|---|
//! | `newline` | the file's usual line end, absent for `\n` |
//! | `theme`, `group`, `members` | the header lines byte for byte, empty lines before and line ends included |
//! | `theme.own` | present if this group's theme is not the workshop's |
//! | `start` | present for the file's first group: a byte order mark or nothing |
//! | `end.newline`, `end.blanks` | for the file's last group: how its last line ends, and what follows |
//! | `lines.0`, `lines.1`, … | peculiarities of headings and notes, one a line: `N.blanks`, `N.ending`, `N.lead` or `N.joins` of the N-th of them, a space, and the text with `\\`, `\n` and `\r` escaped |
//!
//! Readers take any map whatsoever: a peer may have written nonsense.

use std::collections::BTreeMap;

use super::line::{Line, lines};

/// The map as it stands in [`crate::BoardView::trivia`].
pub(super) type Trivia = BTreeMap<String, String>;

/// Most bytes in one `lines` entry: with the last one added, which is no longer than a line of a report, it stays
/// below the 40,000 that an entry may have.
const LINES_BYTES_MAX: usize = 16_000;

/// The peculiarities of one imported line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Peculiar<'view> {
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

pub(super) fn note_item(peculiar: &mut Trivia, newline: &str, index: usize, lead: &str, line: &Line<'_>) {
    let ordinary = line.blanks.split_inclusive('\n').all(|blank| blank == newline);
    if !ordinary {
        peculiar.insert(format!("{index}.blanks"), line.blanks.into());
    }
    if !lead.is_empty() {
        peculiar.insert(format!("{index}.lead"), lead.into());
    }
}

/// Notes the line ends of a text's lines, if any of them is unusual.
pub(super) fn note_endings(peculiar: &mut Trivia, newline: &str, index: usize, endings: &[&str]) {
    let Some((last, joins)) = endings.split_last() else {
        return;
    };
    if joins.iter().any(|ending| *ending != newline) {
        peculiar.insert(format!("{index}.joins"), joins.concat());
    }
    if *last != newline && !last.is_empty() {
        peculiar.insert(format!("{index}.ending"), (*last).into());
    }
}

/// Packs the peculiarities into few entries: a board has room for 200, a report for thousands of odd lines.
pub(super) fn note_lines(trivia: &mut Trivia, peculiar: &Trivia) {
    let mut packed: Vec<String> = Vec::new();
    for (key, text) in peculiar {
        let escaped = text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
        match packed.last_mut().filter(|entry| entry.len() < LINES_BYTES_MAX) {
            Some(entry) => entry.push_str(&format!("{key} {escaped}\n")),
            None => packed.push(format!("{key} {escaped}\n")),
        }
    }
    for (index, entry) in packed.into_iter().enumerate() {
        trivia.insert(format!("lines.{index}"), entry);
    }
}

/// Unpacks what [`note_lines`] packed.
pub(super) fn peculiarities(trivia: &Trivia) -> Trivia {
    let entries = trivia.iter().filter(|(key, _)| key.starts_with("lines."));
    let records = entries
        .flat_map(|(_, entry)| entry.split('\n'))
        .filter_map(|record| record.split_once(' '));
    records
        .map(|(key, escaped)| (key.to_owned(), unescaped(escaped)))
        .collect()
}

fn unescaped(escaped: &str) -> String {
    let mut text = String::with_capacity(escaped.len());
    let mut letters = escaped.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
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
pub(super) fn item(peculiar: &Trivia, index: usize) -> Peculiar<'_> {
    let get = |what: &str| peculiar.get(&format!("{index}.{what}")).map(String::as_str);
    Peculiar {
        blanks: get("blanks"),
        ending: get("ending"),
        lead: get("lead").unwrap_or_default(),
        joins: get("joins").unwrap_or_default(),
    }
}
