//! Free paper: where a new note goes when nobody pointed at a place.

use board::{
    geometry::{NOTE, Point, Rect, SHEET, Size},
    view::BoardView,
};

/// Space kept between a new note and what lies there, in units.
const GAP: f64 = 16.0;
/// Rings searched round the wanted place: 24 rings of half a note reach 2,400 units, half the sheet's width.
const RINGS_MAX: i32 = 24;

/// The free place for a note that is nearest to `wanted` (the note's middle), as its top left corner.
/// If all is full within reach, the wanted place itself: a note on a note is better than a note nobody finds.
pub fn free_spot(view: &BoardView, wanted: Point) -> Point {
    let corner = on_sheet(Point::new(wanted.x - NOTE.width / 2.0, wanted.y - NOTE.height / 2.0));
    let taken: Vec<Rect> = taken(view);
    let step = Point::new((NOTE.width + GAP) / 2.0, (NOTE.height + GAP) / 2.0);
    for ring in 0..=RINGS_MAX {
        let mut best: Option<(f64, Point)> = None;
        for (column, row) in on_ring(ring) {
            let candidate = on_sheet(Point::new(
                corner.x + f64::from(column) * step.x,
                corner.y + f64::from(row) * step.y,
            ));
            let distance = (candidate.x - corner.x).hypot(candidate.y - corner.y);
            let nearer = best.is_none_or(|(nearest, _)| distance < nearest);
            if nearer && !taken.iter().any(|other| other.intersects(&with_gap(candidate))) {
                best = Some((distance, candidate));
            }
        }
        if let Some((_, spot)) = best {
            return spot;
        }
    }
    corner
}

/// What a new note must not cover: loose notes and top-level islands whole.
fn taken(view: &BoardView) -> Vec<Rect> {
    let islands = view
        .islands
        .values()
        .filter(|island| island.shown && island.parent.is_none());
    let notes = view.notes.values().filter(|note| note.shown && note.parent.is_none());
    islands
        .map(|island| island.bounds)
        .chain(notes.map(|note| Rect::new(note.position, NOTE)))
        .collect()
}

fn with_gap(corner: Point) -> Rect {
    let size = Size {
        width: NOTE.width + 2.0 * GAP,
        height: NOTE.height + 2.0 * GAP,
    };
    Rect::new(Point::new(corner.x - GAP, corner.y - GAP), size)
}

/// The nearest corner at which a note lies on the sheet whole, in whole units.
fn on_sheet(corner: Point) -> Point {
    Point::new(
        corner.x.clamp(0.0, SHEET.width - NOTE.width).round(),
        corner.y.clamp(0.0, SHEET.height - NOTE.height).round(),
    )
}

/// The cells of a square ring round the middle cell, rows from the top.
fn on_ring(ring: i32) -> impl Iterator<Item = (i32, i32)> {
    (-ring..=ring)
        .flat_map(move |row| (-ring..=ring).map(move |column| (column, row)))
        .filter(move |(column, row)| column.abs().max(row.abs()) == ring)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::fixture::sheet;

    #[test]
    fn on_free_paper_a_note_goes_exactly_where_it_is_wanted() {
        let view = sheet().view();
        assert_eq!(free_spot(&view, Point::new(1000.0, 900.0)), Point::new(900.0, 840.0));
    }

    #[test]
    fn twenty_notes_wanted_at_one_place_do_not_cover_each_other() {
        let mut slips: Vec<Rect> = Vec::new();
        let mut paper = sheet();
        for number in 0..20 {
            let spot = free_spot(&paper.clone().view(), Point::new(1000.0, 900.0));
            let slip = Rect::new(spot, NOTE);
            assert!(
                !slips.iter().any(|other| other.intersects(&slip)),
                "note {number} covers another"
            );
            slips.push(slip);
            paper = paper.note(&format!("n{number}"), spot.x, spot.y, None);
        }
    }

    #[test]
    fn a_loose_note_is_not_put_into_an_island_by_accident() {
        let view = sheet().island("i", None).note("a", 900.0, 800.0, Some("i")).view();
        let spot = free_spot(&view, Point::new(1000.0, 860.0));
        assert!(
            view.islands
                .values()
                .all(|island| !island.bounds.intersects(&Rect::new(spot, NOTE)))
        );
    }

    #[test]
    fn beyond_the_edge_means_at_the_edge() {
        assert_eq!(
            free_spot(&sheet().view(), Point::new(-500.0, 1e6)),
            Point::new(0.0, 3348.0)
        );
    }
}
