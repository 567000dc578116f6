//! Styles that only the program knows, written through the style object: the page's security policy forbids `style`
//! attributes.

use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Marks what already has a place: only that glides when it gets another one. A new slip appears where it belongs.
pub const PLACED: &str = "data-placed";

/// Keeps these properties of an element as given. Written only when they change, so that what a hand holds stays
/// where the hand has it, whatever else is rendered.
#[hook]
pub fn use_styles<const COUNT: usize>(node: &NodeRef, styles: [(&'static str, String); COUNT]) {
    let node = node.clone();
    let seen = use_mut_ref(|| false);
    use_effect_with(styles, move |styles| {
        let Some(element) = node.cast::<HtmlElement>() else {
            return;
        };
        if seen.replace(true) {
            place(&element);
        }
        for (property, value) in styles {
            // Under a finger the finger decides; when it lets go, the place is written again.
            let held = *property == "transform" && element.has_attribute("data-drag");
            if !held {
                // The browser refuses only values that we do not write.
                let _ = element.style().set_property(property, value);
            }
        }
    });
}

/// From now on it glides.
pub fn place(element: &Element) {
    // The name is valid: this does not fail.
    let _ = element.set_attribute(PLACED, "");
}
