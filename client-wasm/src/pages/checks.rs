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
