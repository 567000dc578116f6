//! Notes and islands from one group's board to another's. The server does it in one transaction: nothing is ever
//! lost or doubled, also when the answer gets lost and the same request is sent again.

use std::{collections::BTreeSet, sync::Arc};

use board::{BoardView, GroupId, ItemId, workshop::WorkshopGroup};
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::PanelFrame;
use crate::{
    api::{self, ApiError, Transfer},
    hooks::{Same, use_open_board, use_slice, use_store, use_texts},
    outline::rows::{rows, text_of},
    pages::{colours::paper_class, trouble::TroubleStrip},
    store::Notice,
};

/// From where, and perhaps already what.
#[derive(Properties, PartialEq)]
pub struct TransferPanelProps {
    /// The workshop.
    pub workshop: AttrValue,
    /// The group whose items are listed first.
    #[prop_or_default]
    pub from: Option<GroupId>,
    /// Items already chosen on the sheet.
    #[prop_or_default]
    pub items: Vec<ItemId>,
    /// The person closes it.
    pub on_close: Callback<()>,
}

/// The panel.
#[component]
pub fn TransferPanel(props: &TransferPanelProps) -> Html {
    let texts = &use_texts().pages.overview;
    let workshop = use_slice(|state| Same(state.workshop.clone()));
    let groups: Vec<WorkshopGroup> = workshop.groups.iter().filter(|group| !group.removed).cloned().collect();
    let chosen_from = use_state(|| props.from.clone());
    let from = (*chosen_from)
        .clone()
        .or_else(|| groups.first().map(|group| group.id.clone()));
    let body = match from {
        Some(from) if groups.len() > 1 => {
            let on_from = {
                let chosen_from = chosen_from.clone();
                Callback::from(move |group: GroupId| chosen_from.set(Some(group)))
            };
            // A new source starts afresh: nothing chosen on another board may slip along.
            html! {
                <TransferForm key={from.to_string()} workshop={props.workshop.clone()} {groups} from={from.clone()} {on_from}
                    items={if props.from.as_ref() == Some(&from) { props.items.clone() } else { Vec::new() }}
                    on_done={props.on_close.clone()} />
            }
        }
        _ => html! { <p class="panel__empty">{texts.transfer_one_group}</p> },
    };
    html! {
        <PanelFrame title={texts.transfer_title} testid="transfer-panel" on_close={props.on_close.clone()}>{body}</PanelFrame>
    }
}

#[derive(Properties, PartialEq)]
struct TransferFormProps {
    workshop: AttrValue,
    groups: Vec<WorkshopGroup>,
    from: GroupId,
    items: Vec<ItemId>,
    on_from: Callback<GroupId>,
    on_done: Callback<()>,
}

/// What is really sent: an island takes what it holds along, so that is not named a second time.
fn outermost(view: &BoardView, chosen: &BTreeSet<ItemId>) -> Vec<ItemId> {
    let inside_chosen = |item: &ItemId| {
        let mut at = view.parent(item).cloned();
        // Effective parents have no cycles; the bound only guards against a view that breaks its promise.
        for _ in 0..=view.islands.len() {
            let Some(island) = at else { return false };
            let island = ItemId::Island(island);
            if chosen.contains(&island) {
                return true;
            }
            at = view.parent(&island).cloned();
        }
        false
    };
    rows(view)
        .into_iter()
        .map(|row| row.item)
        .filter(|item| chosen.contains(item) && !inside_chosen(item))
        .collect()
}

#[component]
fn TransferForm(props: &TransferFormProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.overview;
    let store = use_store();
    use_open_board(&props.from);
    let view = {
        let group = props.from.clone();
        use_slice(move |state| state.boards.get(&group).map(|slot| Same(slot.view.clone())))
    };
    let view = view.unwrap_or_else(|| Same(Arc::default()));
    let chosen = use_state(|| props.items.iter().cloned().collect::<BTreeSet<ItemId>>());
    let first_other = props
        .groups
        .iter()
        .find(|group| group.id != props.from)
        .map(|group| group.id.clone());
    let to = use_state(|| first_other);
    // One identifier per intention: trying again after a lost answer repeats nothing.
    let token = use_memo((props.from.clone(), (*to).clone(), (*chosen).clone()), |_| {
        store.new_token()
    });
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);

    let listed = rows(&view);
    let going = outermost(&view, &chosen);
    let send = |copy: bool| {
        let (store, workshop, from, to, token) = (
            store.clone(),
            props.workshop.clone(),
            props.from.clone(),
            to.clone(),
            token.clone(),
        );
        let (waits, trouble, on_done, going) = (waits.clone(), trouble.clone(), props.on_done.clone(), going.clone());
        let to_name = props
            .groups
            .iter()
            .find(|group| Some(&group.id) == (*to).as_ref())
            .map(|group| group.name.clone());
        let transferred = texts.transferred;
        Callback::from(move |_: MouseEvent| {
            let Some(to) = (*to).clone().filter(|_| !*waits && !going.is_empty()) else {
                return;
            };
            waits.set(true);
            trouble.set(None);
            let transfer = Transfer {
                id: format!("{}{}", token, if copy { "c" } else { "m" }),
                from: from.to_string(),
                to: to.to_string(),
                items: going.iter().map(ToString::to_string).collect(),
                copy,
            };
            let (store, workshop, waits, trouble, on_done) = (
                store.clone(),
                workshop.clone(),
                waits.clone(),
                trouble.clone(),
                on_done.clone(),
            );
            let done = transferred(going.len(), to_name.as_deref().unwrap_or_default());
            spawn_local(async move {
                match api::transfer(&workshop, &transfer).await {
                    Ok(()) => {
                        store.notify(Notice::info(done));
                        on_done.emit(());
                    }
                    Err(error) => {
                        waits.set(false);
                        trouble.set(Some(error));
                    }
                }
            });
        })
    };
    let select = |label: &'static str,
                  id: &'static str,
                  current: Option<GroupId>,
                  on_choose: Callback<GroupId>,
                  but: Option<GroupId>| {
        let onchange = Callback::from(move |event: Event| {
            if let Ok(group) = event.target_unchecked_into::<HtmlSelectElement>().value().parse() {
                on_choose.emit(group);
            }
        });
        let option = |group: &WorkshopGroup| {
            let icon = group.icon.as_deref().map(|icon| format!("{icon} ")).unwrap_or_default();
            html! {
                <option key={group.id.to_string()} value={group.id.to_string()} selected={current.as_ref() == Some(&group.id)}>
                    {format!("{icon}{}", group.name)}
                </option>
            }
        };
        html! {
            <div class="field">
                <label class="field__label" for={id}>{label}</label>
                <select {id} class="input" data-testid={id} {onchange}>
                    {for props.groups.iter().filter(|group| Some(&group.id) != but.as_ref()).map(option)}
                </select>
            </div>
        }
    };
    let on_to = {
        let to = to.clone();
        Callback::from(move |group: GroupId| to.set(Some(group)))
    };
    let item = |row: &crate::outline::rows::Row| {
        let text = text_of(&view, &row.item);
        let (words, mark, count) = match &row.item {
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
                    classes!("row__mark", paper),
                    None,
                )
            }
            ItemId::Island(id) => {
                let count = view
                    .islands
                    .get(id)
                    .map(|island| (texts.island_count)(island.note_count));
                let words = if text.is_empty() {
                    pages.untitled_island.to_owned()
                } else {
                    text
                };
                (words, classes!("row__mark", "row__mark--plate"), count)
            }
        };
        let onchange = {
            let (chosen, item) = (chosen.clone(), row.item.clone());
            Callback::from(move |event: Event| {
                let mut next = (*chosen).clone();
                if event.target_unchecked_into::<HtmlInputElement>().checked() {
                    next.insert(item.clone());
                } else {
                    next.remove(&item);
                }
                chosen.set(next);
            })
        };
        html! {
            <li key={row.item.to_string()} class={format!("pick row--level-{}", row.level.min(crate::outline::rows::INDENT_MAX))}>
                <label class="radio-row">
                    <input type="checkbox" checked={chosen.contains(&row.item)} data-item={row.item.to_string()} {onchange} />
                    <span class={mark} aria-hidden="true" />
                    <span class="pick__text">
                        {words}
                        if let Some(count) = count {
                            <span class="pick__count">{count}</span>
                        }
                    </span>
                </label>
            </li>
        }
    };
    html! {
        <div class="transfer">
            <div class="transfer__pair">
                {select(texts.transfer_from, "transfer-from", Some(props.from.clone()), props.on_from.clone(), None)}
                {select(texts.transfer_to, "transfer-to", (*to).clone(), on_to, Some(props.from.clone()))}
            </div>
            <fieldset>
                <legend class="field__label">{texts.transfer_items}</legend>
                if listed.is_empty() {
                    <p class="panel__empty">{texts.transfer_empty}</p>
                } else {
                    <p class="secondary small">{texts.transfer_none}</p>
                    <ul class="picks">{for listed.iter().map(item)}</ul>
                }
            </fieldset>
            <div class="transfer__do">
                if let Some(error) = &*trouble {
                    <TroubleStrip error={error.clone()} />
                }
                <div class="button-row">
                    <button type="button" class="button button--primary" data-testid="transfer-move" disabled={going.is_empty()}
                        aria-disabled={waits.to_string()} onclick={send(false)}>
                        {(texts.transfer_move)(going.len())}
                    </button>
                    <button type="button" class="button" data-testid="transfer-copy" disabled={going.is_empty()}
                        aria-disabled={waits.to_string()} onclick={send(true)}>
                        {(texts.transfer_copy)(going.len())}
                    </button>
                </div>
                <p class="field__hint">{texts.transfer_hint}</p>
            </div>
        </div>
    }
}
