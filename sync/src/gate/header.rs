//! What a change says of its place in the history, held against the document (rule S51).
//!
//! automerge believes all of it. An operation number far ahead would leave no numbers for anybody else, a sequence number
//! without its predecessor would make readers believe they hold what they never got, and a second use of an operation's
//! number would damage the document of everybody who stores it. So would a change without operations that begins later than
//! its past ends: automerge 0.12 stores only where a change ends, looks for the operations in between when it reads the document
//! back, and gives it up (`missing ops`).

use automerge::Change;

/// How far ahead of the server's clock a change may be dated: a day, in seconds. The past is free, people are offline.
pub const AHEAD_MAX_S: i64 = 24 * 60 * 60;
/// The most bytes of an actor id; automerge's own have sixteen.
pub const ACTOR_BYTES_MAX: usize = 64;
/// The most bytes of a change's message. Ours have none.
pub const MESSAGE_BYTES_MAX: usize = 1024;
/// automerge keeps operation numbers in 32 bits.
const OPERATION_NUMBER_MAX: u64 = u32::MAX as u64;
/// A time from here on is taken for milliseconds: as seconds it would be the year 5138, as milliseconds it is 1973.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// What the document holds of a change's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The latest sequence number of the change's actor; 0 if it never wrote.
    pub latest_seq: u64,
    /// Whether that latest change is among the change's dependencies or their past. True if there is none.
    pub builds_on_latest: bool,
    /// The highest operation number of the change's dependencies; 0 if it has none.
    pub dependencies_max_op: u64,
    /// The highest operation number of the document with what came before in the same submission.
    pub max_op: u64,
    /// Seconds since 1970 by the server's clock, if it has one.
    pub now_s: Option<i64>,
}

/// Why a change does not belong where it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not the actor's next, or not built on its latest change.
    #[error("a sequence number that is not the actor's next")]
    Sequence,
    /// Its first operation has a number that is taken or too high; or it has none and does not begin where its past ends.
    #[error("operation numbers that do not follow from its past")]
    Operations,
    /// It names a dependency twice.
    #[error("a dependency that is named twice")]
    Dependencies,
    /// Dated more than [`AHEAD_MAX_S`] ahead.
    #[error("dated more than a day ahead of the server's clock")]
    Ahead,
    /// An actor id of no or too many bytes.
    #[error("an actor id that is not of 1 to {ACTOR_BYTES_MAX} bytes")]
    Actor,
    /// A message longer than [`MESSAGE_BYTES_MAX`], or bytes beyond the operations.
    #[error("more than operations")]
    Freight,
}

/// Checks a change's header against its past.
///
/// # Errors
/// See [`HeaderError`].
pub fn header(change: &Change, place: &Place) -> Result<(), HeaderError> {
    if !(1..=ACTOR_BYTES_MAX).contains(&change.actor_id().as_ref().len()) {
        return Err(HeaderError::Actor);
    }
    if change
        .message()
        .is_some_and(|message| message.len() > MESSAGE_BYTES_MAX)
        || !change.extra_bytes().is_empty()
    {
        return Err(HeaderError::Freight);
    }
    let mut dependencies = change.deps().to_vec();
    dependencies.sort_unstable();
    dependencies.dedup();
    if dependencies.len() != change.deps().len() {
        return Err(HeaderError::Dependencies);
    }
    if change.seq() != place.latest_seq.saturating_add(1) || !place.builds_on_latest {
        return Err(HeaderError::Sequence);
    }
    let first = change.start_op().get();
    let fits = first > place.dependencies_max_op
        && first <= place.max_op.saturating_add(1)
        && first.saturating_add(change.len() as u64) <= OPERATION_NUMBER_MAX
        && (!change.is_empty() || first == place.dependencies_max_op.saturating_add(1));
    if !fits {
        return Err(HeaderError::Operations);
    }
    if place
        .now_s
        .is_some_and(|now_s| seconds(change.timestamp()) > now_s.saturating_add(AHEAD_MAX_S))
    {
        return Err(HeaderError::Ahead);
    }
    Ok(())
}

/// automerge leaves the unit to who writes: ours and JavaScript's are seconds, some write milliseconds.
fn seconds(time: i64) -> i64 {
    if time >= MILLISECONDS_FROM { time / 1_000 } else { time }
}

#[cfg(test)]
mod tests {
    use automerge::{Automerge, AutomergeError, ExpandedChange, ROOT, transaction::Transactable};

    use super::*;

    const NOON_S: i64 = 1_795_000_000;

    fn place() -> Place {
        Place {
            latest_seq: 0,
            builds_on_latest: true,
            dependencies_max_op: 0,
            max_op: 0,
            now_s: Some(NOON_S),
        }
    }

    fn change() -> ExpandedChange {
        let mut doc = Automerge::new();
        doc.transact::<_, _, AutomergeError>(|tx| {
            tx.put(ROOT, "a", 1)?;
            tx.put(ROOT, "b", 2)
        })
        .expect("a change");
        doc.get_last_local_change().expect("the change just made").decode()
    }

    fn told(write: impl FnOnce(&mut ExpandedChange), place: Place) -> Result<(), HeaderError> {
        let mut expanded = change();
        write(&mut expanded);
        header(&Change::from(expanded), &place)
    }

    #[test]
    fn s51_an_honest_header_passes_and_the_past_is_free() {
        assert_eq!(told(|_| {}, place()), Ok(()));
        for time in [
            0,
            -5_000_000_000,
            NOON_S,
            NOON_S + AHEAD_MAX_S,
            (NOON_S + AHEAD_MAX_S) * 1_000,
        ] {
            assert_eq!(told(|change| change.time = time, place()), Ok(()), "{time}");
        }
        let clockless = Place { now_s: None, ..place() };
        assert_eq!(told(|change| change.time = i64::MAX, clockless), Ok(()));
    }

    #[test]
    fn s51_a_date_more_than_a_day_ahead_is_refused() {
        for time in [
            NOON_S + AHEAD_MAX_S + 1,
            (NOON_S + AHEAD_MAX_S + 1) * 1_000,
            4_000_000_000,
            i64::MAX,
        ] {
            assert_eq!(
                told(|change| change.time = time, place()),
                Err(HeaderError::Ahead),
                "{time}"
            );
        }
    }

    #[test]
    fn row_17_sequence_and_operation_numbers_follow_from_the_past() {
        let numbered = |seq, first| {
            move |change: &mut ExpandedChange| {
                change.seq = seq;
                change.start_op = std::num::NonZeroU64::new(first).expect("not zero");
            }
        };
        let later = Place {
            latest_seq: 4,
            dependencies_max_op: 10,
            max_op: 20,
            ..place()
        };
        assert_eq!(told(numbered(5, 11), later), Ok(()));
        assert_eq!(
            told(numbered(5, 21), later),
            Ok(()),
            "written while it held more than it builds on"
        );
        for (seq, first, error) in [
            (4, 11, HeaderError::Sequence),
            (6, 11, HeaderError::Sequence),
            (5, 10, HeaderError::Operations),
            (5, 1, HeaderError::Operations),
            (5, 22, HeaderError::Operations),
            (5, u64::from(u32::MAX), HeaderError::Operations),
        ] {
            assert_eq!(told(numbered(seq, first), later), Err(error), "{seq} {first}");
        }
        let full = Place {
            max_op: u64::from(u32::MAX) - 1,
            ..later
        };
        assert_eq!(
            told(numbered(5, u64::from(u32::MAX) - 1), full),
            Err(HeaderError::Operations)
        );
        let beside = Place {
            builds_on_latest: false,
            ..later
        };
        assert_eq!(told(numbered(5, 11), beside), Err(HeaderError::Sequence));
    }

    #[test]
    fn s51_a_change_without_operations_begins_where_its_past_ends() {
        let empty = |first| {
            move |change: &mut ExpandedChange| {
                change.operations.clear();
                change.start_op = std::num::NonZeroU64::new(first).expect("not zero");
            }
        };
        let later = Place {
            dependencies_max_op: 10,
            max_op: 20,
            ..place()
        };
        assert_eq!(told(empty(11), later), Ok(()));
        for first in [12, 21] {
            assert_eq!(told(empty(first), later), Err(HeaderError::Operations), "{first}");
        }
    }

    #[test]
    fn s51_nothing_travels_beside_the_operations() {
        let long = |change: &mut ExpandedChange| change.message = Some("x".repeat(MESSAGE_BYTES_MAX + 1));
        assert_eq!(told(long, place()), Err(HeaderError::Freight));
        assert_eq!(
            told(|change| change.extra_bytes = vec![1], place()),
            Err(HeaderError::Freight)
        );
        assert_eq!(told(|change| change.message = Some("x".into()), place()), Ok(()));
        let named = |bytes: usize| move |change: &mut ExpandedChange| change.actor_id = vec![1; bytes].into();
        assert_eq!(told(named(ACTOR_BYTES_MAX), place()), Ok(()));
        assert_eq!(told(named(ACTOR_BYTES_MAX + 1), place()), Err(HeaderError::Actor));
        let twice = |change: &mut ExpandedChange| change.deps = vec![automerge::ChangeHash([1; 32]); 2];
        assert_eq!(told(twice, place()), Err(HeaderError::Dependencies));
    }
}
