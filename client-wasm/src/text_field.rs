//! Editing a text of the board: an IME-safe field that turns typing into splices.

pub mod session;

use board::{command::TextTarget, id::GroupId};
use yew::prelude::*;

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
    /// `data-testid` of the textarea.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// The person has left the field; nothing is pending.
    #[prop_or_default]
    pub on_left: Callback<Left>,
    /// Sees each key first (never during a composition); true: it was dealt with, the field leaves it alone.
    #[prop_or_default]
    pub on_key: Option<Callback<web_sys::KeyboardEvent, bool>>,
    /// Told the field's text after each change, whoever made it.
    #[prop_or_default]
    pub on_text: Callback<String>,
}

/// The field.
#[component]
pub fn TextField(props: &TextFieldProps) -> Html {
    let _ = props;
    html! {}
}
