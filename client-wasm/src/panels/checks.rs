//! "Check these" on the sheet: what the import left open, and the readings one can choose at any time.

use board::{Command, GroupId, ItemId, view::OpenPoint};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::PanelFrame;
use crate::{
    hooks::{Same, use_slice, use_store, use_texts},
    outline::rows::text_of,
    pages::checks::{self, Choice},
};

/// Questions listed at once; answered ones stay, so that they can be answered otherwise.
const LISTED_MAX: usize = 100;

/// Whose board.
#[derive(Properties, PartialEq)]
pub struct ChecksPanelProps {
    /// The group.
    pub group: GroupId,
    /// Whether this device may only read.
    pub read_only: bool,
    /// Asked to show an item on the sheet.
    pub on_show: Callback<ItemId>,
    /// The person closes it.
    pub on_close: Callback<()>,
}

/// The panel.
#[component]
pub fn ChecksPanel(props: &ChecksPanelProps) -> Html {
    let texts = &use_texts().pages.checks;
    let store = use_store();
    let view = {
        let group = props.group.clone();
        use_slice(move |state| state.boards.get(&group).map(|slot| Same(slot.view.clone())))
    };
    let Some(view) = view else { return html! {} };
    let entry = |point: &OpenPoint| {
        let show = {
            let (on_show, item) = (props.on_show.clone(), point.item.clone());
            Callback::from(move |_: MouseEvent| on_show.emit(item.clone()))
        };
        let resolve = {
            let (store, group, point) = (store.clone(), props.group.clone(), point.id.clone());
            // A refusal is told by the store; the view keeps the reading in force.
            Callback::from(move |reading: usize| {
                drop(store.act(
                    &group,
                    Command::Resolve {
                        point: point.clone(),
                        reading,
                    },
                ));
            })
        };
        let radio = |choice: Choice| {
            let (number, chosen) = match choice {
                Choice::One(number, _) => (number, point.chosen == number),
                Choice::Larger { first, most } => (first, (first..first + most).contains(&point.chosen)),
            };
            let onchange = {
                let resolve = resolve.clone();
                Callback::from(move |_: Event| resolve.emit(number))
            };
            let count = match choice {
                Choice::Larger { first, most } if chosen && most > 1 => {
                    html! { <IslandCount {first} {most} chosen={point.chosen} disabled={props.read_only} on_choose={resolve.clone()} /> }
                }
                _ => html! {},
            };
            html! {
                <div key={number}>
                    <label class="radio-row">
                        <input type="radio" name={format!("point-{}", point.id)} checked={chosen} disabled={props.read_only} {onchange} />
                        <span>{checks::words(choice, texts)}</span>
                    </label>
                    {count}
                </div>
            }
        };
        html! {
            <li key={point.id.clone()} class="open-point" data-point={point.id.clone()}>
                <button type="button" class="open-point__text" onclick={show}>{text_of(&view, &point.item)}</button>
                <fieldset>
                    <legend class="secondary small">{checks::question(&point.kind, texts)}</legend>
                    {for checks::choices(&point.kind, point.readings).into_iter().map(radio)}
                </fieldset>
            </li>
        }
    };
    html! {
        <PanelFrame title={texts.title} testid="checks" on_close={props.on_close.clone()}>
            <p class="secondary small">{texts.intro}</p>
            if view.open_points.is_empty() {
                <p class="panel__empty">{texts.none}</p>
            } else {
                <ul class="open-points">{for view.open_points.iter().take(LISTED_MAX).map(entry)}</ul>
            }
        </PanelFrame>
    }
}

#[derive(Properties, PartialEq)]
struct IslandCountProps {
    first: usize,
    most: usize,
    chosen: usize,
    disabled: bool,
    on_choose: Callback<usize>,
}

/// How many of the islands that follow lie in the larger one.
#[component]
fn IslandCount(props: &IslandCountProps) -> Html {
    let texts = &use_texts().pages.checks;
    let onchange = {
        let on_choose = props.on_choose.clone();
        Callback::from(move |event: Event| {
            if let Ok(reading) = event.target_unchecked_into::<HtmlSelectElement>().value().parse() {
                on_choose.emit(reading);
            }
        })
    };
    let option = |over: usize| {
        let reading = props.first + over - 1;
        html! { <option key={over} value={reading.to_string()} selected={props.chosen == reading}>{over}</option> }
    };
    html! {
        <label class="open-point__count">
            <span class="small">{texts.reading_over_count}</span>
            <select class="input figures" disabled={props.disabled} {onchange}>{for (1..=props.most).map(option)}</select>
        </label>
    }
}
