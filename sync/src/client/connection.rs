//! Whether there is a socket, when the next try comes, and whether the one there is still lives.

use super::{
    CONNECT_TIMEOUT_MS, DEAD_AFTER_MS, Effect, PING_AFTER_MS, RESTART_TIME_MAX_MS, RETRY_AFTER_WAKE_MS, RETRY_FIRST_MS,
    RETRY_MAX_MS, STABLE_AFTER_MS,
};
use crate::{
    PeerId,
    wire::{self, Message},
};

/// The state of the connection; each state owns its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not wanted.
    Stopped,
    /// Lost or never made; edits go on meanwhile.
    Offline {
        /// When the next try comes.
        next_try_ms: u64,
    },
    /// A socket is being opened.
    Connecting {
        /// Since when.
        since_ms: u64,
    },
    /// The socket is open, the server has not answered yet.
    Joining {
        /// Since when.
        since_ms: u64,
    },
    /// The server has answered.
    Online {
        /// Who it is.
        server: PeerId,
        /// Since when.
        since_ms: u64,
        /// When it was last heard.
        heard_ms: u64,
    },
}

/// Between two tries while the server restarts, at most: a refused connection costs a machine without a server next to nothing.
const RESTART_RETRY_MS: u64 = 1_000;

#[derive(Debug)]
pub(super) struct Connection {
    state: ConnectionState,
    /// Tries that failed in a row.
    failures: u32,
    /// The server answers pings.
    pings: bool,
    pinged_ms: Option<u64>,
    ping_count: u64,
    wake_ms: Option<u64>,
    returning: Option<Returning>,
}

/// The server said that it restarts.
#[derive(Debug)]
struct Returning {
    /// The next try comes within this time.
    range_ms: u64,
    /// It should be back by then; later the usual rule holds.
    until_ms: u64,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            state: ConnectionState::Stopped,
            failures: 0,
            pings: false,
            pinged_ms: None,
            ping_count: 0,
            wake_ms: None,
            returning: None,
        }
    }
}

impl Connection {
    pub fn state(&self) -> &ConnectionState {
        &self.state
    }

    pub fn is_online(&self) -> bool {
        matches!(self.state, ConnectionState::Online { .. })
    }

    pub fn start(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        if self.state == ConnectionState::Stopped {
            self.connect(now_ms, effects);
        }
    }

    pub fn stop(&mut self, effects: &mut Vec<Effect>) {
        if self.has_socket() {
            effects.push(Effect::CloseSocket);
        }
        self.enter(ConnectionState::Stopped, effects);
    }

    /// The socket opened; says whether that was asked for.
    pub fn opened(&mut self, now_ms: u64, effects: &mut Vec<Effect>) -> bool {
        let expected = matches!(self.state, ConnectionState::Connecting { .. });
        if expected {
            self.enter(ConnectionState::Joining { since_ms: now_ms }, effects);
        }
        expected
    }

    /// The socket closed by itself; says whether there was one.
    pub fn closed(&mut self, now_ms: u64, random: u64, effects: &mut Vec<Effect>) -> bool {
        let had_socket = self.has_socket();
        if had_socket {
            self.back_off(now_ms, random, effects);
        }
        had_socket
    }

    /// Anything came; says whether it is to be read.
    pub fn heard(&mut self, now_ms: u64) -> bool {
        self.pinged_ms = None;
        match &mut self.state {
            ConnectionState::Online { heard_ms, .. } => {
                *heard_ms = now_ms;
                true
            }
            ConnectionState::Joining { .. } => true,
            ConnectionState::Stopped | ConnectionState::Offline { .. } | ConnectionState::Connecting { .. } => false,
        }
    }

    /// The server said that it restarts and wants its peers back at random moments within this time (rule S27).
    pub fn restarts(&mut self, now_ms: u64, within_ms: u64) {
        self.returning = Some(Returning {
            range_ms: within_ms.min(RETRY_MAX_MS),
            until_ms: now_ms.saturating_add(RESTART_TIME_MAX_MS),
        });
    }

    /// The server answered `join`; says whether that was waited for.
    pub fn joined(&mut self, now_ms: u64, server: PeerId, pings: bool, effects: &mut Vec<Effect>) -> bool {
        let expected = matches!(self.state, ConnectionState::Joining { .. });
        if expected {
            self.pings = pings;
            self.returning = None;
            self.enter(
                ConnectionState::Online {
                    server,
                    since_ms: now_ms,
                    heard_ms: now_ms,
                },
                effects,
            );
        }
        expected
    }

    /// The connection is no good: close it and try again later.
    pub fn lost(&mut self, now_ms: u64, random: u64, effects: &mut Vec<Effect>) {
        effects.push(Effect::CloseSocket);
        self.back_off(now_ms, random, effects);
    }

    /// What is due at `now_ms`; says whether a connection was given up.
    pub fn tick(&mut self, now_ms: u64, random: u64, effects: &mut Vec<Effect>) -> bool {
        match &self.state {
            ConnectionState::Stopped => false,
            ConnectionState::Offline { next_try_ms } => {
                if now_ms >= *next_try_ms {
                    self.connect(now_ms, effects);
                }
                false
            }
            ConnectionState::Connecting { since_ms } | ConnectionState::Joining { since_ms } => {
                let late = now_ms.saturating_sub(*since_ms) >= CONNECT_TIMEOUT_MS;
                if late {
                    self.lost(now_ms, random, effects);
                }
                late
            }
            ConnectionState::Online { heard_ms, .. } => {
                let silent_ms = now_ms.saturating_sub(*heard_ms);
                if !self.pings || silent_ms < PING_AFTER_MS {
                    return false;
                }
                if silent_ms >= DEAD_AFTER_MS {
                    // Half open, or the device slept: nobody else lost its connection just now, so there is no crowd to avoid.
                    effects.push(Effect::CloseSocket);
                    self.try_soon(now_ms, random, effects);
                    return true;
                }
                self.ping(now_ms, effects);
                false
            }
        }
    }

    /// The device's own opinion of its network; says whether a connection was given up.
    pub fn hint(&mut self, now_ms: u64, random: u64, online: bool, effects: &mut Vec<Effect>) -> bool {
        match (&self.state, online) {
            (ConnectionState::Offline { .. }, true) => {
                self.failures = 0;
                self.try_soon(now_ms, random, effects);
                false
            }
            (ConnectionState::Online { .. }, true) => {
                if self.pings {
                    self.ping(now_ms, effects);
                }
                false
            }
            (ConnectionState::Stopped | ConnectionState::Offline { .. }, false) => false,
            (_, false) => {
                self.lost(now_ms, random, effects);
                true
            }
            (_, true) => false,
        }
    }

    /// Asks to be woken for the next thing that is due, unless an earlier wish covers it.
    pub fn wake(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        let due_ms = match &self.state {
            ConnectionState::Stopped => None,
            ConnectionState::Offline { next_try_ms } => Some(*next_try_ms),
            ConnectionState::Connecting { since_ms } | ConnectionState::Joining { since_ms } => {
                Some(since_ms.saturating_add(CONNECT_TIMEOUT_MS))
            }
            ConnectionState::Online { heard_ms, .. } if self.pings => {
                let after_ms = if self.pinged_ms.is_some() {
                    DEAD_AFTER_MS
                } else {
                    PING_AFTER_MS
                };
                Some(heard_ms.saturating_add(after_ms))
            }
            ConnectionState::Online { .. } => None,
        };
        let Some(due_ms) = due_ms else { return };
        let covered = self
            .wake_ms
            .is_some_and(|wake_ms| wake_ms > now_ms && wake_ms <= due_ms);
        if !covered {
            self.wake_ms = Some(due_ms);
            effects.push(Effect::WakeAt { at_ms: due_ms });
        }
    }

    fn has_socket(&self) -> bool {
        !matches!(self.state, ConnectionState::Stopped | ConnectionState::Offline { .. })
    }

    fn connect(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        effects.push(Effect::OpenSocket);
        self.enter(ConnectionState::Connecting { since_ms: now_ms }, effects);
    }

    fn ping(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        if self.pinged_ms.is_none() {
            self.pinged_ms = Some(now_ms);
            self.ping_count += 1;
            effects.push(Effect::Send(wire::encode(&Message::Ping { count: self.ping_count })));
        }
    }

    /// The next try after a failure: a random moment of a range that doubles (rule S25).
    fn back_off(&mut self, now_ms: u64, random: u64, effects: &mut Vec<Effect>) {
        if let Some(returning) = self.returning.as_mut().filter(|returning| now_ms < returning.until_ms) {
            // On purpose and not for long: no failure, and the tries after the first one come soon.
            let range_ms = std::mem::replace(&mut returning.range_ms, RESTART_RETRY_MS);
            let next_try_ms = now_ms.saturating_add(random % (range_ms + 1));
            return self.enter(ConnectionState::Offline { next_try_ms }, effects);
        }
        if let ConnectionState::Online { since_ms, .. } = self.state
            && now_ms.saturating_sub(since_ms) >= STABLE_AFTER_MS
        {
            self.failures = 0;
        }
        let range_ms = (RETRY_FIRST_MS << self.failures.min(16)).min(RETRY_MAX_MS);
        self.failures = self.failures.saturating_add(1);
        let next_try_ms = now_ms.saturating_add(random % (range_ms + 1));
        self.enter(ConnectionState::Offline { next_try_ms }, effects);
    }

    fn try_soon(&mut self, now_ms: u64, random: u64, effects: &mut Vec<Effect>) {
        let next_try_ms = now_ms.saturating_add(random % (RETRY_AFTER_WAKE_MS + 1));
        self.enter(ConnectionState::Offline { next_try_ms }, effects);
    }

    fn enter(&mut self, state: ConnectionState, effects: &mut Vec<Effect>) {
        self.pinged_ms = None;
        self.state = state;
        effects.push(Effect::StateChanged);
    }
}
