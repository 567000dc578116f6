//! Where held things land: the island under the finger, a plate that asks, or the bare sheet.

use board::{
    Command,
    command::{Drop, OrderHint},
    geometry::{ISLAND_PADDING, NOTE, PLATE_HEIGHT, Point, Rect, SHEET, Size},
    id::{IslandId, ItemId},
    view::BoardView,
};

use super::Selection;

/// Space between neighbouring notes, as in the board's own rows.
const GAP: f64 = 16.0;
/// Parents are followed at most this far up; the board resolves cycles, so this only bounds a broken view.
const DEPTH_MAX: usize = 1_000;

/// Where held things would land if they were let go now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Into this island.
    Into(IslandId),
    /// On this island's plate, holding one island: merge, or inside?
    Ask(IslandId),
}

/// The islands round an item, the innermost first.
pub fn ancestors<'a>(view: &'a BoardView, item: &ItemId) -> impl Iterator<Item = &'a IslandId> {
    let first = view.parent(item);
    std::iter::successors(first, |island| {
        view.islands.get(*island).and_then(|island| island.parent.as_ref())
    })
    .take(DEPTH_MAX)
}

/// Everything inside an island, at any depth, in report order; without the island itself.
pub fn descendants(view: &BoardView, island: &IslandId) -> Vec<ItemId> {
    let mut found = Vec::new();
    let mut waiting: Vec<&ItemId> = view.children.get(island).into_iter().flatten().rev().collect();
    while let Some(item) = waiting.pop() {
        // A view that holds more than every item once is broken; stop rather than spin.
        if found.len() > view.notes.len() + view.islands.len() {
            break;
        }
        found.push(item.clone());
        if let ItemId::Island(id) = item {
            waiting.extend(view.children.get(id).into_iter().flatten().rev());
        }
    }
    found
}

/// A selection without what lies inside a selected island.
pub fn outermost(view: &BoardView, items: &Selection) -> Selection {
    let selected = |island: &IslandId| items.contains(&ItemId::Island(island.clone()));
    items
        .iter()
        .filter(|item| !ancestors(view, item).any(selected))
        .cloned()
        .collect()
}

/// Whether an item can be seen and taken hold of.
pub fn is_shown(view: &BoardView, item: &ItemId) -> bool {
    match item {
        ItemId::Note(id) => view.notes.get(id).is_some_and(|note| note.shown),
        ItemId::Island(id) => view.islands.get(id).is_some_and(|island| island.shown),
    }
}

/// The corner that a drop names: a note's own, an island's outline's.
pub fn corner(view: &BoardView, item: &ItemId) -> Option<Point> {
    view.bounds(item).map(|bounds| bounds.origin)
}

/// The name-plate of an island: the strip at the top of its bounds, or all of a folded one.
pub fn plate(view: &BoardView, island: &IslandId) -> Option<Rect> {
    let island = view.islands.get(island)?;
    let height = if island.collapsed {
        island.bounds.size.height
    } else {
        PLATE_HEIGHT
    };
    Some(Rect::new(
        island.bounds.origin,
        Size {
            width: island.bounds.size.width,
            height,
        },
    ))
}

/// The innermost shown island at a place, held ones and what they hold left out.
pub fn island_at<'a>(view: &'a BoardView, at: Point, held: &[ItemId]) -> Option<&'a IslandId> {
    let is_held = |island: &IslandId| {
        let itself = ItemId::Island(island.clone());
        held.contains(&itself)
            || ancestors(view, &itself).any(|outer| held.iter().any(|item| item.island() == Some(outer)))
    };
    let candidates = view
        .islands
        .values()
        .filter(|island| island.shown && island.bounds.contains(at));
    let mut found: Option<&board::view::Island> = None;
    for island in candidates {
        // Deeper wins; of two side by side that overlap, the smaller one lies on top to the eye.
        let area = |island: &board::view::Island| island.bounds.size.width * island.bounds.size.height;
        let better = found.is_none_or(|best| (island.depth, -area(island)) > (best.depth, -area(best)));
        if better && !is_held(&island.id) {
            found = Some(island);
        }
    }
    found.map(|island| &island.id)
}

/// What letting go at this place would mean. The grabbed item's own island is no target worth marking.
pub fn target(view: &BoardView, at: Point, held: &[ItemId]) -> Option<Target> {
    let island = island_at(view, at, held)?;
    if let [ItemId::Island(single)] = held
        && single != island
        && plate(view, island).is_some_and(|plate| plate.contains(at))
        && view
            .islands
            .get(single)
            .is_some_and(|held| held.parent.as_ref() != Some(island))
    {
        return Some(Target::Ask(island.clone()));
    }
    Some(Target::Into(island.clone()))
}

/// How far held things may go so that all of them stay on the sheet.
pub fn kept_on_sheet(bounds: Rect, delta: Point) -> Point {
    let keep = |start: f64, length: f64, room: f64, delta: f64| {
        let (low, high) = (-start, room - length - start);
        // What already lies beyond the edge, or is larger than the sheet, may move freely.
        if low > high || low > 0.0 || high < 0.0 {
            delta
        } else {
            delta.clamp(low, high)
        }
    };
    Point::new(
        keep(bounds.origin.x, bounds.size.width, SHEET.width, delta.x),
        keep(bounds.origin.y, bounds.size.height, SHEET.height, delta.y),
    )
}

/// The move that a drop means. Things dropped into another island than the grabbed one came from all go there;
/// things only shifted about keep the islands they are in.
pub fn move_command(
    view: &BoardView,
    grabbed: &ItemId,
    placed: &[(ItemId, Point)],
    target: Option<&IslandId>,
) -> Command {
    let stays = view.parent(grabbed) == target;
    let drops = placed
        .iter()
        .map(|(item, at)| Drop {
            item: item.clone(),
            parent: if stays {
                view.parent(item).cloned()
            } else {
                target.cloned()
            },
            at: Some(Point::new(at.x.round(), at.y.round())),
            order: OrderHint::Keep,
        })
        .collect();
    Command::Move { drops }
}

/// The move that brings an island beside the one that takes it in, so that the merged island does not stretch over
/// what lies between them: below, right, above or left of it, wherever nothing else lies, else below.
pub fn bring_beside(view: &BoardView, absorbed: &IslandId, into: &IslandId) -> Option<Command> {
    let moved = view.bounds(&ItemId::Island(absorbed.clone()))?;
    let stays = view.bounds(&ItemId::Island(into.clone()))?;
    let parent = view.islands.get(into)?.parent.clone();
    if parent.as_ref() == Some(absorbed) || moved.intersects(&stays) {
        // Inside one another, or side by side already.
        return None;
    }
    // The absorbed plate goes away: its notes follow at a note's distance.
    let below = stays.bottom() - ISLAND_PADDING + GAP - PLATE_HEIGHT - ISLAND_PADDING;
    let right = stays.right() - ISLAND_PADDING + GAP - ISLAND_PADDING;
    let above = stays.origin.y + PLATE_HEIGHT + ISLAND_PADDING - GAP - moved.size.height + ISLAND_PADDING;
    let left = stays.origin.x + ISLAND_PADDING - GAP - moved.size.width + ISLAND_PADDING;
    let corners = [
        Point::new(stays.origin.x, below),
        Point::new(right, stays.origin.y),
        Point::new(stays.origin.x, above),
        Point::new(left, stays.origin.y),
    ];
    let around: &[ItemId] = match &parent {
        Some(parent) => view.children.get(parent).map_or(&[], Vec::as_slice),
        None => &view.top,
    };
    let siblings: Vec<Rect> = around
        .iter()
        .filter(|item| item.island() != Some(absorbed) && item.island() != Some(into) && is_shown(view, item))
        .filter_map(|item| view.bounds(item))
        .collect();
    let sheet = Rect::new(Point::default(), SHEET);
    let free = |corner: &&Point| {
        let there = Rect::new(**corner, moved.size);
        sheet.union(&there) == sheet && !siblings.iter().any(|sibling| sibling.intersects(&there))
    };
    let at = corners.iter().find(free).or(corners.first())?;
    let drop = Drop {
        item: ItemId::Island(absorbed.clone()),
        parent,
        at: Some(Point::new(at.x.round(), at.y.round())),
        order: OrderHint::Keep,
    };
    Some(Command::Move { drops: vec![drop] })
}

/// The rectangle round items; none if there are none.
pub fn bounds_of<'a>(view: &BoardView, items: impl IntoIterator<Item = &'a ItemId>) -> Option<Rect> {
    items
        .into_iter()
        .filter_map(|item| view.bounds(item))
        .reduce(|all, one| all.union(&one))
}

/// The rectangle round everything shown; none on an empty sheet.
pub fn content(view: &BoardView) -> Option<Rect> {
    let islands = view
        .islands
        .values()
        .filter(|island| island.shown)
        .map(|island| island.bounds);
    let notes = view
        .notes
        .values()
        .filter(|note| note.shown)
        .map(|note| Rect::new(note.position, NOTE));
    islands.chain(notes).reduce(|all, one| all.union(&one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::fixture::{island, island_item, note_item, sheet};

    fn nested() -> BoardView {
        sheet()
            .island("outer", None)
            .island("inner", Some("outer"))
            .note("a", 300.0, 300.0, Some("inner"))
            .note("b", 900.0, 300.0, Some("outer"))
            .note("free", 2000.0, 300.0, None)
            .view()
    }

    #[test]
    fn the_innermost_island_under_the_finger_is_the_target() {
        let view = nested();
        let held = [note_item("free")];
        assert_eq!(
            target(&view, Point::new(350.0, 350.0), &held),
            Some(Target::Into(island("inner")))
        );
        assert_eq!(
            target(&view, Point::new(700.0, 350.0), &held),
            Some(Target::Into(island("outer")))
        );
        assert_eq!(target(&view, Point::new(1900.0, 350.0), &held), None);
    }

    #[test]
    fn an_island_is_never_dropped_into_itself_or_what_it_holds() {
        let view = nested();
        assert_eq!(
            island_at(&view, Point::new(350.0, 350.0), &[island_item("outer")]),
            None
        );
        let inner_held = island_at(&view, Point::new(350.0, 350.0), &[island_item("inner")]);
        assert_eq!(inner_held, Some(&island("outer")));
    }

    #[test]
    fn one_island_on_anothers_plate_asks() {
        let view = sheet()
            .island("i", None)
            .note("a", 300.0, 300.0, Some("i"))
            .island("j", None)
            .note("b", 1300.0, 300.0, Some("j"))
            .view();
        let on_plate = plate(&view, &island("j")).expect("j has a plate").centre();
        assert_eq!(
            target(&view, on_plate, &[island_item("i")]),
            Some(Target::Ask(island("j")))
        );
        assert_eq!(
            target(&view, on_plate, &[note_item("a")]),
            Some(Target::Into(island("j")))
        );
        let two = [island_item("i"), note_item("a")];
        assert_eq!(target(&view, on_plate, &two), Some(Target::Into(island("j"))));
    }

    #[test]
    fn shifting_a_selection_keeps_each_things_island_and_entering_one_takes_all() {
        let view = nested();
        let placed = [
            (note_item("a"), Point::new(10.4, 0.0)),
            (note_item("free"), Point::new(0.0, 7.6)),
        ];
        let parents = |command: Command| match command {
            Command::Move { drops } => drops.into_iter().map(|drop| drop.parent).collect::<Vec<_>>(),
            other => panic!("a drop is a move, not {other:?}"),
        };
        let shifted = move_command(&view, &note_item("a"), &placed, Some(&island("inner")));
        assert_eq!(parents(shifted), [Some(island("inner")), None]);
        let entered = move_command(&view, &note_item("a"), &placed, Some(&island("outer")));
        assert_eq!(parents(entered), [Some(island("outer")), Some(island("outer"))]);
        let left = move_command(&view, &note_item("a"), &placed, None);
        assert_eq!(parents(left), [None, None]);
    }

    #[test]
    fn an_island_to_be_merged_is_brought_beside_the_other_one_where_nothing_lies() {
        let board = |below: bool| {
            let laid = sheet()
                .island("i", None)
                .note("a", 3000.0, 300.0, Some("i"))
                .island("j", None)
                .note("b", 600.0, 300.0, Some("j"));
            if below {
                laid.note("c", 600.0, 500.0, None).view()
            } else {
                laid.view()
            }
        };
        let corner_of = |view: &BoardView| match bring_beside(view, &island("i"), &island("j")) {
            Some(Command::Move { drops }) => drops[0].at,
            other => panic!("the island is moved, not {other:?}"),
        };
        // j's bounds are (576, 220) to (824, 444): below it, i's note follows b at a note's distance.
        assert_eq!(corner_of(&board(false)), Some(Point::new(576.0, 356.0)));
        assert_eq!(corner_of(&board(true)), Some(Point::new(792.0, 220.0)));
    }

    #[test]
    fn nothing_is_dragged_off_the_sheet() {
        let slip = Rect::new(Point::new(100.0, 100.0), NOTE);
        assert_eq!(kept_on_sheet(slip, Point::new(-500.0, 20.0)), Point::new(-100.0, 20.0));
        let beyond = Rect::new(Point::new(-300.0, 100.0), NOTE);
        assert_eq!(kept_on_sheet(beyond, Point::new(40.0, 0.0)), Point::new(40.0, 0.0));
    }

    #[test]
    fn what_an_island_holds_is_found_at_any_depth() {
        let view = nested();
        let found = descendants(&view, &island("outer"));
        assert_eq!(found, [island_item("inner"), note_item("a"), note_item("b")]);
        let selection = [island_item("outer"), note_item("a"), note_item("free")].into();
        assert_eq!(
            outermost(&view, &selection),
            [island_item("outer"), note_item("free")].into()
        );
    }
}
