//! What the rest of the server asks of a room: looks, edits, and the document's last state before it is replaced.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::Automerge;
use sync::room::Input;
use tokio::sync::oneshot;

use super::{EditError, RoomTask, ToRoom};

/// A room on its way out, see [`ToRoom::Retire`].
pub(super) struct Retiring {
    /// Still has to get the document.
    last: Option<oneshot::Sender<Automerge>>,
    replaced: oneshot::Receiver<()>,
}

impl RoomTask {
    pub(super) fn look_or_edit(&mut self, message: ToRoom) {
        let Some(doc) = self.room.doc() else {
            return;
        };
        match message {
            ToRoom::Look(look) => {
                // The looker's own defects must not take the room down.
                let looked = catch_unwind(AssertUnwindSafe(|| look(doc)));
                self.shared.metrics.panics.inc_by(u64::from(looked.is_err()));
            }
            ToRoom::Edit { make, reply } => match catch_unwind(AssertUnwindSafe(|| make(doc))) {
                Ok(Ok(changes)) if changes.is_empty() => {
                    let _ = reply.send(Ok(()));
                }
                Ok(Ok(changes)) => {
                    let token = self.expect_edit(reply);
                    self.handle(Input::LocalChanges { changes, token });
                }
                Ok(Err(refused)) => {
                    let _ = reply.send(Err(EditError::Refused(refused)));
                }
                Err(_) => {
                    self.shared.metrics.panics.inc();
                }
            },
            ToRoom::Durable { changes, reply } => {
                let token = self.expect_edit(reply);
                self.handle(Input::DurableChanges { changes, token });
            }
            // Of two the first decides; the second reads "unavailable".
            ToRoom::Retire { last, replaced } if self.retiring.is_none() => {
                let last = Some(last);
                self.retiring = Some(Retiring { last, replaced });
            }
            _ => {}
        }
    }

    /// Hands out the document once nothing of it is on its way to the disk any more.
    pub(super) fn hand_out_last(&mut self) {
        let at_rest = self.persisting.is_none() && self.edits.is_empty();
        if let (Some(retiring), Some(doc), true) = (&mut self.retiring, self.room.doc(), at_rest)
            && let Some(last) = retiring.last.take()
        {
            // Whoever asked may have given up; the closed answer says so next.
            let _ = last.send(doc.clone());
        }
    }

    /// Whether the last state has been handed out: from then on nothing may be written, also no failed batch again.
    pub(super) fn is_handed_out(&self) -> bool {
        self.retiring.as_ref().is_some_and(|retiring| retiring.last.is_none())
    }

    /// It is decided: the document was replaced and its room ends, or it goes on as if nothing had been.
    pub(super) fn retired(&mut self, replaced: bool) {
        self.retiring = None;
        if replaced {
            self.outboxes.clear();
            self.replaced = true;
            self.ended = true;
        }
    }

    fn expect_edit(&mut self, reply: oneshot::Sender<Result<(), EditError>>) -> u64 {
        self.next_token += 1;
        self.edits.insert(self.next_token, reply);
        self.next_token
    }

    pub(super) fn answer_edit(&mut self, token: u64, answer: Result<(), EditError>) {
        if let Some(reply) = self.edits.remove(&token) {
            let _ = reply.send(answer);
        }
    }
}

/// Whether a retiring room's document was replaced; never resolves for a room that is not retiring.
pub(super) async fn decision(retiring: &mut Option<Retiring>) -> Result<(), oneshot::error::RecvError> {
    match retiring {
        Some(retiring) => (&mut retiring.replaced).await,
        None => std::future::pending().await,
    }
}
