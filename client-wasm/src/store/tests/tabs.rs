//! Several tabs of one device.

use super::*;

#[test]
fn two_tabs_of_one_device_both_write() {
    let hall = Hall::open();
    let first = hall.sits_down("佐藤");
    let second = hall.sits_down_with("佐藤", Rc::clone(&first.memory));
    first.writes("左の窓");
    second.writes("右の窓");
    hall.settle();
    first.writes("もう一度左");
    hall.settle();
    assert_eq!(hall.server_notes(), ["もう一度左", "右の窓", "左の窓"]);
    assert_eq!(first.notes(), second.notes());
    assert_eq!((first.unsaved(), second.unsaved()), (0, 0));
}

#[test]
fn row_07_a_tab_shows_and_sends_what_another_tab_of_the_device_wrote_offline_before_it_was_closed() {
    let hall = Hall::open();
    let first = hall.sits_down("佐藤");
    let second = hall.sits_down_with("佐藤", Rc::clone(&first.memory));
    first.writes("つながっている");
    hall.settle();
    hall.pass(2_000);
    for tab in [&first, &second] {
        hall.wifi(tab, false);
    }
    first.writes("左の窓");
    second.writes("右の窓");
    hall.settle();
    assert_eq!(first.notes(), ["つながっている", "右の窓", "左の窓"]);
    assert_eq!(second.notes(), first.notes());
    assert_eq!(
        (first.unsaved(), second.unsaved()),
        (2, 2),
        "each counts what this device has not sent, and nothing that the server has"
    );
    hall.page_dies(&first);
    hall.wifi(&second, true);
    hall.pass(3_000);
    assert_eq!(hall.server_notes(), ["つながっている", "右の窓", "左の窓"]);
    assert_eq!(second.unsaved(), 0);
}

#[test]
fn row_07_a_tab_that_replaces_its_chunks_by_a_snapshot_leaves_those_of_the_other_tab() {
    let hall = Hall::open();
    let first = hall.sits_down("佐藤");
    let second = hall.sits_down_with("佐藤", Rc::clone(&first.memory));
    for tab in [&first, &second] {
        hall.wifi(tab, false);
    }
    second.writes("右の窓");
    for count in 0..260 {
        first.writes(&format!("左 {count}"));
    }
    hall.settle();
    let memory = Rc::clone(&first.memory);
    hall.page_dies(&first);
    hall.page_dies(&second);
    let again = hall.sits_down_offline("佐藤", memory);
    assert_eq!(again.notes().len(), 261);
    assert_eq!(again.unsaved(), 261);
}
