//! Who may write under which actor id: the device that used it first, for as long as the document lives (rule S50).
//!
//! automerge tells changes apart by actor and sequence number and refuses a second change with the same pair. Whoever forges
//! the next number of somebody's actor locks that person out for good (RELIABILITY.md, fact 3). Clients choose their actor
//! ids at random and nobody else has to know them beforehand, so a lease costs no message: the first change under an id that
//! the document does not hold yet takes it. It is written to disk together with that change.
//!
//! The holder is the device behind the session, as the server knows it, and never what the peer says of itself. A token acts
//! for the device that asked for it: a third-party client keeps its actor when its token is renewed, and the tabs of one
//! browser share theirs (their sequence numbers still have to fit).

use std::collections::BTreeMap;

use automerge::ActorId;

/// Actor ids that one device may lease in one document. A page takes a new one whenever it is loaded.
pub const LEASES_PER_HOLDER_MAX: usize = 4_096;

/// An actor id and who may write under it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lease {
    /// The actor id.
    pub actor: ActorId,
    /// The device, by the name under which the server keeps it.
    pub holder: String,
}

/// What a change under an actor id means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Its sender holds the lease.
    Held,
    /// Nobody does and nobody ever wrote under it: the sender takes it with this change.
    New,
}

/// Why a change may not be written under its actor id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// Another device holds the lease.
    #[error("an actor id that belongs to another device")]
    Taken,
    /// The document holds changes under it, but not from a device: they are the server's own.
    #[error("an actor id that belongs to no device")]
    Unleased,
    /// The device holds [`LEASES_PER_HOLDER_MAX`] already.
    #[error("more than {LEASES_PER_HOLDER_MAX} actor ids of one device")]
    TooMany,
}

/// The leases of one document.
#[derive(Debug, Clone, Default)]
pub struct Leases {
    holders: BTreeMap<ActorId, String>,
    counts: BTreeMap<String, usize>,
}

impl Leases {
    /// Decides about a change by `holder` under `actor`. `written` says whether the document, or what was taken in on the way
    /// to it, holds changes of this actor.
    ///
    /// # Errors
    /// See [`LeaseError`]. The victim of a forgery is not affected: nothing is remembered of it.
    pub fn claim(&self, actor: &ActorId, holder: &str, written: bool) -> Result<Claim, LeaseError> {
        match self.holders.get(actor) {
            Some(known) if known == holder => Ok(Claim::Held),
            Some(_) => Err(LeaseError::Taken),
            None if written => Err(LeaseError::Unleased),
            None if self
                .counts
                .get(holder)
                .is_some_and(|count| *count >= LEASES_PER_HOLDER_MAX) =>
            {
                Err(LeaseError::TooMany)
            }
            None => Ok(Claim::New),
        }
    }

    /// Takes over a lease that is on disk, or about to be. The first one of an actor stays.
    pub fn grant(&mut self, lease: Lease) {
        if let std::collections::btree_map::Entry::Vacant(vacant) = self.holders.entry(lease.actor) {
            *self.counts.entry(lease.holder.clone()).or_default() += 1;
            vacant.insert(lease.holder);
        }
    }

    /// Who holds an actor id.
    pub fn holder(&self, actor: &ActorId) -> Option<&str> {
        self.holders.get(actor).map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.holders.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.holders.is_empty()
    }
}

impl FromIterator<Lease> for Leases {
    fn from_iter<T: IntoIterator<Item = Lease>>(leases: T) -> Self {
        let mut all = Self::default();
        for lease in leases {
            all.grant(lease);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn actor(number: u8) -> ActorId {
        ActorId::from([number; 16])
    }

    fn lease(number: u8, holder: &str) -> Lease {
        Lease {
            actor: actor(number),
            holder: holder.to_owned(),
        }
    }

    #[test]
    fn row_17_an_actor_belongs_to_the_device_that_used_it_first() {
        let mut leases = Leases::default();
        assert_eq!(leases.claim(&actor(1), "tablet", false), Ok(Claim::New));
        leases.grant(lease(1, "tablet"));
        assert_eq!(leases.claim(&actor(1), "tablet", true), Ok(Claim::Held));
        assert_eq!(leases.claim(&actor(1), "liar", true), Err(LeaseError::Taken));
        assert_eq!(leases.claim(&actor(1), "liar", false), Err(LeaseError::Taken));
        leases.grant(lease(1, "liar"));
        assert_eq!(
            leases.holder(&actor(1)),
            Some("tablet"),
            "a second lease changes nothing"
        );
    }

    #[test]
    fn row_17_what_the_server_wrote_is_nobodys_to_continue() {
        let leases = Leases::default();
        assert_eq!(leases.claim(&actor(9), "anybody", true), Err(LeaseError::Unleased));
    }

    #[test]
    fn s50_a_device_has_as_many_actors_as_it_loads_pages_but_not_without_end() {
        let many = (0..LEASES_PER_HOLDER_MAX).map(|number| Lease {
            actor: ActorId::from((number as u64).to_be_bytes()),
            holder: "tablet".to_owned(),
        });
        let leases: Leases = many.collect();
        assert_eq!(leases.len(), LEASES_PER_HOLDER_MAX);
        assert_eq!(leases.claim(&actor(7), "tablet", false), Err(LeaseError::TooMany));
        assert_eq!(leases.claim(&actor(7), "another", false), Ok(Claim::New));
        let held = ActorId::from(5_u64.to_be_bytes());
        assert_eq!(leases.claim(&held, "tablet", true), Ok(Claim::Held));
    }

    proptest! {
        /// Whatever is claimed in whatever order: an actor never changes hands.
        #[test]
        fn row_17_no_order_of_claims_moves_an_actor(claims in proptest::collection::vec((0u8..6, 0u8..4), 1..60)) {
            let mut leases = Leases::default();
            let mut first = BTreeMap::new();
            for (number, device) in claims {
                let holder = format!("device {device}");
                let written = leases.holder(&actor(number)).is_some();
                let claim = leases.claim(&actor(number), &holder, written);
                let owner = first.entry(number).or_insert_with(|| holder.clone());
                prop_assert_eq!(claim.is_ok(), *owner == holder);
                if claim == Ok(Claim::New) {
                    leases.grant(lease(number, &holder));
                }
            }
        }
    }
}
