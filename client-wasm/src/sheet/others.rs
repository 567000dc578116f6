//! The others: their cursors, what they hold, where they write.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use board::{
    command::TextTarget,
    geometry::Point,
    id::{GroupId, ItemId, NoteId},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::{
    stage,
    styles::{self, use_styles},
};
use crate::{
    hooks::{use_slice, use_store},
    store::{BoardSlot, RemotePresence, State},
    tools::dropping,
};

/// Somebody else, as a name tag shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The name.
    pub name: String,
    /// Their colour, 0 to 11.
    pub colour_index: u8,
}

impl Holder {
    /// The class that sets `--person` to their colour.
    pub fn class(&self) -> String {
        format!("person-colour-{}", self.colour_index)
    }
}

/// Who holds and writes what, apart from this device. Changes seldom: not while a held thing moves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Others {
    /// Held things.
    pub held: BTreeMap<ItemId, Rc<Holder>>,
    /// Texts being written.
    pub written: BTreeMap<ItemId, Rc<Holder>>,
}

impl Others {
    /// What the presences of a board say.
    pub fn of(slot: &BoardSlot) -> Self {
        let mut others = Self::default();
        for remote in slot.presence.values() {
            let holder = Rc::new(Holder {
                name: remote.name.clone(),
                colour_index: remote.colour_index,
            });
            for item in remote.presence.hold.iter().flat_map(|hold| &hold.items) {
                others.held.entry(item.clone()).or_insert_with(|| Rc::clone(&holder));
            }
            let written = match &remote.presence.writing {
                Some(TextTarget::Note(id)) => Some(ItemId::Note(id.clone())),
                Some(TextTarget::Heading(id)) => Some(ItemId::Island(id.clone())),
                Some(TextTarget::Label(_)) | None => None,
            };
            if let Some(item) = written {
                others.written.entry(item).or_insert(holder);
            }
        }
        others
    }

    /// Who holds this note, or an island round it.
    pub fn holder(&self, item: &ItemId) -> Option<&Rc<Holder>> {
        self.held.get(item)
    }
}

/// Whose cursors are shown.
#[derive(Properties, PartialEq)]
pub struct OthersViewProps {
    /// The board.
    pub group: GroupId,
    /// The board layer, in which held things are moved.
    pub board: NodeRef,
}

/// A presence without its time, so that a repeated message renders nothing.
#[derive(Debug, Clone, PartialEq)]
struct Cursor {
    peer: String,
    name: String,
    colour_index: u8,
    at: Point,
}

/// The others' cursors. Also lets what they hold follow their hands, by style writes.
#[component]
pub fn OthersView(props: &OthersViewProps) -> Html {
    let group = props.group.clone();
    let cursors = use_slice(move |state| cursors(state, &group));
    let store = use_store();
    let moved = use_mut_ref(BTreeMap::<ItemId, HtmlElement>::new);
    use_effect_with((props.group.clone(), props.board.clone()), move |(group, board)| {
        let (group, board) = (group.clone(), board.clone());
        let seen: RefCell<Option<Rc<BTreeMap<String, RemotePresence>>>> = RefCell::default();
        let subscription = store.subscribe(move |state| {
            let Some(slot) = state.boards.get(&group) else { return };
            let before = seen.replace(Some(Rc::clone(&slot.presence)));
            // Nobody held anything and nobody does: nothing to follow.
            let same = before.is_some_and(|before| Rc::ptr_eq(&before, &slot.presence));
            if !same || !moved.borrow().is_empty() {
                follow(slot, &board, &mut moved.borrow_mut());
            }
        });
        move || drop(subscription)
    });
    html! {
        <>
            { for cursors.iter().map(|cursor| html! {
                <CursorView key={cursor.peer.clone()} cursor={cursor.clone()} />
            }) }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct CursorViewProps {
    cursor: Cursor,
}

/// One cursor with its name, as large at every zoom.
#[component]
fn CursorView(props: &CursorViewProps) -> Html {
    let Cursor {
        name, colour_index, at, ..
    } = &props.cursor;
    let node = use_node_ref();
    use_styles(
        &node,
        [("transform", format!("{} scale(var(--inverse-zoom,1))", stage::at(*at)))],
    );
    html! {
        <div ref={node} class={format!("cursor person-colour-{colour_index}")} aria-hidden="true">
            <svg viewBox="0 0 20 24" width="20" height="24">
                <path d="M2 1.5v17.2l4.6-4 3.1 7 3.2-1.4-3.1-6.9h6.2z" />
            </svg>
            <span class="cursor-name">{ name }</span>
        </div>
    }
}

fn cursors(state: &State, group: &GroupId) -> Vec<Cursor> {
    let Some(slot) = state.boards.get(group) else {
        return Vec::new();
    };
    let cursor = |(peer, remote): (&String, &RemotePresence)| {
        remote.presence.cursor.map(|at| Cursor {
            peer: peer.clone(),
            name: remote.name.clone(),
            colour_index: remote.colour_index,
            at,
        })
    };
    slot.presence.iter().filter_map(cursor).collect()
}

/// Puts held things where their holders have them; the stylesheet makes the way between two messages smooth.
fn follow(slot: &BoardSlot, board: &NodeRef, moved: &mut BTreeMap<ItemId, HtmlElement>) {
    let mut wanted: BTreeMap<ItemId, Point> = BTreeMap::new();
    for hold in slot
        .presence
        .values()
        .filter_map(|remote| remote.presence.hold.as_ref())
    {
        for item in &hold.items {
            let inside = match item {
                ItemId::Island(island) => dropping::descendants(&slot.view, island),
                ItemId::Note(_) => Vec::new(),
            };
            for item in inside.into_iter().chain([item.clone()]) {
                if let Some(home) = dropping::corner(&slot.view, &item) {
                    wanted.insert(item, home + hold.delta);
                }
            }
        }
    }
    moved.retain(|item, element| {
        if wanted.contains_key(item) {
            return true;
        }
        // Let go: home, wherever the board has it now. Attribute and style writes with valid names do not fail.
        let _ = element.remove_attribute("data-carried");
        if let Some(home) = dropping::corner(&slot.view, item)
            && !element.has_attribute("data-drag")
        {
            let _ = element.style().set_property("transform", &stage::at(home));
        }
        false
    });
    for (item, corner) in wanted {
        let element = match moved.get(&item) {
            Some(element) => element.clone(),
            None => {
                let Some(element) = element(board, &item) else { continue };
                styles::place(&element);
                let _ = element.set_attribute("data-carried", "");
                moved.insert(item, element.clone());
                element
            }
        };
        // What this device holds itself stays under its own finger.
        if !element.has_attribute("data-drag") {
            let _ = element.style().set_property("transform", &stage::at(corner));
        }
    }
}

fn element(board: &NodeRef, item: &ItemId) -> Option<HtmlElement> {
    let selector = match item {
        ItemId::Note(id) => format!("[data-note=\"{id}\"]"),
        ItemId::Island(id) => format!("[data-island-id=\"{id}\"]"),
    };
    board
        .cast::<web_sys::Element>()?
        .query_selector(&selector)
        .ok()??
        .dyn_into()
        .ok()
}

/// Whose hands hold any of these things, or an island round them.
pub fn holder_of<'a>(others: &'a Others, view: &board::view::BoardView, items: &[ItemId]) -> Option<&'a Rc<Holder>> {
    items.iter().find_map(|item| {
        others.holder(item).or_else(|| {
            dropping::ancestors(view, item).find_map(|island| others.holder(&ItemId::Island(island.clone())))
        })
    })
}

/// Whether somebody else writes on this note right now.
pub fn is_written(others: &Others, note: &NoteId) -> bool {
    others.written.contains_key(&ItemId::Note(note.clone()))
}
