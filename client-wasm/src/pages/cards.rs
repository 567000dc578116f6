//! Table cards to print: one per group, with a QR code, the short code and the table's name.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{code, frame::Frame, handover, trouble::TroubleStrip};
use crate::{
    api::{self, ApiError, Card, Cards},
    app::Route,
    components::icon::{Glyph, Icon},
    hooks::{use_slice, use_texts},
};

/// Which workshop.
#[derive(Properties, PartialEq)]
pub struct CardsPageProps {
    /// The workshop's identifier, as in the address.
    pub workshop: AttrValue,
}

/// An SVG document as the address of an image: it is shown, never run or mixed into the page.
pub fn svg_url(svg: &str) -> String {
    let mut url = String::from("data:image/svg+xml,");
    for byte in svg.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b' ' | b'-' | b'_' | b'.' | b'/' | b':' | b'=' => {
                url.push(char::from(byte));
            }
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

/// The host of a link, as it is typed: `yoriai.example:8080`.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// The page.
#[component]
pub fn CardsPage(props: &CardsPageProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.cards;
    let theme = use_slice(|state| state.workshop.theme.clone());
    let cards = use_state(|| handover::cards_of(&props.workshop));
    let small = use_state(|| false);
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    let workshop = props.workshop.to_string();
    let make = {
        let (workshop, cards, waits, trouble) = (workshop.clone(), cards.clone(), waits.clone(), trouble.clone());
        Callback::from(move |_: MouseEvent| {
            if *waits {
                return;
            }
            waits.set(true);
            trouble.set(None);
            let (workshop, cards, waits, trouble) = (workshop.clone(), cards.clone(), waits.clone(), trouble.clone());
            spawn_local(async move {
                let answer = api::mint_cards(&workshop).await;
                waits.set(false);
                match answer {
                    Ok(made) => {
                        handover::hand_cards(&workshop, made.clone());
                        cards.set(Some(made));
                    }
                    Err(error) => trouble.set(Some(error)),
                }
            });
        })
    };
    let print = Callback::from(|_: MouseEvent| {
        if let Some(window) = web_sys::window() {
            let _ = window.print();
        }
    });
    let size = |wanted: bool, label: &'static str| {
        let small = small.clone();
        let chosen = *small == wanted;
        let onclick = Callback::from(move |_: MouseEvent| small.set(wanted));
        html! {
            <button type="button" class="segments__item" role="radio" aria-checked={chosen.to_string()} {onclick}>{label}</button>
        }
    };
    let body = match &*cards {
        None => html! {
            <section class="card links__hidden">
                <p>{texts.make_hint}</p>
                <div class="button-row">
                    <button type="button" class="button button--primary button--large" data-testid="cards-make" onclick={make}>
                        {if *waits { pages.waiting } else { texts.make }}
                    </button>
                </div>
            </section>
        },
        Some(made) => html! {
            <>
                <div class="button-row no-print">
                    <button type="button" class="button button--primary button--large" onclick={print}>
                        <Icon glyph={Glyph::Print} />
                        {texts.print}
                    </button>
                    <div class="segments" role="radiogroup" aria-label={texts.size}>
                        {size(false, texts.large)}
                        {size(true, texts.small)}
                    </div>
                </div>
                <TableCards cards={made.clone()} {theme} small={*small} />
            </>
        },
    };
    html! {
        <Frame title={texts.title} back={Route::Links { workshop }} class="cards">
            <p class="page__intro no-print">{texts.intro}</p>
            {body}
            if let Some(error) = &*trouble {
                <TroubleStrip error={error.clone()} />
            }
        </Frame>
    }
}

#[derive(Properties, PartialEq)]
struct TableCardsProps {
    cards: Cards,
    theme: String,
    small: bool,
}

#[component]
fn TableCards(props: &TableCardsProps) -> Html {
    let texts = &use_texts().pages.cards;
    let card = |card: &Card| {
        html! {
            <li key={card.group.to_string()} class="table-card">
                <p class="table-card__theme">{&props.theme}</p>
                <h2 class="table-card__name">
                    if let Some(icon) = &card.icon {
                        <span aria-hidden="true">{icon}{" "}</span>
                    }
                    {&card.name}
                </h2>
                <img class="table-card__qr" src={svg_url(&card.qr_svg)} alt={(texts.qr)(&card.name)} width="240" height="240" />
                <p class="table-card__scan">{texts.scan}</p>
                <div class="table-card__code">
                    <span class="table-card__label">{texts.or_code}</span>
                    <span class="table-card__digits figures">{code::grouped(&props.cards.join_code)}</span>
                    <span class="table-card__label">{texts.at}</span>
                    <span class="table-card__host">{host(&card.url)}</span>
                </div>
                <p class="table-card__promise">{texts.promise}</p>
            </li>
        }
    };
    html! {
        <ul class={classes!("table-cards", props.small.then_some("table-cards--small"))}>
            {for props.cards.cards.iter().map(card)}
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_becomes_an_image_address_without_quotes_or_tags() {
        let url = svg_url("<svg a=\"1\">#é</svg>");
        assert_eq!(url, "data:image/svg+xml,%3Csvg a=%221%22%3E%23%C3%A9%3C/svg%3E");
    }

    #[test]
    fn the_card_says_where_the_code_is_typed() {
        assert_eq!(host("http://192.168.1.5:8080/j#secret"), "192.168.1.5:8080");
        assert_eq!(host("yoriai.example"), "yoriai.example");
    }
}
