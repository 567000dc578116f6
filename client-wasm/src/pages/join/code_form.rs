//! The field for the short code: twelve digits in three groups of four, on a keyboard of digits.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::super::{code, trouble::TroubleStrip};
use crate::{
    api::{self, ApiError, Seat},
    hooks::use_texts,
};

/// What the code field needs.
#[derive(Properties, PartialEq)]
pub struct CodeFormProps {
    /// Where the code is found.
    pub hint: AttrValue,
    /// A seat was taken.
    pub on_seat: Callback<Seat>,
    /// Whether the cursor goes into the field at once.
    #[prop_or_default]
    pub focus: bool,
}

/// Twelve digits in three groups of four, on a keyboard of digits.
#[component]
pub fn CodeForm(props: &CodeFormProps) -> Html {
    let texts = &use_texts().pages.join;
    let typed = use_state(String::new);
    let short = use_state(|| false);
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    let field = use_node_ref();
    {
        let field = field.clone();
        use_effect_with(props.focus, move |focus| {
            if let Some(field) = field.cast::<HtmlInputElement>().filter(|_| *focus) {
                let _ = field.focus();
            }
        });
    }
    let oninput = {
        let (typed, short, trouble) = (typed.clone(), short.clone(), trouble.clone());
        Callback::from(move |event: InputEvent| {
            let field: HtmlInputElement = event.target_unchecked_into();
            let text = code::grouped(&field.value());
            // A digit of an unfinished conversion must not be taken away under the person's fingers.
            if !event.is_composing() {
                field.set_value(&text);
            }
            typed.set(text);
            short.set(false);
            trouble.set(None);
        })
    };
    let onsubmit = {
        let (typed, short, waits, trouble, on_seat) = (
            typed.clone(),
            short.clone(),
            waits.clone(),
            trouble.clone(),
            props.on_seat.clone(),
        );
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *waits {
                return;
            }
            let digits = code::digits(&typed);
            if digits.len() < code::CODE_DIGITS {
                short.set(true);
                return;
            }
            waits.set(true);
            let (waits, trouble, on_seat) = (waits.clone(), trouble.clone(), on_seat.clone());
            spawn_local(async move {
                let answer = api::join_with_code(&digits).await;
                waits.set(false);
                match answer {
                    Ok(seat) => on_seat.emit(seat),
                    Err(error) => trouble.set(Some(error)),
                }
            });
        })
    };
    html! {
        <form class="code-form" {onsubmit} novalidate=true>
            <div class="field">
                <label class="field__label" for="join-code">{texts.code}</label>
                <div class="code-form__row">
                    <input
                        id="join-code" ref={field} class="input code-form__field" data-testid="join-code"
                        type="text" inputmode="numeric" autocomplete="off" enterkeyhint="go" maxlength="20"
                        placeholder="1234 5678 9012" aria-describedby="join-code-hint" aria-invalid={short.to_string()}
                        {oninput}
                    />
                    <button class="button button--primary button--large" type="submit" data-testid="join-submit"
                        aria-disabled={waits.to_string()}>
                        {if *waits { texts.opening } else { texts.submit }}
                    </button>
                </div>
                if *short {
                    <p class="field__error" role="alert">{(texts.code_short)(code::digits(&typed).len())}</p>
                }
                <p id="join-code-hint" class="field__hint">{props.hint.clone()}</p>
            </div>
            if let Some(error) = &*trouble {
                <TroubleStrip error={error.clone()} />
            }
        </form>
    }
}
