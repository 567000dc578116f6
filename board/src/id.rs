//! Identifiers: one type each, with one parser and one printer.

use std::{fmt, sync::Arc};

/// Longest identifier in bytes. A UUID in text is 36; anything longer is somebody's mistake.
pub const ID_BYTES_MAX: usize = 40;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is 1 to {ID_BYTES_MAX} characters of A-Z a-z 0-9 _ -")]
pub struct InvalidId;

fn parse(text: &str) -> Result<Arc<str>, InvalidId> {
    let charset = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if text.is_empty() || text.len() > ID_BYTES_MAX || !text.bytes().all(charset) {
        return Err(InvalidId);
    }
    Ok(Arc::from(text))
}

/// 80 random bits as 16 letters of Crockford's base 32, lower case.
fn print_random(bits: u128) -> Arc<str> {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let text: String = (0..16)
        .map(|index| char::from(ALPHABET[((bits >> (5 * index)) & 31) as usize]))
        .collect();
    Arc::from(text)
}

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Makes an identifier of the low 80 of the given random bits.
            pub fn from_random(bits: u128) -> Self {
                Self(print_random(bits))
            }
            /// The text as it stands in documents.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text).map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

id!(/// One note (付箋).
    NoteId);
id!(/// One island (島).
    IslandId);
id!(/// One relation (関係線).
    RelationId);
id!(/// One person of a workshop (参加者, コーディネーター).
    PersonId);
id!(/// One group (班).
    GroupId);

/// What can be placed on the sheet: a note or an island.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemId {
    /// A note.
    Note(NoteId),
    /// An island.
    Island(IslandId),
}

impl ItemId {
    /// The note's identifier, if it is a note.
    pub fn note(&self) -> Option<&NoteId> {
        match self {
            Self::Note(id) => Some(id),
            Self::Island(_) => None,
        }
    }
    /// The island's identifier, if it is an island.
    pub fn island(&self) -> Option<&IslandId> {
        match self {
            Self::Island(id) => Some(id),
            Self::Note(_) => None,
        }
    }
}

/// Prints `n:<id>` or `i:<id>`, the form used inside documents (relations, marks, the reading path).
impl fmt::Display for ItemId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(id) => write!(formatter, "n:{id}"),
            Self::Island(id) => write!(formatter, "i:{id}"),
        }
    }
}

impl std::str::FromStr for ItemId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            Some(("n", id)) => id.parse().map(Self::Note),
            Some(("i", id)) => id.parse().map(Self::Island),
            _ => Err(InvalidId),
        }
    }
}

impl From<NoteId> for ItemId {
    fn from(id: NoteId) -> Self {
        Self::Note(id)
    }
}
impl From<IslandId> for ItemId {
    fn from(id: IslandId) -> Self {
        Self::Island(id)
    }
}
