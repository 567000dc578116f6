//! One slip of paper.

use std::{rc::Rc, sync::Arc};

use board::view::{Colour, Note, Source};
use yew::prelude::*;

use super::{letters, others::Holder, stage, styles::use_styles, words::Words};
use crate::app::count_render;

/// What one slip shows.
#[derive(Properties, Clone)]
pub struct NoteViewProps {
    /// The note; compared by address.
    pub note: Arc<Note>,
    /// Selected on this device.
    pub selected: bool,
    /// The one that the tab key reaches.
    pub tab_stop: bool,
    /// The author's name, if there is one.
    pub author: Option<Rc<str>>,
    /// Who else holds it.
    pub holder: Option<Rc<Holder>>,
    /// Who else writes on it.
    pub writer: Option<Rc<Holder>>,
    /// The texts.
    pub words: Words,
}

impl PartialEq for NoteViewProps {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.note, &other.note)
            && self.selected == other.selected
            && self.tab_stop == other.tab_stop
            && self.author == other.author
            && self.holder == other.holder
            && self.writer == other.writer
            && self.words == other.words
    }
}

/// The class of a colour, also its name in `data-testid`s.
pub fn colour_word(colour: Colour) -> &'static str {
    match colour {
        Colour::Kinari => "kinari",
        Colour::Yamabuki => "yamabuki",
        Colour::Sakura => "sakura",
        Colour::Wakakusa => "wakakusa",
        Colour::Asagi => "asagi",
        Colour::Fuji => "fuji",
    }
}

/// The slip.
#[component]
pub fn NoteView(props: &NoteViewProps) -> Html {
    count_render("note");
    let NoteViewProps {
        note,
        selected,
        tab_stop,
        author,
        holder,
        writer,
        words,
    } = props;
    let has_foot = author.is_some() || note.lone_wolf || note.withheld || matches!(note.source, Source::Group { .. });
    let fit = letters::fit(&note.text, has_foot);
    let node = use_node_ref();
    use_styles(&node, [("transform", stage::at(note.position))]);
    let label = if note.text.trim().is_empty() {
        words.empty_note.to_owned()
    } else {
        (words.note)(&note.text)
    };
    let person = holder.as_ref().or(writer.as_ref()).map(|other| other.class());
    let class = classes!(
        "note",
        format!("note--{}", colour_word(note.colour)),
        selected.then_some("is-selected"),
        holder.is_some().then_some("is-held"),
        writer.is_some().then_some("is-written"),
        note.withheld.then_some("is-withheld"),
        note.lone_wolf.then_some("is-lone-wolf"),
        fit.overflows.then_some("is-long"),
        person,
    );
    html! {
        <div ref={node} {class} data-testid="note" data-note={note.id.to_string()}
            data-island={note.parent.as_ref().map(ToString::to_string).unwrap_or_default()}
            role="button" tabindex={if *tab_stop { "0" } else { "-1" }} aria-label={label}
            aria-pressed={selected.to_string()}>
            <span class="note-mark" aria-hidden="true"></span>
            <div class={format!("note-text letters-{}", fit.size)}>{ note.text.clone() }</div>
            if has_foot {
                <div class="note-foot" aria-hidden="true">
                    { badges(note, *words) }
                    if *selected {
                        if let Some(author) = author {
                            <span class="note-meta">{ (words.author)(author) }</span>
                        }
                    } else if let Some(initial) = author.as_ref().and_then(|author| author.chars().next()) {
                        <span class="note-initial">{ initial }</span>
                    }
                </div>
            }
            { name_tag(holder.as_deref(), writer.as_deref(), *words) }
        </div>
    }
}

fn badges(note: &Note, words: Words) -> Html {
    html! {
        <>
            if note.lone_wolf {
                <span class="note-badge">{ words.lone_wolf }</span>
            }
            if note.withheld {
                <span class="note-badge note-badge--withheld">{ words.withheld }</span>
            }
            if let Source::Group { name, .. } = &note.source {
                <span class="note-badge">{ (words.from_group)(name) }</span>
            }
        </>
    }
}

/// Who holds or writes: always the name, never the colour alone.
pub fn name_tag(holder: Option<&Holder>, writer: Option<&Holder>, words: Words) -> Html {
    match (holder, writer) {
        (Some(holder), _) => html! { <span class="name-tag">{ (words.holds)(&holder.name) }</span> },
        (None, Some(writer)) => html! {
            <span class="name-tag name-tag--writes" aria-label={(words.writes)(&writer.name)}>
                { (words.holds)(&writer.name) }
                <span class="name-tag-dots" aria-hidden="true"><i></i><i></i><i></i></span>
            </span>
        },
        (None, None) => Html::default(),
    }
}
