//! Places for connections that speak HTTP.
//!
//! Time limits alone do not keep a door open: whoever sends or takes a byte now and then is within them, and comes back after
//! each. So a connection has its place only while nobody else needs it. When all are taken, the network with the most of them
//! gives up the one whose request is the oldest. An honest request takes moments and is the youngest of its own; a hall behind
//! one address has fewer connections than somebody who tries to take them all.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// So many connections have a place.
pub struct Places {
    max: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// Rises with every connection and every request: what is lower is older.
    next: u64,
    count: usize,
    by_network: BTreeMap<IpAddr, BTreeMap<u64, Arc<Notify>>>,
}

/// A connection's place; dropping it gives it back.
pub struct Place {
    places: Arc<Places>,
    network: IpAddr,
    age: Mutex<u64>,
    lost: Arc<Notify>,
}

impl Places {
    /// At least one place.
    pub fn new(max: usize) -> Arc<Self> {
        let taken = Mutex::default();
        Arc::new(Self { max, taken })
    }

    /// A place for a new connection from `address`. If there is none left, another connection loses its own.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Place {
        let (network, lost) = (network(address), Arc::new(Notify::new()));
        let mut taken = self.taken();
        if taken.count >= self.max {
            taken.give_one_up();
        }
        let age = taken.add(network, Arc::clone(&lost));
        drop(taken);
        Place {
            places: Arc::clone(self),
            network,
            age: Mutex::new(age),
            lost,
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn add(&mut self, network: IpAddr, lost: Arc<Notify>) -> u64 {
        let age = self.next;
        self.next += 1;
        self.count += 1;
        self.by_network.entry(network).or_default().insert(age, lost);
        age
    }

    fn remove(&mut self, network: IpAddr, age: u64) -> Option<Arc<Notify>> {
        let of_network = self.by_network.get_mut(&network)?;
        let lost = of_network.remove(&age)?;
        if of_network.is_empty() {
            self.by_network.remove(&network);
        }
        self.count -= 1;
        Some(lost)
    }

    fn give_one_up(&mut self) {
        let largest = self.by_network.iter().max_by_key(|(_, places)| places.len());
        let oldest = largest.and_then(|(network, places)| Some((*network, *places.first_key_value()?.0)));
        if let Some(lost) = oldest.and_then(|(network, age)| self.remove(network, age)) {
            lost.notify_one();
        }
    }
}

impl Place {
    /// The connection's next request has arrived.
    pub fn renew(&self) {
        let mut age = self.age.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = self.places.taken();
        if let Some(lost) = taken.remove(self.network, *age) {
            *age = taken.add(self.network, lost);
        }
    }

    /// Returns when somebody else needed the place. To be awaited once.
    pub async fn lost(&self) {
        self.lost.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let age = self.age.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.places.taken().remove(self.network, *age);
    }
}

/// What one subscriber has: an IPv4 address, or the first half of an IPv6 address (RFC 6177).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn is_lost(place: &Place) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        pin!(place.lost()).poll(&mut context) == Poll::Ready(())
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn who_takes_the_most_gives_up_the_request_that_is_the_oldest() {
        let places = Places::new(4);
        let hall = [places.take(address("10.0.0.1"))];
        let siege = [(); 3].map(|()| places.take(address("10.0.0.2")));
        siege[0].renew();
        let late = places.take(address("10.0.0.1"));
        assert_eq!(siege.each_ref().map(is_lost), [false, true, false]);
        assert!(!is_lost(&hall[0]) && !is_lost(&late));
    }

    #[test]
    fn a_place_that_was_given_back_costs_nobody_theirs() {
        let places = Places::new(2);
        let first = places.take(address("10.0.0.1"));
        drop(places.take(address("10.0.0.1")));
        let second = places.take(address("10.0.0.1"));
        assert!(!is_lost(&first) && !is_lost(&second));
        assert_eq!(places.taken().count, 2);
        let third = places.take(address("10.0.0.1"));
        assert!(is_lost(&first), "the oldest");
        first.renew();
        drop((first, second, third));
        assert_eq!(places.taken().count, 0);
        assert!(places.taken().by_network.is_empty());
    }

    #[test]
    fn an_address_of_ipv6_is_half_of_it() {
        assert_eq!(network(address("2001:db8::1:2:3:4")), address("2001:db8::"));
        assert_eq!(network(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }
}
