//! A text to be handed on: shown, selectable, and copied with one touch.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    components::icon::{Glyph, Icon},
    hooks::use_texts,
    platform::clipboard,
};

/// What is copied.
#[derive(Properties, PartialEq)]
pub struct CopyFieldProps {
    /// Label for those who cannot see what stands above it.
    pub label: AttrValue,
    /// The text.
    pub text: AttrValue,
    /// For browser tests.
    #[prop_or_default]
    pub testid: AttrValue,
}

/// What became of the last touch.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    None,
    Copied,
    Refused,
}

/// A line of text with a button that copies it. Where the browser refuses, the text is left selected.
#[component]
pub fn CopyField(props: &CopyFieldProps) -> Html {
    let pages = &use_texts().pages;
    let field = use_node_ref();
    let outcome = use_state(|| Outcome::None);
    let onclick = {
        let (field, outcome, text) = (field.clone(), outcome.clone(), props.text.clone());
        Callback::from(move |_: MouseEvent| {
            let (field, outcome, text) = (field.clone(), outcome.clone(), text.clone());
            spawn_local(async move {
                if clipboard::copy(&text).await {
                    outcome.set(Outcome::Copied);
                } else {
                    if let Some(field) = field.cast::<HtmlInputElement>() {
                        let _ = field.focus();
                        field.select();
                    }
                    outcome.set(Outcome::Refused);
                }
            });
        })
    };
    let copied = *outcome == Outcome::Copied;
    html! {
        <div class="copy-field">
            <div class="copy-field__row">
                <input ref={field} class="input input--mono copy-field__text" type="text" readonly=true value={props.text.clone()}
                    aria-label={props.label.clone()} data-testid={props.testid.clone()} />
                <button type="button" class="button" {onclick} aria-label={format!("{}：{}", props.label, pages.copy)}>
                    <Icon glyph={if copied { Glyph::Done } else { Glyph::Copy }} />
                    <span>{if copied { pages.copied } else { pages.copy }}</span>
                </button>
            </div>
            <p class="field__hint" aria-live="polite">
                if *outcome == Outcome::Refused {
                    {pages.copy_failed}
                }
            </p>
        </div>
    }
}
