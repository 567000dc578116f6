//! The lasso: a freehand line, and what lies inside it.

use board::{
    geometry::{Point, Rect},
    id::ItemId,
    view::BoardView,
};

use super::{Selection, dropping};

/// Longest line in points: at one point per 4 pixels it is 8 metres of finger on a tablet.
pub const LASSO_POINTS_MAX: usize = 2_000;

/// What a line encloses: notes by their middle, islands when all four corners are inside. What lies in an
/// enclosed island comes with it and is not selected a second time.
pub fn enclosed(view: &BoardView, line: &[Point]) -> Selection {
    let Some(reach) = reach(line) else {
        return Selection::new();
    };
    let mut found = Selection::new();
    for island in view.islands.values().filter(|island| island.shown) {
        let bounds = island.bounds;
        let corners = [
            bounds.origin,
            Point::new(bounds.right(), bounds.origin.y),
            Point::new(bounds.origin.x, bounds.bottom()),
            Point::new(bounds.right(), bounds.bottom()),
        ];
        if reach.intersects(&bounds) && corners.iter().all(|corner| inside(line, *corner)) {
            found.insert(ItemId::Island(island.id.clone()));
        }
    }
    for note in view.notes.values().filter(|note| note.shown) {
        let middle = Rect::new(note.position, board::geometry::NOTE).centre();
        if reach.contains(middle) && inside(line, middle) {
            found.insert(ItemId::Note(note.id.clone()));
        }
    }
    dropping::outermost(view, &found)
}

/// The rectangle round a line; none for what is no line yet.
fn reach(line: &[Point]) -> Option<Rect> {
    if line.len() < 3 {
        return None;
    }
    line.iter()
        .map(|point| Rect::new(*point, Default::default()))
        .reduce(|all, one| all.union(&one))
}

/// Even-odd rule, the line closed from its last point to its first.
fn inside(line: &[Point], point: Point) -> bool {
    let mut within = false;
    let Some(mut before) = line.last().copied() else {
        return false;
    };
    for &next in line {
        if (next.y > point.y) != (before.y > point.y) {
            let crossing = (before.x - next.x) * (point.y - next.y) / (before.y - next.y) + next.x;
            if point.x < crossing {
                within = !within;
            }
        }
        before = next;
    }
    within
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::fixture::{island_item, note_item, sheet};

    fn square(x: f64, y: f64, side: f64) -> Vec<Point> {
        vec![
            Point::new(x, y),
            Point::new(x + side, y),
            Point::new(x + side, y + side),
            Point::new(x, y + side),
        ]
    }

    #[test]
    fn a_note_is_caught_by_its_middle_and_not_by_its_edge() {
        let view = sheet()
            .note("a", 100.0, 100.0, None)
            .note("b", 500.0, 100.0, None)
            .view();
        // a's middle is (200, 160); b's is (600, 160).
        assert_eq!(enclosed(&view, &square(80.0, 80.0, 450.0)), [note_item("a")].into());
    }

    #[test]
    fn an_island_caught_whole_brings_its_notes_along() {
        let view = sheet().island("i", None).note("a", 100.0, 100.0, Some("i")).view();
        assert_eq!(enclosed(&view, &square(0.0, 0.0, 600.0)), [island_item("i")].into());
    }

    #[test]
    fn an_island_caught_in_part_gives_only_the_notes_caught() {
        let view = sheet()
            .island("i", None)
            .note("a", 100.0, 100.0, Some("i"))
            .note("b", 900.0, 100.0, Some("i"))
            .view();
        assert_eq!(enclosed(&view, &square(0.0, 0.0, 400.0)), [note_item("a")].into());
    }

    #[test]
    fn a_line_of_two_points_catches_nothing() {
        let view = sheet().note("a", 100.0, 100.0, None).view();
        assert!(enclosed(&view, &[Point::new(0.0, 0.0), Point::new(900.0, 900.0)]).is_empty());
    }

    #[test]
    fn what_is_hidden_is_never_caught() {
        let view = sheet().hidden_note("a", 100.0, 100.0).view();
        assert!(enclosed(&view, &square(0.0, 0.0, 900.0)).is_empty());
    }
}
