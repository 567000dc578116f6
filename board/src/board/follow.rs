//! From automerge's patches to what has to be read again.

use automerge::{Patch, PatchAction};

use super::{TextEdit, keys::*, raw::Dirty};
use crate::command::TextTarget;

/// What a batch of patches touches, and the splices others made in texts.
pub(crate) fn dirty(patches: &[Patch]) -> (Dirty, Vec<TextEdit>) {
    let mut dirty = Dirty::default();
    let mut text_edits = Vec::new();
    for patch in patches {
        let mut path: Vec<&str> = patch.path.iter().filter_map(|(_, prop)| prop.as_str()).collect();
        let key = match &patch.action {
            PatchAction::PutMap { key, .. } | PatchAction::DeleteMap { key } => Some(key.as_str()),
            PatchAction::Increment { prop, .. } | PatchAction::Conflict { prop } => prop.as_str(),
            PatchAction::PutSeq { .. }
            | PatchAction::Insert { .. }
            | PatchAction::SpliceText { .. }
            | PatchAction::DeleteSeq { .. }
            | PatchAction::Mark { .. } => None,
        };
        path.extend(key);
        if matches!(patch.action, PatchAction::DeleteMap { .. }) && path.len() < 3 && path.first() != Some(&MARKS) {
            // Only a document that never passed admission loses entries.
            dirty.everything = true;
        }
        match (splice(patch), text_target(&path)) {
            (Some((at, delete, insert)), Some(target)) => {
                mark_text(&mut dirty, &target);
                text_edits.push(TextEdit {
                    target,
                    at,
                    delete,
                    insert,
                });
            }
            _ => mark(&mut dirty, &path),
        }
    }
    (dirty, text_edits)
}

fn splice(patch: &Patch) -> Option<(usize, usize, String)> {
    match &patch.action {
        PatchAction::SpliceText { index, value, .. } => Some((*index, 0, value.make_string())),
        PatchAction::DeleteSeq { index, length } => Some((*index, *length, String::new())),
        _ => None,
    }
}

/// The text that a path leads to, if it leads to one that people write.
fn text_target(path: &[&str]) -> Option<TextTarget> {
    match path {
        [NOTES, id, TEXT] => id.parse().ok().map(TextTarget::Note),
        [ISLANDS, id, HEADING] => id.parse().ok().map(TextTarget::Heading),
        [RELATIONS, id, LABEL] => id.parse().ok().map(TextTarget::Label),
        _ => None,
    }
}

fn mark_text(dirty: &mut Dirty, target: &TextTarget) {
    match target {
        TextTarget::Note(id) => drop(dirty.texts.insert(id.clone())),
        TextTarget::Heading(id) => drop(dirty.islands.insert(id.clone())),
        TextTarget::Label(id) => drop(dirty.relations.insert(id.clone())),
    }
}

fn mark(dirty: &mut Dirty, path: &[&str]) {
    match path {
        [NOTES, id, ..] => drop(id.parse().map(|id| dirty.notes.insert(id))),
        [ISLANDS, id, ..] => drop(id.parse().map(|id| dirty.islands.insert(id))),
        [RELATIONS, id, ..] => drop(id.parse().map(|id| dirty.relations.insert(id))),
        [PEOPLE, id, ..] => drop(id.parse().map(|id| dirty.people.insert(id))),
        [POINTS, id, ..] => drop(dirty.points.insert((*id).to_owned())),
        [GROUP | TRIVIA, _, ..] => dirty.group = true,
        [MARKS, _, ..] => dirty.marks = true,
        [KEY_PATH, ..] => dirty.path = true,
        _ => dirty.everything = true,
    }
    // A key that is no identifier is reported as a problem, which only a full reading finds.
    if let [NOTES | ISLANDS | RELATIONS | PEOPLE, id, ..] = path
        && id.parse::<crate::id::NoteId>().is_err()
    {
        dirty.everything = true;
    }
}
