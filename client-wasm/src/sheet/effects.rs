//! What the surface does: messages become effects, effects become commands, styles and presence.

use std::rc::Rc;

use board::{
    Command,
    command::TextTarget,
    geometry::{NOTE, Point},
    id::{IslandId, ItemId},
    view::BoardView,
};
use yew::prelude::*;

use super::{
    actions::Row,
    handle::Order,
    items,
    listeners::{self, Heard, Later},
    others,
    surface::{Answer, Asked, Message, Surface},
};
use crate::{
    camera::ZOOM_STEP,
    store::{Hold, Notice},
    text_field::Left,
    tools::{Effect, Hit, Input, Mode, Selection, dropping},
};

/// How near to an island's edge one takes hold of its outline, in pixels.
const OUTLINE_PX: f64 = 14.0;

impl Surface {
    /// Takes a message. Returns whether anything has to be rendered.
    pub(super) fn receive(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Heard(heard) => self.hear(ctx, heard),
            Message::Order(order) => self.obey(ctx, order),
            Message::Action(action) => self.perform(ctx, action),
            Message::Answer(answer) => self.answer(ctx, answer),
            Message::Tick => {
                self.tick_timer = None;
                self.feed(ctx, Input::Tick(listeners::now_ms()))
            }
            Message::NudgeDone => self.drop_nudged(ctx),
            Message::CameraRests => {
                self.rest_timer = None;
                self.stage.set_moving(false);
                self.glide(false);
                self.place_overlay(ctx);
                false
            }
            Message::FlashDone => {
                self.flash_timer = None;
                if let Some(found) = self.flashing() {
                    // The attribute has a valid name; taking it away does not fail.
                    let _ = found.remove_attribute("data-flash");
                }
                false
            }
            Message::Left(left) => {
                // The field says so again when it is taken off the page.
                let Some(writing) = &self.writing else { return false };
                let item = match &writing.target {
                    TextTarget::Note(id) => Some(ItemId::Note(id.clone())),
                    TextTarget::Heading(id) => Some(ItemId::Island(id.clone())),
                    TextTarget::Label(_) => None,
                };
                // Whoever touched something else has the focus there; the others go on with the keys where they were.
                self.focus_next = item.filter(|_| left != Left::Blur);
                self.stop_writing(ctx)
            }
            Message::EditorResized => {
                self.stage.measure_overlay();
                self.place_overlay(ctx);
                false
            }
            Message::EndMode => self.set_mode(Mode::Hand),
        }
    }

    fn hear(&mut self, ctx: &Context<Self>, heard: Heard) -> bool {
        match heard {
            Heard::Input(input) => {
                let pressed = matches!(input, Input::Down(_));
                let mut renders = false;
                if pressed {
                    self.measure();
                    renders = self.drop_nudged(ctx);
                    if self.asked.is_some() {
                        return renders | self.answer(ctx, Answer::Leave);
                    }
                }
                let input = self.with_outline(ctx, listeners::within(input, self.viewport));
                renders | self.feed(ctx, input)
            }
            Heard::Hover(at) => {
                let cursor = at.map(|at| self.camera.to_board(at - self.viewport.origin));
                self.presence.cursor = cursor.filter(|_| !ctx.props().bare);
                self.tell_others(ctx);
                false
            }
            Heard::Key(event) => {
                let before = self.focus_next.is_some();
                let renders = self.key(ctx, &event);
                if event.key() == "Tab" && self.focus_next.is_some() && !before {
                    event.prevent_default();
                }
                renders
            }
            Heard::Pressed(hit) => self.pressed(ctx, hit),
            Heard::Resized => {
                let before = self.viewport.size;
                if self.measure() && before.width > 0.0 {
                    // What was in the middle stays there: a rotation, a panel, the keyboard.
                    let shift = Point::new(
                        (self.viewport.size.width - before.width) / 2.0,
                        (self.viewport.size.height - before.height) / 2.0,
                    );
                    self.look(ctx, self.camera.panned(shift).kept(self.viewport.size));
                    return false;
                }
                self.place_overlay(ctx);
                // The first size of all: now the first look is possible.
                before.width <= 0.0
            }
        }
    }

    /// The outline is taken hold of like the plate; it is too thin to be an element of its own.
    fn with_outline(&self, ctx: &Context<Self>, input: Input) -> Input {
        let Input::Down(mut pointer) = input else { return input };
        if let Hit::Inside(island) = &pointer.hit
            && let Some(bounds) = Self::board(ctx).bounds(&ItemId::Island(island.clone()))
        {
            let seen = self.camera.rect_to_screen(bounds);
            let near = |low: f64, high: f64, at: f64| at - low < OUTLINE_PX || high - at < OUTLINE_PX;
            if near(seen.origin.x, seen.right(), pointer.at.x) || near(seen.origin.y, seen.bottom(), pointer.at.y) {
                pointer.hit = Hit::Plate(island.clone());
            }
        }
        Input::Down(pointer)
    }

    /// Gives an input to the machine and carries out what it says.
    pub(super) fn feed(&mut self, ctx: &Context<Self>, input: Input) -> bool {
        let view = Self::board(ctx);
        let mut effects = Vec::new();
        let mut gestures = std::mem::take(&mut self.gestures);
        let dragged = gestures.is_dragging();
        gestures.handle(&self.scene(ctx, &view), input, &mut effects);
        // The actions step aside while something is dragged.
        let mut renders = gestures.is_dragging() != dragged;
        self.gestures = gestures;
        for effect in effects {
            renders |= self.carry_out(ctx, effect);
        }
        renders
    }

    fn carry_out(&mut self, ctx: &Context<Self>, effect: Effect) -> bool {
        match effect {
            Effect::CameraTo(camera) => {
                self.look(ctx, camera);
                false
            }
            Effect::Select(selection) => self.select(selection),
            Effect::Preview { placed, target } => {
                let view = Self::board(ctx);
                if !self.stage.is_previewing() {
                    self.taken_up(ctx, &view, &placed);
                }
                self.stage.preview(&view, &placed);
                self.hold(ctx, &placed, &view);
                let renders = self.target != target;
                self.target = target;
                renders
            }
            Effect::EndPreview => self.end_preview(ctx),
            Effect::Act(command) => {
                let moved = matches!(command, Command::Move { .. });
                if self.act(ctx, command)
                    && moved
                    && let Some(holder) = self.taken_from.take()
                {
                    let words = ctx.props().words;
                    ctx.props().store.notify(Notice::info((words.taken_over)(&holder.name)));
                }
                true
            }
            Effect::Ask { absorbed, into, inside } => {
                self.asked = Some(Asked { absorbed, into, inside });
                self.target = None;
                true
            }
            Effect::OpenEditor(target) => self.write(ctx, target),
            Effect::AddNote { at, parent } => {
                let corner = Point::new(at.x - NOTE.width / 2.0, at.y - NOTE.height / 2.0);
                self.add_note(ctx, Some(corner), parent)
            }
            Effect::LassoTo(point) => {
                self.stage.lasso_to(point);
                false
            }
            Effect::EndLasso => {
                self.stage.end_lasso();
                false
            }
            Effect::SetMode(mode) => self.set_mode(mode),
            Effect::Buzz => {
                buzz();
                false
            }
            Effect::WakeAt(at_ms) => {
                let link = ctx.link().clone();
                let delay_ms = at_ms - listeners::now_ms();
                self.tick_timer = Later::after(delay_ms, move || link.send_message(Message::Tick));
                false
            }
        }
    }

    /// Does a command; the store tells the person why if it is refused. Returns whether it was done.
    pub(super) fn act(&self, ctx: &Context<Self>, command: Command) -> bool {
        ctx.props().store.act(&ctx.props().group, command).is_ok()
    }

    /// Things were taken up: if they are in somebody's hands already, says so.
    fn taken_up(&mut self, ctx: &Context<Self>, view: &BoardView, placed: &[(ItemId, Point)]) {
        let items: Vec<ItemId> = placed.iter().map(|(item, _)| item.clone()).collect();
        self.taken_from = others::holder_of(&ctx.props().others, view, &items).cloned();
        if let Some(holder) = &self.taken_from {
            let words = ctx.props().words;
            ctx.props().store.notify(Notice::info((words.held_by)(&holder.name)));
        }
    }

    /// Shows the others what is in this hand.
    pub(super) fn hold(&mut self, ctx: &Context<Self>, placed: &[(ItemId, Point)], view: &BoardView) {
        let delta = placed
            .first()
            .and_then(|(item, corner)| dropping::corner(view, item).map(|home| *corner - home));
        self.presence.hold = delta.map(|delta| Hold {
            items: placed.iter().map(|(item, _)| item.clone()).collect(),
            delta,
        });
        self.tell_others(ctx);
    }

    pub(super) fn tell_others(&self, ctx: &Context<Self>) {
        if !ctx.props().bare {
            ctx.props().store.present(&ctx.props().group, self.presence.clone());
        }
    }

    /// Nothing is held any more: everything glides to where the board has it.
    pub(super) fn end_preview(&mut self, ctx: &Context<Self>) -> bool {
        self.stage.end_preview(&Self::board(ctx));
        self.taken_from = None;
        if self.presence.hold.take().is_some() {
            self.tell_others(ctx);
        }
        self.target.take().is_some()
    }

    /// A render wrote places into held elements: the hand's places again, on top.
    pub(super) fn show_preview_again(&mut self, ctx: &Context<Self>) {
        if !self.stage.is_previewing() {
            return;
        }
        let view = Self::board(ctx);
        if self.gestures.is_dragging() {
            self.feed(ctx, Input::BoardChanged);
        } else if let Some(asked) = self.asked.clone()
            && let Command::Move { drops } = &asked.inside
        {
            let placed: Vec<(ItemId, Point)> = drops
                .iter()
                .filter_map(|drop| drop.at.map(|at| (drop.item.clone(), at)))
                .collect();
            self.stage.preview(&view, &placed);
        }
    }

    /// The board changed, by whomever.
    pub(super) fn board_changed(&mut self, ctx: &Context<Self>) {
        let view = Self::board(ctx);
        let visible = items::still_visible(&view, &self.selection, ctx.props().coordinator);
        if visible != *self.selection {
            self.select(visible);
        }
        self.feed(ctx, Input::BoardChanged);
        let lost = |island: &IslandId| !view.islands.get(island).is_some_and(|island| island.shown);
        if self
            .asked
            .as_ref()
            .is_some_and(|asked| lost(&asked.absorbed) || lost(&asked.into))
        {
            self.answer(ctx, Answer::Leave);
        }
        if !self.may_write(ctx) {
            self.mode = Mode::Hand;
            if self.writing.is_some() {
                self.stop_writing(ctx);
            }
        }
    }

    pub(super) fn select(&mut self, selection: Selection) -> bool {
        if selection == *self.selection {
            return false;
        }
        self.selection = Rc::new(selection);
        self.row = Row::Main;
        true
    }

    pub(super) fn set_mode(&mut self, mode: Mode) -> bool {
        let renders = self.mode != mode;
        self.mode = mode;
        renders
    }

    fn obey(&mut self, ctx: &Context<Self>, order: Order) -> bool {
        self.drop_nudged(ctx);
        match order {
            Order::Fit => {
                let camera = self.fit(&Self::board(ctx));
                self.glide_to(ctx, camera)
            }
            Order::ZoomIn => self.zoom_step(ctx, ZOOM_STEP),
            Order::ZoomOut => self.zoom_step(ctx, 1.0 / ZOOM_STEP),
            Order::AddNote => self.add_note_near_middle(ctx),
            Order::ToggleLasso => {
                let mode = if self.mode == Mode::Lasso {
                    Mode::Hand
                } else {
                    Mode::Lasso
                };
                self.may_write(ctx) && self.set_mode(mode)
            }
            Order::DrawIsland => self.draw_island(ctx),
            Order::Delete => self.delete_selected(ctx),
            Order::Focus(item) => self.find(ctx, &item),
            Order::Rest => {
                let stopped = self.stop_writing(ctx);
                let ended = self.set_mode(Mode::Hand);
                stopped | ended | self.select(Selection::new())
            }
        }
    }

    /// A screen reader or the enter key pressed the thing itself: first it is selected, then written on.
    fn pressed(&mut self, ctx: &Context<Self>, hit: Hit) -> bool {
        let item = match hit {
            Hit::Note(id) => ItemId::Note(id),
            Hit::Plate(id) | Hit::Inside(id) => ItemId::Island(id),
            Hit::Paper => return false,
        };
        if self.selection.len() == 1 && self.selection.contains(&item) {
            return self.write_selected(ctx);
        }
        self.select(Selection::from([item]))
    }
}

/// One short tick where the device can; iPads cannot.
fn buzz() {
    if let Some(window) = web_sys::window() {
        let navigator = window.navigator();
        let vibrate = js_sys::Reflect::get(&navigator, &"vibrate".into()).ok();
        if let Some(vibrate) =
            vibrate.and_then(|vibrate| wasm_bindgen::JsCast::dyn_into::<js_sys::Function>(vibrate).ok())
        {
            // A device that refuses stays silent.
            let _ = vibrate.call1(&navigator, &12.into());
        }
    }
}
