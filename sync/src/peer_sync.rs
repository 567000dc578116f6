//! One document with one peer over one connection, the same on both ends.
//!
//! automerge's own `sync::State` walks the whole history for every message, acknowledgements too, which is what makes other
//! automerge servers slow. This state machine keeps none of it. A connection is reliable and in order, so one exchange is
//! enough to know what the peer lacks, and from then on the peer is *in step*: whatever this side learns is relayed to it once,
//! in a message that costs what it carries (rules S12–S19). It speaks to unmodified automerge peers: everything it sends is
//! a message that `sync::State` could have sent.

use std::collections::BTreeSet;

use automerge::{Automerge, Change, ChangeHash, ReadDoc};

use crate::{
    gate,
    sync_message::{self, Have, SyncBody},
};

/// How often one connection may ask for everything after some point: joining is once, a reset is rare, more is abuse.
pub const CATCH_UPS_MAX: u32 = 64;
/// The payload of one message is cut near this size, so that a frame around it stays below the limit of a frame.
pub const PAYLOAD_BYTES_MAX: usize = crate::wire::FRAME_BYTES_MAX - 64 * 1024;

/// What is known of one peer's copy of one document.
#[derive(Debug, Default)]
pub struct PeerSync {
    phase: Phase,
    heard: Option<Heard>,
    catch_ups: u32,
}

/// Where the exchange stands. Each phase owns what only it needs.
#[derive(Debug)]
enum Phase {
    /// The peer has not said yet what it holds.
    Unmet {
        /// This side has spoken first.
        greeted: bool,
    },
    /// The peer holds, or has been sent on this connection, all that this side holds.
    InStep {
        /// Heads of the peer that are unknown here and were asked for; asking twice would not help.
        asked: Option<Vec<ChangeHash>>,
    },
}

impl Default for Phase {
    fn default() -> Self {
        Self::Unmet { greeted: false }
    }
}

/// The peer's latest words, kept until the changes that came with them are applied or refused.
#[derive(Debug)]
struct Heard {
    heads: Vec<ChangeHash>,
    need: Vec<ChangeHash>,
    have: Option<Have>,
    reset: bool,
    carries_changes: bool,
}

/// What to answer. [`Reply::encode`] makes messages of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Everything after these heads, all of which are held here. None: the whole document.
    CatchUp {
        /// What the peer is known to hold.
        after: Vec<ChangeHash>,
    },
    /// These changes, all of which are held here.
    Changes {
        /// Which.
        hashes: Vec<ChangeHash>,
    },
    /// "Send again what I lack": the peer holds changes that never came.
    Ask,
    /// The peer asked for everything more than [`CATCH_UPS_MAX`] times: end the session.
    GiveUp,
}

impl PeerSync {
    /// Nothing said, nothing heard.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first message of the side that wants a document (rule S12). `agreed` are heads that the peer announced in an
    /// earlier connection, sorted; they spare both sides a longer exchange and may be empty.
    pub fn greet(&mut self, doc: Option<&Automerge>, agreed: &[ChangeHash]) -> Vec<u8> {
        self.phase = Phase::Unmet { greeted: true };
        let heads = doc.map(Automerge::get_heads).unwrap_or_default();
        let agreed: Vec<_> = agreed
            .iter()
            .filter(|hash| doc.is_some_and(|doc| holds(doc, hash)))
            .copied()
            .collect();
        sync_message::write(&heads, &[], &agreed, &[])
    }

    /// The peer holds, or has been sent, everything that is held here: relay to it what is new.
    pub fn is_in_step(&self) -> bool {
        matches!(self.phase, Phase::InStep { .. })
    }

    /// Takes note of what a message says; its changes are the caller's to admit and apply. Then call [`PeerSync::settle`].
    pub fn hear(&mut self, body: &SyncBody<'_>) {
        let earlier = self.heard.take();
        let mut need = body.need.clone();
        let mut reset = body.reset;
        if let Some(earlier) = earlier {
            // Words that were not answered yet keep their wishes; the state they spoke of is superseded.
            reset |= earlier.reset || wants_everything(&earlier);
            need.extend(earlier.need);
            need.truncate(sync_message::HASHES_MAX);
        }
        self.heard = Some(Heard {
            heads: body.heads.clone(),
            need,
            have: body.have.clone(),
            reset,
            carries_changes: !body.changes.is_empty(),
        });
    }

    /// Answers what was heard, now that the changes which came with it are applied, refused, or on their way to the disk.
    ///
    /// `peer_writes`: changes of this peer are wanted. The cost is that of the answer: nothing when heads are equal (rule S14).
    pub fn settle(&mut self, doc: &Automerge, peer_writes: bool) -> Vec<Reply> {
        let Some(heard) = self.heard.take() else {
            return Vec::new();
        };
        let ours = doc.get_heads();
        let mut replies = Vec::new();
        if !heard.need.is_empty() {
            let wanted: BTreeSet<_> = heard.need.iter().filter(|hash| holds(doc, hash)).copied().collect();
            if !wanted.is_empty() {
                replies.push(Reply::Changes {
                    hashes: wanted.into_iter().collect(),
                });
            }
        }
        match &mut self.phase {
            Phase::Unmet { greeted } => {
                let nothing_to_say = *greeted && heard.heads == ours;
                let reply = self.catch_up(doc, &heard);
                if !nothing_to_say {
                    replies.push(reply);
                }
            }
            Phase::InStep { .. } if heard.reset || wants_everything(&heard) => {
                let reply = self.catch_up(doc, &heard);
                replies.push(reply);
            }
            Phase::InStep { asked } => {
                let caught_up = heard.heads == ours || heard.heads.iter().all(|hash| holds(doc, hash));
                if caught_up {
                    *asked = None;
                } else if peer_writes && asked.as_ref() != Some(&heard.heads) {
                    *asked = Some(heard.heads);
                    replies.push(Reply::Ask);
                }
            }
        }
        replies
    }

    /// The peer has what it holds of `heard`; all the rest of ours is sent now, after which it is in step (rule S13).
    fn catch_up(&mut self, doc: &Automerge, heard: &Heard) -> Reply {
        self.catch_ups += 1;
        if self.catch_ups > CATCH_UPS_MAX {
            return Reply::GiveUp;
        }
        let last_sync = heard.have.iter().flat_map(|have| &have.last_sync);
        let known: BTreeSet<_> = heard
            .heads
            .iter()
            .chain(last_sync)
            .filter(|hash| holds(doc, hash))
            .copied()
            .collect();
        let unknown = heard.heads.iter().any(|hash| !known.contains(hash));
        // The answer says what we hold, which asks for the rest: no need to ask for these heads again.
        self.phase = Phase::InStep {
            asked: unknown.then(|| heard.heads.clone()),
        };
        Reply::CatchUp {
            after: known.into_iter().collect(),
        }
    }
}

impl Reply {
    /// The sync messages that say it, in order. Each stays below [`PAYLOAD_BYTES_MAX`] and
    /// [`gate::OPERATIONS_MAX`] unless one change alone exceeds them; a snapshot is one message.
    pub fn encode(&self, doc: &Automerge) -> Vec<Vec<u8>> {
        match self {
            Self::CatchUp { after } if after.is_empty() => {
                let heads = doc.get_heads();
                let saved = doc.save();
                vec![sync_message::write(&heads, &[], &heads, &[&saved])]
            }
            Self::CatchUp { after } => {
                let changes = doc.get_changes(after);
                write_in_parts(&doc.get_heads(), after, &changes)
            }
            Self::Changes { hashes } => {
                let changes: Vec<_> = hashes.iter().filter_map(|hash| doc.get_change_by_hash(hash)).collect();
                let heads = doc.get_heads();
                write_in_parts(&heads, &heads, &changes)
            }
            // No heads is automerge's word for "I lost everything", at which a peer forgets what it believes to have sent;
            // what we do hold stands in `have`, so that it sends no more than the rest (rule S16).
            Self::Ask => vec![sync_message::write(&[], &[], &doc.get_heads(), &[])],
            Self::GiveUp => Vec::new(),
        }
    }
}

/// One message, or several when the changes are too many for one: all but the last announce only what the peer knows already.
fn write_in_parts(heads: &[ChangeHash], known: &[ChangeHash], changes: &[Change]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut rest = changes;
    loop {
        let (mut bytes, mut operations) = (0, 0);
        let fits = |change: &&Change| {
            bytes += change.raw_bytes().len();
            operations += change.len() as u64;
            bytes <= PAYLOAD_BYTES_MAX && operations <= gate::OPERATIONS_MAX
        };
        // One change alone is sent whatever its size: whoever made it was to keep it small.
        let fitting = rest.iter().take_while(fits).count().max(1);
        let (part, after) = rest.split_at(fitting.min(rest.len()));
        let chunks: Vec<&[u8]> = part.iter().map(Change::raw_bytes).collect();
        if after.is_empty() {
            messages.push(sync_message::write(heads, &[], heads, &chunks));
            return messages;
        }
        messages.push(sync_message::write(known, &[], known, &chunks));
        rest = after;
    }
}

/// The peer says that it holds nothing at all, or, by an empty `have` and nothing else, that it did not understand what we
/// hold: automerge's reset.
fn wants_everything(heard: &Heard) -> bool {
    let no_have = heard
        .have
        .as_ref()
        .is_some_and(|have| have.last_sync.is_empty() && !have.bloom);
    heard.heads.is_empty() || (no_have && !heard.carries_changes)
}

/// The highest operation number of a change, if the document holds it.
pub(crate) fn max_op(doc: &Automerge, hash: &ChangeHash) -> Option<u64> {
    doc.get_change_meta_by_hash(hash).map(|change| change.max_op)
}

/// The document holds this change (not merely has heard of it).
pub(crate) fn holds(doc: &Automerge, hash: &ChangeHash) -> bool {
    doc.get_change_meta_by_hash(hash).is_some()
}

#[cfg(test)]
mod tests;
