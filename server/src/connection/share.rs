//! A connection that asks for more than its share is held back: its socket is not read until the debt is paid.

use std::{pin::Pin, time::Duration};

use sync::{Message, room::CloseCode};
use tokio::time::{Instant, Sleep};

use super::{Connection, End};
use crate::{
    budget::{Cost, HELD_BACK_MAX},
    outbox::Kind,
};

/// While a socket is held back the client hears something this often, or it would believe the line dead after 12 s.
pub const SIGN_EVERY: Duration = Duration::from_secs(4);
/// From this wait on the person is told that sending takes a while.
const TOLD_FROM: Duration = Duration::from_secs(1);

/// A socket that is not read for a while.
pub struct Held {
    pub until: Instant,
    told: bool,
}

impl Connection {
    /// Spends from the session's budget and its device's, and holds the socket back while either is in debt.
    pub(super) fn pay(&mut self, cost: Cost) {
        let now = Instant::now();
        let wait = self.budget.spend(now, &cost).max(self.device.spend(now, &cost));
        if wait.is_zero() {
            self.in_debt_since = None;
            return;
        }
        self.in_debt_since.get_or_insert(now);
        let before = self.held.take();
        if before.is_none() {
            self.state.metrics.held_back.inc();
        }
        let told = before.is_some_and(|held| held.told);
        if wait >= TOLD_FROM && !told {
            self.notify(
                "too-fast",
                "more at once than this device's share; the rest is read in a moment",
            );
        }
        self.held = Some(Held {
            until: now + wait,
            told: told || wait >= TOLD_FROM,
        });
    }

    /// The time for which the socket was to be held back, or a part of it, has passed.
    pub(super) fn held_long_enough(&mut self, hold: Pin<&mut Sleep>) -> Option<End> {
        let now = Instant::now();
        let held = self.held.as_ref()?;
        if self.in_debt_since.is_some_and(|since| now >= since + HELD_BACK_MAX) {
            tracing::info!(session = self.id.0, "session asks for more than its share all the time");
            self.state.metrics.refused("flood");
            return Some(End::new(
                CloseCode::Overloaded,
                "more than this device's share for minutes",
            ));
        }
        if now >= held.until {
            self.held = None;
            return None;
        }
        if self.understands_notices() {
            let sign = sync::wire::encode(&Message::Pong { count: 0 });
            self.outbox.send(sign.into(), Kind::News);
        }
        hold.reset(held.until.min(now + SIGN_EVERY));
        None
    }
}
