//! How large one document may become, and what a full one still takes.
//!
//! automerge keeps every operation for ever, so a board has an end, far beyond any evening. What is full can still be read,
//! exported, tidied and emptied: changes that only set registers or delete letters pass, so that nobody is locked in.

use automerge::{Automerge, Change, ReadDoc as _, legacy::OpType};
use sync::Refusal;

/// Operations in one document: 25 times a busy evening of 300 notes, which takes 20,000. Some 40 MB in memory.
pub const OPERATIONS_MAX: u64 = 500_000;

/// Whether these changes still fit a document.
///
/// # Errors
/// A refusal that names the limit.
pub(crate) fn check(doc: &Automerge, changes: &[Change]) -> Result<(), Refusal> {
    let added: u64 = changes.iter().map(|change| change.len() as u64).sum();
    let full = doc.stats().num_ops.saturating_add(added) > OPERATIONS_MAX;
    if full && changes.iter().any(grows) {
        return Err(Refusal::new(
            "too-large",
            format!("a board holds at most {OPERATIONS_MAX} operations; this one takes only moves and deletions"),
        ));
    }
    Ok(())
}

/// Whether a change brings new things or letters.
fn grows(change: &Change) -> bool {
    change
        .decode()
        .operations
        .iter()
        .any(|op| op.insert || matches!(op.action, OpType::Make(_)))
}
