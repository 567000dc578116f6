//! Drafts: texts that the server did not take, to be copied, put out again or thrown away.

use wasm_bindgen::{JsCast, closure::Closure};
use yew::{platform::spawn_local, prelude::*};

use super::dialog::Dialog;
use crate::{
    hooks::{use_open_board, use_slice, use_store, use_texts},
    platform::clipboard,
    store::{Draft, Notice},
};

const OPEN: &str = "yoriai-open-drafts";

/// Opens the dialog, from wherever.
pub fn open_drafts() {
    if let (Some(window), Ok(event)) = (web_sys::window(), web_sys::Event::new(OPEN)) {
        let _ = window.dispatch_event(&event);
    }
}

/// The dialog; shown after [`open_drafts`] as long as there are drafts.
#[component]
pub fn DraftsDialog() -> Html {
    let texts = &use_texts().core;
    let drafts = use_slice(|state| state.drafts.clone());
    let open = use_state_eq(|| false);
    {
        let open = open.clone();
        use_effect_with((), move |()| {
            let show = Closure::<dyn FnMut()>::new(move || open.set(true));
            let window = web_sys::window();
            if let Some(window) = &window {
                let _ = window.add_event_listener_with_callback(OPEN, show.as_ref().unchecked_ref());
            }
            move || {
                if let Some(window) = &window {
                    let _ = window.remove_event_listener_with_callback(OPEN, show.as_ref().unchecked_ref());
                }
            }
        });
    }
    if !*open || drafts.is_empty() {
        return Html::default();
    }
    let on_close = Callback::from(move |()| open.set(false));
    html! {
        <Dialog title={texts.drafts_title} {on_close} test="drafts">
            <p class="secondary">{ texts.drafts_explained }</p>
            <ul class="drafts">
                { for drafts.iter().map(|draft| html! { <DraftRow key={draft.id.clone()} draft={draft.clone()} /> }) }
            </ul>
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct DraftRowProps {
    draft: Draft,
}

#[component]
fn DraftRow(props: &DraftRowProps) -> Html {
    let (store, texts) = (use_store(), &use_texts().core);
    let draft = &props.draft;
    // Putting a draft out needs its board, which need not be the one on the screen.
    use_open_board(&draft.group);
    let writable = {
        let group = draft.group.clone();
        use_slice(move |state| {
            state
                .boards
                .get(&group)
                .is_some_and(|slot| slot.loaded && slot.access.may_write())
        })
    };
    let copy = {
        let (store, text) = (store.clone(), draft.text.clone());
        Callback::from(move |_: MouseEvent| {
            let (store, text) = (store.clone(), text.clone());
            spawn_local(async move {
                if clipboard::copy(&text).await {
                    store.notify(Notice::info(texts.draft_copied));
                }
            });
        })
    };
    let put_out = {
        let (store, id) = (store.clone(), draft.id.clone());
        // A refusal has already been said in a notice.
        Callback::from(move |_: MouseEvent| drop(store.put_out_draft(&id)))
    };
    let discard = {
        let id = draft.id.clone();
        Callback::from(move |_: MouseEvent| store.discard_draft(&id))
    };
    html! {
        <li class="draft">
            <span class="chip chip--quiet">{ if draft.heading { texts.draft_heading } else { texts.draft_note } }</span>
            // Selectable, so that it can be copied by hand where the clipboard is denied.
            <p class="draft__text">{ draft.text.clone() }</p>
            <div class="button-row">
                <button type="button" class="button" onclick={copy}>{ texts.draft_copy }</button>
                <button type="button" class="button button--primary" disabled={!writable} onclick={put_out}>
                    { texts.draft_put_out }
                </button>
                <button type="button" class="button button--quiet" onclick={discard}>{ texts.draft_discard }</button>
            </div>
        </li>
    }
}
