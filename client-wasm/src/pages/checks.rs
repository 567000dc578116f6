//! The "check these" questions in words: what an import left open, and the readings it offers.

use board::{report::Reading, view::OpenPointKind};

use crate::i18n::pages::CheckTexts;

/// What is asked.
pub fn question(kind: &OpenPointKind, texts: &CheckTexts) -> &'static str {
    match kind {
        OpenPointKind::HeadingBeforeHeading => texts.heading_before_heading,
        OpenPointKind::HeadingAlone => texts.heading_alone,
        OpenPointKind::TwoThoughts => texts.two_thoughts,
        OpenPointKind::GapInIsland => texts.gap,
    }
}

/// One answer.
pub fn answer(reading: Reading, texts: &CheckTexts) -> String {
    match reading {
        Reading::Alone => texts.reading_alone.to_owned(),
        Reading::Larger { over } => (texts.reading_over)(over),
        Reading::Conclusion => texts.reading_conclusion.to_owned(),
        Reading::LoneWolf => texts.reading_lone_wolf.to_owned(),
        Reading::OneNote => texts.reading_one_note.to_owned(),
        Reading::TwoNotes => texts.reading_split.to_owned(),
        Reading::Inside => texts.reading_same_island.to_owned(),
        Reading::Outside => texts.reading_outside.to_owned(),
    }
}

/// What can be chosen: readings that differ only in how many islands they gather are one choice with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// One reading, by its number.
    One(usize, Reading),
    /// A larger island over the next 1 to `most`; over n islands it is reading `first + n - 1`.
    Larger {
        /// Number of the reading over one island.
        first: usize,
        /// Most islands.
        most: usize,
    },
}

/// The choices that so many readings make.
pub fn choices(kind: &OpenPointKind, readings: usize) -> Vec<Choice> {
    let mut choices = Vec::new();
    for number in 0..readings {
        match (Reading::of(kind, number), choices.last_mut()) {
            (Reading::Larger { .. }, Some(Choice::Larger { most, .. })) => *most += 1,
            (Reading::Larger { .. }, _) => choices.push(Choice::Larger { first: number, most: 1 }),
            (reading, _) => choices.push(Choice::One(number, reading)),
        }
    }
    choices
}

/// A choice in words.
pub fn words(choice: Choice, texts: &CheckTexts) -> String {
    match choice {
        Choice::One(_, reading) => answer(reading, texts),
        Choice::Larger { most, .. } => (texts.reading_over_up_to)(most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_that_differ_only_in_number_are_one_choice() {
        let found = choices(&OpenPointKind::HeadingBeforeHeading, 3);
        assert_eq!(
            found,
            [Choice::One(0, Reading::Alone), Choice::Larger { first: 1, most: 2 }]
        );
        assert_eq!(
            choices(&OpenPointKind::HeadingAlone, 3),
            [
                Choice::One(0, Reading::Alone),
                Choice::One(1, Reading::Conclusion),
                Choice::One(2, Reading::LoneWolf)
            ]
        );
        assert_eq!(choices(&OpenPointKind::TwoThoughts, 2).len(), 2);
        assert_eq!(
            choices(&OpenPointKind::HeadingBeforeHeading, 1),
            [Choice::One(0, Reading::Alone)]
        );
    }
}
