//! The board as a sheet of paper.
//!
//! Layers, from below: the root takes all pointer events; the board layer carries one transform (the camera) and
//! holds islands, relations and notes as DOM elements; the overlay holds what only this device sees. Dragging and
//! camera moves write `style.transform` and render nothing.

pub mod handle;
pub mod keyboard_bridge;

pub use handle::{Order, SheetHandle, SheetStatus};

use board::id::{GroupId, ItemId};
use yew::prelude::*;

use crate::hooks::Same;

/// Which board, and what its surroundings want to know.
#[derive(Properties, PartialEq)]
pub struct SheetProps {
    /// The group whose board this is. The board must be open (see `hooks::use_open_board`).
    pub group: GroupId,
    /// Only looking, whatever the rights say (the wall, the projector): no actions, no selection.
    #[prop_or_default]
    pub read_only: bool,
    /// Receives the handle when the sheet is there.
    #[prop_or_default]
    pub on_ready: Callback<SheetHandle>,
    /// Told when selection, mode, editing or zoom changed.
    #[prop_or_default]
    pub on_status: Callback<SheetStatus>,
    /// Asked to move or copy these items to another group's board; without it there is no such action.
    #[prop_or_default]
    pub on_transfer: Option<Callback<Vec<ItemId>>>,
}

/// The sheet. Fills its parent.
#[component]
pub fn Sheet(props: &SheetProps) -> Html {
    let _ = props;
    html! { <div class="sheet" data-testid="sheet"></div> }
}

/// A live miniature of a board.
#[derive(Properties, PartialEq)]
pub struct MiniSheetProps {
    /// The board.
    pub view: Same<board::view::BoardView>,
}

/// A cheap miniature for the overview and the wall: papers, outlines and headings, no letters of notes.
#[component]
pub fn MiniSheet(props: &MiniSheetProps) -> Html {
    let _ = props;
    html! {}
}
