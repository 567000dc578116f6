//! A clock that never goes back and counts the time a device slept.

use std::cell::Cell;

/// Joins two imperfect clocks. The browser's monotonic one stands still while some devices sleep; the wall clock
/// jumps when somebody sets it. Each reading advances by the larger of both advances: sleep counts, a wall clock set
/// back does not, and one set forward only makes timers ring early, which every timer of the page survives.
#[derive(Debug, Default)]
pub struct Clock {
    last: Cell<Option<Reading>>,
    now_ms: Cell<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    monotonic_ms: f64,
    wall_ms: f64,
}

impl Clock {
    /// Milliseconds since the first reading, given both clocks.
    pub fn read(&self, monotonic_ms: f64, wall_ms: f64) -> u64 {
        let reading = Reading { monotonic_ms, wall_ms };
        if let Some(last) = self.last.replace(Some(reading)) {
            let advance = (monotonic_ms - last.monotonic_ms).max(wall_ms - last.wall_ms).max(0.0);
            self.now_ms.set(self.now_ms.get() + advance);
        }
        self.now_ms.get() as u64
    }
}

/// Milliseconds since navigation by the browser's monotonic clock.
pub fn monotonic_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or_else(js_sys::Date::now, |clock| clock.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleeping_device_wakes_up_later_and_not_at_the_same_moment() {
        let clock = Clock::default();
        assert_eq!(clock.read(100.0, 1_000_000.0), 0);
        assert_eq!(clock.read(200.0, 1_000_100.0), 100);
        // An hour of sleep: the monotonic clock stood still.
        assert_eq!(clock.read(210.0, 4_600_110.0), 3_600_110);
    }

    #[test]
    fn a_wall_clock_that_is_set_back_does_not_stop_time() {
        let clock = Clock::default();
        clock.read(0.0, 1_000_000.0);
        assert_eq!(clock.read(50.0, 400_000.0), 50);
        assert_eq!(clock.read(90.0, 400_040.0), 90);
    }
}
