//! The address bar: where we are, and going elsewhere without loading the page again.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use yew::prelude::*;

use super::route::Route;

/// Told to the page itself when [`go`] changed the address; `popstate` only speaks of back and forward.
const MOVED: &str = "yoriai-moved";

/// Where the address bar points.
pub(super) fn here() -> Route {
    let Some(location) = web_sys::window().map(|window| window.location()) else {
        return Route::Start;
    };
    let part = |text: Result<String, JsValue>| text.unwrap_or_default();
    Route::parse(
        &part(location.pathname()),
        &part(location.search()),
        &part(location.hash()),
    )
}

/// Goes to a page; back comes back here.
pub fn go(route: Route) {
    change(&route, false);
}

/// Goes to a page that takes this one's place in the history.
pub fn replace(route: Route) {
    change(&route, true);
}

fn change(route: &Route, replacing: bool) {
    let Some(window) = web_sys::window() else { return };
    let Ok(history) = window.history() else { return };
    let address = route.to_string();
    // A board's sheet and outline are one place: changing the look is not a step to come back from.
    let same_place = match (&here(), route) {
        (
            Route::Board { workshop, group, .. },
            Route::Board {
                workshop: to_workshop,
                group: to_group,
                ..
            },
        ) => workshop == to_workshop && group == to_group,
        _ => false,
    };
    let _ = if replacing || same_place {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&address))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(&address))
    };
    if let Ok(moved) = web_sys::Event::new(MOVED) {
        let _ = window.dispatch_event(&moved);
    }
}

/// The page that is shown.
#[hook]
pub fn use_route() -> Route {
    use_context::<Route>().unwrap_or_else(here)
}

/// What it shows.
#[derive(Properties, PartialEq)]
pub(super) struct RouterProps {
    pub children: Html,
}

/// Provides the route to everything inside.
#[component]
pub(super) fn Router(props: &RouterProps) -> Html {
    let route = use_state_eq(here);
    {
        let route = route.clone();
        use_effect_with((), move |()| {
            let moved = Closure::<dyn FnMut()>::new(move || route.set(here()));
            let window = web_sys::window();
            if let Some(window) = &window {
                for event in [MOVED, "popstate", "hashchange"] {
                    let _ = window.add_event_listener_with_callback(event, moved.as_ref().unchecked_ref());
                }
            }
            move || {
                if let Some(window) = &window {
                    for event in [MOVED, "popstate", "hashchange"] {
                        let _ = window.remove_event_listener_with_callback(event, moved.as_ref().unchecked_ref());
                    }
                }
            }
        });
    }
    html! { <ContextProvider<Route> context={(*route).clone()}>{ props.children.clone() }</ContextProvider<Route>> }
}
