//! The letters under a conversion, kept in case that the page dies over them.
//!
//! They are in the field and nowhere else until the conversion ends; after each of them the device notes them down. A page that
//! finds such a note when it starts knows that an earlier one never came to the end of its word, and offers it as a draft. (A
//! second tab cannot be in the middle of a word: who opens one has left the field of the first, which ends a conversion.)

use board::{GroupId, IslandId, TextTarget};

use super::{Act, Core};
use crate::store::{drafts, state::Draft};

fn composing_key(workshop: &str) -> String {
    format!("composing.{workshop}")
}

impl Core {
    /// These letters are being converted in a text of a board; none of them any more.
    pub fn composing(&mut self, group: &GroupId, target: &TextTarget, letters: &str) {
        let Some(seat) = &self.state.seat else { return };
        let key = composing_key(&seat.workshop);
        let value = (!letters.trim().is_empty()).then(|| {
            let draft = Draft {
                id: format!("{:032x}", self.platform.random()),
                group: group.clone(),
                text: letters.to_owned(),
                heading: matches!(target, TextTarget::Heading(_)),
                island: self.island_of(group, target),
            };
            String::from_utf8_lossy(&drafts::to_bytes(&[draft])).into_owned()
        });
        self.acts.push(Act::SetPref { key, value });
    }

    fn island_of(&self, group: &GroupId, target: &TextTarget) -> Option<IslandId> {
        match target {
            TextTarget::Note(id) => self.state.boards.get(group)?.view.notes.get(id)?.parent.clone(),
            TextTarget::Heading(id) => Some(id.clone()),
            TextTarget::Label(_) => None,
        }
    }

    /// What an earlier page was in the middle of, which is a draft from now on.
    pub(super) fn take_interrupted(&mut self) -> Vec<Draft> {
        let Some(seat) = &self.state.seat else {
            return Vec::new();
        };
        let key = composing_key(&seat.workshop);
        let Some(found) = self.platform.pref(&key) else {
            return Vec::new();
        };
        self.acts.push(Act::SetPref { key, value: None });
        drafts::from_chunks(&[found.into_bytes()])
    }
}
