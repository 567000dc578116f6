//! Lines of a report: every byte of the text belongs to exactly one of them, or stands behind the last.

use unicode_segmentation::UnicodeSegmentation;

/// The byte order mark that some editors put in front of a text.
pub(super) const BOM: &str = "\u{feff}";
/// What a continued text is indented by in the verbatim report: the lines of one note or heading after its first.
pub(super) const INDENT: &str = "  ";
/// Stands before a line of text that would otherwise be read as something else.
pub(super) const ESCAPE: char = '\\';
/// The heading line of an island that nobody has named.
pub(super) const UNNAMED: &str = "(表札なし)";
/// What may stand before a note's text, the longer ones first. The grammar has the two with `- `; the others are
/// what people type when they write such a list by hand, and come back as they were.
const MARKERS: [&str; 6] = ["- ・", "-・", "- ", "・", "• ", "* "];

/// One non-empty line with all that stands before it since the line above, and its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'text> {
    /// Counted from 1.
    pub(super) number: usize,
    /// The empty lines before it, byte for byte with their line ends; white space counts as empty.
    pub(super) blanks: &'text str,
    /// The line without its end.
    pub(super) body: &'text str,
    /// `\n`, `\r\n`, or nothing at the end of the text.
    pub(super) ending: &'text str,
}

/// Cuts a text (without a byte order mark) into its non-empty lines and what stands behind the last one.
pub(super) fn lines(text: &str) -> (Vec<Line<'_>>, &str) {
    let mut found = Vec::new();
    let mut blanks_from = 0;
    let mut at = 0;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        let (body, ending) = split_ending(whole);
        if !body.trim().is_empty() {
            found.push(Line {
                number: index + 1,
                blanks: &text[blanks_from..at],
                body,
                ending,
            });
            blanks_from = at + whole.len();
        }
        at += whole.len();
    }
    (found, &text[blanks_from..])
}

/// Splits a bullet into its marker (indent included) and the note's text.
pub(super) fn bullet(body: &str) -> Option<(&str, &str)> {
    let rest = body.trim_start();
    let marker = MARKERS.iter().find(|marker| rest.starts_with(**marker))?;
    Some(body.split_at(body.len() - rest.len() + marker.len()))
}

/// Reads a group line: `[icon SPACE] digits 班`, the digits half or full width, the icon any one grapheme cluster.
pub(super) fn group(body: &str) -> Option<(Option<&str>, &str)> {
    let line = body.trim();
    let numbered = |name: &str| {
        name.strip_suffix('班').is_some_and(|digits| {
            !digits.is_empty()
                && digits
                    .chars()
                    .all(|digit| digit.is_ascii_digit() || ('０'..='９').contains(&digit))
        })
    };
    if numbered(line) {
        return Some((None, line));
    }
    let icon = line.graphemes(true).next()?;
    let name = line[icon.len()..].strip_prefix([' ', '\u{3000}'])?;
    (numbered(name) && bullet(body).is_none()).then_some((Some(icon), name))
}

/// Where a line of free text stands, which decides what it could be mistaken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Free {
    /// The first line of a heading, which never starts with white space: a bullet, a group line, an unnamed island.
    Heading,
    /// A theme or a further line of a text: a bullet or a group line.
    Other,
}

impl Free {
    fn is_mistaken(self, line: &str) -> bool {
        let line = line.trim_start_matches(ESCAPE);
        if self == Self::Heading && (line == UNNAMED || line.starts_with(char::is_whitespace)) {
            return line == UNNAMED;
        }
        bullet(line).is_some() || group(line).is_some()
    }

    /// What must stand before a line so that it is read as what it is: the escape or nothing.
    pub(super) fn escape(self, line: &str) -> &'static str {
        if self.is_mistaken(line) { "\\" } else { "" }
    }

    /// The line without its escape.
    pub(super) fn unescape(self, line: &str) -> &str {
        line.strip_prefix(ESCAPE)
            .filter(|_| self.is_mistaken(line))
            .unwrap_or(line)
    }
}

/// If a line continues the text above it: the lines to add, the last of them this one's.
///
/// It is indented, and so are the empty lines between, if any: an empty line of a text is printed as its indent.
pub(super) fn continuation<'text>(line: &Line<'text>) -> Option<Vec<Continued<'text>>> {
    if bullet(line.body).is_some() || group(line.body).is_some() {
        return None;
    }
    let mut added = Vec::new();
    for blank in line.blanks.split_inclusive('\n') {
        let (text, ending) = split_ending(blank);
        let text = text.strip_prefix(INDENT)?;
        if text.contains(|letter: char| letter.is_control() && letter != '\t') {
            return None;
        }
        added.push(Continued { text, ending });
    }
    let text = Free::Other.unescape(line.body.strip_prefix(INDENT)?);
    added.push(Continued {
        text,
        ending: line.ending,
    });
    Some(added)
}

/// One more line of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Continued<'text> {
    /// Without indent and escape.
    pub(super) text: &'text str,
    /// Its line end.
    pub(super) ending: &'text str,
}

fn split_ending(whole: &str) -> (&str, &str) {
    let body = whole
        .strip_suffix('\n')
        .map_or(whole, |body| body.strip_suffix('\r').unwrap_or(body));
    whole.split_at(body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_text_is_in_a_line_or_behind_the_last() {
        for text in [
            "",
            "\n",
            "a",
            "\n\na\r\n \t\r\nb\n\n  ",
            "a\n\u{3000}\nb",
            super::super::DEMO,
        ] {
            let (lines, tail) = lines(text);
            let whole: String = lines
                .iter()
                .flat_map(|line| [line.blanks, line.body, line.ending])
                .collect();
            assert_eq!(whole + tail, text);
        }
    }

    #[test]
    fn line_numbers_count_the_empty_lines() {
        let (lines, _) = lines("\n\na\n\nb");
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [3, 5]);
    }

    #[test]
    fn a_group_line_has_digits_and_may_have_one_grapheme_before_them() {
        assert_eq!(group("1班"), Some((None, "1班")));
        assert_eq!(group("😊 2班"), Some((Some("😊"), "2班")));
        assert_eq!(group("👩‍👩‍👧 12班 "), Some((Some("👩‍👩‍👧"), "12班")));
        assert_eq!(group("１０班"), Some((None, "１０班")));
        for other in ["班", "他の班", "1班へ", "- 2班", "第1班", "ab 1班", "1 班"] {
            assert_eq!(group(other), None, "{other}");
        }
    }

    #[test]
    fn the_marker_keeps_what_the_file_had() {
        assert_eq!(bullet("- ・「モデル"), Some(("- ・", "「モデル")));
        assert_eq!(bullet("- 市民を"), Some(("- ", "市民を")));
        assert_eq!(bullet("  ・土・日"), Some(("  ・", "土・日")));
        assert_eq!(bullet("- "), Some(("- ", "")));
        assert_eq!(bullet("方針・ビジョン"), None);
        assert_eq!(bullet("-"), None);
    }

    #[test]
    fn text_that_looks_like_something_else_is_escaped_and_comes_back() {
        for text in ["3班", "- a", "・a", "\\- a", "\\\\3班", UNNAMED] {
            let printed = format!("{}{text}", Free::Heading.escape(text));
            assert_ne!(printed, text);
            assert_eq!(Free::Heading.unescape(&printed), text);
        }
        for text in ["a", "\\a", "方針・ビジョン"] {
            assert_eq!(Free::Heading.escape(text), "");
            assert_eq!(Free::Heading.unescape(text), text);
        }
    }
}
