//! Panels beside the board: one at a time, at the edge; on a phone each fills the screen.

mod basket;
mod checks;
mod frame;
mod help;
mod people;
mod transfer;

pub use basket::BasketPanel;
pub use checks::ChecksPanel;
pub use frame::PanelFrame;
pub use help::HelpPanel;
pub use people::PeoplePanel;
pub use transfer::TransferPanel;
