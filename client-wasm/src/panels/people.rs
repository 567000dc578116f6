//! Who is here, and who writes on this device. A shared tablet changes hands with one touch on a name.

use std::sync::Arc;

use board::{GroupId, Person};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::PanelFrame;
use crate::{
    api::{self, ApiError},
    app::Entrance,
    hooks::{Same, use_slice, use_store, use_texts},
    pages::trouble::TroubleStrip,
    store::{Peer, colour_index},
};

/// Whose table.
#[derive(Properties, PartialEq)]
pub struct PeoplePanelProps {
    /// The group.
    pub group: GroupId,
    /// Whether this device may only read.
    pub read_only: bool,
    /// The person closes it.
    pub on_close: Callback<()>,
}

/// The panel.
#[component]
pub fn PeoplePanel(props: &PeoplePanelProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.people;
    let store = use_store();
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    let field = use_node_ref();
    let slice = {
        let group = props.group.clone();
        use_slice(move |state| {
            let slot = state.boards.get(&group)?;
            Some((Same(slot.view.clone()), slot.peers.clone(), state.seat.clone()))
        })
    };
    let Some((view, peers, seat)) = slice else {
        return html! {};
    };
    let me = seat
        .as_ref()
        .and_then(|seat| seat.person.as_ref())
        .map(|person| person.id.clone());
    let workshop = seat.as_ref().map(|seat| seat.workshop.clone()).unwrap_or_default();

    let sit = {
        let (workshop, group, waits, trouble) = (workshop, props.group.clone(), waits.clone(), trouble.clone());
        Callback::from(move |who: Who| {
            if *waits {
                return;
            }
            waits.set(true);
            trouble.set(None);
            let (store, workshop, group, waits, trouble) = (
                store.clone(),
                workshop.clone(),
                group.clone(),
                waits.clone(),
                trouble.clone(),
            );
            spawn_local(async move {
                let answer = match who {
                    Who::Known(person) => api::choose_person(&workshop, &group, &person).await,
                    Who::New(name) => api::choose_new_name(&workshop, &group, &name).await,
                };
                waits.set(false);
                match answer {
                    Ok(seat) => Entrance::take(&store, seat),
                    Err(error) => trouble.set(Some(error)),
                }
            });
        })
    };
    let onsubmit = {
        let (field, sit) = (field.clone(), sit.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(input) = field.cast::<HtmlInputElement>() else {
                return;
            };
            let name = input.value().trim().to_owned();
            if !name.is_empty() {
                input.set_value("");
                sit.emit(Who::New(name));
            }
        })
    };
    let may_switch = !props.read_only;
    let member = |person: &Arc<Person>| {
        let here = peers.iter().any(|peer| peer.person.as_ref() == Some(&person.id));
        let mine = me.as_ref() == Some(&person.id);
        let onclick = {
            let (sit, id) = (sit.clone(), person.id.clone());
            Callback::from(move |_: MouseEvent| sit.emit(Who::Known(id.clone())))
        };
        html! {
            <li key={person.id.to_string()}>
                <button type="button" class="member" aria-pressed={mine.to_string()} disabled={!may_switch} {onclick}
                    data-testid={format!("member-{}", person.id)}>
                    <span class={classes!("person-seal", format!("person-colour-{}", colour_index(person.id.as_str())))} aria-hidden="true">
                        {person.name.chars().next().unwrap_or('・')}
                    </span>
                    <span class="member__name">
                        {&person.name}
                        if person.coordinator {
                            <span class="member__role">{pages.coordinator}</span>
                        }
                    </span>
                    <span class="member__meta">
                        if mine {
                            <strong>{texts.writing}</strong>
                        } else if here {
                            <span>{texts.here}</span>
                        }
                        if person.note_count > 0 {
                            <span class="figures">{(texts.notes)(person.note_count)}</span>
                        }
                    </span>
                </button>
            </li>
        }
    };
    let others: Vec<&Peer> = peers
        .iter()
        .filter(|peer| {
            !peer.own
                && !view
                    .people
                    .iter()
                    .any(|person| peer.person.as_ref() == Some(&person.id))
        })
        .collect();
    html! {
        <PanelFrame title={texts.title} testid="people" on_close={props.on_close.clone()}>
            <h3 class="panel__section">{texts.members}</h3>
            if may_switch {
                <p class="secondary small">{texts.switch_hint}</p>
            }
            <ul class="members">{for view.people.iter().filter(|person| !person.removed).map(member)}</ul>
            if may_switch {
                <form class="field" {onsubmit}>
                    <label class="field__label" for="add-person">{texts.add}</label>
                    <div class="seat-new__row">
                        <input id="add-person" ref={field} class="input" type="text" autocomplete="off" enterkeyhint="done" />
                        <button type="submit" class="button" aria-disabled={waits.to_string()}>{texts.add_submit}</button>
                    </div>
                </form>
            }
            if let Some(error) = &*trouble {
                <TroubleStrip error={error.clone()} />
            }
            if !others.is_empty() {
                <h3 class="panel__section">{texts.others}</h3>
                <ul class="others">
                    {for others.iter().map(|peer| html! {
                        <li key={peer.peer.clone()} class="chip">
                            <span class={classes!("person-dot", format!("person-colour-{}", peer.colour_index))} aria-hidden="true" />
                            {if peer.name.is_empty() { texts.unnamed } else { peer.name.as_str() }}
                        </li>
                    })}
                </ul>
            }
        </PanelFrame>
    }
}

/// Who writes from now on.
enum Who {
    Known(board::PersonId),
    New(String),
}
