//! What one can do to a row, as commands. Pure: the view goes in, one command comes out, or nothing if the row
//! cannot go farther.

use board::{
    BoardView, Command, IslandId, ItemId, NoteId,
    command::{Drop, OrderHint},
    view::Colour,
};

use super::rows::{children, siblings};

/// An act on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Before the sibling above.
    Up,
    /// After the sibling below.
    Down,
    /// Into the nearest island above, among the siblings.
    Into,
    /// Out of its island, to stand directly after it.
    Out,
    /// Together with the nearest island above, among the siblings.
    Merge,
    /// The islands merged into this one stand on their own again.
    Split,
    /// A note with two thoughts becomes two notes.
    SplitNote,
    /// Folded or opened.
    Fold,
    /// Into the basket.
    Delete,
}

/// The nearest island before an item among its siblings.
pub fn island_before<'view>(view: &'view BoardView, item: &ItemId) -> Option<&'view IslandId> {
    let beside = siblings(view, item);
    let place = beside.iter().position(|sibling| sibling == item)?;
    beside.get(..place)?.iter().rev().find_map(ItemId::island)
}

/// Whether a note holds two thoughts that can be told apart: SPACE + `・`.
fn has_two_thoughts(text: &str) -> bool {
    text.split_once(" ・")
        .is_some_and(|(first, second)| !first.trim().is_empty() && !second.trim().is_empty())
}

/// Whether an act can be done to an item now.
pub fn possible(view: &BoardView, item: &ItemId, act: Act) -> bool {
    match act {
        Act::SplitNote => item
            .note()
            .and_then(|id| view.notes.get(id))
            .is_some_and(|note| has_two_thoughts(&note.text)),
        Act::Split => item
            .island()
            .and_then(|id| view.islands.get(id))
            .is_some_and(|island| !island.kept_headings.is_empty()),
        Act::Merge => item.island().is_some() && island_before(view, item).is_some(),
        Act::Into => island_before(view, item).is_some(),
        Act::Out => view.parent(item).is_some(),
        Act::Up => neighbour(view, item, Act::Up).is_some(),
        Act::Down => neighbour(view, item, Act::Down).is_some(),
        Act::Fold => !children(view, item).is_empty(),
        Act::Delete => true,
    }
}

fn neighbour<'view>(view: &'view BoardView, item: &ItemId, act: Act) -> Option<&'view ItemId> {
    let beside = siblings(view, item);
    let place = beside.iter().position(|sibling| sibling == item)?;
    match act {
        Act::Up => beside.get(place.checked_sub(1)?),
        _ => beside.get(place + 1),
    }
}

fn move_to(item: &ItemId, parent: Option<IslandId>, order: OrderHint) -> Command {
    // Without a place of its own it keeps its spot if the parent stays, and gets a free one if it changes.
    Command::Move {
        drops: vec![Drop {
            item: item.clone(),
            parent,
            at: None,
            order,
        }],
    }
}

/// The command for an act; `fresh` is the identifier for a note that the act may make.
pub fn command(view: &BoardView, item: &ItemId, act: Act, fresh: NoteId) -> Option<Command> {
    if !possible(view, item, act) {
        return None;
    }
    let parent = view.parent(item).cloned();
    match act {
        Act::Up => {
            let above = neighbour(view, item, Act::Up)?.clone();
            Some(move_to(item, parent, OrderHint::Before(above)))
        }
        Act::Down => {
            let below = neighbour(view, item, Act::Down)?.clone();
            Some(move_to(item, parent, OrderHint::After(below)))
        }
        Act::Into => {
            let island = island_before(view, item)?.clone();
            Some(move_to(item, Some(island), OrderHint::Last))
        }
        Act::Out => {
            let island = parent?;
            let outer = view.parent(&ItemId::Island(island.clone())).cloned();
            Some(move_to(item, outer, OrderHint::After(ItemId::Island(island))))
        }
        Act::Merge => {
            let (absorbed, into) = (item.island()?.clone(), island_before(view, item)?.clone());
            Some(Command::Merge { absorbed, into })
        }
        Act::Split => {
            let island = view.islands.get(item.island()?)?;
            // The one merged last comes apart first.
            let (absorbed, _) = island.kept_headings.last()?;
            Some(Command::SplitIsland {
                absorbed: absorbed.clone(),
            })
        }
        Act::SplitNote => Some(Command::SplitNote {
            note: item.note()?.clone(),
            second: fresh,
            at: None,
        }),
        Act::Fold => {
            let island = item.island()?;
            let collapsed = view.islands.get(island)?.collapsed;
            Some(Command::Collapse {
                island: island.clone(),
                collapsed: !collapsed,
            })
        }
        Act::Delete => Some(Command::Delete {
            items: vec![item.clone()],
        }),
    }
}

/// A new note after a row: below a note, first inside an island, last on the sheet without a row.
pub fn new_note(view: &BoardView, after: Option<&ItemId>, fresh: NoteId) -> Command {
    let (parent, order) = match after {
        Some(ItemId::Island(island)) => (Some(island.clone()), OrderHint::First),
        Some(item @ ItemId::Note(_)) => (view.parent(item).cloned(), OrderHint::After(item.clone())),
        None => (None, OrderHint::Last),
    };
    let colour = match after {
        Some(ItemId::Note(note)) => view.notes.get(note).map(|note| note.colour),
        _ => None,
    };
    Command::AddNote {
        id: fresh,
        text: String::new(),
        colour: colour.unwrap_or(Colour::Yamabuki),
        parent,
        at: None,
        order,
        author: None,
    }
}

/// A heading without notes after a row, on the sheet or in the island in which the row stands.
pub fn new_heading(view: &BoardView, after: Option<&ItemId>, fresh: IslandId) -> Command {
    // A heading after a note of an island stands after that island: a new section, as in the report.
    let anchor = match after {
        Some(item @ ItemId::Note(_)) => view
            .parent(item)
            .cloned()
            .map(ItemId::Island)
            .or_else(|| Some(item.clone())),
        other => other.cloned(),
    };
    let parent = anchor.as_ref().and_then(|anchor| view.parent(anchor)).cloned();
    let order = anchor.map_or(OrderHint::Last, OrderHint::After);
    Command::DrawIsland {
        id: fresh,
        items: Vec::new(),
        heading: None,
        at: None,
        parent,
        order,
    }
}
