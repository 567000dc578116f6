//! Reading a report, line by line. Nothing is thrown away: what the board has no word for becomes trivia.

use std::collections::BTreeMap;

use super::{
    line::{self, BOM, Continued, Free, Line, UNNAMED},
    people::{self, ImportedPerson},
    trivia,
};
use crate::{
    command::TEXT_CHARS_MAX,
    import::{ImportBoard, ImportItem, ImportKind, ImportPerson, ImportPoint},
};

/// Longest report in bytes: the seed's two groups take 6 KB, so 64 groups of twenty times the seed's size fit.
pub const REPORT_BYTES_MAX: usize = 1 << 20;
/// Most groups in one report. A hall holds 8 tables; eight times that is a pasted mistake.
pub const GROUPS_MAX: usize = 64;
/// Most headings and notes in one group: as many as a board holds notes.
pub const ITEMS_MAX: usize = 5_000;
/// Most people in one group: a table seats 6, so this is a list of names, not a table.
pub const PEOPLE_MAX: usize = 200;

/// Why a text is not a report, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ParseError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: ParseReason,
    /// The line itself, at most [`TEXT_CHARS_MAX`] letters of it.
    pub text: String,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseReason {
    /// The text is longer than [`REPORT_BYTES_MAX`]; the line is the one that crosses the limit.
    #[error("the text is longer than {REPORT_BYTES_MAX} bytes")]
    TooLarge,
    /// Not one line of the text is a group line; the line is the first that is not empty.
    #[error("no group line such as 1班 was found in the text")]
    NoGroup,
    /// Something other than the theme stands before the first group line.
    #[error("only the theme may stand before the first group line")]
    BeforeFirstGroup,
    /// One group line too many.
    #[error("more than {GROUPS_MAX} groups")]
    TooManyGroups,
    /// One heading or note too many in one group.
    #[error("more than {ITEMS_MAX} headings and notes in one group")]
    TooManyItems,
    /// One name too many in one group.
    #[error("more than {PEOPLE_MAX} people in one group")]
    TooManyPeople,
    /// A note, heading or header line is longer than [`TEXT_CHARS_MAX`], or so are the empty lines before it.
    #[error("longer than {TEXT_CHARS_MAX} characters")]
    TooLong,
    /// A control character that no text file has (tabs and line ends are fine).
    #[error("holds a control character")]
    ControlCharacter,
}

/// A report that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The theme above the first group; empty if none stands there.
    pub theme: String,
    /// The groups in file order, at least one.
    pub groups: Vec<ImportedGroup>,
}

/// One group with its people, headings and notes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportedGroup {
    /// Such as 2班.
    pub name: String,
    /// One grapheme cluster, optional.
    pub icon: Option<String>,
    /// The theme above this group; empty if none stands there.
    pub theme: String,
    /// The group line's number, counted from 1.
    pub line: usize,
    /// The people of the member lines. A group without any is read all the same.
    pub people: Vec<ImportedPerson>,
    /// Headings and notes in file order.
    pub items: Vec<ImportedItem>,
    /// What the board does not understand, see [`super::trivia`].
    pub(super) trivia: BTreeMap<String, String>,
}

/// One heading or note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedItem {
    /// Which of the two.
    pub kind: ImportKind,
    /// The text without its marker; may hold line breaks.
    pub text: String,
    /// What stands before a note's text, such as `- ・`; empty for headings.
    pub marker: String,
    /// The number of its first line, counted from 1.
    pub line: usize,
    /// Empty lines before it.
    pub blanks: usize,
}

/// How much a report holds, for "this is what was understood".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Groups.
    pub groups: usize,
    /// People, coordinators included.
    pub people: usize,
    /// Headings.
    pub headings: usize,
    /// Notes.
    pub notes: usize,
    /// Headings under which no note stands.
    pub headings_without_notes: usize,
}

/// Reads a report.
///
/// # Errors
/// The first line that cannot be read, and why; the limits are those of this module.
pub fn parse(text: &str) -> Result<Parsed, ParseError> {
    within_limits(text)?;
    let (bom, rest) = text.strip_prefix(BOM).map_or(("", text), |rest| (BOM, rest));
    let (lines, tail) = line::lines(rest);
    for line in &lines {
        readable(line)?;
    }
    if tail.len() > TEXT_CHARS_MAX {
        let number = text.split_inclusive('\n').count();
        return Err(refuse(number, ParseReason::TooLong, ""));
    }
    let newline = if 2 * rest.matches("\r\n").count() > rest.matches('\n').count() {
        "\r\n"
    } else {
        "\n"
    };

    let starts: Vec<usize> = (0..lines.len())
        .filter(|&index| line::group(lines[index].body).is_some())
        .collect();
    let Some(&first) = starts.first() else {
        let (number, body) = lines.first().map_or((1, ""), |line| (line.number, line.body));
        return Err(refuse(number, ParseReason::NoGroup, body));
    };
    if let Some(&extra) = starts.get(GROUPS_MAX) {
        return Err(refuse(
            lines[extra].number,
            ParseReason::TooManyGroups,
            lines[extra].body,
        ));
    }
    if let Some(line) = lines[..first]
        .first()
        .filter(|line| first > 1 || line::bullet(line.body).is_some())
    {
        return Err(refuse(line.number, ParseReason::BeforeFirstGroup, line.body));
    }

    let mut groups = Vec::with_capacity(starts.len());
    let mut theme_line = (first == 1).then(|| &lines[0]);
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(lines.len());
        let is_last = index + 1 == starts.len();
        let read = GroupReader {
            newline,
            is_last,
            group: ImportedGroup::default(),
            peculiar: BTreeMap::new(),
        };
        let (group, next_theme) = read.read(theme_line, &lines[start], &lines[start + 1..end])?;
        groups.push(group);
        theme_line = next_theme;
    }

    let theme = groups.first().map(|group| group.theme.clone()).unwrap_or_default();
    for group in &mut groups {
        trivia::note_theme(&mut group.trivia, group.theme == theme);
    }
    if let Some(first) = groups.first_mut() {
        trivia::note_start(&mut first.trivia, bom);
    }
    if let (Some(last), Some(line)) = (groups.last_mut(), lines.last()) {
        trivia::note_end(&mut last.trivia, line.ending, tail);
    }
    Ok(Parsed { theme, groups })
}

impl Parsed {
    /// How much was understood.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            groups: self.groups.len(),
            ..Counts::default()
        };
        for group in &self.groups {
            counts.people += group.people.len();
            for (index, item) in group.items.iter().enumerate() {
                let followed_by_note = group
                    .items
                    .get(index + 1)
                    .is_some_and(|next| next.kind == ImportKind::Note);
                match item.kind {
                    ImportKind::Note => counts.notes += 1,
                    ImportKind::Heading => {
                        counts.headings += 1;
                        counts.headings_without_notes += usize::from(!followed_by_note);
                    }
                }
            }
        }
        counts
    }

    /// What [`crate::Board::import`] takes, one per group in file order, open points included.
    pub fn boards(&self) -> Vec<ImportBoard> {
        let mut boards: Vec<ImportBoard> = self.groups.iter().map(ImportedGroup::board).collect();
        for check in super::checks(self) {
            boards[check.group].open_points.push(ImportPoint {
                kind: check.kind,
                item: check.item,
                members: check.members,
            });
        }
        boards
    }
}

impl ImportedGroup {
    fn board(&self) -> ImportBoard {
        let person = |person: &ImportedPerson| {
            let plain = person.raw == people::written(&person.name, person.coordinator);
            ImportPerson {
                name: person.name.clone(),
                coordinator: person.coordinator,
                line_break_before: person.line_break_before,
                raw: (!plain).then(|| person.raw.clone()),
            }
        };
        let item = |item: &ImportedItem| ImportItem {
            kind: item.kind,
            text: item.text.clone(),
            marker: (item.kind == ImportKind::Note).then(|| item.marker.clone()),
            blanks: u32::try_from(item.blanks).unwrap_or(u32::MAX),
        };
        ImportBoard {
            name: self.name.clone(),
            icon: self.icon.clone(),
            theme: self.theme.clone(),
            people: self.people.iter().map(person).collect(),
            items: self.items.iter().map(item).collect(),
            open_points: Vec::new(),
            trivia: self.trivia.clone(),
        }
    }
}

/// Reads one group's lines.
struct GroupReader {
    newline: &'static str,
    is_last: bool,
    group: ImportedGroup,
    /// See [`trivia::note_lines`].
    peculiar: BTreeMap<String, String>,
}

impl GroupReader {
    /// Returns the group and, if another follows, the theme line of that one.
    fn read<'lines, 'text>(
        mut self,
        theme: Option<&Line<'text>>,
        head: &Line<'text>,
        body: &'lines [Line<'text>],
    ) -> Result<(ImportedGroup, Option<&'lines Line<'text>>), ParseError> {
        let (icon, name) = line::group(head.body).unwrap_or((None, head.body));
        self.group.name = name.to_owned();
        self.group.icon = icon.map(str::to_owned);
        self.group.line = head.number;
        self.group.theme = theme.map(|line| theme_text(line.body).to_owned()).unwrap_or_default();
        trivia::note_header(&mut self.group.trivia, self.newline, theme, head);

        let members = self.member_count(body);
        let (members, body) = body.split_at(members);
        for (index, line) in members.iter().enumerate() {
            self.group.people.extend(people::read(line.body, index > 0));
            if self.group.people.len() > PEOPLE_MAX {
                return Err(refuse(line.number, ParseReason::TooManyPeople, line.body));
            }
        }
        trivia::note_members(&mut self.group.trivia, members);

        let mut next_theme = None;
        let mut endings: Vec<&str> = Vec::new();
        for (index, line) in body.iter().enumerate() {
            let is_theme = index + 1 == body.len() && !self.is_last;
            if let Some((marker, text)) = line::bullet(line.body) {
                self.finish_text(&mut endings);
                self.push(ImportKind::Note, marker, text, line)?;
                endings.push(line.ending);
            } else if let (1.., Some(added)) = (index, line::continuation(line)) {
                self.continue_text(line, &added)?;
                endings.extend(added.iter().map(|added| added.ending));
            } else if is_theme {
                next_theme = Some(line);
            } else {
                self.finish_text(&mut endings);
                let trimmed = line.body.trim_start();
                let lead = &line.body[..line.body.len() - trimmed.len()];
                let text = if trimmed == UNNAMED {
                    ""
                } else {
                    Free::Heading.unescape(trimmed)
                };
                self.push(ImportKind::Heading, lead, text, line)?;
                endings.push(line.ending);
            }
        }
        self.finish_text(&mut endings);
        trivia::note_lines(&mut self.group.trivia, &self.peculiar);
        Ok((self.group, next_theme))
    }

    fn finish_text(&mut self, endings: &mut Vec<&str>) {
        if let Some(item) = self.group.items.len().checked_sub(1) {
            trivia::note_endings(&mut self.peculiar, self.newline, item, endings);
        }
        endings.clear();
    }

    /// How many of the lines after the group line are member lines.
    ///
    /// The first one is, unless it is a bullet, the next group's theme, or stands apart without any sign of a list
    /// while bullets follow it (a heading then: the group has no member line). The lines that follow it without an
    /// empty line between are too, as long as they have a 、 or the role word or end the paragraph.
    fn member_count(&self, body: &[Line<'_>]) -> usize {
        let mut count = 0;
        for (index, line) in body.iter().enumerate() {
            let adjacent = line.blanks.is_empty();
            let next = body.get(index + 1);
            let is_theme = next.is_none() && !self.is_last && !adjacent;
            let certain = people::is_certain(line.body);
            let before_bullet = next.is_some_and(|next| line::bullet(next.body).is_some());
            let ends_paragraph = next.is_none_or(|next| !next.blanks.is_empty());
            let is_member = if index == 0 {
                adjacent || certain || !before_bullet
            } else {
                adjacent && (certain || ends_paragraph)
            };
            if line::bullet(line.body).is_some() || is_theme || !is_member {
                break;
            }
            count += 1;
        }
        count
    }

    fn push(&mut self, kind: ImportKind, before: &str, text: &str, line: &Line<'_>) -> Result<(), ParseError> {
        let index = self.group.items.len();
        if index >= ITEMS_MAX {
            return Err(refuse(line.number, ParseReason::TooManyItems, line.body));
        }
        let (marker, lead) = if kind == ImportKind::Note {
            (before, "")
        } else {
            ("", before)
        };
        trivia::note_item(&mut self.peculiar, self.newline, index, lead, line);
        self.group.items.push(ImportedItem {
            kind,
            text: text.to_owned(),
            marker: marker.to_owned(),
            line: line.number,
            blanks: line.blanks.matches('\n').count(),
        });
        Ok(())
    }

    fn continue_text(&mut self, line: &Line<'_>, added: &[Continued<'_>]) -> Result<(), ParseError> {
        let Some(item) = self.group.items.last_mut() else {
            return Ok(());
        };
        for added in added {
            item.text.push('\n');
            item.text.push_str(added.text);
        }
        if item.text.len() > TEXT_CHARS_MAX && item.text.chars().count() > TEXT_CHARS_MAX {
            return Err(refuse(line.number, ParseReason::TooLong, line.body));
        }
        Ok(())
    }
}

/// The theme without the white space around it and without an escape.
pub(super) fn theme_text(body: &str) -> &str {
    Free::Other.unescape(body.trim())
}

fn within_limits(text: &str) -> Result<(), ParseError> {
    if text.len() <= REPORT_BYTES_MAX {
        return Ok(());
    }
    let mut bytes = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        bytes += line.len();
        if bytes > REPORT_BYTES_MAX {
            return Err(refuse(index + 1, ParseReason::TooLarge, line.trim_end()));
        }
    }
    Ok(())
}

fn readable(line: &Line<'_>) -> Result<(), ParseError> {
    let text = line::bullet(line.body).map_or(line.body, |(_, text)| text);
    if text.chars().count() > TEXT_CHARS_MAX || line.blanks.len() > TEXT_CHARS_MAX {
        return Err(refuse(line.number, ParseReason::TooLong, line.body));
    }
    if line.body.chars().any(|letter| letter.is_control() && letter != '\t') {
        return Err(refuse(line.number, ParseReason::ControlCharacter, line.body));
    }
    Ok(())
}

fn refuse(line: usize, reason: ParseReason, text: &str) -> ParseError {
    ParseError {
        line,
        reason,
        text: text.chars().take(TEXT_CHARS_MAX).collect(),
    }
}
