//! Join codes can be guessed, so guesses are slowed down; honest people are never locked out.
//!
//! A code has 39.86 bits. Every attempt needs a place; a right code gives it back at once, a wrong one keeps it for
//! [`WRONG_CODE_PAUSE`]. So the whole world together tries at most 32 / 0.25 s = 128 wrong codes a second: in a week
//! 7.7 × 10^7 of 10^12, a chance of 1 in 13,000 for each live code. Places are given in the order of asking, so a
//! guesser behind the hall's own address makes the others wait for moments; there is no lock that could shut them out.
//! One address may queue 128 attempts: room for two full halls arriving in the same second.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a wrong code keeps its place.
pub const WRONG_CODE_PAUSE: Duration = Duration::from_millis(250);
/// Attempts that are looked at at the same time.
const PLACES: usize = 32;
/// Attempts of one address that may be waiting or pausing.
const WAITING_PER_ADDRESS_MAX: usize = 128;
/// Attempts that may be waiting or pausing in all: 1,024 / 128 per s = 8 s of waiting at the worst.
const WAITING_MAX: usize = 1_024;

/// The door at which codes are tried.
#[derive(Clone)]
pub struct CodeDoor {
    places: Arc<Semaphore>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    all: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

/// Too many attempts are waiting already; try again in a second.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many codes are being tried")]
pub struct Crowded;

/// One attempt that has its turn. Say how it went, or just drop it.
pub struct Attempt {
    place: OwnedSemaphorePermit,
    counted: Counted,
}

struct Counted {
    waiting: Arc<Mutex<Waiting>>,
    address: IpAddr,
}

impl CodeDoor {
    /// An empty door.
    pub fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
            waiting: Arc::default(),
        }
    }

    /// Waits for a turn.
    pub async fn enter(&self, address: IpAddr) -> Result<Attempt, Crowded> {
        let counted = self.count(address)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Crowded)?;
        Ok(Attempt { place, counted })
    }

    fn count(&self, address: IpAddr) -> Result<Counted, Crowded> {
        let mut waiting = self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let of_address = waiting.by_address.get(&address).copied().unwrap_or(0);
        if waiting.all >= WAITING_MAX || of_address >= WAITING_PER_ADDRESS_MAX {
            return Err(Crowded);
        }
        waiting.all += 1;
        waiting.by_address.insert(address, of_address + 1);
        Ok(Counted {
            waiting: Arc::clone(&self.waiting),
            address,
        })
    }
}

impl Default for CodeDoor {
    fn default() -> Self {
        Self::new()
    }
}

impl Attempt {
    /// The code was wrong: the answer and the place are held back for a moment.
    pub async fn wrong(self) {
        tokio::time::sleep(WRONG_CODE_PAUSE).await;
        drop(self.place);
        drop(self.counted);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        waiting.all = waiting.all.saturating_sub(1);
        if let Some(count) = waiting.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                waiting.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[tokio::test(start_paused = true)]
    async fn a_guesser_is_slowed_to_128_codes_a_second() {
        let door = CodeDoor::new();
        let started = tokio::time::Instant::now();
        let mut guesses = tokio::task::JoinSet::new();
        for _ in 0..WAITING_PER_ADDRESS_MAX {
            let door = door.clone();
            guesses.spawn(async move { door.enter(HALL).await.unwrap().wrong().await });
        }
        while guesses.join_next().await.is_some() {}
        assert_eq!(started.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn people_with_the_right_code_get_in_beside_a_guesser_at_the_same_address() {
        let door = CodeDoor::new();
        let mut guesses = tokio::task::JoinSet::new();
        for _ in 0..60 {
            let door = door.clone();
            guesses.spawn(async move {
                loop {
                    door.enter(HALL).await.unwrap().wrong().await;
                }
            });
        }
        for _ in 0..60 {
            let attempt = tokio::time::timeout(Duration::from_secs(2), door.enter(HALL))
                .await
                .unwrap()
                .unwrap();
            drop(attempt);
        }
        guesses.abort_all();
    }

    #[tokio::test]
    async fn one_address_cannot_fill_the_queue() {
        let door = CodeDoor::new();
        let held: Vec<_> = (0..WAITING_PER_ADDRESS_MAX)
            .map(|_| door.count(HALL).unwrap())
            .collect();
        assert_eq!(door.enter(HALL).await.err(), Some(Crowded));
        let other = IpAddr::from([198, 51, 100, 7]);
        assert!(door.enter(other).await.is_ok());
        drop(held);
        assert!(door.enter(HALL).await.is_ok());
    }
}
