//! Tickets for the socket: a page asks for one with its cookie, opens one socket with it, and it is void.
//!
//! Any page of any site may open a socket to any server, and the browser sends the cookie along. So the cookie opens no
//! socket by itself: it buys a ticket over `POST`, which a foreign page cannot (its origin is refused, and it could not
//! read the answer). A ticket is 128 random bits, lives for [`TICKET_LIFE`], serves once, and travels in a header field of the
//! handshake, not in the address, so that no proxy's log holds it. Tickets live in memory only: one lost in a restart is
//! asked for again.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::Instant;

use crate::secret::{RandomFailed, Secret, SecretHash};

/// How long a ticket waits for its socket. A hall's slow Wi-Fi takes a second or two for the handshake.
pub const TICKET_LIFE: Duration = Duration::from_secs(30);
/// Tickets that may wait at once: everybody of a full machine, twice. Beyond it the oldest are void.
const TICKETS_MAX: usize = 20_000;

/// Whose socket a ticket opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The device's public name.
    pub device: String,
    /// The workshop.
    pub workshop: String,
}

/// The tickets that wait for their sockets.
#[derive(Debug, Default)]
pub struct Tickets {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    by_hash: BTreeMap<SecretHash, (Instant, Ticket)>,
    /// In the order of their ends.
    ends: VecDeque<(Instant, SecretHash)>,
}

impl Tickets {
    /// A new ticket.
    pub fn issue(&self, ticket: Ticket) -> Result<Secret, RandomFailed> {
        let secret = Secret::random()?;
        let (now, hash) = (Instant::now(), secret.hash());
        let mut waiting = self.waiting();
        waiting.forget_old(now);
        if waiting.ends.len() >= TICKETS_MAX
            && let Some((_, oldest)) = waiting.ends.pop_front()
        {
            waiting.by_hash.remove(&oldest);
        }
        let ends_at = now + TICKET_LIFE;
        waiting.by_hash.insert(hash, (ends_at, ticket));
        waiting.ends.push_back((ends_at, hash));
        Ok(secret)
    }

    /// Takes a ticket: it is void from now on, also when the workshop is another one.
    pub fn redeem(&self, secret: &Secret, workshop: &str) -> Option<Ticket> {
        let now = Instant::now();
        let (ends_at, ticket) = self.waiting().by_hash.remove(&secret.hash())?;
        (now < ends_at && ticket.workshop == workshop).then_some(ticket)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Entries are inserted and removed whole: a panic elsewhere leaves nothing half done.
        self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Waiting {
    fn forget_old(&mut self, now: Instant) {
        while let Some((ends_at, hash)) = self.ends.front()
            && *ends_at <= now
        {
            self.by_hash.remove(hash);
            self.ends.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(workshop: &str) -> Ticket {
        Ticket {
            device: "d".to_owned(),
            workshop: workshop.to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn row_22_a_ticket_serves_once_for_its_workshop_and_not_for_long() {
        let tickets = Tickets::default();
        let one = tickets.issue(ticket("w")).unwrap();
        assert_eq!(tickets.redeem(&one, "w"), Some(ticket("w")));
        assert_eq!(tickets.redeem(&one, "w"), None, "a second time");
        let other = tickets.issue(ticket("w")).unwrap();
        assert_eq!(tickets.redeem(&other, "v"), None, "another workshop");
        assert_eq!(tickets.redeem(&other, "w"), None, "and void after the attempt");
        let late = tickets.issue(ticket("w")).unwrap();
        tokio::time::sleep(TICKET_LIFE).await;
        assert_eq!(tickets.redeem(&late, "w"), None, "too late");
        assert_eq!(tickets.redeem(&Secret::random().unwrap(), "w"), None, "made up");
    }

    #[tokio::test(start_paused = true)]
    async fn row_22_tickets_that_nobody_uses_are_forgotten() {
        let tickets = Tickets::default();
        for _ in 0..TICKETS_MAX + 10 {
            tickets.issue(ticket("w")).unwrap();
        }
        assert_eq!(tickets.waiting().by_hash.len(), TICKETS_MAX);
        tokio::time::sleep(TICKET_LIFE).await;
        tickets.issue(ticket("w")).unwrap();
        let waiting = tickets.waiting();
        assert_eq!((waiting.by_hash.len(), waiting.ends.len()), (1, 1));
    }
}
