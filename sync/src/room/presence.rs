//! Who is in the room, told to everybody in it, but not for every coming and going.

use std::{collections::BTreeMap, sync::Arc};

use super::{Output, PEERS_INTERVAL_MS, SessionId, member::Member};
use crate::{
    DocumentId,
    wire::{self, Message},
};

/// Whether the list of people has changed since it was told.
#[derive(Debug, Default)]
pub(super) struct Presence {
    changed: bool,
    told_at_ms: Option<u64>,
    wake_asked: bool,
}

impl Presence {
    /// Somebody came, left, or is somebody else now.
    pub fn changed(&mut self) {
        self.changed = true;
    }

    /// Tells everybody who understands it, or asks to be woken when it may be told (rule S36).
    pub fn tell(
        &mut self,
        now_ms: u64,
        document: &DocumentId,
        members: &BTreeMap<SessionId, Member>,
        outputs: &mut Vec<Output>,
    ) {
        if !self.changed {
            return;
        }
        if let Some(due_ms) = self.told_at_ms.map(|at_ms| at_ms.saturating_add(PEERS_INTERVAL_MS))
            && now_ms < due_ms
        {
            if !self.wake_asked {
                self.wake_asked = true;
                outputs.push(Output::WakeAt { at_ms: due_ms });
            }
            return;
        }
        *self = Self {
            changed: false,
            told_at_ms: Some(now_ms),
            wake_asked: false,
        };
        let peers = members.values().map(|member| member.info.entry.clone()).collect();
        let bytes: Arc<[u8]> = wire::encode(&Message::Peers {
            document: *document,
            peers,
        })
        .into();
        outputs.extend(
            members
                .iter()
                .filter(|(_, member)| member.info.yoriai)
                .map(|(session, _)| Output::Send {
                    session: *session,
                    bytes: Arc::clone(&bytes),
                    // Nothing repeats the list until somebody comes or goes, so it must arrive.
                    droppable: false,
                }),
        );
    }
}
