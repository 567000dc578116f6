//! When the server does not take what was written: the board is set aside, the server's own is fetched, and what was
//! written on the old one is put out again or kept as drafts. Nothing that a person wrote is dropped.

use automerge::ChangeHash;
use board::{Board, GroupId};
use sync::{DocumentId, client::ClientEvent};

use super::{Core, OpenBoard};
use crate::store::{
    drafts::{self, DRAFTS_MAX, Lost, LostText},
    replicas::fresh_actor,
    state::{Draft, Notice, NoticeKind},
};

/// What was put out again and refused again becomes drafts; trying a third time would only repeat it.
const REFUSALS_UNTIL_DRAFTS: u32 = 2;

impl Core {
    /// A change of this device was refused.
    pub(super) fn refused(&mut self, document: DocumentId) {
        let Some(session) = &self.session else { return };
        match session.group_of(&document) {
            Some(group) => {
                if let Some(open) = self.open_mut(&group) {
                    open.refusals += 1;
                }
                self.set_aside(&group);
            }
            None => self.workshop_refused(document),
        }
    }

    /// Takes a board's unsent edits out as drafts: what a person does when the board has become read-only for good.
    pub fn take_as_drafts(&mut self, group: &GroupId) {
        if let Some(open) = self.open_mut(group) {
            open.refusals = REFUSALS_UNTIL_DRAFTS;
            self.set_aside(group);
        }
    }

    fn open_mut(&mut self, group: &GroupId) -> Option<&mut OpenBoard> {
        self.session.as_mut()?.open.get_mut(group)
    }

    /// Puts the board beside and asks the server for its own, under a new actor.
    fn set_aside(&mut self, group: &GroupId) {
        let actor = fresh_actor(self.platform.random());
        let Some(session) = &mut self.session else { return };
        let Some(open) = session.open.get_mut(group) else {
            return;
        };
        let document = open.document;
        let Some(replica) = session.replicas.boards.get_mut(&document) else {
            return;
        };
        let old = std::mem::replace(&mut replica.board, Board::empty(actor));
        // Refused again before the server's board arrived: the first one set aside is the one with the texts.
        open.aside.get_or_insert_with(|| Box::new(old));
        self.feed(ClientEvent::Open {
            document,
            saved: Vec::<ChangeHash>::new(),
        });
    }

    /// The replica holds everything the server held when it answered.
    pub(super) fn in_sync(&mut self, document: DocumentId) {
        self.note_saved_heads(&document);
        let Some(session) = &mut self.session else { return };
        let Some(group) = session.group_of(&document) else {
            if std::mem::take(&mut session.workshop_refused) {
                self.compact(document);
            }
            return self.refresh_workshop();
        };
        let Some(replica) = session.replicas.boards.get(&document) else {
            return;
        };
        let Some(open) = session.open.get_mut(&group) else {
            return;
        };
        let arrived = !replica.board.doc().get_heads().is_empty();
        let Some(aside) = open.aside.take_if(|_| arrived) else {
            return self.refresh_board(&group);
        };
        let lost = drafts::find_lost(&aside, &replica.board);
        let again = open.refusals < REFUSALS_UNTIL_DRAFTS;
        self.refresh_board(&group);
        // Drafts first, then the old board's chunks may go: at no moment is a text nowhere.
        let kept = self.recover(&group, lost, again);
        self.compact(document);
        let text = (self.texts.edits_refused)(kept);
        let kind = if kept == 0 {
            NoticeKind::Info
        } else {
            NoticeKind::Drafts
        };
        self.notify(Notice { id: 0, kind, text });
    }

    /// Puts out again what can be, keeps the rest. Returns how many texts were kept.
    fn recover(&mut self, group: &GroupId, lost: Lost, again: bool) -> usize {
        let Lost { notes, mut texts } = lost;
        let stamp = self.stamp();
        let may_write = self.state.boards.get(group).is_some_and(|slot| slot.access.may_write());
        for command in notes {
            let text = drafts::text_of(&command);
            let applied = if again && may_write {
                self.board_mut(group)
                    .and_then(|replica| replica.board.apply(command, &stamp).ok())
            } else {
                None
            };
            match applied {
                Some(applied) => self.applied(group, applied),
                None => texts.extend(text),
            }
        }
        let kept = texts.len();
        if kept > 0 {
            self.keep_drafts(group, texts);
        }
        kept
    }

    fn keep_drafts(&mut self, group: &GroupId, texts: Vec<LostText>) {
        let mut list = self.state.drafts.as_ref().clone();
        for LostText { text, heading, island } in texts {
            // The same text refused twice is one draft.
            if list.len() < DRAFTS_MAX && list.iter().all(|draft| draft.text != text || draft.group != *group) {
                let id = format!("{:032x}", self.platform.random());
                list.push(Draft {
                    id,
                    group: group.clone(),
                    text,
                    heading,
                    island,
                });
            }
        }
        self.set_drafts(list);
    }

    /// A coordinator's change of the workshop document was refused: it holds settings, no texts to keep.
    fn workshop_refused(&mut self, document: DocumentId) {
        let actor = fresh_actor(self.platform.random());
        if let Some(session) = &mut self.session {
            session.replicas.workshop = Some((document, board::Workshop::empty(actor)));
            session.workshop_refused = true;
        }
        let text = (self.texts.edits_refused)(0);
        self.notify(Notice {
            id: 0,
            kind: NoticeKind::Info,
            text,
        });
        self.feed(ClientEvent::Open {
            document,
            saved: Vec::new(),
        });
    }
}
