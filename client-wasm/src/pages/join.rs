//! Joining: a code or a card, the table, one's name. Three taps at most, and no account.

mod code_form;

use board::{GroupId, PersonId};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

pub use code_form::CodeForm;

use super::{
    frame::Frame,
    trouble::{TroublePage, TroubleStrip},
};
use crate::{
    api::{self, ApiError, Role, Seat, SeatGroup, SeatPerson},
    app::{BoardLook, Entrance, Route, replace},
    components::icon::{Glyph, Icon},
    hooks::{use_store, use_texts},
};

/// Longest name, in Unicode scalar values: twice the longest of the seed with a role word.
const NAME_CHARS_MAX: usize = 40;

/// How the person came here.
#[derive(Properties, PartialEq)]
pub struct JoinProps {
    /// The link's secret; without one the short code is asked for.
    pub secret: Option<AttrValue>,
}

/// The page.
#[component]
pub fn Join(props: &JoinProps) -> Html {
    let texts = &use_texts().pages.join;
    let seat = use_state(|| None::<Seat>);
    let trouble = use_state(|| None::<ApiError>);
    let tries = use_state(|| 0_u32);
    {
        let (seat, trouble) = (seat.clone(), trouble.clone());
        use_effect_with((props.secret.clone(), *tries), move |(secret, _)| {
            if let Some(secret) = secret.clone() {
                spawn_local(async move {
                    match api::join_with_secret(&secret).await {
                        Ok(taken) => seat.set(Some(taken)),
                        Err(error) => trouble.set(Some(error)),
                    }
                });
            }
        });
    }
    if let Some(seat) = &*seat {
        return html! { <JoinSteps seat={seat.clone()} /> };
    }
    if let Some(error) = &*trouble {
        let again = matches!(error, ApiError::Away).then(|| {
            let (trouble, tries) = (trouble.clone(), tries.clone());
            Callback::from(move |()| {
                trouble.set(None);
                tries.set(*tries + 1);
            })
        });
        return html! { <TroublePage error={error.clone()} on_retry={again} /> };
    }
    if props.secret.is_some() {
        return html! {
            <Frame class="page--narrow"><p class="waiting" aria-live="polite">{texts.opening}</p></Frame>
        };
    }
    let on_seat = Callback::from(move |taken: Seat| seat.set(Some(taken)));
    html! {
        <Frame class="page--narrow" title={texts.title}>
            <div class="card"><CodeForm {on_seat} hint={texts.code_hint} focus=true /></div>
        </Frame>
    }
}

/// A seat that may still lack its table or its name.
#[derive(Properties, PartialEq)]
pub struct JoinStepsProps {
    /// The seat as the server gave it.
    pub seat: Seat,
}

/// Where a seat leads once nothing is missing from it.
fn destination(seat: &Seat) -> Option<Route> {
    let workshop = seat.workshop.clone();
    match seat.role {
        Role::Coordinator => Some(Route::Overview { workshop }),
        Role::Viewer => Some(Route::Wall { workshop }),
        Role::Participant => match (&seat.group, &seat.person) {
            (Some(group), Some(_)) => Some(Route::Board {
                workshop,
                group: group.clone(),
                look: BoardLook::default(),
            }),
            _ => None,
        },
    }
}

/// Touch your table, touch your name.
#[component]
pub fn JoinSteps(props: &JoinStepsProps) -> Html {
    let texts = &use_texts().pages.join;
    let store = use_store();
    let seat = &props.seat;
    let group = use_state(|| seat.group.clone());
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    {
        let store = store.clone();
        use_effect_with(seat.clone(), move |seat| {
            if let Some(route) = destination(seat) {
                Entrance::take(&store, seat.clone());
                replace(route);
            }
        });
    }
    if destination(seat).is_some() {
        return html! {
            <Frame class="page--narrow"><p class="waiting" aria-live="polite">{texts.opening}</p></Frame>
        };
    }
    let sit = {
        let (store, workshop) = (store, seat.workshop.clone());
        let (waits, trouble) = (waits.clone(), trouble.clone());
        Callback::from(move |(group, who): (GroupId, Who)| {
            if *waits {
                return;
            }
            waits.set(true);
            trouble.set(None);
            let (store, workshop) = (store.clone(), workshop.clone());
            let (waits, trouble) = (waits.clone(), trouble.clone());
            spawn_local(async move {
                let answer = match who {
                    Who::Known(person) => api::choose_person(&workshop, &group, &person).await,
                    Who::New(name) => api::choose_new_name(&workshop, &group, &name).await,
                };
                match answer {
                    Ok(seat) => {
                        Entrance::take(&store, seat);
                        replace(Route::Board {
                            workshop,
                            group,
                            look: BoardLook::default(),
                        });
                    }
                    Err(error) => {
                        waits.set(false);
                        trouble.set(Some(error));
                    }
                }
            });
        })
    };
    let chosen = group
        .as_ref()
        .and_then(|id| seat.groups.iter().find(|candidate| candidate.id == *id));
    let step = match chosen {
        Some(chosen) => {
            let leave = (seat.groups.len() > 1).then(|| {
                let group = group.clone();
                Callback::from(move |()| group.set(None))
            });
            html! { <NameStep group={chosen.clone()} on_choose={sit} on_other_group={leave} waits={*waits} /> }
        }
        None => {
            let on_choose = {
                let group = group.clone();
                Callback::from(move |id: GroupId| group.set(Some(id)))
            };
            html! { <GroupStep groups={seat.groups.clone()} {on_choose} /> }
        }
    };
    html! {
        <Frame class="page--narrow">
            {step}
            if let Some(error) = &*trouble {
                <TroubleStrip error={error.clone()} />
            }
        </Frame>
    }
}

/// Who sits down.
enum Who {
    Known(PersonId),
    New(String),
}

#[derive(Properties, PartialEq)]
struct GroupStepProps {
    groups: Vec<SeatGroup>,
    on_choose: Callback<GroupId>,
}

#[component]
fn GroupStep(props: &GroupStepProps) -> Html {
    let texts = &use_texts().pages.join;
    let entry = |group: &SeatGroup| {
        let onclick = {
            let (choose, id) = (props.on_choose.clone(), group.id.clone());
            Callback::from(move |_: MouseEvent| choose.emit(id.clone()))
        };
        let names = group
            .people
            .iter()
            .map(|person| person.name.as_str())
            .collect::<Vec<_>>()
            .join("、");
        html! {
            <li key={group.id.to_string()}>
                <button type="button" class="seat-group" data-testid={format!("join-group-{}", group.id)} {onclick}>
                    <span class="seat-group__name">
                        if let Some(icon) = &group.icon {
                            <span class="seat-group__icon" aria-hidden="true">{icon}</span>
                        }
                        {&group.name}
                    </span>
                    <span class="seat-group__people">
                        {if names.is_empty() { (texts.people)(0) } else { names }}
                    </span>
                    <Icon glyph={Glyph::Forward} />
                </button>
            </li>
        }
    };
    html! {
        <section class="join-step">
            <h1>{texts.choose_group}</h1>
            <p class="secondary">{texts.choose_group_hint}</p>
            <ul class="seat-groups">{for props.groups.iter().map(entry)}</ul>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct NameStepProps {
    group: SeatGroup,
    on_choose: Callback<(GroupId, Who)>,
    on_other_group: Option<Callback<()>>,
    waits: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum NameError {
    Empty,
    Long,
    Taken,
}

fn name_error(name: &str, people: &[SeatPerson]) -> Option<NameError> {
    if name.is_empty() {
        Some(NameError::Empty)
    } else if name.chars().count() > NAME_CHARS_MAX {
        Some(NameError::Long)
    } else if people.iter().any(|person| person.name == name) {
        Some(NameError::Taken)
    } else {
        None
    }
}

#[component]
fn NameStep(props: &NameStepProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.join;
    let field = use_node_ref();
    let wrong = use_state(|| None::<NameError>);
    let group = &props.group;
    let entry = |person: &SeatPerson| {
        let onclick = {
            let (choose, group, id) = (props.on_choose.clone(), group.id.clone(), person.id.clone());
            Callback::from(move |_: MouseEvent| choose.emit((group.clone(), Who::Known(id.clone()))))
        };
        html! {
            <li key={person.id.to_string()}>
                <button type="button" class="seat-name" data-testid={format!("join-name-{}", person.id)}
                    aria-disabled={props.waits.to_string()} {onclick}>
                    <span class="seat-name__name">{&person.name}</span>
                    if person.coordinator {
                        <span class="seat-name__role">{pages.coordinator}</span>
                    }
                </button>
            </li>
        }
    };
    let onsubmit = {
        let (field, wrong, choose, group) = (field.clone(), wrong.clone(), props.on_choose.clone(), group.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(input) = field.cast::<HtmlInputElement>() else {
                return;
            };
            let name = input.value().trim().to_owned();
            let error = name_error(&name, &group.people);
            wrong.set(error);
            if error.is_none() {
                choose.emit((group.id.clone(), Who::New(name)));
            }
        })
    };
    let message = wrong.map(|error| match error {
        NameError::Empty => texts.name_empty.to_owned(),
        NameError::Taken => texts.name_taken.to_owned(),
        NameError::Long => (texts.name_long)(NAME_CHARS_MAX),
    });
    let other = props.on_other_group.clone().map(|leave| {
        let onclick = Callback::from(move |_: MouseEvent| leave.emit(()));
        html! { <button type="button" class="link-button" {onclick}>{texts.other_group}</button> }
    });
    html! {
        <section class="join-step">
            <p class="join-step__group">
                <span class="join-step__group-name">
                    if let Some(icon) = &group.icon {
                        <span aria-hidden="true">{icon}{" "}</span>
                    }
                    {&group.name}
                </span>
                {other}
            </p>
            <h1>{texts.choose_name}</h1>
            if group.people.is_empty() {
                <p class="secondary">{texts.nobody_yet}</p>
            } else {
                <p class="secondary">{texts.choose_name_hint}</p>
                <ul class="seat-names">{for group.people.iter().map(entry)}</ul>
            }
            <form class="card seat-new" {onsubmit} novalidate=true>
                <div class="field">
                    <label class="field__label" for="new-name">{texts.new_name}</label>
                    <div class="seat-new__row">
                        <input id="new-name" ref={field} class="input" type="text" data-testid="join-new-name"
                            autocomplete="name" enterkeyhint="go" placeholder={texts.new_name_example}
                            aria-invalid={wrong.is_some().to_string()} />
                        <button type="submit" class="button button--primary" data-testid="join-new-submit"
                            aria-disabled={props.waits.to_string()}>
                            {texts.new_submit}
                        </button>
                    </div>
                    if let Some(message) = message {
                        <p class="field__error" role="alert">{message}</p>
                    }
                </div>
            </form>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(role: &str, group: &str, person: &str) -> Seat {
        let text = format!(
            r#"{{"workshop":"w1","workshop_document":"d","role":"{role}","group":{group},"person":{person},"groups":[]}}"#
        );
        serde_json::from_str(&text).expect("a seat")
    }

    #[test]
    fn a_participant_goes_on_only_with_a_table_and_a_name() {
        let person = r#"{"id":"p1","name":"鈴木(喜)"}"#;
        assert_eq!(destination(&seat("participant", "null", "null")), None);
        assert_eq!(destination(&seat("participant", "\"g1\"", "null")), None);
        assert!(matches!(
            destination(&seat("participant", "\"g1\"", person)),
            Some(Route::Board { .. })
        ));
        assert!(matches!(
            destination(&seat("coordinator", "null", "null")),
            Some(Route::Overview { .. })
        ));
        assert!(matches!(
            destination(&seat("viewer", "null", "null")),
            Some(Route::Wall { .. })
        ));
    }

    #[test]
    fn a_name_that_is_on_the_list_is_touched_not_written_again() {
        let people: Vec<SeatPerson> = serde_json::from_str(r#"[{"id":"p1","name":"山本"}]"#).expect("people");
        assert!(name_error("山本", &people) == Some(NameError::Taken));
        assert!(name_error("", &people) == Some(NameError::Empty));
        assert!(name_error(&"長".repeat(41), &people) == Some(NameError::Long));
        assert!(name_error("山田", &people).is_none());
    }
}
