//! A dialog: the browser's own `<dialog>`, so that focus, Escape and what lies behind behave as everywhere.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::hooks::use_texts;

/// What a dialog shows.
#[derive(Properties, PartialEq)]
pub struct DialogProps {
    /// Its heading.
    pub title: AttrValue,
    /// Called when it is closed by the cross, by Escape or by touching beside it.
    pub on_close: Callback<()>,
    /// A class of the caller's.
    #[prop_or_default]
    pub class: Classes,
    /// `data-testid`.
    #[prop_or_default]
    pub test: Option<AttrValue>,
    /// Its content.
    pub children: Html,
    /// Buttons at its foot.
    #[prop_or_default]
    pub actions: Html,
}

/// A modal dialog, open as long as it is rendered.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let texts = &use_texts().core;
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            if let Some(dialog) = &dialog {
                // It throws only when it is open already.
                let _ = dialog.show_modal();
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        });
    }
    let close = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| on_close.emit(()))
    };
    let on_cancel = {
        let on_close = props.on_close.clone();
        Callback::from(move |event: Event| {
            // Whether it stays is the owner's decision: it closes by not rendering it any more.
            event.prevent_default();
            on_close.emit(());
        })
    };
    let on_click = {
        let (on_close, node) = (props.on_close.clone(), node.clone());
        Callback::from(move |event: MouseEvent| {
            // The backdrop belongs to the dialog element itself; everything inside is in the sheet.
            if event.target() == node.get().map(Into::into) {
                on_close.emit(());
            }
        })
    };
    html! {
        <dialog
            ref={node}
            class={classes!("dialog", props.class.clone())}
            aria-label={props.title.clone()}
            data-testid={props.test.clone()}
            oncancel={on_cancel}
            onclick={on_click}
        >
            <div class="dialog__sheet">
                <header class="dialog__head">
                    <h2 class="dialog__title">{ props.title.clone() }</h2>
                    <button type="button" class="button button--quiet button--icon" aria-label={texts.close} onclick={close}>
                        <Icon glyph={Glyph::Close} />
                    </button>
                </header>
                <div class="dialog__body">{ props.children.clone() }</div>
                if props.actions != Html::default() {
                    <footer class="dialog__foot">{ props.actions.clone() }</footer>
                }
            </div>
        </dialog>
    }
}
