//! The board as headings and bullets, in the order of the report: live, and every line of it can be written,
//! moved, merged, folded and put into the basket, with a finger, a mouse, keys alone, or a screen reader.

pub mod acts;
mod desk;
mod keys;
mod row;
pub mod rows;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use board::{BoardView, GroupId, ItemId};
use yew::prelude::*;

use self::{
    desk::{Desk, Focus},
    row::{OutlineRow, RowEvent},
    rows::{Row, rows},
};
use crate::{
    components::icon::{Glyph, Icon},
    hooks::{Same, use_slice, use_store, use_texts},
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
