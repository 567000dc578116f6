//! Which language the page speaks: what was chosen on this device, else what the browser asks for.

use crate::{i18n::Locale, platform::prefs};

const KEY: &str = "language";

/// The language to begin with; also told to the document, for screen readers and line breaking.
pub(super) fn first() -> Locale {
    let asked = || web_sys::window().and_then(|window| window.navigator().language());
    let locale = Locale::from_tag(&prefs::get(KEY).or_else(asked).unwrap_or_default());
    tell_document(locale);
    locale
}

/// Remembers a choice on this device.
pub(super) fn remember(locale: Locale) {
    prefs::set(KEY, Some(locale.tag()));
    tell_document(locale);
}

fn tell_document(locale: Locale) {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(root) = document.and_then(|document| document.document_element()) {
        let _ = root.set_attribute("lang", locale.tag());
    }
}
