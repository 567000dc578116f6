//! What the coordinator says to everybody: the timer, an announcement, whether tables may look at each other.

use board::{WorkshopCommand, WorkshopView};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    components::icon::{Glyph, Icon},
    hooks::{Same, use_store, use_texts},
    pages::timer::TimerChip,
};

/// The lengths offered, in minutes.
const MINUTES: [u64; 4] = [5, 10, 15, 20];
/// Longest announcement, in Unicode scalar values: two lines on a tablet.
const ANNOUNCEMENT_CHARS_MAX: usize = 120;

/// The workshop as it is.
#[derive(Properties, PartialEq)]
pub struct ToolsProps {
    /// The workshop.
    pub workshop: Same<WorkshopView>,
}

/// The tools.
#[component]
pub fn Tools(props: &ToolsProps) -> Html {
    let texts = &use_texts().pages.overview;
    let store = use_store();
    let words = use_node_ref();
    let start = |minutes: u64| {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| {
            let ends_at_ms = store
                .wall_ms()
                .saturating_add(i64::try_from(minutes * 60_000).unwrap_or(i64::MAX));
            // A refusal is told by the store, here and below.
            let _ = store.act_workshop(WorkshopCommand::StartTimer { ends_at_ms });
        })
    };
    let stop = {
        let store = store.clone();
        Callback::from(move |_: MouseEvent| {
            let _ = store.act_workshop(WorkshopCommand::StopTimer);
        })
    };
    let announce = {
        let (store, words) = (store.clone(), words.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(field) = words.cast::<HtmlInputElement>() else {
                return;
            };
            let text: String = field.value().trim().chars().take(ANNOUNCEMENT_CHARS_MAX).collect();
            if text.is_empty() {
                return;
            }
            let id = store.new_note_id().to_string();
            if store.act_workshop(WorkshopCommand::Announce { id, text }).is_ok() {
                field.set_value("");
            }
        })
    };
    let read_others = {
        let store = store.clone();
        Callback::from(move |event: Event| {
            let allowed = event.target_unchecked_into::<HtmlInputElement>().checked();
            let _ = store.act_workshop(WorkshopCommand::SetReadOthers(allowed));
        })
    };
    html! {
        <section class="overview__tools">
            <div class="overview__tool" role="group" aria-label={texts.timer}>
                <span class="overview__tool-name"><Icon glyph={Glyph::Timer} />{texts.timer}</span>
                if let Some(timer) = props.workshop.timer {
                    <TimerChip ends_at_ms={timer.ends_at_ms} />
                    <button type="button" class="button" data-testid="timer-stop" onclick={stop}>{texts.timer_stop}</button>
                } else {
                    {for MINUTES.map(|minutes| html! {
                        <button key={minutes} type="button" class="button figures" data-testid={format!("timer-{minutes}")} onclick={start(minutes)}>
                            {(texts.minutes)(minutes)}
                        </button>
                    })}
                }
            </div>
            <form class="overview__tool overview__announce" onsubmit={announce}>
                <label class="overview__tool-name" for="announce"><Icon glyph={Glyph::Announce} />{texts.announce}</label>
                <input id="announce" ref={words} class="input" type="text" autocomplete="off" maxlength={ANNOUNCEMENT_CHARS_MAX.to_string()}
                    placeholder={texts.announce_example} data-testid="announce" />
                <button type="submit" class="button">{texts.announce_send}</button>
            </form>
            <label class="switch overview__tool">
                <input type="checkbox" class="switch__input" role="switch" checked={props.workshop.read_others} onchange={read_others} />
                {texts.read_others}
            </label>
        </section>
    }
}
