//! Join codes can be guessed, so guesses are slowed down; honest people are never locked out.
//!
//! A code has 39.86 bits. Every attempt needs a place; a right code gives it back at once, a wrong one keeps it for
//! [`WRONG_CODE_PAUSE`]. So the whole world together tries at most 32 / 0.25 s = 128 wrong codes a second. Whoever keeps
//! that up is no hall: after [`SIEGE_FROM`] wrong codes within [`SIEGE_MEMORY`] the pause is [`SIEGE_PAUSE`] until the
//! guessing stops, so that a week of it tries 1.9 × 10^7 of 10^12 codes: a chance of 1 in 52,000 for each live one. Places are
//! given in the order of asking, so a guesser behind the hall's own address makes the others wait for moments (128 / 32 × 1 s
//! = 4 s at the worst); there is no lock that could shut them out. One address may queue 128 attempts: room for two full halls
//! arriving in the same second. Who finds the queue full is asked to come again, which the page does by itself.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// How long a wrong code keeps its place.
pub const WRONG_CODE_PAUSE: Duration = Duration::from_millis(250);
/// The same while codes are being guessed.
pub const SIEGE_PAUSE: Duration = Duration::from_secs(1);
/// So many wrong codes are guessing: fifty halls in which everybody mistypes ten times.
pub const SIEGE_FROM: u32 = 3_000;
/// Within this time, which ends with the first quiet half of it.
pub const SIEGE_MEMORY: Duration = Duration::from_secs(600);
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
    siege: Arc<Mutex<Siege>>,
}

#[derive(Default)]
struct Waiting {
    all: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

/// Wrong codes of the current half of [`SIEGE_MEMORY`] and of the one before.
struct Siege {
    half_began: Instant,
    now: u32,
    before: u32,
}

impl Siege {
    /// Notes a wrong code, and says how long its place is kept.
    fn wrong(&mut self, at: Instant) -> Duration {
        let half = SIEGE_MEMORY / 2;
        let passed = at.saturating_duration_since(self.half_began);
        if passed >= half {
            self.before = if passed < 2 * half { self.now } else { 0 };
            self.now = 0;
            self.half_began = at;
        }
        self.now = self.now.saturating_add(1);
        let all = self.now.saturating_add(self.before);
        if all == SIEGE_FROM {
            tracing::warn!("join codes are being guessed; wrong ones are slowed down");
        }
        if all >= SIEGE_FROM {
            SIEGE_PAUSE
        } else {
            WRONG_CODE_PAUSE
        }
    }
}

/// Too many attempts are waiting already; try again in a second.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many codes are being tried")]
pub struct Crowded;

/// One attempt that has its turn. Say how it went, or just drop it.
pub struct Attempt {
    place: OwnedSemaphorePermit,
    counted: Counted,
    siege: Arc<Mutex<Siege>>,
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
            siege: Arc::new(Mutex::new(Siege {
                half_began: Instant::now(),
                now: 0,
                before: 0,
            })),
        }
    }

    /// Waits for a turn.
    pub async fn enter(&self, address: IpAddr) -> Result<Attempt, Crowded> {
        let counted = self.count(address)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Crowded)?;
        let siege = Arc::clone(&self.siege);
        Ok(Attempt { place, counted, siege })
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
        let pause = self
            .siege
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .wrong(Instant::now());
        // In a task of its own: a guesser that hangs up as soon as no answer comes would free its place by that.
        let kept = tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            drop((self.place, self.counted));
        });
        // Only a stopping runtime ends the task early.
        let _ = kept.await;
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
    async fn row_24_who_guesses_for_long_is_slowed_further_until_the_guessing_stops() {
        let mut siege = Siege {
            half_began: Instant::now(),
            now: 0,
            before: 0,
        };
        // A hall that mistypes.
        for _ in 0..100 {
            assert_eq!(siege.wrong(Instant::now()), WRONG_CODE_PAUSE);
        }
        for _ in 0..SIEGE_FROM {
            siege.wrong(Instant::now());
        }
        assert_eq!(siege.wrong(Instant::now()), SIEGE_PAUSE);
        tokio::time::sleep(SIEGE_MEMORY / 2).await;
        assert_eq!(siege.wrong(Instant::now()), SIEGE_PAUSE, "remembered for a while");
        tokio::time::sleep(SIEGE_MEMORY).await;
        assert_eq!(siege.wrong(Instant::now()), WRONG_CODE_PAUSE, "and then forgotten");
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

    #[tokio::test(start_paused = true)]
    async fn row_24_hanging_up_on_a_wrong_code_frees_no_place() {
        let door = CodeDoor::new();
        let started = tokio::time::Instant::now();
        for _ in 0..4 * PLACES {
            let attempt = door.enter(HALL).await.unwrap();
            // Long enough to see that the code was wrong, and gone.
            let _ = tokio::time::timeout(Duration::from_millis(1), attempt.wrong()).await;
        }
        assert!(started.elapsed() >= 3 * WRONG_CODE_PAUSE, "{:?}", started.elapsed());
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
