//! Touching without moving.

use super::*;

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
