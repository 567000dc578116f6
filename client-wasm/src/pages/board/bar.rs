//! The bar below the board: ＋付箋 large in the middle, what one needs within a thumb's reach. On a phone what is
//! needed less often waits behind one button.

use board::GroupId;
use wasm_bindgen::{JsCast, closure::Closure};
use yew::prelude::*;

use super::Panel;
use crate::{
    app::{BoardLook, Route},
    components::icon::{Glyph, Icon},
    hooks::{use_slice, use_store, use_texts},
    pages::frame::follow,
    sheet::{SheetHandle, SheetStatus},
};

/// Below this the bar has room for five buttons only: those of 44 px, their words, and the large one.
const NARROW: &str = "(max-width: 819px)";

/// Everything the bar shows and asks for.
#[derive(Properties, PartialEq)]
pub struct BoardBarProps {
    /// The workshop.
    pub workshop: AttrValue,
    /// The group.
    pub group: GroupId,
    /// Sheet or outline.
    pub look: BoardLook,
    /// Whether this device may only read.
    pub read_only: bool,
    /// The panel that is open.
    pub panel: Panel,
    /// The sheet, once it is there.
    pub handle: Option<SheetHandle>,
    /// What the sheet says of itself.
    pub status: SheetStatus,
    /// Questions that the import left open.
    pub open_points: usize,
    /// Coordinators see the log.
    pub coordinator: bool,
    /// Opens a panel, or closes it again.
    pub on_open: Callback<Panel>,
    /// The large button.
    pub on_add_note: Callback<()>,
    /// Sheet or outline was chosen.
    pub on_look: Callback<BoardLook>,
}

/// Whether the screen is that of a phone, now.
pub fn is_narrow() -> bool {
    let list = web_sys::window().and_then(|window| window.match_media(NARROW).ok().flatten());
    list.is_some_and(|list| list.matches())
}

/// Whether the screen is that of a phone, kept up to date.
#[hook]
fn use_narrow() -> bool {
    let narrow = use_state_eq(is_narrow);
    {
        let narrow = narrow.setter();
        use_effect_with((), move |()| {
            let changed = Closure::<dyn Fn()>::new(move || narrow.set(is_narrow()));
            let list = web_sys::window().and_then(|window| window.match_media(NARROW).ok().flatten());
            if let Some(list) = &list {
                let _ = list.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
            }
            move || {
                if let Some(list) = &list {
                    let _ = list.remove_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
                }
                drop(changed);
            }
        });
    }
    *narrow
}

/// One button of the bar: an icon over a word.
#[derive(Properties, PartialEq)]
struct ToolProps {
    glyph: Glyph,
    words: AttrValue,
    testid: AttrValue,
    onclick: Callback<MouseEvent>,
    #[prop_or_default]
    disabled: bool,
    /// For buttons that switch something on.
    #[prop_or_default]
    pressed: Option<bool>,
    /// For buttons that open a panel.
    #[prop_or_default]
    expanded: Option<bool>,
    /// A number at the icon's corner; none is shown for 0.
    #[prop_or_default]
    count: usize,
    /// What is said instead of the word.
    #[prop_or_default]
    label: Option<AttrValue>,
}

#[component]
fn Tool(props: &ToolProps) -> Html {
    html! {
        <button type="button" class="tool" data-testid={props.testid.clone()} disabled={props.disabled}
            aria-pressed={props.pressed.map(|pressed| pressed.to_string())}
            aria-expanded={props.expanded.map(|expanded| expanded.to_string())}
            aria-label={props.label.clone()} onclick={props.onclick.clone()}>
            <span class="tool__icon">
                <Icon glyph={props.glyph} />
                if props.count > 0 {
                    <span class="tool__count figures" aria-hidden="true">{props.count.min(99)}</span>
                }
            </span>
            <span class="tool__words">{props.words.clone()}</span>
        </button>
    }
}

/// The bar.
#[component]
pub fn BoardBar(props: &BoardBarProps) -> Html {
    let all = use_texts();
    let texts = &all.pages.board;
    let store = use_store();
    let narrow = use_narrow();
    let more = use_state(|| false);
    let slot = {
        let group = props.group.clone();
        use_slice(move |state| {
            state
                .boards
                .get(&group)
                .map(|slot| (slot.undo, slot.view.basket().len()))
        })
    };
    let (undo_state, basket) = slot.unwrap_or_default();
    let on_sheet = props.look == BoardLook::Sheet;

    let panel = |panel: Panel| {
        let (open, more) = (props.on_open.clone(), more.clone());
        Callback::from(move |_: MouseEvent| {
            more.set(false);
            open.emit(panel.clone());
        })
    };
    let order = |order: fn(&SheetHandle)| {
        let (handle, more) = (props.handle.clone(), more.clone());
        Callback::from(move |_: MouseEvent| {
            more.set(false);
            if let Some(handle) = &handle {
                order(handle);
            }
        })
    };
    let undo = {
        let (store, group) = (store.clone(), props.group.clone());
        Callback::from(move |_: MouseEvent| store.undo(&group))
    };
    let redo = {
        let (store, group) = (store, props.group.clone());
        Callback::from(move |_: MouseEvent| store.redo(&group))
    };
    let add = {
        let add = props.on_add_note.clone();
        Callback::from(move |_: MouseEvent| add.emit(()))
    };
    let toggle_more = {
        let more = more.clone();
        Callback::from(move |_: MouseEvent| more.set(!*more))
    };
    let report = Route::Report {
        workshop: props.workshop.to_string(),
    };
    let look = |wanted: BoardLook, glyph: Glyph, words: &'static str, testid: &'static str| {
        let (on_look, more) = (props.on_look.clone(), more.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            more.set(false);
            on_look.emit(wanted);
        });
        html! { <Tool {glyph} {words} {testid} pressed={props.look == wanted} {onclick} /> }
    };
    let history = html! {
        <>
            <Tool glyph={Glyph::Undo} words={texts.undo} testid="undo" disabled={props.read_only || undo_state.undo.is_none()} onclick={undo} />
            <Tool glyph={Glyph::Redo} words={texts.redo} testid="redo" disabled={props.read_only || undo_state.redo.is_none()} onclick={redo} />
        </>
    };
    let gather = if on_sheet && !props.read_only {
        html! {
            <>
                <Tool glyph={Glyph::Lasso} words={texts.lasso} testid="lasso" pressed={props.status.lasso}
                    onclick={order(SheetHandle::toggle_lasso)} />
                <Tool glyph={Glyph::Island} words={texts.draw_island} testid="draw-island" onclick={order(SheetHandle::draw_island)} />
            </>
        }
    } else {
        html! {}
    };
    let fit = if on_sheet {
        html! { <Tool glyph={Glyph::Fit} words={texts.fit} testid="fit" onclick={order(SheetHandle::fit)} /> }
    } else {
        html! {}
    };
    let views = html! {
        <div class="tool-pair" role="group" aria-label={texts.views}>
            {look(BoardLook::Sheet, Glyph::Sheet, texts.sheet, "view-sheet")}
            {look(BoardLook::Outline, Glyph::List, texts.outline, "view-outline")}
        </div>
    };
    let checks = if props.open_points > 0 {
        html! {
            <Tool glyph={Glyph::Notice} words={texts.checks} testid="open-checks" expanded={props.panel == Panel::Checks}
                count={props.open_points} onclick={panel(Panel::Checks)} />
        }
    } else {
        html! {}
    };
    let log = if props.coordinator {
        let words = all.pages.moderation.log;
        html! {
            <Tool glyph={Glyph::Log} {words} testid="open-log" expanded={props.panel == Panel::Log} onclick={panel(Panel::Log)} />
        }
    } else {
        html! {}
    };
    let report = html! {
        <a class="tool" href={report.to_string()} data-testid="open-report" onclick={follow(report.clone())}>
            <span class="tool__icon"><Icon glyph={Glyph::Report} /></span>
            <span class="tool__words">{texts.report}</span>
        </a>
    };
    let basket = html! {
        <Tool glyph={Glyph::Basket} words={texts.basket} testid="open-basket" expanded={props.panel == Panel::Basket}
            count={basket} label={(texts.basket_count)(basket)} onclick={panel(Panel::Basket)} />
    };
    let add = html! {
        <button type="button" class="add-note" data-testid="add-note" disabled={props.read_only} onclick={add}>
            <Icon glyph={Glyph::Plus} />
            <span>{texts.add_note}</span>
        </button>
    };
    if narrow {
        html! {
            <nav class="bar bar--narrow" aria-label={texts.bar}>
                {history}
                {add}
                {basket}
                <Tool glyph={Glyph::More} words={texts.more} testid="more" expanded={*more} onclick={toggle_more} />
                if *more {
                    <div class="bar__more" role="group" aria-label={texts.more}>
                        {gather}{fit}{views}{checks}{log}{report}
                    </div>
                }
            </nav>
        }
    } else {
        html! {
            <nav class="bar" aria-label={texts.bar}>
                <div class="bar__side">{history}{gather}</div>
                {add}
                <div class="bar__side bar__side--end">{fit}{basket}{views}{checks}{log}{report}</div>
            </nav>
        }
    }
}
