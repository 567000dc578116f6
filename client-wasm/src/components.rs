//! Parts of the shell: connection bar, notices, drafts, dialogs, icons. Pure views of the store.

pub mod connection_bar;
pub mod connection_sheet;
pub mod dialog;
pub mod drafts;
pub mod icon;
pub mod notices;
