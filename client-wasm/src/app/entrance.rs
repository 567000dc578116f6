//! Coming into a workshop: the seat is looked up, the store takes it, and only then the page is shown.
//!
//! A seat known from an earlier visit is taken at once, so that the page paints from the device before the network
//! answers; the server's answer then corrects it.

use yew::{platform::spawn_local, prelude::*};

use super::{go, history::replace, route::Route};
use crate::{
    api::{self, ApiError, Seat},
    hooks::{use_slice, use_store, use_texts},
    store::Store,
};

fn seat_key(workshop: &str) -> String {
    format!("seat.{workshop}")
}

/// Takes a seat and remembers it on the device.
pub struct Entrance;

impl Entrance {
    /// Takes a seat that the server just gave: the join page calls it, then goes to the board.
    pub fn take(store: &Store, seat: Seat) {
        if let Ok(text) = serde_json::to_string(&seat) {
            store.set_pref(&seat_key(&seat.workshop), Some(&text));
        }
        // A seat whose document id is none cannot come from this server; the page then shows what it shows offline.
        let _ = store.enter(seat);
    }

    fn remembered(store: &Store, workshop: &str) -> Option<Seat> {
        let text = store.pref(&seat_key(workshop))?;
        serde_json::from_str(&text)
            .ok()
            .filter(|seat: &Seat| seat.workshop == workshop)
    }

    fn forget(store: &Store, workshop: &str) {
        store.set_pref(&seat_key(workshop), None);
        store.leave();
    }
}

/// Which workshop, and what is in the room.
#[derive(Properties, PartialEq)]
pub struct WorkshopRoomProps {
    /// The workshop's identifier, as in the address.
    pub workshop: AttrValue,
    /// Shown once there is a seat.
    pub children: Html,
}

/// Shows its children to whoever has a seat in the workshop; sends others to the join page.
#[component]
pub fn WorkshopRoom(props: &WorkshopRoomProps) -> Html {
    let (store, texts) = (use_store(), use_texts());
    let away = use_state(|| false);
    let attempt = use_state(|| 0_u32);
    let seated = {
        let workshop = props.workshop.clone();
        use_slice(move |state| state.seat.as_ref().is_some_and(|seat| workshop == seat.workshop))
    };
    {
        let (store, away) = (store.clone(), away.clone());
        use_effect_with((props.workshop.clone(), *attempt), move |(workshop, _)| {
            let workshop = workshop.clone();
            let here = store
                .state()
                .seat
                .as_ref()
                .is_some_and(|seat| workshop == seat.workshop);
            if !here && let Some(seat) = Entrance::remembered(&store, &workshop) {
                let _ = store.enter(seat);
            }
            away.set(false);
            spawn_local(async move {
                match api::seat(&workshop).await {
                    Ok(seat) => Entrance::take(&store, seat),
                    Err(ApiError::NoSeat) => {
                        Entrance::forget(&store, &workshop);
                        replace(Route::Join { secret: None });
                    }
                    Err(ApiError::Refused { status: 403 | 404, .. }) => {
                        Entrance::forget(&store, &workshop);
                        replace(Route::Join { secret: None });
                    }
                    // With a remembered seat the page goes on from the device; the bar says that there is no line.
                    Err(ApiError::Away | ApiError::Unreadable | ApiError::Refused { .. }) => away.set(true),
                }
            });
        });
    }
    if seated {
        return props.children.clone();
    }
    if *away {
        let again = Callback::from(move |_: MouseEvent| attempt.set(*attempt + 1));
        return html! {
            <main class="message-page">
                <h1>{ texts.core.server_away_title }</h1>
                <p>{ texts.core.server_away_body }</p>
                <button type="button" class="button button--primary" onclick={again}>{ texts.core.try_again }</button>
            </main>
        };
    }
    html! { <main class="message-page" aria-busy="true"><p role="status">{ texts.core.opening }</p></main> }
}

/// For an address that is no page.
#[component]
pub(super) fn UnknownPage() -> Html {
    let texts = use_texts();
    let to_start = Callback::from(|_: MouseEvent| go(Route::Start));
    html! {
        <main class="message-page">
            <h1>{ texts.core.unknown_page_title }</h1>
            <p>{ texts.core.unknown_page_body }</p>
            <button type="button" class="button button--primary" onclick={to_start}>{ texts.core.to_start }</button>
        </main>
    }
}
