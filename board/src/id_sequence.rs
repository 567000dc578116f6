//! Identifiers drawn one after another from given random bits.

/// A sequence of 128-bit numbers from a seed (SplitMix64 on two lanes). The same seed gives the same numbers, so
/// a server command that is repeated makes the same identifiers; different seeds practically never meet.
#[derive(Debug, Clone)]
pub struct IdSequence {
    lanes: [u64; 2],
}

impl IdSequence {
    /// Starts a sequence.
    pub fn new(seed: u128) -> Self {
        Self {
            lanes: [seed as u64, (seed >> 64) as u64 ^ 0x5851_f42d_4c95_7f2d],
        }
    }

    /// The next number, for `from_random` of any identifier.
    pub fn next_bits(&mut self) -> u128 {
        let [low, high] = &mut self.lanes;
        u128::from(split_mix(low)) | u128::from(split_mix(high)) << 64
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_identifiers_and_no_two_of_them_are_equal() {
        let draw = |seed| {
            let mut sequence = IdSequence::new(seed);
            (0..1_000)
                .map(|_| crate::id::NoteId::from_random(sequence.next_bits()))
                .collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_eq!(draw(7).len(), 1_000);
        assert!(draw(7).is_disjoint(&draw(8)));
    }
}
