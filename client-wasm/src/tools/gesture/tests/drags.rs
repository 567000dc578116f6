//! Moving notes and islands.

use super::*;

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
