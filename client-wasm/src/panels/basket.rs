//! The basket (かご): what was deleted, the latest first. Anyone who may write puts things back.

use board::{BoardView, Command, GroupId, ItemId, PersonId, State};
use yew::prelude::*;

use super::PanelFrame;
use crate::{
    hooks::{Same, use_slice, use_store, use_texts},
    outline::rows::{short, text_of},
    pages::colours::paper_class,
    store::Notice,
};

/// Items listed; a person looks for what was deleted a moment ago.
const LISTED_MAX: usize = 200;

/// Whose basket.
#[derive(Properties, PartialEq)]
pub struct BasketPanelProps {
    /// The group.
    pub group: GroupId,
    /// Whether this device may only read.
    pub read_only: bool,
    /// The person closes it.
    pub on_close: Callback<()>,
}

/// Who put it there, and when.
fn waiting<'view>(view: &'view BoardView, item: &ItemId) -> Option<(Option<&'view PersonId>, i64)> {
    let state = match item {
        ItemId::Note(id) => &view.notes.get(id)?.state,
        ItemId::Island(id) => &view.islands.get(id)?.state,
    };
    match state {
        State::Basket { by, at_ms, .. } => Some((by.as_ref(), *at_ms)),
        _ => None,
    }
}

/// Notes that went into the basket together with an island.
fn notes_with(view: &BoardView, item: &ItemId) -> usize {
    let Some(island) = item.island() else { return 0 };
    let with = |state: &State| matches!(state, State::Basket { with: Some(with), .. } if with == island);
    view.notes.values().filter(|note| with(&note.state)).count()
}

/// The panel.
#[component]
pub fn BasketPanel(props: &BasketPanelProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.basket;
    let store = use_store();
    let view = {
        let group = props.group.clone();
        use_slice(move |state| state.boards.get(&group).map(|slot| Same(slot.view.clone())))
    };
    let Some(view) = view else { return html! {} };
    let items = view.basket();
    let entry = |item: &ItemId| {
        let Some((by, at_ms)) = waiting(&view, item) else {
            return html! {};
        };
        let (hours, minutes) = time_of_day(at_ms);
        let name = by
            .and_then(|id| view.people.iter().find(|person| person.id == *id))
            .map(|person| person.name.as_str());
        let when = match name {
            Some(name) => (texts.by)(name, hours, minutes),
            None => (texts.at)(hours, minutes),
        };
        let text = text_of(&view, item);
        let (words, kind, paper) = match item {
            ItemId::Note(id) => {
                let paper = view
                    .notes
                    .get(id)
                    .map(|note| paper_class(note.colour))
                    .unwrap_or_default();
                (
                    if text.is_empty() {
                        pages.untitled_note.to_owned()
                    } else {
                        text
                    },
                    texts.note.to_owned(),
                    paper,
                )
            }
            ItemId::Island(_) => {
                let words = if text.is_empty() {
                    pages.untitled_island.to_owned()
                } else {
                    text
                };
                (
                    words,
                    (texts.island)(notes_with(&view, item)),
                    "basket-item__slip--island",
                )
            }
        };
        let onclick = {
            let (store, group, item, restored) = (store.clone(), props.group.clone(), item.clone(), texts.restored);
            Callback::from(move |_: MouseEvent| {
                if store
                    .act(
                        &group,
                        Command::Restore {
                            items: vec![item.clone()],
                        },
                    )
                    .is_ok()
                {
                    store.notify(Notice::info(restored));
                }
            })
        };
        html! {
            <li key={item.to_string()} class="basket-item" data-testid="basket-item" data-item={item.to_string()}>
                <div class={classes!("basket-item__slip", paper)}>
                    <p class="basket-item__text">{words.clone()}</p>
                    <p class="basket-item__meta">{format!("{kind}　{when}")}</p>
                </div>
                if !props.read_only {
                    <button type="button" class="button" data-testid="restore" aria-label={(texts.restore_item)(&short(&words))} {onclick}>
                        {texts.restore}
                    </button>
                }
            </li>
        }
    };
    html! {
        <PanelFrame title={texts.title} testid="basket" on_close={props.on_close.clone()}>
            <p class="secondary small">{texts.hint}</p>
            if items.is_empty() {
                <p class="panel__empty">{texts.empty}</p>
            } else {
                <ul class="basket-items">{for items.iter().take(LISTED_MAX).map(entry)}</ul>
            }
        </PanelFrame>
    }
}

/// Hours and minutes on this device's clock.
fn time_of_day(at_ms: i64) -> (u32, u32) {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at_ms as f64));
    (date.get_hours(), date.get_minutes())
}
