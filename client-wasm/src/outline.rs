//! The board as headings and bullets, in the order of the report: live, and every line of it can be written,
//! moved, merged, folded and put into the basket, with a finger, a mouse, keys alone, or a screen reader.

pub mod acts;
mod keys;
mod row;
pub mod rows;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use board::{BoardView, GroupId, ItemId, State};
use web_sys::HtmlElement;
use yew::prelude::*;

use self::{
    acts::Act,
    keys::Wish,
    row::{OutlineRow, RowEvent, RowEventKind},
    rows::{Row, rows, short, text_of},
};
use crate::{
    components::icon::{Glyph, Icon},
    hooks::{Same, use_slice, use_store, use_texts},
    i18n::outline::OutlineTexts,
    store::Store,
};

/// Whose board, and what the bar below asks of it.
#[derive(Properties, PartialEq)]
pub struct OutlineProps {
    /// The group.
    pub group: GroupId,
    /// Whether this device may only read.
    #[prop_or_default]
    pub read_only: bool,
    /// Grows by one with each touch of the large ＋付箋: a note is added after the selected line.
    #[prop_or_default]
    pub add_requests: u32,
}

/// Which line is meant, and whether it is being written.
#[derive(Debug, Clone, PartialEq, Default)]
struct Focus {
    item: Option<ItemId>,
    editing: bool,
}

/// The outline.
#[component]
pub fn Outline(props: &OutlineProps) -> Html {
    let texts = &use_texts().outline;
    let store = use_store();
    let view = {
        let group = props.group.clone();
        use_slice(move |state| state.boards.get(&group).map(|slot| Same(slot.view.clone())))
    };
    let focus = use_state(Focus::default);
    let said = use_state(String::new);
    let root = use_node_ref();
    // The view from which an own act was done: when a newer one has arrived, the line has moved in the page and
    // the focus, which the browser takes from a moved element, is given back.
    let acted_on = use_mut_ref(|| None::<Same<BoardView>>);

    let view = view.unwrap_or_else(|| Same(Default::default()));
    let listed = use_memo(view.clone(), |view| rows(view));

    let desk = Desk {
        store,
        group: props.group.clone(),
        view: view.clone(),
        rows: listed.clone(),
        texts,
        focus: focus.clone(),
        said: said.clone(),
        root: root.clone(),
        acted_on: acted_on.clone(),
        read_only: props.read_only,
    };
    {
        let desk = desk.clone();
        use_effect_with((view.clone(), (*focus).clone()), move |(view, focus)| {
            let moved = desk.acted_on.borrow().as_ref().is_some_and(|before| before != view);
            if moved {
                desk.acted_on.replace(None);
                desk.give_focus(focus);
            }
        });
    }
    {
        let desk = desk.clone();
        use_effect_with(props.add_requests, move |requests| {
            if *requests > 0 {
                desk.add_note(desk.focus.item.as_ref());
            }
        });
    }
    let on_event = {
        let desk = desk.clone();
        Callback::from(move |event: RowEvent| desk.row_event(event))
    };
    let onkeydown = {
        let desk = desk.clone();
        Callback::from(move |event: KeyboardEvent| desk.tree_key(&event))
    };
    let add_note = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.add_note(desk.focus.item.as_ref()))
    };
    let add_heading = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.add_heading())
    };
    // Exactly one line is in the tab order: the selected one, or the first.
    let tab_stop = focus
        .item
        .clone()
        .filter(|item| listed.iter().any(|row| row.item == *item))
        .or_else(|| listed.first().map(|row| row.item.clone()));
    let one = |row: &Row| {
        let selected = focus.item.as_ref() == Some(&row.item);
        html! {
            <OutlineRow
                key={row.item.to_string()}
                group={props.group.clone()}
                row={row.clone()}
                note={row.item.note().and_then(|id| view.notes.get(id)).cloned().map(Same)}
                island={row.item.island().and_then(|id| view.islands.get(id)).cloned().map(Same)}
                author={author_of(&view, &row.item)}
                acts={if selected { row::possible_acts(&view, &row.item) } else { Rc::default() }}
                {selected}
                editing={selected && focus.editing && !props.read_only}
                tab_stop={tab_stop.as_ref() == Some(&row.item)}
                read_only={props.read_only}
                on_event={on_event.clone()}
            />
        }
    };
    html! {
        <section class="outline" data-testid="outline">
            <div ref={root} class="outline__tree" role="tree" aria-label={texts.title} {onkeydown}>
                {for listed.iter().map(one)}
            </div>
            if listed.is_empty() {
                <p class="outline__empty">{texts.empty}</p>
            }
            if !props.read_only {
                <div class="outline__add button-row">
                    <button type="button" class="button" data-testid="outline-add-note" onclick={add_note}>
                        <Icon glyph={Glyph::Plus} />
                        {texts.add_note}
                    </button>
                    <button type="button" class="button" data-testid="outline-add-heading" onclick={add_heading}>
                        <Icon glyph={Glyph::Plus} />
                        {texts.add_heading}
                    </button>
                    <p class="outline__keys field__hint">{texts.keys}</p>
                </div>
            }
            <p class="visually-hidden" aria-live="polite">{(*said).clone()}</p>
        </section>
    }
}

fn author_of(view: &BoardView, item: &ItemId) -> Option<AttrValue> {
    let author = item.note().and_then(|id| view.notes.get(id))?.author.as_ref()?;
    let person = view.people.iter().find(|person| person.id == *author)?;
    Some(AttrValue::from(person.name.clone()))
}

/// Everything an event needs; made anew with each render, cheap to clone.
#[derive(Clone)]
struct Desk {
    store: Store,
    group: GroupId,
    view: Same<BoardView>,
    rows: Rc<Vec<Row>>,
    texts: &'static OutlineTexts,
    focus: UseStateHandle<Focus>,
    said: UseStateHandle<String>,
    root: NodeRef,
    acted_on: Rc<std::cell::RefCell<Option<Same<BoardView>>>>,
    read_only: bool,
}

impl Desk {
    fn row_event(&self, event: RowEvent) {
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
    fn tree_key(&self, event: &KeyboardEvent) {
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

    fn add_note(&self, after: Option<&ItemId>) {
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

    fn add_heading(&self) {
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

    fn give_focus(&self, focus: &Focus) {
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
