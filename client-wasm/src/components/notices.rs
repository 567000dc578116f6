//! What the person is told, at the lower edge; after a deletion the strip with もどす.

use board::Command;
use yew::prelude::*;

use super::{
    drafts::open_drafts,
    icon::{Glyph, Icon},
};
use crate::{
    hooks::{use_slice, use_store, use_texts},
    store::{Notice, NoticeKind},
};

/// All notices.
#[component]
pub fn Notices() -> Html {
    let texts = &use_texts().core;
    let notices = use_slice(|state| state.notices.clone());
    // The region stays while it is empty: screen readers only speak of what appears in a region they know.
    html! {
        <section class="notices" aria-label={texts.notices} aria-live="polite">
            { for notices.iter().map(|notice| html! { <NoticeStrip key={notice.id} notice={notice.clone()} /> }) }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct NoticeStripProps {
    notice: Notice,
}

#[component]
fn NoticeStrip(props: &NoticeStripProps) -> Html {
    let (store, texts) = (use_store(), &use_texts().core);
    let Notice { id, kind, text } = props.notice.clone();
    let (class, action) = match kind {
        NoticeKind::Info => ("notice", Html::default()),
        NoticeKind::Refused => ("notice notice--refused", Html::default()),
        NoticeKind::Warning => ("notice notice--warning", Html::default()),
        NoticeKind::Deleted { group, items } => {
            let store = store.clone();
            let restore = Callback::from(move |_: MouseEvent| {
                // A refusal has already been said in a notice of its own.
                let _ = store.act(&group, Command::Restore { items: items.clone() });
                store.dismiss(id);
            });
            let button = html! {
                <button type="button" class="notice__action" data-testid="undo-strip" onclick={restore}>{ texts.restore }</button>
            };
            ("notice notice--deleted", button)
        }
        NoticeKind::Drafts => {
            let count = store.state().drafts.len();
            let show = {
                let store = store.clone();
                Callback::from(move |_: MouseEvent| {
                    open_drafts();
                    store.dismiss(id);
                })
            };
            let button = html! {
                <button type="button" class="notice__action" data-testid="open-drafts" onclick={show}>
                    { (texts.drafts_open)(count) }
                </button>
            };
            ("notice notice--warning", button)
        }
    };
    let close = Callback::from(move |_: MouseEvent| store.dismiss(id));
    html! {
        <div {class}>
            <span class="notice__text">{ text }</span>
            { action }
            <button type="button" class="notice__close" aria-label={texts.close} onclick={close}>
                <Icon glyph={Glyph::Close} />
            </button>
        </div>
    }
}
