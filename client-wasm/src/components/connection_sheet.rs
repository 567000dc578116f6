//! What stands behind the line's one word: what is saved where, and whether this page opens without a network.

use yew::prelude::*;

use super::{
    connection_bar,
    dialog::Dialog,
    drafts::open_drafts,
    icon::{Glyph, Icon},
};
use crate::{
    hooks::{use_slice, use_store, use_texts},
    i18n::core::CoreTexts,
    platform::Keeping,
    store::{Connection, Newer, PageState, Phase},
};

/// How it is closed.
#[derive(Properties, PartialEq)]
pub struct ConnectionSheetProps {
    /// The person closes it.
    pub on_close: Callback<()>,
}

/// What the sheet needs to know.
#[derive(Clone, PartialEq)]
struct Glance {
    connection: Connection,
    storage: bool,
    page: PageState,
    drafts: usize,
}

/// The sheet.
#[component]
pub fn ConnectionSheet(props: &ConnectionSheetProps) -> Html {
    let (store, texts) = (use_store(), &use_texts().core);
    let glance = use_slice(|state| Glance {
        connection: state.connection.clone(),
        storage: state.storage,
        page: state.page,
        drafts: state.drafts.len(),
    });
    let again = {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| store.network(true))
    };
    let drafts = {
        let close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| {
            close.emit(());
            open_drafts();
        })
    };
    let reload = Callback::from(move |_: MouseEvent| store.reload());
    let offline = matches!(glance.connection.phase, Phase::Offline { .. });
    let newer = glance.page.newer != Newer::None;
    let actions = html! {
        <>
            if offline {
                <button type="button" class="button button--primary" onclick={again}>{ texts.connect_now }</button>
            }
            if glance.drafts > 0 {
                <button type="button" class="button" data-testid="line-drafts" onclick={drafts}>
                    { (texts.drafts_open)(glance.drafts) }
                </button>
            }
            // On a device that keeps nothing a reload would take along what is not sent yet.
            if newer && (glance.storage || glance.connection.unsaved == 0) {
                <button type="button" class="button" data-testid="line-reload" onclick={reload}>{ texts.reload }</button>
            }
        </>
    };
    let actions = if offline || newer || glance.drafts > 0 {
        actions
    } else {
        Html::default()
    };
    let point = |(glyph, words): (Glyph, String)| {
        html! { <li class="line-point"><Icon {glyph} /><span>{ words }</span></li> }
    };
    html! {
        <Dialog title={texts.line_title} on_close={props.on_close.clone()} test="connection-sheet" {actions}>
            <p class="line-now" aria-live="polite">{ connection_bar::words(texts, &glance.connection) }</p>
            <ul class="line-points">{ for points(texts, &glance).into_iter().map(point) }</ul>
        </Dialog>
    }
}

fn points(texts: &CoreTexts, glance: &Glance) -> Vec<(Glyph, String)> {
    let told = |good: bool| if good { Glyph::Done } else { Glyph::Offline };
    let unsaved = glance.connection.unsaved;
    let saved = if unsaved == 0 {
        texts.line_all_saved.to_owned()
    } else {
        (texts.line_unsent)(unsaved)
    };
    let stored = if glance.storage {
        texts.line_stored
    } else {
        texts.memory_only
    };
    let page = match glance.page.keeping {
        Keeping::Asking => texts.page_asking,
        Keeping::Kept => texts.page_kept,
        Keeping::Insecure => texts.page_insecure,
        Keeping::Refused => texts.page_refused,
    };
    let mut points = vec![
        (told(unsaved == 0), saved),
        (told(glance.storage), stored.to_owned()),
        (told(glance.page.keeping == Keeping::Kept), page.to_owned()),
    ];
    let newer = match glance.page.newer {
        Newer::None => None,
        Newer::AtNextVisit => Some(texts.page_newer),
        Newer::Soon => Some(texts.page_outdated),
        Newer::ByHand => Some(texts.page_outdated_by_hand),
    };
    points.extend(newer.map(|words| (Glyph::Online, words.to_owned())));
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::core::JA;

    #[test]
    fn a_page_that_came_without_https_says_so_in_one_plain_statement() {
        let glance = |keeping| Glance {
            connection: Connection::default(),
            storage: true,
            page: PageState {
                keeping,
                newer: Newer::None,
            },
            drafts: 0,
        };
        let said = |keeping| -> Vec<String> {
            points(&JA, &glance(keeping))
                .into_iter()
                .map(|(_, words)| words)
                .collect()
        };
        assert!(said(Keeping::Insecure).contains(&JA.page_insecure.to_owned()));
        assert!(said(Keeping::Kept).contains(&JA.page_kept.to_owned()));
    }
}
