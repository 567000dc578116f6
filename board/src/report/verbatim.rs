//! 原文どおり: what was imported comes back byte for byte, and what was changed changes its own line only.

use std::collections::BTreeMap;

use super::{
    ReportBoard, flow,
    flow::{Entry, Imported},
    line::{self, Free, INDENT, UNNAMED},
    parse::theme_text,
    people, single_line, trivia, without_controls,
};
use crate::{
    view::{BoardView, Note},
    workshop::WorkshopView,
};

/// The marker of notes on boards that no report was imported into.
const MARKER: &str = "- ・";

/// Prints boards in the order given as one text in the grammar of [`super`].
///
/// An import that nobody touched comes back byte for byte. A line that changed is printed anew, all others stay as
/// they were: empty lines before a line are the file's while its predecessor is the file's too, else as the board
/// usually has them. Whether the text ends in a line break is the file's choice as well.
pub fn verbatim(workshop: &WorkshopView, boards: &[ReportBoard<'_>]) -> String {
    let mut lines: Vec<PrintedLine> = Vec::new();
    for board in boards {
        let is_first = lines.is_empty();
        header(&mut lines, workshop, board, is_first);
        items(&mut lines, board);
    }
    let newline = boards.first().map_or("\n", |board| trivia::newline(&board.view.trivia));
    let (last_ending, tail) = boards
        .iter()
        .find_map(|board| trivia::end(&board.view.trivia))
        .unwrap_or((newline, ""));

    let bom = boards
        .iter()
        .find_map(|board| trivia::start(&board.view.trivia))
        .unwrap_or_default();
    let mut text = String::from(bom);
    let count = lines.len();
    for (index, line) in lines.into_iter().enumerate() {
        text.push_str(&line.blanks);
        text.push_str(&line.body);
        text.push_str(match line.ending.as_str() {
            _ if index + 1 == count => last_ending,
            "" => newline,
            ending => ending,
        });
    }
    text.push_str(tail);
    text
}

struct PrintedLine {
    blanks: String,
    body: String,
    ending: String,
}

impl PrintedLine {
    fn new(blanks: &str, body: impl Into<String>, ending: &str) -> Self {
        Self {
            blanks: blanks.to_owned(),
            body: body.into(),
            ending: ending.to_owned(),
        }
    }
}

fn header(lines: &mut Vec<PrintedLine>, workshop: &WorkshopView, board: &ReportBoard<'_>, is_first: bool) {
    let map = &board.view.trivia;
    let newline = trivia::newline(map);
    let raw_theme = trivia::header(map, "theme");
    let raw_group = trivia::header(map, "group");

    // Only the file's first group may have no empty line before it, and only there.
    let apart = |blanks: &str| match (is_first, trivia::start(map).is_some()) {
        (false, true) => newline.to_owned(),
        (true, false) => String::new(),
        _ => blanks.to_owned(),
    };
    let theme = single_line(&workshop.theme);
    match raw_theme {
        Some(raw) if trivia::has_own_theme(map) || theme_text(raw.body) == theme => {
            lines.push(PrintedLine::new(&apart(raw.blanks), raw.body, raw.ending));
        }
        Some(raw) => lines.push(PrintedLine::new(&apart(raw.blanks), free_line(&theme), raw.ending)),
        None if raw_group.is_none() && !theme.is_empty() => {
            lines.push(PrintedLine::new(
                if is_first { "" } else { newline },
                free_line(&theme),
                newline,
            ));
        }
        None => {}
    }

    let has_theme = raw_theme.is_some() || (raw_group.is_none() && !theme.is_empty());
    let name = single_line(board.name);
    let icon = board.icon.map(single_line).filter(|icon| !icon.is_empty());
    match raw_group {
        Some(raw) => {
            let blanks = if has_theme {
                raw.blanks.to_owned()
            } else {
                apart(raw.blanks)
            };
            let unchanged = line::group(raw.body) == Some((icon.as_deref(), name.as_str()));
            let body = if unchanged {
                raw.body.to_owned()
            } else {
                group_line(icon.as_deref(), &name)
            };
            lines.push(PrintedLine::new(&blanks, body, raw.ending));
        }
        None => {
            let blanks = if has_theme || !is_first { newline } else { "" };
            lines.push(PrintedLine::new(blanks, group_line(icon.as_deref(), &name), newline));
        }
    }
    members(lines, board.view, newline);
}

fn free_line(text: &str) -> String {
    format!("{}{text}", Free::Other.escape(text))
}

fn group_line(icon: Option<&str>, name: &str) -> String {
    icon.map_or_else(|| name.to_owned(), |icon| format!("{icon} {name}"))
}

fn members(lines: &mut Vec<PrintedLine>, view: &BoardView, newline: &str) {
    let raw = trivia::members(&view.trivia);
    let people: Vec<_> = view
        .people
        .iter()
        .filter(|person| !person.removed && !person.name.trim().is_empty())
        .collect();
    let imported = raw
        .iter()
        .flat_map(|line| people::read(line.body, false))
        .map(|person| (person.name, person.coordinator));
    if imported.eq(people.iter().map(|person| (person.name.clone(), person.coordinator))) {
        lines.extend(
            raw.iter()
                .map(|line| PrintedLine::new(line.blanks, line.body, line.ending)),
        );
        return;
    }
    let mut bodies: Vec<String> = Vec::new();
    for person in people {
        let as_imported = person
            .raw
            .as_deref()
            .filter(|raw| people::name_and_role(raw) == (person.name.clone(), person.coordinator));
        let written = as_imported.map_or_else(|| people::written(&person.name, person.coordinator), str::to_owned);
        match bodies.last_mut() {
            Some(body) if !person.line_break_before => {
                body.push(people::SEPARATOR);
                body.push_str(&written);
            }
            _ => bodies.push(written),
        }
    }
    for (index, body) in bodies.into_iter().enumerate() {
        // A line that still has the people it had keeps its spaces and its separators.
        let kept = raw.get(index).filter(|line| names(line.body) == names(&body));
        let blanks = raw.get(index).map_or("", |line| line.blanks);
        let ending = raw.get(index).map_or(newline, |line| line.ending);
        lines.push(PrintedLine::new(
            blanks,
            kept.map_or(body, |line| line.body.to_owned()),
            ending,
        ));
    }
}

fn names(body: &str) -> Vec<(String, bool)> {
    people::read(body, false)
        .map(|person| (person.name, person.coordinator))
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Header,
    Heading,
    Note,
}

fn items(lines: &mut Vec<PrintedLine>, board: &ReportBoard<'_>) {
    let view = board.view;
    let newline = trivia::newline(&view.trivia);
    let imported = Imported::of(board);
    let habits = Habits::of(view, &imported);
    let peculiar = trivia::peculiarities(&view.trivia);
    let mut previous = Some(None);
    let mut previous_kind = Kind::Header;
    for entry in flow::flat(view, &imported) {
        let Some(item) = entry.item() else { continue };
        let place = imported.place(&item);
        let own = place.map(|place| trivia::item(&peculiar, place)).unwrap_or_default();
        let (kind, file_blanks, first, text) = match &entry {
            Entry::Heading { island } => {
                let (first, text) = heading_line(&flow::heading(island), own.lead, place.is_some());
                (Kind::Heading, island.trivia.blanks, first, text)
            }
            Entry::Line { note } => {
                let (first, text) = heading_line(&note.text, own.lead, place.is_some());
                (Kind::Heading, note.trivia.blanks, first, text)
            }
            Entry::Row { notes } => {
                let text = row_text(notes);
                (
                    Kind::Note,
                    notes.first().and_then(|note| note.trivia.blanks),
                    marker(view, notes, &text, &habits.marker),
                    text,
                )
            }
        };
        let is_in_place = place.is_some_and(|place| previous == Some(place.checked_sub(1)));
        let blanks = match (is_in_place, own.blanks, file_blanks) {
            (true, Some(blanks), _) => blanks.to_owned(),
            (true, None, Some(count)) => newline.repeat(count.min(BLANKS_MAX) as usize),
            _ => newline.repeat(habits.blanks(previous_kind, kind) as usize),
        };
        let body = continued(first, &text, own.joins, newline);
        lines.push(PrintedLine::new(&blanks, body, own.ending.unwrap_or(newline)));
        previous = place.map(Some);
        previous_kind = kind;
    }
}

/// Most empty lines printed before a line: all that a report of the greatest size can hold.
const BLANKS_MAX: u32 = 1 << 20;

/// What stands before a heading's text, and the text without the white space in front of it.
fn heading_line(heading: &str, lead: &str, is_imported: bool) -> (String, String) {
    let text = without_controls(heading);
    if text.trim().is_empty() {
        return (format!("{lead}{UNNAMED}"), String::new());
    }
    if is_imported && text.starts_with('\n') {
        return (format!("{lead}{UNNAMED}"), text);
    }
    let text = text.trim_start().to_owned();
    let escape = Free::Heading.escape(text.split('\n').next().unwrap_or_default());
    (format!("{lead}{escape}"), text)
}

/// The text of a row: the halves of a split note with what the split took out between them.
fn row_text(notes: &[&Note]) -> String {
    let mut text = String::new();
    for (index, note) in notes.iter().enumerate() {
        if index > 0 {
            text.push_str(note.marker.as_deref().unwrap_or(" ・"));
        }
        text.push_str(&note.text);
    }
    without_controls(&text)
}

fn marker(view: &BoardView, row: &[&Note], text: &str, usual: &str) -> String {
    let own = row.first().and_then(|note| match &note.row_group {
        None => note.marker.as_deref(),
        Some(first) => view.notes.get(first).and_then(|first| first.marker.as_deref()),
    });
    let first_line = text.split('\n').next().unwrap_or_default();
    let reads_back =
        |marker: &&str| line::bullet(&format!("{marker}{first_line}")).is_some_and(|(found, _)| found == *marker);
    own.filter(reads_back)
        .or(Some(usual).filter(reads_back))
        .unwrap_or(MARKER)
        .to_owned()
}

/// Prints a text's further lines below its first one.
fn continued(mut body: String, text: &str, joins: &str, newline: &str) -> String {
    let mut endings = joins.split_inclusive('\n');
    let lines: Vec<&str> = text.split('\n').collect();
    let written = lines.iter().rposition(|line| !line.trim().is_empty()).unwrap_or(0);
    for (index, line) in lines.into_iter().take(written + 1).enumerate() {
        if index > 0 {
            body.push_str(endings.next().unwrap_or(newline));
            body.push_str(INDENT);
            body.push_str(Free::Other.escape(line));
        }
        body.push_str(line);
    }
    body
}

/// What the board's file usually does, for lines that it does not have.
struct Habits {
    marker: String,
    blanks: BTreeMap<(Kind, Kind), u32>,
}

impl Habits {
    fn of(view: &BoardView, imported: &Imported) -> Self {
        let mut markers: BTreeMap<&str, usize> = BTreeMap::new();
        for note in view.notes.values().filter(|note| note.row_group.is_none()) {
            if let Some(marker) = note.marker.as_deref().filter(|marker| line::bullet(marker).is_some()) {
                *markers.entry(marker).or_default() += 1;
            }
        }
        let mut gaps: BTreeMap<(Kind, Kind), BTreeMap<u32, usize>> = BTreeMap::new();
        for pair in imported.order.windows(2) {
            let trivia = |item: &crate::ItemId| match item {
                crate::ItemId::Note(id) => (Kind::Note, view.notes.get(id).and_then(|note| note.trivia.blanks)),
                crate::ItemId::Island(id) => (
                    Kind::Heading,
                    view.islands.get(id).and_then(|island| island.trivia.blanks),
                ),
            };
            if let [(before, _), (kind, Some(blanks))] = [trivia(&pair[0]), trivia(&pair[1])] {
                *gaps
                    .entry((before, kind))
                    .or_default()
                    .entry(blanks.min(BLANKS_MAX))
                    .or_default() += 1;
            }
        }
        let commonest = |counts: BTreeMap<u32, usize>| {
            counts
                .into_iter()
                .max_by_key(|(_, count)| *count)
                .map(|(blanks, _)| blanks)
        };
        Self {
            marker: markers
                .into_iter()
                .max_by_key(|(_, count)| *count)
                .map_or(MARKER, |(marker, _)| marker)
                .to_owned(),
            blanks: gaps
                .into_iter()
                .filter_map(|(kinds, counts)| Some((kinds, commonest(counts)?)))
                .collect(),
        }
    }

    fn blanks(&self, before: Kind, kind: Kind) -> u32 {
        let by_rule = if (before, kind) == (Kind::Note, Kind::Note) {
            0
        } else {
            1
        };
        self.blanks.get(&(before, kind)).copied().unwrap_or(by_rule)
    }
}
