//! Several fingers, pens, palms, mice and wheels.

use super::*;

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
