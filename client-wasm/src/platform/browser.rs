//! The browser as a [`Platform`].

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;

use super::{
    Build, Platform, Socket, SocketEvent, StoredChunks, Task, Timer,
    clock::{Clock, monotonic_ms},
    database::Database,
    keeper, prefs,
    socket::BrowserSocket,
    tabs::Tabs,
};

/// A page that is not painted (another tab is in front) hears of changes this late.
const UNPAINTED_MS: i32 = 100;

/// The browser.
pub struct Browser {
    clock: Clock,
    database: Database,
    tabs: Tabs,
}

impl Browser {
    /// Starts opening the device's database.
    pub fn open() -> Self {
        Self {
            clock: Clock::default(),
            database: Database::open(format!("{:032x}", random_bits())),
            tabs: Tabs::open(),
        }
    }

    /// Calls with everything that other tabs of this device say.
    pub fn listen_to_tabs(&self, heard: impl FnMut(String) + 'static) {
        self.tabs.listen(heard);
    }
}

fn random_bits() -> u128 {
    let mut bytes = [0_u8; 16];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    if crypto
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).ok())
        .is_none()
    {
        // Every browser that runs wasm has it; this keeps ids apart even if one does not.
        for byte in &mut bytes {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    u128::from_le_bytes(bytes)
}

/// A timeout of the window; dropping it clears it and frees what it would have called.
struct Timeout {
    handle: i32,
    _ring: Closure<dyn FnMut()>,
}

impl Timer for Timeout {}

impl Drop for Timeout {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.handle);
        }
    }
}

struct NoTimer;

impl Timer for NoTimer {}

impl Platform for Browser {
    fn now_ms(&self) -> u64 {
        self.clock.read(monotonic_ms(), js_sys::Date::now())
    }

    fn wall_ms(&self) -> i64 {
        js_sys::Date::now() as i64
    }

    fn random(&self) -> u128 {
        random_bits()
    }

    fn after(&self, delay_ms: u64, task: Task) -> Box<dyn Timer> {
        let Some(window) = web_sys::window() else {
            return Box::new(NoTimer);
        };
        let mut task = Some(task);
        let ring = Closure::new(move || {
            if let Some(task) = task.take() {
                task();
            }
        });
        let delay_ms = i32::try_from(delay_ms).unwrap_or(i32::MAX);
        match window.set_timeout_with_callback_and_timeout_and_arguments_0(ring.as_ref().unchecked_ref(), delay_ms) {
            Ok(handle) => Box::new(Timeout { handle, _ring: ring }),
            Err(_) => Box::new(NoTimer),
        }
    }

    fn before_paint(&self, task: Task) {
        let Some(window) = web_sys::window() else { return };
        // Whichever comes first runs the task; the other finds nothing left to do.
        let task = Rc::new(Cell::new(Some(task)));
        let call = || {
            let task = Rc::clone(&task);
            Closure::once_into_js(move || {
                if let Some(task) = task.take() {
                    task();
                }
            })
        };
        let _ = window.request_animation_frame(call().unchecked_ref());
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(call().unchecked_ref(), UNPAINTED_MS);
    }

    fn open_socket(&self, workshop: &str, on_event: Box<dyn Fn(SocketEvent)>) -> Box<dyn Socket> {
        Box::new(BrowserSocket::open(workshop, on_event))
    }

    fn load(&self, key: &str, then: Box<dyn FnOnce(StoredChunks)>) {
        self.database.load(key, then);
    }

    fn append(&self, key: &str, chunk: Vec<u8>, then: Box<dyn FnOnce(bool)>) {
        self.database.append(key, &chunk, then);
    }

    fn compact(&self, key: &str, snapshot: Vec<u8>, then: Box<dyn FnOnce(bool)>) {
        self.database.compact(key, &snapshot, then);
    }

    fn load_new(&self, key: &str, then: Box<dyn FnOnce(StoredChunks)>) {
        self.database.load_new(key, then);
    }

    fn tell_tabs(&self, word: &str) {
        self.tabs.tell(word);
    }

    fn build(&self) -> Build {
        keeper::build()
    }

    fn fetch_page(&self) {
        spawn_local(keeper::fetch());
    }

    fn reload(&self) {
        spawn_local(async {
            keeper::fetch().await;
            if let Some(window) = web_sys::window() {
                // A page that cannot be loaded again stays as it is.
                let _ = window.location().reload();
            }
        });
    }

    fn forget(&self, key: &str) {
        self.database.forget(key);
    }

    fn log(&self, line: &str) {
        web_sys::console::warn_1(&line.into());
    }

    fn pref(&self, key: &str) -> Option<String> {
        prefs::get(key)
    }

    fn set_pref(&self, key: &str, value: Option<&str>) {
        prefs::set(key, value);
    }
}
