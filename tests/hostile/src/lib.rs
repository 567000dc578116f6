//! Hostile bytes: how they are made, and what they are thrown at.
//!
//! [`forge`] makes chunks whose checksums are right and whose content is not, the known ones of RELIABILITY.md among them.
//! [`siege`] throws any bytes at the gate, at a room and at a session, and panics when a promise is broken. The simulation's
//! liar, the tests, and the three fuzz targets in `fuzz/` share both; `corpus/` holds what the targets start from, and
//! whatever they ever found.

pub mod corpus;
pub mod forge;
pub mod siege;
