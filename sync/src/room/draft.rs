//! Which of the changes that wait become the next batch: parse, check, admit (rules S31 and S32).

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use automerge::{ActorId, Automerge, Change, ChangeHash};

use super::{Admission, BATCH_BYTES_MAX, BATCH_CHANGES_MAX, PeerInfo, Refusal, SessionId, member::Own};
use crate::{
    chunk,
    gate::{self, GateError},
    peer_sync::holds,
};

/// What became of a submission when its batch was formed.
pub(super) enum Verdict {
    Taken,
    /// It builds on changes that another session has in the same batch: next time.
    Later,
    /// It builds on changes that nobody here knows.
    Orphan,
    Refused(Refusal),
}

/// A batch being put together.
#[derive(Default)]
pub(super) struct Draft {
    pub changes: Vec<Change>,
    pub hashes: BTreeSet<ChangeHash>,
    pub authors: BTreeMap<SessionId, Own>,
    pub submissions: BTreeMap<SessionId, usize>,
    pub tokens: Vec<u64>,
    /// The next sequence numbers that the batch has used up.
    pub seqs: BTreeMap<ActorId, u64>,
}

impl Draft {
    /// Takes one submission in, or says why not. Nothing is taken of a submission that is not taken whole.
    pub fn take(
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

/// Joins what each session sent, at the place of its first message, so that it is admitted in one go. Sessions build on the
/// document, not on each other's unsaved changes, so the order between them is free.
pub(super) fn merge_by_session(waiting: VecDeque<Submission>) -> Vec<Submission> {
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

/// The latest sequence number of each actor that wrote since the room was loaded.
#[derive(Debug, Default)]
pub(super) struct Seqs(BTreeMap<ActorId, u64>);

impl Seqs {
    /// Changes of these actors were applied.
    pub fn applied(&mut self, changes: &[Change]) {
        for change in changes {
            self.0.insert(change.actor_id().clone(), change.seq());
        }
    }

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
