//! Small texts that the device remembers: language, last seat. Where storage is denied, nothing is remembered.

/// Every key starts so; other pages of the same host keep theirs.
const PREFIX: &str = "yoriai.";
/// Longest remembered text in bytes: a seat with 200 names is about 20 KB.
const VALUE_BYTES_MAX: usize = 100_000;

fn storage() -> Option<web_sys::Storage> {
    // Private windows throw on access, not on use: both ways end in None.
    web_sys::window()?.local_storage().ok()?
}

/// What is remembered under a key.
pub fn get(key: &str) -> Option<String> {
    storage()?.get_item(&format!("{PREFIX}{key}")).ok()?
}

/// Remembers a text, or forgets it with `None`. Too long a text is forgotten rather than cut.
pub fn set(key: &str, value: Option<&str>) {
    let Some(storage) = storage() else { return };
    let key = format!("{PREFIX}{key}");
    // A full or denied storage only means that the next visit starts without it.
    let _ = match value.filter(|value| value.len() <= VALUE_BYTES_MAX) {
        Some(value) => storage.set_item(&key, value),
        None => storage.remove_item(&key),
    };
}
