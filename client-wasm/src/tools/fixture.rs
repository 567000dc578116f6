//! Small boards for the tests of tools, made by hand: no document, no history.

use std::sync::Arc;

use board::{
    command::Place,
    geometry::{ISLAND_PADDING, NOTE, PLATE, PLATE_HEIGHT, Point, Rect, Size},
    id::{IslandId, ItemId, NoteId},
    order::OrderKey,
    view::BoardView,
};

/// A board in the making.
#[derive(Clone, Default)]
pub(crate) struct Fixture(BoardView);

/// An empty sheet.
pub(crate) fn sheet() -> Fixture {
    Fixture::default()
}

/// The island of this name.
pub(crate) fn island(name: &str) -> IslandId {
    name.parse().expect("a fixture's name is an identifier")
}

/// The note of this name.
pub(crate) fn note(name: &str) -> NoteId {
    name.parse().expect("a fixture's name is an identifier")
}

/// The note of this name as an item.
pub(crate) fn note_item(name: &str) -> ItemId {
    ItemId::Note(note(name))
}

/// The island of this name as an item.
pub(crate) fn island_item(name: &str) -> ItemId {
    ItemId::Island(island(name))
}

fn place(parent: Option<&str>, at: Point) -> Place {
    Place {
        parent: parent.map(island),
        order: OrderKey::middle(),
        at,
    }
}

impl Fixture {
    /// A note with its corner here.
    pub(crate) fn note(mut self, name: &str, x: f64, y: f64, parent: Option<&str>) -> Self {
        let at = Point::new(x, y);
        let new = board::view::Note {
            id: note(name),
            text: name.to_owned(),
            place: place(parent, at),
            parent: parent.map(island),
            position: at,
            colour: Default::default(),
            author: None,
            device: String::new(),
            at_ms: 0,
            marker: None,
            row_group: None,
            state: Default::default(),
            withheld: false,
            lone_wolf: false,
            source: Default::default(),
            shown: true,
            trivia: Default::default(),
        };
        self.0.notes.insert(note(name), Arc::new(new));
        self.put(note_item(name), parent);
        self
    }

    /// A note that is there but not shown.
    pub(crate) fn hidden_note(self, name: &str, x: f64, y: f64) -> Self {
        let mut made = self.note(name, x, y, None);
        if let Some(hidden) = made.0.notes.get_mut(&note(name)) {
            Arc::make_mut(hidden).shown = false;
        }
        made
    }

    /// An island; its bounds follow what it holds.
    pub(crate) fn island(mut self, name: &str, parent: Option<&str>) -> Self {
        let depth = parent.map_or(0, |parent| self.0.islands[&island(parent)].depth + 1);
        let new = board::view::Island {
            id: island(name),
            heading: name.to_owned(),
            kept_headings: Vec::new(),
            place: place(parent, Point::default()),
            parent: parent.map(island),
            bounds: Rect::new(Point::default(), PLATE),
            origin: Point::default(),
            depth,
            colour: Default::default(),
            collapsed: false,
            merged_into: None,
            state: Default::default(),
            withheld: false,
            source: Default::default(),
            note_count: 0,
            shown: true,
            flagged: false,
            trivia: Default::default(),
        };
        self.0.islands.insert(island(name), Arc::new(new));
        self.0.children.insert(island(name), Vec::new());
        self.put(island_item(name), parent);
        self
    }

    fn put(&mut self, item: ItemId, parent: Option<&str>) {
        match parent {
            Some(parent) => self.0.children.entry(island(parent)).or_default().push(item),
            None => self.0.top.push(item),
        }
    }

    /// The finished view, islands drawn round what they hold.
    pub(crate) fn view(mut self) -> BoardView {
        let mut innermost_first: Vec<(u32, IslandId)> = self
            .0
            .islands
            .values()
            .map(|island| (island.depth, island.id.clone()))
            .collect();
        innermost_first.sort_by(|left, right| right.cmp(left));
        for (_, id) in innermost_first {
            let children = self.0.children.get(&id).cloned().unwrap_or_default();
            let inside = children
                .iter()
                .filter_map(|child| self.0.bounds(child))
                .reduce(|all, one| all.union(&one));
            let Some(inside) = inside else { continue };
            let corner = Point::new(
                inside.origin.x - ISLAND_PADDING,
                inside.origin.y - ISLAND_PADDING - PLATE_HEIGHT,
            );
            let size = Size {
                width: inside.size.width + 2.0 * ISLAND_PADDING,
                height: inside.size.height + 2.0 * ISLAND_PADDING + PLATE_HEIGHT,
            };
            debug_assert!(size.width >= NOTE.width);
            if let Some(island) = self.0.islands.get_mut(&id) {
                Arc::make_mut(island).bounds = Rect::new(corner, size);
            }
        }
        self.0
    }
}
