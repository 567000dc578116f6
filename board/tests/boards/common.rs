//! A table of people with short names, for tests that read aloud.
#![allow(dead_code)]

use automerge::ActorId;
use board::{
    Applied, Board, Colour, Command, Drop, Group, IslandId, ItemId, NoteId, OrderHint, PersonId, Point, Stamp,
    TextTarget,
};

pub fn note(id: &str) -> NoteId {
    id.parse().expect("a note's identifier")
}
pub fn island(id: &str) -> IslandId {
    id.parse().expect("an island's identifier")
}
pub fn person(id: &str) -> PersonId {
    id.parse().expect("a person's identifier")
}
pub fn item(id: &str) -> ItemId {
    id.parse().expect("an item's identifier")
}
pub fn actor(name: &str) -> ActorId {
    ActorId::from(name.as_bytes())
}
pub fn stamp(name: &str) -> Stamp {
    Stamp {
        person: Some(person(name)),
        device: format!("tablet-{name}"),
        at_ms: 1_700_000_000_000,
    }
}
pub fn group() -> Group {
    Group {
        name: "1班".into(),
        icon: None,
        theme: "協働".into(),
    }
}

/// A board on which Anna acts.
pub struct Table {
    pub board: Board,
}

impl Table {
    pub fn new() -> Self {
        let mut board = Board::create("w1", &group(), 1_700_000_000_000, actor("server"));
        board.set_actor(actor("anna"));
        Self { board }
    }

    /// Notes n0, n1 … side by side.
    pub fn with_notes(count: usize) -> Self {
        let mut table = Self::new();
        for index in 0..count {
            let at = Point::new(100.0 + 220.0 * index as f64, 300.0);
            table.add_note(&format!("n{index}"), &format!("付箋{index}"), None, Some(at));
        }
        table
    }

    /// Islands i0, i1 … with two notes each, i0-0, i0-1 ….
    pub fn with_islands(count: usize) -> Self {
        let mut table = Self::new();
        for index in 0..count {
            let x = 100.0 + 700.0 * index as f64;
            for inner in 0..2 {
                let at = Point::new(x + 220.0 * f64::from(inner), 400.0);
                table.add_note(
                    &format!("i{index}-{inner}"),
                    &format!("付箋{index}-{inner}"),
                    None,
                    Some(at),
                );
            }
            let items = [format!("n:i{index}-0"), format!("n:i{index}-1")];
            table.draw(
                &format!("i{index}"),
                &[&items[0], &items[1]],
                Some(&format!("見出し{index}")),
            );
        }
        table
    }

    pub fn apply(&mut self, command: Command) -> Applied {
        let shown = format!("{command:?}");
        self.board
            .apply(command, &stamp("anna"))
            .unwrap_or_else(|refused| panic!("{shown}: {refused}"))
    }

    pub fn add_note(&mut self, id: &str, text: &str, parent: Option<&str>, at: Option<Point>) {
        self.apply(Command::AddNote {
            id: note(id),
            text: text.into(),
            colour: Colour::Yamabuki,
            parent: parent.map(island),
            at,
            order: OrderHint::Last,
            author: None,
        });
    }

    pub fn draw(&mut self, id: &str, items: &[&str], heading: Option<&str>) {
        self.apply(Command::DrawIsland {
            id: island(id),
            items: items.iter().map(|id| item(id)).collect(),
            heading: heading.map(str::to_owned),
            at: None,
            parent: None,
            order: OrderHint::Last,
        });
    }

    pub fn drop(&self, id: &str, parent: Option<&str>, at: Point) -> Drop {
        Drop {
            item: item(id),
            parent: parent.map(island),
            at: Some(at),
            order: OrderHint::Keep,
        }
    }

    pub fn reorder(&mut self, id: &str, order: OrderHint) {
        let parent = self.board.view().parent(&item(id)).cloned();
        self.apply(Command::Move {
            drops: vec![Drop {
                item: item(id),
                parent,
                at: None,
                order,
            }],
        });
    }

    pub fn type_at(&mut self, id: &str, at: usize, insert: &str) {
        self.apply(Command::Splice {
            target: TextTarget::Note(note(id)),
            at,
            delete: 0,
            insert: insert.into(),
        });
    }

    /// The same board on another device.
    pub fn replica(&self, name: &str) -> Board {
        Board::load(&self.board.save(), actor(name)).expect("a board")
    }

    /// All live items as the report reads them.
    pub fn flat(&self) -> Vec<String> {
        flat(&self.board)
    }
}

/// All live items of a board as the report reads them.
pub fn flat(board: &Board) -> Vec<String> {
    fn walk(board: &Board, items: &[ItemId], out: &mut Vec<String>) {
        for item in items {
            out.push(item.to_string());
            if let Some(children) = item.island().and_then(|id| board.view().children.get(id)) {
                walk(board, children, out);
            }
        }
    }
    let mut out = Vec::new();
    walk(board, &board.view().top, &mut out);
    out
}
