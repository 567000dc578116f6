//! Panels beside the board: one at a time, at the edge; on a phone each fills the screen.

mod basket;
mod checks;
mod devices;
mod erase;
mod frame;
mod help;
mod log;
mod people;
mod transfer;

pub use basket::BasketPanel;
pub use checks::ChecksPanel;
pub use devices::DevicesPanel;
pub use erase::ErasePanel;
pub use frame::PanelFrame;
pub use help::HelpPanel;
pub use log::LogPanel;
pub use people::PeoplePanel;
pub use transfer::TransferPanel;
