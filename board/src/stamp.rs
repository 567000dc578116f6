//! Who acts, on which device, and when by that device's clock.

use crate::id::PersonId;

/// Goes with every command. The time is information for people; order never depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The person, if one has been chosen on this device.
    pub person: Option<PersonId>,
    /// The device's public name (not a secret), at most [`crate::id::ID_BYTES_MAX`] bytes.
    pub device: String,
    /// Milliseconds since 1970 by the device's clock.
    pub at_ms: i64,
}
