//! When the server does not take what was written: the board is set aside, the server's own is fetched under a new actor, and
//! what was done on the old one is done again, one act at a time, so that what is refused again is known by name. Its texts
//! are kept as drafts. Nothing that a person wrote is dropped, and nothing is dropped from the device before it is safe
//! elsewhere: until the last act is saved or a draft, the old board stays there beside the new one.

use std::collections::VecDeque;

use automerge::ChangeHash;
use board::{Board, GroupId};
use sync::{DocumentId, client::ClientEvent};

use super::{Act, Core, OpenBoard, document_key};
use crate::store::{
    drafts::{self, Again, DRAFTS_MAX, Lost, LostText},
    replicas::fresh_actor,
    state::{Draft, Notice, NoticeKind},
};

/// After so many refusals of what is done again, each of which costs a new connection, the rest become drafts.
const REFUSALS_MAX: u32 = 6;

/// A board of which the server refused something, until its own board has arrived. It goes on being written on.
pub struct Aside {
    /// The board.
    pub board: Board,
    /// How many of its changes the server does not have.
    pub unsaved: usize,
}

/// What is being done again on the server's board.
#[derive(Debug, Default)]
pub struct Replay {
    waiting: VecDeque<Again>,
    /// On its way to the server.
    sent: Option<Again>,
    refusals: u32,
    /// Texts that have become drafts.
    kept: usize,
    /// The person wants drafts: nothing is done again.
    drafts_only: bool,
}

impl Replay {
    /// How many acts are neither saved nor drafts, without the one on its way.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl Core {
    /// A change of this device was refused.
    pub(super) fn refused(&mut self, document: DocumentId) {
        let Some(session) = &self.session else { return };
        let Some(group) = session.group_of(&document) else {
            return self.workshop_refused(document);
        };
        if let Some(open) = self.open_mut(&group) {
            let replay = open.replay.get_or_insert_default();
            replay.refusals += 1;
            // Of what is done again only one act is on its way at a time, so this is the one.
            let text = replay.sent.take().and_then(|again| again.text);
            if let Some(text) = text {
                replay.kept += 1;
                self.keep_drafts(&group, vec![text]);
            }
        }
        self.set_aside(&group);
    }

    /// Takes a board's unsent edits out as drafts: what a person does when the board has become read-only for good.
    pub fn take_as_drafts(&mut self, group: &GroupId) {
        if let Some(open) = self.open_mut(group) {
            open.replay.get_or_insert_default().drafts_only = true;
            self.set_aside(group);
        }
    }

    pub(super) fn open_mut(&mut self, group: &GroupId) -> Option<&mut OpenBoard> {
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
        let unsaved = session.client.unsaved(&document);
        let Some(replica) = session.replicas.boards.get_mut(&document) else {
            return;
        };
        let board = std::mem::replace(&mut replica.board, Board::empty(actor));
        // Refused again before the server's board arrived: the first one set aside is the one with the texts.
        open.aside.get_or_insert_with(|| Box::new(Aside { board, unsaved }));
        self.feed(ClientEvent::Open {
            document,
            saved: Vec::<ChangeHash>::new(),
        });
    }

    /// The replica holds everything the server held when it answered.
    pub(super) fn in_sync(&mut self, document: DocumentId) {
        // At once: what the server holds must not count as unsent if the page dies in its first second.
        self.note_saved_heads(&document);
        self.note_down();
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
            self.refresh_board(&group);
            return self.drop_drafts_on_board(&group);
        };
        let Lost { acts, mut texts } = match open.renewed.take() {
            Some(renewed) => renewed.again(aside.board.view(), replica.board.view()),
            None => drafts::find_lost(&aside.board, &replica.board),
        };
        let snapshot = replica.board.doc().save();
        let replay = open.replay.get_or_insert_default();
        // What is a draft already is not tried a second time.
        let known = self.state.drafts.as_ref();
        let is_draft = |again: &Again| {
            let text = again.text.as_ref().map(|lost| &lost.text);
            text.is_some_and(|text| known.iter().any(|draft| draft.text == *text && draft.group == group))
        };
        let acts = acts.into_iter().filter(|again| !is_draft(again));
        let acts: Vec<Again> = acts.filter(|again| !replay.waiting.contains(again)).collect();
        replay.waiting.extend(acts);
        if replay.drafts_only || replay.refusals > REFUSALS_MAX {
            texts.extend(replay.waiting.drain(..).filter_map(|again| again.text));
        }
        replay.kept += texts.len();
        // Drafts first: at no moment is a text nowhere.
        if !texts.is_empty() {
            self.keep_drafts(&group, texts);
        }
        // What is done again builds on the server's board, which therefore has to be on the device before it.
        self.writes += 1;
        self.acts.push(Act::Append {
            key: document_key(&document),
            chunk: snapshot,
        });
        self.refresh_board(&group);
        self.replay_next(&document);
    }

    /// The last act that was done again is saved: the next one, or the end of it.
    pub(super) fn replay_next(&mut self, document: &DocumentId) {
        let Some(group) = self.session.as_ref().and_then(|session| session.group_of(document)) else {
            return;
        };
        let stamp = self.stamp();
        loop {
            let may_write = self
                .state
                .boards
                .get(&group)
                .is_some_and(|slot| slot.access.may_write());
            let Some(open) = self.open_mut(&group).filter(|open| open.aside.is_none()) else {
                return;
            };
            let Some(replay) = &mut open.replay else { return };
            replay.sent = None;
            let Some(again) = replay.waiting.pop_front() else {
                break;
            };
            let command = again.command.clone();
            let text = again.text.clone();
            replay.sent = Some(again);
            let applied = if may_write {
                self.board_mut(&group)
                    .and_then(|board| board.apply(command, &stamp).ok())
            } else {
                None
            };
            match applied {
                // The rest follows when this one is saved.
                Some(applied) if applied.change.is_some() => return self.applied(&group, applied),
                Some(_) => {}
                None => {
                    if let Some(replay) = self.open_mut(&group).and_then(|open| open.replay.as_mut()) {
                        replay.kept += usize::from(text.is_some());
                    }
                    if let Some(text) = text {
                        self.keep_drafts(&group, vec![text]);
                    }
                }
            }
        }
        let Some(replay) = self.open_mut(&group).and_then(|open| open.replay.take()) else {
            return;
        };
        self.compact(*document);
        self.refresh_unsaved(document);
        let text = if self.forget_replaced(&group) {
            self.sheet_renewed(replay.kept)
        } else {
            (self.texts.edits_refused)(replay.kept)
        };
        let kind = if replay.kept == 0 {
            NoticeKind::Info
        } else {
            NoticeKind::Drafts
        };
        self.notify(Notice { id: 0, kind, text });
    }

    /// Keeps the unsent texts of a board as drafts, too.
    pub(super) fn keep_unsent_texts(&mut self, group: &GroupId) {
        let Some(session) = &self.session else { return };
        let Some(open) = session.open.get(group) else { return };
        let Some(replica) = session.replicas.boards.get(&open.document) else {
            return;
        };
        let board = open.aside.as_ref().map_or(&replica.board, |aside| &aside.board);
        if session.client.unsaved(&open.document) == 0 && open.aside.is_none() {
            return;
        }
        let mut saved = self.saved_heads_of(&open.document);
        saved.extend(session.client.saved_heads(&open.document));
        let texts = drafts::unsent_texts(board, &saved);
        if !texts.is_empty() {
            self.keep_drafts(group, texts);
        }
    }

    /// Drops the drafts that lie on their board after all: with a new seat the unsent edits themselves went out.
    fn drop_drafts_on_board(&mut self, group: &GroupId) {
        let Some(slot) = self.state.boards.get(group) else {
            return;
        };
        let on_board = |draft: &Draft| {
            let mut notes = slot.view.notes.values();
            let mut islands = slot.view.islands.values();
            draft.group == *group
                && if draft.heading {
                    islands.any(|island| island.heading == draft.text)
                } else {
                    notes.any(|note| note.text == draft.text)
                }
        };
        if self.state.drafts.iter().any(on_board) {
            let kept = self
                .state
                .drafts
                .iter()
                .filter(|draft| !on_board(draft))
                .cloned()
                .collect();
            self.set_drafts(kept);
        }
    }

    pub(super) fn keep_drafts(&mut self, group: &GroupId, texts: Vec<LostText>) {
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
