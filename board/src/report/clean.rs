//! 清書: one form for every board, whatever it was made of.

use super::{
    ReportBoard,
    outline::{self, Block},
    single_line,
};
use crate::workshop::WorkshopView;

/// One level of nesting: a full-width space, as wide as a letter.
const LEVEL: &str = "\u{3000}";
/// Deepest nesting that is still indented; what lies deeper stands at this depth.
pub(super) const DEPTH_MAX: usize = 8;

/// Prints boards in the order given: one empty line before headings, `・` bullets, nested islands indented.
///
/// Lone wolves stand under a title of their own where they come in the order; relations, evaluation and reading
/// path follow the islands. Withheld notes, the basket and authors are left out.
pub fn clean(workshop: &WorkshopView, boards: &[ReportBoard<'_>]) -> String {
    let mut text = Paragraphs::default();
    text.line(&single_line(&workshop.theme), true);
    text.line(&occasion(workshop), true);
    for board in boards {
        text.line(&outline::group(board), true);
        text.line(&outline::members(board.view), false);
        for block in outline::outline(board) {
            match block {
                Block::Heading { text: heading, depth } => text.indented("", &heading, depth, true),
                Block::Section(title) => text.line(&format!("【{title}】"), true),
                Block::Bullet { text: bullet, depth } => {
                    let apart = text.is_after_header;
                    text.indented("・", &bullet, depth, apart);
                }
            }
            text.is_after_header = false;
        }
    }
    text.text
}

/// Date and place on one line; empty if neither is known.
pub(super) fn occasion(workshop: &WorkshopView) -> String {
    let parts: Vec<String> = [&workshop.date, &workshop.venue]
        .into_iter()
        .map(|part| single_line(part))
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("　")
}

#[derive(Default)]
struct Paragraphs {
    text: String,
    is_after_header: bool,
}

impl Paragraphs {
    fn line(&mut self, line: &str, apart: bool) {
        if line.is_empty() {
            return;
        }
        if apart && !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.is_after_header = true;
    }

    fn indented(&mut self, marker: &str, text: &str, depth: usize, apart: bool) {
        let indent = LEVEL.repeat(depth.min(DEPTH_MAX));
        for (index, line) in text.lines().enumerate() {
            let marker = match (index, marker) {
                (0, marker) => marker,
                (_, "") => "",
                _ => LEVEL,
            };
            self.line(&format!("{indent}{marker}{line}"), apart && index == 0);
        }
    }
}
