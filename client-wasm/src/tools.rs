//! Gestures as small state machines: what fingers, pens, mice and keys do becomes [`Effect`]s.
//!
//! No DOM type is known here. The sheet translates browser events into [`Input`]s and carries effects out; so
//! every gesture is tested as "before, gesture, after". [`Gestures`] is the machine for pointers, [`keys`] the
//! table of keys, [`dropping`] the rules of where things land, [`spot`] the search for free paper.
//!
//! Quirks of browsers that this design answers:
//! - iPad Safari sends `pointercancel` for the first finger when it takes over a gesture; `touch-action: none`
//!   on the sheet prevents it, and a cancel that comes anyway puts everything back where it was.
//! - Safari gives a pen and a resting palm as separate pointers: while a pen is down touches are ignored, and for
//!   [`gesture::PALM_MS`] after it touch only pans.
//! - A trackpad pinch arrives as wheel events with the control key set (all engines).
//! - Android sends a `contextmenu` during a long press; the sheet swallows it and the machine counts time itself.

pub mod dropping;
pub mod gesture;
pub mod keys;
pub mod lasso;
pub mod pointer;
pub mod spot;

use std::collections::BTreeSet;

use board::{
    Command,
    command::TextTarget,
    geometry::{Point, Size},
    id::{IslandId, ItemId},
    view::BoardView,
};

use crate::camera::Camera;
pub use dropping::Target;
pub use gesture::Gestures;
pub use pointer::{Button, Hit, Input, Pointer, PointerKind};

/// What is selected: notes and islands, never an island together with what lies inside it.
pub type Selection = BTreeSet<ItemId>;

/// What the next tap or drag means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// Touch, move, pan.
    #[default]
    Hand,
    /// The next drag draws a lasso, also with a finger and over notes.
    Lasso,
    /// The next tap says where these items go: moving without dragging (WCAG 2.5.7).
    Carry(Vec<ItemId>),
    /// The next tap says into which island this one is merged.
    Merge(IslandId),
}

/// What a gesture sees: borrowed for one input.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The board as it stands, without previews.
    pub view: &'a BoardView,
    /// Which part of it is seen.
    pub camera: Camera,
    /// The sheet element's size in pixels.
    pub viewport: Size,
    /// What is selected.
    pub selection: &'a Selection,
    /// What the next tap means.
    pub mode: &'a Mode,
    /// Whether this person may only look.
    pub read_only: bool,
}

/// What a gesture does. Everything but [`Effect::Act`] and what asks for one stays on this device.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Look elsewhere.
    CameraTo(Camera),
    /// This is selected now, and nothing else.
    Select(Selection),
    /// Show these items with their top left corners here, and the target marked; nothing is written yet.
    Preview {
        /// What is held, with absolute corners; what an island holds moves along.
        placed: Vec<(ItemId, Point)>,
        /// Where it would land.
        target: Option<Target>,
    },
    /// The preview is over: everything glides to where the board has it.
    EndPreview,
    /// Do it: one command, one change.
    Act(Command),
    /// One island was dropped on another's plate: merge them, or put it inside?
    Ask {
        /// The island that was dropped.
        absorbed: IslandId,
        /// The one it was dropped on.
        into: IslandId,
        /// The move into it, if that is the answer.
        inside: Command,
    },
    /// Write in this text.
    OpenEditor(TextTarget),
    /// Put a new note here (its middle) and write in it.
    AddNote {
        /// The middle of the new note.
        at: Point,
        /// The island it was asked for in.
        parent: Option<IslandId>,
    },
    /// The lasso begins or goes on at this place of the sheet.
    LassoTo(Point),
    /// The lasso is over.
    EndLasso,
    /// The next tap means something else now.
    SetMode(Mode),
    /// Let the device tick once: a long press was recognised.
    Buzz,
    /// Send [`Input::Tick`] at this time, in the pointer events' milliseconds.
    WakeAt(f64),
}

#[cfg(test)]
pub(crate) mod fixture;
