//! A batch is tried on a second copy of the document before it is written (rule S52).
//!
//! automerge takes changes on trust: an operation that points at nothing makes it panic while it applies, and a predecessor
//! that never was is forgotten, so that what is stored can never be read back under its own hash. Both would be found out
//! after the change is on disk, when it is too late. So the whole batch is applied to a twin first, and the twin is asked to
//! tell the changes again: what it encodes has to be, byte for byte, what was sent. That also refuses whatever is not written
//! the way automerge writes it, and means that the bytes stored and relayed are our own encoding.
//!
//! The twin is not a copy made for the occasion, a long history would cost too much: it is the document as it was one batch
//! ago, and when a batch is durable the two change places.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use automerge::{Automerge, Change, ChangeHash, ReadDoc as _};

/// A document with fewer operations than this is copied for each batch, so that small boards need no second copy in memory.
const COPIED_OPERATIONS_MAX: u64 = 4_096;

/// Why a batch must not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// automerge does not take it, or does not tell it again as it was.
    Unfit,
    /// automerge panicked.
    Panicked,
}

/// The second copy.
#[derive(Debug, Default)]
pub(super) struct Rehearsal {
    /// The document without `behind`, or after [`Rehearsal::play`] with the batch that was played.
    twin: Option<Automerge>,
    /// What the twin lacks of the document.
    behind: Vec<Change>,
}

impl Rehearsal {
    /// Tries changes that are new to `doc`. On success the twin holds them, for [`Rehearsal::take`].
    pub fn play(&mut self, doc: &Automerge, changes: &[Change]) -> Result<(), Failure> {
        let (twin, behind) = (self.twin.take(), std::mem::take(&mut self.behind));
        let played = catch_unwind(AssertUnwindSafe(|| {
            let mut twin = twin.unwrap_or_else(|| doc.clone());
            twin.apply_changes(behind.iter().chain(changes).cloned())
                .map_err(|_| Failure::Unfit)?;
            if tells(&twin, &doc.get_heads(), changes) {
                Ok(twin)
            } else {
                Err(Failure::Unfit)
            }
        }));
        self.twin = Some(played.unwrap_or(Err(Failure::Panicked))?);
        Ok(())
    }

    /// The document with the batch that was played last, which is on disk now; `doc` becomes the twin.
    pub fn take(&mut self, doc: &mut Automerge, changes: &[Change]) -> bool {
        let Some(twin) = self.twin.take() else {
            return false;
        };
        let earlier = std::mem::replace(doc, twin);
        if doc.stats().num_ops >= COPIED_OPERATIONS_MAX {
            self.twin = Some(earlier);
            self.behind.extend_from_slice(changes);
        }
        true
    }

    /// Changes that were applied to the document beside any batch. An error, as a panic, means that the twin is given up.
    pub fn follow(&mut self, changes: &[Change], in_flight: bool) -> Result<(), Failure> {
        if !in_flight {
            if self.twin.is_some() {
                self.behind.extend_from_slice(changes);
            }
            return Ok(());
        }
        let Some(mut twin) = self.twin.take() else {
            return Ok(());
        };
        let applied = catch_unwind(AssertUnwindSafe(move || {
            let applied = twin.apply_changes(changes.iter().cloned());
            applied.map(|()| twin).map_err(|_| Failure::Unfit)
        }));
        self.twin = Some(applied.unwrap_or(Err(Failure::Panicked))?);
        Ok(())
    }
}

/// Whether the document holds these changes on top of `before`, all of them, each as it was written, and waits for nothing.
fn tells(doc: &Automerge, before: &[ChangeHash], changes: &[Change]) -> bool {
    let sent: BTreeMap<ChangeHash, &Change> = changes.iter().map(|change| (change.hash(), change)).collect();
    let told = doc.get_changes(before);
    told.len() == sent.len()
        && told.iter().all(|again| {
            let sent = sent.get(&again.hash());
            sent.is_some_and(|sent| sent.raw_bytes() == again.raw_bytes())
        })
        && doc.get_missing_deps(&[]).is_empty()
}
