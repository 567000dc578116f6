//! Pages, one per address, and the parts they share.

pub mod board;
pub mod cards;
pub mod checks;
pub mod code;
pub mod colours;
mod copy;
mod dates;
mod drawing;
pub mod frame;
mod handover;
pub mod import;
pub mod join;
pub mod links;
pub mod new;
pub mod overview;
pub mod report;
pub mod start;
mod timer;
pub mod trouble;
pub mod wall;
