//! The slip that is being written on: a larger one laid over the note or the plate, always readable, always above
//! the on-screen keyboard, whatever the camera shows and whatever happens to the note below.

use board::{command::TextTarget, id::GroupId, view::Colour};
use yew::prelude::*;

use super::listeners;
use super::{letters, note::colour_word, styles::use_styles, words::Words};
use crate::text_field::{Left, TextField};

/// The second press of the double tap that opened the slip must not mark a word in it: typing would replace it.
const SETTLING_MS: f64 = 500.0;

/// What is written on.
#[derive(Properties, PartialEq)]
pub struct EditorProps {
    /// The board.
    pub group: GroupId,
    /// The text.
    pub target: TextTarget,
    /// The note's paper; an island's plate has none.
    pub colour: Option<Colour>,
    /// Who else writes here.
    pub writer: Option<String>,
    /// The texts.
    pub words: Words,
    /// The element, placed by the stage.
    pub place: NodeRef,
    /// The person has finished.
    pub on_left: Callback<Left>,
    /// The slip's size may have changed.
    pub on_resized: Callback<()>,
}

/// The slip.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let words = props.words;
    let size = use_state(|| 24_u8);
    let is_note = matches!(props.target, TextTarget::Note(_));
    let on_text = {
        let (size, on_resized) = (size.clone(), props.on_resized.clone());
        Callback::from(move |text: String| {
            if is_note {
                size.set(letters::fit(&text, false).size.max(20));
            }
            on_resized.emit(());
        })
    };
    use_styles(&props.place, [("--letters", format!("{}px", *size))]);
    let opened_ms = use_state(listeners::now_ms);
    let onmousedown = {
        let opened_ms = *opened_ms;
        Callback::from(move |event: MouseEvent| {
            if event.detail() > 1 && listeners::now_ms() - opened_ms < SETTLING_MS {
                event.prevent_default();
            }
        })
    };
    let done = {
        let on_left = props.on_left.clone();
        Callback::from(move |_: MouseEvent| on_left.emit(Left::Enter))
    };
    let paper = props.colour.map(|colour| format!("note--{}", colour_word(colour)));
    let (label, placeholder) = if is_note {
        (words.note_field, words.write_here)
    } else {
        (words.heading_field, words.heading_here)
    };
    html! {
        <div ref={props.place.clone()} data-control="" {onmousedown}
            class={classes!("sheet-editor", if is_note { "sheet-editor--note" } else { "sheet-editor--plate" }, paper)}>
            <TextField group={props.group.clone()} target={props.target.clone()} class="sheet-editor-field"
                {label} {placeholder} autofocus=true grow=true enter_is_done={!is_note} testid="note-editor"
                on_left={props.on_left.clone()} {on_text} />
            <div class="sheet-editor-foot">
                if let Some(writer) = &props.writer {
                    <span class="sheet-editor-writer">{ (words.writes)(writer) }</span>
                }
                <button type="button" class="button button--primary sheet-editor-done" onclick={done}
                    data-testid="editor-done">{ words.done }</button>
            </div>
        </div>
    }
}
