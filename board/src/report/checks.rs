//! The "check these" list: what a report leaves open. Nothing is decided here; see DOMAIN "What the seed leaves open".

use super::parse::{ImportedGroup, Parsed};
use crate::{import::ImportKind, view::OpenPointKind};

/// Most headings offered to lie in a larger one; beyond that the board itself is the better tool.
pub const LARGER_OVER_MAX: usize = 16;
/// From so many gaps between bullets on, gaps can be the file's habit, see [`checks`].
const HABITUAL_GAPS_MIN: usize = 3;

/// One open question about a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Index in [`Parsed::groups`].
    pub group: usize,
    /// Index in that group's items.
    pub item: usize,
    /// The line's number, counted from 1.
    pub line: usize,
    /// The heading's or note's text.
    pub text: String,
    /// What is asked.
    pub kind: OpenPointKind,
    /// The other items it is about, see [`crate::import::ImportPoint::members`].
    pub members: Vec<usize>,
}

/// One way to read what a report leaves open. All are offered, the first is in force until somebody chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The heading stands alone: an island in which nothing lies.
    Alone,
    /// The heading is a larger island over the next ones.
    Larger {
        /// How many of the headings that follow lie in it, at least 1.
        over: usize,
    },
    /// The heading is a conclusion of the island before it and goes into that.
    Conclusion,
    /// The heading is a lone wolf that was promoted.
    LoneWolf,
    /// The line is one note.
    OneNote,
    /// The line is two notes, split before `・`.
    TwoNotes,
    /// What follows the gap belongs to the island.
    Inside,
    /// What follows the gap, up to the next gap or heading, belongs to no island.
    Outside,
}

impl Reading {
    /// The reading with this number, as [`crate::view::OpenPoint::chosen`] and [`crate::Command::Resolve`] count them.
    pub fn of(kind: &OpenPointKind, number: usize) -> Self {
        match (kind, number) {
            (OpenPointKind::HeadingBeforeHeading | OpenPointKind::HeadingAlone, 0) => Self::Alone,
            (OpenPointKind::HeadingBeforeHeading, over) => Self::Larger { over },
            (OpenPointKind::HeadingAlone, 1) => Self::Conclusion,
            (OpenPointKind::HeadingAlone, _) => Self::LoneWolf,
            (OpenPointKind::TwoThoughts, 0) => Self::OneNote,
            (OpenPointKind::TwoThoughts, _) => Self::TwoNotes,
            (OpenPointKind::GapInIsland, 0) => Self::Inside,
            (OpenPointKind::GapInIsland, _) => Self::Outside,
        }
    }
}

impl Check {
    /// The readings offered, the default first; their places are their numbers.
    pub fn readings(&self) -> Vec<Reading> {
        let count = match self.kind {
            OpenPointKind::HeadingBeforeHeading => 1 + self.members.len(),
            OpenPointKind::HeadingAlone => 3,
            OpenPointKind::TwoThoughts | OpenPointKind::GapInIsland => 2,
        };
        (0..count).map(|number| Reading::of(&self.kind, number)).collect()
    }
}

/// All open questions in file order.
///
/// - A heading without notes that is followed by others may be a larger island over 1, 2, … of them.
/// - A heading without notes that comes after another may be the conclusion of that island, or a lone wolf. In the
///   middle of a group both are asked.
/// - A bullet with SPACE + `・` inside may be two thoughts (`土・日` is a word).
/// - Bullets after an empty line under one heading may not belong to it. Where most bullets of the file have an
///   empty line between them, that is its habit and nothing is asked.
pub fn checks(parsed: &Parsed) -> Vec<Check> {
    let gaps_are_habit = gaps_are_habit(parsed);
    let mut found = Vec::new();
    for (group_index, group) in parsed.groups.iter().enumerate() {
        for (index, item) in group.items.iter().enumerate() {
            let questions = match item.kind {
                ImportKind::Heading => heading_questions(group, index),
                ImportKind::Note => note_questions(group, index, gaps_are_habit),
            };
            found.extend(questions.into_iter().map(|(kind, members)| Check {
                group: group_index,
                item: index,
                line: item.line,
                text: item.text.clone(),
                kind,
                members,
            }));
        }
    }
    found
}

fn note_questions(group: &ImportedGroup, index: usize, gaps_are_habit: bool) -> Vec<(OpenPointKind, Vec<usize>)> {
    let mut questions = Vec::new();
    if !gaps_are_habit && is_after_gap(group, index) {
        questions.push((OpenPointKind::GapInIsland, after_gap(group, index)));
    }
    if has_second_thought(&group.items[index].text) {
        questions.push((OpenPointKind::TwoThoughts, Vec::new()));
    }
    questions
}

/// Whether SPACE + `・` stands in a text with words on both sides.
fn has_second_thought(text: &str) -> bool {
    let mut cuts = text.match_indices(" ・");
    cuts.any(|(at, cut)| !text[..at].trim().is_empty() && !text[at + cut.len()..].trim().is_empty())
}

fn heading_questions(group: &ImportedGroup, index: usize) -> Vec<(OpenPointKind, Vec<usize>)> {
    let mut questions = Vec::new();
    if group
        .items
        .get(index + 1)
        .is_some_and(|next| next.kind == ImportKind::Note)
    {
        return questions;
    }
    let is_heading = |at: &usize| group.items[*at].kind == ImportKind::Heading;
    let next: Vec<usize> = (index + 1..group.items.len())
        .filter(is_heading)
        .take(LARGER_OVER_MAX)
        .collect();
    if !next.is_empty() {
        questions.push((OpenPointKind::HeadingBeforeHeading, next));
    }
    if let Some(before) = (0..index).rev().find(is_heading) {
        questions.push((OpenPointKind::HeadingAlone, vec![before]));
    }
    questions
}

fn is_after_gap(group: &ImportedGroup, index: usize) -> bool {
    let has_heading = group.items[..index].iter().any(|item| item.kind == ImportKind::Heading);
    let after_note = index > 0 && group.items[index - 1].kind == ImportKind::Note;
    has_heading && after_note && group.items[index].blanks > 0
}

fn after_gap(group: &ImportedGroup, index: usize) -> Vec<usize> {
    let rest = group.items.iter().enumerate().skip(index + 1);
    let joined = rest.take_while(|(_, item)| item.kind == ImportKind::Note && item.blanks == 0);
    std::iter::once(index).chain(joined.map(|(at, _)| at)).collect()
}

fn gaps_are_habit(parsed: &Parsed) -> bool {
    let (mut pairs, mut gaps) = (0, 0);
    for pair in parsed.groups.iter().flat_map(|group| group.items.windows(2)) {
        if pair.iter().all(|item| item.kind == ImportKind::Note) {
            pairs += 1;
            gaps += usize::from(pair[1].blanks > 0);
        }
    }
    gaps >= HABITUAL_GAPS_MIN && 2 * gaps > pairs
}
