//! One group on the overview: its sheet in small, who is there, the lock, and the way in.

use board::{BoardView, GroupId, State, WorkshopCommand, workshop::WorkshopGroup};
use unicode_segmentation::UnicodeSegmentation;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::super::{frame::follow, trouble::TroubleStrip};
use crate::{
    api::{self, ApiError, NewGroup},
    app::{BoardLook, Route},
    components::icon::{Glyph, Icon},
    hooks::{Same, use_open_board, use_slice, use_store, use_texts},
    sheet::MiniSheet,
    store::Peer,
};

/// Names shown of those who are connected; the rest is a number.
const NAMES_MAX: usize = 6;

/// Which group, and its neighbours.
#[derive(Properties, PartialEq)]
pub struct GroupCardProps {
    /// The workshop.
    pub workshop: AttrValue,
    /// The group.
    pub group: WorkshopGroup,
    /// Moved earlier it stands before this one; none: it is the first.
    pub earlier: Option<GroupId>,
    /// Moved later it stands before this one (none inside: last); none outside: it is the last.
    pub later: Option<Option<GroupId>>,
}

/// Live notes and islands.
fn counts(view: &BoardView) -> (usize, usize) {
    let notes = view.notes.values().filter(|note| note.state == State::Live).count();
    let is_live = |id: &board::IslandId| {
        view.islands
            .get(id)
            .is_some_and(|island| island.state == State::Live && island.merged_into.is_none())
    };
    let islands = view.islands.keys().filter(|id| is_live(id)).count();
    (notes, islands)
}

/// People and devices connected, this page left out, each once.
fn present(peers: &[Peer]) -> Vec<&Peer> {
    let mut seen: Vec<&Peer> = Vec::new();
    for peer in peers.iter().filter(|peer| !peer.own) {
        if !seen
            .iter()
            .any(|other| other.person.is_some() && other.person == peer.person)
        {
            seen.push(peer);
        }
    }
    seen
}

/// The card.
#[component]
pub fn GroupCard(props: &GroupCardProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.overview;
    let store = use_store();
    let group = &props.group;
    use_open_board(&group.id);
    let slot = {
        let id = group.id.clone();
        use_slice(move |state| {
            let slot = state.boards.get(&id)?;
            Some((Same(slot.view.clone()), slot.peers.clone(), slot.loaded))
        })
    };
    let more = use_state(|| false);
    let route = Route::Board {
        workshop: props.workshop.to_string(),
        group: group.id.clone(),
        look: BoardLook::default(),
    };
    let lock = {
        let (store, id) = (store.clone(), group.id.clone());
        Callback::from(move |event: Event| {
            let locked = event.target_unchecked_into::<HtmlInputElement>().checked();
            let _ = store.act_workshop(WorkshopCommand::SetLocked {
                group: id.clone(),
                locked,
            });
        })
    };
    let move_before = |before: Option<GroupId>| {
        let (store, id) = (store.clone(), group.id.clone());
        Callback::from(move |_: MouseEvent| {
            let _ = store.act_workshop(WorkshopCommand::MoveGroup {
                group: id.clone(),
                before: before.clone(),
            });
        })
    };
    let toggle = {
        let more = more.clone();
        Callback::from(move |_: MouseEvent| more.set(!*more))
    };
    let close = {
        let more = more.clone();
        Callback::from(move |()| more.set(false))
    };
    let (view, peers, loaded) = match slot {
        Some((view, peers, loaded)) => (Some(view), Some(peers), loaded),
        None => (None, None, false),
    };
    let peers = peers.unwrap_or_default();
    let here = present(&peers);
    let (notes, islands) = view.as_ref().map(|view| counts(view)).unwrap_or_default();
    html! {
        <li class={classes!("group-card", group.locked.then_some("group-card--locked"))} data-testid={format!("overview-group-{}", group.id)}>
            <header class="group-card__head">
                <h2 class="group-card__name">
                    if let Some(icon) = &group.icon {
                        <span aria-hidden="true">{icon}{" "}</span>
                    }
                    {&group.name}
                </h2>
                if group.locked {
                    <span class="chip chip--warning"><Icon glyph={Glyph::Lock} />{texts.locked}</span>
                }
                <button type="button" class="button button--quiet button--icon" aria-expanded={more.to_string()}
                    aria-label={(texts.more)(&group.name)} data-testid={format!("more-{}", group.id)} onclick={toggle}>
                    <Icon glyph={Glyph::More} />
                </button>
            </header>
            if *more {
                <div class="group-card__more">
                    <RenameGroup group={group.clone()} on_done={close} />
                    <div class="button-row">
                        <button type="button" class="button" disabled={props.earlier.is_none()} onclick={move_before(props.earlier.clone())}>
                            <Icon glyph={Glyph::Up} />{texts.earlier}
                        </button>
                        <button type="button" class="button" disabled={props.later.is_none()}
                            onclick={move_before(props.later.clone().flatten())}>
                            <Icon glyph={Glyph::Down} />{texts.later}
                        </button>
                    </div>
                </div>
            }
            <a class="group-card__paper" href={route.to_string()} aria-label={format!("{} {}", group.name, texts.enter)}
                onclick={follow(route.clone())}>
                if let Some(view) = view {
                    <MiniSheet {view} />
                }
                if !loaded {
                    <span class="group-card__loading">{pages.board.loading}</span>
                }
            </a>
            <p class="group-card__counts figures">{(texts.counts)(notes, islands)}</p>
            <div class="group-card__people">
                <p class="small">
                    {if here.is_empty() { texts.nobody.to_owned() } else { (texts.connected)(here.len()) }}
                </p>
                <ul class="group-card__names">
                    {for here.iter().take(NAMES_MAX).map(|peer| html! {
                        <li key={peer.peer.clone()} class="chip">
                            <span class={classes!("person-dot", format!("person-colour-{}", peer.colour_index))} aria-hidden="true" />
                            {if peer.name.is_empty() { pages.people.unnamed } else { peer.name.as_str() }}
                        </li>
                    })}
                </ul>
            </div>
            <footer class="group-card__foot">
                <label class="switch">
                    <input type="checkbox" class="switch__input" role="switch" checked={group.locked}
                        data-testid={format!("lock-{}", group.id)} onchange={lock} />
                    {texts.lock}
                </label>
                <a class="button button--primary" href={route.to_string()} data-testid={format!("enter-{}", group.id)}
                    onclick={follow(route.clone())}>
                    {texts.enter}
                </a>
            </footer>
        </li>
    }
}

#[derive(Properties, PartialEq)]
struct RenameGroupProps {
    group: WorkshopGroup,
    on_done: Callback<()>,
}

/// Name and icon. The workshop's list is what counts, also in the report.
#[component]
fn RenameGroup(props: &RenameGroupProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.overview;
    let store = use_store();
    let (name, icon) = (use_node_ref(), use_node_ref());
    let fault = use_state(|| None::<&'static str>);
    let onsubmit = {
        let (store, name, icon, fault) = (store, name.clone(), icon.clone(), fault.clone());
        let (group, on_done, words) = (props.group.id.clone(), props.on_done.clone(), &pages.new);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (new_name, new_icon) = (value_of(&name), value_of(&icon));
            if new_name.is_empty() {
                fault.set(Some(words.name_empty));
            } else if new_icon.graphemes(true).count() > 1 {
                fault.set(Some(words.icon_too_long));
            } else {
                let icon = (!new_icon.is_empty()).then_some(new_icon);
                let rename = WorkshopCommand::RenameGroup {
                    group: group.clone(),
                    name: new_name,
                    icon,
                };
                if store.act_workshop(rename).is_ok() {
                    on_done.emit(());
                }
            }
        })
    };
    let id = props.group.id.to_string();
    html! {
        <form class="rename" {onsubmit} novalidate=true>
            <div class="rename__row">
                <input ref={icon} class="input group-row__icon" type="text" aria-label={texts.group_icon}
                    value={props.group.icon.clone().unwrap_or_default()} placeholder="★" />
                <input ref={name} class="input" type="text" aria-label={texts.group_name} value={props.group.name.clone()}
                    data-testid={format!("rename-{id}")} />
                <button type="submit" class="button">{texts.save}</button>
            </div>
            if let Some(fault) = *fault {
                <p class="field__error" role="alert">{fault}</p>
            }
        </form>
    }
}

fn value_of(field: &NodeRef) -> String {
    field
        .cast::<HtmlInputElement>()
        .map(|field| field.value().trim().to_owned())
        .unwrap_or_default()
}

/// The workshop, and how many groups it has.
#[derive(Properties, PartialEq)]
pub struct AddGroupProps {
    /// The workshop.
    pub workshop: AttrValue,
    /// Groups so far, removed ones too: the next one's number.
    pub count: usize,
}

/// Adds a group with an empty sheet.
#[component]
pub fn AddGroup(props: &AddGroupProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.overview;
    let name = use_node_ref();
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    let onsubmit = {
        let (name, waits, trouble, workshop) = (name.clone(), waits.clone(), trouble.clone(), props.workshop.clone());
        let next = (pages.new.group_name)(props.count + 1);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *waits {
                return;
            }
            waits.set(true);
            trouble.set(None);
            let written = value_of(&name);
            let group = NewGroup {
                name: if written.is_empty() { next.clone() } else { written },
                icon: None,
            };
            let (name, waits, trouble, workshop) = (name.clone(), waits.clone(), trouble.clone(), workshop.clone());
            spawn_local(async move {
                match api::add_group(&workshop, &group).await {
                    Ok(()) => {
                        if let Some(field) = name.cast::<HtmlInputElement>() {
                            field.set_value("");
                        }
                    }
                    Err(error) => trouble.set(Some(error)),
                }
                waits.set(false);
            });
        })
    };
    html! {
        <form class="add-group" {onsubmit}>
            <input ref={name} class="input" type="text" aria-label={texts.group_name} placeholder={(pages.new.group_name)(props.count + 1)}
                data-testid="add-group-name" />
            <button type="submit" class="button" data-testid="add-group" aria-disabled={waits.to_string()}>
                <Icon glyph={Glyph::Plus} />{texts.add_group}
            </button>
            if let Some(error) = &*trouble {
                <TroubleStrip error={error.clone()} />
            }
        </form>
    }
}
