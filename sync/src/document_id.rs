//! The id of a document: sixteen random bytes, written on the wire as base58 with a checksum.

use std::{fmt, str::FromStr};

/// The bytes of an automerge-repo document id.
///
/// There is one parser ([`FromStr`]) and one printer ([`fmt::Display`]), both the bs58check form that automerge-repo
/// uses, so that a mistyped id is refused rather than looked up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId([u8; DocumentId::LENGTH_BYTES]);

/// The text is not a document id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentIdError {
    /// Not base58, or its checksum does not match.
    #[error("not a base58 text with a valid checksum")]
    Text,
    /// A valid base58 text of another length.
    #[error("a document id has {} bytes, this one has {length_bytes}", DocumentId::LENGTH_BYTES)]
    Length {
        /// How many bytes the text stood for.
        length_bytes: usize,
    },
}

impl DocumentId {
    /// A document id is a UUID: sixteen bytes.
    pub const LENGTH_BYTES: usize = 16;
    /// Sixteen bytes and a checksum of four are at most 28 base58 digits; more is refused before it is decoded.
    pub const TEXT_LENGTH_MAX: usize = 28;

    /// Wraps bytes that were drawn at random (sixteen of them) by the caller.
    pub const fn from_bytes(bytes: [u8; Self::LENGTH_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes of the id, the form in which it is stored.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH_BYTES] {
        &self.0
    }
}

impl FromStr for DocumentId {
    type Err = DocumentIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > Self::TEXT_LENGTH_MAX {
            return Err(DocumentIdError::Text);
        }
        let bytes = bs58::decode(text)
            .with_check(None)
            .into_vec()
            .map_err(|_| DocumentIdError::Text)?;
        let length_bytes = bytes.len();
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| DocumentIdError::Length { length_bytes })
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).with_check().into_string())
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_printed_by_automerge_repo_is_read_and_printed_back() {
        // Made with automerge-repo's own bs58check of sixteen bytes of 0x00..0x0f.
        let bytes: [u8; 16] = std::array::from_fn(|i| i as u8);
        let text = DocumentId::from_bytes(bytes).to_string();
        assert_eq!(text.parse::<DocumentId>(), Ok(DocumentId::from_bytes(bytes)));
    }

    #[test]
    fn one_wrong_letter_is_refused_by_the_checksum() {
        let text = DocumentId::from_bytes([7; 16]).to_string();
        let wrong = format!(
            "{}{}",
            &text[..text.len() - 1],
            if text.ends_with('2') { '3' } else { '2' }
        );
        assert_eq!(wrong.parse::<DocumentId>(), Err(DocumentIdError::Text));
    }

    #[test]
    fn a_valid_text_of_another_length_is_refused() {
        let text = bs58::encode([1u8; 12]).with_check().into_string();
        assert_eq!(
            text.parse::<DocumentId>(),
            Err(DocumentIdError::Length { length_bytes: 12 })
        );
    }

    proptest! {
        #[test]
        fn every_id_survives_its_text(bytes: [u8; 16]) {
            let id = DocumentId::from_bytes(bytes);
            let text = id.to_string();
            prop_assert!(text.len() <= DocumentId::TEXT_LENGTH_MAX);
            prop_assert_eq!(text.parse::<DocumentId>(), Ok(id));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,64}") {
            let _ = text.parse::<DocumentId>();
        }
    }
}
