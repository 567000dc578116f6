//! What the person is told, for how long, and in which words.

use std::collections::BTreeMap;

use board::{Refused as BoardRefused, UndoRefused};

use super::{
    Refused,
    state::{Access, Notice, NoticeKind, ReadOnly},
};
use crate::i18n::core::CoreTexts;

/// The strip with もどす stays this long.
pub const DELETED_MS: u64 = 5_000;
/// A quiet word stays this long: two lines, read twice.
pub const INFO_MS: u64 = 6_000;
/// Notices on the screen at once; the oldest goes.
pub const NOTICES_MAX: usize = 4;

/// The notices on the screen and when each goes.
#[derive(Debug, Default)]
pub struct Notices {
    last_id: u64,
    ends_at_ms: BTreeMap<u64, u64>,
}

impl Notices {
    /// Adds a notice; one that says the same replaces its predecessor. Returns its id.
    pub fn add(&mut self, list: &mut Vec<Notice>, mut notice: Notice, now_ms: u64) -> u64 {
        self.last_id += 1;
        notice.id = self.last_id;
        let deletion = |kind: &NoticeKind| matches!(kind, NoticeKind::Deleted { .. });
        // Two strips with もどす side by side would leave one guessing which is which: the basket has both.
        list.retain(|old| old.text != notice.text && !(deletion(&old.kind) && deletion(&notice.kind)));
        let stay_ms = match notice.kind {
            NoticeKind::Deleted { .. } => Some(DELETED_MS),
            NoticeKind::Info | NoticeKind::Refused => Some(INFO_MS),
            NoticeKind::Warning | NoticeKind::Drafts => None,
        };
        if let Some(stay_ms) = stay_ms {
            self.ends_at_ms.insert(notice.id, now_ms.saturating_add(stay_ms));
        }
        list.push(notice);
        if list.len() > NOTICES_MAX {
            list.remove(0);
        }
        self.ends_at_ms
            .retain(|id, _| list.iter().any(|notice| notice.id == *id));
        self.last_id
    }

    /// Takes away what has been on the screen long enough. Returns whether anything was.
    pub fn expire(&mut self, list: &mut Vec<Notice>, now_ms: u64) -> bool {
        let before = list.len();
        list.retain(|notice| {
            self.ends_at_ms
                .get(&notice.id)
                .is_none_or(|ends_at_ms| *ends_at_ms > now_ms)
        });
        self.ends_at_ms.retain(|_, ends_at_ms| *ends_at_ms > now_ms);
        list.len() != before
    }

    /// When the next one goes.
    pub fn due_at_ms(&self) -> Option<u64> {
        self.ends_at_ms.values().copied().min()
    }
}

/// Why a board is read-only, in words.
pub fn why(texts: &CoreTexts, why: ReadOnly) -> &'static str {
    match why {
        ReadOnly::Loading => texts.why_loading,
        ReadOnly::Locked => texts.why_locked,
        ReadOnly::Closed => texts.why_closed,
        ReadOnly::Muted => texts.why_muted,
        ReadOnly::Viewer => texts.why_viewer,
        ReadOnly::OtherGroup => texts.why_other_group,
        ReadOnly::Newer => texts.why_newer,
        ReadOnly::NotAllowed => texts.why_not_allowed,
    }
}

/// What to say when access changed; none when it stayed or when the board has just been opened.
pub fn access_changed(texts: &CoreTexts, before: &Access, after: &Access) -> Option<String> {
    match (before, after) {
        (Access::Write, Access::Read(reason)) => Some((texts.became_read_only)(why(texts, *reason))),
        (Access::Read(ReadOnly::Locked | ReadOnly::Closed | ReadOnly::Muted), Access::Write) => {
            Some(texts.became_writable.to_owned())
        }
        (Access::Read(_) | Access::Write, Access::Read(_) | Access::Write) => None,
    }
}

/// A refusal in words.
pub fn refusal(texts: &CoreTexts, refused: &Refused) -> String {
    match refused {
        Refused::NotOpen => texts.refused_loading.to_owned(),
        Refused::ReadOnly(reason) => (texts.refused_read_only)(why(texts, *reason)),
        Refused::Workshop(_) => texts.refused_other.to_owned(),
        Refused::Board(refused) => board_refusal(texts, refused),
    }
}

fn board_refusal(texts: &CoreTexts, refused: &BoardRefused) -> String {
    match refused {
        BoardRefused::NotReady => texts.refused_loading.to_owned(),
        BoardRefused::NewerSchema { .. } => (texts.refused_read_only)(texts.why_newer),
        BoardRefused::TextTooLong { limit } => (texts.refused_too_long)(*limit),
        BoardRefused::NoSuchItem(_) | BoardRefused::NoSuchRelation(_) => texts.refused_gone.to_owned(),
        BoardRefused::IntoItself(_) => texts.refused_cycle.to_owned(),
        BoardRefused::TooMany { limit } => (texts.refused_full)(*limit),
        BoardRefused::NoSuchPerson
        | BoardRefused::NoSuchReading
        | BoardRefused::AlreadyExists
        | BoardRefused::OutsideText
        | BoardRefused::NotMerged
        | BoardRefused::NothingToSplit
        | BoardRefused::NotOnSheet
        | BoardRefused::BadName { .. }
        | BoardRefused::Document(_) => texts.refused_other.to_owned(),
    }
}

/// A refused undo in words.
pub fn undo_refusal(texts: &CoreTexts, refused: &UndoRefused) -> String {
    match refused {
        UndoRefused::Nothing => texts.undo_nothing.to_owned(),
        UndoRefused::BuiltUpon { .. } => texts.undo_built_upon.to_owned(),
        UndoRefused::Refused(refused) => board_refusal(texts, refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_word_goes_by_itself_and_a_warning_stays() {
        let (mut notices, mut list) = (Notices::default(), Vec::new());
        notices.add(&mut list, Notice::info("a"), 0);
        notices.add(&mut list, Notice::warning("b"), 0);
        assert!(!notices.expire(&mut list, INFO_MS - 1));
        assert!(notices.expire(&mut list, INFO_MS));
        assert_eq!(
            list.iter().map(|notice| notice.text.as_str()).collect::<Vec<_>>(),
            ["b"]
        );
        assert_eq!(notices.due_at_ms(), None);
    }

    #[test]
    fn the_same_words_are_not_said_twice_and_the_screen_is_never_full_of_them() {
        let (mut notices, mut list) = (Notices::default(), Vec::new());
        for round in 0..3 {
            for text in ["a", "b", "c", "d", "e", "f"] {
                notices.add(&mut list, Notice::warning(text), round);
            }
        }
        assert_eq!(
            list.iter().map(|notice| notice.text.as_str()).collect::<Vec<_>>(),
            ["c", "d", "e", "f"]
        );
    }
}
