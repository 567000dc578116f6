//! How much one session, one device and one address may ask for, so that nobody's flood is felt at the next table.
//!
//! Token buckets that go into debt: what arrived is always done, and then the socket is not read until the debt is paid.
//! The peer's own network stack slows it down; nothing is lost and nothing is refused. Only who stays in debt for
//! [`HELD_BACK_MAX`] without a pause is closed. The rates leave an honest hall far below them:
//! a tablet that pastes 60 notes sends 60 messages of 6,000 operations together, one that comes back with 500 edits from a
//! walk without network sends 175 KB and 15,000 operations, a third party's client answers every edit of a busy room of
//! 50 (100 messages a second).

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

/// A session that has been held back for this long without a pause is closed. An offline client with 300,000 operations
/// (a hundred times the longest that was seen) is through in less.
pub const HELD_BACK_MAX: Duration = Duration::from_secs(180);
/// Sockets of one device: a browser with as many tabs of one workshop.
pub const SOCKETS_PER_DEVICE_MAX: usize = 32;
/// Devices whose budgets are remembered: twice the sockets of one machine.
const DEVICES_MAX: usize = 20_000;
/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 20_000;
/// A budget that was not used for this long is full again whatever it was, and can be forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(300);

/// What a bucket holds when it is full, and what flows in.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Each second.
    pub per_second: f64,
}

/// What one message costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Messages.
    pub messages: u64,
    /// Bytes, inflated.
    pub bytes: u64,
    /// Operations that its changes claim.
    pub operations: u64,
    /// Documents that it opens.
    pub documents: u64,
}

/// The four rates of a budget.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    messages: Rate,
    bytes: Rate,
    operations: Rate,
    documents: Rate,
}

/// One socket. 3,000 operations cost the server about 8 ms (RELIABILITY.md, fact 4 and `sync::gate`), so even a whole hall at
/// its limit is a matter of admission, not of luck.
pub const SESSION: Rates = Rates {
    messages: Rate {
        burst: 2_000,
        per_second: 400.0,
    },
    bytes: Rate {
        burst: 4 * 1024 * 1024,
        per_second: 256.0 * 1024.0,
    },
    operations: Rate {
        burst: 30_000,
        per_second: 3_000.0,
    },
    // A workshop of 64 boards, twice.
    documents: Rate {
        burst: 130,
        per_second: 2.0,
    },
};

/// All sockets of one device together: twice one socket.
pub const DEVICE: Rates = Rates {
    messages: Rate {
        burst: 4_000,
        per_second: 800.0,
    },
    bytes: Rate {
        burst: 8 * 1024 * 1024,
        per_second: 512.0 * 1024.0,
    },
    operations: Rate {
        burst: 60_000,
        per_second: 6_000.0,
    },
    documents: Rate {
        burst: 260,
        per_second: 4.0,
    },
};

/// Tickets of one device: a page asks for one at each try to connect, and its tries come seconds apart.
const TICKETS: Rate = Rate {
    burst: 60,
    per_second: 2.0,
};
/// New devices from one address: two full halls behind one address at once.
const NEW_DEVICES: Rate = Rate {
    burst: 2_000,
    per_second: 20.0,
};
/// New workshops from one address: a city's staff preparing a season, and nobody filling a disk.
const NEW_WORKSHOPS: Rate = Rate {
    burst: 60,
    per_second: 0.5,
};

/// A token bucket that may go into debt.
#[derive(Debug)]
struct Bucket {
    rate: Rate,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn new(rate: Rate, now: Instant) -> Self {
        Self {
            rate,
            level: f64::from(rate.burst),
            at: now,
        }
    }

    fn flow_in(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.level = (self.level + seconds * self.rate.per_second).min(f64::from(self.rate.burst));
    }

    /// Takes the cost, whatever the level, and says how long the debt lasts.
    fn spend(&mut self, now: Instant, cost: u64) -> Duration {
        self.flow_in(now);
        self.level -= cost as f64;
        Duration::from_secs_f64((-self.level / self.rate.per_second).max(0.0))
    }

    /// Takes one if there is one.
    fn take(&mut self, now: Instant) -> bool {
        self.flow_in(now);
        let there = self.level >= 1.0;
        if there {
            self.level -= 1.0;
        }
        there
    }
}

/// What somebody may still spend.
#[derive(Debug)]
pub struct Budget {
    messages: Bucket,
    bytes: Bucket,
    operations: Bucket,
    documents: Bucket,
}

impl Budget {
    /// A full one.
    pub fn new(rates: &Rates, now: Instant) -> Self {
        Self {
            messages: Bucket::new(rates.messages, now),
            bytes: Bucket::new(rates.bytes, now),
            operations: Bucket::new(rates.operations, now),
            documents: Bucket::new(rates.documents, now),
        }
    }

    /// Spends, and says for how long nothing more should be taken in. Zero while there is no debt.
    pub fn spend(&mut self, now: Instant, cost: &Cost) -> Duration {
        [
            (&mut self.messages, cost.messages),
            (&mut self.bytes, cost.bytes),
            (&mut self.operations, cost.operations),
            (&mut self.documents, cost.documents),
        ]
        .into_iter()
        .map(|(bucket, cost)| bucket.spend(now, cost))
        .max()
        .unwrap_or_default()
    }
}

/// All of one device: its sockets share it, also over reconnects.
#[derive(Debug)]
pub struct DeviceBudget {
    spending: Mutex<Spending>,
    sockets: AtomicUsize,
}

#[derive(Debug)]
struct Spending {
    budget: Budget,
    tickets: Bucket,
    used_at: Instant,
}

/// One socket's share; given back when it is dropped.
#[derive(Debug)]
pub struct DeviceSocket {
    device: Arc<DeviceBudget>,
}

impl DeviceSocket {
    /// See [`Budget::spend`].
    pub fn spend(&self, now: Instant, cost: &Cost) -> Duration {
        let mut spending = lock(&self.device.spending);
        spending.used_at = now;
        spending.budget.spend(now, cost)
    }
}

impl Drop for DeviceSocket {
    fn drop(&mut self) {
        self.device.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The budgets of everybody.
#[derive(Debug, Default)]
pub struct Budgets {
    devices: Mutex<BTreeMap<String, Arc<DeviceBudget>>>,
    addresses: Mutex<BTreeMap<IpAddr, Address>>,
}

#[derive(Debug)]
struct Address {
    devices: Bucket,
    workshops: Bucket,
}

/// What there is too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    /// Tickets of one device.
    Tickets,
    /// Sockets of one device.
    Sockets,
    /// New devices from one address.
    Devices,
    /// New workshops from one address.
    Workshops,
}

impl Budgets {
    /// A place for one more socket of a device.
    pub fn socket(&self, device: &str) -> Result<DeviceSocket, TooMany> {
        let device = self.device(device);
        let before = device.sockets.fetch_add(1, Ordering::Relaxed);
        // From here on the drop of the place counts it down again, also when it is refused.
        let socket = DeviceSocket { device };
        if before >= SOCKETS_PER_DEVICE_MAX {
            return Err(TooMany::Sockets);
        }
        Ok(socket)
    }

    /// Whether a device may have one more ticket now.
    pub fn ticket(&self, device: &str) -> Result<(), TooMany> {
        let device = self.device(device);
        if device.sockets.load(Ordering::Relaxed) >= SOCKETS_PER_DEVICE_MAX {
            return Err(TooMany::Sockets);
        }
        let now = Instant::now();
        let mut spending = lock(&device.spending);
        spending.used_at = now;
        if spending.tickets.take(now) {
            Ok(())
        } else {
            Err(TooMany::Tickets)
        }
    }

    /// Whether an address may make one more device now.
    pub fn new_device(&self, address: IpAddr) -> Result<(), TooMany> {
        self.of_address(address, |address| &mut address.devices)
            .then_some(())
            .ok_or(TooMany::Devices)
    }

    /// Whether an address may make one more workshop now.
    pub fn new_workshop(&self, address: IpAddr) -> Result<(), TooMany> {
        self.of_address(address, |address| &mut address.workshops)
            .then_some(())
            .ok_or(TooMany::Workshops)
    }

    fn of_address(&self, address: IpAddr, bucket: impl FnOnce(&mut Address) -> &mut Bucket) -> bool {
        let now = Instant::now();
        let mut addresses = lock(&self.addresses);
        if addresses.len() >= ADDRESSES_MAX && !addresses.contains_key(&address) {
            addresses.retain(|_, address| {
                now.saturating_duration_since(address.devices.at.max(address.workshops.at)) < FORGOTTEN_AFTER
            });
            // So many addresses in five minutes are no hall: who comes now waits until some are forgotten.
            if addresses.len() >= ADDRESSES_MAX {
                return false;
            }
        }
        let address = addresses.entry(address).or_insert_with(|| Address {
            devices: Bucket::new(NEW_DEVICES, now),
            workshops: Bucket::new(NEW_WORKSHOPS, now),
        });
        bucket(address).take(now)
    }

    fn device(&self, device: &str) -> Arc<DeviceBudget> {
        let now = Instant::now();
        let mut devices = lock(&self.devices);
        if let Some(known) = devices.get(device) {
            return Arc::clone(known);
        }
        if devices.len() >= DEVICES_MAX {
            devices.retain(|_, device| {
                device.sockets.load(Ordering::Relaxed) > 0
                    || now.saturating_duration_since(lock(&device.spending).used_at) < FORGOTTEN_AFTER
            });
        }
        let made = Arc::new(DeviceBudget {
            spending: Mutex::new(Spending {
                budget: Budget::new(&DEVICE, now),
                tickets: Bucket::new(TICKETS, now),
                used_at: now,
            }),
            sockets: AtomicUsize::new(0),
        });
        // Beyond the bound a device has a budget of its own that nobody remembers: its sockets are bounded all the same.
        if devices.len() < DEVICES_MAX {
            devices.insert(device.to_owned(), Arc::clone(&made));
        }
        made
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Numbers only: a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn cost(messages: u64, bytes: u64, operations: u64) -> Cost {
        Cost {
            messages,
            bytes,
            operations,
            documents: 0,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn row_20_sixty_pasted_notes_and_five_hundred_edits_from_offline_are_not_held_back() {
        let mut budget = Budget::new(&SESSION, Instant::now());
        for _ in 0..60 {
            assert_eq!(budget.spend(Instant::now(), &cost(1, 2_000, 101)), Duration::ZERO);
        }
        assert_eq!(budget.spend(Instant::now(), &cost(3, 175_000, 15_000)), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn row_20_a_flood_is_held_back_for_as_long_as_it_is_over_the_rate() {
        let mut budget = Budget::new(&SESSION, Instant::now());
        let started = Instant::now();
        let mut operations = 0;
        while started.elapsed() < Duration::from_secs(60) {
            let wait = budget.spend(Instant::now(), &cost(1, 5_000, 10_000));
            operations += 10_000;
            tokio::time::sleep(wait).await;
        }
        assert!(operations <= 30_000 + 61 * 3_000 + 10_000, "{operations}");
        // A pause makes it honest again.
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(budget.spend(Instant::now(), &cost(1, 100, 20_000)), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn row_20_many_sockets_of_one_device_share_one_budget_also_over_reconnects() {
        let budgets = Budgets::default();
        let spend = |socket: &DeviceSocket| socket.spend(Instant::now(), &cost(1, 0, 20_000));
        let sockets: Vec<_> = (0..3).map(|_| budgets.socket("d1").unwrap()).collect();
        for socket in &sockets {
            assert_eq!(spend(socket), Duration::ZERO);
        }
        drop(sockets);
        let again = budgets.socket("d1").unwrap();
        assert!(spend(&again) > Duration::from_secs(3));
        assert_eq!(spend(&budgets.socket("d2").unwrap()), Duration::ZERO);
    }

    #[test]
    fn row_20_a_device_has_a_bounded_number_of_sockets() {
        let budgets = Budgets::default();
        let mut sockets: Vec<_> = (0..SOCKETS_PER_DEVICE_MAX)
            .map(|_| budgets.socket("d").unwrap())
            .collect();
        assert_eq!(budgets.socket("d").err(), Some(TooMany::Sockets));
        assert_eq!(budgets.ticket("d"), Err(TooMany::Sockets));
        sockets.pop();
        assert!(budgets.ticket("d").is_ok() && budgets.socket("d").is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn row_20_an_address_makes_a_halls_worth_of_devices_and_then_waits() {
        let budgets = Budgets::default();
        for _ in 0..NEW_DEVICES.burst {
            assert!(budgets.new_device(HALL).is_ok());
        }
        assert_eq!(budgets.new_device(HALL), Err(TooMany::Devices));
        assert!(budgets.new_device(IpAddr::from([198, 51, 100, 7])).is_ok());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(budgets.new_device(HALL).is_ok());
        for _ in 0..NEW_WORKSHOPS.burst {
            assert!(budgets.new_workshop(HALL).is_ok());
        }
        assert_eq!(budgets.new_workshop(HALL), Err(TooMany::Workshops));
    }
}
