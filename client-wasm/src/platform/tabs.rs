//! The other tabs of this device: a word to all of them. They share the database; this tells them when to look.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

const NAME: &str = "yoriai";

/// The channel to the other tabs; none where the browser has no such thing, and tabs then meet at the server.
pub struct Tabs(Option<BroadcastChannel>);

impl Tabs {
    /// Opens the channel.
    pub fn open() -> Self {
        Self(BroadcastChannel::new(NAME).ok())
    }

    /// Says a word to all other tabs.
    pub fn tell(&self, word: &str) {
        if let Some(channel) = &self.0 {
            // It fails only on a closed channel, which means that this page is going.
            let _ = channel.post_message(&JsValue::from_str(word));
        }
    }

    /// Calls with every word of another tab, as long as the page lives.
    pub fn listen(&self, mut heard: impl FnMut(String) + 'static) {
        let Some(channel) = &self.0 else { return };
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(word) = event.data().as_string() {
                heard(word);
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        listener.forget();
    }
}
