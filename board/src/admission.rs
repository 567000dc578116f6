//! The admission check: what every change from outside passes before it is merged.
//!
//! It decodes the change and looks at each operation by itself: which object it writes to (known in the document, or
//! made earlier in the same batch), under which key, and what. No copy of the document is made, and the cost grows
//! with the change, not with the history.
//!
//! Rules: known keys only; the flat maps and their entries are made once and never removed or replaced; a new note
//! brings its text and place, a new island its heading and place, and these texts are spliced from then on, never
//! replaced; every value has the right type and size; a string field may be a text object, as JavaScript writes
//! them; what a coordinator alone may say (that a note is withheld) only a coordinator writes. Sizes allow for two
//! people filling the same thing at the same time.

mod shape;
mod walk;

use automerge::{Automerge, Change};

use crate::Role;

/// Why a change was refused, in words for a log; no text of any person is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at {path}")]
pub struct Inadmissible {
    /// The rule that was broken.
    pub rule: &'static str,
    /// Where, by keys.
    pub path: String,
}

/// Checks changes to a board, written by somebody of this role, against the document they will be merged into. Changes the
/// document already has pass. Whether the role may write on the board at all is [`crate::access`]'s to say.
/// automerge may panic on changes that were forged byte by byte: call it under `catch_unwind`.
pub fn admit_board(before: &Automerge, changes: &[Change], by: Role) -> Result<(), Inadmissible> {
    walk::admit(&shape::BOARD, before, changes, by)
}

/// Checks changes to a workshop against the document they will be merged into. Only coordinators write there.
pub fn admit_workshop(before: &Automerge, changes: &[Change]) -> Result<(), Inadmissible> {
    walk::admit(&shape::WORKSHOP, before, changes, Role::Coordinator)
}
