//! The open boards: from the device, into the state, back to the device.

use std::{rc::Rc, sync::Arc};

use automerge::ChangeHash;
use board::{Applied, Board, GroupId, UndoState, Workshop};
use sync::{DocumentId, client::ClientEvent};

use super::{Act, Core, LINGER_MS, NOTE_MS, OpenBoard, Stored, unsent_key};
use crate::{
    platform::StoredChunks,
    store::{
        notices, presence,
        presence::Outgoing,
        replicas::{self, BoardReplica, fresh_actor},
        rights,
        state::{Access, BoardSlot, Notice},
    },
};

/// Where the heads that the server has on its disk are noted down.
fn saved_key(document: &DocumentId) -> String {
    format!("saved.{document}")
}

impl Core {
    /// Opens a board, or holds an open one a second time.
    pub fn open_board(&mut self, group: &GroupId) {
        let random = self.platform.random();
        let Some(session) = &mut self.session else { return };
        if let Some(open) = session.open.get_mut(group) {
            open.holders += 1;
            open.closes_at_ms = None;
            return;
        }
        let listed = session
            .seat
            .groups
            .iter()
            .find(|known| known.id == *group)
            .map(|known| known.document.as_str());
        let added = self
            .state
            .workshop
            .groups
            .iter()
            .find(|known| known.id == *group)
            .map(|known| known.board.as_str());
        let Some(document) = listed.or(added).and_then(|text| text.parse::<DocumentId>().ok()) else {
            return;
        };
        session.open.insert(
            group.clone(),
            OpenBoard {
                document,
                holders: 1,
                closes_at_ms: None,
                outgoing: Outgoing::default(),
                aside: None,
                replay: None,
                renewed: None,
                forgotten: Vec::new(),
            },
        );
        let board = Board::empty(fresh_actor(random));
        let view = Arc::clone(board.view());
        session.replicas.boards.insert(
            document,
            BoardReplica {
                group: group.clone(),
                board,
            },
        );
        session.stored.insert(document, Stored::default());
        let slot = BoardSlot {
            group: group.clone(),
            document: document.to_string(),
            view,
            loaded: false,
            access: Access::default(),
            undo: UndoState::default(),
            unsaved: 0,
            peers: Rc::default(),
            presence: Rc::default(),
        };
        self.change().boards.insert(group.clone(), slot);
        self.refresh_board(group);
        self.acts.push(Act::Load(document));
    }

    /// Lets go of a board. It stays open for a moment, and as long as something of it is not sent.
    pub fn close_board(&mut self, group: &GroupId) {
        let now_ms = self.platform.now_ms();
        let Some(open) = self.session.as_mut().and_then(|session| session.open.get_mut(group)) else {
            return;
        };
        open.holders = open.holders.saturating_sub(1);
        if open.holders == 0 {
            open.closes_at_ms = Some(now_ms.saturating_add(LINGER_MS));
        }
    }

    pub(super) fn close_lingering(&mut self, now_ms: u64) {
        let Some(session) = &mut self.session else { return };
        let due = |open: &OpenBoard| open.closes_at_ms.is_some_and(|at_ms| at_ms <= now_ms);
        let groups: Vec<GroupId> = session
            .open
            .iter()
            .filter(|(_, open)| due(open))
            .map(|(group, _)| group.clone())
            .collect();
        for group in groups {
            let Some(session) = &mut self.session else { return };
            let Some(open) = session.open.get_mut(&group) else {
                continue;
            };
            let document = open.document;
            let stored = session.stored.get(&document).is_none_or(|stored| stored.loaded);
            if session.client.unsaved(&document) > 0 || open.aside.is_some() || open.replay.is_some() || !stored {
                open.closes_at_ms = Some(now_ms.saturating_add(LINGER_MS));
                continue;
            }
            session.open.remove(&group);
            session.replicas.boards.remove(&document);
            session.stored.remove(&document);
            session.granted.remove(&document);
            self.feed(ClientEvent::Close { document });
            self.change().boards.remove(&group);
        }
    }

    /// What the device held of a document has been read.
    pub fn loaded(&mut self, document: DocumentId, found: &StoredChunks) {
        if !found.available {
            self.storage_denied();
        }
        let (actor, now_ms) = (fresh_actor(self.platform.random()), self.platform.now_ms());
        let Some(session) = &mut self.session else { return };
        let Some(stored) = session.stored.get_mut(&document).filter(|stored| !stored.loaded) else {
            return;
        };
        *stored = Stored {
            loaded: true,
            chunks: found.chunks.len(),
            // A device that could not be read may hold anything: only a whole document can be added to it.
            lacks_since_ms: (!found.available).then_some(now_ms),
            holds_unread: false,
        };
        if !found.chunks.is_empty() {
            let (doc, whole) = replicas::from_chunks(&found.chunks, actor);
            stored.holds_unread = !whole;
            // A document that is none of ours is left on the device and not shown; the server's copy takes its place.
            if document == session.workshop {
                match Workshop::from_doc(doc) {
                    Ok(workshop) => session.replicas.workshop = Some((document, workshop)),
                    Err(_) => stored.holds_unread = true,
                }
            } else if let Some(replica) = session.replicas.boards.get_mut(&document) {
                match Board::from_doc(doc) {
                    Ok(board) => replica.board = board,
                    Err(_) => stored.holds_unread = true,
                }
            }
        }
        let saved = self.saved_heads_of(&document);
        match self.session.as_ref().and_then(|session| session.group_of(&document)) {
            Some(group) => self.refresh_board(&group),
            None => self.refresh_workshop(),
        }
        self.feed(ClientEvent::Open { document, saved });
    }

    pub(super) fn saved_heads_of(&self, document: &DocumentId) -> Vec<ChangeHash> {
        let text = self.platform.pref(&saved_key(document)).unwrap_or_default();
        text.split(' ').filter_map(|head| head.parse().ok()).collect()
    }

    /// Will note down what the server has on its disk, so that a reload counts its unsent edits right from the start.
    pub(super) fn note_saved_heads(&mut self, document: &DocumentId) {
        let now_ms = self.platform.now_ms();
        let Some(session) = &mut self.session else { return };
        session.to_note.insert(*document);
        session.note_at_ms.get_or_insert(now_ms.saturating_add(NOTE_MS));
    }

    /// Notes down what waits to be noted down; the page calls it when it is put away.
    pub fn note_down(&mut self) {
        let Some(session) = &mut self.session else { return };
        session.note_at_ms = None;
        for document in std::mem::take(&mut session.to_note) {
            let heads: Vec<String> = session
                .client
                .saved_heads(&document)
                .iter()
                .map(ToString::to_string)
                .collect();
            if !heads.is_empty() {
                self.acts.push(Act::SetPref {
                    key: saved_key(&document),
                    value: Some(heads.join(" ")),
                });
            }
        }
    }

    /// Notes down which boards have unsent edits, so that the next page sends them whichever board it shows. What another tab
    /// noted down about boards that are not open here stays.
    pub(super) fn note_unsent_groups(&mut self) {
        let Some(session) = &mut self.session else { return };
        let unsent = session.open.iter().filter(|(_, open)| {
            session.client.unsaved(&open.document) > 0 || open.aside.is_some() || open.replay.is_some()
        });
        let mut groups: Vec<String> = unsent.map(|(group, _)| group.to_string()).collect();
        let key = unsent_key(&session.seat.workshop);
        let noted = self.platform.pref(&key).unwrap_or_default();
        let open = |group: &str| session.open.keys().any(|open| open.as_str() == group);
        groups.extend(noted.split_whitespace().filter(|group| !open(group)).map(str::to_owned));
        if session.unsent_noted.as_ref() == Some(&groups) {
            return;
        }
        let value = (!groups.is_empty()).then(|| groups.join(" "));
        session.unsent_noted = Some(groups);
        self.acts.push(Act::SetPref { key, value });
    }

    /// The board that people write on: the server's, or the one set aside until the server's has arrived.
    pub(super) fn board_mut(&mut self, group: &GroupId) -> Option<&mut Board> {
        let session = self.session.as_mut()?;
        let open = session.open.get_mut(group)?;
        match &mut open.aside {
            // On a board that another document replaces nothing is begun any more.
            Some(_) if open.renewed.is_some() => None,
            Some(aside) => Some(&mut aside.board),
            None => session
                .replicas
                .boards
                .get_mut(&open.document)
                .map(|replica| &mut replica.board),
        }
    }

    /// An own act has been done on a board: keep it, show it, send it.
    pub(super) fn applied(&mut self, group: &GroupId, applied: Applied) {
        let Some(open) = self.session.as_mut().and_then(|session| session.open.get_mut(group)) else {
            return;
        };
        let document = open.document;
        let aside = open.aside.as_mut();
        let Some(change) = applied.change else {
            return self.refresh_board(group);
        };
        let chunk = change.raw_bytes().to_vec();
        if let Some(aside) = aside {
            // It is sent once it has been done again on the server's board.
            aside.unsaved += 1;
            self.keep(document, chunk);
            self.refresh_board(group);
            self.refresh_unsaved(&document);
        } else {
            self.append(document, chunk);
            self.refresh_board(group);
            self.feed(ClientEvent::LocalChange { document, change });
        }
    }

    /// Copies what a board is now into the state.
    pub(super) fn refresh_board(&mut self, group: &GroupId) {
        let Some(session) = &self.session else { return };
        let Some(open) = session.open.get(group) else { return };
        let Some(replica) = session.replicas.boards.get(&open.document) else {
            return;
        };
        // Until the server's copy has arrived the board that was set aside stays on the screen.
        let board = open.aside.as_ref().map_or(&replica.board, |aside| &aside.board);
        let (view, undo) = (Arc::clone(board.view()), board.undo_state());
        let loaded = !board.doc().get_heads().is_empty();
        let Some(slot) = self.state.boards.get(group) else {
            return;
        };
        if !Arc::ptr_eq(&slot.view, &view) || slot.undo != undo || slot.loaded != loaded {
            let Some(slot) = self.change().boards.get_mut(group) else {
                return;
            };
            slot.view = view;
            slot.undo = undo;
            slot.loaded = loaded;
        }
        self.refresh_access(group);
    }

    /// Works out again what this device may do with every open board.
    pub(super) fn refresh_rights(&mut self) {
        let groups: Vec<GroupId> = self.state.boards.keys().cloned().collect();
        for group in groups {
            self.refresh_access(&group);
        }
    }

    fn refresh_access(&mut self, group: &GroupId) {
        let Some(session) = &self.session else { return };
        let Some(slot) = self.state.boards.get(group) else {
            return;
        };
        let granted = session
            .open
            .get(group)
            .and_then(|open| session.granted.get(&open.document).copied());
        let workshop = self.state.workshop_loaded.then_some(self.state.workshop.as_ref());
        let muted = session
            .open
            .get(group)
            .is_some_and(|open| session.muted.contains(&open.document));
        let access = rights::board_access(&session.seat, group, workshop, &slot.view, granted, muted);
        if access == slot.access {
            return;
        }
        let told = notices::access_changed(self.texts, &slot.access, &access);
        // What was said of the access before is not true any more.
        let outdated = [
            Some(self.texts.became_writable.to_owned()),
            slot.access
                .read_only()
                .map(|why| (self.texts.became_read_only)(notices::why(self.texts, why))),
        ];
        let outdated = move |notice: &Notice| outdated.iter().flatten().any(|text| *text == notice.text);
        if self.state.notices.iter().any(&outdated) {
            self.change().notices.retain(|notice| !outdated(notice));
        }
        if let Some(slot) = self.change().boards.get_mut(group) {
            slot.access = access;
        }
        // Coordinators look at many boards; only who can be stopped in the middle of a word is told.
        if let Some(text) = told {
            self.notify(Notice::info(text));
        }
    }

    /// Sends what presence is due.
    pub(super) fn send_presence(&mut self) {
        let now_ms = self.platform.now_ms();
        let person = self
            .state
            .seat
            .as_ref()
            .and_then(|seat| seat.person.as_ref())
            .map(|person| person.id.clone());
        let Some(session) = &mut self.session else { return };
        let mut due = Vec::new();
        for open in session.open.values_mut() {
            if let Some(shown) = open.outgoing.take_due(now_ms) {
                due.push((open.document, presence::encode(person.as_ref(), Some(&shown))));
            }
        }
        for (document, data) in due {
            self.feed(ClientEvent::SendEphemeral { document, data });
        }
    }

    pub(super) fn expire_presences(&mut self, now_ms: u64) {
        let stale = |slot: &BoardSlot| presence::expires_at_ms(&slot.presence).is_some_and(|at_ms| at_ms <= now_ms);
        let groups: Vec<GroupId> = self
            .state
            .boards
            .iter()
            .filter(|(_, slot)| stale(slot))
            .map(|(group, _)| group.clone())
            .collect();
        for group in groups {
            if let Some(slot) = self.change().boards.get_mut(&group) {
                presence::expire(&mut slot.presence, now_ms);
            }
        }
    }
}
