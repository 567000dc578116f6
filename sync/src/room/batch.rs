//! The batch on its way to the disk: formed, persisted, applied, shown; and tried again when the disk fails.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use automerge::Change;

use super::{
    Admission, BATCH_BYTES_MAX, BATCH_CHANGES_MAX, CloseCode, Input, Live, ORPHAN_MESSAGES_MAX, Output, Phase,
    QUEUE_BYTES_MAX, RETRY_FIRST_MS, RETRY_MAX_MS, Refusal, Room, SessionId,
    draft::{Draft, Source, Submission, Verdict, merge_by_session},
    member::Own,
};
use crate::peer_sync::holds;

/// Changes on their way to the disk.
#[derive(Debug)]
pub(super) struct Batch {
    number: u64,
    changes: Arc<[Change]>,
    /// Who is to be acknowledged, and what of the batch is its own.
    authors: BTreeMap<SessionId, Own>,
    /// How many submissions of each session this batch answers.
    submissions: BTreeMap<SessionId, usize>,
    tokens: Vec<u64>,
    failures: u32,
    retry_at_ms: Option<u64>,
}

impl Room {
    /// Puts a submission in line, or ends its session when the line is too long already.
    pub(super) fn submit(&mut self, submission: Submission, outputs: &mut Vec<Output>) {
        let Some(live) = self.live_mut() else { return };
        if let Source::Session(session, _) = submission.from {
            if live.queue_bytes.saturating_add(submission.bytes) > QUEUE_BYTES_MAX {
                let text = "too many changes wait for the disk";
                return self.close(session, CloseCode::Overloaded, "overloaded", text, outputs);
            }
            if let Some(member) = self.members.get_mut(&session) {
                member.submissions += submission.messages;
            }
        }
        if let Some(live) = self.live_mut() {
            live.queue_bytes += submission.bytes;
            live.queue.push_back(submission);
        }
    }

    /// Forms the next batch when none is in flight (rule S32), and says what to persist.
    pub(super) fn start_batch(&mut self, admission: &mut dyn Admission, outputs: &mut Vec<Output>) {
        loop {
            let (Phase::Ready(live) | Phase::Draining(live)) = &mut self.phase else {
                return;
            };
            if live.batch.is_some() || live.queue.is_empty() {
                return;
            }
            let waiting = std::mem::take(&mut live.queue);
            let queue_bytes = std::mem::take(&mut live.queue_bytes);
            let mut draft = Draft::default();
            let mut bytes = 0;
            let mut later = VecDeque::new();
            // One submission of a session in a batch: a later one of its own may build on the first, and what is admitted
            // must build on the document.
            let mut behind = BTreeSet::new();
            let mut ended = Vec::new();
            let mut orphans = Vec::new();
            for submission in merge_by_session(waiting) {
                let full = bytes > 0 && bytes + submission.bytes > BATCH_BYTES_MAX
                    || draft.changes.len() + submission.changes.len() > BATCH_CHANGES_MAX && !draft.changes.is_empty();
                let session = match submission.from {
                    Source::Session(session, _) => Some(session),
                    Source::Server { .. } => None,
                };
                if full || session.is_some_and(|session| behind.contains(&session)) {
                    behind.extend(session);
                    later.push_back(submission);
                    continue;
                }
                match draft.take(&mut live.doc, &mut live.seqs, admission, &submission) {
                    Verdict::Taken => {
                        bytes += submission.bytes;
                        behind.extend(session);
                    }
                    Verdict::Later => {
                        behind.extend(session);
                        later.push_back(submission);
                    }
                    Verdict::Orphan => orphans.push((submission.from, submission.messages)),
                    Verdict::Refused(refusal) => ended.push((submission.from, refusal)),
                }
            }
            live.queue_bytes = later.iter().map(|submission| submission.bytes).sum();
            debug_assert!(live.queue_bytes <= queue_bytes);
            live.queue = later;
            let in_flight = live.put_in_flight(draft, outputs);
            for (from, messages) in orphans {
                self.orphan(from, messages, outputs);
            }
            for (from, refusal) in ended {
                self.refuse(from, &refusal, outputs);
            }
            match in_flight {
                InFlight::Yes => return,
                // Only duplicates: they are on disk, so their senders are acknowledged at once.
                InFlight::Nothing(batch) => self.applied(&batch, outputs),
            }
        }
    }

    fn orphan(&mut self, from: Source, messages: usize, outputs: &mut Vec<Output>) {
        match from {
            Source::Session(session, _) => {
                let Some(member) = self.members.get_mut(&session) else {
                    return;
                };
                member.submissions = member.submissions.saturating_sub(messages);
                member.orphan_messages += 1;
                if member.orphan_messages > ORPHAN_MESSAGES_MAX {
                    let text = "too many changes whose past is unknown";
                    return self.close(session, CloseCode::Protocol, "orphans", text, outputs);
                }
                // They are not kept: the peer sends them again together with what they build on.
                self.ask(session, outputs);
            }
            Source::Server { token } => {
                let reason = "the changes build on what the document does not hold".to_owned();
                outputs.push(Output::LocalRefused { token, reason });
            }
        }
    }

    fn refuse(&mut self, from: Source, refusal: &Refusal, outputs: &mut Vec<Output>) {
        match from {
            Source::Session(session, _) => {
                if let Some(live) = self.live_mut() {
                    live.forget(session);
                }
                let text = refusal.to_string();
                self.close(session, CloseCode::Refused, "refused", &text, outputs);
            }
            Source::Server { token } => outputs.push(Output::LocalRefused {
                token,
                reason: refusal.to_string(),
            }),
        }
    }

    /// The batch is on disk: apply it, acknowledge it, show it, start the next.
    pub(super) fn persisted(
        &mut self,
        _now_ms: u64,
        admission: &mut dyn Admission,
        number: u64,
        outputs: &mut Vec<Output>,
    ) {
        let Some(live) = self.live_mut() else { return };
        let Some(batch) = live.batch.take_if(|batch| batch.number == number) else {
            return;
        };
        if live.apply(&batch.changes).is_err() {
            let reason = "a batch that is on disk cannot be applied";
            for token in batch.tokens {
                let reason = reason.to_owned();
                outputs.push(Output::LocalRefused { token, reason });
            }
            return self.fail(reason, outputs);
        }
        if batch.failures > 0 {
            self.tell_writers("saved-again", "the disk takes changes again", outputs);
        }
        self.applied(&batch, outputs);
        self.start_batch(admission, outputs);
        self.finish_drain(outputs);
    }

    /// The batch is not on disk: nobody is acknowledged, writers are told once, and it is tried again (rule S33).
    pub(super) fn persist_failed(&mut self, now_ms: u64, number: u64, outputs: &mut Vec<Output>) {
        if matches!(self.phase, Phase::Draining(_)) {
            // There is no later: the clients keep what was not acknowledged.
            return self.end_drain(outputs);
        }
        let Some(live) = self.live_mut() else { return };
        let Some(batch) = live.batch.as_mut().filter(|batch| batch.number == number) else {
            return;
        };
        let delay_ms = (RETRY_FIRST_MS << batch.failures.min(16)).min(RETRY_MAX_MS);
        let at_ms = now_ms.saturating_add(delay_ms);
        batch.failures = batch.failures.saturating_add(1);
        batch.retry_at_ms = Some(at_ms);
        let first = batch.failures == 1;
        outputs.push(Output::WakeAt { at_ms });
        if first {
            self.tell_writers(
                "not-saved",
                "the disk does not take changes, they are kept and tried again",
                outputs,
            );
        }
    }

    /// Asks for the failed batch again when its time has come.
    pub(super) fn retry(&mut self, now_ms: u64, outputs: &mut Vec<Output>) {
        let Some(batch) = self.live_mut().and_then(|live| live.batch.as_mut()) else {
            return;
        };
        let Some(at_ms) = batch.retry_at_ms else { return };
        if now_ms >= at_ms {
            batch.retry_at_ms = None;
            outputs.push(Output::Persist {
                batch: batch.number,
                changes: Arc::clone(&batch.changes),
            });
        } else {
            outputs.push(Output::WakeAt { at_ms });
        }
    }

    /// Sends a batch that is on disk and applied to everybody, each without its own (rule S34).
    fn applied(&mut self, batch: &Batch, outputs: &mut Vec<Output>) {
        for (session, count) in &batch.submissions {
            if let Some(member) = self.members.get_mut(session) {
                member.submissions = member.submissions.saturating_sub(*count);
            }
        }
        self.fan_out(&batch.changes, &batch.authors, outputs);
        for session in batch.submissions.keys() {
            self.settle(*session, outputs);
        }
        for token in &batch.tokens {
            outputs.push(Output::LocalApplied { token: *token });
        }
    }

    pub(super) fn local_changes(
        &mut self,
        _now_ms: u64,
        admission: &mut dyn Admission,
        changes: Vec<Change>,
        token: u64,
        outputs: &mut Vec<Output>,
    ) {
        match &mut self.phase {
            Phase::Loading { local, .. } => local.push(Input::LocalChanges { changes, token }),
            Phase::Ready(_) | Phase::Draining(_) => {
                let bytes = changes.iter().map(|change| change.raw_bytes().len()).sum();
                self.submit(
                    Submission {
                        from: Source::Server { token },
                        changes,
                        bytes,
                        messages: 1,
                    },
                    outputs,
                );
                self.start_batch(admission, outputs);
            }
            Phase::Gone => outputs.push(Output::LocalRefused {
                token,
                reason: "unloaded".to_owned(),
            }),
        }
    }

    pub(super) fn durable_changes(&mut self, changes: Vec<Change>, token: u64, outputs: &mut Vec<Output>) {
        let live = match &mut self.phase {
            Phase::Ready(live) | Phase::Draining(live) => live,
            // The load may have read the store before they were written to it.
            Phase::Loading { local, .. } => return local.push(Input::DurableChanges { changes, token }),
            Phase::Gone => {
                return outputs.push(Output::LocalRefused {
                    token,
                    reason: "unloaded".to_owned(),
                });
            }
        };
        let fits = changes.iter().all(|change| {
            change
                .deps()
                .iter()
                .all(|dep| holds(&live.doc, dep) || changes.iter().any(|other| other.hash() == *dep))
        });
        if !fits {
            let reason = "the changes build on what the document does not hold".to_owned();
            return outputs.push(Output::LocalRefused { token, reason });
        }
        if live.apply(&changes).is_err() {
            return self.fail("changes that are on disk cannot be applied", outputs);
        }
        self.fan_out(&changes, &BTreeMap::new(), outputs);
        outputs.push(Output::LocalApplied { token });
    }
}

enum InFlight {
    Yes,
    Nothing(Batch),
}

impl Live {
    fn put_in_flight(&mut self, draft: Draft, outputs: &mut Vec<Output>) -> InFlight {
        let Draft {
            changes,
            hashes: _,
            authors,
            submissions,
            tokens,
            seqs: _,
        } = draft;
        let changes: Arc<[Change]> = changes.into();
        let number = self.batches;
        let batch = Batch {
            number,
            changes: Arc::clone(&changes),
            authors,
            submissions,
            tokens,
            failures: 0,
            retry_at_ms: None,
        };
        if changes.is_empty() {
            return InFlight::Nothing(batch);
        }
        self.batches += 1;
        self.batch = Some(batch);
        outputs.push(Output::Persist { batch: number, changes });
        InFlight::Yes
    }

    /// Applies changes that are on disk. On an error, a panic of automerge included, the document is not to be used again.
    fn apply(&mut self, changes: &[Change]) -> Result<(), ()> {
        let doc = &mut self.doc;
        let applied = catch_unwind(AssertUnwindSafe(|| doc.apply_changes(changes.iter().cloned())));
        if !matches!(applied, Ok(Ok(()))) {
            return Err(());
        }
        self.seqs.applied(changes);
        self.heads = self.doc.get_heads();
        Ok(())
    }

    /// The tokens of the server's own changes that are not on disk yet.
    pub(super) fn tokens(&self) -> Vec<u64> {
        let queued = self.queue.iter().filter_map(|submission| match submission.from {
            Source::Server { token } => Some(token),
            Source::Session(..) => None,
        });
        self.batch
            .iter()
            .flat_map(|batch| batch.tokens.iter().copied())
            .chain(queued)
            .collect()
    }

    /// Drops what a refused session still has in line.
    fn forget(&mut self, session: SessionId) {
        self.queue
            .retain(|submission| !matches!(submission.from, Source::Session(from, _) if from == session));
        self.queue_bytes = self.queue.iter().map(|submission| submission.bytes).sum();
    }
}
