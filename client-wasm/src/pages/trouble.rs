//! What went wrong, in words: what happened, that nothing is lost, what to do.

use yew::prelude::*;

use super::frame::{Frame, follow};
use crate::{
    api::ApiError,
    app::Route,
    components::icon::{Glyph, Icon},
    hooks::use_texts,
    i18n::pages::{Trouble, TroubleTexts},
};

/// The words for an answer that was none. Unknown codes fall back to what their HTTP status says.
pub fn words<'texts>(error: &ApiError, texts: &'texts TroubleTexts) -> &'texts Trouble {
    match error {
        ApiError::Away => &texts.away,
        ApiError::NoSeat => &texts.no_seat,
        ApiError::Unreadable => &texts.newer,
        ApiError::Refused { status, code, .. } => match (code.as_str(), *status) {
            ("code_unknown", _) => &texts.wrong_code,
            ("link_unknown", _) => &texts.wrong_link,
            ("link_expired" | "link_revoked", _) | (_, 410) => &texts.expired,
            ("coordinators_only", _) => &texts.coordinators_only,
            ("newer_schema", _) => &texts.newer,
            ("disk_full" | "store_failed", _) => &texts.not_stored,
            ("server_full" | "workshop_full", _) => &texts.full,
            ("too_many_tabs", _) => &texts.tabs,
            ("too_many_devices", _) => &texts.many_at_once,
            (_, 429) => &texts.too_many,
            (_, 403) => &texts.forbidden,
            (_, 404) => &texts.not_found,
            (_, 408) => &texts.away,
            (_, 413) => &texts.too_large,
            (_, 400 | 409 | 422) => &texts.bad_input,
            (_, 503) => &texts.not_stored,
            _ => &texts.other,
        },
    }
}

/// What went wrong.
#[derive(Properties, PartialEq)]
pub struct TroubleProps {
    /// The answer.
    pub error: ApiError,
    /// A button that tries again, where that can help.
    #[prop_or_default]
    pub on_retry: Option<Callback<()>>,
}

/// A strip within a page: the page's input stays where it is.
#[component]
pub fn TroubleStrip(props: &TroubleProps) -> Html {
    let texts = &use_texts().pages.trouble;
    let trouble = words(&props.error, texts);
    let retry = props.on_retry.clone().map(|retry| {
        let onclick = Callback::from(move |_: MouseEvent| retry.emit(()));
        html! { <p><button type="button" class="button" {onclick}>{texts.again}</button></p> }
    });
    html! {
        <div class="callout callout--warning" role="alert">
            <Icon glyph={Glyph::Notice} />
            <div class="callout__body">
                <strong>{trouble.title}</strong>
                <p>{trouble.body}</p>
                {retry}
            </div>
        </div>
    }
}

/// A page of its own, when there is nothing else to show.
#[component]
pub fn TroublePage(props: &TroubleProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.trouble;
    let trouble = words(&props.error, texts);
    let join = matches!(props.error, ApiError::NoSeat)
        || [&texts.wrong_code, &texts.wrong_link, &texts.expired]
            .into_iter()
            .any(|known| std::ptr::eq(known, trouble));
    let retry = props.on_retry.clone().map(|retry| {
        let onclick = Callback::from(move |_: MouseEvent| retry.emit(()));
        html! { <button type="button" class="button button--primary button--large" {onclick}>{texts.again}</button> }
    });
    html! {
        <Frame class="page--narrow">
            <section class="trouble" role="alert">
                <Icon glyph={Glyph::Notice} />
                <h1>{trouble.title}</h1>
                <p>{trouble.body}</p>
                <div class="button-row trouble__ways">
                    {retry}
                    if join {
                        <a class="button button--primary button--large" href="/j" onclick={follow(Route::Join { secret: None })}>
                            {texts.enter_code}
                        </a>
                    }
                    <a class="button button--large" href="/" onclick={follow(Route::Start)}>{pages.home}</a>
                </div>
            </section>
        </Frame>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    fn refused(status: u16, code: &str) -> ApiError {
        ApiError::Refused {
            status,
            code: code.into(),
            message: String::new(),
            line: None,
            limit: None,
        }
    }

    #[test]
    fn every_answer_has_words_that_fit_it() {
        let texts = &Locale::En.texts().pages.trouble;
        assert_eq!(words(&ApiError::Away, texts).title, texts.away.title);
        assert_eq!(
            words(&refused(404, "code_unknown"), texts).title,
            texts.wrong_code.title
        );
        assert_eq!(
            words(&refused(404, "link_unknown"), texts).title,
            texts.wrong_link.title
        );
        assert_eq!(words(&refused(410, "anything"), texts).title, texts.expired.title);
        assert_eq!(words(&refused(429, ""), texts).title, texts.too_many.title);
        assert_eq!(words(&refused(413, ""), texts).title, texts.too_large.title);
        assert_eq!(words(&refused(500, "?"), texts).title, texts.other.title);
    }
}
