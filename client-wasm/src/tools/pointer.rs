//! What comes in: pointers, the wheel, time, and the board changing under a finger.

use board::{
    geometry::Point,
    id::{IslandId, NoteId},
};

/// What touches the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointerKind {
    /// A mouse or a trackpad.
    Mouse,
    /// A finger.
    Touch,
    /// A pen.
    Pen,
}

impl PointerKind {
    /// How far it may tremble before a tap becomes a drag, in pixels.
    pub fn slop(self) -> f64 {
        match self {
            Self::Mouse => 4.0,
            Self::Touch | Self::Pen => 8.0,
        }
    }
}

/// Which button is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Button {
    /// Left button, finger, pen tip.
    #[default]
    Primary,
    /// Wheel button, or the space bar held: pans.
    Pan,
    /// Right button, pen barrel: does nothing on the sheet.
    Secondary,
}

/// What lies under a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hit {
    /// The bare sheet, or the table beyond its edge.
    Paper,
    /// A note.
    Note(NoteId),
    /// An island's name-plate or outline: what one takes hold of to move the island.
    Plate(IslandId),
    /// The free paper inside an island.
    Inside(IslandId),
}

/// One pointer at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointer {
    /// The browser's number for it.
    pub id: i32,
    /// What it is.
    pub kind: PointerKind,
    /// Where, in pixels from the sheet element's corner.
    pub at: Point,
    /// What lies under it (only looked at when it goes down).
    pub hit: Hit,
    /// Which button.
    pub button: Button,
    /// Whether the shift key is held: adds to the selection, draws a lasso.
    pub shift: bool,
    /// When, in milliseconds of the browser's monotonic clock.
    pub at_ms: f64,
}

/// One thing that happens to the machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A pointer goes down on the sheet (not on a button or field).
    Down(Pointer),
    /// A pointer moves, down or hovering.
    Move(Pointer),
    /// A pointer goes up.
    Up(Pointer),
    /// The browser took this pointer away.
    Cancel(i32),
    /// A wheel turned, or a trackpad was stroked or pinched.
    Wheel {
        /// Where, in pixels from the sheet element's corner.
        at: Point,
        /// How far, in pixels; positive is right and towards the person.
        delta: Point,
        /// Whether it zooms (control or command key, trackpad pinch).
        zoom: bool,
    },
    /// Time has passed, as asked for by [`super::Effect::WakeAt`].
    Tick(f64),
    /// The escape key, or the window lost its focus in a way that ends gestures.
    Escape,
    /// The board changed (somebody else acted): what is held may be gone.
    BoardChanged,
}
