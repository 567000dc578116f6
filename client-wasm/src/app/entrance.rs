//! Coming into a workshop: the seat is looked up, the store takes it, and only then the page is shown.
//!
//! A seat known from an earlier visit is taken at once, so that the page paints from the device before the network
//! answers; the server's answer then corrects it.

use yew::{platform::spawn_local, prelude::*};

use super::{go, history::replace, route::Route};
use crate::{
    api::{self, ApiError, Seat},
    components::drafts::open_drafts,
    hooks::{use_slice, use_store, use_texts},
    store::{Phase, Store, seat_key},
};

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
        store.lose_seat();
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

/// How the look-up of the seat went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    /// On its way, or answered.
    Open,
    /// The server did not answer.
    Away,
    /// There was a seat, and there is none any more.
    Lost,
}

/// Shows its children to whoever has a seat in the workshop; sends others to the join page.
///
/// Whenever the line to the server is gone the seat is looked up again: a revoked seat looks like a dead line from a
/// socket, and the person must not wait for a Wi-Fi that is fine.
#[component]
pub fn WorkshopRoom(props: &WorkshopRoomProps) -> Html {
    let (store, texts) = (use_store(), use_texts());
    let finding = use_state_eq(|| Finding::Open);
    let attempt = use_state(|| 0_u32);
    let seated = {
        let workshop = props.workshop.clone();
        use_slice(move |state| state.seat.as_ref().is_some_and(|seat| workshop == seat.workshop))
    };
    let drafts = use_slice(|state| state.drafts.len());
    let retry_at_ms = use_slice(|state| match state.connection.phase {
        Phase::Offline { retry_at_ms } => Some(retry_at_ms),
        Phase::Connecting | Phase::Online => None,
    });
    {
        let (store, finding) = (store.clone(), finding.clone());
        use_effect_with((props.workshop.clone(), *attempt), move |(workshop, _)| {
            let here = store
                .state()
                .seat
                .as_ref()
                .is_some_and(|seat| *workshop == seat.workshop);
            if !here && let Some(seat) = Entrance::remembered(&store, workshop) {
                let _ = store.enter(seat);
            }
            finding.set(Finding::Open);
            spawn_local(look_up(store, workshop.clone(), false, finding));
        });
    }
    {
        let (store, finding) = (store.clone(), finding.clone());
        use_effect_with((props.workshop.clone(), retry_at_ms), move |(workshop, retry_at_ms)| {
            if retry_at_ms.is_some() {
                spawn_local(look_up(store, workshop.clone(), true, finding));
            }
        });
    }
    let message = |title: &'static str, body: &'static str, action: &'static str, onclick: Callback<MouseEvent>| {
        html! {
            <main class="message-page">
                <h1>{ title }</h1>
                <p>{ body }</p>
                <button type="button" class="button button--primary" {onclick}>{ action }</button>
            </main>
        }
    };
    let texts = &texts.core;
    match *finding {
        Finding::Lost => {
            let join = Callback::from(|_: MouseEvent| go(Route::Join { secret: None }));
            html! {
                <main class="message-page">
                    <h1>{ texts.seat_lost_title }</h1>
                    <p>{ texts.seat_lost_body }</p>
                    <button type="button" class="button button--primary" onclick={join}>{ texts.join_again }</button>
                    if drafts > 0 {
                        <button type="button" class="button" data-testid="open-drafts" onclick={|_: MouseEvent| open_drafts()}>
                            { (texts.drafts_open)(drafts) }
                        </button>
                    }
                </main>
            }
        }
        _ if seated => props.children.clone(),
        Finding::Away => {
            let again = Callback::from(move |_: MouseEvent| attempt.set(*attempt + 1));
            message(texts.server_away_title, texts.server_away_body, texts.try_again, again)
        }
        Finding::Open => {
            html! { <main class="message-page" aria-busy="true"><p role="status">{ texts.opening }</p></main> }
        }
    }
}

/// Asks the server for the seat and does what follows from the answer. `again`: the page is in use already.
async fn look_up(store: Store, workshop: AttrValue, again: bool, finding: UseStateHandle<Finding>) {
    match api::seat(&workshop).await {
        Ok(seat) => Entrance::take(&store, seat),
        Err(ApiError::NoSeat | ApiError::Refused { status: 403 | 404, .. }) => {
            // What is on the device stays there; a new seat finds it again.
            Entrance::forget(&store, &workshop);
            if again {
                finding.set(Finding::Lost);
            } else {
                replace(Route::Join { secret: None });
            }
        }
        // With a remembered seat the page goes on from the device; the bar says that there is no line.
        Err(ApiError::Away | ApiError::Unreadable | ApiError::Refused { .. }) => finding.set(Finding::Away),
    }
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
