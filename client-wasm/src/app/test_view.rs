//! `window.yoriai`: what tests of the page may look at. Reading only; it shows nothing that the page does not show.

use std::{cell::RefCell, collections::BTreeMap};

use board::{BoardView, State as ItemState};
use js_sys::{Object, Reflect};
use serde_json::{Map, Value, json};
use wasm_bindgen::{JsValue, closure::Closure};

use crate::store::Store;

thread_local! {
    static RENDERS: RefCell<BTreeMap<&'static str, u64>> = const { RefCell::new(BTreeMap::new()) };
}

/// Counts a render of a component, by name.
pub(crate) fn count_render(component: &'static str) {
    RENDERS.with_borrow_mut(|renders| *renders.entry(component).or_default() += 1);
}

/// Puts `window.yoriai` there.
pub(super) fn install(store: &Store) {
    let Some(window) = web_sys::window() else { return };
    let view = Object::new();
    let store = store.clone();
    let state = Closure::<dyn Fn() -> JsValue>::new(move || JsValue::from_str(&state_json(&store).to_string()));
    let renders = Closure::<dyn Fn() -> JsValue>::new(|| {
        let counts = RENDERS.with_borrow(|renders| json!(renders));
        JsValue::from_str(&counts.to_string())
    });
    let _ = Reflect::set(&view, &"state".into(), state.as_ref());
    let _ = Reflect::set(&view, &"renders".into(), renders.as_ref());
    let _ = Reflect::set(&window, &"yoriai".into(), &view);
    // They live as long as the page.
    state.forget();
    renders.forget();
}

fn state_json(store: &Store) -> Value {
    let state = store.state();
    let groups: Map<String, Value> = state
        .boards
        .iter()
        .map(|(group, slot)| (group.to_string(), board_json(&slot.view, store.heads(group))))
        .collect();
    json!({
        "groups": groups,
        "unsaved": state.connection.unsaved,
        "phase": state.connection.phase.word(),
        "drafts": state.drafts.iter().map(|draft| draft.text.as_str()).collect::<Vec<_>>(),
        "storage": state.storage,
        "page": {
            "keeping": format!("{:?}", state.page.keeping),
            "newer": format!("{:?}", state.page.newer),
        },
    })
}

fn word(state: &ItemState) -> &'static str {
    match state {
        ItemState::Live => "live",
        ItemState::Basket { .. } => "basket",
        ItemState::Moved { .. } => "moved",
        ItemState::Heading => "heading",
        ItemState::Unchosen => "unchosen",
        ItemState::Erased => "erased",
    }
}

fn board_json(view: &BoardView, heads: Vec<String>) -> Value {
    let notes: Map<String, Value> = view
        .notes
        .values()
        .map(|note| {
            let value = json!({
                "text": note.text,
                "parent": note.parent.as_ref().map(ToString::to_string),
                "x": note.position.x,
                "y": note.position.y,
                "state": word(&note.state),
                "withheld": note.withheld,
            });
            (note.id.to_string(), value)
        })
        .collect();
    let islands: Map<String, Value> = view
        .islands
        .values()
        .map(|island| {
            let value = json!({
                "heading": island.heading,
                "parent": island.parent.as_ref().map(ToString::to_string),
                "merged_into": island.merged_into.as_ref().map(ToString::to_string),
                "x": island.bounds.origin.x,
                "y": island.bounds.origin.y,
                "width": island.bounds.size.width,
                "height": island.bounds.size.height,
                "collapsed": island.collapsed,
                "state": word(&island.state),
            });
            (island.id.to_string(), value)
        })
        .collect();
    json!({ "heads": heads, "notes": notes, "islands": islands })
}
