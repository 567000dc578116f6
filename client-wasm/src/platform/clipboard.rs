//! The clipboard.

use wasm_bindgen_futures::JsFuture;

/// Puts a text on the clipboard. False when the browser refuses (an insecure page on a hall's LAN, say): then the
/// caller shows the text selected, so that the person can copy it by hand.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    // `navigator.clipboard` is missing on insecure pages, against what its type says.
    let navigator = window.navigator();
    let present = js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object());
    present && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
