//! Theme, date and place, corrected while the workshop runs.

use board::{WorkshopCommand, WorkshopView};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::hooks::{Same, use_store, use_texts};

/// What is edited.
#[derive(Properties, PartialEq)]
pub struct EditWorkshopProps {
    /// The workshop as it is.
    pub workshop: Same<WorkshopView>,
    /// It was saved, or left.
    pub on_done: Callback<()>,
}

/// The form.
#[component]
pub fn EditWorkshop(props: &EditWorkshopProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.new;
    let store = use_store();
    let (theme, date, venue) = (use_node_ref(), use_node_ref(), use_node_ref());
    let empty = use_state(|| false);
    let onsubmit = {
        let (theme, date, venue, empty) = (theme.clone(), date.clone(), venue.clone(), empty.clone());
        let (before, on_done) = (props.workshop.clone(), props.on_done.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let value = |field: &NodeRef| {
                field
                    .cast::<HtmlInputElement>()
                    .map(|field| field.value().trim().to_owned())
                    .unwrap_or_default()
            };
            let (theme, date, venue) = (value(&theme), value(&date), value(&venue));
            if theme.is_empty() {
                empty.set(true);
                return;
            }
            // Only what differs is written, so that two coordinators do not undo each other.
            let mut commands = Vec::new();
            if theme != before.theme {
                commands.push(WorkshopCommand::SetTheme(theme));
            }
            if date != before.date {
                commands.push(WorkshopCommand::SetDate(date));
            }
            if venue != before.venue {
                commands.push(WorkshopCommand::SetVenue(venue));
            }
            if commands.into_iter().all(|command| store.act_workshop(command).is_ok()) {
                on_done.emit(());
            }
        })
    };
    let leave = {
        let on_done = props.on_done.clone();
        Callback::from(move |_: MouseEvent| on_done.emit(()))
    };
    let workshop = &props.workshop;
    html! {
        <form class="card form edit-workshop" {onsubmit} novalidate=true>
            <div class="field">
                <label class="field__label" for="edit-theme">{texts.theme}</label>
                <input id="edit-theme" ref={theme} class="input" type="text" value={workshop.theme.clone()} aria-invalid={empty.to_string()} />
                if *empty {
                    <p class="field__error" role="alert">{texts.theme_empty}</p>
                }
            </div>
            <div class="form__pair">
                <div class="field">
                    <label class="field__label" for="edit-date">{texts.date}</label>
                    <input id="edit-date" ref={date} class="input" type="text" value={workshop.date.clone()} />
                </div>
                <div class="field">
                    <label class="field__label" for="edit-venue">{texts.venue}</label>
                    <input id="edit-venue" ref={venue} class="input" type="text" value={workshop.venue.clone()} />
                </div>
            </div>
            <div class="button-row">
                <button type="submit" class="button button--primary">{pages.overview.save}</button>
                <button type="button" class="button button--quiet" onclick={leave}>{pages.cancel}</button>
            </div>
        </form>
    }
}
