//! The clean report as Markdown, for other programs.

use super::{
    ReportBoard,
    clean::occasion,
    outline::{self, Block},
    single_line,
};
use crate::workshop::WorkshopView;

/// Markdown knows six levels of headings; theme and group take the first two.
const HEADING_LEVEL_MAX: usize = 6;

/// Prints boards in the order given. What people wrote is escaped: it never becomes markup, links or HTML.
pub fn markdown(workshop: &WorkshopView, boards: &[ReportBoard<'_>]) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    let theme = single_line(&workshop.theme);
    if !theme.is_empty() {
        paragraphs.push(format!("# {}", escaped(&theme)));
    }
    paragraphs.push(escaped(&occasion(workshop)));
    for board in boards {
        paragraphs.push(format!("## {}", escaped(&outline::group(board))));
        paragraphs.push(escaped(&outline::members(board.view)));
        let mut list: Vec<String> = Vec::new();
        for block in outline::outline(board) {
            let heading = match block {
                Block::Bullet { text, .. } => {
                    let lines: Vec<String> = text.lines().map(escaped).collect();
                    list.push(format!("- {}", lines.join("\\\n  ")));
                    continue;
                }
                Block::Heading { text, depth } => {
                    let level = (3 + depth).min(HEADING_LEVEL_MAX);
                    format!("{} {}", "#".repeat(level), escaped(&single_line(&text)))
                }
                Block::Section(title) => format!("### 【{}】", escaped(&title)),
            };
            paragraphs.push(std::mem::take(&mut list).join("\n"));
            paragraphs.push(heading);
        }
        paragraphs.push(list.join("\n"));
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n") + "\n"
}

/// One line of plain text with every letter that Markdown could take for its own made harmless.
fn escaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let trimmed = line.trim_start();
    let digits = trimmed.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let number_end = (digits < trimmed.len()).then_some(line.len() - digits);
    for (at, letter) in line.char_indices() {
        let special = "\\`*_{}[]<>#|~&$!".contains(letter);
        let starts_list = at == line.len() - trimmed.len() && "-+=:".contains(letter);
        let ends_number = number_end == Some(at) && ".)".contains(letter);
        if special || starts_list || ends_number {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_that_people_write_becomes_markup() {
        assert_eq!(
            escaped("*a* _b_ `c` <script> [x](y) | ~~z~~ &amp;"),
            "\\*a\\* \\_b\\_ \\`c\\` \\<script\\> \\[x\\](y) \\| \\~\\~z\\~\\~ \\&amp;"
        );
        assert_eq!(escaped("# x"), "\\# x");
        assert_eq!(escaped("- x"), "\\- x");
        assert_eq!(escaped("12. x"), "12\\. x");
        assert_eq!(escaped("3班は1.5倍 - 多い"), "3班は1.5倍 - 多い");
    }
}
