//! Before, gesture, after.

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

#[test]
fn a_tap_selects_and_a_second_tap_writes() {
    let mut table = Table::laid();
    table.tap(150.0, 150.0);
    assert!(table.selected(&[note_item("a")]) && table.acts().is_empty());
    table.wait(1_000.0).tap(150.0, 150.0);
    assert!(table.has(&Effect::OpenEditor(TextTarget::Note(note("a")))));
}

#[test]
fn a_quick_double_tap_on_a_note_writes_too() {
    let mut table = Table::laid();
    table.tap(150.0, 150.0).wait(120.0).tap(152.0, 150.0);
    assert!(table.has(&Effect::OpenEditor(TextTarget::Note(note("a")))));
}

#[test]
fn a_double_tap_on_paper_asks_for_a_note_there() {
    let mut table = Table::laid();
    table.tap(300.0, 500.0).wait(120.0).tap(303.0, 502.0);
    assert!(table.has(&Effect::AddNote {
        at: Point::new(303.0, 502.0),
        parent: None
    }));
}

#[test]
fn two_slow_or_distant_taps_on_paper_are_no_double_tap() {
    let mut table = Table::laid();
    table
        .tap(300.0, 500.0)
        .wait(900.0)
        .tap(300.0, 500.0)
        .wait(100.0)
        .tap(380.0, 560.0);
    assert!(
        !table
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::AddNote { .. }))
    );
}

#[test]
fn a_double_tap_inside_an_island_asks_for_a_note_in_it() {
    let mut table = Table::laid();
    table.tap(690.0, 430.0).wait(120.0).tap(690.0, 430.0);
    assert!(table.has(&Effect::AddNote {
        at: Point::new(690.0, 430.0),
        parent: Some(island("i"))
    }));
}

#[test]
fn trembling_within_the_slop_is_a_tap() {
    let mut table = Table::laid();
    table
        .finger_down(150.0, 150.0)
        .finger_to(156.0, 153.0)
        .finger_up(156.0, 153.0);
    assert!(table.selected(&[note_item("a")]) && table.acts().is_empty());
}

#[test]
fn a_note_dragged_by_finger_is_dropped_once_with_one_command() {
    let mut table = Table::laid();
    table
        .finger_down(150.0, 150.0)
        .finger_to(170.0, 150.0)
        .finger_to(250.0, 400.0);
    assert!(table.gestures.is_dragging() && table.acts().is_empty());
    table.finger_up(250.0, 400.0);
    let drops = table.drops();
    assert_eq!(drops.len(), 1);
    assert_eq!((drops[0].at, &drops[0].parent), (Some(Point::new(200.0, 350.0)), &None));
    assert_eq!(table.acts().len(), 1);
    assert!(table.has(&Effect::EndPreview) && !table.gestures.is_busy());
}

#[test]
fn at_half_zoom_the_note_stays_under_the_finger() {
    let mut table = Table::laid();
    table.camera.zoom = 0.5;
    table
        .finger_down(75.0, 75.0)
        .finger_to(175.0, 75.0)
        .finger_up(175.0, 75.0);
    assert_eq!(table.drops()[0].at, Some(Point::new(300.0, 100.0)));
}

#[test]
fn a_note_dropped_into_an_island_goes_into_it_and_out_again() {
    let mut table = Table::laid();
    table
        .finger_down(150.0, 150.0)
        .finger_to(300.0, 300.0)
        .finger_to(800.0, 430.0);
    let marked = table.effects.iter().rev().find_map(|effect| match effect {
        Effect::Preview { target, .. } => Some(target.clone()),
        _ => None,
    });
    assert_eq!(
        marked,
        Some(Some(Target::Into(island("i")))),
        "the island is marked while the finger is over it"
    );
    table.finger_up(800.0, 430.0);
    assert_eq!(table.drops()[0].parent, Some(island("i")));

    let mut table = Table::laid();
    table
        .finger_down(800.0, 350.0)
        .finger_to(300.0, 550.0)
        .finger_up(300.0, 550.0);
    assert_eq!(table.drops()[0].parent, None);
}

#[test]
fn shifting_a_note_within_its_island_marks_nothing() {
    let mut table = Table::laid();
    table.finger_down(800.0, 350.0).finger_to(820.0, 380.0);
    let marks = table
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Preview { target: Some(_), .. }));
    assert!(!marks);
    table.finger_up(820.0, 380.0);
    assert_eq!(table.drops()[0].parent, Some(island("i")));
}

#[test]
fn a_selection_is_dragged_whole_with_one_command() {
    let mut table = Table::laid();
    table.shift_tap(150.0, 150.0).shift_tap(450.0, 150.0);
    assert!(table.selected(&[note_item("a"), note_item("b")]));
    table
        .forget()
        .finger_down(450.0, 150.0)
        .finger_to(450.0, 250.0)
        .finger_up(450.0, 250.0);
    let places: Vec<_> = table.drops().iter().map(|drop| drop.at).collect();
    assert_eq!(places, [Some(Point::new(100.0, 200.0)), Some(Point::new(400.0, 200.0))]);
    assert_eq!(table.acts().len(), 1);
}

#[test]
fn shift_and_a_tap_take_out_of_the_selection_again() {
    let mut table = Table::laid();
    table.shift_tap(150.0, 150.0).shift_tap(150.0, 150.0);
    assert!(table.selection.is_empty());
}

#[test]
fn an_island_is_dragged_by_its_plate_and_pans_by_its_inside() {
    let mut table = Table::laid();
    table
        .finger_down(800.0, 240.0)
        .finger_to(800.0, 340.0)
        .finger_up(800.0, 340.0);
    assert_eq!(table.drops()[0].item, island_item("i"));
    let mut table = Table::laid();
    table
        .finger_down(690.0, 430.0)
        .finger_to(690.0, 530.0)
        .finger_up(690.0, 530.0);
    assert!(table.acts().is_empty());
    assert_eq!(table.camera.offset, Point::new(0.0, 100.0));
}

#[test]
fn a_selected_island_is_dragged_by_its_inside_too() {
    let mut table = Table::laid();
    table.tap(690.0, 430.0).wait(900.0);
    assert!(table.selected(&[island_item("i")]));
    table
        .finger_down(690.0, 430.0)
        .finger_to(690.0, 530.0)
        .finger_up(690.0, 530.0);
    assert_eq!(table.drops()[0].item, island_item("i"));
}

#[test]
fn a_note_in_a_selected_island_moves_alone_unless_it_is_selected_itself() {
    let mut table = Table::laid();
    table.tap(690.0, 430.0).wait(900.0);
    table
        .finger_down(800.0, 350.0)
        .finger_to(830.0, 350.0)
        .finger_up(830.0, 350.0);
    assert_eq!(table.drops()[0].item, note_item("c"));
}

#[test]
fn one_island_dropped_on_anothers_plate_asks_before_anything_is_written() {
    let mut table = Table::with(
        sheet()
            .island("i", None)
            .note("a", 100.0, 200.0, Some("i"))
            .island("j", None)
            .note("b", 700.0, 200.0, Some("j")),
    );
    table
        .finger_down(200.0, 140.0)
        .finger_to(400.0, 140.0)
        .finger_to(800.0, 140.0)
        .finger_up(800.0, 140.0);
    assert!(table.acts().is_empty());
    let asked = table.effects.iter().any(|effect| {
        matches!(effect, Effect::Ask { absorbed, into, .. } if *absorbed == island("i") && *into == island("j"))
    });
    assert!(
        asked && !table.has(&Effect::EndPreview),
        "the question keeps the preview"
    );
}

#[test]
fn a_second_finger_cancels_the_drag_and_pinches() {
    let mut table = Table::laid();
    table.finger_down(150.0, 150.0).finger_to(250.0, 150.0);
    table.down(2, PointerKind::Touch, 450.0, 150.0);
    assert!(table.has(&Effect::EndPreview) && !table.gestures.is_dragging());
    table.drag_to(2, PointerKind::Touch, 650.0, 150.0);
    assert!((table.camera.zoom - 2.0).abs() < 1e-9);
    table.up(2, PointerKind::Touch, 650.0, 150.0).finger_up(250.0, 150.0);
    assert!(table.acts().is_empty(), "a pinch moves nothing");
}

#[test]
fn the_finger_that_stays_after_a_pinch_pans_and_never_taps() {
    let mut table = Table::laid();
    table
        .finger_down(150.0, 150.0)
        .down(2, PointerKind::Touch, 450.0, 150.0);
    table.up(2, PointerKind::Touch, 450.0, 150.0).finger_to(170.0, 150.0);
    assert_eq!(table.camera.offset, Point::new(20.0, 0.0));
    table.finger_up(170.0, 150.0);
    assert!(table.selection.is_empty());
}

#[test]
fn a_third_finger_changes_nothing() {
    let mut table = Table::laid();
    table
        .finger_down(100.0, 600.0)
        .down(2, PointerKind::Touch, 300.0, 600.0)
        .down(3, PointerKind::Touch, 200.0, 300.0);
    table.drag_to(3, PointerKind::Touch, 900.0, 300.0);
    assert_eq!(table.camera.zoom, 1.0);
    table
        .up(3, PointerKind::Touch, 900.0, 300.0)
        .drag_to(2, PointerKind::Touch, 500.0, 600.0);
    assert!((table.camera.zoom - 2.0).abs() < 1e-9);
}

#[test]
fn escape_and_a_cancelled_pointer_put_everything_back() {
    for cancel in [Input::Escape, Input::Cancel(1)] {
        let mut table = Table::laid();
        table.finger_down(150.0, 150.0).finger_to(250.0, 250.0).give(cancel);
        assert!(table.has(&Effect::EndPreview));
        table.finger_to(400.0, 400.0).finger_up(400.0, 400.0);
        assert!(table.acts().is_empty());
        assert!(!table.gestures.is_busy());
    }
}

#[test]
fn a_note_deleted_by_someone_else_leaves_the_finger() {
    let mut table = Table::laid();
    table.finger_down(150.0, 150.0).finger_to(250.0, 250.0);
    table.view = sheet().note("b", 400.0, 100.0, None).view();
    table.give(Input::BoardChanged);
    assert!(table.has(&Effect::EndPreview));
    table.finger_up(300.0, 300.0);
    assert!(table.acts().is_empty());
}

#[test]
fn of_several_held_notes_only_the_deleted_one_is_lost() {
    let mut table = Table::laid();
    table.shift_tap(150.0, 150.0).shift_tap(450.0, 150.0);
    table.finger_down(150.0, 150.0).finger_to(150.0, 250.0);
    table.view = sheet().note("a", 100.0, 100.0, None).view();
    table.give(Input::BoardChanged).finger_up(150.0, 250.0);
    let items: Vec<_> = table.drops().iter().map(|drop| drop.item.clone()).collect();
    assert_eq!(items, [note_item("a")]);
}

#[test]
fn a_board_that_turns_read_only_ends_the_drag() {
    let mut table = Table::laid();
    table.finger_down(150.0, 150.0).finger_to(250.0, 250.0);
    table.read_only = true;
    table.give(Input::BoardChanged).finger_up(250.0, 250.0);
    assert!(table.acts().is_empty() && table.has(&Effect::EndPreview));
}

#[test]
fn a_reader_pans_over_notes_and_taps_to_read() {
    let mut table = Table::laid();
    table.read_only = true;
    table
        .finger_down(150.0, 150.0)
        .finger_to(250.0, 150.0)
        .finger_up(250.0, 150.0);
    assert_eq!(table.camera.offset, Point::new(100.0, 0.0));
    table
        .tap(250.0, 150.0)
        .wait(50.0)
        .tap(250.0, 150.0)
        .tap(900.0, 600.0)
        .wait(50.0)
        .tap(900.0, 600.0);
    assert!(table.acts().is_empty());
    let writes = table
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::OpenEditor(_) | Effect::AddNote { .. }));
    assert!(!writes);
}

#[test]
fn a_long_press_on_a_note_adds_it_to_the_selection() {
    let mut table = Table::laid();
    table.tap(150.0, 150.0).finger_down(450.0, 150.0).wait(LONG_PRESS_MS);
    assert!(table.selected(&[note_item("a"), note_item("b")]) && table.has(&Effect::Buzz));
    table.finger_up(450.0, 150.0);
    assert!(
        table.selected(&[note_item("a"), note_item("b")]),
        "letting go is no second tap"
    );
}

#[test]
fn a_finger_that_leaves_before_the_time_is_no_long_press() {
    let mut table = Table::laid();
    table.finger_down(450.0, 150.0).wait(LONG_PRESS_MS - 50.0);
    assert!(!table.has(&Effect::Buzz));
}

#[test]
fn a_long_press_on_paper_begins_a_lasso() {
    let mut table = Table::laid();
    table.finger_down(50.0, 50.0).wait(LONG_PRESS_MS);
    table
        .finger_to(650.0, 50.0)
        .finger_to(650.0, 270.0)
        .finger_to(50.0, 270.0)
        .finger_up(50.0, 270.0);
    assert!(table.selected(&[note_item("a"), note_item("b")]));
    assert!(table.has(&Effect::EndLasso) && table.acts().is_empty());
}

#[test]
fn in_lasso_mode_a_finger_draws_over_notes_and_the_mode_ends() {
    let mut table = Table::laid();
    table.mode = Mode::Lasso;
    table
        .finger_down(110.0, 50.0)
        .finger_to(350.0, 50.0)
        .finger_to(350.0, 270.0)
        .finger_to(50.0, 270.0);
    table.finger_to(50.0, 60.0).finger_up(50.0, 60.0);
    assert!(table.selected(&[note_item("a")]));
    assert_eq!(table.mode, Mode::Hand);
}

#[test]
fn a_mouse_pans_on_paper_and_lassoes_with_shift() {
    let mut table = Table::laid();
    table
        .down(7, PointerKind::Mouse, 50.0, 600.0)
        .drag_to(7, PointerKind::Mouse, 80.0, 620.0);
    table.up(7, PointerKind::Mouse, 80.0, 620.0);
    assert_eq!(table.camera.offset, Point::new(30.0, 20.0));

    let mut table = Table::laid();
    let pressed = Pointer {
        shift: true,
        ..table.pointer(7, PointerKind::Mouse, 50.0, 50.0)
    };
    table.give(Input::Down(pressed));
    for (x, y) in [(650.0, 50.0), (650.0, 270.0), (50.0, 270.0)] {
        table.drag_to(7, PointerKind::Mouse, x, y);
    }
    table.up(7, PointerKind::Mouse, 50.0, 270.0);
    assert!(table.selected(&[note_item("a"), note_item("b")]));
}

#[test]
fn beside_a_pen_a_palm_does_nothing_and_later_only_pans() {
    let mut table = Table::laid();
    table
        .down(9, PointerKind::Pen, 150.0, 150.0)
        .drag_to(9, PointerKind::Pen, 250.0, 150.0);
    table
        .down(1, PointerKind::Touch, 450.0, 150.0)
        .finger_to(500.0, 300.0)
        .finger_up(500.0, 300.0);
    assert!(table.gestures.is_dragging(), "the palm does not disturb the pen");
    table.up(9, PointerKind::Pen, 250.0, 150.0);
    assert_eq!(table.drops().len(), 1);
    table
        .forget()
        .finger_down(450.0, 150.0)
        .finger_to(450.0, 250.0)
        .finger_up(450.0, 250.0);
    assert!(table.acts().is_empty());
    assert_eq!(table.camera.offset, Point::new(0.0, 100.0));
}

#[test]
fn a_palm_that_lay_there_first_gives_way_to_the_pen() {
    let mut table = Table::laid();
    table.finger_down(450.0, 150.0).finger_to(500.0, 200.0);
    table
        .down(9, PointerKind::Pen, 150.0, 150.0)
        .drag_to(9, PointerKind::Pen, 250.0, 150.0);
    table.finger_up(500.0, 200.0).up(9, PointerKind::Pen, 250.0, 150.0);
    let items: Vec<_> = table.drops().iter().map(|drop| drop.item.clone()).collect();
    assert_eq!(items, [note_item("a")]);
}

#[test]
fn the_wheel_pans_and_zooms_with_its_key() {
    let mut table = Table::laid();
    let at = Point::new(500.0, 300.0);
    table.give(Input::Wheel {
        at,
        delta: Point::new(0.0, 120.0),
        zoom: false,
    });
    assert_eq!(table.camera.offset, Point::new(0.0, -120.0));
    let under = table.camera.to_board(at);
    table.give(Input::Wheel {
        at,
        delta: Point::new(0.0, -20.0),
        zoom: true,
    });
    assert!(table.camera.zoom > 1.0);
    let still = table.camera.to_board(at);
    assert!((still.x - under.x).abs() < 1e-9 && (still.y - under.y).abs() < 1e-9);
}

#[test]
fn the_wheel_during_a_drag_carries_the_note_along() {
    let mut table = Table::laid();
    table.finger_down(150.0, 150.0).finger_to(250.0, 150.0);
    table.give(Input::Wheel {
        at: Point::new(250.0, 150.0),
        delta: Point::new(0.0, 200.0),
        zoom: false,
    });
    table.finger_up(250.0, 150.0);
    assert_eq!(table.drops()[0].at, Some(Point::new(200.0, 300.0)));
}

#[test]
fn a_drag_held_at_the_edge_scrolls_and_one_in_the_middle_does_not() {
    let mut table = Table::laid();
    table
        .finger_down(450.0, 150.0)
        .finger_to(600.0, 350.0)
        .finger_to(1_170.0, 350.0);
    let before = table.camera.offset.x;
    table.wait(16.0).wait(16.0);
    assert!(table.camera.offset.x < before - EDGE_SPEED_PX);
    table.finger_to(600.0, 350.0);
    let rested = table.camera.offset.x;
    table.wait(16.0);
    assert_eq!(table.camera.offset.x, rested);
}

#[test]
fn a_drag_at_the_edge_stops_where_the_sheet_ends() {
    let mut table = Table::laid();
    table
        .finger_down(450.0, 150.0)
        .finger_to(600.0, 350.0)
        .finger_to(10.0, 350.0);
    for _ in 0..200 {
        table.wait(16.0);
    }
    assert!((0.0..=EDGE_PX + EDGE_SPEED_PX).contains(&table.camera.offset.x));
}

#[test]
fn carried_things_go_where_the_next_tap_is_without_any_drag() {
    let mut table = Table::laid();
    table.mode = Mode::Carry(vec![note_item("a")]);
    table.tap(700.0, 430.0);
    let drops = table.drops();
    assert_eq!(
        (drops[0].at, &drops[0].parent),
        (Some(Point::new(600.0, 370.0)), &Some(island("i")))
    );
    assert_eq!(table.mode, Mode::Hand);
}

#[test]
fn the_next_tap_picks_the_island_to_merge_with_and_a_tap_beside_gives_up() {
    let fixture = || {
        sheet()
            .island("i", None)
            .note("a", 100.0, 200.0, Some("i"))
            .island("j", None)
            .note("b", 700.0, 200.0, Some("j"))
    };
    let mut table = Table::with(fixture());
    table.mode = Mode::Merge(island("i"));
    table.tap(800.0, 250.0);
    let merged = Command::Merge {
        absorbed: island("i"),
        into: island("j"),
    };
    assert_eq!(table.acts().last(), Some(&&merged));
    assert_eq!(
        table.drops()[0].item,
        island_item("i"),
        "first it comes beside the other one"
    );
    let mut table = Table::with(fixture());
    table.mode = Mode::Merge(island("i"));
    table.tap(500.0, 650.0);
    assert!(table.acts().is_empty());
    assert_eq!(table.mode, Mode::Hand);
}

#[test]
fn escape_first_ends_the_mode_and_then_the_selection() {
    let mut table = Table::laid();
    table.tap(150.0, 150.0);
    table.mode = Mode::Lasso;
    table.give(Input::Escape);
    assert!(table.mode == Mode::Hand && !table.selection.is_empty());
    table.give(Input::Escape);
    assert!(table.selection.is_empty());
}

#[test]
fn the_right_button_does_nothing_and_the_middle_one_pans() {
    let mut table = Table::laid();
    for (button, moved) in [(Button::Secondary, 0.0), (Button::Pan, 60.0)] {
        let pressed = Pointer {
            button,
            ..table.pointer(7, PointerKind::Mouse, 150.0, 150.0)
        };
        table
            .give(Input::Down(pressed))
            .drag_to(7, PointerKind::Mouse, 210.0, 150.0);
        table.up(7, PointerKind::Mouse, 210.0, 150.0);
        assert_eq!(table.camera.offset.x, moved);
    }
    assert!(table.acts().is_empty() && table.selection.is_empty());
}
