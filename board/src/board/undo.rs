//! One's own undo and redo. Only own acts are on the stacks, and an act is taken back only while nobody has built
//! upon it: registers must still hold what was written, texts must still read as they were left.

use std::collections::VecDeque;

use automerge::{Automerge, ObjId, ReadDoc, ScalarValue, Value};

use super::{
    Act, Refused, UndoState,
    edit::{Edit, Owner, Trace},
    keys::STATE,
    raw::Raw,
    register::{Gone, StateRegister},
};
use crate::{
    command::TextTarget,
    id::{IslandId, ItemId},
    stamp::Stamp,
};

/// Acts that can be taken back: an evening of one busy hand.
pub const UNDO_STEPS_MAX: usize = 200;

/// One act with what it takes to take it back.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub act: Act,
    traces: Vec<Trace>,
    /// How created items read when the act was done, one for each trace.
    made: Vec<u64>,
    /// The text being typed, while the session lasts.
    typing: Option<TextTarget>,
}

impl Step {
    pub fn new(act: Act, traces: Vec<Trace>, typing: Option<TextTarget>, raw: &Raw) -> Self {
        let traces = coalesced(traces);
        let made = traces.iter().map(|trace| made_fingerprint(raw, trace)).collect();
        Self {
            act,
            traces,
            made,
            typing,
        }
    }
}

fn made_fingerprint(raw: &Raw, trace: &Trace) -> u64 {
    match trace {
        Trace::Created { owner, .. } => raw.stated(owner).map(|entry| entry.fingerprint),
        Trace::Register { .. } | Trace::Text { .. } => None,
    }
    .unwrap_or_default()
}

/// A register or text written twice in one act counts once, from the first state to the last.
fn coalesced(traces: Vec<Trace>) -> Vec<Trace> {
    let mut kept: Vec<Trace> = Vec::with_capacity(traces.len());
    for trace in traces {
        let same = kept.iter_mut().find_map(|other| match (other, &trace) {
            (
                Trace::Register { obj, key, new, by, .. },
                Trace::Register {
                    obj: obj2,
                    key: key2,
                    new: new2,
                    by: by2,
                    ..
                },
            ) if obj == obj2 && key == key2 => {
                new.clone_from(new2);
                by.clone_from(by2);
                Some(())
            }
            (
                Trace::Text { obj, after, .. },
                Trace::Text {
                    obj: obj2,
                    after: after2,
                    ..
                },
            ) if obj == obj2 => {
                after.clone_from(after2);
                Some(())
            }
            _ => None,
        });
        if same.is_none() {
            kept.push(trace);
        }
    }
    kept
}

/// Both stacks of one replica.
#[derive(Debug, Clone, Default)]
pub(crate) struct UndoStacks {
    undo: VecDeque<Step>,
    redo: VecDeque<Step>,
}

/// Which way a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Undo,
    Redo,
}

impl UndoStacks {
    pub fn state(&self) -> UndoState {
        UndoState {
            undo: self.undo.back().map(|step| step.act),
            redo: self.redo.back().map(|step| step.act),
        }
    }

    /// A new act of one's own; a splice may continue the session that the last act began.
    pub fn push(&mut self, step: Step) {
        self.redo.clear();
        if step.typing.is_some()
            && let Some(last) = self.undo.back_mut()
            && last.typing == step.typing
            && let (
                [Trace::Text { after, obj, .. }],
                [
                    Trace::Text {
                        before,
                        after: now,
                        obj: same,
                        ..
                    },
                ],
            ) = (last.traces.as_mut_slice(), step.traces.as_slice())
            && *after == *before
            && obj == same
        {
            after.clone_from(now);
            return;
        }
        push_bounded(&mut self.undo, step);
    }

    pub fn push_taken_back(&mut self, direction: Direction, step: Step) {
        let stack = match direction {
            Direction::Undo => &mut self.redo,
            Direction::Redo => &mut self.undo,
        };
        push_bounded(stack, step);
    }

    pub fn pop(&mut self, direction: Direction) -> Option<Step> {
        match direction {
            Direction::Undo => self.undo.pop_back(),
            Direction::Redo => self.redo.pop_back(),
        }
    }

    pub fn finish_typing(&mut self) {
        if let Some(last) = self.undo.back_mut() {
            last.typing = None;
        }
    }
}

fn push_bounded(stack: &mut VecDeque<Step>, step: Step) {
    if stack.len() == UNDO_STEPS_MAX {
        stack.pop_front();
    }
    stack.push_back(step);
}

/// Whether everything is still as this act left it.
pub(crate) fn untouched(doc: &Automerge, raw: &Raw, step: &Step) -> bool {
    let mut made = step
        .made
        .iter()
        .zip(&step.traces)
        .filter(|(_, trace)| matches!(trace, Trace::Created { .. }));
    let created_ok = made.all(|(fingerprint, trace)| created_untouched(raw, step, trace, *fingerprint));
    created_ok
        && step.traces.iter().all(|trace| match trace {
            Trace::Register { obj, key, new, by, .. } => still_ours(doc, obj, key, new, by),
            Trace::Text { obj, after, .. } => doc.text(obj).is_ok_and(|now| now == *after),
            Trace::Created { .. } => true,
        })
}

/// The winner says what we wrote, by the act itself or by our own undo that put it back.
fn still_ours(doc: &Automerge, obj: &ObjId, key: &str, new: &ScalarValue, by: &ObjId) -> bool {
    let own = |id: &ObjId| id == by || matches!(id, ObjId::Id(_, actor, _) if actor == doc.get_actor());
    matches!(doc.get(obj, key), Ok(Some((Value::Scalar(value), id))) if *value == *new && own(&id))
}

fn created_untouched(raw: &Raw, step: &Step, trace: &Trace, fingerprint: u64) -> bool {
    let Trace::Created { owner, .. } = trace else {
        return true;
    };
    let Some(entry) = raw.stated(owner) else {
        return !matches!(owner, Owner::Note(_) | Owner::Island(_) | Owner::Relation(_));
    };
    entry.fingerprint == fingerprint
        && entry.states.iter().all(|state| *state == StateRegister::Live)
        && !matches!(owner, Owner::Island(id) if used_by_others(raw, step, id))
}

/// Whether something lies in a drawn island that the act itself did not put there.
fn used_by_others(raw: &Raw, step: &Step, island: &IslandId) -> bool {
    let put_there = |item: &ItemId| {
        let item = Owner::from(item);
        step.traces.iter().any(|trace| match trace {
            Trace::Register { owner, .. } | Trace::Created { owner, .. } => *owner == item,
            Trace::Text { .. } => false,
        })
    };
    let notes = raw
        .notes
        .iter()
        .filter(|(_, note)| note.place.parent.as_ref() == Some(island));
    let islands = raw.islands.iter().filter(|(_, other)| {
        other.place.parent.as_ref() == Some(island) || other.merge.as_ref().is_some_and(|merge| merge.into == *island)
    });
    let mut items = notes
        .map(|(id, _)| ItemId::from(id.clone()))
        .chain(islands.map(|(id, _)| ItemId::from(id.clone())));
    items.any(|item| !put_there(&item))
}

/// Writes the state before the act; what it writes is itself an act that can be taken back.
pub(crate) fn take_back(edit: &mut Edit<'_>, raw: &Raw, step: &Step, stamp: &Stamp) -> Result<(), Refused> {
    // What gets a state of its own by this very step needs no healing, which would hide or overwrite it.
    let has_state = |owner: &Owner| {
        let is_state =
            |trace: &Trace| matches!(trace, Trace::Register { owner: of, key, .. } if key == STATE && of == owner);
        step.traces.iter().any(is_state)
    };
    for trace in step.traces.iter().rev() {
        match trace {
            Trace::Register {
                owner,
                obj,
                key,
                old,
                new,
                ..
            } => {
                let old = old.clone().unwrap_or_else(|| unset(key, new));
                edit.put(owner, obj, key, old)?;
                if !has_state(owner) {
                    heal(edit, raw, owner)?;
                }
            }
            Trace::Text {
                target,
                obj,
                before,
                after,
            } => {
                edit.rewrite(target, obj, after, before)?;
                let owner = match target {
                    TextTarget::Note(id) => Owner::Note(id.clone()),
                    TextTarget::Heading(id) => Owner::Island(id.clone()),
                    TextTarget::Label(id) => Owner::Relation(id.clone()),
                };
                if !has_state(&owner) {
                    heal(edit, raw, &owner)?;
                }
            }
            Trace::Created { owner, obj } => uncreate(edit, raw, owner, obj, stamp)?,
        }
    }
    Ok(())
}

fn heal(edit: &mut Edit<'_>, raw: &Raw, owner: &Owner) -> Result<(), Refused> {
    raw.stated(owner)
        .map_or(Ok(()), |entry| edit.heal(owner, entry.obj, entry.states))
}

/// What a register says that was never set.
fn unset(key: &str, new: &ScalarValue) -> ScalarValue {
    match new {
        _ if key == STATE => StateRegister::Live.to_string().into(),
        ScalarValue::Boolean(_) => false.into(),
        ScalarValue::Int(_) | ScalarValue::Uint(_) => 0_i64.into(),
        _ => "".into(),
    }
}

/// Puts a created thing into the basket. People are taken off the list.
fn uncreate(edit: &mut Edit<'_>, raw: &Raw, owner: &Owner, obj: &ObjId, stamp: &Stamp) -> Result<(), Refused> {
    if let Owner::Person(_) = owner {
        return edit.put(owner, obj, super::keys::REMOVED, true);
    }
    let Some(entry) = raw.stated(owner) else {
        return Ok(());
    };
    let gone = Gone {
        by: stamp.person.clone(),
        at_ms: stamp.at_ms,
        with: None,
        fingerprint: entry.fingerprint,
    };
    edit.put_state(owner, obj, &StateRegister::Basket(gone))
}
