//! What a room asks before it takes a change: this crate knows nothing of notes.

use automerge::{Automerge, Change};

use super::PeerInfo;
use crate::chunk::Chunk;

/// Decides which changes may become part of a document. Calls are made under `catch_unwind`; a panic is a refusal, after which
/// the room asks for its document anew ([`Output::Reload`](super::Output::Reload)).
pub trait Admission {
    /// Looks at a chunk before automerge parses it: sizes and counts, so that a small chunk cannot cost much (RELIABILITY.md,
    /// fact 2). Its kind has been checked: a change or a compressed change.
    ///
    /// # Errors
    /// A [`Refusal`] ends the session.
    fn inspect(&mut self, info: &PeerInfo, chunk: &Chunk<'_>) -> Result<(), Refusal> {
        let _ = (info, chunk);
        Ok(())
    }

    /// Seconds since 1970 by the server's clock: a change dated more than a day ahead of it is refused. Nothing else is
    /// decided by it. None if there is no clock.
    fn now_s(&self) -> Option<i64> {
        None
    }

    /// Looks at changes that are new to `doc`, fit onto it in this order (dependencies present, sequence numbers next in
    /// line), and come from one session. They are not applied yet.
    ///
    /// # Errors
    /// A [`Refusal`] ends the session; none of the changes is merged.
    fn admit(&mut self, doc: &Automerge, info: &PeerInfo, changes: &[Change]) -> Result<(), Refusal>;
}

/// Why changes were not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub struct Refusal {
    /// A word for the client to translate.
    pub code: String,
    /// An English sentence for logs; no personal text.
    pub text: String,
}

impl Refusal {
    /// A refusal with its word and its sentence.
    pub fn new(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            text: text.into(),
        }
    }
}
