//! "Check these" on the sheet: what the import left open, and the readings one can choose at any time.

use board::{Command, GroupId, ItemId, report::Reading, view::OpenPoint};
use yew::prelude::*;

use super::PanelFrame;
use crate::{
    hooks::{Same, use_slice, use_store, use_texts},
    outline::rows::text_of,
    pages::checks,
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
        let reading = |number: usize| {
            let chosen = point.chosen == number;
            let onchange = {
                let (store, group, point) = (store.clone(), props.group.clone(), point.id.clone());
                Callback::from(move |_: Event| {
                    // A refusal is told by the store; the view keeps the reading in force.
                    let _ = store.act(&group, Command::Resolve { point: point.clone(), reading: number });
                })
            };
            html! {
                <label key={number} class="radio-row">
                    <input type="radio" name={format!("point-{}", point.id)} checked={chosen} disabled={props.read_only} {onchange} />
                    <span>{checks::answer(Reading::of(&point.kind, number), texts)}</span>
                </label>
            }
        };
        html! {
            <li key={point.id.clone()} class="open-point" data-point={point.id.clone()}>
                <button type="button" class="open-point__text" onclick={show}>{text_of(&view, &point.item)}</button>
                <fieldset>
                    <legend class="secondary small">{checks::question(&point.kind, texts)}</legend>
                    {for (0..point.readings).map(reading)}
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
