//! The domain of Yoriai: a workshop's boards, their notes and islands, and the report that falls out of them.
//!
//! This crate knows automerge and nothing else of the world: no clock, no randomness, no files, no sockets.
//! Time and random bits are arguments. Everything a document can contain can be read: [`view::BoardView`] is
//! total, whatever a peer wrote.

pub mod access;
pub mod admission;
pub mod board;
pub mod command;
pub mod geometry;
pub mod id;
pub mod id_sequence;
pub mod import;
pub mod layout;
pub mod order;
pub mod parcel;
pub mod report;
pub mod stamp;
pub mod view;
pub mod workshop;

pub use access::{Access, Document, Role, access};
pub use board::{Act, Applied, ApplyError, Board, OpenError, Refused, TextEdit, Touched, UndoRefused, UndoState};
pub use command::{Command, Drop, OrderHint, Place, TextTarget};
pub use geometry::{Point, Rect, Size};
pub use id::{GroupId, IslandId, ItemId, NoteId, PersonId, RelationId};
pub use stamp::Stamp;
pub use view::{BoardView, Colour, Group, Island, Note, OpenPointKind, Person, Relation, RelationKind, Source, State};
pub use workshop::{Stage, Workshop, WorkshopCommand, WorkshopView};
