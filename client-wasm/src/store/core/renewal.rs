//! The page itself: whether it is kept on the device, and how a newer one takes its place without losing anything.

use super::{Act, Core};
use crate::{
    platform::Keeping,
    store::state::{Newer, Notice},
};

/// Where it is noted down which page has replaced itself: if the same one comes back, replacing it again would not help.
const REPLACED_KEY: &str = "replaced-page";

impl Core {
    /// It is known now whether the page itself is on the device.
    pub fn page_kept(&mut self, keeping: Keeping) {
        if self.state.page.keeping != keeping {
            self.change().page.keeping = keeping;
        }
    }

    /// The server has answered, and said which page it hands out.
    pub(super) fn joined(&mut self) {
        self.look_for_other_tabs();
        if self.platform.pref(REPLACED_KEY).is_some() {
            let key = REPLACED_KEY.to_owned();
            self.acts.push(Act::SetPref { key, value: None });
        }
        let own = self.platform.build().page;
        let served = self.session.as_ref().and_then(|session| session.client.served_page());
        let newer = matches!((served, &own), (Some(served), Some(own)) if served != own);
        let now = if newer { Newer::AtNextVisit } else { Newer::None };
        if self.state.page.newer != now {
            self.change().page.newer = now;
            if newer {
                self.acts.push(Act::FetchPage);
            }
        }
    }

    /// The server does not work with this page any more.
    pub(super) fn page_outdated(&mut self) {
        let own = self.platform.build().page.unwrap_or_default();
        let replaced = self.platform.pref(REPLACED_KEY).is_some_and(|page| page == own);
        let now = if replaced { Newer::ByHand } else { Newer::Soon };
        if !matches!(self.state.page.newer, Newer::Soon | Newer::ByHand) {
            self.change().page.newer = now;
            let text = if replaced {
                self.texts.page_outdated_by_hand
            } else {
                self.texts.page_outdated
            };
            self.notify(Notice::warning(text));
        }
        self.reload_when_safe();
    }

    /// Replaces a page that the server does not work with any more: once everything is on the device, and nobody is in the
    /// middle of a word.
    pub(super) fn reload_when_safe(&mut self) {
        if self.state.page.newer != Newer::Soon || self.writes > 0 {
            return;
        }
        let Some(session) = &self.session else { return };
        if session.open.values().any(|open| open.outgoing.is_writing()) {
            return;
        }
        if !self.state.storage && self.state.connection.unsaved > 0 {
            self.change().page.newer = Newer::ByHand;
            let text = self.texts.page_outdated_by_hand;
            self.notify(Notice::warning(text));
            return;
        }
        self.note_down();
        let (key, own) = (REPLACED_KEY.to_owned(), self.platform.build().page);
        self.acts.push(Act::SetPref {
            key,
            value: Some(own.unwrap_or_default()),
        });
        // Once: the answer to it is that this page is gone.
        self.change().page.newer = Newer::ByHand;
        self.acts.push(Act::Reload);
    }
}
