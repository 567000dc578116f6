//! Keeps the page itself on the device, through the service worker that every build brings along (`xtask/src/page/sw.js`).
//!
//! Browsers allow that only to pages that came over HTTPS or from the machine itself. In a hall without a certificate the
//! page works all the same as long as it is open; only opening it anew needs the network then.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorkerContainer, ServiceWorkerRegistration};

use super::{Build, Keeping};

const WORKER: &str = "/sw.js";
/// How often a new page is looked at on its way to the device, and how many times: 30 s, the time of a slow hall's Wi-Fi.
const POLL_MS: i32 = 200;
const POLLS_MAX: u32 = 150;

/// Which build this is, as its `index.html` says.
pub fn build() -> Build {
    let document = web_sys::window().and_then(|window| window.document());
    let meta = |name: &str| {
        let element = document
            .as_ref()?
            .query_selector(&format!("meta[name={name}]"))
            .ok()??;
        element.get_attribute("content").filter(|text| !text.is_empty())
    };
    Build {
        page: meta("yoriai-page"),
        revision: meta("yoriai-revision")
            .and_then(|text| text.parse().ok())
            .unwrap_or(sync::wire::REVISION),
    }
}

/// Brings the page onto the device; answers when it is there, or when it is known that it will not be.
pub async fn keep() -> Keeping {
    let secure = web_sys::window().is_some_and(|window| window.is_secure_context());
    let Some(container) = container() else {
        return if secure { Keeping::Refused } else { Keeping::Insecure };
    };
    if JsFuture::from(container.register(WORKER)).await.is_err() {
        return if secure { Keeping::Refused } else { Keeping::Insecure };
    }
    let Ok(ready) = container.ready() else {
        return Keeping::Refused;
    };
    match JsFuture::from(ready).await {
        Ok(_) => Keeping::Kept,
        Err(_) => Keeping::Refused,
    }
}

/// Looks for a newer page and brings it onto the device. Returns when it is there, when there is none, or when it takes too
/// long: what comes later is shown at a later visit.
pub async fn fetch() {
    let Some(container) = container() else { return };
    let found = JsFuture::from(container.get_registration()).await;
    let Some(registration) = found
        .ok()
        .and_then(|found| found.dyn_into::<ServiceWorkerRegistration>().ok())
    else {
        return;
    };
    let Ok(update) = registration.update() else { return };
    // Without a network there is nothing newer to be had now.
    if JsFuture::from(update).await.is_err() {
        return;
    }
    for _ in 0..POLLS_MAX {
        if registration.installing().is_none() && registration.waiting().is_none() {
            return;
        }
        pause().await;
    }
}

async fn pause() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, POLL_MS);
        }
    });
    let _ = JsFuture::from(promise).await;
}

/// `navigator.serviceWorker`, which against what its type says is missing on insecure pages and in some private windows.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = web_sys::window()?.navigator();
    let present: JsValue = Reflect::get(&navigator, &"serviceWorker".into()).ok()?;
    present.dyn_into().ok()
}
