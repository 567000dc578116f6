//! The frame of every page that is not a board: name above, language switch, one column.

use yew::prelude::*;

use crate::{
    app::{Route, go},
    components::icon::{Glyph, Icon},
    hooks::use_locale,
    i18n::Locale,
};

/// What stands in the frame.
#[derive(Properties, PartialEq)]
pub struct FrameProps {
    /// Title of the page and of the browser's tab; the start page has none of its own.
    #[prop_or_default]
    pub title: Option<AttrValue>,
    /// Where the arrow before the title leads; without one the name leads to the start page.
    #[prop_or_default]
    pub back: Option<Route>,
    /// A class of the page's own.
    #[prop_or_default]
    pub class: Classes,
    /// Buttons beside the title.
    #[prop_or_default]
    pub actions: Html,
    /// The page.
    pub children: Html,
}

/// The frame.
#[component]
pub fn Frame(props: &FrameProps) -> Html {
    let locale = use_locale();
    let texts = locale.locale.texts();
    use_page_title(props.title.clone(), texts.pages.name);
    // A new page starts at its top; the browser only does this when it loads one.
    use_effect_with((), |()| {
        if let Some(window) = web_sys::window() {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
    let back = props.back.clone().map(|route| {
        let follow = follow(route.clone());
        html! {
            <a class="button button--quiet button--icon" href={route.to_string()} onclick={follow} aria-label={texts.pages.back}>
                <Icon glyph={Glyph::Back} />
            </a>
        }
    });
    html! {
        <div class={classes!("page", props.class.clone())}>
            <header class="page__head">
                <a class="wordmark" href="/" onclick={follow(Route::Start)} aria-label={texts.pages.home}>
                    <img class="wordmark__mark" src="/icon.svg" alt="" width="32" height="32" />
                    <span class="wordmark__name">{"寄合"}</span>
                    <span class="wordmark__latin" lang="en">{"Yoriai"}</span>
                </a>
                <LanguageSwitch />
            </header>
            <main class="page__main">
                if let Some(title) = &props.title {
                    <div class="page__title">
                        {back}
                        <h1>{title}</h1>
                        <div class="page__actions">{props.actions.clone()}</div>
                    </div>
                }
                {props.children.clone()}
            </main>
        </div>
    }
}

/// Japanese or English, each named in its own language.
#[component]
pub fn LanguageSwitch() -> Html {
    let locale = use_locale();
    let choice = |wanted: Locale, name: &'static str| {
        let chosen = locale.locale == wanted;
        let set = locale.set.clone();
        let onclick = Callback::from(move |_: MouseEvent| set.emit(wanted));
        html! {
            <button type="button" class="languages__item" lang={wanted.tag()} aria-pressed={chosen.to_string()} {onclick}>
                {name}
            </button>
        }
    };
    html! {
        <div class="languages" role="group" aria-label={locale.locale.texts().core.language}>
            {choice(Locale::Ja, "日本語")}
            {choice(Locale::En, "English")}
        </div>
    }
}

/// Follows a link inside the page; with a modifier key the browser does what it always does.
pub fn follow(route: Route) -> Callback<MouseEvent> {
    Callback::from(move |event: MouseEvent| {
        if event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0 {
            return;
        }
        event.prevent_default();
        go(route.clone());
    })
}

/// Keeps the tab's title in step with the page.
#[hook]
pub fn use_page_title(title: Option<AttrValue>, name: &'static str) {
    use_effect_with((title, name), |(title, name)| {
        let Some(document) = web_sys::window().and_then(|window| window.document()) else {
            return;
        };
        match title {
            Some(title) => document.set_title(&format!("{title} – {name}")),
            None => document.set_title("寄合 Yoriai"),
        }
    });
}
