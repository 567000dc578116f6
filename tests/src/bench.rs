//! The load generator: protocol-faithful light clients, a bare broadcast server as the denominator, and the numbers.
//!
//! Never part of `cargo xtask test`: what it measures depends on the machine. It prints ratios against servers measured
//! in the same run.

pub mod bare;
pub mod board_of;
pub mod figures;
pub mod load;
pub mod process;
