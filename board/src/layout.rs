//! Where things lie when nobody has put them anywhere: outlines, free spots, rows, and a report laid out like a newspaper.

use crate::geometry::{ISLAND_PADDING, NOTE, PLATE, PLATE_HEIGHT, Point, Rect, SHEET, Size};

/// Space between neighbouring notes.
pub const GAP: f64 = 16.0;
/// Spaces between islands, the widest first that fits the sheet is taken: at 160 an island can grow by a row of notes
/// without touching the next one, at 72 an arrow with its label still fits in between.
pub const ISLAND_GAPS: [f64; 5] = [160.0, 112.0, 72.0, 40.0, GAP];
/// Notes side by side in an island that a report or a paste makes.
pub const COLUMNS_IN_ISLAND: usize = 2;
/// Distance from the sheet's edge at which the search for a free spot begins.
pub const MARGIN: f64 = 48.0;
/// Columns of islands side by side: ten of the narrowest fill the sheet.
const COLUMNS_MAX: usize = 12;
/// Rows of slots that a search for a free spot looks through: 5,000 notes, 2 a row.
const SEARCH_ROWS_MAX: usize = 2_500;

/// An island's outline: round its content with the name-plate above it, or just the plate.
pub fn outline(origin: Point, content: Option<Rect>, collapsed: bool) -> Rect {
    let Some(content) = content else {
        return Rect::new(origin, PLATE);
    };
    let corner = content.origin - content_inset();
    if collapsed {
        return Rect::new(corner, PLATE);
    }
    let size = Size {
        width: (content.size.width + 2.0 * ISLAND_PADDING).max(PLATE.width),
        height: content.size.height + 2.0 * ISLAND_PADDING + PLATE_HEIGHT,
    };
    Rect::new(corner, size)
}

/// From an island's corner to the corner of its first note.
pub const fn content_inset() -> Point {
    Point::new(ISLAND_PADDING, ISLAND_PADDING + PLATE_HEIGHT)
}

/// Corners for `count` things of one size in rows of `columns`.
pub fn grid(corner: Point, size: Size, count: usize, columns: usize) -> Vec<Point> {
    let columns = columns.max(1);
    let at = |index: usize| {
        let (column, row) = ((index % columns) as f64, (index / columns) as f64);
        Point::new(
            corner.x + column * (size.width + GAP),
            corner.y + row * (size.height + GAP),
        )
    };
    (0..count).map(at).collect()
}

/// How many notes an island's rows take, judging by how wide it is now.
pub fn columns_of(width: f64) -> usize {
    let inner = width - 2.0 * ISLAND_PADDING + GAP;
    ((inner / (NOTE.width + GAP)) as usize).clamp(COLUMNS_IN_ISLAND, 12)
}

/// The first slot in rows from `corner` on where a thing of this size touches none of `taken`, and, if there is
/// such a one within the first rows, none of `around` either.
pub fn free_spot(corner: Point, size: Size, columns: usize, taken: &[Rect], around: &[Rect]) -> Point {
    let padded = |point: Point| {
        let margin = ISLAND_PADDING;
        let size = Size {
            width: size.width + 2.0 * margin,
            height: size.height + 2.0 * margin,
        };
        Rect::new(Point::new(point.x - margin, point.y - margin), size)
    };
    let columns = columns.max(1);
    let mut first_free = None;
    for row in 0..SEARCH_ROWS_MAX {
        for column in 0..columns {
            let point = Point::new(
                corner.x + column as f64 * (size.width + GAP),
                corner.y + row as f64 * (size.height + GAP),
            );
            let rect = Rect::new(point, size);
            if taken.iter().any(|other| other.intersects(&rect)) {
                continue;
            }
            if around.iter().all(|other| !other.intersects(&padded(point))) {
                return point;
            }
            first_free.get_or_insert(point);
        }
        // One empty row more than the first free slot is enough: further down nothing gets better.
        if first_free
            .is_some_and(|point: Point| corner.y + row as f64 * (size.height + GAP) > point.y + 3.0 * size.height)
        {
            break;
        }
    }
    first_free.unwrap_or(corner)
}

/// A free spot on the sheet itself.
pub fn free_spot_on_sheet(size: Size, taken: &[Rect]) -> Point {
    let columns = ((SHEET.width - 2.0 * MARGIN + GAP) / (size.width + GAP)) as usize;
    free_spot(Point::new(MARGIN, MARGIN), size, columns, taken, &[])
}

/// Lays blocks in columns like a newspaper, in reading order down each column, and centres them on the sheet.
/// The number of columns is the one whose shape comes nearest to the sheet's.
pub fn newspaper(sizes: &[Size]) -> Vec<Point> {
    if sizes.is_empty() {
        return Vec::new();
    }
    let mut best: Option<(Vec<Point>, Size)> = None;
    for gap in ISLAND_GAPS {
        let layouts = (1..=sizes.len().min(COLUMNS_MAX)).map(|columns| in_columns(sizes, columns, gap));
        best = layouts.min_by(|left, right| misfit(left.1).total_cmp(&misfit(right.1)));
        if best.as_ref().is_some_and(|(_, extent)| misfit(*extent) <= 1.0) {
            break;
        }
    }
    let Some((mut corners, extent)) = best else {
        return Vec::new();
    };
    let shift = Point::new(
        ((SHEET.width - extent.width) / 2.0).max(0.0).floor(),
        ((SHEET.height - extent.height) / 2.0).max(0.0).floor(),
    );
    for corner in &mut corners {
        *corner = *corner + shift;
    }
    corners
}

/// How far from filling the sheet: what would stay empty if it were blown up until it touches an edge.
fn misfit(extent: Size) -> f64 {
    let (across, down) = (extent.width / SHEET.width, extent.height / SHEET.height);
    across.max(down)
}

/// Blocks in at most this many columns of nearly equal height.
fn in_columns(sizes: &[Size], columns: usize, gap: f64) -> (Vec<Point>, Size) {
    let total: f64 = sizes.iter().map(|size| size.height + gap).sum();
    let tallest = sizes.iter().map(|size| size.height + gap).fold(0.0, f64::max);
    // The lowest height at which everything fits, to a tenth of a note.
    let mut limit = (total / columns as f64).max(tallest);
    while column_count(sizes, limit, gap) > columns {
        limit += 12.0;
    }
    let mut corners = Vec::with_capacity(sizes.len());
    let (mut x, mut y, mut width) = (0.0, 0.0, 0.0_f64);
    let mut extent = Size::default();
    for size in sizes {
        if y > 0.0 && y + size.height + gap > limit {
            x += width + gap;
            (y, width) = (0.0, 0.0);
        }
        corners.push(Point::new(x, y));
        y += size.height + gap;
        width = width.max(size.width);
        extent.width = extent.width.max(x + size.width);
        extent.height = extent.height.max(y - gap);
    }
    (corners, extent)
}

fn column_count(sizes: &[Size], limit: f64, gap: f64) -> usize {
    let (mut count, mut y) = (1, 0.0);
    for size in sizes {
        if y > 0.0 && y + size.height + gap > limit {
            count += 1;
            y = 0.0;
        }
        y += size.height + gap;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn island(notes: usize) -> Size {
        let notes = grid(Point::default(), NOTE, notes, COLUMNS_IN_ISLAND);
        let rects = notes.into_iter().map(|corner| Rect::new(corner, NOTE));
        outline(Point::default(), rects.reduce(|left, right| left.union(&right)), false).size
    }

    #[test]
    fn the_second_group_of_the_seed_fits_the_sheet_without_overlaps() {
        let sizes: Vec<Size> = [3, 0, 10, 0, 10, 4, 3, 2, 2, 2, 6].map(island).to_vec();
        let rects: Vec<Rect> = newspaper(&sizes)
            .into_iter()
            .zip(&sizes)
            .map(|(at, size)| Rect::new(at, *size))
            .collect();
        let sheet = Rect::new(Point::default(), SHEET);
        for (index, rect) in rects.iter().enumerate() {
            assert!(
                sheet.contains(rect.origin) && sheet.contains(Point::new(rect.right(), rect.bottom())),
                "{rect:?}"
            );
            assert!(
                rects.iter().skip(index + 1).all(|other| !other.intersects(rect)),
                "{rect:?}"
            );
        }
    }

    #[test]
    fn three_hundred_notes_in_sixty_islands_fit_the_sheet() {
        let sizes = vec![island(5); 60];
        let rects = newspaper(&sizes).into_iter().map(|at| Rect::new(at, sizes[0]));
        for rect in rects {
            assert!(rect.right() <= SHEET.width && rect.bottom() <= SHEET.height, "{rect:?}");
        }
    }

    #[test]
    fn a_free_spot_is_next_to_what_lies_there() {
        let taken = [Rect::new(Point::new(0.0, 0.0), NOTE)];
        let spot = free_spot(Point::default(), NOTE, 2, &taken, &[]);
        assert_eq!(spot, Point::new(NOTE.width + GAP, 0.0));
    }

    #[test]
    fn an_outline_without_content_is_the_plate() {
        assert_eq!(
            outline(Point::new(5.0, 6.0), None, false),
            Rect::new(Point::new(5.0, 6.0), PLATE)
        );
    }
}
