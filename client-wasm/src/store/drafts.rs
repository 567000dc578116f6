//! What the server did not take: found by comparing, put out again where that is possible, else kept as drafts.

use automerge::{Automerge, ReadDoc};
use board::{Board, BoardView, Command, GroupId, IslandId, Note, OrderHint, State};
use serde::{Deserialize, Serialize};

use super::state::Draft;

/// Most drafts kept for one workshop: more than one person writes in an evening.
pub const DRAFTS_MAX: usize = 300;

/// Texts of a board whose last changes were not taken.
#[derive(Debug, Default, PartialEq)]
pub struct Lost {
    /// Notes that the server's board does not have, as commands that put them out again.
    pub notes: Vec<Command>,
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
/// Only what the own, untaken changes wrote is lost: what merely is older in the board set aside is not.
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

fn compare(aside: &BoardView, base: &BoardView, fresh: &BoardView) -> Lost {
    let mut lost = Lost::default();
    for note in aside.notes.values() {
        let written = base.notes.get(&note.id).is_none_or(|before| before.text != note.text);
        if !written || note.text.trim().is_empty() {
            continue;
        }
        match fresh.notes.get(&note.id) {
            Some(there) if there.text == note.text => {}
            Some(_) => lost.texts.push(LostText {
                text: note.text.clone(),
                heading: false,
                island: note.parent.clone(),
            }),
            None if note.state == State::Live => lost.notes.push(put_out_again(note, fresh)),
            None => lost.texts.push(LostText {
                text: note.text.clone(),
                heading: false,
                island: note.parent.clone(),
            }),
        }
    }
    for island in aside.islands.values() {
        let written = base
            .islands
            .get(&island.id)
            .is_none_or(|before| before.heading != island.heading);
        let there = fresh
            .islands
            .get(&island.id)
            .is_some_and(|there| there.heading == island.heading);
        if written && !there && !island.heading.trim().is_empty() {
            lost.texts.push(LostText {
                text: island.heading.clone(),
                heading: true,
                island: Some(island.id.clone()),
            });
        }
    }
    lost
}

fn put_out_again(note: &Note, fresh: &BoardView) -> Command {
    let parent = note.parent.clone().filter(|island| {
        fresh
            .islands
            .get(island)
            .is_some_and(|island| island.state == State::Live && island.merged_into.is_none())
    });
    Command::AddNote {
        id: note.id.clone(),
        text: note.text.clone(),
        colour: note.colour,
        parent,
        at: Some(note.position),
        order: OrderHint::Last,
        author: note.author.clone(),
    }
}

/// The draft for a note that could not be put out again after all.
pub fn text_of(command: &Command) -> Option<LostText> {
    match command {
        Command::AddNote { text, parent, .. } => Some(LostText {
            text: text.clone(),
            heading: false,
            island: parent.clone(),
        }),
        _ => None,
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
        if drafts.len() < DRAFTS_MAX && drafts.iter().all(|known| known.id != stored.id) {
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
