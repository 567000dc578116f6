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
    draft::{Draft, Held, Source, Submission, Verdict, merge_by_session},
    member::Own,
    rehearsal::Failure,
};
use crate::{leases::Lease, peer_sync::holds};

/// Changes on their way to the disk.
#[derive(Debug)]
pub(super) struct Batch {
    number: u64,
    changes: Arc<[Change]>,
    leases: Arc<[Lease]>,
    /// Who is to be acknowledged, and what of the batch is its own.
    authors: BTreeMap<SessionId, Own>,
    /// How many submissions of each session this batch answers.
    submissions: BTreeMap<SessionId, usize>,
    tokens: Vec<u64>,
    failures: u32,
    retry_at_ms: Option<u64>,
}

/// A batch being formed, with what was left out of it.
#[derive(Default)]
struct Forming {
    draft: Draft,
    later: VecDeque<Submission>,
    orphans: Vec<(Source, usize)>,
    refused: Vec<(Source, Refusal)>,
    panicked: Option<Source>,
}

impl Room {
    /// Puts a submission in line, or ends its session when the line is too long already.
    pub(super) fn submit(&mut self, submission: Submission, outputs: &mut Vec<Output>) {
        let Some(live) = self.live_mut() else { return };
        if let Source::Session(session, _) = submission.from {
            if live.line.queue_bytes.saturating_add(submission.bytes) > QUEUE_BYTES_MAX {
                let text = "too many changes wait for the disk";
                return self.close(session, CloseCode::Overloaded, "overloaded", text, outputs);
            }
            if let Some(member) = self.members.get_mut(&session) {
                member.submissions += submission.messages;
            }
        }
        if let Some(live) = self.live_mut() {
            live.line.queue_bytes += submission.bytes;
            live.line.queue.push_back(submission);
        }
    }

    /// Forms the next batch when none is in flight (rule S32), and says what to persist.
    pub(super) fn start_batch(&mut self, admission: &mut dyn Admission, outputs: &mut Vec<Output>) {
        loop {
            let (Phase::Ready(live) | Phase::Draining(live)) = &mut self.phase else {
                return;
            };
            if live.batch.is_some() || live.line.queue.is_empty() {
                return;
            }
            let mut forming = live.form(admission);
            let rehearsed = match forming.draft.changes.is_empty() || forming.panicked.is_some() {
                true => Ok(()),
                false => live.rehearsal.play(&live.doc, &forming.draft.changes),
            };
            live.line.alone = live.line.alone.saturating_sub(1);
            if let Err(failure) = rehearsed {
                // Nothing of it was written or shown. One by one they are tried again, so that the one that does not fit ends
                // its own session only.
                let taken = std::mem::take(&mut forming.draft).taken;
                match <[Submission; 1]>::try_from(taken) {
                    Ok([submission]) => match failure {
                        Failure::Unfit => forming.refused.push((submission.from, unfit())),
                        Failure::Panicked => forming.panicked = Some(submission.from),
                    },
                    Err(taken) => {
                        live.line.alone = live.line.alone.max(taken.len());
                        forming.later = taken.into_iter().chain(forming.later).collect();
                    }
                }
            }
            let Forming {
                draft,
                later,
                orphans,
                refused,
                panicked: culprit,
            } = forming;
            let in_flight = if culprit.is_none() {
                live.line.queue = later;
                live.put_in_flight(draft, outputs)
            } else {
                // The document is read anew first: what was good waits in line.
                live.line.queue = draft.taken.into_iter().chain(later).collect();
                InFlight::Yes
            };
            live.line.count();
            for (from, messages) in orphans {
                self.orphan(from, messages, outputs);
            }
            for (from, refusal) in refused {
                self.refuse(from, &refusal, outputs);
            }
            if let Some(culprit) = culprit {
                outputs.push(Output::Panicked);
                self.refuse(culprit, &panicked(), outputs);
                return self.reload(outputs);
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
            Source::Session(session, _) => self.refuse_session(session, refusal, outputs),
            Source::Server { token } => outputs.push(Output::LocalRefused {
                token,
                reason: refusal.to_string(),
            }),
        }
    }

    /// Ends a session over its changes; what else it has in line goes with it.
    pub(super) fn refuse_session(&mut self, session: SessionId, refusal: &Refusal, outputs: &mut Vec<Output>) {
        if let Some(live) = self.live_mut() {
            live.line.forget(session);
        }
        self.close(session, CloseCode::Refused, "refused", &refusal.to_string(), outputs);
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
        if live.promote(&batch).is_err() {
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
                leases: Arc::clone(&batch.leases),
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
        let applied = live.apply(&changes);
        let followed = live.rehearsal.follow(&changes, live.batch.is_some());
        if applied.is_err() || followed.is_err() {
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
    /// Takes out of the line what makes the next batch.
    fn form(&mut self, admission: &mut dyn Admission) -> Forming {
        let waiting = std::mem::take(&mut self.line.queue);
        let mut held = Held {
            doc: &mut self.doc,
            max_op: self.max_op,
            seqs: &mut self.seqs,
            leases: &self.leases,
            now_s: admission.now_s(),
        };
        let mut forming = Forming::default();
        let draft = &mut forming.draft;
        let mut bytes = 0;
        // One submission of a session in a batch: a later one of its own may build on the first, and what is admitted
        // must build on the document.
        let mut behind = BTreeSet::new();
        for submission in merge_by_session(waiting) {
            let full = !draft.taken.is_empty()
                && (self.line.alone > 0
                    || bytes + submission.bytes > BATCH_BYTES_MAX
                    || draft.changes.len() + submission.changes.len() > BATCH_CHANGES_MAX);
            let session = match submission.from {
                Source::Session(session, _) => Some(session),
                Source::Server { .. } => None,
            };
            if full || forming.panicked.is_some() || session.is_some_and(|session| behind.contains(&session)) {
                behind.extend(session);
                forming.later.push_back(submission);
                continue;
            }
            match draft.take(&mut held, admission, &submission) {
                Verdict::Taken => {
                    bytes += submission.bytes;
                    behind.extend(session);
                    draft.taken.push(submission);
                }
                Verdict::Later => {
                    behind.extend(session);
                    forming.later.push_back(submission);
                }
                Verdict::Orphan => forming.orphans.push((submission.from, submission.messages)),
                Verdict::Refused(refusal) => forming.refused.push((submission.from, refusal)),
                Verdict::Panicked => forming.panicked = Some(submission.from),
            }
        }
        forming
    }

    fn put_in_flight(&mut self, draft: Draft, outputs: &mut Vec<Output>) -> InFlight {
        let changes: Arc<[Change]> = draft.changes.into();
        let leases: Arc<[Lease]> = draft.leases.into();
        let number = self.line.batches;
        let batch = Batch {
            number,
            changes: Arc::clone(&changes),
            leases: Arc::clone(&leases),
            authors: draft.authors,
            submissions: draft.submissions,
            tokens: draft.tokens,
            failures: 0,
            retry_at_ms: None,
        };
        if changes.is_empty() {
            return InFlight::Nothing(batch);
        }
        self.line.batches += 1;
        self.batch = Some(batch);
        outputs.push(Output::Persist {
            batch: number,
            changes,
            leases,
        });
        InFlight::Yes
    }

    /// The batch is on disk: the document that it was rehearsed on becomes the document.
    fn promote(&mut self, batch: &Batch) -> Result<(), ()> {
        if !self.rehearsal.take(&mut self.doc, &batch.changes) {
            self.apply(&batch.changes)?;
        }
        self.applied(&batch.changes);
        for lease in batch.leases.iter() {
            self.leases.grant(lease.clone());
        }
        Ok(())
    }

    /// Applies changes that are on disk. On an error, a panic of automerge included, the document is not to be used again.
    fn apply(&mut self, changes: &[Change]) -> Result<(), ()> {
        let doc = &mut self.doc;
        let applied = catch_unwind(AssertUnwindSafe(|| doc.apply_changes(changes.iter().cloned())));
        if !matches!(applied, Ok(Ok(()))) {
            return Err(());
        }
        self.applied(changes);
        Ok(())
    }

    fn applied(&mut self, changes: &[Change]) {
        self.seqs.applied(changes);
        self.max_op = changes.iter().map(Change::max_op).max().unwrap_or(0).max(self.max_op);
        self.heads = self.doc.get_heads();
    }

    /// The tokens of the server's own changes that are not on disk yet.
    pub(super) fn tokens(&self) -> Vec<u64> {
        let in_flight = self.batch.iter().flat_map(|batch| batch.tokens.iter().copied());
        in_flight.chain(self.line.tokens()).collect()
    }
}

/// The refusal of what did not stand its rehearsal.
fn unfit() -> Refusal {
    Refusal::new("malformed", "a change that does not come back as it was sent")
}

/// The refusal of what made automerge or the admission panic.
pub(super) fn panicked() -> Refusal {
    Refusal::new("malformed", "a change that cannot be applied")
}
