//! The board as a sheet of paper.
//!
//! Layers, from below: the root takes all pointer events; the board layer carries one transform (the camera) and
//! holds islands, relations and notes as DOM elements; the overlay holds what only this device sees. Dragging and
//! camera moves write `style.transform` and render nothing; see [`stage`].
//!
//! ```text
//! listeners ──► surface (owner: camera, selection, mode) ──► tools::Gestures ──► effects
//!                  │ renders only what changed                                      │
//!                  ▼                                                                ▼
//!            items, actions, editor, others                              store.act / stage / presence
//! ```

mod actions;
mod editor;
mod effects;
pub mod handle;
mod island;
mod items;
mod keyboard;
pub mod keyboard_bridge;
mod letters;
mod listeners;
mod looking;
mod mini;
mod note;
mod others;
mod pencil;
mod relations;
mod stage;
mod styles;
mod surface;
mod verbs;
mod words;
mod writing;

use std::{rc::Rc, sync::Arc};

use board::{
    id::{GroupId, ItemId},
    view::BoardView,
};
use yew::prelude::*;

pub use handle::{Order, SheetHandle, SheetStatus};
pub use mini::{MiniSheet, MiniSheetProps};

use crate::{
    api::Role,
    hooks::{Same, use_slice, use_store, use_texts},
};
use others::Others;
use surface::Surface;
use words::Words;

/// Which board, and what its surroundings want to know.
#[derive(Properties, PartialEq)]
pub struct SheetProps {
    /// The group whose board this is. The board must be open (see [`crate::hooks::use_open_board`]).
    pub group: GroupId,
    /// Only looking, whatever the rights say (the wall, the projector): no actions, no editor, no cursor.
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
    /// Asked to erase things for good; only coordinators have it.
    #[prop_or_default]
    pub on_erase: Option<Callback<Vec<ItemId>>>,
}

/// What the sheet needs of a board.
#[derive(Clone, PartialEq)]
struct Seen {
    view: Same<BoardView>,
    loaded: bool,
    writes: bool,
}

/// The sheet. Fills its parent.
#[component]
pub fn Sheet(props: &SheetProps) -> Html {
    let store = use_store();
    let words = Words(&use_texts().sheet);
    let group = props.group.clone();
    let seen = use_slice(move |state| {
        state.boards.get(&group).map(|slot| Seen {
            view: Same(Arc::clone(&slot.view)),
            loaded: slot.loaded,
            writes: slot.access.may_write(),
        })
    });
    let group = props.group.clone();
    let others = use_slice(move |state| state.boards.get(&group).map(Others::of).unwrap_or_default());
    let coordinator = use_slice(|state| state.seat.as_ref().is_some_and(|seat| seat.role == Role::Coordinator));
    let others = use_memo(others, |others| others.clone());
    let Some(seen) = seen else {
        // Not opened yet: the same paper, so that nothing jumps when it arrives.
        return html! { <div class="sheet" data-testid="sheet" aria-busy="true"></div> };
    };
    html! {
        <Surface {store} group={props.group.clone()} view={seen.view} loaded={seen.loaded} writes={seen.writes}
            bare={props.read_only} {coordinator} others={Rc::clone(&others)} {words}
            on_ready={props.on_ready.clone()} on_status={props.on_status.clone()}
            on_transfer={props.on_transfer.clone()} on_erase={props.on_erase.clone()} />
    }
}
