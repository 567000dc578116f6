//! A group's board: one quiet line above, the sheet or the outline, one bar below, a panel at the side.

mod bar;
mod top;

use board::{BoardView, ItemId, PersonId, view::SchemaState};
use yew::prelude::*;

use self::{
    bar::{BoardBar, BoardBarProps},
    top::TopLine,
};
use super::frame::use_page_title;
use crate::{
    api::Role,
    app::{BoardLook, Route, replace},
    components::icon::{Glyph, Icon},
    hooks::{Same, use_open_board, use_slice, use_store, use_texts},
    outline::Outline,
    panels::{BasketPanel, ChecksPanel, ErasePanel, HelpPanel, LogPanel, PeoplePanel, TransferPanel},
    sheet::{Sheet, SheetHandle, SheetStatus},
    store::{Access, ReadOnly, why},
};

/// Which board, and how it is looked at.
#[derive(Properties, PartialEq)]
pub struct BoardPageProps {
    /// The workshop's identifier, as in the address.
    pub workshop: AttrValue,
    /// The group.
    pub group: board::GroupId,
    /// Sheet or outline.
    pub look: BoardLook,
}

/// The panel at the side: one at a time.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Panel {
    /// None.
    #[default]
    None,
    /// かご.
    Basket,
    /// Who is here.
    People,
    /// What the import left open.
    Checks,
    /// One page of help.
    Help,
    /// To another group.
    Transfer(Vec<ItemId>),
    /// Who did what.
    Log,
    /// Away for good: items, people.
    Erase(Vec<ItemId>, Vec<PersonId>),
}

/// What the page needs to know of its board; everything else is read by the parts that show it.
#[derive(Clone, PartialEq)]
struct Glance {
    loaded: bool,
    access: Access,
    view: Same<BoardView>,
}

/// The page.
#[component]
pub fn BoardPage(props: &BoardPageProps) -> Html {
    let all = use_texts();
    let texts = &all.pages.board;
    let store = use_store();
    use_open_board(&props.group);
    let glance = {
        let group = props.group.clone();
        use_slice(move |state| {
            state.boards.get(&group).map(|slot| Glance {
                loaded: slot.loaded,
                access: slot.access.clone(),
                view: Same(slot.view.clone()),
            })
        })
    };
    let coordinator = use_slice(|state| state.seat.as_ref().is_some_and(|seat| seat.role == Role::Coordinator));
    let name = {
        let group = props.group.clone();
        use_slice(move |state| {
            let listed = state.workshop.groups.iter().find(|candidate| candidate.id == group);
            listed.map(|group| group.name.clone()).unwrap_or_default()
        })
    };
    use_page_title((!name.is_empty()).then(|| AttrValue::from(name)), all.pages.name);

    let panel = use_state(Panel::default);
    let handle = use_state(|| None::<SheetHandle>);
    let status = use_state_eq(SheetStatus::default);
    let add_requests = use_state(|| 0_u32);

    let open = {
        let panel = panel.clone();
        // The same button closes its panel again.
        Callback::from(move |wanted: Panel| panel.set(if *panel == wanted { Panel::None } else { wanted }))
    };
    let close = {
        let panel = panel.clone();
        Callback::from(move |()| panel.set(Panel::None))
    };
    let set_look = {
        let (workshop, group) = (props.workshop.to_string(), props.group.clone());
        Callback::from(move |look: BoardLook| {
            replace(Route::Board {
                workshop: workshop.clone(),
                group: group.clone(),
                look,
            });
        })
    };
    let add_note = {
        let (handle, look, add_requests) = (handle.clone(), props.look, add_requests.clone());
        Callback::from(move |()| match look {
            BoardLook::Sheet => {
                if let Some(handle) = &*handle {
                    handle.add_note_at_centre();
                }
            }
            BoardLook::Outline => add_requests.set(add_requests.wrapping_add(1)),
        })
    };
    let on_show = {
        let (handle, panel) = (handle.clone(), panel.clone());
        Callback::from(move |item: ItemId| {
            if let Some(handle) = &*handle {
                handle.focus(item);
            }
            // On a phone the panel covers what it shows.
            if bar::is_narrow() {
                panel.set(Panel::None);
            }
        })
    };
    // The sheet takes these keys itself while it has the focus; here they serve the outline and the bars.
    let onkeydown = {
        let (store, group, look) = (store, props.group.clone(), props.look);
        Callback::from(move |event: KeyboardEvent| {
            if look == BoardLook::Sheet
                || event.is_composing()
                || !(event.ctrl_key() || event.meta_key())
                || event.alt_key()
            {
                return;
            }
            let key = event.key().to_lowercase();
            match (key.as_str(), event.shift_key()) {
                ("z", false) => store.undo(&group),
                ("z", true) | ("y", false) => store.redo(&group),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let glance = glance.unwrap_or_else(|| Glance {
        loaded: false,
        access: Access::default(),
        view: Same(Default::default()),
    });
    let newer = matches!(glance.view.schema, SchemaState::Newer { .. });
    let read_only = newer || !glance.access.may_write();
    let reason = if newer {
        Some(ReadOnly::Newer)
    } else {
        glance.access.read_only().filter(|why| *why != ReadOnly::Loading)
    };
    let on_transfer = coordinator.then(|| {
        let panel = panel.clone();
        Callback::from(move |items: Vec<ItemId>| panel.set(Panel::Transfer(items)))
    });
    let on_erase = coordinator.then(|| {
        let panel = panel.clone();
        Callback::from(move |items: Vec<ItemId>| panel.set(Panel::Erase(items, Vec::new())))
    });
    let on_erase_person = {
        let panel = panel.clone();
        Callback::from(move |person: PersonId| panel.set(Panel::Erase(Vec::new(), vec![person])))
    };
    let surface = match props.look {
        _ if !glance.loaded => html! { <p class="waiting" role="status">{texts.loading}</p> },
        BoardLook::Sheet => {
            let on_ready = {
                let handle = handle.clone();
                Callback::from(move |ready: SheetHandle| handle.set(Some(ready)))
            };
            let on_status = {
                let status = status.clone();
                Callback::from(move |now: SheetStatus| status.set(now))
            };
            html! { <Sheet group={props.group.clone()} {on_ready} {on_status} {on_transfer} {on_erase} /> }
        }
        BoardLook::Outline => html! {
            <div class="board-page__scroll">
                <Outline group={props.group.clone()} {read_only} add_requests={*add_requests} />
            </div>
        },
    };
    let bar = BoardBarProps {
        workshop: props.workshop.clone(),
        group: props.group.clone(),
        look: props.look,
        read_only,
        panel: (*panel).clone(),
        handle: (*handle).clone(),
        status: (*status).clone(),
        open_points: glance.view.open_points.len(),
        coordinator,
        on_open: open.clone(),
        on_add_note: add_note,
        on_look: set_look,
    };
    let side = match &*panel {
        Panel::None => html! {},
        Panel::Basket => html! { <BasketPanel group={props.group.clone()} {read_only} on_close={close} /> },
        Panel::People => {
            // Writing as somebody needs a seat at this table, even while the table is locked.
            html! { <PeoplePanel group={props.group.clone()} read_only={newer} on_close={close} /> }
        }
        Panel::Checks => html! { <ChecksPanel group={props.group.clone()} {read_only} {on_show} on_close={close} /> },
        Panel::Help => html! { <HelpPanel on_close={close} /> },
        Panel::Log => html! {
            <LogPanel workshop={props.workshop.clone()} group={props.group.clone()} {read_only} {on_show} on_erase={on_erase_person}
                on_close={close} />
        },
        Panel::Erase(items, people) => html! {
            <ErasePanel workshop={props.workshop.clone()} group={props.group.clone()} items={items.clone()} people={people.clone()}
                on_close={close} />
        },
        Panel::Transfer(items) => html! {
            <TransferPanel workshop={props.workshop.clone()} from={props.group.clone()} items={items.clone()} on_close={close} />
        },
    };
    html! {
        <div class={classes!("board-page", status.editing.then_some("board-page--writing"))} data-testid="board" {onkeydown}>
            <TopLine workshop={props.workshop.clone()} group={props.group.clone()} panel={(*panel).clone()} on_open={open} />
            if let Some(reason) = reason {
                <p class="board-page__reason" role="status">
                    <Icon glyph={Glyph::Lock} />
                    <span><strong>{texts.cannot_write}</strong>{"　"}{why(&all.core, reason)}</span>
                </p>
            }
            <main class="board-page__surface">{surface}</main>
            <BoardBar ..bar />
            {side}
        </div>
    }
}
