//! The sheet's direct line to the DOM: camera and previews as style writes, without any rendering.
//!
//! A note's place is written into its style when it changes (see [`styles`]). While it is held, this module writes
//! another one on top and marks the element with `data-drag`. When it is let go, the board's place is written again,
//! and the stylesheet's transition lets it glide the difference.

use std::collections::BTreeMap;

use board::{
    geometry::{Point, Rect, Size},
    id::ItemId,
    view::BoardView,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::NodeRef;

use super::styles;
use crate::{camera::Camera, tools::dropping};

/// Space between a selection and its actions, in pixels: a fingertip.
const ACTIONS_GAP: f64 = 14.0;
/// Space kept to the view's edges.
const EDGE: f64 = 8.0;

/// The parts of the sheet that are written to directly.
#[derive(Debug, Default)]
pub struct Stage {
    /// Takes all pointer events; its size is the viewport.
    pub root: NodeRef,
    /// Carries the camera's transform.
    pub board: NodeRef,
    /// Cursors and names, which keep their size at every zoom.
    pub above: NodeRef,
    /// The row of actions.
    pub actions: NodeRef,
    /// The slip that is being written on.
    pub editor: NodeRef,
    /// The question after one island was dropped on another.
    pub ask: NodeRef,
    /// The lasso's line.
    pub lasso: NodeRef,
    sizes: Sizes,
    held: BTreeMap<ItemId, HtmlElement>,
    line: String,
    inverse_zoom: f64,
}

/// How large the overlay's parts are, read once after a render: reading it while the camera moves would lay out the
/// page every frame.
#[derive(Debug, Default)]
struct Sizes {
    actions: Size,
    editor: Size,
    ask: Size,
}

/// The transform that puts something's corner here.
pub fn at(point: Point) -> String {
    format!("translate({}px,{}px)", round(point.x), round(point.y))
}

/// Two decimals: a hundredth of a unit is below every screen's pixel at [`crate::camera::ZOOM_MAX`].
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn set(element: &HtmlElement, property: &str, value: &str) {
    // The browser refuses only values that we do not write.
    let _ = element.style().set_property(property, value);
}

impl Stage {
    /// The sheet's rectangle in the window; none before it is there.
    pub fn viewport(&self) -> Option<Rect> {
        let bounds = self.root.cast::<Element>()?.get_bounding_client_rect();
        let size = Size {
            width: bounds.width(),
            height: bounds.height(),
        };
        (size.width > 0.0 && size.height > 0.0).then(|| Rect::new(Point::new(bounds.left(), bounds.top()), size))
    }

    /// Looks through this camera.
    pub fn look(&mut self, camera: Camera) {
        if let Some(board) = self.board.cast::<HtmlElement>() {
            let offset = camera.offset;
            set(
                &board,
                "transform",
                &format!(
                    "translate({}px,{}px) scale({})",
                    round(offset.x),
                    round(offset.y),
                    camera.zoom
                ),
            );
        }
        // A pan leaves it as it is: writing it would restyle everything below.
        if self.inverse_zoom != camera.zoom
            && let Some(above) = self.above.cast::<HtmlElement>()
        {
            self.inverse_zoom = camera.zoom;
            set(&above, "--inverse-zoom", &(1.0 / camera.zoom).to_string());
        }
    }

    /// Says that the camera is moving: the board becomes one picture, and crisp again when it rests.
    pub fn set_moving(&self, moving: bool) {
        if let Some(board) = self.board.cast::<HtmlElement>() {
            set(&board, "will-change", if moving { "transform" } else { "auto" });
        }
    }

    /// Shows held things where the finger has them, with all that they hold.
    pub fn preview(&mut self, view: &BoardView, placed: &[(ItemId, Point)]) {
        for (item, corner) in placed {
            let Some(home) = dropping::corner(view, item) else {
                continue;
            };
            let shift = *corner - home;
            self.hold(item, *corner);
            if let ItemId::Island(island) = item {
                for inside in dropping::descendants(view, island) {
                    if let Some(home) = dropping::corner(view, &inside) {
                        self.hold(&inside, home + shift);
                    }
                }
            }
        }
    }

    fn hold(&mut self, item: &ItemId, corner: Point) {
        if !self.held.contains_key(item) {
            let Some(element) = self.element(item) else { return };
            styles::place(&element);
            // Marking cannot fail: the name is valid.
            let _ = element.set_attribute("data-drag", "");
            self.held.insert(item.clone(), element);
        }
        if let Some(element) = self.held.get(item) {
            set(element, "transform", &at(corner));
        }
    }

    /// Lets go: everything held glides to where the board has it now.
    pub fn end_preview(&mut self, view: &BoardView) {
        for (item, element) in std::mem::take(&mut self.held) {
            let _ = element.remove_attribute("data-drag");
            if let Some(corner) = dropping::corner(view, &item) {
                set(&element, "transform", &at(corner));
            }
        }
    }

    /// Whether anything is shown elsewhere than it is.
    pub fn is_previewing(&self) -> bool {
        !self.held.is_empty()
    }

    /// The element of a note or an island.
    pub fn element(&self, item: &ItemId) -> Option<HtmlElement> {
        let selector = match item {
            ItemId::Note(id) => format!("[data-note=\"{id}\"]"),
            ItemId::Island(id) => format!("[data-island-id=\"{id}\"]"),
        };
        self.root
            .cast::<Element>()?
            .query_selector(&selector)
            .ok()??
            .dyn_into()
            .ok()
    }

    /// Takes the lasso to its next place.
    pub fn lasso_to(&mut self, point: Point) {
        let letter = if self.line.is_empty() { 'M' } else { 'L' };
        self.line
            .push_str(&format!("{letter}{} {}", round(point.x), round(point.y)));
        if let Some(path) = self.lasso.cast::<Element>() {
            let _ = path.set_attribute("d", &self.line);
        }
    }

    /// Takes the lasso away.
    pub fn end_lasso(&mut self) {
        self.line.clear();
        if let Some(path) = self.lasso.cast::<Element>() {
            let _ = path.set_attribute("d", "");
        }
    }

    /// Reads how large the overlay's parts are.
    pub fn measure_overlay(&mut self) {
        let size = |node: &NodeRef| {
            node.cast::<HtmlElement>().map_or_else(Size::default, |element| Size {
                width: f64::from(element.offset_width()),
                height: f64::from(element.offset_height()),
            })
        };
        self.sizes = Sizes {
            actions: size(&self.actions),
            editor: size(&self.editor),
            ask: size(&self.ask),
        };
    }

    /// Puts the actions beside what is selected: above it, below it, or at the bottom when it fills the view.
    pub fn place_actions(&self, camera: Camera, viewport: Size, selected: Option<Rect>) {
        let (Some(actions), Some(selected)) = (self.actions.cast::<HtmlElement>(), selected) else {
            return;
        };
        let seen = camera.rect_to_screen(selected);
        let size = self.sizes.actions;
        let above = seen.origin.y - size.height - ACTIONS_GAP;
        let below = seen.bottom() + ACTIONS_GAP;
        let top = if above >= EDGE {
            above
        } else if below + size.height <= viewport.height - EDGE {
            below
        } else {
            viewport.height - size.height - EDGE
        };
        let out_of_view = seen.right() < 0.0
            || seen.origin.x > viewport.width
            || seen.bottom() < 0.0
            || seen.origin.y > viewport.height;
        set(&actions, "visibility", if out_of_view { "hidden" } else { "visible" });
        set(
            &actions,
            "transform",
            &at(within(
                Point::new(seen.centre().x - size.width / 2.0, top),
                size,
                viewport,
            )),
        );
    }

    /// Puts the question beside the plate that it is about.
    pub fn place_ask(&self, camera: Camera, viewport: Size, plate: Option<Rect>) {
        let (Some(ask), Some(plate)) = (self.ask.cast::<HtmlElement>(), plate) else {
            return;
        };
        let seen = camera.rect_to_screen(plate);
        let size = self.sizes.ask;
        let wanted = Point::new(
            seen.centre().x - size.width / 2.0,
            seen.origin.y - size.height - ACTIONS_GAP,
        );
        set(&ask, "transform", &at(within(wanted, size, viewport)));
    }

    /// Puts the slip that is being written on over its note, large enough to read, and above the keyboard.
    pub fn place_editor(&self, camera: Camera, viewport: Rect, target: Option<Rect>) {
        let (Some(editor), Some(target)) = (self.editor.cast::<HtmlElement>(), target) else {
            return;
        };
        let seen = camera.rect_to_screen(target);
        let size = self.sizes.editor;
        let free = above_keyboard(viewport);
        let wanted = Point::new(seen.centre().x - size.width / 2.0, seen.centre().y - size.height / 2.0);
        set(&editor, "transform", &at(within(wanted, size, free)));
    }
}

/// What the on-screen keyboard leaves of the sheet.
fn above_keyboard(viewport: Rect) -> Size {
    let visible = web_sys::window().and_then(|window| window.visual_viewport());
    let bottom = visible.map_or(f64::INFINITY, |visible| visible.offset_top() + visible.height());
    Size {
        width: viewport.size.width,
        height: viewport.size.height.min(bottom - viewport.origin.y),
    }
}

/// The nearest place to `wanted` at which something of this size is in view whole; its beginning, if it is larger.
fn within(wanted: Point, size: Size, room: Size) -> Point {
    let keep = |at: f64, length: f64, room: f64| at.min(room - length - EDGE).max(EDGE);
    Point::new(
        keep(wanted.x, size.width, room.width),
        keep(wanted.y, size.height, room.height),
    )
}
