//! What happens on a line: keys, touches and buttons become commands, selection, focus and spoken words.

use std::rc::Rc;

use board::{BoardView, GroupId, ItemId, State};
use web_sys::HtmlElement;
use yew::prelude::*;

use super::{
    acts::{self, Act},
    keys::{self, Wish},
    row::{RowEvent, RowEventKind},
    rows::{self, Row, short, text_of},
};
use crate::{hooks::Same, i18n::outline::OutlineTexts, store::Store};

/// Which line is meant, and whether it is being written.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Focus {
    pub(super) item: Option<ItemId>,
    pub(super) editing: bool,
}

/// Everything an event needs; made anew with each render, cheap to clone.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) store: Store,
    pub(super) group: GroupId,
    pub(super) view: Same<BoardView>,
    pub(super) rows: Rc<Vec<Row>>,
    pub(super) texts: &'static OutlineTexts,
    pub(super) focus: UseStateHandle<Focus>,
    pub(super) said: UseStateHandle<String>,
    pub(super) root: NodeRef,
    pub(super) acted_on: Rc<std::cell::RefCell<Option<Same<BoardView>>>>,
    pub(super) read_only: bool,
}

impl Desk {
    pub(super) fn row_event(&self, event: RowEvent) {
        let RowEvent { item, kind } = event;
        match kind {
            RowEventKind::Select => self.go_to(item, false),
            RowEventKind::Write => self.go_to(item, true),
            RowEventKind::Left { by_blur, empty } => self.left(&item, by_blur, empty),
            RowEventKind::Act(act) => self.act(&item, act),
            RowEventKind::Wish(wish) => self.wish(&item, wish),
        }
    }

    /// A key on a selected line that is not being written.
    pub(super) fn tree_key(&self, event: &KeyboardEvent) {
        let Some(item) = self
            .focus
            .item
            .clone()
            .or_else(|| self.rows.first().map(|row| row.item.clone()))
        else {
            return;
        };
        if self.focus.editing {
            return;
        }
        if let Some(wish) = keys::in_tree(event) {
            event.prevent_default();
            event.stop_propagation();
            self.wish(&item, wish);
        }
    }

    fn wish(&self, item: &ItemId, wish: Wish) {
        let place = self.rows.iter().position(|row| row.item == *item);
        let row_at = |index: Option<usize>| index.and_then(|index| self.rows.get(index)).map(|row| row.item.clone());
        match wish {
            Wish::Previous { write } => {
                let target = row_at(place.and_then(|place| place.checked_sub(1)));
                self.go_to_some(target, write);
            }
            Wish::Next { write } => self.go_to_some(row_at(place.map(|place| place + 1)), write),
            Wish::First => self.go_to_some(row_at(Some(0)), false),
            Wish::Last => self.go_to_some(self.rows.last().map(|row| row.item.clone()), false),
            Wish::Parent => self.go_to_some(self.view.parent(item).cloned().map(ItemId::Island), false),
            Wish::Child => match place.and_then(|place| self.rows.get(place)).and_then(|row| row.open) {
                Some(true) => self.go_to_some(row_at(place.map(|place| place + 1)), false),
                Some(false) => self.act(item, Act::Fold),
                None => {}
            },
            Wish::Write => self.go_to(item.clone(), true),
            Wish::NewAfter => self.add_note(Some(item)),
            Wish::RemoveEmpty => {
                let before = row_at(place.and_then(|place| place.checked_sub(1)));
                self.act(item, Act::Delete);
                self.go_to_some(before, true);
            }
            Wish::Do(act) => self.act(item, act),
        }
    }

    fn go_to_some(&self, item: Option<ItemId>, editing: bool) {
        match item {
            Some(item) => self.go_to(item, editing),
            None => self.say(self.texts.said_stays.to_owned()),
        }
    }

    fn go_to(&self, item: ItemId, editing: bool) {
        let next = Focus {
            item: Some(item),
            editing: editing && !self.read_only,
        };
        // A field takes the focus itself when it appears.
        if !next.editing {
            self.give_focus(&next);
        }
        self.focus.set(next);
    }

    fn left(&self, item: &ItemId, by_blur: bool, empty: bool) {
        // The browser blurs a field whose line is being moved in the page; the person has not left it.
        let moving = by_blur && self.acted_on.borrow().is_some();
        if moving || self.focus.item.as_ref() != Some(item) {
            return;
        }
        self.focus.set(Focus {
            item: Some(item.clone()),
            editing: false,
        });
        if empty && item.note().is_some() {
            // A slip taken and not written on goes back without a word.
            self.do_command(board::Command::Delete {
                items: vec![item.clone()],
            });
        } else if !by_blur {
            self.give_focus(&Focus {
                item: Some(item.clone()),
                editing: false,
            });
        }
    }

    fn act(&self, item: &ItemId, act: Act) {
        if self.read_only {
            return;
        }
        let Some(command) = acts::command(&self.view, item, act, self.store.new_note_id()) else {
            self.say(self.texts.said_stays.to_owned());
            return;
        };
        let words = self.words(item, act);
        let below = self.after_removal(item, act);
        if !self.do_command(command) {
            return;
        }
        if let Some(words) = words {
            self.say(words);
        }
        match below {
            Some(next) => self.go_to(next, false),
            None => self.focus.set(Focus {
                item: Some(item.clone()),
                editing: self.focus.editing,
            }),
        }
    }

    /// Where the selection goes when a line disappears: to the one above.
    fn after_removal(&self, item: &ItemId, act: Act) -> Option<ItemId> {
        if !matches!(act, Act::Delete | Act::Merge) {
            return None;
        }
        if act == Act::Merge {
            return acts::island_before(&self.view, item).cloned().map(ItemId::Island);
        }
        let place = self.rows.iter().position(|row| row.item == *item)?;
        self.rows.get(place.checked_sub(1)?).map(|row| row.item.clone())
    }

    /// What is said aloud about an act that was done.
    fn words(&self, item: &ItemId, act: Act) -> Option<String> {
        let (view, texts) = (&self.view, self.texts);
        let text = short(&text_of(view, item));
        let island = |id: Option<&board::IslandId>| {
            id.map(|id| short(&text_of(view, &ItemId::Island(id.clone()))))
                .unwrap_or_default()
        };
        let place = rows::siblings(view, item)
            .iter()
            .position(|sibling| sibling == item)
            .unwrap_or_default()
            + 1;
        Some(match act {
            Act::Up => (texts.said_moved)(&text, place.saturating_sub(1)),
            Act::Down => (texts.said_moved)(&text, place + 1),
            Act::Into => (texts.said_into)(&text, &island(acts::island_before(view, item))),
            Act::Out => (texts.said_out)(&text),
            Act::Merge => (texts.said_merged)(&text, &island(acts::island_before(view, item))),
            Act::Delete if text.is_empty() => return None,
            Act::Delete => (texts.said_deleted)(&text),
            Act::Fold => {
                let folded = item
                    .island()
                    .and_then(|id| view.islands.get(id))
                    .is_some_and(|island| island.collapsed);
                if folded {
                    (texts.said_unfolded)(&text)
                } else {
                    (texts.said_folded)(&text)
                }
            }
            Act::Split | Act::SplitNote => return None,
        })
    }

    pub(super) fn add_note(&self, after: Option<&ItemId>) {
        if self.read_only {
            return;
        }
        // The line may have left the board since it was selected.
        let after = after.filter(|item| match item {
            ItemId::Note(id) => self.view.notes.get(id).is_some_and(|note| note.state == State::Live),
            ItemId::Island(id) => self
                .view
                .islands
                .get(id)
                .is_some_and(|island| island.state == State::Live),
        });
        let fresh = self.store.new_note_id();
        if self.do_command(acts::new_note(&self.view, after, fresh.clone())) {
            self.say(self.texts.said_new.to_owned());
            self.focus.set(Focus {
                item: Some(fresh.into()),
                editing: true,
            });
        }
    }

    pub(super) fn add_heading(&self) {
        let fresh = self.store.new_island_id();
        if self.do_command(acts::new_heading(&self.view, self.focus.item.as_ref(), fresh.clone())) {
            self.focus.set(Focus {
                item: Some(fresh.into()),
                editing: true,
            });
        }
    }

    fn do_command(&self, command: board::Command) -> bool {
        self.store.finish_typing(&self.group);
        self.acted_on.replace(Some(self.view.clone()));
        // A refusal is told to the person by the store, in a notice.
        let done = self.store.act(&self.group, command).is_ok();
        if !done {
            self.acted_on.replace(None);
        }
        done
    }

    fn say(&self, words: String) {
        self.said.set(words);
    }

    pub(super) fn give_focus(&self, focus: &Focus) {
        let Some(item) = &focus.item else { return };
        let Some(root) = self.root.cast::<HtmlElement>() else {
            return;
        };
        let inner = if focus.editing { " textarea" } else { "" };
        // An item's printed form has no quote or backslash in it.
        let found = root
            .query_selector(&format!("[data-row='{item}']{inner}"))
            .ok()
            .flatten();
        if let Some(element) = found.and_then(|element| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(element).ok()) {
            let _ = element.focus();
        }
    }
}
