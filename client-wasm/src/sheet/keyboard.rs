//! Keys on the sheet.

use board::{geometry::Point, id::ItemId};
use yew::prelude::*;

use super::{
    listeners::{Heard, Later},
    surface::{Message, Surface},
};
use crate::{
    camera::ZOOM_STEP,
    tools::{
        Input, Selection, dropping,
        keys::{self, KeyAct, Press},
    },
};

/// Arrow keys within this time of each other are one move.
const NUDGE_REST_MS: f64 = 450.0;

/// Whether the browser shall leave this event to us. Decided before the owner has seen it, so by its kind alone:
/// Tab is never taken here, because at the end of the sheet it must go on (the owner moves the focus itself).
pub fn takes(heard: &Heard) -> bool {
    let Heard::Key(event) = heard else { return false };
    let command = event.ctrl_key() || event.meta_key();
    match event.key().as_str() {
        "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" => !event.alt_key() && !command,
        "z" | "Z" | "y" | "Y" | "a" | "A" => command,
        "n" | "N" | "Enter" | " " => !command && !event.alt_key(),
        "Backspace" | "Delete" => !command,
        _ => false,
    }
}

impl Surface {
    pub(super) fn key(&mut self, ctx: &Context<Self>, event: &web_sys::KeyboardEvent) -> bool {
        let view = Self::board(ctx);
        let key = event.key();
        let press = Press {
            key: if key == " " { "Enter" } else { &key },
            command: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
        };
        let Some(act) = keys::act(press, &self.scene(ctx, &view)) else {
            return false;
        };
        let props = ctx.props();
        let mut renders = false;
        if !matches!(act, KeyAct::Nudge(_)) {
            renders = self.drop_nudged(ctx);
        }
        renders
            | match act {
                KeyAct::Undo => {
                    props.store.undo(&props.group);
                    false
                }
                KeyAct::Redo => {
                    props.store.redo(&props.group);
                    false
                }
                KeyAct::Delete => self.delete_selected(ctx),
                KeyAct::Edit => self.write_selected(ctx),
                KeyAct::NewNote => self.add_note_near_middle(ctx),
                KeyAct::DrawIsland => self.draw_island(ctx),
                KeyAct::SelectAll => {
                    let all = view
                        .top
                        .iter()
                        .filter(|item| dropping::is_shown(&view, item))
                        .cloned()
                        .collect();
                    self.select(all)
                }
                KeyAct::Nudge(step) => self.nudge(ctx, step),
                KeyAct::Pan(step) => {
                    let camera = self.camera.panned(step).kept(self.viewport.size);
                    self.glide_to(ctx, camera)
                }
                KeyAct::ZoomIn => self.zoom_step(ctx, ZOOM_STEP),
                KeyAct::ZoomOut => self.zoom_step(ctx, 1.0 / ZOOM_STEP),
                KeyAct::Fit => {
                    let camera = self.fit(&view);
                    self.glide_to(ctx, camera)
                }
                KeyAct::Go(item) => {
                    self.show_item(ctx, &item);
                    self.focus_next = Some(item.clone());
                    self.select(Selection::from([item]));
                    true
                }
                KeyAct::Escape => self.escape(ctx),
            }
    }

    pub(super) fn escape(&mut self, ctx: &Context<Self>) -> bool {
        if self.asked.is_some() {
            return self.answer(ctx, super::surface::Answer::Leave);
        }
        self.feed(ctx, Input::Escape)
    }

    /// Moves the selection a little further; what the keys moved together becomes one command.
    fn nudge(&mut self, ctx: &Context<Self>, step: Point) -> bool {
        let view = Self::board(ctx);
        let Some(bounds) = dropping::bounds_of(&view, self.selection.iter()) else {
            return false;
        };
        self.nudged = dropping::kept_on_sheet(bounds, self.nudged + step);
        let placed = self.nudged_places(&view);
        self.stage.preview(&view, &placed);
        self.hold(ctx, &placed, &view);
        let link = ctx.link().clone();
        self.nudge_timer = Later::after(NUDGE_REST_MS, move || link.send_message(Message::NudgeDone));
        false
    }

    fn nudged_places(&self, view: &board::view::BoardView) -> Vec<(ItemId, Point)> {
        self.selection
            .iter()
            .filter(|item| dropping::is_shown(view, item))
            .filter_map(|item| dropping::corner(view, item).map(|corner| (item.clone(), corner + self.nudged)))
            .collect()
    }

    /// Drops what the arrow keys moved. Keys never take anything into an island or out of one.
    pub(super) fn drop_nudged(&mut self, ctx: &Context<Self>) -> bool {
        self.nudge_timer = None;
        if self.nudged == Point::default() {
            return false;
        }
        let view = Self::board(ctx);
        let placed = self.nudged_places(&view);
        self.nudged = Point::default();
        if let Some((first, _)) = placed.first() {
            let home = view.parent(first).cloned();
            let command = dropping::move_command(&view, first, &placed, home.as_ref());
            self.act(ctx, command);
        }
        self.end_preview(ctx);
        false
    }
}
