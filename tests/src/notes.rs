//! Notes as tests write and look for them.

use board::{Board, Colour, Command, NoteId, OrderHint};
use sync::DocumentId;

use crate::light_client::LightClient;

/// A note on the sheet with this id and text.
pub fn note(id: &str, text: &str) -> Command {
    Command::AddNote {
        id: note_id(id),
        text: text.to_owned(),
        colour: Colour::Kinari,
        parent: None,
        at: None,
        order: OrderHint::Last,
        author: None,
    }
}

/// The id of this text; tests use no others than ids.
pub fn note_id(id: &str) -> NoteId {
    id.parse().expect("test ids are ids")
}

/// Whether a client sees a note with this text.
pub fn reads(client: &LightClient, board: DocumentId, id: &str, text: &str) -> bool {
    client
        .board(board)
        .is_ok_and(|view| view.notes.get(&note_id(id)).is_some_and(|note| note.text == text))
}

/// Whether a note is in a document.
pub fn has_note(doc: &automerge::Automerge, id: &str) -> bool {
    Board::from_doc(doc.clone()).is_ok_and(|board| board.view().notes.contains_key(&note_id(id)))
}
