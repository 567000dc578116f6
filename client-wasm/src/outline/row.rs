//! One line of the outline.

use std::rc::Rc;

use board::{BoardView, GroupId, Island, ItemId, Note, command::TextTarget};
use yew::prelude::*;

use super::{
    acts::{self, Act},
    keys::{self, Wish},
    rows::{INDENT_MAX, Row, short},
};
use crate::{
    components::icon::{Glyph, Icon},
    hooks::{Same, use_texts},
    i18n::outline::OutlineTexts,
    pages::colours::paper_class,
    text_field::{Left, TextField},
};

/// What happened on a line.
#[derive(Debug, Clone, PartialEq)]
pub struct RowEvent {
    /// The line's note or island.
    pub item: ItemId,
    /// What.
    pub kind: RowEventKind,
}

/// Kinds of events.
#[derive(Debug, Clone, PartialEq)]
pub enum RowEventKind {
    /// It was selected.
    Select,
    /// It shall be written on.
    Write,
    /// Its field was left.
    Left {
        /// By going elsewhere, not by a key.
        by_blur: bool,
        /// With nothing in it.
        empty: bool,
    },
    /// A button of its bar.
    Act(Act),
    /// A key in its field.
    Wish(Wish),
}

/// The acts of a line's bar, in the order in which they stand there.
const BAR: [Act; 9] = [
    Act::Up,
    Act::Down,
    Act::Into,
    Act::Out,
    Act::Fold,
    Act::Merge,
    Act::Split,
    Act::SplitNote,
    Act::Delete,
];

/// The acts that can be done to a line now.
pub fn possible_acts(view: &BoardView, item: &ItemId) -> Rc<Vec<Act>> {
    Rc::new(BAR.into_iter().filter(|act| acts::possible(view, item, *act)).collect())
}

fn face(act: Act, folded: bool, texts: &OutlineTexts) -> (Glyph, &'static str) {
    match act {
        Act::Up => (Glyph::Up, texts.up),
        Act::Down => (Glyph::Down, texts.down),
        Act::Into => (Glyph::Into, texts.into),
        Act::Out => (Glyph::Out, texts.out),
        Act::Fold if folded => (Glyph::Unfold, texts.unfold),
        Act::Fold => (Glyph::Fold, texts.fold),
        Act::Merge => (Glyph::Merge, texts.merge),
        Act::Split => (Glyph::Split, texts.split),
        Act::SplitNote => (Glyph::Split, texts.split_note),
        Act::Delete => (Glyph::Basket, texts.delete),
    }
}

/// A line.
#[derive(Properties, PartialEq)]
pub struct OutlineRowProps {
    /// Whose board.
    pub group: GroupId,
    /// The line.
    pub row: Row,
    /// Its note.
    pub note: Option<Same<Note>>,
    /// Or its island.
    pub island: Option<Same<Island>>,
    /// Who wrote the note.
    pub author: Option<AttrValue>,
    /// What can be done to it; empty unless it is selected.
    pub acts: Rc<Vec<Act>>,
    /// Whether it is selected.
    pub selected: bool,
    /// Whether it is being written.
    pub editing: bool,
    /// Whether the tab key stops here.
    pub tab_stop: bool,
    /// Whether this device may only read.
    pub read_only: bool,
    /// Told what happened.
    pub on_event: Callback<RowEvent>,
}

/// The line.
#[component]
pub fn OutlineRow(props: &OutlineRowProps) -> Html {
    let texts = &use_texts().outline;
    let row = &props.row;
    let (text, target, folded) = match (&props.note, &props.island) {
        (Some(note), _) => (note.text.clone(), TextTarget::Note(note.id.clone()), false),
        (None, Some(island)) => (
            island.heading.clone(),
            TextTarget::Heading(island.id.clone()),
            island.collapsed,
        ),
        // The view lists it but does not hold it: nothing to show.
        (None, None) => return html! {},
    };
    let is_note = props.note.is_some();
    let emit = {
        let (on_event, item) = (props.on_event.clone(), row.item.clone());
        move |kind: RowEventKind| {
            on_event.emit(RowEvent {
                item: item.clone(),
                kind,
            })
        }
    };
    let onfocus = {
        let (emit, selected) = (emit.clone(), props.selected);
        Callback::from(move |event: FocusEvent| {
            if event.target() == event.current_target() && !selected {
                emit(RowEventKind::Select);
            }
        })
    };
    let onclick = {
        let (emit, read_only) = (emit.clone(), props.read_only);
        Callback::from(move |_: MouseEvent| {
            emit(if read_only {
                RowEventKind::Select
            } else {
                RowEventKind::Write
            })
        })
    };
    let label = format!(
        "{}：{}",
        if is_note { texts.note } else { texts.heading },
        if text.trim().is_empty() { "…" } else { text.as_str() },
    );
    let lead = match (&props.note, row.open) {
        (Some(note), _) => {
            html! { <span class={classes!("row__mark", paper_class(note.colour))} aria-hidden="true" /> }
        }
        (None, Some(open)) => {
            let onclick = {
                let emit = emit.clone();
                Callback::from(move |_: MouseEvent| emit(RowEventKind::Act(Act::Fold)))
            };
            html! {
                <button type="button" class="row__fold" tabindex="-1" disabled={props.read_only}
                    aria-label={if open { texts.fold } else { texts.unfold }} {onclick}>
                    <Icon glyph={if open { Glyph::Fold } else { Glyph::Unfold }} />
                </button>
            }
        }
        (None, None) => html! { <span class="row__mark row__mark--plate" aria-hidden="true" /> },
    };
    let body = if props.editing {
        let on_left = {
            let emit = emit.clone();
            let empty = text.is_empty();
            Callback::from(move |left: Left| {
                emit(RowEventKind::Left {
                    by_blur: left == Left::Blur,
                    empty,
                });
            })
        };
        let on_key = {
            let emit = emit.clone();
            Callback::from(move |event: KeyboardEvent| match keys::in_field(&event) {
                Some(wish) => {
                    event.prevent_default();
                    event.stop_propagation();
                    emit(RowEventKind::Wish(wish));
                    true
                }
                None => false,
            })
        };
        html! {
            <TextField
                group={props.group.clone()} {target} class="row__field" label={if is_note { texts.note } else { texts.heading }}
                placeholder={if is_note { texts.note_placeholder } else { texts.heading_placeholder }}
                autofocus=true grow=true {on_left} {on_key}
            />
        }
    } else if text.trim().is_empty() {
        let words = if is_note {
            texts.note_placeholder
        } else {
            texts.heading_placeholder
        };
        html! { <div class="row__text row__text--empty" {onclick}>{words}</div> }
    } else {
        html! { <div class="row__text" {onclick}>{text.clone()}</div> }
    };
    let classes = classes!(
        "row",
        if is_note { "row--note" } else { "row--heading" },
        format!("row--level-{}", row.level.min(INDENT_MAX)),
        props.selected.then_some("row--selected"),
        props.editing.then_some("row--editing"),
    );
    html! {
        <div class={classes} role="treeitem" data-row={row.item.to_string()} aria-label={label}
            aria-level={row.level.to_string()} aria-posinset={row.place.to_string()} aria-setsize={row.siblings.to_string()}
            aria-expanded={row.open.map(|open| open.to_string())} aria-selected={props.selected.to_string()}
            tabindex={if props.tab_stop { "0" } else { "-1" }} {onfocus}>
            <div class="row__line">
                {lead}
                <div class="row__body">
                    {body}
                    <Meta note={props.note.clone()} island={props.island.clone()} author={props.author.clone()} open={row.open} />
                </div>
            </div>
            if props.selected && !props.read_only {
                <ActBar text={short(&text)} acts={props.acts.clone()} {folded} on_act={Callback::from(move |act| emit(RowEventKind::Act(act)))} />
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct MetaProps {
    note: Option<Same<Note>>,
    island: Option<Same<Island>>,
    author: Option<AttrValue>,
    open: Option<bool>,
}

/// What stands small beside a line: who wrote it, how many it holds, which headings it absorbed.
#[component]
fn Meta(props: &MetaProps) -> Html {
    let texts = &use_texts().outline;
    let withheld = props
        .note
        .as_ref()
        .map(|note| note.withheld)
        .or(props.island.as_ref().map(|island| island.withheld));
    let lone_wolf = props.note.as_ref().is_some_and(|note| note.lone_wolf);
    let kept = props
        .island
        .as_ref()
        .map(|island| island.kept_headings.clone())
        .unwrap_or_default();
    let count = props
        .island
        .as_ref()
        .map(|island| island.note_count)
        .filter(|_| props.open == Some(false));
    html! {
        <div class="row__meta">
            if let Some(count) = count {
                <span class="chip chip--quiet figures">{(texts.count)(count)}</span>
            }
            if withheld == Some(true) {
                <span class="chip chip--warning">{texts.withheld}</span>
            }
            if lone_wolf {
                <span class="chip chip--quiet">{texts.lone_wolf}</span>
            }
            if !kept.is_empty() {
                <span class="row__kept">
                    {texts.kept}{"："}
                    {kept.iter().map(|(_, heading)| heading.as_str()).collect::<Vec<_>>().join("、")}
                </span>
            }
            if let Some(author) = &props.author {
                <span class="row__author">{author}</span>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ActBarProps {
    text: AttrValue,
    acts: Rc<Vec<Act>>,
    folded: bool,
    on_act: Callback<Act>,
}

/// The bar under a selected line. Touching it does not take the focus from the field.
#[component]
fn ActBar(props: &ActBarProps) -> Html {
    let texts = &use_texts().outline;
    let keep_focus = Callback::from(|event: MouseEvent| event.prevent_default());
    let button = |act: &Act| {
        let act = *act;
        let (glyph, words) = face(act, props.folded, texts);
        let onclick = {
            let on_act = props.on_act.clone();
            Callback::from(move |_: MouseEvent| on_act.emit(act))
        };
        html! {
            <button key={words} type="button" class="act" {onclick}>
                <Icon {glyph} />
                <span>{words}</span>
            </button>
        }
    };
    html! {
        <div class="row__acts" role="toolbar" aria-label={(texts.actions)(&props.text)} onmousedown={keep_focus}>
            {for props.acts.iter().map(button)}
        </div>
    }
}
