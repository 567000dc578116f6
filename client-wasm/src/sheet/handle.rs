//! What the bars round the sheet may ask of it, and what it tells them.

use std::rc::Rc;

use board::id::ItemId;
use yew::prelude::Callback;

use super::keyboard_bridge;

/// Something asked of the sheet from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Show everything.
    Fit,
    /// One step nearer.
    ZoomIn,
    /// One step farther.
    ZoomOut,
    /// A new note on free paper near the middle, ready to be written on.
    AddNote,
    /// Lasso on or off.
    ToggleLasso,
    /// An island round what is selected.
    DrawIsland,
    /// What is selected goes into the basket.
    Delete,
    /// Show this item, select it, let it flash.
    Focus(ItemId),
    /// Nothing is selected any more, no mode, no editor.
    Rest,
}

/// The sheet as the bottom bar and the panels hold it. Cheap to clone; orders to a sheet that is gone do nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetHandle(pub(super) Callback<Order>);

impl SheetHandle {
    /// Shows everything (an empty sheet: its middle, at life size).
    pub fn fit(&self) {
        self.0.emit(Order::Fit);
    }
    /// One step nearer.
    pub fn zoom_in(&self) {
        self.0.emit(Order::ZoomIn);
    }
    /// One step farther.
    pub fn zoom_out(&self) {
        self.0.emit(Order::ZoomOut);
    }
    /// Puts a note on free paper near the middle of the view (or into the one selected island) and opens it for
    /// writing. Call it straight from the click: phones bring up the keyboard only within a touch.
    pub fn add_note_at_centre(&self) {
        keyboard_bridge::hold();
        self.0.emit(Order::AddNote);
    }
    /// Lasso on or off, for fingers.
    pub fn toggle_lasso(&self) {
        self.0.emit(Order::ToggleLasso);
    }
    /// Draws an island round what is selected; with nothing selected the lasso starts instead.
    pub fn draw_island(&self) {
        self.0.emit(Order::DrawIsland);
    }
    /// Puts what is selected into the basket.
    pub fn delete(&self) {
        self.0.emit(Order::Delete);
    }
    /// Brings an item into view, selects it and lets it flash once.
    pub fn focus(&self, item: ItemId) {
        self.0.emit(Order::Focus(item));
    }
    /// Nothing selected, no mode, no editor.
    pub fn rest(&self) {
        self.0.emit(Order::Rest);
    }
}

/// What the bars show of the sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SheetStatus {
    /// The next drag draws a lasso.
    pub lasso: bool,
    /// What is selected.
    pub selection: Rc<Vec<ItemId>>,
    /// A text is being written: bars may step aside for the on-screen keyboard.
    pub editing: bool,
    /// The zoom in per cent, told when a movement has ended.
    pub zoom_percent: u32,
}
