//! The device's own signs of life: network, sleep, being put away.

use wasm_bindgen::{JsCast, closure::Closure};

use crate::store::Store;

/// Listens for the life of the page.
pub(super) fn listen(store: &Store) {
    let Some(window) = web_sys::window() else { return };
    let Some(document) = window.document() else { return };
    let on = |target: &web_sys::EventTarget, event: &str, call: Box<dyn FnMut()>| {
        let closure = Closure::wrap(call);
        let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        // As long as the page lives these do.
        closure.forget();
    };
    let told = |online: bool| -> Box<dyn FnMut()> {
        let store = store.clone();
        Box::new(move || store.network(online))
    };
    on(&window, "online", told(true));
    on(&window, "offline", told(false));
    on(&window, "pageshow", told(true));
    let put_away = store.clone();
    on(&window, "pagehide", Box::new(move || put_away.put_away()));
    // A browser that had frozen the page tells only the document.
    on(&document, "resume", told(true));
    let (store, seen) = (store.clone(), document.clone());
    on(
        &document,
        "visibilitychange",
        Box::new(move || match seen.visibility_state() {
            // Waking up: the line is tried at once instead of after the wait that was running when the lid closed.
            web_sys::VisibilityState::Visible => store.network(true),
            _ => store.put_away(),
        }),
    );
}
