//! The protocol between the browser and the server, without sockets, clocks or files.
//!
//! Everything here is a state machine: what happened goes in, with the time and the randomness it may use, and what is to be
//! done comes out. The server drives [`session`] and [`room`], the browser drives [`client`]; both share [`peer_sync`].
//! `SPEC.md` beside this crate numbers the rules; tests quote the numbers.
//!
//! This crate knows documents, not notes; it never reads a clock, draws a random number or touches a file.

pub mod chunk;
pub mod client;
mod document_id;
pub mod gate;
pub mod leases;
mod peer_id;
pub mod peer_sync;
pub mod room;
pub mod session;
pub mod sync_message;
pub mod weight;
pub mod wire;

pub use client::Client;
pub use document_id::{DocumentId, DocumentIdError};
pub use leases::{Lease, Leases};
pub use peer_id::{PeerId, PeerIdError};
pub use room::{Admission, PeerInfo, Refusal, Room, SessionId};
pub use session::Session;
pub use wire::{Access, FRAME_BYTES_MAX, Message};
