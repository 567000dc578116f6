//! The links of a workshop: to hand out, to renew, to take back.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{
    code,
    copy::CopyField,
    frame::{Frame, follow},
    handover,
    trouble::{TroublePage, TroubleStrip},
};
use crate::{
    api::{self, ApiError, Cards, Created, CreatedGroup, LinkKind, Role},
    app::{Route, go},
    components::icon::{Glyph, Icon},
    hooks::{use_slice, use_texts},
};

/// Which workshop.
#[derive(Properties, PartialEq)]
pub struct LinksPageProps {
    /// The workshop's identifier, as in the address.
    pub workshop: AttrValue,
}

/// The links of freshly minted cards, in the shape a new workshop has them.
fn created_of(workshop: &str, cards: &Cards) -> Created {
    let group = |card: &api::Card| CreatedGroup {
        group: card.group.clone(),
        name: card.name.clone(),
        icon: card.icon.clone(),
        url: card.url.clone(),
    };
    Created {
        workshop: workshop.to_owned(),
        join_code: cards.join_code.clone(),
        links: api::Links {
            coordinator: cards.coordinator.url.clone(),
            viewer: cards.viewer.url.clone(),
            groups: cards.cards.iter().map(group).collect(),
        },
    }
}

/// The page.
#[component]
pub fn LinksPage(props: &LinksPageProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.links;
    let role = use_slice(|state| state.seat.as_ref().map(|seat| seat.role));
    let created = use_state(|| handover::links_of(&props.workshop));
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    let workshop = props.workshop.to_string();
    let overview = Route::Overview {
        workshop: workshop.clone(),
    };

    if role.is_some_and(|role| role != Role::Coordinator) {
        let error = ApiError::Refused {
            status: 403,
            code: "coordinators_only".to_owned(),
            message: String::new(),
            line: None,
            limit: None,
        };
        return html! { <TroublePage {error} /> };
    }
    // Cards are links too: one call makes both, and printing shows what was just made.
    let mint = |print: bool| {
        let (workshop, created, waits, trouble) = (workshop.clone(), created.clone(), waits.clone(), trouble.clone());
        Callback::from(move |_: MouseEvent| {
            if *waits {
                return;
            }
            waits.set(true);
            trouble.set(None);
            let (workshop, created, waits, trouble) =
                (workshop.clone(), created.clone(), waits.clone(), trouble.clone());
            spawn_local(async move {
                let answer = api::mint_cards(&workshop).await;
                waits.set(false);
                match answer {
                    Ok(cards) => {
                        let made = created_of(&workshop, &cards);
                        handover::hand_links(made.clone());
                        handover::hand_cards(&workshop, cards);
                        if print {
                            go(Route::Cards { workshop });
                        } else {
                            created.set(Some(made));
                        }
                    }
                    Err(error) => trouble.set(Some(error)),
                }
            });
        })
    };
    let on_revoked = {
        let created = created.clone();
        Callback::from(move |()| {
            handover::forget();
            created.set(None);
        })
    };
    let links = match &*created {
        Some(created) => html! { <LinkList created={created.clone()} /> },
        None => html! {
            <section class="card links__hidden">
                <p>{texts.hidden}</p>
                <div class="button-row">
                    <button type="button" class="button button--primary button--large" data-testid="links-mint" onclick={mint(false)}>
                        {if *waits { pages.waiting } else { texts.mint }}
                    </button>
                    <span class="field__hint">{texts.mint_hint}</span>
                </div>
            </section>
        },
    };
    html! {
        <Frame title={texts.title} back={overview.clone()} class="links">
            if created.is_some() {
                <p class="page__intro">{texts.intro}</p>
            }
            <div class="callout">
                <Icon glyph={Glyph::Lock} />
                <p>{texts.secret}</p>
            </div>
            {links}
            if let Some(error) = &*trouble {
                <TroubleStrip error={error.clone()} />
            }
            <div class="button-row links__ways">
                <button type="button" class="button button--large" data-testid="links-cards" onclick={mint(true)}>
                    <Icon glyph={Glyph::Print} />
                    {texts.cards}
                </button>
                <a class={classes!("button", "button--large", created.is_some().then_some("button--primary"))} href={overview.to_string()}
                    data-testid="links-overview" onclick={follow(overview.clone())}>
                    {texts.go_on}
                    <Icon glyph={Glyph::Forward} />
                </a>
            </div>
            <Revoke workshop={props.workshop.clone()} {on_revoked} />
        </Frame>
    }
}

#[derive(Properties, PartialEq)]
struct LinkListProps {
    created: Created,
}

#[component]
fn LinkList(props: &LinkListProps) -> Html {
    let texts = &use_texts().pages.links;
    let Created { join_code, links, .. } = &props.created;
    let table = |(index, group): (usize, &CreatedGroup)| {
        html! {
            <li key={group.group.to_string()} class="link-row">
                <span class="link-row__name">
                    if let Some(icon) = &group.icon {
                        <span aria-hidden="true">{icon}{" "}</span>
                    }
                    {&group.name}
                </span>
                <CopyField label={group.name.clone()} text={group.url.clone()} testid={format!("links-group-{}", index + 1)} />
            </li>
        }
    };
    html! {
        <>
            <section class="card link-card link-card--code">
                <div class="link-card__words">
                    <h2>{texts.join_code}</h2>
                    <p class="secondary">{texts.join_code_hint}</p>
                </div>
                <p class="join-code figures" data-testid="links-code">{code::grouped(join_code)}</p>
            </section>
            <div class="link-pair">
                <section class="card link-card">
                    <h2>{texts.coordinator}</h2>
                    <p class="secondary">{texts.coordinator_hint}</p>
                    <CopyField label={texts.coordinator} text={links.coordinator.clone()} testid="links-coordinator" />
                </section>
                <section class="card link-card">
                    <h2>{texts.viewer}</h2>
                    <p class="secondary">{texts.viewer_hint}</p>
                    <CopyField label={texts.viewer} text={links.viewer.clone()} testid="links-viewer" />
                </section>
            </div>
            <section class="card link-card">
                <h2>{texts.tables}</h2>
                <p class="secondary">{texts.tables_hint}</p>
                <ul class="link-rows">{for links.groups.iter().enumerate().map(table)}</ul>
            </section>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct RevokeProps {
    workshop: AttrValue,
    on_revoked: Callback<()>,
}

/// Taking links back: first which, then really, then done.
#[component]
fn Revoke(props: &RevokeProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.links;
    let asked = use_state(|| None::<LinkKind>);
    let done = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    let ask = |kind: LinkKind, label: &'static str| {
        let (asked, done) = (asked.clone(), done.clone());
        let pressed = *asked == Some(kind);
        let onclick = Callback::from(move |_: MouseEvent| {
            done.set(false);
            asked.set(if pressed { None } else { Some(kind) });
        });
        html! { <button type="button" class="button" aria-pressed={pressed.to_string()} {onclick}>{label}</button> }
    };
    let revoke = {
        let (workshop, asked, done, trouble, on_revoked) = (
            props.workshop.clone(),
            asked.clone(),
            done.clone(),
            trouble.clone(),
            props.on_revoked.clone(),
        );
        Callback::from(move |_: MouseEvent| {
            let Some(kind) = *asked else { return };
            let (workshop, asked, done, trouble, on_revoked) = (
                workshop.clone(),
                asked.clone(),
                done.clone(),
                trouble.clone(),
                on_revoked.clone(),
            );
            spawn_local(async move {
                match api::revoke_links(&workshop, kind).await {
                    Ok(()) => {
                        asked.set(None);
                        trouble.set(None);
                        done.set(true);
                        on_revoked.emit(());
                    }
                    Err(error) => trouble.set(Some(error)),
                }
            });
        })
    };
    let leave = {
        let asked = asked.clone();
        Callback::from(move |_: MouseEvent| asked.set(None))
    };
    html! {
        <details class="more-ways">
            <summary>{texts.revoke_title}</summary>
            <div class="more-ways__body">
                <p class="secondary">{texts.revoke_hint}</p>
                <div class="button-row">
                    {ask(LinkKind::Group, texts.revoke_group)}
                    {ask(LinkKind::Viewer, texts.revoke_viewer)}
                    {ask(LinkKind::Coordinator, texts.revoke_coordinator)}
                </div>
                if asked.is_some() {
                    <div class="callout callout--warning">
                        <Icon glyph={Glyph::Notice} />
                        <div class="callout__body">
                            <p>{texts.revoke_sure}</p>
                            <div class="button-row">
                                <button type="button" class="button button--warning" onclick={revoke}>{texts.revoke}</button>
                                <button type="button" class="button button--quiet" onclick={leave}>{pages.cancel}</button>
                            </div>
                        </div>
                    </div>
                }
                <p role="status">{if *done { texts.revoked } else { "" }}</p>
                if let Some(error) = &*trouble {
                    <TroubleStrip error={error.clone()} />
                }
            </div>
        </details>
    }
}
