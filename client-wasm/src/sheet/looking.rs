//! Where the surface looks: panning at once, gliding with the eye, finding a thing.

use board::{geometry::Point, id::ItemId};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::{
    listeners::Later,
    surface::{Message, Surface},
};
use crate::{camera::Camera, tools::Selection};

/// After a movement of the camera, this long without another one is rest: then letters become crisp.
const CAMERA_REST_MS: f64 = 180.0;
/// How long a glide of the camera takes, as in the stylesheet, and a little more.
const GLIDE_MS: f64 = 260.0;
/// How long a found thing flashes.
const FLASH_MS: f64 = 1_600.0;
/// A note is read and written at this zoom at least when it is looked for.
const READING_ZOOM: f64 = 0.6;

impl Surface {
    /// Looks elsewhere at once.
    pub(super) fn look(&mut self, ctx: &Context<Self>, camera: Camera) {
        if self.rest_timer.is_none() {
            self.stage.set_moving(true);
        }
        self.glide(false);
        self.camera = camera;
        self.stage.look(camera);
        self.place_overlay(ctx);
        self.rest_after(ctx, CAMERA_REST_MS);
    }

    /// Looks elsewhere, and lets the eye follow the way.
    pub(super) fn glide_to(&mut self, ctx: &Context<Self>, camera: Camera) -> bool {
        self.glide(true);
        self.camera = camera;
        self.stage.look(camera);
        self.place_overlay(ctx);
        self.rest_after(ctx, GLIDE_MS);
        false
    }

    pub(super) fn glide(&self, on: bool) {
        if let Some(board) = self.stage.board.cast::<HtmlElement>() {
            // A valid name and a boolean: this does not fail.
            let _ = board.class_list().toggle_with_force("is-gliding", on);
        }
    }

    pub(super) fn rest_after(&mut self, ctx: &Context<Self>, ms: f64) {
        let link = ctx.link().clone();
        self.rest_timer = Later::after(ms, move || link.send_message(Message::CameraRests));
    }

    pub(super) fn zoom_step(&mut self, ctx: &Context<Self>, factor: f64) -> bool {
        let size = self.viewport.size;
        let middle = Point::new(size.width / 2.0, size.height / 2.0);
        let camera = self.camera.zoomed_at(middle, factor).kept(size);
        self.glide_to(ctx, camera)
    }

    /// Brings an item into view, large enough to read, selects it and lets it flash.
    pub(super) fn find(&mut self, ctx: &Context<Self>, item: &ItemId) -> bool {
        self.show_item(ctx, item);
        if let Some(element) = self.stage.element(item) {
            let _ = element.set_attribute("data-flash", "");
            let link = ctx.link().clone();
            self.flash_timer = Later::after(FLASH_MS, move || link.send_message(Message::FlashDone));
        }
        self.select(Selection::from([item.clone()]))
    }

    pub(super) fn flashing(&self) -> Option<web_sys::Element> {
        self.stage
            .root
            .cast::<web_sys::Element>()?
            .query_selector("[data-flash]")
            .ok()?
    }

    pub(super) fn show_item(&mut self, ctx: &Context<Self>, item: &ItemId) {
        let Some(bounds) = Self::board(ctx).bounds(item) else {
            return;
        };
        let size = self.viewport.size;
        let mut camera = self.camera;
        if camera.zoom < READING_ZOOM {
            camera = Camera {
                zoom: READING_ZOOM,
                ..camera
            }
            .centred(bounds.centre(), size);
        }
        let camera = camera.showing(bounds, size);
        if camera != self.camera {
            self.glide_to(ctx, camera);
        }
    }

    pub(super) fn focus(&self, item: &ItemId) {
        let Some(element) = self.stage.element(item) else {
            return;
        };
        let plate = element.query_selector("[data-heading]").ok().flatten();
        let focused = plate.and_then(|plate| plate.dyn_into().ok()).unwrap_or(element);
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        // Refused focus leaves the selection where it is.
        let _ = focused.focus_with_options(&options);
    }
}
