//! Which of the changes that wait become the next batch: parse, check, admit (rules S31 and S32).

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use automerge::{ActorId, Automerge, Change, ChangeHash};

use super::{Admission, BATCH_BYTES_MAX, BATCH_CHANGES_MAX, Line, PeerInfo, Refusal, SessionId, member::Own};
use crate::{
    chunk,
    gate::{self, GateError, HeaderError, Place},
    leases::{Claim, Lease, LeaseError, Leases},
    peer_sync::{holds, max_op},
};

/// What became of a submission when its batch was formed.
pub(super) enum Verdict {
    Taken,
    /// It builds on changes that another session has in the same batch: next time.
    Later,
    /// It builds on changes that nobody here knows.
    Orphan,
    Refused(Refusal),
    /// The admission panicked over it.
    Panicked,
}

/// A batch being put together.
#[derive(Default)]
pub(super) struct Draft {
    pub changes: Vec<Change>,
    pub hashes: BTreeSet<ChangeHash>,
    pub authors: BTreeMap<SessionId, Own>,
    pub submissions: BTreeMap<SessionId, usize>,
    pub tokens: Vec<u64>,
    /// What was taken, in case that the batch does not stand its rehearsal.
    pub taken: Vec<Submission>,
    /// Actor ids that these changes lease.
    pub leases: Vec<Lease>,
    /// The latest change of each actor that the batch has used.
    latest: BTreeMap<ActorId, Latest>,
}

/// What the changes of a submission are held against.
pub(super) struct Held<'d> {
    pub doc: &'d mut Automerge,
    /// The highest operation number of the document.
    pub max_op: u64,
    pub seqs: &'d mut Seqs,
    pub leases: &'d Leases,
    /// Seconds since 1970.
    pub now_s: Option<i64>,
}

/// A submission as far as it has been looked at.
#[derive(Default)]
struct Looked {
    own: Own,
    new: Vec<Change>,
    latest: BTreeMap<ActorId, Latest>,
    leases: Vec<Lease>,
    /// The highest operation number of each of its changes.
    max_ops: BTreeMap<ChangeHash, u64>,
    max_op: u64,
}

impl Draft {
    /// Takes one submission in, or says why not. Nothing is taken of a submission that is not taken whole.
    pub fn take(&mut self, held: &mut Held<'_>, admission: &mut dyn Admission, submission: &Submission) -> Verdict {
        let mut looked = Looked {
            own: match &submission.from {
                Source::Session(session, _) => self.authors.get(session).cloned().unwrap_or_default(),
                Source::Server { .. } => Own::new(),
            },
            max_op: held.max_op,
            ..Looked::default()
        };
        for change in &submission.changes {
            match self.look(held, &submission.from, &mut looked, change) {
                Verdict::Taken => {}
                other => return other,
            }
        }
        if let Source::Session(_, info) = &submission.from
            && !looked.new.is_empty()
        {
            let (doc, new) = (&*held.doc, &looked.new);
            match catch_unwind(AssertUnwindSafe(|| admission.admit(doc, info, new))) {
                Ok(Ok(())) => {}
                Ok(Err(refusal)) => return Verdict::Refused(refusal),
                Err(_) => return Verdict::Panicked,
            }
        }
        match &submission.from {
            Source::Session(session, _) => {
                self.authors.insert(*session, looked.own);
                *self.submissions.entry(*session).or_default() += submission.messages;
            }
            Source::Server { token } => self.tokens.push(*token),
        }
        self.latest.extend(looked.latest);
        self.leases.extend(looked.leases);
        self.hashes.extend(looked.new.iter().map(Change::hash));
        self.changes.extend(looked.new);
        Verdict::Taken
    }

    /// Looks at one change: what it builds on, its header, its actor's lease.
    fn look(&self, held: &mut Held<'_>, from: &Source, looked: &mut Looked, change: &Change) -> Verdict {
        let hash = change.hash();
        if looked.own.contains(&hash) || holds(held.doc, &hash) {
            return Verdict::Taken;
        }
        let mut dependencies_max_op = 0;
        for dep in change.deps() {
            let Some(max_op) = looked.max_ops.get(dep).copied().or_else(|| max_op(held.doc, dep)) else {
                let on_its_way = self.hashes.contains(dep);
                return if on_its_way { Verdict::Later } else { Verdict::Orphan };
            };
            dependencies_max_op = dependencies_max_op.max(max_op);
        }
        looked.own.insert(hash);
        if self.hashes.contains(&hash) {
            // The same change from a second connection of the same device: both are acknowledged, one is written. What
            // builds on it waits for the next batch.
            return Verdict::Taken;
        }
        let actor = change.actor_id();
        let known = looked.latest.get(actor).or_else(|| self.latest.get(actor)).copied();
        let latest = match known {
            Some(latest) => Some(latest),
            None => held.seqs.latest(held.doc, actor),
        };
        let place = Place {
            latest_seq: latest.map_or(0, |latest| latest.seq),
            builds_on_latest: latest.is_none_or(|latest| looked.builds_on(held.doc, change.deps(), &latest)),
            dependencies_max_op,
            max_op: looked.max_op,
            now_s: held.now_s,
        };
        if let Err(error) = gate::header(change, &place) {
            return Verdict::Refused(Refusal::new(word(error), error.to_string()));
        }
        // automerge looks every one of them up without doubting that it is there.
        let unknown = change.other_actor_ids().iter().find(|actor| {
            let fresh = looked.latest.contains_key(*actor) || self.latest.contains_key(*actor);
            !fresh && held.seqs.latest(held.doc, actor).is_none()
        });
        if unknown.is_some() {
            let text = "it refers to an actor who never wrote";
            return Verdict::Refused(Refusal::new("malformed", text));
        }
        if let Source::Session(_, info) = from {
            let fresh = || {
                let mut fresh = self.leases.iter().chain(&looked.leases);
                fresh.find(|lease| lease.actor == *actor)
            };
            let claim = match fresh() {
                Some(lease) if lease.holder == info.holder => Ok(Claim::Held),
                Some(_) => Err(LeaseError::Taken),
                None => held.leases.claim(actor, &info.holder, latest.is_some()),
            };
            match claim {
                Ok(Claim::Held) => {}
                Ok(Claim::New) => looked.leases.push(Lease {
                    actor: actor.clone(),
                    holder: info.holder.clone(),
                }),
                Err(error) => return Verdict::Refused(Refusal::new("actor", error.to_string())),
            }
        }
        let max_op = change.max_op();
        looked.max_ops.insert(hash, max_op);
        looked.max_op = looked.max_op.max(max_op);
        let seq = change.seq();
        looked.latest.insert(actor.clone(), Latest { seq, hash });
        looked.new.push(change.clone());
        Verdict::Taken
    }
}

impl Looked {
    /// Whether one of these dependencies is a change, or comes after it. automerge names an actor's own latest change as a
    /// dependency, unless something else it builds on does.
    fn builds_on(&self, doc: &Automerge, dependencies: &[ChangeHash], latest: &Latest) -> bool {
        if dependencies.contains(&latest.hash) {
            return true;
        }
        let Some(floor) = self
            .max_ops
            .get(&latest.hash)
            .copied()
            .or_else(|| max_op(doc, &latest.hash))
        else {
            return false;
        };
        let mut seen = BTreeSet::new();
        let mut behind: Vec<ChangeHash> = dependencies.to_vec();
        while let Some(hash) = behind.pop() {
            if hash == latest.hash {
                return true;
            }
            if seen.len() > PAST_MAX || !seen.insert(hash) {
                continue;
            }
            // Numbers rise along the history: what ends before the latest change cannot come after it.
            if let Some(change) = self.new.iter().find(|change| change.hash() == hash) {
                if change.max_op() >= floor {
                    behind.extend(change.deps());
                }
            } else if let Some(change) = doc.get_change_meta_by_hash(&hash)
                && change.max_op >= floor
            {
                behind.extend(change.deps);
            }
        }
        false
    }
}

/// How far the past of a change is searched for its actor's latest change.
const PAST_MAX: usize = 4_096;

/// The word for a header that is refused, for the client to translate.
const fn word(error: HeaderError) -> &'static str {
    match error {
        HeaderError::Sequence | HeaderError::Operations | HeaderError::Actor => "actor",
        HeaderError::Ahead => "clock",
        HeaderError::Dependencies | HeaderError::Freight => "malformed",
    }
}

/// Changes that came in one message and wait for their batch.
#[derive(Debug, Clone)]
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

/// Why a message of changes is not taken.
pub(super) enum Unreadable {
    Refused(Refusal),
    /// automerge or the admission panicked over it. No document was in reach.
    Panicked,
}

/// Reads the chunks of a message from a client: changes only, looked at before automerge parses them (rule S31).
pub(super) fn parse(
    admission: &mut dyn Admission,
    info: &PeerInfo,
    chunks: &[&[u8]],
) -> Result<Vec<Change>, Unreadable> {
    let malformed = |text: &str| Unreadable::Refused(Refusal::new("malformed", text));
    let mut changes = Vec::new();
    let mut operations = 0u64;
    let mut inflated_bytes = 0;
    for bytes in chunks {
        let left = BATCH_CHANGES_MAX.saturating_sub(changes.len());
        let chunks = chunk::split(bytes, left).map_err(|_| malformed("not a row of at most 4096 change chunks"))?;
        for chunk in chunks {
            operations += gate::operations(&chunk).map_err(|error| malformed(&error.to_string()))?;
            if operations > gate::OPERATIONS_MAX {
                return Err(malformed(&GateError::TooMany.to_string()));
            }
            let parsed = catch_unwind(AssertUnwindSafe(|| {
                admission.inspect(info, &chunk).map_err(Unreadable::Refused)?;
                Change::from_bytes(chunk.bytes.to_vec()).map_err(|_| malformed("a change that cannot be read"))
            }));
            let change = parsed.unwrap_or(Err(Unreadable::Panicked))?;
            // Each alone is within its bound; a frame holds hundreds of them that deflate a thousandfold.
            inflated_bytes += change.raw_bytes().len();
            if inflated_bytes > gate::MESSAGE_INFLATED_BYTES_MAX {
                return Err(malformed("changes that inflate to more than 4 MiB at once"));
            }
            changes.push(change);
        }
    }
    Ok(changes)
}

/// An actor's latest change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Latest {
    seq: u64,
    hash: ChangeHash,
}

/// The latest change of each actor that was asked for since the room was loaded. None for one that never wrote.
#[derive(Debug, Default)]
pub(super) struct Seqs(BTreeMap<ActorId, Option<Latest>>);

impl Seqs {
    /// Changes of these actors were applied.
    pub fn applied(&mut self, changes: &[Change]) {
        for change in changes {
            let (seq, hash) = (change.seq(), change.hash());
            self.0.insert(change.actor_id().clone(), Some(Latest { seq, hash }));
        }
    }

    fn latest(&mut self, doc: &mut Automerge, actor: &ActorId) -> Option<Latest> {
        if let Some(latest) = self.0.get(actor) {
            return *latest;
        }
        // automerge tells the latest change of the document's own actor only, so it borrows the name for the question.
        let own = doc.get_actor().clone();
        doc.set_actor(actor.clone());
        let latest = doc.get_last_local_change().map(|change| Latest {
            seq: change.seq(),
            hash: change.hash(),
        });
        doc.set_actor(own);
        self.0.insert(actor.clone(), latest);
        latest
    }
}

impl Line {
    /// The tokens of the server's own changes that wait.
    pub(super) fn tokens(&self) -> impl Iterator<Item = u64> {
        self.queue.iter().filter_map(|submission| match submission.from {
            Source::Server { token } => Some(token),
            Source::Session(..) => None,
        })
    }

    /// Drops what a session still has in line, and says in how many messages it came.
    pub(super) fn forget(&mut self, session: SessionId) -> usize {
        let mut messages = 0;
        self.queue.retain(|submission| {
            let theirs = matches!(submission.from, Source::Session(from, _) if from == session);
            messages += if theirs { submission.messages } else { 0 };
            !theirs
        });
        self.count();
        messages
    }

    /// Drops what sessions of a device that have left still have in line.
    pub(super) fn forget_departed(&mut self, holder: &str, has_left: impl Fn(&SessionId) -> bool) {
        self.queue.retain(|submission| {
            !matches!(&submission.from, Source::Session(from, info) if info.holder == holder && has_left(from))
        });
        self.count();
    }

    /// Counts the bytes anew.
    pub(super) fn count(&mut self) {
        self.queue_bytes = self.queue.iter().map(|submission| submission.bytes).sum();
    }
}
