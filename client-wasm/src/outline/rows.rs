//! The board as rows of an outline, in report order. A pure function of the view.

use board::{BoardView, IslandId, ItemId};

/// Rows at most: the 5,000 notes that a board is measured with, their islands, and as much again.
pub const ROWS_MAX: usize = 12_000;
/// Deepest level that is indented further; islands nest as deep as people like.
pub const INDENT_MAX: usize = 8;

/// One line of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The note or island.
    pub item: ItemId,
    /// The island it is shown in.
    pub parent: Option<IslandId>,
    /// Depth, from 1 as screen readers count.
    pub level: usize,
    /// Place among its siblings, from 1.
    pub place: usize,
    /// How many siblings there are, itself included.
    pub siblings: usize,
    /// Whether what an island holds is listed below it; none for notes and for islands that hold nothing.
    pub open: Option<bool>,
}

/// All rows that are to be seen: what a folded island holds is left out.
pub fn rows(view: &BoardView) -> Vec<Row> {
    let mut rows = Vec::new();
    add(view, None, &view.top, 1, &mut rows);
    rows
}

fn add(view: &BoardView, parent: Option<&IslandId>, items: &[ItemId], level: usize, rows: &mut Vec<Row>) {
    for (index, item) in items.iter().enumerate() {
        if rows.len() >= ROWS_MAX {
            return;
        }
        let held = children(view, item);
        let folded = item
            .island()
            .and_then(|id| view.islands.get(id))
            .is_some_and(|island| island.collapsed);
        rows.push(Row {
            item: item.clone(),
            parent: parent.cloned(),
            level,
            place: index + 1,
            siblings: items.len(),
            open: (!held.is_empty()).then_some(!folded),
        });
        if !folded {
            add(view, item.island(), held, level + 1, rows);
        }
    }
}

/// What an item holds, in report order.
pub fn children<'view>(view: &'view BoardView, item: &ItemId) -> &'view [ItemId] {
    item.island()
        .and_then(|id| view.children.get(id))
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The items beside this one, itself included.
pub fn siblings<'view>(view: &'view BoardView, item: &ItemId) -> &'view [ItemId] {
    match view.parent(item) {
        Some(parent) => view.children.get(parent).map(Vec::as_slice).unwrap_or_default(),
        None => &view.top,
    }
}

/// What an item says, on one line.
pub fn text_of(view: &BoardView, item: &ItemId) -> String {
    let text = match item {
        ItemId::Note(id) => view.notes.get(id).map(|note| note.text.as_str()),
        ItemId::Island(id) => view.islands.get(id).map(|island| island.heading.as_str()),
    };
    text.unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The first letters of a text, for names and announcements.
pub fn short(text: &str) -> String {
    const LETTERS_MAX: usize = 24;
    let mut letters = text.chars();
    let mut short: String = letters.by_ref().take(LETTERS_MAX).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}
