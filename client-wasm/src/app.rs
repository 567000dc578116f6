//! The shell: which page is shown, in which language, with which seat; what happens when the page breaks.

mod crash;
mod entrance;
mod history;
mod language;
mod route;
mod test_view;
mod wake;

pub use entrance::{Entrance, WorkshopRoom};
pub use history::{go, replace, use_route};
pub use route::{BoardLook, Route};
pub(crate) use test_view::count_render;

use std::rc::Rc;

use yew::{platform::spawn_local, prelude::*};

use crate::{
    components::{connection_bar::StorageWarning, drafts::DraftsDialog, notices::Notices},
    hooks::LocaleContext,
    i18n::Locale,
    pages,
    platform::{browser::Browser, keeper},
    store::Store,
};

/// Starts the app in the element `#app`, or in the body without one.
pub fn start() {
    crash::install();
    let platform = Rc::new(Browser::open());
    let store = Store::new(platform.clone(), &language::first().texts().core);
    let heard = store.clone();
    platform.listen_to_tabs(move |word| heard.other_tab_says(&word));
    crash::watch_storage(&store);
    wake::listen(&store);
    test_view::install(&store);
    let document = web_sys::window().and_then(|window| window.document());
    let root = document.as_ref().and_then(|document| document.get_element_by_id("app"));
    match root.or_else(|| document.and_then(|document| document.body().map(Into::into))) {
        Some(root) => {
            // What the page showed while it loaded makes room.
            root.set_text_content(None);
            yew::Renderer::<App>::with_root_and_props(root, AppProps { store: store.clone() }).render();
            keep_page(store);
        }
        None => web_sys::console::error_1(&"the page has no body to draw in".into()),
    }
}

/// Brings the page onto the device once it has been drawn: what the person waits for comes first.
fn keep_page(store: Store) {
    spawn_local(async move { store.page_kept(keeper::keep().await) });
}

#[derive(Properties, PartialEq)]
struct AppProps {
    store: Store,
}

#[component]
fn App(props: &AppProps) -> Html {
    let locale = use_state(language::first);
    let store = props.store.clone();
    let set = {
        let (locale, store) = (locale.clone(), store.clone());
        Callback::from(move |chosen: Locale| {
            language::remember(chosen);
            store.set_texts(&chosen.texts().core);
            locale.set(chosen);
        })
    };
    let context = LocaleContext { locale: *locale, set };
    html! {
        <ContextProvider<LocaleContext> {context}>
            <ContextProvider<Store> context={store}>
                <history::Router>
                    <Pages />
                </history::Router>
                <StorageWarning />
                <Notices />
                <DraftsDialog />
            </ContextProvider<Store>>
        </ContextProvider<LocaleContext>>
    }
}

#[component]
fn Pages() -> Html {
    let route = use_route();
    let page = match &route {
        Route::Start => html! { <pages::start::Start /> },
        Route::New => html! { <pages::new::New /> },
        Route::Import => html! { <pages::import::Import /> },
        Route::Join { secret } => html! { <pages::join::Join secret={secret.clone().map(AttrValue::from)} /> },
        Route::Unknown => html! { <entrance::UnknownPage /> },
        Route::Overview { workshop } => html! { <pages::overview::Overview workshop={workshop.clone()} /> },
        Route::Links { workshop } => html! { <pages::links::LinksPage workshop={workshop.clone()} /> },
        Route::Cards { workshop } => html! { <pages::cards::CardsPage workshop={workshop.clone()} /> },
        Route::Report { workshop } => html! { <pages::report::Report workshop={workshop.clone()} /> },
        Route::Wall { workshop } => html! { <pages::wall::Wall workshop={workshop.clone()} /> },
        Route::Board { workshop, group, look } => {
            html! { <pages::board::BoardPage workshop={workshop.clone()} group={group.clone()} look={*look} /> }
        }
    };
    match route.workshop() {
        // Keyed by the workshop: another one is another room, with another seat.
        Some(workshop) => {
            html! { <WorkshopRoom key={workshop.to_owned()} workshop={workshop.to_owned()}>{ page }</WorkshopRoom> }
        }
        None => page,
    }
}
