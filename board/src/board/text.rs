//! Differences between two texts, in Unicode scalar values.

/// Above this many characters of difference one splice replaces the differing middle: a finer comparison costs
/// the product of both lengths (1,000 × 1,000 steps are a few milliseconds).
pub(crate) const FINE_DIFFERENCE_CHARS_MAX: usize = 1_000;

/// One splice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub at: usize,
    pub delete: usize,
    pub insert: String,
}

/// The one splice between the common beginning and the common end that makes `before` read `after`.
pub(crate) fn difference(before: &str, after: &str) -> Splice {
    let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let start = old.iter().zip(&new).take_while(|(left, right)| left == right).count();
    let rest = old.iter().rev().zip(new.iter().rev());
    let end = rest
        .take(old.len().min(new.len()) - start)
        .take_while(|(left, right)| left == right)
        .count();
    let insert = new.iter().take(new.len() - end).skip(start).collect();
    Splice {
        at: start,
        delete: old.len() - end - start,
        insert,
    }
}

/// Where the second of two thoughts begins, as the number of characters before the separator, of the separator
/// itself (SPACE + `・`), and nothing for a text with one thought.
pub(crate) fn second_thought(text: &str) -> Option<(usize, usize)> {
    let before = text
        .split_once(" ・")
        .filter(|(first, second)| !first.is_empty() && !second.is_empty())?
        .0;
    Some((before.chars().count(), 2))
}

/// The characters in a range of positions.
pub(crate) fn slice(text: &str, from: usize, to: usize) -> String {
    text.chars().take(to).skip(from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_the_middle() {
        let splice = Splice {
            at: 2,
            delete: 1,
            insert: "XY".to_owned(),
        };
        assert_eq!(difference("島の名前", "島のXY前"), splice);
        assert_eq!(
            difference("aaa", "aa"),
            Splice {
                at: 2,
                delete: 1,
                insert: String::new()
            }
        );
        assert_eq!(
            difference("", "あ"),
            Splice {
                at: 0,
                delete: 0,
                insert: "あ".to_owned()
            }
        );
    }

    #[test]
    fn a_middle_dot_inside_a_word_splits_nothing() {
        assert_eq!(second_thought("土・日に仕事"), None);
        assert_eq!(second_thought("当事者意識がない ・個人がない？"), Some((8, 2)));
    }
}
