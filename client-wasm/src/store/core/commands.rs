//! What the person does: commands, undo, redo; and what they are told when it is refused.

use board::{BoardView, Command, GroupId, ItemId, WorkshopCommand};
use sync::client::ClientEvent;

use super::Core;
use crate::store::{
    Refused, notices,
    state::{Notice, NoticeKind},
};

impl Core {
    /// Does a command on a group's board.
    pub fn act(&mut self, group: &GroupId, command: Command) -> Result<(), Refused> {
        let outcome = self.try_act(group, command);
        if let Err(refused) = &outcome {
            let text = notices::refusal(self.texts, refused);
            self.notify(Notice {
                id: 0,
                kind: NoticeKind::Refused,
                text,
            });
        }
        outcome
    }

    fn try_act(&mut self, group: &GroupId, command: Command) -> Result<(), Refused> {
        let slot = self.state.boards.get(group).ok_or(Refused::NotOpen)?;
        if let Some(why) = slot.access.read_only() {
            return Err(Refused::ReadOnly(why));
        }
        let deleted = match &command {
            // Taking a slip away again on which nobody wrote needs no strip to bring it back.
            Command::Delete { items } if items.iter().any(|item| !is_blank(&slot.view, item)) => Some(items.clone()),
            _ => None,
        };
        let stamp = self.stamp();
        let board = self.board_mut(group).ok_or(Refused::NotOpen)?;
        let applied = board.apply(command, &stamp).map_err(Refused::Board)?;
        self.applied(group, applied);
        if let Some(items) = deleted.filter(|items| !items.is_empty()) {
            let text = (self.texts.deleted)(items.len());
            self.notify(Notice {
                id: 0,
                kind: NoticeKind::Deleted {
                    group: group.clone(),
                    items,
                },
                text,
            });
        }
        Ok(())
    }

    /// Takes back the last own act, or does it again.
    pub fn undo(&mut self, group: &GroupId, again: bool) {
        let writable = self.state.boards.get(group).map(|slot| slot.access.read_only());
        let outcome = match writable {
            None => Err(self.texts.refused_loading.to_owned()),
            Some(Some(why)) => Err((self.texts.refused_read_only)(notices::why(self.texts, why))),
            Some(None) => {
                let (stamp, texts) = (self.stamp(), self.texts);
                match self.board_mut(group) {
                    None => Err(texts.refused_loading.to_owned()),
                    Some(board) if again => board
                        .redo(&stamp)
                        .map_err(|refused| notices::undo_refusal(texts, &refused)),
                    Some(board) => board
                        .undo(&stamp)
                        .map_err(|refused| notices::undo_refusal(texts, &refused)),
                }
            }
        };
        match outcome {
            Ok(applied) => self.applied(group, applied),
            Err(text) => {
                // A refused undo is taken off the stack: the buttons have to know.
                self.refresh_board(group);
                self.notify(Notice {
                    id: 0,
                    kind: NoticeKind::Refused,
                    text,
                });
            }
        }
    }

    pub fn finish_typing(&mut self, group: &GroupId) {
        if let Some(board) = self.board_mut(group) {
            board.finish_typing();
            self.refresh_board(group);
        }
    }

    /// Does a command on the workshop document.
    pub fn act_workshop(&mut self, command: WorkshopCommand) -> Result<(), Refused> {
        let outcome = self.try_act_workshop(command);
        if let Err(refused) = &outcome {
            let text = notices::refusal(self.texts, refused);
            self.notify(Notice {
                id: 0,
                kind: NoticeKind::Refused,
                text,
            });
        }
        outcome
    }

    fn try_act_workshop(&mut self, command: WorkshopCommand) -> Result<(), Refused> {
        if let Some(why) = self.state.workshop_access.read_only() {
            return Err(Refused::ReadOnly(why));
        }
        let stamp = self.stamp();
        let session = self.session.as_mut().ok_or(Refused::NotOpen)?;
        let (document, workshop) = session.replicas.workshop.as_mut().ok_or(Refused::NotOpen)?;
        let document = *document;
        if let Some(change) = workshop.apply(command, &stamp).map_err(Refused::Workshop)? {
            self.append(document, change.raw_bytes().to_vec());
            self.refresh_workshop();
            self.feed(ClientEvent::LocalChange { document, change });
        }
        Ok(())
    }
}

fn is_blank(view: &BoardView, item: &ItemId) -> bool {
    let note = item.note().and_then(|note| view.notes.get(note));
    note.is_some_and(|note| note.text.trim().is_empty())
}
