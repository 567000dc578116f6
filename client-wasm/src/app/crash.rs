//! When the page breaks: a dialog in plain DOM that says what happened, that nothing is lost, and reloads.
//!
//! After a panic no Rust state can be trusted, Yew's least of all; the dialog uses none of it.

use std::{
    cell::{Cell, RefCell},
    panic::PanicHookInfo,
};

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Document, Element, HtmlElement};

use super::language;
use crate::store::{Store, Subscription};

thread_local! {
    /// Whether edits are on the device; the dialog must not promise what is not so.
    static STORES: Cell<bool> = const { Cell::new(true) };
    static WATCH: RefCell<Option<Subscription>> = const { RefCell::new(None) };
    static SHOWN: Cell<bool> = const { Cell::new(false) };
}

/// Makes panics visible.
pub(super) fn install() {
    // Through Yew, which otherwise puts a hook of its own in this one's place when it draws for the first time.
    yew::set_custom_panic_hook(Box::new(|info| {
        log(info);
        if !SHOWN.replace(true) {
            show();
        }
    }));
}

/// Keeps up with whether the device stores edits.
pub(super) fn watch_storage(store: &Store) {
    let watch = store.subscribe(|state| STORES.set(state.storage));
    WATCH.with_borrow_mut(|kept| *kept = Some(watch));
}

fn log(info: &PanicHookInfo<'_>) {
    // The place is in the program, never in what people wrote; the message may quote them and stays in this console.
    web_sys::console::error_1(&info.to_string().into());
}

fn show() -> Option<()> {
    let document = web_sys::window()?.document()?;
    let texts = &language::first().texts().core;
    let body = if STORES.get() {
        texts.crash_body
    } else {
        texts.crash_body_memory_only
    };

    let dialog = element(&document, "div", "crash")?;
    dialog.set_attribute("role", "alertdialog").ok()?;
    dialog.set_attribute("aria-modal", "true").ok()?;
    dialog.set_attribute("data-testid", "crash").ok()?;
    let sheet = element(&document, "div", "crash-sheet")?;
    let title = element(&document, "h1", "crash-title")?;
    title.set_text_content(Some(texts.crash_title));
    let words = element(&document, "p", "crash-body")?;
    words.set_text_content(Some(body));
    let button: HtmlElement = element(&document, "button", "button button--primary")?
        .dyn_into()
        .ok()?;
    button.set_text_content(Some(texts.reload));
    let reload = Closure::<dyn FnMut()>::new(|| {
        if let Some(window) = web_sys::window() {
            let _ = window.location().reload();
        }
    });
    button.set_onclick(Some(reload.as_ref().unchecked_ref()));
    // The page lives only until this button is pressed.
    reload.forget();
    for part in [&title, &words, button.as_ref()] {
        sheet.append_child(part).ok()?;
    }
    dialog.append_child(&sheet).ok()?;
    document.body()?.append_child(&dialog).ok()?;
    button.focus().ok()
}

fn element(document: &Document, tag: &str, class: &str) -> Option<Element> {
    let element = document.create_element(tag).ok()?;
    element.set_class_name(class);
    Some(element)
}
