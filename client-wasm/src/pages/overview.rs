//! The coordinator's overview: all groups at a glance, live; the stage, the locks, the order, the way into each.

mod edit;
mod group_card;
mod tools;

use board::{
    WorkshopCommand,
    workshop::{Stage, WorkshopGroup},
};
use yew::prelude::*;

use self::{
    edit::EditWorkshop,
    group_card::{AddGroup, GroupCard},
    tools::Tools,
};
use super::{
    dates,
    frame::{Frame, follow},
    join::JoinSteps,
};
use crate::{
    api::Role,
    app::{Route, replace},
    components::{
        connection_bar::ConnectionBar,
        icon::{Glyph, Icon},
    },
    hooks::{Same, use_locale, use_slice, use_store, use_texts},
    panels::{DevicesPanel, TransferPanel},
};

/// Which workshop.
#[derive(Properties, PartialEq)]
pub struct OverviewProps {
    /// The workshop's identifier, as in the address.
    pub workshop: AttrValue,
}

/// The page. Participants and viewers are sent on to where they belong.
#[component]
pub fn Overview(props: &OverviewProps) -> Html {
    let seat = use_slice(|state| state.seat.clone());
    let elsewhere = seat
        .as_ref()
        .and_then(|seat| match (&seat.role, &seat.group, &seat.person) {
            (Role::Viewer, _, _) => Some(Route::Wall {
                workshop: seat.workshop.clone(),
            }),
            (Role::Participant, Some(group), Some(_)) => Some(Route::Board {
                workshop: seat.workshop.clone(),
                group: group.clone(),
                look: crate::app::BoardLook::default(),
            }),
            _ => None,
        });
    use_effect_with(elsewhere.clone(), |elsewhere| {
        if let Some(route) = elsewhere.clone() {
            replace(route);
        }
    });
    match seat {
        Some(seat) if elsewhere.is_none() && seat.role == Role::Participant => {
            html! { <JoinSteps seat={(*seat).clone()} /> }
        }
        Some(_) if elsewhere.is_none() => html! { <Hall workshop={props.workshop.clone()} /> },
        _ => html! {},
    }
}

/// The hall as the coordinator sees it.
#[component]
fn Hall(props: &OverviewProps) -> Html {
    let locale = use_locale().locale;
    let pages = &use_texts().pages;
    let texts = &pages.overview;
    let workshop = use_slice(|state| Same(state.workshop.clone()));
    let transferring = use_state(|| false);
    let editing = use_state(|| false);
    let devices = use_state(|| false);
    let id = props.workshop.to_string();

    let groups: Vec<&WorkshopGroup> = workshop.groups.iter().filter(|group| !group.removed).collect();
    let link = |route: Route, glyph: Glyph, words: &'static str, testid: &'static str| {
        html! {
            <a class="button" href={route.to_string()} data-testid={testid} onclick={follow(route.clone())}>
                <Icon {glyph} />{words}
            </a>
        }
    };
    let toggle = |state: &UseStateHandle<bool>| {
        let state = state.clone();
        Callback::from(move |_: MouseEvent| state.set(!*state))
    };
    let close_transfer = {
        let transferring = transferring.clone();
        Callback::from(move |()| transferring.set(false))
    };
    let close_devices = {
        let devices = devices.clone();
        Callback::from(move |()| devices.set(false))
    };
    let close_edit = {
        let editing = editing.clone();
        Callback::from(move |()| editing.set(false))
    };
    let date = dates::readable(&workshop.date, locale);
    let meta: Vec<&str> = [date.as_str(), workshop.venue.as_str()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let card = |(index, group): (usize, &&WorkshopGroup)| {
        // Earlier: before the one above. Later: before the one after the next, or last.
        let earlier = index
            .checked_sub(1)
            .and_then(|index| groups.get(index))
            .map(|other| other.id.clone());
        let is_last = index + 1 == groups.len();
        let later = groups.get(index + 2).map(|other| other.id.clone());
        html! {
            <GroupCard key={group.id.to_string()} workshop={props.workshop.clone()} group={(**group).clone()}
                {earlier} later={(!is_last).then_some(later)} />
        }
    };
    html! {
        <Frame class="page--full overview">
            <div class="overview__head" data-testid="overview">
                <div class="overview__words">
                    <h1>{if workshop.theme.is_empty() { texts.title } else { workshop.theme.as_str() }}</h1>
                    <p class="overview__meta">
                        if !meta.is_empty() {
                            <span>{meta.join("　")}</span>
                        }
                        <button type="button" class="link-button" aria-expanded={editing.to_string()} onclick={toggle(&editing)}>
                            {texts.edit}
                        </button>
                        <ConnectionBar />
                    </p>
                </div>
                <nav class="button-row overview__ways" aria-label={texts.title}>
                    {link(Route::Links { workshop: id.clone() }, Glyph::Link, texts.links, "open-links")}
                    {link(Route::Wall { workshop: id.clone() }, Glyph::Wall, texts.wall, "open-wall")}
                    {link(Route::Report { workshop: id.clone() }, Glyph::Report, texts.report, "open-report")}
                    <button type="button" class="button" data-testid="transfer" aria-expanded={transferring.to_string()}
                        onclick={toggle(&transferring)}>
                        <Icon glyph={Glyph::Transfer} />{texts.transfer}
                    </button>
                    <button type="button" class="button" data-testid="open-devices" aria-expanded={devices.to_string()}
                        onclick={toggle(&devices)}>
                        <Icon glyph={Glyph::People} />{pages.moderation.devices}
                    </button>
                </nav>
            </div>
            if *editing {
                <EditWorkshop workshop={workshop.clone()} on_done={close_edit} />
            }
            <StageSelector stage={workshop.stage} />
            <Tools workshop={workshop.clone()} />
            if groups.is_empty() {
                <p class="overview__empty">{texts.no_groups}</p>
            }
            <ul class="overview__groups">
                {for groups.iter().enumerate().map(card)}
            </ul>
            <AddGroup workshop={props.workshop.clone()} count={workshop.groups.len()} />
            if *devices {
                <DevicesPanel workshop={props.workshop.clone()} on_close={close_devices} />
            }
            if *transferring {
                <TransferPanel workshop={props.workshop.clone()} on_close={close_transfer} />
            }
        </Frame>
    }
}

#[derive(Properties, PartialEq)]
struct StageSelectorProps {
    stage: Stage,
}

/// The seven steps of the evening. Closing asks first: it makes every table read-only.
#[component]
fn StageSelector(props: &StageSelectorProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.overview;
    let store = use_store();
    let asks = use_state(|| false);
    let set = {
        let store = store.clone();
        move |stage: Stage| {
            // A refusal is told by the store.
            let _ = store.act_workshop(WorkshopCommand::SetStage(stage));
        }
    };
    let step = |(index, (stage, name)): (usize, (Stage, &'static str))| {
        let chosen = stage == props.stage;
        let onclick = {
            let (set, asks) = (set.clone(), asks.clone());
            Callback::from(move |_: MouseEvent| {
                if stage == Stage::Closed && !chosen {
                    asks.set(true);
                } else {
                    asks.set(false);
                    set(stage);
                }
            })
        };
        html! {
            <button key={index} type="button" class="segments__item stage-step" role="radio" aria-checked={chosen.to_string()}
                data-testid={format!("stage-{}", index + 1)} {onclick}>
                <span class="stage-step__number figures" aria-hidden="true">{index + 1}</span>
                {name}
            </button>
        }
    };
    let close = {
        let (set, asks) = (set.clone(), asks.clone());
        Callback::from(move |_: MouseEvent| {
            asks.set(false);
            set(Stage::Closed);
        })
    };
    let leave = {
        let asks = asks.clone();
        Callback::from(move |_: MouseEvent| asks.set(false))
    };
    html! {
        <section class="overview__stage">
            <div class="segments stage-steps" role="radiogroup" aria-label={texts.stage}>
                {for Stage::ALL.into_iter().zip(pages.board.stages).enumerate().map(step)}
            </div>
            if *asks {
                <div class="callout callout--warning" role="alert">
                    <Icon glyph={Glyph::Lock} />
                    <div class="callout__body">
                        <p>{texts.close_sure}</p>
                        <div class="button-row">
                            <button type="button" class="button button--warning" data-testid="stage-close" onclick={close}>{texts.close_do}</button>
                            <button type="button" class="button button--quiet" onclick={leave}>{pages.cancel}</button>
                        </div>
                    </div>
                </div>
            }
        </section>
    }
}
