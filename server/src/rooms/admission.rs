//! What a room lets in: the schema of its kind of document, checked before anything is merged.

use std::{collections::BTreeSet, sync::Arc};

use automerge::{ActorId, Automerge, Change};
use board::Role;
use sync::{Admission, PeerInfo, Refusal};

use crate::{
    metrics::Metrics,
    state::wall_clock_ms,
    store::{DocumentKind, WriterRow},
};

/// The admission check of one document.
pub struct DocumentAdmission {
    /// Unknown until the document is loaded; nothing is admitted before.
    pub kind: Option<DocumentKind>,
    pub metrics: Arc<Metrics>,
    /// As whom devices write.
    pub writers: Writers,
}

/// As whom devices write on a document: what lets a coordinator see who did what, and take it back. A document's own history
/// only knows actor ids.
#[derive(Default)]
pub struct Writers {
    known: BTreeSet<ActorId>,
    /// Not written down yet; goes to the store with the changes.
    pub new: Vec<WriterRow>,
}

impl Writers {
    fn note(&mut self, info: &PeerInfo, changes: &[Change]) {
        for change in changes {
            if self.known.insert(change.actor_id().clone()) {
                self.new.push(WriterRow {
                    actor: change.actor_id().to_bytes().to_vec(),
                    device: info.entry.device.clone(),
                    person: info.entry.person.as_deref().and_then(|person| person.parse().ok()),
                });
            }
        }
    }
}

/// The role that the server itself found in the seat, see [`crate::connection`].
fn role(info: &PeerInfo) -> Role {
    match info.entry.role.as_str() {
        "coordinator" => Role::Coordinator,
        "participant" => Role::Participant,
        _ => Role::Viewer,
    }
}

impl Admission for DocumentAdmission {
    fn now_s(&self) -> Option<i64> {
        Some(wall_clock_ms().div_euclid(1_000))
    }

    fn admit(&mut self, doc: &Automerge, info: &PeerInfo, changes: &[Change]) -> Result<(), Refusal> {
        super::limits::check(doc, changes).inspect_err(|_| self.metrics.refused("full"))?;
        let admitted = match self.kind {
            Some(DocumentKind::Board) => board::admission::admit_board(doc, changes, role(info)),
            Some(DocumentKind::Workshop) => board::admission::admit_workshop(doc, changes),
            None => return Err(Refusal::new("not-ready", "the document is not loaded")),
        };
        admitted.map_err(|inadmissible| {
            self.metrics.refused("schema");
            // The rule is ours; the path holds keys a peer chose, so it stays out of the log and of the answer.
            Refusal::new("refused", inadmissible.rule)
        })?;
        self.writers.note(info, changes);
        Ok(())
    }
}
