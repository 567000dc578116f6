//! From a peer's message to a batch on disk: parse, admit, persist, apply.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use automerge::{ActorId, Automerge, Change, ChangeHash};

use super::{
    Admission, BATCH_BYTES_MAX, BATCH_CHANGES_MAX, CloseCode, Input, Live, ORPHAN_MESSAGES_MAX, Output, PeerInfo,
    Phase, QUEUE_BYTES_MAX, RETRY_FIRST_MS, RETRY_MAX_MS, Refusal, Room, SessionId, member::Own,
};
use crate::{
    chunk,
    gate::{self, GateError},
    peer_sync::holds,
};

/// Changes that came in one message and wait for their batch.
#[derive(Debug)]
pub(super) struct Submission {
    pub from: Source,
    pub changes: Vec<Change>,
    pub bytes: usize,
    /// How many messages they came in.
    pub messages: usize,
}

/// Where changes come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Session(SessionId, Arc<PeerInfo>),
    Server { token: u64 },
}

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

/// The latest sequence number of each actor that wrote since the room was loaded.
#[derive(Debug, Default)]
pub(super) struct Seqs(BTreeMap<ActorId, u64>);

impl Seqs {
    fn latest(&mut self, doc: &mut Automerge, actor: &ActorId) -> u64 {
        if let Some(seq) = self.0.get(actor) {
            return *seq;
        }
        // automerge tells the latest change of the document's own actor only, so it borrows the name for the question.
        let own = doc.get_actor().clone();
        doc.set_actor(actor.clone());
        let seq = doc.get_last_local_change().map_or(0, |change| change.seq());
        doc.set_actor(own);
        self.0.insert(actor.clone(), seq);
        seq
    }
}

/// Reads the chunks of a message from a client: changes only, looked at before automerge parses them (rule S31).
pub(super) fn parse(admission: &mut dyn Admission, info: &PeerInfo, chunks: &[&[u8]]) -> Result<Vec<Change>, Refusal> {
    let malformed = |text: &str| Refusal::new("malformed", text);
    let mut changes = Vec::new();
    let mut operations = 0u64;
    for bytes in chunks {
        let left = BATCH_CHANGES_MAX.saturating_sub(changes.len());
        let chunks = chunk::split(bytes, left).map_err(|_| malformed("not a row of at most 4096 change chunks"))?;
        for chunk in chunks {
            operations += gate::operations(&chunk).map_err(|error| malformed(&error.to_string()))?;
            if operations > gate::OPERATIONS_MAX {
                return Err(malformed(&GateError::TooMany.to_string()));
            }
            let parsed = catch_unwind(AssertUnwindSafe(|| {
                admission.inspect(info, &chunk)?;
                Change::from_bytes(chunk.bytes.to_vec()).map_err(|_| malformed("a change that cannot be read"))
            }));
            changes.push(parsed.unwrap_or_else(|_| Err(malformed("a change that cannot be read at all")))?);
        }
    }
    Ok(changes)
}

/// What became of a submission when its batch was formed.
enum Verdict {
    Taken,
    /// It builds on changes that another session has in the same batch: next time.
    Later,
    /// It builds on changes that nobody here knows.
    Orphan,
    Refused(Refusal),
}

/// A batch being put together.
#[derive(Default)]
struct Draft {
    changes: Vec<Change>,
    hashes: BTreeSet<ChangeHash>,
    authors: BTreeMap<SessionId, Own>,
    submissions: BTreeMap<SessionId, usize>,
    tokens: Vec<u64>,
    /// The next sequence numbers that the batch has used up.
    seqs: BTreeMap<ActorId, u64>,
}

impl Draft {
    /// Takes one submission in, or says why not. Nothing is taken of a submission that is not taken whole.
    fn take(
        &mut self,
        doc: &mut Automerge,
        seqs: &mut Seqs,
        admission: &mut dyn Admission,
        submission: &Submission,
    ) -> Verdict {
        let mut own: Own = match &submission.from {
            Source::Session(session, _) => self.authors.get(session).cloned().unwrap_or_default(),
            Source::Server { .. } => Own::new(),
        };
        let mut new = Vec::new();
        let mut next_seqs = BTreeMap::new();
        for change in &submission.changes {
            let hash = change.hash();
            if holds(doc, &hash) || own.contains(&hash) {
                continue;
            }
            for dep in change.deps() {
                if !own.contains(dep) && !holds(doc, dep) {
                    return if self.hashes.contains(dep) {
                        Verdict::Later
                    } else {
                        Verdict::Orphan
                    };
                }
            }
            own.insert(hash);
            if self.hashes.contains(&hash) {
                // The same change from a second connection of the same device: both are acknowledged, one is written.
                continue;
            }
            let actor = change.actor_id();
            let latest = match next_seqs.get(actor).or_else(|| self.seqs.get(actor)) {
                Some(seq) => *seq,
                None => seqs.latest(doc, actor),
            };
            if change.seq() != latest + 1 {
                return Verdict::Refused(Refusal::new("actor", "a sequence number that is not the actor's next"));
            }
            next_seqs.insert(actor.clone(), change.seq());
            new.push(change.clone());
        }
        if let Source::Session(_, info) = &submission.from
            && !new.is_empty()
        {
            let admitted = catch_unwind(AssertUnwindSafe(|| admission.admit(doc, info, &new)));
            match admitted {
                Ok(Ok(())) => {}
                Ok(Err(refusal)) => return Verdict::Refused(refusal),
                Err(_) => return Verdict::Refused(Refusal::new("malformed", "a change that cannot be applied")),
            }
        }
        match &submission.from {
            Source::Session(session, _) => {
                self.authors.insert(*session, own);
                *self.submissions.entry(*session).or_default() += submission.messages;
            }
            Source::Server { token } => self.tokens.push(*token),
        }
        self.seqs.extend(next_seqs);
        self.hashes.extend(new.iter().map(Change::hash));
        self.changes.extend(new);
        Verdict::Taken
    }
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
        for change in changes {
            self.seqs.0.insert(change.actor_id().clone(), change.seq());
        }
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

/// Joins what each session sent, at the place of its first message, so that it is admitted in one go. Sessions build on the
/// document, not on each other's unsaved changes, so the order between them is free.
fn merge_by_session(waiting: VecDeque<Submission>) -> Vec<Submission> {
    let mut merged: Vec<Submission> = Vec::with_capacity(waiting.len());
    let mut places: BTreeMap<SessionId, usize> = BTreeMap::new();
    for submission in waiting {
        if let Source::Session(session, _) = submission.from {
            if let Some(first) = places.get(&session).and_then(|place| merged.get_mut(*place))
                && first.bytes + submission.bytes <= BATCH_BYTES_MAX
            {
                first.changes.extend(submission.changes);
                first.bytes += submission.bytes;
                first.messages += submission.messages;
                continue;
            }
            places.insert(session, merged.len());
        }
        merged.push(submission);
    }
    merged
}
