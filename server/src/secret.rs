//! Secrets: made of the operating system's randomness, shown once, kept as SHA-256 only.
//!
//! A link's secret has 128 bits, so its hash needs no salt and no slow function: there is nothing to guess. A join
//! code has 12 digits (39.86 bits), because people say it aloud; [`crate::throttle`] bounds how often one may guess.

use std::fmt;

use sha2::{Digest, Sha256};

/// Bytes of a secret in a link, a cookie or a token.
pub const SECRET_BYTES: usize = 16;
/// Digits of a join code: log2(10^12) = 39.86 bits.
pub const CODE_DIGITS: usize = 12;

/// A secret in the moment of its making, or as somebody presented it. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Makes a secret of 128 random bits, printed as 32 hexadecimal digits.
    pub fn random() -> Result<Self, RandomFailed> {
        random_bytes::<SECRET_BYTES>().map(|bytes| Self(hex(&bytes)))
    }

    /// Makes a join code: 12 digits without bias.
    pub fn random_code() -> Result<Self, RandomFailed> {
        // The largest multiple of 10^12 below 2^64; numbers above it are drawn again, so that all codes are equally likely.
        const RANGE: u64 = 1_000_000_000_000;
        const FAIR_BELOW: u64 = u64::MAX - u64::MAX % RANGE;
        loop {
            let number = u64::from_le_bytes(random_bytes::<8>()?);
            if number < FAIR_BELOW {
                return Ok(Self(format!("{:012}", number % RANGE)));
            }
        }
    }

    /// Reads a link's, cookie's or token's secret. Anything but 32 lower-case hexadecimal digits is none.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 2 * SECRET_BYTES && text.bytes().all(digit)).then(|| Self(text.to_owned()))
    }

    /// Reads a join code as people write it: full-width digits, spaces and dashes of any kind are welcome.
    pub fn parse_code(text: &str) -> Option<Self> {
        let mut digits = String::with_capacity(CODE_DIGITS);
        for character in text.trim().chars() {
            match character {
                '0'..='9' => digits.push(character),
                '０'..='９' => digits.push(char::from(b'0' + (u32::from(character) - u32::from('０')) as u8)),
                ' ' | '\u{3000}' | '-' | '‐' | '–' | '—' | '－' | 'ー' | '−' => {}
                _ => return None,
            }
            if digits.len() > CODE_DIGITS {
                return None;
            }
        }
        (digits.len() == CODE_DIGITS).then_some(Self(digits))
    }

    /// The text, to be shown to the one person it is for.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The join code in groups of four, as it is printed and said.
    pub fn reveal_code(&self) -> String {
        let mut grouped = String::with_capacity(CODE_DIGITS + 2);
        for (index, digit) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                grouped.push('-');
            }
            grouped.push(digit);
        }
        grouped
    }

    /// What is stored and looked up instead of the secret.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// SHA-256 of a secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl fmt::Debug for SecretHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretHash(…)")
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomFailed;

/// Random bytes of the operating system.
pub fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH], RandomFailed> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| RandomFailed)?;
    Ok(bytes)
}

/// 128 random bits, for identifiers.
pub fn random_bits() -> Result<u128, RandomFailed> {
    random_bytes::<16>().map(u128::from_le_bytes)
}

/// Prints bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_people_write_it() {
        let plain = Secret::parse_code("123456789012").unwrap();
        for written in [
            "1234-5678-9012",
            " 1234 5678 9012 ",
            "１２３４－５６７８－９０１２",
            "1234　5678ー9012",
        ] {
            assert_eq!(Secret::parse_code(written).unwrap(), plain, "{written}");
        }
        assert_eq!(plain.reveal_code(), "1234-5678-9012");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for written in [
            "",
            "12345678901",
            "1234567890123",
            "12345678901a",
            "123456789012345678901234567890",
        ] {
            assert_eq!(Secret::parse_code(written), None, "{written}");
        }
    }

    #[test]
    fn a_secret_is_32_hexadecimal_digits_and_debug_hides_it() {
        let secret = Secret::random().unwrap();
        assert_eq!(Secret::parse(secret.reveal()).unwrap(), secret);
        assert_ne!(Secret::random().unwrap(), secret);
        assert!(!format!("{secret:?} {:?}", secret.hash()).contains(secret.reveal()));
        assert_eq!(
            Secret::parse(&secret.reveal().to_uppercase().replace(char::is_numeric, "A")),
            None
        );
        assert_eq!(Secret::parse("00"), None);
    }
}
