//! What the targets share: a panic that the product catches is no finding, one that comes out of it is.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    panic::{self, AssertUnwindSafe},
    process::abort,
    sync::{Mutex, PoisonError},
};

use hostile::siege::Outcome;

thread_local! {
    /// Where the last panic began, caught or not.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Where panics began that were caught, as the server catches them.
static CAUGHT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// libFuzzer's own hook ends the process at any panic, also at one that is caught: it is taken off.
pub fn quiet() {
    panic::set_hook(Box::new(|panic| {
        PLACE.set(panic.location().map(ToString::to_string).unwrap_or_default());
    }));
}

/// One input. A broken promise is printed and ends the process, so that libFuzzer keeps the input. A panic that was caught is
/// told of once for every place in the code: each costs the board's people a moment, and belongs refused before it happens.
pub fn run(siege: fn(&[u8]) -> Outcome, bytes: &[u8]) {
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| siege(bytes)));
    let place = PLACE.take();
    match outcome {
        Ok(Outcome::Panicked) => {
            let mut caught = CAUGHT.lock().unwrap_or_else(PoisonError::into_inner);
            if !caught.contains(&place) {
                eprintln!("INFO: caught a panic at {place}");
                caught.insert(place);
            }
        }
        Ok(_) => {}
        Err(broken) => {
            let text = broken.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| broken.downcast_ref::<&str>().copied());
            eprintln!("a promise is broken at {place}: {}", text.unwrap_or("without a word"));
            abort();
        }
    }
}
