//! What the gate lets pass because honest clients write it has to survive automerge's own storage.

use automerge::{AutoCommit, ObjType, ROOT, ReadDoc as _, transaction::Transactable as _};

/// What `changeAt` of other clients writes: a change on an old state, numbered after everything that its author holds.
#[test]
fn s51_a_change_on_an_old_state_of_a_long_history_can_be_read_back() -> Result<(), automerge::AutomergeError> {
    let mut doc = AutoCommit::new();
    let text = doc.put_object(ROOT, "text", ObjType::Text)?;
    let old = doc.get_heads();
    for _ in 0..300 {
        doc.splice_text(&text, 0, 0, &"長い".repeat(40))?;
        doc.commit();
    }
    for letters in [1, 50, 5_000] {
        doc.isolate(&old);
        doc.splice_text(&text, 0, 0, &"古".repeat(letters))?;
        doc.commit();
        doc.integrate();
        doc.splice_text(&text, 0, 0, "新")?;
        doc.commit();
        let mut loaded = AutoCommit::load(&doc.save())?;
        assert_eq!(loaded.get_heads(), doc.get_heads());
        assert_eq!(loaded.text(&text)?, doc.text(&text)?);
    }
    Ok(())
}
