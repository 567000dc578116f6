//! How large a note's letters are: as large as they fit, from [`SIZES`], never cut off while there is a size left.
//!
//! The browser measures (only it knows its line breaks), in one hidden slip that touches no other layout, by
//! binary search over the sizes, once per text: a board of 300 notes costs about 900 small measurements. The two
//! smallest sizes break lines anywhere instead of between phrases: there the room counts.

use std::{cell::RefCell, collections::BTreeMap};

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Letter sizes in pixels at zoom 1, the largest first.
pub const SIZES: [u8; 6] = [28, 24, 20, 18, 16, 14];
/// Texts longer than this are not measured: at the smallest size a slip holds about 60 letters.
const MEASURED_CHARS_MAX: usize = 160;
/// Remembered texts; beyond it (a day on one page) all are forgotten and measured again.
const REMEMBERED_MAX: usize = 4_000;

thread_local! {
    static FITS: RefCell<Fits> = RefCell::default();
}

#[derive(Default)]
struct Fits {
    slip: Option<HtmlElement>,
    known: [BTreeMap<String, Fit>; 2],
}

/// How a text fits its slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Letter size in pixels at zoom 1.
    pub size: u8,
    /// The text is longer than the slip even at the smallest size.
    pub overflows: bool,
}

/// The fit of a note's text. A note with a foot (its author, a badge) has a line less room.
pub fn fit(text: &str, has_foot: bool) -> Fit {
    FITS.with_borrow_mut(|fits| {
        let shelf = usize::from(has_foot);
        if let Some(known) = fits.known.get(shelf).and_then(|known| known.get(text)) {
            return *known;
        }
        let fit = search(text, |size| fits.slip().map(|slip| holds(&slip, text, size, has_foot)));
        if let Some(known) = fits.known.get_mut(shelf) {
            if known.len() >= REMEMBERED_MAX {
                known.clear();
            }
            known.insert(text.to_owned(), fit);
        }
        fit
    })
}

/// The largest size that holds the text, by binary search. `holds` answers none where nothing can be measured.
fn search(text: &str, mut holds: impl FnMut(u8) -> Option<bool>) -> Fit {
    let smallest = Fit {
        size: SIZES[SIZES.len() - 1],
        overflows: true,
    };
    if text.chars().nth(MEASURED_CHARS_MAX).is_some() {
        return smallest;
    }
    let (mut low, mut high) = (0, SIZES.len());
    while low < high {
        let middle = (low + high) / 2;
        let Some(&size) = SIZES.get(middle) else { break };
        match holds(size) {
            Some(true) => high = middle,
            Some(false) => low = middle + 1,
            None => {
                return Fit {
                    size: guess(text),
                    overflows: false,
                };
            }
        }
    }
    SIZES.get(low).map_or(smallest, |&size| Fit { size, overflows: false })
}

/// Without a browser: by the number of letters.
fn guess(text: &str) -> u8 {
    match text.chars().count() {
        0..=12 => 28,
        13..=21 => 24,
        22..=28 => 20,
        29..=36 => 18,
        37..=44 => 16,
        _ => 14,
    }
}

fn holds(slip: &HtmlElement, text: &str, size: u8, has_foot: bool) -> bool {
    let foot = if has_foot { " has-foot" } else { "" };
    slip.set_class_name(&format!("note-text note-text--measuring letters-{size}{foot}"));
    slip.set_text_content(Some(text));
    slip.scroll_height() <= slip.client_height()
}

impl Fits {
    fn slip(&mut self) -> Option<HtmlElement> {
        if self.slip.is_none() && cfg!(target_arch = "wasm32") {
            let document = web_sys::window()?.document()?;
            let slip: HtmlElement = document.create_element("div").ok()?.dyn_into().ok()?;
            slip.set_attribute("aria-hidden", "true").ok()?;
            document.body()?.append_child(&slip).ok()?;
            self.slip = Some(slip);
        }
        self.slip.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slip that holds `room` letters at 28 px and accordingly more of smaller ones.
    fn slip(room: usize) -> impl Fn(&str) -> (Fit, usize) {
        move |text| {
            let mut measured = 0;
            let fit = search(text, |size| {
                measured += 1;
                Some(text.chars().count() <= room * 28 / usize::from(size))
            });
            (fit, measured)
        }
    }

    #[test]
    fn a_short_text_is_large_and_a_long_one_as_large_as_it_fits() {
        let slip = slip(10);
        assert_eq!(
            slip("異動").0,
            Fit {
                size: 28,
                overflows: false
            }
        );
        assert_eq!(slip(&"あ".repeat(14)).0.size, 20);
        assert_eq!(
            slip(&"あ".repeat(20)).0,
            Fit {
                size: 14,
                overflows: false
            }
        );
        assert_eq!(
            slip(&"あ".repeat(21)).0,
            Fit {
                size: 14,
                overflows: true
            }
        );
    }

    #[test]
    fn three_measurements_are_enough_and_a_novel_needs_none() {
        let slip = slip(10);
        for letters in 0..40 {
            assert!(slip(&"あ".repeat(letters)).1 <= 3);
        }
        assert_eq!(slip(&"あ".repeat(10_000)).1, 0);
    }
}
