//! The life of a room: loaded, read anew after a panic, drained.

use std::collections::VecDeque;

use automerge::Automerge;

use super::{Admission, CloseCode, Input, Live, Output, Phase, Room, draft::Seqs, rehearsal::Rehearsal};
use crate::{leases::Lease, peer_sync::max_op};

impl Room {
    pub(super) fn loaded(
        &mut self,
        now_ms: u64,
        admission: &mut dyn Admission,
        doc: Automerge,
        leases: Vec<Lease>,
        outputs: &mut Vec<Output>,
    ) {
        let Phase::Loading { waiting, local, line } = &mut self.phase else {
            return;
        };
        let (waiting, local, line) = (std::mem::take(waiting), std::mem::take(local), std::mem::take(line));
        let heads = doc.get_heads();
        self.phase = Phase::Ready(Box::new(Live {
            max_op: heads.iter().filter_map(|head| max_op(&doc, head)).max().unwrap_or(0),
            heads,
            doc,
            seqs: Seqs::default(),
            leases: leases.into_iter().collect(),
            rehearsal: Rehearsal::default(),
            line,
            batch: None,
            catch_up: None,
        }));
        for input in local {
            self.handle(now_ms, admission, input, outputs);
        }
        for (session, message) in waiting {
            self.message(now_ms, admission, session, message, outputs);
        }
        self.start_batch(admission, outputs);
    }

    /// After a panic nothing in memory is trusted: the document goes, the people stay, and what they sent stays in line. No
    /// batch is in flight then, so what is on disk is what they were shown (rule S53).
    pub(super) fn reload(&mut self, outputs: &mut Vec<Output>) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Ready(live) => Phase::Loading {
                waiting: VecDeque::new(),
                local: Vec::new(),
                line: live.line,
            },
            // It ends anyway, and what is not on disk stays with the clients.
            draining @ Phase::Draining(_) => {
                self.phase = draining;
                return self.end_drain(outputs);
            }
            other => other,
        };
        outputs.push(Output::Reload);
    }

    pub(super) fn drain(&mut self, outputs: &mut Vec<Output>) {
        match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Ready(live) | Phase::Draining(live) => {
                self.phase = Phase::Draining(live);
                self.finish_drain(outputs);
            }
            loading @ Phase::Loading { .. } => {
                self.phase = loading;
                self.end_drain(outputs);
            }
            Phase::Gone => {}
        }
    }

    /// Ends a room that drains as soon as nothing is in flight.
    pub(super) fn finish_drain(&mut self, outputs: &mut Vec<Output>) {
        if let Phase::Draining(live) = &self.phase
            && live.batch.is_none()
            && live.line.queue.is_empty()
        {
            self.end_drain(outputs);
        }
    }

    pub(super) fn end_drain(&mut self, outputs: &mut Vec<Output>) {
        let tokens = match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Loading { local, line, .. } => {
                let waiting = local.iter().filter_map(Input::token);
                waiting.chain(line.tokens()).collect()
            }
            Phase::Ready(live) | Phase::Draining(live) => live.tokens(),
            Phase::Gone => Vec::new(),
        };
        for token in tokens {
            let reason = "the room is closing".to_owned();
            outputs.push(Output::LocalRefused { token, reason });
        }
        for session in std::mem::take(&mut self.members).into_keys() {
            outputs.push(Output::Close {
                session,
                code: CloseCode::Restart,
                reason: "the server restarts".to_owned(),
            });
        }
        outputs.push(Output::Unload);
    }
}
