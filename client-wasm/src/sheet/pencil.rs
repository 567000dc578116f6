//! An island's outline: a rounded rectangle as a steady hand draws it. The same island always gets the same line.

use std::fmt::Write as _;

use board::geometry::Size;

/// How far the line strays from the ruler, in units.
const STRAY: f64 = 3.5;
/// Radius of the corners, in units.
const CORNER: f64 = 36.0;
/// A hand bends the line about this often, in units.
const STRIDE: f64 = 260.0;
/// Bends on one side at most: a side of the whole sheet.
const BENDS_MAX: usize = 20;

/// The outline as an SVG path in a box of this size. `seed` is the island's identifier.
pub fn outline(seed: &str, size: Size) -> String {
    let mut hand = Hand::of(seed);
    let (width, height) = (size.width.max(1.0), size.height.max(1.0));
    let corner = CORNER.min(width / 2.0).min(height / 2.0);
    // Clockwise from the top left: the end of each side, then round its corner.
    let sides = [
        ((corner, 0.0), (width - corner, 0.0), (width, corner)),
        ((width, corner), (width, height - corner), (width - corner, height)),
        ((width - corner, height), (corner, height), (0.0, height - corner)),
        ((0.0, height - corner), (0.0, corner), (corner, 0.0)),
    ];
    let corners = [(width, 0.0), (width, height), (0.0, height), (0.0, 0.0)];
    let mut path = format!("M{corner:.1} 0.0");
    for ((from, to, next), corner_at) in sides.into_iter().zip(corners) {
        hand.along(&mut path, from, to);
        // Writing into a String cannot fail.
        let _ = write!(
            path,
            "Q{:.1} {:.1} {:.1} {:.1}",
            corner_at.0, corner_at.1, next.0, next.1
        );
    }
    path.push('Z');
    path
}

/// A small generator: what it draws depends on the seed alone.
struct Hand(u32);

impl Hand {
    fn of(seed: &str) -> Self {
        let hash = seed.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        Self(hash | 1)
    }

    /// Between minus and plus [`STRAY`].
    fn stray(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (f64::from(self.0) / f64::from(u32::MAX) * 2.0 - 1.0) * STRAY
    }

    fn along(&mut self, path: &mut String, from: (f64, f64), to: (f64, f64)) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let bends = ((length / STRIDE).ceil() as usize).clamp(1, BENDS_MAX);
        // Across the side, so that the line strays in and out and not along itself.
        let across = if length > 0.0 {
            (-dy / length, dx / length)
        } else {
            (0.0, 0.0)
        };
        for bend in 1..=bends {
            let part = |index: f64| (from.0 + dx * index / bends as f64, from.1 + dy * index / bends as f64);
            let (middle, end) = (part(bend as f64 - 0.5), part(bend as f64));
            let (bow, rest) = (self.stray(), if bend == bends { 0.0 } else { self.stray() * 0.5 });
            let _ = write!(
                path,
                "Q{:.1} {:.1} {:.1} {:.1}",
                middle.0 + across.0 * bow,
                middle.1 + across.1 * bow,
                end.0 + across.0 * rest,
                end.1 + across.1 * rest,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        width: 640.0,
        height: 420.0,
    };

    #[test]
    fn one_island_always_has_the_same_line_and_two_have_different_ones() {
        assert_eq!(outline("abc", SIZE), outline("abc", SIZE));
        assert_ne!(outline("abc", SIZE), outline("abd", SIZE));
    }

    #[test]
    fn the_line_stays_near_its_box_and_is_finite_even_for_no_size() {
        for size in [
            SIZE,
            Size {
                width: 4800.0,
                height: 3468.0,
            },
            Size::default(),
        ] {
            let path = outline("island", size);
            let numbers = path.split(|letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == '-'));
            for number in numbers.filter(|text| !text.is_empty()) {
                let number: f64 = number.parse().expect("the path holds numbers");
                assert!(number >= -STRAY - 0.1 && number <= size.width.max(size.height).max(1.0) + STRAY + 0.1);
            }
            assert!(path.len() < 4_000);
        }
    }
}
