//! What the server did not take: found by comparing, put out again where that is possible, else kept as drafts.

use std::sync::Arc;

use automerge::{Automerge, ChangeHash, ReadDoc};
use board::{
    Board, BoardView, Command, Drop, GroupId, Island, IslandId, ItemId, Note, OrderHint, Point, State, TextTarget,
};
use serde::{Deserialize, Serialize};

use super::state::Draft;

/// Most drafts kept for one workshop: more than one person writes in an evening.
pub const DRAFTS_MAX: usize = 300;

/// One act that was not taken: how to do it again, and the text that must not be lost if that is refused as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Again {
    /// Does it again on the server's board.
    pub command: Command,
    /// Becomes a draft if it cannot be done again.
    pub text: Option<LostText>,
}

/// What was done on a board whose last changes were not taken.
#[derive(Debug, Default, PartialEq)]
pub struct Lost {
    /// What can be done again without overwriting anybody, in this order.
    pub acts: Vec<Again>,
    /// Texts that cannot be put back without overwriting somebody.
    pub texts: Vec<LostText>,
}

/// One such text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostText {
    /// The text.
    pub text: String,
    /// Whether it was a heading.
    pub heading: bool,
    /// The island it was in or named.
    pub island: Option<IslandId>,
}

/// Compares a board that was set aside with the server's.
///
/// Only what the own, untaken changes did is lost: what merely is older in the board set aside is not. Texts, places,
/// colours and new islands come back; merges and relations, which need others' islands to be as they were, do not.
pub fn find_lost(aside: &Board, fresh: &Board) -> Lost {
    let mut base = Automerge::new();
    let taken = aside.doc().get_changes(&[]);
    let taken = taken
        .into_iter()
        .filter(|change| fresh.doc().get_change_by_hash(&change.hash()).is_some());
    // A change is taken only together with its past, so these apply; if not, everything counts as lost.
    let base = match base
        .apply_changes(taken.collect::<Vec<_>>())
        .map(|()| Board::from_doc(base))
    {
        Ok(Ok(base)) => base.view().as_ref().clone(),
        Ok(Err(_)) | Err(_) => BoardView::default(),
    };
    compare(aside.view(), &base, fresh.view())
}

/// The texts of a board that the server does not have.
pub fn unsent_texts(board: &Board, saved: &[ChangeHash]) -> Vec<LostText> {
    let held: Vec<ChangeHash> = saved
        .iter()
        .filter(|head| board.doc().get_change_by_hash(head).is_some())
        .copied()
        .collect();
    let base = board.doc().fork_at(&held).map(Board::from_doc);
    let base = match base {
        Ok(Ok(base)) => base.view().as_ref().clone(),
        Ok(Err(_)) | Err(_) => BoardView::default(),
    };
    let Lost { acts, mut texts } = compare(board.view(), &base, &base);
    texts.extend(acts.into_iter().filter_map(|again| again.text));
    texts
}

fn compare(aside: &BoardView, base: &BoardView, fresh: &BoardView) -> Lost {
    let mut lost = Lost::default();
    for note in aside.notes.values() {
        compare_note(note, base.notes.get(&note.id).map(Arc::as_ref), fresh, &mut lost);
    }
    for island in aside.islands.values() {
        compare_island(
            island,
            base.islands.get(&island.id).map(Arc::as_ref),
            aside,
            fresh,
            &mut lost,
        );
    }
    lost
}

fn compare_note(note: &Note, base: Option<&Note>, fresh: &BoardView, lost: &mut Lost) {
    let text = LostText {
        text: note.text.clone(),
        heading: false,
        island: note.parent.clone(),
    };
    let again = |command| Again { command, text: None };
    let written = base.is_none_or(|before| before.text != note.text) && !note.text.trim().is_empty();
    let item = ItemId::Note(note.id.clone());
    let Some(there) = fresh.notes.get(&note.id) else {
        match (written, &note.state) {
            (true, State::Live) => lost.acts.push(Again {
                command: put_out_again(note, fresh),
                text: Some(text),
            }),
            (true, _) => lost.texts.push(text),
            (false, _) => {}
        }
        return;
    };
    if written && there.text != note.text {
        // Where nobody else wrote meanwhile the text simply comes back; otherwise it would overwrite somebody.
        if base.is_some_and(|before| before.text == there.text) {
            lost.acts.push(Again {
                command: Command::SetText {
                    target: TextTarget::Note(note.id.clone()),
                    text: note.text.clone(),
                },
                text: Some(text),
            });
        } else {
            lost.texts.push(text);
        }
    }
    let Some(before) = base else { return };
    if before.place != note.place && before.place == there.place && note.state == State::Live {
        lost.acts
            .push(again(move_to(item.clone(), note.parent.as_ref(), note.position, fresh)));
    }
    if before.colour != note.colour && before.colour == there.colour {
        lost.acts.push(again(Command::SetColour {
            items: vec![item.clone()],
            colour: note.colour,
        }));
    }
    let basket = |state: &State| matches!(state, State::Basket { .. });
    if basket(&note.state) && !basket(&before.state) && there.state == State::Live {
        lost.acts.push(again(Command::Delete { items: vec![item] }));
    }
}

fn compare_island(island: &Island, base: Option<&Island>, aside: &BoardView, fresh: &BoardView, lost: &mut Lost) {
    let text = LostText {
        text: island.heading.clone(),
        heading: true,
        island: Some(island.id.clone()),
    };
    let written = base.is_none_or(|before| before.heading != island.heading) && !island.heading.trim().is_empty();
    let Some(there) = fresh.islands.get(&island.id) else {
        if base.is_none() && island.state == State::Live && island.merged_into.is_none() {
            // What it held is on the sheet again by then, the notes of its own among it.
            let inside = aside
                .notes
                .values()
                .filter(|note| note.parent.as_ref() == Some(&island.id));
            lost.acts.push(Again {
                command: Command::DrawIsland {
                    id: island.id.clone(),
                    items: inside.map(|note| ItemId::Note(note.id.clone())).collect(),
                    heading: (!island.heading.is_empty()).then(|| island.heading.clone()),
                    at: Some(island.origin),
                    parent: island.parent.clone().filter(|parent| is_there(parent, fresh)),
                    order: OrderHint::Last,
                },
                text: written.then_some(text),
            });
        } else if written {
            lost.texts.push(text);
        }
        return;
    };
    if written && there.heading != island.heading {
        if base.is_some_and(|before| before.heading == there.heading) {
            lost.acts.push(Again {
                command: Command::SetText {
                    target: TextTarget::Heading(island.id.clone()),
                    text: island.heading.clone(),
                },
                text: Some(text),
            });
        } else {
            lost.texts.push(text);
        }
    }
    if let Some(before) = base
        && before.place != island.place
        && before.place == there.place
        && island.state == State::Live
    {
        let item = ItemId::Island(island.id.clone());
        let command = move_to(item, island.parent.as_ref(), island.bounds.origin, fresh);
        lost.acts.push(Again { command, text: None });
    }
}

fn is_there(island: &IslandId, fresh: &BoardView) -> bool {
    fresh
        .islands
        .get(island)
        .is_some_and(|island| island.state == State::Live && island.merged_into.is_none())
}

fn move_to(item: ItemId, parent: Option<&IslandId>, at: Point, fresh: &BoardView) -> Command {
    Command::Move {
        drops: vec![Drop {
            item,
            parent: parent.filter(|parent| is_there(parent, fresh)).cloned(),
            at: Some(at),
            order: OrderHint::Keep,
        }],
    }
}

fn put_out_again(note: &Note, fresh: &BoardView) -> Command {
    Command::AddNote {
        id: note.id.clone(),
        text: note.text.clone(),
        colour: note.colour,
        parent: note.parent.clone().filter(|parent| is_there(parent, fresh)),
        at: Some(note.position),
        order: OrderHint::Last,
        author: note.author.clone(),
    }
}

#[derive(Serialize, Deserialize)]
struct StoredDraft {
    id: String,
    group: String,
    text: String,
    #[serde(default)]
    heading: bool,
    #[serde(default)]
    island: Option<String>,
}

/// Drafts as the device keeps them.
pub fn to_bytes(drafts: &[Draft]) -> Vec<u8> {
    let stored: Vec<StoredDraft> = drafts
        .iter()
        .map(|draft| StoredDraft {
            id: draft.id.clone(),
            group: draft.group.to_string(),
            text: draft.text.clone(),
            heading: draft.heading,
            island: draft.island.as_ref().map(ToString::to_string),
        })
        .collect();
    serde_json::to_vec(&stored).unwrap_or_default()
}

/// Drafts as the device kept them; what cannot be read is left out.
pub fn from_chunks(chunks: &[Vec<u8>]) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for stored in chunks
        .iter()
        .filter_map(|chunk| serde_json::from_slice::<Vec<StoredDraft>>(chunk).ok())
        .flatten()
    {
        let Ok(group) = stored.group.parse::<GroupId>() else {
            continue;
        };
        // Two tabs that were refused the same text keep it once.
        if drafts.len() < DRAFTS_MAX
            && drafts
                .iter()
                .all(|known| known.id != stored.id && (known.text != stored.text || known.group != group))
        {
            drafts.push(Draft {
                id: stored.id,
                group,
                text: stored.text,
                heading: stored.heading,
                island: stored.island.and_then(|island| island.parse().ok()),
            });
        }
    }
    drafts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_survive_the_devices_memory_and_are_not_doubled_by_two_tabs() {
        let draft = Draft {
            id: "d1".to_owned(),
            group: GroupId::from_random(1),
            text: "・消えない".to_owned(),
            heading: true,
            island: Some(IslandId::from_random(2)),
        };
        let bytes = to_bytes(std::slice::from_ref(&draft));
        assert_eq!(from_chunks(&[bytes.clone(), b"garbage".to_vec(), bytes]), vec![draft]);
    }
}
