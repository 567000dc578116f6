//! The start page: what this is, the way in, and the ways to begin.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{
    dates,
    drawing::Drawing,
    frame::{Frame, follow},
    handover,
    join::{CodeForm, JoinSteps},
    trouble::TroubleStrip,
};
use crate::{
    api::{self, ApiError, PastSeat, Role, Seat},
    app::{Route, go},
    components::icon::{Glyph, Icon},
    hooks::{use_locale, use_store, use_texts},
};

/// How many earlier workshops are listed; older ones are found through their links.
const RESUME_MAX: usize = 6;

/// The page.
#[component]
pub fn Start() -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.start;
    let seat = use_state(|| None::<Seat>);
    let demo_waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);

    if let Some(seat) = &*seat {
        return html! { <JoinSteps seat={seat.clone()} /> };
    }
    let on_seat = {
        let seat = seat.clone();
        Callback::from(move |taken: Seat| seat.set(Some(taken)))
    };
    let open_demo = {
        let (waits, trouble) = (demo_waits.clone(), trouble.clone());
        Callback::from(move |_: MouseEvent| {
            if *waits {
                return;
            }
            waits.set(true);
            trouble.set(None);
            let (waits, trouble) = (waits.clone(), trouble.clone());
            spawn_local(async move {
                match api::create_demo().await {
                    Ok(created) => {
                        let workshop = created.workshop.clone();
                        handover::hand_links(created);
                        go(Route::Overview { workshop });
                    }
                    Err(error) => {
                        waits.set(false);
                        trouble.set(Some(error));
                    }
                }
            });
        })
    };
    html! {
        <Frame class="start">
            <section class="start__hero">
                <div class="start__words">
                    <h1 class="start__lead">{for texts.lead.iter().map(|part| html! { <span>{*part}</span> })}</h1>
                </div>
                <Drawing label={texts.drawing} />
            </section>
            <div class="start__ways">
                <section class="card start__join" aria-labelledby="join-title">
                    <h2 id="join-title">{texts.join_title}</h2>
                    <CodeForm {on_seat} hint={texts.join_hint} />
                </section>
                <section class="start__begin" aria-labelledby="begin-title">
                    <h2 id="begin-title">{texts.begin_title}</h2>
                    <ul class="ways">
                        <li>
                            <a class="way" href="/new" data-testid="start-new" onclick={follow(Route::New)}>
                                <Icon glyph={Glyph::Sheet} />
                                <span class="way__words"><strong>{texts.new}</strong><span>{texts.new_hint}</span></span>
                            </a>
                        </li>
                        <li>
                            <a class="way" href="/import" data-testid="start-import" onclick={follow(Route::Import)}>
                                <Icon glyph={Glyph::Report} />
                                <span class="way__words"><strong>{texts.import}</strong><span>{texts.import_hint}</span></span>
                            </a>
                        </li>
                        <li>
                            <button type="button" class="way" data-testid="start-demo" aria-disabled={demo_waits.to_string()}
                                onclick={open_demo}>
                                <Icon glyph={Glyph::Island} />
                                <span class="way__words">
                                    <strong>{if *demo_waits { texts.demo_waiting } else { texts.demo }}</strong>
                                    <span>{texts.demo_hint}</span>
                                </span>
                            </button>
                        </li>
                    </ul>
                    if let Some(error) = &*trouble {
                        <TroubleStrip error={error.clone()} />
                    }
                </section>
            </div>
            <ResumeList />
            <p class="page__foot">{texts.foot}</p>
        </Frame>
    }
}

/// Where the list of workshops is remembered, for a start without a network.
const PAST_KEY: &str = "past-seats";

/// The workshops in which this device has a seat, at once as they were at the last visit; nothing at all where there are none.
#[component]
fn ResumeList() -> Html {
    let locale = use_locale().locale;
    let pages = &use_texts().pages;
    let store = use_store();
    let seats = {
        let store = store.clone();
        use_state(move || {
            let remembered = store.pref(PAST_KEY);
            let list = remembered.and_then(|text| serde_json::from_str::<Vec<PastSeat>>(&text).ok());
            list.unwrap_or_default()
        })
    };
    {
        let seats = seats.clone();
        use_effect_with((), move |()| {
            spawn_local(async move {
                if let Ok(found) = api::past_seats().await {
                    let text = serde_json::to_string(&found).ok();
                    store.set_pref(PAST_KEY, text.as_deref());
                    seats.set(found);
                }
            });
        });
    }
    if seats.is_empty() {
        return html! {};
    }
    let entry = |seat: &PastSeat| {
        let route = match (&seat.role, &seat.group) {
            (Role::Coordinator, _) | (Role::Participant, None) => Route::Overview {
                workshop: seat.workshop.clone(),
            },
            (Role::Participant, Some(group)) => Route::Board {
                workshop: seat.workshop.clone(),
                group: group.clone(),
                look: crate::app::BoardLook::default(),
            },
            (Role::Viewer, _) => Route::Wall {
                workshop: seat.workshop.clone(),
            },
        };
        let role = match seat.role {
            Role::Coordinator => pages.coordinator,
            Role::Participant => pages.participant,
            Role::Viewer => pages.viewer,
        };
        let theme = if seat.theme.trim().is_empty() {
            pages.start.untitled
        } else {
            seat.theme.as_str()
        };
        let date = dates::readable(&seat.date, locale);
        html! {
            <li key={seat.workshop.clone()}>
                <a class="resume" href={route.to_string()} onclick={follow(route.clone())}>
                    <span class="resume__theme">{theme}</span>
                    <span class="resume__meta">
                        if !date.is_empty() {
                            <time>{date}</time>
                        }
                        <span class="chip chip--quiet">{role}</span>
                    </span>
                    <Icon glyph={Glyph::Forward} />
                </a>
            </li>
        }
    };
    html! {
        <section class="start__resume" aria-labelledby="resume-title">
            <h2 id="resume-title">{pages.start.resume_title}</h2>
            <ul class="resume-list">
                {for seats.iter().take(RESUME_MAX).map(entry)}
            </ul>
        </section>
    }
}
