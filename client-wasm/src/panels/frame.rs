//! The frame of a panel: title, close button, Escape; the focus comes in and goes back where it was.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::{
    components::icon::{Glyph, Icon},
    hooks::use_texts,
};

/// What stands in the frame.
#[derive(Properties, PartialEq)]
pub struct PanelFrameProps {
    /// The title.
    pub title: AttrValue,
    /// For browser tests.
    #[prop_or_default]
    pub testid: AttrValue,
    /// The person closes it.
    pub on_close: Callback<()>,
    /// Stays at the lower edge while the rest scrolls.
    #[prop_or_default]
    pub foot: Option<Html>,
    /// The panel.
    pub children: Html,
}

/// The frame.
#[component]
pub fn PanelFrame(props: &PanelFrameProps) -> Html {
    let texts = &use_texts().pages;
    let root = use_node_ref();
    {
        let root = root.clone();
        use_effect_with((), move |()| {
            let document = web_sys::window().and_then(|window| window.document());
            let before = document
                .and_then(|document| document.active_element())
                .and_then(|element| element.dyn_into::<HtmlElement>().ok());
            if let Some(root) = root.cast::<HtmlElement>() {
                let _ = root.focus();
            }
            move || {
                // The focus goes back unless the person has taken it elsewhere meanwhile.
                if let Some(before) = before.filter(|before| before.is_connected()) {
                    let _ = before.focus();
                }
            }
        });
    }
    let onkeydown = {
        let on_close = props.on_close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" && !event.is_composing() {
                event.stop_propagation();
                on_close.emit(());
            }
        })
    };
    let close = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| on_close.emit(()))
    };
    html! {
        <aside ref={root} class="panel" role="dialog" aria-label={props.title.clone()} tabindex="-1"
            data-testid={props.testid.clone()} {onkeydown}>
            <header class="panel__head">
                <h2 class="panel__title">{props.title.clone()}</h2>
                <button type="button" class="button button--quiet button--icon" aria-label={texts.close} onclick={close}>
                    <Icon glyph={Glyph::Close} />
                </button>
            </header>
            // It scrolls, so the keys must reach it.
            <div class="panel__body" tabindex="0">{props.children.clone()}</div>
            if let Some(foot) = &props.foot {
                <footer class="panel__foot">{foot.clone()}</footer>
            }
        </aside>
    }
}
