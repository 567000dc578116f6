//! Editing a text of the board: an IME-safe field that turns typing into splices.
//!
//! The textarea belongs to the person, not to the framework: Yew never writes its value. [`session`] decides what
//! typing means while others type in the same text; [`binding`] keeps textarea and board in step.

pub mod binding;
pub mod session;

use std::rc::Rc;

use board::{command::TextTarget, id::GroupId};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlTextAreaElement, KeyboardEvent};
use yew::prelude::*;

use crate::{app::count_render, hooks::use_store, sheet::keyboard_bridge};
use binding::Binding;

/// How the person left the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Control + Enter, or Enter where Enter means done.
    Enter,
    /// The escape key.
    Escape,
    /// The focus went elsewhere.
    Blur,
}

/// A field bound to one text of a board.
#[derive(Properties, PartialEq)]
pub struct TextFieldProps {
    /// The group whose board holds the text.
    pub group: GroupId,
    /// The text.
    pub target: TextTarget,
    /// Extra classes.
    #[prop_or_default]
    pub class: Classes,
    /// What the field is, for screen readers.
    #[prop_or_default]
    pub label: AttrValue,
    /// Shown while it is empty.
    #[prop_or_default]
    pub placeholder: AttrValue,
    /// Takes the focus when it appears, caret at the end.
    #[prop_or_default]
    pub autofocus: bool,
    /// Enter means done instead of a new line (Shift + Enter makes the line).
    #[prop_or_default]
    pub enter_is_done: bool,
    /// Grows with its text.
    #[prop_or_default]
    pub grow: bool,
    /// Shows the text, takes nothing.
    #[prop_or_default]
    pub read_only: bool,
    /// `data-testid` of the textarea.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// The person has left the field; nothing is pending.
    #[prop_or_default]
    pub on_left: Callback<Left>,
    /// Sees each key first (never during a composition); true: it was dealt with, the field leaves it alone.
    #[prop_or_default]
    pub on_key: Option<Callback<KeyboardEvent, bool>>,
    /// Told the field's text when it appears and after each change, whoever made it.
    #[prop_or_default]
    pub on_text: Callback<String>,
}

/// The field.
#[component]
pub fn TextField(props: &TextFieldProps) -> Html {
    count_render("text-field");
    let store = use_store();
    let node = use_node_ref();
    let bound = use_mut_ref(|| None::<Rc<Binding>>);
    {
        let (node, bound) = (node.clone(), Rc::clone(&bound));
        let (autofocus, grow, on_text) = (props.autofocus, props.grow, props.on_text.clone());
        use_effect_with((props.group.clone(), props.target.clone()), move |(group, target)| {
            let cleanup = node.cast::<HtmlTextAreaElement>().map(|field| {
                let binding = Binding::new(
                    store.clone(),
                    group.clone(),
                    target.clone(),
                    field.clone(),
                    grow,
                    on_text,
                );
                *bound.borrow_mut() = Some(Rc::clone(&binding));
                if autofocus {
                    binding.focus(&keyboard_bridge::take());
                }
                let splices = {
                    let binding = Rc::clone(&binding);
                    store.subscribe_text(group, target.clone(), move |edit| binding.foreign(edit))
                };
                let changes = {
                    let binding = Rc::clone(&binding);
                    store.subscribe(move |_| binding.settle())
                };
                let compositions = Compositions::watch(field, &binding);
                move || {
                    binding.commit();
                    bound.borrow_mut().take();
                    drop((splices, changes, compositions));
                }
            });
            move || {
                if let Some(cleanup) = cleanup {
                    cleanup();
                }
            }
        });
    }
    let oninput = {
        let bound = Rc::clone(&bound);
        Callback::from(move |_: InputEvent| with(&bound, Binding::typed))
    };
    let onkeydown = {
        let bound = Rc::clone(&bound);
        let (on_left, on_key) = (props.on_left.clone(), props.on_key.clone());
        let enter_is_done = props.enter_is_done;
        Callback::from(move |event: KeyboardEvent| {
            with(&bound, |binding| {
                key(binding, &event, enter_is_done, on_key.as_ref(), &on_left)
            });
        })
    };
    let onblur = {
        let (node, bound) = (node.clone(), Rc::clone(&bound));
        let on_left = props.on_left.clone();
        Callback::from(move |_: FocusEvent| {
            with(&bound, Binding::commit);
            // Another window or the lock screen took the focus: on return the field and its caret are still there.
            if !has_focus(&node) {
                on_left.emit(Left::Blur);
            }
        })
    };
    html! {
        <textarea ref={node} class={classes!("text-field", props.class.clone())} rows="1" spellcheck="false"
            autocomplete="off" autocapitalize="sentences" aria-label={props.label.clone()}
            placeholder={props.placeholder.clone()} readonly={props.read_only} data-testid={props.testid.clone()}
            {oninput} {onkeydown} {onblur} />
    }
}

type Bound = std::cell::RefCell<Option<Rc<Binding>>>;

/// Calls with the bond, borrowed for no longer than it takes to copy its address.
fn with(bound: &Bound, call: impl FnOnce(&Binding)) {
    let binding = bound.borrow().clone();
    if let Some(binding) = binding {
        call(&binding);
    }
}

fn has_focus(node: &NodeRef) -> bool {
    let active = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.active_element());
    let field = node.cast::<web_sys::Element>();
    active.is_some() && active == field
}

fn key(
    binding: &Binding,
    event: &KeyboardEvent,
    enter_is_done: bool,
    on_key: Option<&Callback<KeyboardEvent, bool>>,
    on_left: &Callback<Left>,
) {
    // The key belongs to the input method: 229 is what Safari says for the Enter that confirms a conversion.
    if event.is_composing() || event.key_code() == 229 || binding.is_composing() {
        return;
    }
    if on_key.is_some_and(|on_key| on_key.emit(event.clone())) {
        return;
    }
    let command = event.ctrl_key() || event.meta_key();
    match (event.key().as_str(), command, event.shift_key()) {
        ("Escape", ..) => leave(binding, event, Left::Escape, on_left),
        ("Enter", true, _) => leave(binding, event, Left::Enter, on_left),
        ("Enter", false, false) if enter_is_done => leave(binding, event, Left::Enter, on_left),
        ("z" | "Z", true, again) => {
            event.prevent_default();
            binding.undo(again);
        }
        ("y" | "Y", true, _) => {
            event.prevent_default();
            binding.undo(true);
        }
        _ => {}
    }
}

fn leave(binding: &Binding, event: &KeyboardEvent, left: Left, on_left: &Callback<Left>) {
    event.prevent_default();
    binding.commit();
    on_left.emit(left);
}

/// Listens for compositions as long as it lives; the framework does not know these events.
struct Compositions {
    field: HtmlTextAreaElement,
    start: Closure<dyn FnMut()>,
    end: Closure<dyn FnMut()>,
}

impl Compositions {
    fn watch(field: HtmlTextAreaElement, binding: &Rc<Binding>) -> Self {
        let begun = Rc::downgrade(binding);
        let ended = Rc::downgrade(binding);
        let start = Closure::<dyn FnMut()>::new(move || {
            if let Some(binding) = begun.upgrade() {
                binding.composition_started();
            }
        });
        let end = Closure::<dyn FnMut()>::new(move || {
            if let Some(binding) = ended.upgrade() {
                binding.composition_ended();
            }
        });
        // Adding a listener to a living element does not fail.
        let _ = field.add_event_listener_with_callback("compositionstart", start.as_ref().unchecked_ref());
        let _ = field.add_event_listener_with_callback("compositionend", end.as_ref().unchecked_ref());
        Self { field, start, end }
    }
}

impl Drop for Compositions {
    fn drop(&mut self) {
        let _ = self
            .field
            .remove_event_listener_with_callback("compositionstart", self.start.as_ref().unchecked_ref());
        let _ = self
            .field
            .remove_event_listener_with_callback("compositionend", self.end.as_ref().unchecked_ref());
    }
}
