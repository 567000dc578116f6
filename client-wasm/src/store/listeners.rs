//! Who wants to be told: of any change, and of what others do to one text.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::{Rc, Weak},
};

use board::{BoardView, GroupId, TextEdit, TextTarget};

use super::state::State;

type OnChange = Rc<dyn Fn(Rc<State>)>;
type OnText = Rc<dyn Fn(&TextEdit)>;

/// The listeners of a store.
#[derive(Default)]
pub struct Listeners(Rc<RefCell<Lists>>);

#[derive(Default)]
struct Lists {
    next: u64,
    on_change: BTreeMap<u64, OnChange>,
    on_text: BTreeMap<u64, (GroupId, TextTarget, OnText)>,
}

/// Keeps a listener; dropping it ends the calls.
pub struct Subscription {
    lists: Weak<RefCell<Lists>>,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(lists) = self.lists.upgrade() {
            // Taken out under the borrow, dropped after it: what a listener owns may have subscriptions of its own.
            let taken = {
                let mut lists = lists.borrow_mut();
                (lists.on_change.remove(&self.id), lists.on_text.remove(&self.id))
            };
            drop(taken);
        }
    }
}

impl Listeners {
    /// Adds a listener to every change.
    pub fn add(&self, listener: OnChange) -> Subscription {
        self.insert(|lists, id| {
            lists.on_change.insert(id, listener);
        })
    }

    /// Adds a listener to one text.
    pub fn add_text(&self, group: GroupId, target: TextTarget, listener: OnText) -> Subscription {
        self.insert(|lists, id| {
            lists.on_text.insert(id, (group, target, listener));
        })
    }

    fn insert(&self, put: impl FnOnce(&mut Lists, u64)) -> Subscription {
        let mut lists = self.0.borrow_mut();
        lists.next += 1;
        let id = lists.next;
        put(&mut lists, id);
        Subscription {
            lists: Rc::downgrade(&self.0),
            id,
        }
    }

    /// Tells of a change. A listener may subscribe and unsubscribe meanwhile; who unsubscribed is not called any more.
    pub fn tell(&self, state: &Rc<State>) {
        let ids: Vec<u64> = self.0.borrow().on_change.keys().copied().collect();
        for id in ids {
            let listener = self.0.borrow().on_change.get(&id).cloned();
            if let Some(listener) = listener {
                listener(Rc::clone(state));
            }
        }
    }

    /// Tells the editors of a text what was done to it.
    pub fn tell_text(&self, group: &GroupId, edit: &TextEdit) {
        let concerned = |(of, target, _): &&(GroupId, TextTarget, OnText)| of == group && *target == edit.target;
        let listeners: Vec<OnText> = self
            .0
            .borrow()
            .on_text
            .values()
            .filter(concerned)
            .map(|(_, _, listener)| Rc::clone(listener))
            .collect();
        for listener in listeners {
            listener(edit);
        }
    }

    /// The texts of a group that have an editor open, each once.
    pub fn open_texts(&self, group: &GroupId) -> Vec<TextTarget> {
        let lists = self.0.borrow();
        let mut targets: Vec<TextTarget> = lists
            .on_text
            .values()
            .filter(|(of, _, _)| of == group)
            .map(|(_, target, _)| target.clone())
            .collect();
        targets.sort();
        targets.dedup();
        targets
    }
}

/// How a text reads now.
pub fn text_of<'a>(view: &'a BoardView, target: &TextTarget) -> Option<&'a str> {
    match target {
        TextTarget::Note(id) => view.notes.get(id).map(|note| note.text.as_str()),
        TextTarget::Heading(id) => view.islands.get(id).map(|island| island.heading.as_str()),
        TextTarget::Label(id) => view.relations.get(id).map(|relation| relation.label.as_str()),
    }
}

/// The one splice that makes `after` of `before`, in Unicode scalar values; none when they are equal.
pub fn splice_between(target: &TextTarget, before: &str, after: &str) -> Option<TextEdit> {
    if before == after {
        return None;
    }
    let (old, new): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let same_start = old.iter().zip(&new).take_while(|(left, right)| left == right).count();
    let rest = old.len().min(new.len()) - same_start;
    let same_end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(left, right)| left == right)
        .count();
    Some(TextEdit {
        target: target.clone(),
        at: same_start,
        delete: old.len() - same_start - same_end,
        insert: new.iter().take(new.len() - same_end).skip(same_start).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use board::NoteId;

    #[test]
    fn a_splice_between_two_texts_counts_letters_not_bytes() {
        let target = TextTarget::Note(NoteId::from_random(1));
        let edit = splice_between(&target, "市民と職員", "市民と市の職員").expect("they differ");
        assert_eq!((edit.at, edit.delete, edit.insert.as_str()), (3, 0, "市の"));
        let edit = splice_between(&target, "ああ", "あ").expect("they differ");
        assert_eq!((edit.at, edit.delete, edit.insert.as_str()), (1, 1, ""));
        assert_eq!(splice_between(&target, "同じ", "同じ"), None);
    }

    #[test]
    fn a_dropped_subscription_is_not_called_even_while_the_others_are() {
        let listeners = Rc::new(Listeners::default());
        let second: Rc<RefCell<Option<Subscription>>> = Rc::default();
        let calls = Rc::new(RefCell::new(0));
        let _first = listeners.add(Rc::new({
            let second = Rc::clone(&second);
            move |_| drop(second.borrow_mut().take())
        }));
        *second.borrow_mut() = Some(listeners.add(Rc::new({
            let calls = Rc::clone(&calls);
            move |_| *calls.borrow_mut() += 1
        })));
        listeners.tell(&Rc::default());
        assert_eq!(*calls.borrow(), 0);
    }
}
