//! The page: Yoriai in the browser.
//!
//! `components` and pages are pure views; the [`store`] is the single owner of documents and session; [`platform`]
//! is the only place that knows the browser's clock, socket, storage and randomness. [`store`], [`tools`] and
//! [`camera`] know no Yew and no DOM and are tested natively.

pub mod api;
pub mod app;
pub mod camera;
pub mod components;
pub mod hooks;
pub mod i18n;
pub mod outline;
pub mod pages;
pub mod panels;
pub mod platform;
pub mod sheet;
pub mod store;
pub mod text_field;
pub mod tools;

use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the page. Called once by the page's loader, after the wasm module is there.
#[wasm_bindgen(start)]
pub fn start() {
    // On the host (`cargo test`) nothing calls this; in the browser the loader does.
    app::start();
}
