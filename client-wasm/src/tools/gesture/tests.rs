//! Before, gesture, after.

mod drags;
mod hands;
mod taps;

use board::{Command, command::TextTarget, geometry::Rect, view::BoardView};

use super::{
    drag::{EDGE_PX, EDGE_SPEED_PX},
    *,
};
use crate::tools::Target;
use crate::tools::fixture::{Fixture, island, island_item, note, note_item, sheet};

/// A table with one sheet on it, and a hand.
struct Table {
    view: BoardView,
    gestures: Gestures,
    selection: Selection,
    mode: Mode,
    camera: Camera,
    read_only: bool,
    now_ms: f64,
    effects: Vec<Effect>,
}

impl Table {
    fn with(fixture: Fixture) -> Self {
        Self {
            view: fixture.view(),
            gestures: Gestures::default(),
            selection: Selection::new(),
            mode: Mode::Hand,
            camera: Camera::default(),
            read_only: false,
            now_ms: 1_000.0,
            effects: Vec::new(),
        }
    }

    /// Two notes, and an island with one more.
    fn laid() -> Self {
        Self::with(
            sheet()
                .note("a", 100.0, 100.0, None)
                .note("b", 400.0, 100.0, None)
                .island("i", None)
                .note("c", 700.0, 300.0, Some("i")),
        )
    }

    fn give(&mut self, input: Input) -> &mut Self {
        let mut effects = Vec::new();
        let scene = Scene {
            view: &self.view,
            camera: self.camera,
            viewport: board::geometry::Size {
                width: 1180.0,
                height: 700.0,
            },
            selection: &self.selection,
            mode: &self.mode,
            read_only: self.read_only,
        };
        self.gestures.handle(&scene, input, &mut effects);
        for effect in &effects {
            match effect {
                Effect::CameraTo(camera) => self.camera = *camera,
                Effect::Select(selection) => self.selection = selection.clone(),
                Effect::SetMode(mode) => self.mode = mode.clone(),
                _ => {}
            }
        }
        self.effects.extend(effects);
        self
    }

    fn pointer(&self, id: i32, kind: PointerKind, x: f64, y: f64) -> Pointer {
        let at = Point::new(x, y);
        let place = self.camera.to_board(at);
        let note = self
            .view
            .notes
            .values()
            .find(|note| Rect::new(note.position, board::geometry::NOTE).contains(place));
        let hit = match (note, dropping::island_at(&self.view, place, &[])) {
            (Some(note), _) => Hit::Note(note.id.clone()),
            (None, Some(island)) if dropping::plate(&self.view, island).is_some_and(|plate| plate.contains(place)) => {
                Hit::Plate(island.clone())
            }
            (None, Some(island)) => Hit::Inside(island.clone()),
            (None, None) => Hit::Paper,
        };
        Pointer {
            id,
            kind,
            at,
            hit,
            button: Button::Primary,
            shift: false,
            at_ms: self.now_ms,
        }
    }

    fn down(&mut self, id: i32, kind: PointerKind, x: f64, y: f64) -> &mut Self {
        let pointer = self.pointer(id, kind, x, y);
        self.give(Input::Down(pointer))
    }

    fn drag_to(&mut self, id: i32, kind: PointerKind, x: f64, y: f64) -> &mut Self {
        let pointer = self.pointer(id, kind, x, y);
        self.give(Input::Move(pointer))
    }

    fn up(&mut self, id: i32, kind: PointerKind, x: f64, y: f64) -> &mut Self {
        let pointer = self.pointer(id, kind, x, y);
        self.give(Input::Up(pointer))
    }

    fn finger_down(&mut self, x: f64, y: f64) -> &mut Self {
        self.down(1, PointerKind::Touch, x, y)
    }
    fn finger_to(&mut self, x: f64, y: f64) -> &mut Self {
        self.drag_to(1, PointerKind::Touch, x, y)
    }
    fn finger_up(&mut self, x: f64, y: f64) -> &mut Self {
        self.up(1, PointerKind::Touch, x, y)
    }
    fn tap(&mut self, x: f64, y: f64) -> &mut Self {
        self.finger_down(x, y).finger_up(x, y)
    }
    fn wait(&mut self, ms: f64) -> &mut Self {
        self.now_ms += ms;
        let now_ms = self.now_ms;
        self.give(Input::Tick(now_ms))
    }
    fn shift_tap(&mut self, x: f64, y: f64) -> &mut Self {
        for up in [false, true] {
            let pointer = Pointer {
                shift: true,
                ..self.pointer(1, PointerKind::Mouse, x, y)
            };
            self.give(if up { Input::Up(pointer) } else { Input::Down(pointer) });
        }
        self
    }

    fn forget(&mut self) -> &mut Self {
        self.effects.clear();
        self
    }
    fn acts(&self) -> Vec<&Command> {
        self.effects
            .iter()
            .filter_map(|effect| {
                if let Effect::Act(command) = effect {
                    Some(command)
                } else {
                    None
                }
            })
            .collect()
    }
    fn drops(&self) -> Vec<&board::command::Drop> {
        self.acts()
            .into_iter()
            .flat_map(|command| {
                if let Command::Move { drops } = command {
                    drops.as_slice()
                } else {
                    &[]
                }
            })
            .collect()
    }
    fn selected(&self, items: &[ItemId]) -> bool {
        self.selection == items.iter().cloned().collect()
    }
    fn has(&self, wanted: &Effect) -> bool {
        self.effects.contains(wanted)
    }
}
