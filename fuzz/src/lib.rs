//! What the targets share: a panic that the product catches is no finding, one that comes out of it is.

use std::{
    panic::{self, AssertUnwindSafe},
    process::abort,
    sync::atomic::{AtomicU64, Ordering},
};

use hostile::siege::Outcome;

/// Inputs over which a panic was caught, as the server catches it.
static CAUGHT: AtomicU64 = AtomicU64::new(0);

/// libFuzzer's own hook ends the process at any panic, also at one that is caught: it is taken off.
pub fn quiet() {
    panic::set_hook(Box::new(|_| {}));
}

/// One input. A broken promise is printed and ends the process, so that libFuzzer keeps the input.
pub fn run(siege: fn(&[u8]) -> Outcome, bytes: &[u8]) {
    match panic::catch_unwind(AssertUnwindSafe(|| siege(bytes))) {
        Ok(Outcome::Panicked) => {
            let caught = CAUGHT.fetch_add(1, Ordering::Relaxed) + 1;
            if caught.is_power_of_two() {
                eprintln!("INFO: {caught} inputs made something panic inside the gate, which caught it");
            }
        }
        Ok(_) => {}
        Err(broken) => {
            let text = broken.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| broken.downcast_ref::<&str>().copied());
            eprintln!("a promise is broken: {}", text.unwrap_or("without a word"));
            abort();
        }
    }
}
