//! The name a peer gives itself for one connection, unique among the peers of a server.

use std::{fmt, str::FromStr, sync::Arc};

/// An automerge-repo peer id: a short text that its owner draws at random. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(Arc<str>);

/// The text is empty or longer than [`PeerId::LENGTH_BYTES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a peer id has 1 to {} bytes", PeerId::LENGTH_BYTES_MAX)]
pub struct PeerIdError;

impl PeerId {
    /// automerge-repo's own ids have about 16 letters, a UUID has 36; 128 leaves room for a readable prefix.
    pub const LENGTH_BYTES_MAX: usize = 128;

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PeerId {
    type Err = PeerIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > Self::LENGTH_BYTES_MAX {
            return Err(PeerIdError);
        }
        Ok(Self(Arc::from(text)))
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_or_endless_name_is_refused() {
        assert_eq!("".parse::<PeerId>(), Err(PeerIdError));
        assert!("x".repeat(PeerId::LENGTH_BYTES_MAX).parse::<PeerId>().is_ok());
        assert_eq!(
            "x".repeat(PeerId::LENGTH_BYTES_MAX + 1).parse::<PeerId>(),
            Err(PeerIdError)
        );
    }
}
