//! The boards as a table for spreadsheets: one row per note, RFC 4180, UTF-8 with a byte order mark.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, also in their full-width forms, also
//! after white space, and some take one that begins with a control character for one too. Such a cell gets an apostrophe
//! in front, and so it opens as text. A text that begins with an apostrophe itself gets a second one: whoever takes one
//! leading apostrophe away from every cell that has one ([`cell_text`]) gets back exactly what was written.
//!
//! Headings have rows only where they would otherwise be missing: with no note directly below them, or with dots of
//! their own. What the report leaves out (basket, withheld, empty slips) is left out here, unless everything is asked for.

use super::{
    ReportBoard,
    flow::{self, note_is_printed},
};
use crate::{
    id::ItemId,
    view::{BoardView, Colour, Island, Note, Source, State},
};

/// What Excel needs to read a file as UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// RFC 4180's line end.
const LINE_END: &str = "\r\n";
/// Between the headings of a path. No heading is split by it: it is for reading, not for taking apart.
const PATH_SEPARATOR: &str = " › ";

/// In which language columns and states are named. Texts of people stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableLanguage {
    /// 日本語.
    #[default]
    Japanese,
    /// English.
    English,
}

/// Which notes get a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableScope {
    /// What the report shows.
    #[default]
    Report,
    /// The basket and what is withheld as well, told apart by the column for the state (coordinators).
    Everything,
}

/// The columns, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Row {
    group: String,
    headings: String,
    kind: &'static str,
    text: String,
    author: String,
    colour: &'static str,
    state: &'static str,
    dots: String,
    origin: String,
    id: String,
}

/// The table with a line of column names. Cells are safe in spreadsheets, see the module's documentation.
pub fn csv(boards: &[ReportBoard<'_>], scope: TableScope, language: TableLanguage) -> String {
    let words = language.words();
    let mut table = String::from(BYTE_ORDER_MARK);
    line(&mut table, words.columns);
    for board in boards {
        for row in rows(board, scope, words) {
            let Row {
                group,
                headings,
                kind,
                text,
                author,
                colour,
                state,
                dots,
                origin,
                id,
            } = row;
            line(
                &mut table,
                [
                    group.as_str(),
                    &headings,
                    kind,
                    &text,
                    &author,
                    colour,
                    state,
                    &dots,
                    &origin,
                    &id,
                ],
            );
        }
    }
    table
}

/// A text as a cell that no spreadsheet takes for a formula. [`cell_text`] is its inverse.
pub fn safe_cell(text: &str) -> String {
    if needs_apostrophe(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The text that [`safe_cell`] made a cell of.
pub fn cell_text(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

fn needs_apostrophe(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    if first == '\'' || first.is_control() {
        return true;
    }
    // Spreadsheets skip what cannot be seen before they decide; what is skipped here in addition costs an apostrophe.
    let seen = text.chars().find(|letter| !is_unseen(*letter));
    seen.is_some_and(|letter| FORMULA_SIGNS.contains(&letter))
}

/// What begins a formula: ASCII, full-width (what Japanese keyboards write), small forms, and the true minus sign.
const FORMULA_SIGNS: [char; 13] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];

fn is_unseen(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Every cell is quoted: then no separator that a spreadsheet's country prefers is found inside one.
fn line(table: &mut String, cells: [&str; COLUMNS]) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            table.push(',');
        }
        table.push('"');
        // A NUL ends the whole file for some readers.
        table.push_str(&safe_cell(cell).replace('\0', "\u{fffd}").replace('"', "\"\""));
        table.push('"');
    }
    table.push_str(LINE_END);
}

const COLUMNS: usize = 10;

struct Words {
    columns: [&'static str; COLUMNS],
    note: &'static str,
    heading: &'static str,
    live: &'static str,
    lone_wolf: &'static str,
    withheld: &'static str,
    basket: &'static str,
    moved: &'static str,
    import: &'static str,
    colours: [&'static str; 6],
}

impl TableLanguage {
    fn words(self) -> &'static Words {
        match self {
            Self::Japanese => &Words {
                columns: [
                    "班",
                    "表札",
                    "種類",
                    "文章",
                    "書いた人",
                    "色",
                    "状態",
                    "票",
                    "出どころ",
                    "番号",
                ],
                note: "付箋",
                heading: "表札",
                live: "紙の上",
                lone_wolf: "一匹狼",
                withheld: "保留",
                basket: "かご",
                moved: "ほかの班へ",
                import: "取り込み",
                colours: ["生成り", "山吹", "桜", "若草", "浅葱", "藤"],
            },
            Self::English => &Words {
                columns: [
                    "Group", "Headings", "Kind", "Text", "Author", "Colour", "State", "Dots", "Origin", "Id",
                ],
                note: "note",
                heading: "heading",
                live: "on the sheet",
                lone_wolf: "lone wolf",
                withheld: "withheld",
                basket: "basket",
                moved: "moved to another group",
                import: "import",
                colours: ["white", "yellow", "pink", "green", "aqua", "violet"],
            },
        }
    }
}

impl Words {
    fn colour(&self, colour: Colour) -> &'static str {
        let [kinari, yamabuki, sakura, wakakusa, asagi, fuji] = self.colours;
        match colour {
            Colour::Kinari => kinari,
            Colour::Yamabuki => yamabuki,
            Colour::Sakura => sakura,
            Colour::Wakakusa => wakakusa,
            Colour::Asagi => asagi,
            Colour::Fuji => fuji,
        }
    }

    fn origin(&self, source: &Source) -> String {
        match source {
            Source::Board => String::new(),
            Source::Import => self.import.to_owned(),
            Source::Group { name, .. } => name.clone(),
        }
    }
}

fn rows(board: &ReportBoard<'_>, scope: TableScope, words: &Words) -> Vec<Row> {
    let view = board.view;
    let mut rows = Vec::new();
    for item in &view.top {
        match item {
            ItemId::Note(_) => {
                for note in flow::notes(view, std::slice::from_ref(item)) {
                    rows.push(note_row(board, note, String::new(), words));
                }
            }
            ItemId::Island(_) => {
                let mut path: Vec<String> = Vec::new();
                for (island, depth) in flow::islands(view, std::slice::from_ref(item), 0) {
                    path.truncate(depth);
                    path.push(one_line(&flow::heading(island)));
                    let notes = flow::notes(view, flow::children(view, &island.id));
                    let dots = dots(view, &island.id.clone().into());
                    if notes.is_empty() || !dots.is_empty() {
                        let above = path.split_last().map(|(_, above)| above.join(PATH_SEPARATOR));
                        rows.push(heading_row(board, island, above.unwrap_or_default(), dots, words));
                    }
                    let path = path.join(PATH_SEPARATOR);
                    rows.extend(notes.into_iter().map(|note| note_row(board, note, path.clone(), words)));
                }
            }
        }
    }
    if scope == TableScope::Everything {
        let left_out = |note: &&Note| !note_is_printed(note) && note.state != State::Heading && is_written(note);
        let notes = view.notes.values().map(AsRef::as_ref).filter(left_out);
        rows.extend(notes.map(|note| note_row(board, note, heading_path(view, note), words)));
    }
    rows
}

/// Not an empty slip, and no reading that is not in force.
fn is_written(note: &Note) -> bool {
    !note.text.trim().is_empty() && note.state != State::Unchosen
}

/// The headings above a note that the report does not print; an island may itself be withheld.
fn heading_path(view: &BoardView, note: &Note) -> String {
    let mut headings = Vec::new();
    let mut at = note.parent.as_ref();
    // Shown parents have no cycles; the bound only guards against a view that breaks its promise.
    for _ in 0..=view.islands.len() {
        let Some(island) = at.and_then(|id| view.islands.get(id)) else {
            break;
        };
        headings.push(one_line(&flow::heading(island)));
        at = island.parent.as_ref();
    }
    headings.reverse();
    headings.join(PATH_SEPARATOR)
}

fn note_row(board: &ReportBoard<'_>, note: &Note, headings: String, words: &Words) -> Row {
    let author = note.author.as_ref();
    let author = author.and_then(|author| board.view.people.iter().find(|person| person.id == *author));
    let state = match &note.state {
        State::Basket { .. } => words.basket,
        State::Moved { .. } => words.moved,
        _ if note.withheld => words.withheld,
        _ if note.lone_wolf => words.lone_wolf,
        _ => words.live,
    };
    Row {
        group: board.name.to_owned(),
        headings,
        kind: words.note,
        text: note.text.clone(),
        author: author.map(|person| person.name.clone()).unwrap_or_default(),
        colour: words.colour(note.colour),
        state,
        dots: dots(board.view, &note.id.clone().into()),
        origin: words.origin(&note.source),
        id: format!("n:{}", note.id),
    }
}

fn heading_row(board: &ReportBoard<'_>, island: &Island, headings: String, dots: String, words: &Words) -> Row {
    Row {
        group: board.name.to_owned(),
        headings,
        kind: words.heading,
        text: flow::heading(island),
        author: String::new(),
        colour: words.colour(island.colour),
        state: words.live,
        dots,
        origin: words.origin(&island.source),
        id: format!("i:{}", island.id),
    }
}

/// Dots by round: `3` after the first, `3 / 1` after the second; nothing without any.
fn dots(view: &BoardView, item: &ItemId) -> String {
    let given = |round: u8| view.marks.get(&(item.clone(), round)).map_or(0, Vec::len);
    let last = view
        .marks
        .keys()
        .filter(|(target, _)| target == item)
        .map(|(_, round)| *round)
        .max();
    let rounds = (1..=last.unwrap_or(0)).map(|round| given(round).to_string());
    rounds.collect::<Vec<_>>().join(" / ")
}

/// Headings in a path stand on one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
