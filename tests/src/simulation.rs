//! The sync core in a hall of its own: people, a third-party client, a server of rooms and a disk, in virtual time.
//!
//! Nothing here waits and nothing is drawn from the machine: one seed decides every delay, loss and edit, so the same seed
//! gives the same trace, and a failure is replayed with `cargo xtask sim --seed N`. After every event the invariants are
//! checked, so the event that breaks one is the last line of the trace; at the end everybody must be equal.

mod chance;
mod disk;
mod evening;
mod invariants;
mod liar;
mod other;
mod person;
mod server;
mod world;

pub use chance::Chance;
pub use evening::{Report, evening};
pub use liar::{LIAR, LIES};
pub use world::{Trace, World};
