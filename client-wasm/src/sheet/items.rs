//! Everything that lies on the sheet, in two layers: islands below, notes above.
//!
//! Elements keep one order (by identifier) whatever the report's order is: moving an element within the page would
//! cut its glide short. The tab key walks in the report's order by itself, see [`crate::tools::keys`].

use std::{collections::BTreeMap, rc::Rc};

use board::{
    id::{IslandId, ItemId},
    view::{BoardView, Island, Note, State},
};
use yew::prelude::*;

use super::{island::IslandView, note::NoteView, others::Others, words::Words};
use crate::{
    app::count_render,
    hooks::Same,
    tools::{Selection, Target, dropping},
};

/// What the layers show.
#[derive(Properties, Clone, PartialEq)]
pub struct LayerProps {
    /// The board; compared by address.
    pub view: Same<BoardView>,
    /// What is selected.
    pub selection: Rc<Selection>,
    /// Who else holds and writes what.
    pub others: Rc<Others>,
    /// Where held things would land.
    #[prop_or_default]
    pub target: Option<Target>,
    /// The island that takes another one in when it is tapped, or is being asked about.
    #[prop_or_default]
    pub asked: Option<IslandId>,
    /// Coordinators see what they withheld, greyed.
    pub shows_withheld: bool,
    /// The texts.
    pub words: Words,
}

/// Whether a note is on this device's sheet.
fn note_is_visible(view: &BoardView, note: &Note, shows_withheld: bool) -> bool {
    note.shown || (shows_withheld && note.withheld && note.state == State::Live && is_open(view, note.parent.as_ref()))
}

fn island_is_visible(view: &BoardView, island: &Island, shows_withheld: bool) -> bool {
    let withheld = island.withheld && island.state == State::Live && island.merged_into.is_none();
    island.shown || (shows_withheld && withheld && is_open(view, island.parent.as_ref()))
}

/// Whether what lies in this island can be seen.
fn is_open(view: &BoardView, parent: Option<&IslandId>) -> bool {
    parent.is_none_or(|parent| {
        view.islands
            .get(parent)
            .is_some_and(|island| island.shown && !island.collapsed)
    })
}

/// Whether an item is on this device's sheet.
pub fn is_visible(view: &BoardView, item: &ItemId, shows_withheld: bool) -> bool {
    match item {
        ItemId::Note(id) => view
            .notes
            .get(id)
            .is_some_and(|note| note_is_visible(view, note, shows_withheld)),
        ItemId::Island(id) => view
            .islands
            .get(id)
            .is_some_and(|island| island_is_visible(view, island, shows_withheld)),
    }
}

/// The islands.
#[component]
pub fn IslandsLayer(props: &LayerProps) -> Html {
    count_render("islands");
    let LayerProps {
        view,
        selection,
        others,
        target,
        asked,
        shows_withheld,
        words,
    } = props;
    let offer = |island: &IslandId| match target {
        Some(Target::Into(into)) if into == island => Some(words.put_in_here),
        Some(Target::Ask(into)) if into == island => Some(words.merge_or_inside),
        _ if asked.as_ref() == Some(island) => Some(words.merge_or_inside),
        _ => None,
    };
    let visible = view
        .islands
        .values()
        .filter(|island| island_is_visible(view, island, *shows_withheld));
    html! {
        <div class="sheet-islands">
            { for visible.map(|island| {
                let item = ItemId::Island(island.id.clone());
                let selected = selection.contains(&item);
                let bare = view.children.get(&island.id).is_none_or(|children| {
                    !children.iter().any(|child| is_visible(view, child, *shows_withheld))
                });
                html! {
                    <IslandView key={island.id.to_string()} island={island.clone()} {bare} {selected}
                        tab_stop={selected && selection.len() == 1} offer={offer(&island.id)}
                        holder={others.holder(&item).cloned()} writer={others.written.get(&item).cloned()}
                        words={*words} />
                }
            }) }
        </div>
    }
}

/// The notes.
#[component]
pub fn NotesLayer(props: &LayerProps) -> Html {
    count_render("notes");
    let LayerProps {
        view,
        selection,
        others,
        shows_withheld,
        words,
        ..
    } = props;
    let names: BTreeMap<_, Rc<str>> = view
        .people
        .iter()
        .map(|person| (&person.id, Rc::from(person.name.as_str())))
        .collect();
    let visible = view
        .notes
        .values()
        .filter(|note| note_is_visible(view, note, *shows_withheld));
    html! {
        <div class="sheet-notes">
            { for visible.map(|note| {
                let item = ItemId::Note(note.id.clone());
                let selected = selection.contains(&item);
                let author = note.author.as_ref().and_then(|author| names.get(author).cloned());
                html! {
                    <NoteView key={note.id.to_string()} note={note.clone()} {selected}
                        tab_stop={selected && selection.len() == 1} {author}
                        holder={others.holder(&item).cloned()} writer={others.written.get(&item).cloned()}
                        words={*words} />
                }
            }) }
        </div>
    }
}

/// A selection without what cannot be seen any more.
pub fn still_visible(view: &BoardView, selection: &Selection, shows_withheld: bool) -> Selection {
    let visible: Selection = selection
        .iter()
        .filter(|item| is_visible(view, item, shows_withheld))
        .cloned()
        .collect();
    dropping::outermost(view, &visible)
}
