//! Brings up the on-screen keyboard before the field that it is for exists.
//!
//! iPad and iPhone open the keyboard only when a field is focused inside the touch itself; our editor appears a
//! moment later, after the note has been made. So a tiny field takes the focus at once, and the editor takes it
//! over: the keyboard stays. Whatever is typed into the tiny field in between is not lost: [`take`] hands it on.

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// Marks the tiny field in the page; the sheet renders one.
pub const BRIDGE_CLASS: &str = "sheet-keyboard-bridge";

fn field() -> Option<HtmlTextAreaElement> {
    let document = web_sys::window()?.document()?;
    document
        .query_selector(&format!(".{BRIDGE_CLASS}"))
        .ok()??
        .dyn_into()
        .ok()
}

/// Focuses the tiny field, within the touch.
pub fn hold() {
    if let Some(field) = field() {
        field.set_value("");
        // Refused focus means no keyboard yet; the editor's own focus is the second try.
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = field.focus_with_options(&options);
    }
}

/// What was typed before the editor was there.
pub fn take() -> String {
    let Some(field) = field() else { return String::new() };
    let typed = field.value();
    field.set_value("");
    typed
}

/// Nothing will be written after all: the keyboard goes away.
pub fn release() {
    if let Some(field) = field() {
        // A field without the focus has none to lose.
        let _ = field.blur();
    }
}
