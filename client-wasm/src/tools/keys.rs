//! The table of keys: what a key means when the sheet has the focus and no text is being written.

use board::{geometry::Point, id::ItemId, view::BoardView};

use super::{Scene, dropping};

/// One arrow key moves a selection by so many units, or with shift by [`NUDGE_FAR`]: the grid's step.
pub const NUDGE: f64 = 8.0;
/// One arrow key with shift: a third of a note.
pub const NUDGE_FAR: f64 = 40.0;
/// Without a selection an arrow key moves the view by so many pixels.
pub const PAN_PX: f64 = 64.0;

/// A key as pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press<'a> {
    /// The browser's `key`.
    pub key: &'a str,
    /// Control or command.
    pub command: bool,
    /// Shift.
    pub shift: bool,
    /// Alt or option.
    pub alt: bool,
}

/// What a key does.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyAct {
    /// Takes back one's own last act.
    Undo,
    /// Does it again.
    Redo,
    /// Puts the selection into the basket.
    Delete,
    /// Writes in the one selected thing.
    Edit,
    /// Makes a note.
    NewNote,
    /// Draws an island round the selection.
    DrawIsland,
    /// Selects everything on the sheet.
    SelectAll,
    /// Moves the selection by so many units.
    Nudge(Point),
    /// Moves the view by so many pixels.
    Pan(Point),
    /// One step nearer.
    ZoomIn,
    /// One step farther.
    ZoomOut,
    /// Everything in view.
    Fit,
    /// Selects this thing: the next or the one before in the report's order.
    Go(ItemId),
    /// Ends what is going on.
    Escape,
}

/// What this key means here, or none: then the browser has it.
pub fn act(press: Press<'_>, scene: &Scene<'_>) -> Option<KeyAct> {
    let writes = !scene.read_only;
    let selected = !scene.selection.is_empty();
    if press.command {
        return match (press.key, press.shift) {
            ("z" | "Z", false) if writes => Some(KeyAct::Undo),
            ("z" | "Z", true) | ("y" | "Y", _) if writes => Some(KeyAct::Redo),
            ("a" | "A", _) => Some(KeyAct::SelectAll),
            _ => None,
        };
    }
    if press.alt {
        return None;
    }
    match press.key {
        "Escape" => Some(KeyAct::Escape),
        "Tab" => next(scene, press.shift).map(KeyAct::Go),
        "Delete" | "Backspace" if writes && selected => Some(KeyAct::Delete),
        "Enter" | "F2" if writes && scene.selection.len() == 1 => Some(KeyAct::Edit),
        "n" | "N" if writes => Some(KeyAct::NewNote),
        "g" | "G" if writes && selected => Some(KeyAct::DrawIsland),
        "+" | ";" | "=" => Some(KeyAct::ZoomIn),
        "-" => Some(KeyAct::ZoomOut),
        "0" | "f" | "F" => Some(KeyAct::Fit),
        key => {
            let towards = arrow(key)?;
            let step = if press.shift { NUDGE_FAR } else { NUDGE };
            Some(if selected && writes {
                KeyAct::Nudge(Point::new(towards.x * step, towards.y * step))
            } else {
                KeyAct::Pan(Point::new(-towards.x * PAN_PX, -towards.y * PAN_PX))
            })
        }
    }
}

fn arrow(key: &str) -> Option<Point> {
    match key {
        "ArrowLeft" => Some(Point::new(-1.0, 0.0)),
        "ArrowRight" => Some(Point::new(1.0, 0.0)),
        "ArrowUp" => Some(Point::new(0.0, -1.0)),
        "ArrowDown" => Some(Point::new(0.0, 1.0)),
        _ => None,
    }
}

/// Everything shown, in the report's order: an island before what it holds.
pub fn reading_order(view: &BoardView) -> Vec<ItemId> {
    let mut order = Vec::new();
    for item in &view.top {
        order.push(item.clone());
        if let ItemId::Island(island) = item {
            order.extend(dropping::descendants(view, island));
        }
    }
    order.retain(|item| dropping::is_shown(view, item));
    order
}

/// The next thing in reading order after the selected one (the one before, if so asked). None at the end: the
/// focus leaves the sheet. With nothing selected, the first one.
fn next(scene: &Scene<'_>, back: bool) -> Option<ItemId> {
    let order = reading_order(scene.view);
    let Some(selected) = scene.selection.iter().next_back() else {
        // Coming in backwards, the browser has set the focus on the sheet itself: leave it.
        return if back { None } else { order.into_iter().next() };
    };
    let here = order.iter().position(|item| item == selected)?;
    let there = if back { here.checked_sub(1)? } else { here + 1 };
    order.into_iter().nth(there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        camera::Camera,
        tools::{
            Mode, Selection,
            fixture::{island_item, note_item, sheet},
        },
    };

    fn pressed(key: &str, selection: &[ItemId], read_only: bool, shift: bool) -> Option<KeyAct> {
        let view = sheet()
            .note("a", 0.0, 0.0, None)
            .island("i", None)
            .note("c", 700.0, 300.0, Some("i"))
            .note("b", 1400.0, 0.0, None)
            .view();
        let selection: Selection = selection.iter().cloned().collect();
        let scene = Scene {
            view: &view,
            camera: Camera::default(),
            viewport: Default::default(),
            selection: &selection,
            mode: &Mode::Hand,
            read_only,
        };
        act(
            Press {
                key,
                command: false,
                shift,
                alt: false,
            },
            &scene,
        )
    }

    #[test]
    fn tab_walks_in_the_reports_order_and_leaves_the_sheet_at_its_end() {
        assert_eq!(pressed("Tab", &[], false, false), Some(KeyAct::Go(note_item("a"))));
        assert_eq!(
            pressed("Tab", &[note_item("a")], false, false),
            Some(KeyAct::Go(island_item("i")))
        );
        assert_eq!(
            pressed("Tab", &[island_item("i")], false, false),
            Some(KeyAct::Go(note_item("c")))
        );
        assert_eq!(
            pressed("Tab", &[note_item("c")], false, true),
            Some(KeyAct::Go(island_item("i")))
        );
        assert_eq!(pressed("Tab", &[note_item("b")], false, false), None);
        assert_eq!(pressed("Tab", &[note_item("a")], false, true), None);
    }

    #[test]
    fn arrows_move_what_is_selected_or_else_the_view() {
        let right = pressed("ArrowRight", &[note_item("a")], false, false);
        assert_eq!(right, Some(KeyAct::Nudge(Point::new(NUDGE, 0.0))));
        let far = pressed("ArrowUp", &[note_item("a")], false, true);
        assert_eq!(far, Some(KeyAct::Nudge(Point::new(0.0, -NUDGE_FAR))));
        assert_eq!(
            pressed("ArrowRight", &[], false, false),
            Some(KeyAct::Pan(Point::new(-PAN_PX, 0.0)))
        );
    }

    #[test]
    fn a_reader_cannot_delete_write_or_move_by_keys() {
        for key in ["Delete", "Enter", "n", "g"] {
            assert_eq!(pressed(key, &[note_item("a")], true, false), None, "{key}");
        }
        assert!(matches!(
            pressed("ArrowRight", &[note_item("a")], true, false),
            Some(KeyAct::Pan(_))
        ));
    }
}
