//! Notes and islands on their way to another group's board.

use crate::{
    geometry::{Point, Size},
    view::Colour,
};

/// A self-contained copy of some items, with everything the islands among them hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parcel {
    /// The group they come from, as its members call it.
    pub from: String,
    /// Items in report order; an island comes before what it holds.
    pub items: Vec<ParcelItem>,
    /// Extent of the whole, to find a free spot for it.
    pub size: Size,
}

/// One item of a parcel.
#[derive(Debug, Clone, PartialEq)]
pub struct ParcelItem {
    /// Its identifier on the board it comes from, kept as its origin.
    pub id: String,
    /// The item that holds it, as an index into the parcel.
    pub parent: Option<usize>,
    /// Origin relative to the parcel's corner.
    pub at: Point,
    /// Paper or fill.
    pub colour: Colour,
    /// What it is.
    pub kind: ParcelKind,
    /// The note's text or the island's heading.
    pub text: String,
}

/// What a parcel's item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParcelKind {
    /// An island.
    Island,
    /// A note, with its author's name if it was known.
    Note {
        /// As on the other board's list of people.
        author: Option<String>,
    },
}
