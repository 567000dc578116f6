//! A board gets a new document, because something on it was erased for good: this page moves there by itself.
//!
//! The old document stays on the screen until the new one has arrived. What was written here and had not reached the server is
//! done again on the new board where its targets are as they were, else kept as drafts; what was written on an erased note goes
//! with it. Then the old document is deleted from the device. A page that dies in between begins again with the old one.

use std::rc::Rc;

use board::{Board, BoardView, GroupId};
use sync::{DocumentId, client::ClientEvent};

use super::{Act, Core, Stored, document_key, refusals::Aside};
use crate::{
    api::Seat,
    store::{
        drafts::Lost,
        reapply,
        replicas::{BoardReplica, fresh_actor},
    },
};

/// What is known of the document that the one on its way replaces.
pub struct Renewed {
    /// The board as the server had it last.
    base: Rc<BoardView>,
}

impl Renewed {
    /// What was done here and had not reached the server, for the new document.
    pub fn again(&self, here: &BoardView, fresh: &BoardView) -> Lost {
        reapply::plan(here, &self.base, fresh)
    }
}

/// Where the seat lies on the device.
pub fn seat_key(workshop: &str) -> String {
    format!("seat.{workshop}")
}

impl Core {
    /// The server says that another document stands in the place of this one.
    pub(super) fn replaced(&mut self, old: DocumentId, new: DocumentId) {
        let actor = fresh_actor(self.platform.random());
        let Some(session) = &mut self.session else { return };
        if old == new || old == session.workshop {
            return;
        }
        let Some(group) = session.group_of(&old) else {
            return self.forget_document(old);
        };
        let saved = session.client.saved_heads(&old).to_vec();
        let unsaved = session.client.unsaved(&old);
        let Some(BoardReplica { board, .. }) = session.replicas.boards.remove(&old) else {
            return;
        };
        let Some(open) = session.open.get_mut(&group) else {
            return;
        };
        open.document = new;
        open.forgotten.push(old);
        // Otherwise it is replaced again before it had arrived, and what is set aside stays so.
        if open.renewed.is_none() {
            let aside = open.aside.take().unwrap_or_else(|| Box::new(Aside { board, unsaved }));
            let base = Rc::new(base_of(&aside.board, &saved, aside.unsaved));
            open.renewed = Some(Renewed { base });
            open.aside = Some(aside);
        }
        let empty = BoardReplica {
            group: group.clone(),
            board: Board::empty(actor),
        };
        session.replicas.boards.insert(new, empty);
        session.stored.remove(&old);
        session.stored.insert(new, Stored::default());
        session.granted.remove(&old);
        session.muted.remove(&old);
        session.to_note.remove(&old);
        self.list_board(&group, &new);
        if let Some(slot) = self.change().boards.get_mut(&group) {
            slot.document = new.to_string();
        }
        self.feed(ClientEvent::Close { document: old });
        self.acts.push(Act::Load(new));
    }

    /// The seat was looked up again, and names other documents than before.
    pub(super) fn seat_renewed(&mut self, before: &Seat, after: &Seat) {
        for group in &after.groups {
            let was = before.groups.iter().find(|known| known.id == group.id);
            let (Some(Ok(old)), Ok(new)) = (was.map(|was| was.document.parse()), group.document.parse()) else {
                continue;
            };
            self.replaced(old, new);
        }
    }

    /// The seat names the new document from now on.
    fn list_board(&mut self, group: &GroupId, document: &DocumentId) {
        let Some(session) = &mut self.session else { return };
        let listed = Rc::make_mut(&mut session.seat)
            .groups
            .iter_mut()
            .find(|known| known.id == *group);
        if let Some(listed) = listed {
            listed.document = document.to_string();
        }
        let seat = Rc::clone(&session.seat);
        self.change().seat = Some(seat);
    }

    /// Everything of the replaced documents is done again or a draft: they go. Returns whether there were any.
    pub(super) fn forget_replaced(&mut self, group: &GroupId) -> bool {
        let old = self
            .open_mut(group)
            .map(|open| std::mem::take(&mut open.forgotten))
            .unwrap_or_default();
        for document in &old {
            self.forget_document(*document);
        }
        if old.is_empty() {
            return false;
        }
        if let Some(seat) = &self.state.seat {
            let key = seat_key(&seat.workshop);
            let value = serde_json::to_string(seat.as_ref()).ok();
            self.acts.push(Act::SetPref { key, value });
        }
        true
    }

    /// What the person is told when the sheet is another document.
    pub(super) fn sheet_renewed(&self, drafts: usize) -> String {
        if drafts == 0 {
            self.texts.sheet_renewed.to_owned()
        } else {
            (self.texts.sheet_renewed_drafts)(drafts)
        }
    }

    fn forget_document(&mut self, document: DocumentId) {
        self.acts.push(Act::Forget {
            key: document_key(&document),
        });
        self.acts.push(Act::SetPref {
            key: format!("saved.{document}"),
            value: None,
        });
    }
}

/// The board as the server had it: without what had not reached it. If that cannot be told, everything counts as not sent.
fn base_of(aside: &Board, saved: &[automerge::ChangeHash], unsaved: usize) -> BoardView {
    if unsaved == 0 {
        return aside.view().as_ref().clone();
    }
    let base = aside
        .doc()
        .fork_at(saved)
        .ok()
        .and_then(|doc| Board::from_doc(doc).ok());
    base.map(|base| base.view().as_ref().clone()).unwrap_or_default()
}
