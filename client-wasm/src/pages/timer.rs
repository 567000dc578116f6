//! The timer: minutes and seconds left, on every device from the same end.

use wasm_bindgen::{JsCast, closure::Closure};
use yew::prelude::*;

use crate::hooks::{use_store, use_texts};

/// Four times a second: no second is ever skipped to the eye.
const REFRESH_MS: i32 = 250;

/// When it rings.
#[derive(Properties, PartialEq)]
pub struct TimerChipProps {
    /// In milliseconds since 1970.
    pub ends_at_ms: i64,
}

/// Whole seconds left, rounded up: 「あと0分01秒」 lasts until the very end.
fn seconds_left(ends_at_ms: i64, now_ms: i64) -> u64 {
    u64::try_from(ends_at_ms.saturating_sub(now_ms))
        .unwrap_or(0)
        .div_ceil(1000)
}

/// The time left.
#[component]
pub fn TimerChip(props: &TimerChipProps) -> Html {
    let texts = &use_texts().pages.board;
    let store = use_store();
    let left = use_state(|| seconds_left(props.ends_at_ms, store.wall_ms()));
    {
        let left = left.setter();
        let store = store.clone();
        use_effect_with(props.ends_at_ms, move |ends_at_ms| {
            let ends_at_ms = *ends_at_ms;
            // The setter renders only when the value changes, so that the chip is drawn once a second.
            let tick = Closure::<dyn Fn()>::new(move || left.set(seconds_left(ends_at_ms, store.wall_ms())));
            let window = web_sys::window();
            let handle = window.as_ref().and_then(|window| {
                window
                    .set_interval_with_callback_and_timeout_and_arguments_0(tick.as_ref().unchecked_ref(), REFRESH_MS)
                    .ok()
            });
            move || {
                if let (Some(window), Some(handle)) = (window, handle) {
                    window.clear_interval_with_handle(handle);
                }
                drop(tick);
            }
        });
    }
    let words = if *left == 0 {
        texts.time_over.to_owned()
    } else {
        (texts.time_left)(*left / 60, *left % 60)
    };
    html! {
        <span class={classes!("chip", "timer", if *left == 0 { "chip--warning" } else { "chip--accent" })} role="timer">{words}</span>
    }
}

#[cfg(test)]
mod tests {
    use super::seconds_left;

    #[test]
    fn the_last_second_lasts_until_the_end() {
        assert_eq!(seconds_left(10_000, 9_001), 1);
        assert_eq!(seconds_left(10_000, 9_000), 1);
        assert_eq!(seconds_left(10_000, 10_000), 0);
        assert_eq!(seconds_left(10_000, 99_000), 0);
        assert_eq!(seconds_left(70_000, 10_000), 60);
    }
}
