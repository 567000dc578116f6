//! The machine for pointers.
//!
//! ```text
//!            down                 slop passed
//! Idle ───────────────► Pointing ─────────────► Dragging | Lasso | Panning
//!   ▲                      │ up: a tap                 │ up: drop, select, stay
//!   └──────────────────────┴───────────────────────────┘
//! a second finger: whatever was going on is put back, then Pinching; escape, a cancel by the browser and the
//! loss of the held things: put back, then Spent until every finger is up.
//! ```

use std::collections::BTreeMap;

use board::{geometry::Point, id::ItemId};

use super::{Button, Effect, Hit, Input, Mode, Pointer, PointerKind, Scene, Selection, dropping, lasso};
use crate::camera::Camera;
use drag::Drag;

mod drag;
mod tap;

/// A finger held still for so long means "more": add to the selection, or draw a lasso.
pub const LONG_PRESS_MS: f64 = 500.0;
/// After a pen was seen, touch only pans for this long: a palm rests beside it.
pub const PALM_MS: f64 = 30_000.0;
/// Time between two steps of such a move: one frame.
const FRAME_MS: f64 = 16.0;
/// A lasso takes up a new point after so many pixels.
const LASSO_STEP_PX: f64 = 4.0;
/// Fingers followed at once; a hand laid flat on the table shows more, and they mean nothing.
const POINTERS_MAX: usize = 10;

/// What the pointers are doing. One per sheet.
#[derive(Debug, Clone, Default)]
pub struct Gestures {
    state: State,
    /// Every pointer that is down, with its latest place.
    down: BTreeMap<i32, Point>,
    /// Where and when the last tap ended, for double taps.
    last_tap: Option<(Point, f64)>,
    pen_seen_ms: Option<f64>,
    /// The pen that is down.
    pen: Option<i32>,
}

#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Idle,
    Pointing {
        pressed: Pointer,
        long: bool,
    },
    Dragging(Drag),
    Lasso {
        pointer: i32,
        line: Vec<Point>,
        before: Selection,
    },
    Panning {
        pointer: i32,
        from: Point,
        camera: Camera,
    },
    Pinching {
        fingers: (i32, i32),
        from: (Point, Point),
        camera: Camera,
    },
    /// Pointers are still down, but what they began is over.
    Spent,
}

impl Gestures {
    /// Whether something is being dragged.
    pub fn is_dragging(&self) -> bool {
        matches!(self.state, State::Dragging(_))
    }

    /// Whether any gesture is under way.
    pub fn is_busy(&self) -> bool {
        !matches!(self.state, State::Idle | State::Spent)
    }

    /// Takes one input and appends what it does, in order.
    pub fn handle(&mut self, scene: &Scene<'_>, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Down(pointer) => self.down(scene, pointer, effects),
            Input::Move(pointer) => self.moved(scene, pointer, effects),
            Input::Up(pointer) => self.up(scene, pointer, effects),
            Input::Cancel(id) => {
                self.pen = self.pen.filter(|pen| *pen != id);
                if self.down.remove(&id).is_some() {
                    self.put_back(effects);
                    self.rest();
                }
            }
            Input::Wheel { at, delta, zoom } => {
                let camera = if zoom {
                    scene.camera.wheel_zoomed(at, delta.y)
                } else {
                    scene.camera.panned(Point::new(-delta.x, -delta.y))
                };
                effects.push(Effect::CameraTo(camera.kept(scene.viewport)));
                self.follow_camera(scene, camera.kept(scene.viewport), effects);
            }
            Input::Tick(now_ms) => self.tick(scene, now_ms, effects),
            Input::Escape => self.escape(scene, effects),
            Input::BoardChanged => self.board_changed(scene, effects),
        }
    }

    fn down(&mut self, scene: &Scene<'_>, pointer: Pointer, effects: &mut Vec<Effect>) {
        if pointer.kind == PointerKind::Pen {
            self.pen_seen_ms = Some(pointer.at_ms);
            self.pen = Some(pointer.id);
            // The palm came first: what it began is put back, and the pen alone counts.
            if !self.down.is_empty() {
                self.put_back(effects);
                self.down.clear();
                self.state = State::Idle;
            }
        }
        // Beside a pen that is down, touches are a palm.
        let palm = pointer.kind == PointerKind::Touch && self.pen.is_some();
        if palm || self.down.len() >= POINTERS_MAX || pointer.button == Button::Secondary {
            return;
        }
        let id = pointer.id;
        let at = pointer.at;
        match &self.state {
            State::Idle => {
                self.down.insert(id, at);
                if pointer.button == Button::Pan {
                    self.state = State::Panning {
                        pointer: id,
                        from: at,
                        camera: scene.camera,
                    };
                    return;
                }
                if pointer.kind != PointerKind::Mouse {
                    effects.push(Effect::WakeAt(pointer.at_ms + LONG_PRESS_MS));
                }
                self.state = State::Pointing {
                    pressed: pointer,
                    long: false,
                };
            }
            State::Pinching { .. } | State::Spent => {
                self.down.insert(id, at);
            }
            State::Pointing { .. } | State::Dragging(_) | State::Lasso { .. } | State::Panning { .. } => {
                let first = self.down.iter().next().map(|(id, at)| (*id, *at));
                self.put_back(effects);
                self.down.insert(id, at);
                self.last_tap = None;
                if let Some((first, first_at)) = first {
                    self.state = State::Pinching {
                        fingers: (first, id),
                        from: (first_at, at),
                        camera: scene.camera,
                    };
                }
            }
        }
    }

    fn moved(&mut self, scene: &Scene<'_>, pointer: Pointer, effects: &mut Vec<Effect>) {
        if pointer.kind == PointerKind::Pen {
            self.pen_seen_ms = Some(pointer.at_ms);
        }
        let Some(latest) = self.down.get_mut(&pointer.id) else {
            return;
        };
        *latest = pointer.at;
        match &mut self.state {
            State::Idle | State::Spent => {}
            State::Pointing { pressed, long } => {
                let gone = distance(pressed.at, pointer.at);
                if pressed.id == pointer.id && gone > pressed.kind.slop() {
                    let (pressed, long) = (pressed.clone(), *long);
                    self.begin(scene, pressed, long, &pointer, effects);
                }
            }
            State::Dragging(drag) => {
                if drag.pointer == pointer.id {
                    drag.at = pointer.at;
                    drag.show(scene, scene.camera, effects);
                    if drag.edge_pull(scene) != Point::default() {
                        effects.push(Effect::WakeAt(pointer.at_ms + FRAME_MS));
                    } else {
                        drag.scrolls = true;
                    }
                }
            }
            State::Lasso { pointer: id, line, .. } => {
                let point = scene.camera.to_board(pointer.at);
                let step = LASSO_STEP_PX / scene.camera.zoom;
                let far = line.last().is_none_or(|last| distance(*last, point) >= step);
                if *id == pointer.id && far && line.len() < lasso::LASSO_POINTS_MAX {
                    line.push(point);
                    effects.push(Effect::LassoTo(point));
                }
            }
            State::Panning {
                pointer: id,
                from,
                camera,
            } => {
                if *id == pointer.id {
                    let panned = camera.panned(pointer.at - *from).kept(scene.viewport);
                    effects.push(Effect::CameraTo(panned));
                }
            }
            State::Pinching { fingers, from, camera } => {
                if let (Some(first), Some(second)) = (self.down.get(&fingers.0), self.down.get(&fingers.1)) {
                    let pinched = camera.pinched(*from, (*first, *second)).kept(scene.viewport);
                    effects.push(Effect::CameraTo(pinched));
                }
            }
        }
    }

    /// A press became a drag: of what, decides what lies under it.
    fn begin(&mut self, scene: &Scene<'_>, pressed: Pointer, long: bool, now: &Pointer, effects: &mut Vec<Effect>) {
        self.last_tap = None;
        let on_paper = matches!(pressed.hit, Hit::Paper | Hit::Inside(_));
        let lassoes = *scene.mode == Mode::Lasso || (*scene.mode == Mode::Hand && on_paper && (long || pressed.shift));
        if lassoes && !scene.read_only {
            let start = scene.camera.to_board(pressed.at);
            let point = scene.camera.to_board(now.at);
            let before = if pressed.shift {
                scene.selection.clone()
            } else {
                Selection::new()
            };
            effects.push(Effect::LassoTo(start));
            effects.push(Effect::LassoTo(point));
            self.state = State::Lasso {
                pointer: pressed.id,
                line: vec![start, point],
                before,
            };
            return;
        }
        let palm = pressed.kind == PointerKind::Touch
            && self
                .pen_seen_ms
                .is_some_and(|seen_ms| pressed.at_ms - seen_ms < PALM_MS);
        let grabbed = match &pressed.hit {
            Hit::Note(id) => Some(ItemId::Note(id.clone())),
            Hit::Plate(id) => Some(ItemId::Island(id.clone())),
            Hit::Inside(id) => Some(ItemId::Island(id.clone())).filter(|island| scene.selection.contains(island)),
            Hit::Paper => None,
        };
        let movable = !scene.read_only && !palm && *scene.mode == Mode::Hand;
        match grabbed.filter(|item| movable && dropping::is_shown(scene.view, item)) {
            Some(grabbed) => self.take_up(scene, grabbed, &pressed, now, effects),
            None => {
                let panned = scene.camera.panned(now.at - pressed.at).kept(scene.viewport);
                effects.push(Effect::CameraTo(panned));
                self.state = State::Panning {
                    pointer: pressed.id,
                    from: pressed.at,
                    camera: scene.camera,
                };
            }
        }
    }

    fn take_up(
        &mut self,
        scene: &Scene<'_>,
        grabbed: ItemId,
        pressed: &Pointer,
        now: &Pointer,
        effects: &mut Vec<Effect>,
    ) {
        let mut held = Selection::from([grabbed.clone()]);
        if scene.selection.contains(&grabbed) {
            held = scene.selection.clone();
        } else if pressed.shift {
            held.extend(scene.selection.iter().cloned());
        }
        let held: Selection = dropping::outermost(scene.view, &held)
            .into_iter()
            .filter(|item| dropping::is_shown(scene.view, item))
            .collect();
        // The grabbed thing may lie inside a selected island: then that island is what moves.
        let grabbed = if held.contains(&grabbed) {
            grabbed
        } else {
            let outer = dropping::ancestors(scene.view, &grabbed)
                .map(|island| ItemId::Island(island.clone()))
                .find(|island| held.contains(island));
            match outer {
                Some(outer) => outer,
                None => return,
            }
        };
        let Some(bounds) = dropping::bounds_of(scene.view, &held) else {
            return;
        };
        let origins = held
            .iter()
            .filter_map(|item| dropping::corner(scene.view, item).map(|corner| (item.clone(), corner)))
            .collect();
        if held != *scene.selection {
            effects.push(Effect::Select(held));
        }
        let mut drag = Drag {
            pointer: pressed.id,
            at: now.at,
            grip: scene.camera.to_board(pressed.at),
            grabbed,
            origins,
            bounds,
            scrolls: false,
        };
        drag.scrolls = drag.edge_pull(scene) == Point::default();
        drag.show(scene, scene.camera, effects);
        self.state = State::Dragging(drag);
    }

    fn up(&mut self, scene: &Scene<'_>, pointer: Pointer, effects: &mut Vec<Effect>) {
        self.pen = self.pen.filter(|pen| *pen != pointer.id);
        if self.down.remove(&pointer.id).is_none() {
            return;
        }
        match std::mem::take(&mut self.state) {
            State::Pointing { pressed, long } if pressed.id == pointer.id => {
                self.rest();
                if !long {
                    self.tap(scene, &pressed, effects);
                }
            }
            State::Dragging(mut drag) if drag.pointer == pointer.id => {
                self.rest();
                drag.at = pointer.at;
                drag.let_go(scene, effects);
            }
            State::Lasso {
                pointer: id,
                line,
                before,
            } if id == pointer.id => {
                self.rest();
                let mut caught = lasso::enclosed(scene.view, &line);
                caught.extend(before);
                effects.push(Effect::EndLasso);
                effects.push(Effect::Select(dropping::outermost(scene.view, &caught)));
                if *scene.mode == Mode::Lasso {
                    effects.push(Effect::SetMode(Mode::Hand));
                }
            }
            State::Panning { pointer: id, .. } if id == pointer.id => self.rest(),
            State::Pinching { fingers, from, camera } => {
                if pointer.id != fingers.0 && pointer.id != fingers.1 {
                    self.state = State::Pinching { fingers, from, camera };
                    return;
                }
                // One finger stays: it goes on panning, and is no tap when it leaves.
                let stays = if pointer.id == fingers.0 { fingers.1 } else { fingers.0 };
                match self.down.get(&stays) {
                    Some(at) => {
                        self.state = State::Panning {
                            pointer: stays,
                            from: *at,
                            camera: scene.camera,
                        };
                    }
                    None => self.rest(),
                }
            }
            State::Idle | State::Spent => self.rest(),
            other => self.state = other,
        }
    }

    /// What follows a gesture: nothing, or waiting until the last finger is up.
    fn rest(&mut self) {
        self.state = if self.down.is_empty() {
            State::Idle
        } else {
            State::Spent
        };
    }

    fn tick(&mut self, scene: &Scene<'_>, now_ms: f64, effects: &mut Vec<Effect>) {
        match &mut self.state {
            State::Pointing { pressed, long } => {
                // Timers fire a little early on some engines; a millisecond is no reason to wait again.
                let due = now_ms + 1.0 >= pressed.at_ms + LONG_PRESS_MS;
                if *long || !due || pressed.kind == PointerKind::Mouse || scene.read_only {
                    return;
                }
                *long = true;
                effects.push(Effect::Buzz);
                let item = match &pressed.hit {
                    Hit::Note(id) => Some(ItemId::Note(id.clone())),
                    Hit::Plate(id) => Some(ItemId::Island(id.clone())),
                    Hit::Paper | Hit::Inside(_) => None,
                };
                if let Some(item) = item.filter(|_| *scene.mode == Mode::Hand) {
                    effects.push(Effect::Select(tap::toggled(scene, item)));
                }
            }
            State::Dragging(drag) => {
                let pull = drag.edge_pull(scene);
                if pull != Point::default() && drag.scrolls {
                    let camera = scene.camera.panned(pull).kept(scene.viewport);
                    effects.push(Effect::CameraTo(camera));
                    drag.show(scene, camera, effects);
                    effects.push(Effect::WakeAt(now_ms + FRAME_MS));
                }
            }
            _ => {}
        }
    }

    fn follow_camera(&mut self, scene: &Scene<'_>, camera: Camera, effects: &mut Vec<Effect>) {
        match &mut self.state {
            State::Dragging(drag) => drag.show(scene, camera, effects),
            // The hand and the wheel together: go on from what the wheel shows.
            State::Panning {
                pointer,
                from,
                camera: start,
            } => {
                if let Some(at) = self.down.get(pointer) {
                    *from = *at;
                    *start = camera;
                }
            }
            _ => {}
        }
    }

    fn escape(&mut self, scene: &Scene<'_>, effects: &mut Vec<Effect>) {
        if self.is_busy() {
            self.put_back(effects);
            self.rest();
        } else if *scene.mode != Mode::Hand {
            effects.push(Effect::SetMode(Mode::Hand));
        } else if !scene.selection.is_empty() {
            effects.push(Effect::Select(Selection::new()));
        }
    }

    fn board_changed(&mut self, scene: &Scene<'_>, effects: &mut Vec<Effect>) {
        let State::Dragging(drag) = &mut self.state else { return };
        drag.origins.retain(|(item, _)| dropping::is_shown(scene.view, item));
        let grabbed_is_gone = !drag.origins.iter().any(|(item, _)| *item == drag.grabbed);
        if grabbed_is_gone || scene.read_only {
            self.put_back(effects);
            self.rest();
        } else {
            drag.show(scene, scene.camera, effects);
        }
    }

    /// Undoes what a gesture showed but did not write.
    fn put_back(&mut self, effects: &mut Vec<Effect>) {
        match std::mem::take(&mut self.state) {
            State::Dragging(_) => effects.push(Effect::EndPreview),
            State::Lasso { .. } => effects.push(Effect::EndLasso),
            _ => {}
        }
    }
}

fn distance(left: Point, right: Point) -> f64 {
    (left.x - right.x).hypot(left.y - right.y)
}

#[cfg(test)]
mod tests;
