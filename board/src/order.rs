//! Fractional order keys: a place between any two places, without renumbering anybody.
//!
//! A key is a fraction in base 62 written without the leading "0.": `V` lies in the middle, `F` before it,
//! `FV` between `F` and `G`. The last digit is never `0`, so between any two different keys there is another.
//! All keys of a board form one space in document order; siblings are sorted by (key, identifier).
//!
//! Length: a new key takes the shortest fraction in its gap plus [`JITTER_DIGITS`] digits derived from the
//! item's identifier, so that two people who insert into one gap at the same time do not get equal keys.
//! People mostly write at the end: a key at the very end counts upwards in [`END_DIGITS`] digits, and inside
//! a gap the new key stays near its left neighbour, so that about 15 notes written one after another cost one
//! digit (always inserting at the front of one gap costs a digit for 2). At [`KEY_BYTES_MAX`] the gap counts
//! as closed and the left neighbour's key is used again: then the identifiers decide.

use std::{fmt, sync::Arc};

/// Longest key in bytes: room for some 3,000 notes written one after another into one gap, or 400 at its front.
pub const KEY_BYTES_MAX: usize = 200;
/// Digits that tell apart keys made for one gap at the same time: 62² = 3,844.
pub const JITTER_DIGITS: usize = 2;

/// Digits in which keys at the very end (or beginning) count: 62³ / 2 = 119,164 notes each way from the middle.
pub const END_DIGITS: usize = 3;

/// Where in a gap a new key is put, as 1 / this from its left edge.
const NEAR_LEFT: usize = 8;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE: usize = 62;

/// A place in the report's order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey(Arc<str>);

/// Why a text is not an order key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an order key is 1 to {KEY_BYTES_MAX} base-62 digits, the last of them not 0")]
pub struct InvalidOrderKey;

impl OrderKey {
    /// The text as it stands in documents.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The middle of all keys; where unreadable places go.
    pub fn middle() -> Self {
        Self(Arc::from("V"))
    }

    /// A key between two neighbours (none: the very beginning or end). `jitter` is any number that differs
    /// between items, see the module's docs. If the neighbours leave no gap, the left one's key comes back.
    pub fn between(left: Option<&Self>, right: Option<&Self>, jitter: u64) -> Self {
        Self::between_at(left, right, jitter, NEAR_LEFT)
    }

    fn between_at(left: Option<&Self>, right: Option<&Self>, jitter: u64, part: usize) -> Self {
        let left_digits = left.map(Self::digits).unwrap_or_default();
        let right_digits = right.map(Self::digits);
        if let Some(right_digits) = &right_digits
            && left_digits >= *right_digits
        {
            return left.or(right).cloned().unwrap_or_else(Self::middle);
        }
        let counted = match (left, &right_digits) {
            (Some(_), None) => count_from(&left_digits, 1),
            (None, Some(right_digits)) => count_from(right_digits, -1),
            _ => None,
        };
        let part = if left.is_none() && right.is_none() { 2 } else { part };
        let mut digits = counted.unwrap_or_else(|| inside(&left_digits, right_digits.as_deref(), part));
        let mut rest = jitter;
        for index in 0..JITTER_DIGITS {
            let mut digit = (rest % BASE as u64) as usize;
            rest /= BASE as u64;
            if index + 1 == JITTER_DIGITS {
                digit = digit.max(1);
            }
            digits.push(digit);
        }
        // Appending can only overtake the right neighbour when that one starts with the midpoint itself.
        if right_digits
            .as_ref()
            .is_some_and(|right_digits| digits >= *right_digits)
            || digits.len() > KEY_BYTES_MAX
        {
            digits.truncate(digits.len().saturating_sub(JITTER_DIGITS));
        }
        if digits.len() > KEY_BYTES_MAX {
            return left.or(right).cloned().unwrap_or_else(Self::middle);
        }
        Self::from_digits(&digits)
    }

    /// `count` keys in rising order after `left`, evenly apart and short: for an import or a paste.
    pub fn spread(left: Option<&Self>, right: Option<&Self>, count: usize, jitter: u64) -> Vec<Self> {
        let mut keys = Vec::with_capacity(count);
        spread_into(left, right, count, jitter, &mut keys);
        keys
    }

    fn digits(&self) -> Vec<usize> {
        self.0.bytes().map(digit_value).collect()
    }

    fn from_digits(digits: &[usize]) -> Self {
        let text: String = digits.iter().map(|digit| char::from(DIGITS[digit % BASE])).collect();
        Self(Arc::from(text))
    }
}

/// Halves the range recursively; the depth is log2 of the count.
fn spread_into(left: Option<&OrderKey>, right: Option<&OrderKey>, count: usize, jitter: u64, keys: &mut Vec<OrderKey>) {
    if count == 0 {
        return;
    }
    let before = count / 2;
    let middle = OrderKey::between_at(left, right, jitter, 2);
    spread_into(left, Some(&middle), before, jitter, keys);
    keys.push(middle.clone());
    spread_into(Some(&middle), right, count - before - 1, jitter, keys);
}

/// The first digits of a key counted up or down by one; none when they run out.
fn count_from(digits: &[usize], step: i64) -> Option<Vec<usize>> {
    let head = (0..END_DIGITS).fold(0, |sum, index| {
        sum * BASE as i64 + digits.get(index).copied().unwrap_or(0) as i64
    });
    let mut next = head + step;
    if next <= 0 || next >= (BASE as i64).pow(END_DIGITS as u32) {
        return None;
    }
    let mut counted = vec![0; END_DIGITS];
    for digit in counted.iter_mut().rev() {
        *digit = (next % BASE as i64) as usize;
        next /= BASE as i64;
    }
    Some(counted)
}

/// A short fraction strictly between two others (right none: one), at 1 / `part` of the gap. `left < right` must hold.
fn inside(left: &[usize], right: Option<&[usize]>, part: usize) -> Vec<usize> {
    let mut digits = Vec::new();
    let mut right = right;
    for index in 0.. {
        let low = left.get(index).copied().unwrap_or(0);
        let high = match right {
            Some(right) => right.get(index).copied().unwrap_or(0),
            None => BASE,
        };
        if high > low + 1 {
            digits.push(low + ((high - low) / part).max(1));
            return digits;
        }
        digits.push(low);
        if high == low + 1 {
            // From here on anything greater than the rest of `left` is still below `right`.
            right = None;
        }
    }
    digits
}

fn digit_value(byte: u8) -> usize {
    match byte {
        b'0'..=b'9' => usize::from(byte - b'0'),
        b'A'..=b'Z' => usize::from(byte - b'A') + 10,
        b'a'..=b'z' => usize::from(byte - b'a') + 36,
        _ => 0,
    }
}

impl std::str::FromStr for OrderKey {
    type Err = InvalidOrderKey;
    fn from_str(text: &str) -> Result<Self, InvalidOrderKey> {
        let fits = !text.is_empty() && text.len() <= KEY_BYTES_MAX && !text.ends_with('0');
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(Arc::from(text)))
        } else {
            Err(InvalidOrderKey)
        }
    }
}

impl fmt::Display for OrderKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for OrderKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OrderKey({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> OrderKey {
        text.parse().expect("a key")
    }

    #[test]
    fn a_key_lies_strictly_between_its_neighbours() {
        for (left, right) in [
            ("F", "G"),
            ("F", "F1"),
            ("1", "2"),
            ("01", "1"),
            ("z", "zz"),
            ("FV", "G"),
            ("0001", "0002"),
        ] {
            for jitter in [0, 1, 61, 62, 3843, u64::MAX] {
                let (left, right) = (key(left), key(right));
                let between = OrderKey::between(Some(&left), Some(&right), jitter);
                assert!(left < between && between < right, "{left} < {between} < {right}");
                assert_eq!(between.as_str().parse(), Ok(between.clone()), "it reads back");
            }
        }
    }

    #[test]
    fn inserting_at_one_spot_again_and_again_never_fails_and_stays_short() {
        let left = key("F");
        let mut right = key("G");
        for jitter in 0..5_000_u64 {
            let between = OrderKey::between(Some(&left), Some(&right), jitter);
            assert!(left <= between && between <= right);
            assert!(between.as_str().len() <= KEY_BYTES_MAX);
            if between != left {
                right = between;
            }
        }
        assert!(right.as_str().len() > 150, "the gap was really used up");
    }

    #[test]
    fn appending_a_thousand_times_keeps_keys_rising_and_short() {
        let mut last = OrderKey::middle();
        for jitter in 0..1_000 {
            let next = OrderKey::between(Some(&last), None, jitter * 7919);
            assert!(last < next, "{last} < {next}");
            last = next;
        }
        assert!(last.as_str().len() <= END_DIGITS + JITTER_DIGITS, "{last}");
    }

    #[test]
    fn writing_a_thousand_notes_at_the_end_of_an_island_keeps_keys_short() {
        let (mut last, right) = (key("F"), key("F01"));
        let right = OrderKey::between(Some(&right), None, 9);
        for jitter in 0..1_000 {
            let next = OrderKey::between(Some(&last), Some(&right), jitter * 7919);
            assert!(last < next && next < right, "{last} < {next} < {right}");
            last = next;
        }
        assert!(last.as_str().len() <= 100, "{last}");
    }

    #[test]
    fn neighbours_without_a_gap_give_the_left_key_again() {
        let only = key("V");
        assert_eq!(OrderKey::between(Some(&only), Some(&only), 5), only);
    }

    #[test]
    fn a_spread_is_rising_and_short() {
        let keys = OrderKey::spread(None, None, 300, 17);
        assert_eq!(keys.len(), 300);
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(keys.iter().all(|key| key.as_str().len() <= 12), "{keys:?}");
    }

    #[test]
    fn texts_that_are_no_keys_are_refused() {
        for text in ["", "0", "F0", "F G", "ー", &"V".repeat(KEY_BYTES_MAX + 1)] {
            assert_eq!(text.parse::<OrderKey>(), Err(InvalidOrderKey));
        }
    }
}
