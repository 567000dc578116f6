//! The log of a board (記録): who did what, each line leading to its place; and taking back what one person did. For
//! coordinators.

use std::collections::{BTreeMap, BTreeSet};

use board::{
    BoardView, GroupId, ItemId, PersonId,
    board::{ActsOf, ChronicleEntry, TakenBack},
};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::PanelFrame;
use crate::{
    api::{self, ApiError, HallAct, Writer},
    components::icon::{Glyph, Icon},
    hooks::{Same, use_slice, use_store, use_texts},
    outline::rows::{short, text_of},
    pages::trouble::TroubleStrip,
    store::Notice,
};

/// Acts listed: an hour of a busy table.
const LISTED_MAX: usize = 300;
/// The choices of time, in minutes; 0 is all.
const MINUTES: [u64; 4] = [5, 15, 60, 0];

/// Whose board.
#[derive(Properties, PartialEq)]
pub struct LogPanelProps {
    /// The workshop.
    pub workshop: AttrValue,
    /// The group.
    pub group: GroupId,
    /// Whether this device may only read.
    pub read_only: bool,
    /// Asked to show an item on the sheet.
    pub on_show: Callback<ItemId>,
    /// Asked to erase a person's name.
    pub on_erase: Callback<PersonId>,
    /// The person closes it.
    pub on_close: Callback<()>,
}

/// Somebody who wrote on the board: a person, or a device whose person is not known.
#[derive(Clone, PartialEq)]
struct Author {
    key: String,
    name: String,
    person: Option<PersonId>,
    device: String,
    actors: BTreeSet<String>,
}

/// Writers by person; without one, by device.
fn authors(writers: &[Writer], unnamed: &str) -> Vec<Author> {
    let mut authors: BTreeMap<String, Author> = BTreeMap::new();
    for writer in writers {
        let key = writer.person.clone().unwrap_or_else(|| writer.device.clone());
        let author = authors.entry(key.clone()).or_insert_with(|| Author {
            key,
            name: if writer.name.is_empty() {
                unnamed.to_owned()
            } else {
                writer.name.clone()
            },
            person: writer.person.as_ref().and_then(|person| person.parse().ok()),
            device: writer.device.clone(),
            actors: BTreeSet::new(),
        });
        author.actors.insert(writer.actor.clone());
    }
    let mut authors: Vec<Author> = authors.into_values().collect();
    authors.sort_by(|left, right| left.name.cmp(&right.name));
    authors
}

/// The panel.
#[component]
pub fn LogPanel(props: &LogPanelProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.moderation;
    let store = use_store();
    let view = {
        let group = props.group.clone();
        use_slice(move |state| state.boards.get(&group).map(|slot| Same(slot.view.clone())))
    };
    let writers = use_state(Vec::<Writer>::new);
    let acts = use_state(Vec::<HallAct>::new);
    let trouble = use_state(|| None::<ApiError>);
    let chosen = use_state(|| None::<String>);
    // Whoever begins to write while the panel is open is looked up with the next change of the board.
    {
        let (writers, acts, trouble) = (writers.clone(), acts.clone(), trouble.clone());
        let key = (props.workshop.clone(), props.group.clone(), view.clone());
        use_effect_with(key, move |(workshop, group, _)| {
            let (workshop, group) = (workshop.clone(), group.clone());
            spawn_local(async move {
                match (api::writers(&workshop, &group).await, api::acts(&workshop).await) {
                    (Ok(found), Ok(done)) => {
                        writers.set(found);
                        acts.set(done);
                        trouble.set(None);
                    }
                    (Err(error), _) | (_, Err(error)) => trouble.set(Some(error)),
                }
            });
        });
    }
    let entries = {
        let (store, group) = (store.clone(), props.group.clone());
        use_memo(view.clone(), move |_| store.chronicle(&group, LISTED_MAX))
    };
    let Some(view) = view else { return html! {} };
    let authors = authors(&writers, texts.somebody);
    let by_actor: BTreeMap<&str, &Author> = authors
        .iter()
        .flat_map(|author| author.actors.iter().map(move |actor| (actor.as_str(), author)))
        .collect();
    let author = authors.iter().find(|author| Some(&author.key) == chosen.as_ref());
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |event: Event| {
            let key = event.target_unchecked_into::<HtmlSelectElement>().value();
            chosen.set(Some(key).filter(|key| !key.is_empty()));
        })
    };
    let line = |(index, entry): (usize, &ChronicleEntry)| {
        let actor = entry.actor.to_hex_string();
        let known = by_actor.get(actor.as_str());
        if author.is_some_and(|author| !author.actors.contains(&actor)) {
            return html! {};
        }
        let listed = entry.person.as_ref();
        let listed = listed.and_then(|id| view.people.iter().find(|person| person.id == *id));
        let name = known
            .map(|author| author.name.clone())
            .or_else(|| listed.map(|person| person.name.clone()))
            .unwrap_or_else(|| texts.server.to_owned());
        let (hours, minutes) = time_of_day(entry.at_ms);
        let words = entry
            .items
            .iter()
            .map(|item| text_of(&view, item))
            .find(|text| !text.is_empty());
        let inner = html! {
            <>
                <span class="log__when figures">{(texts.at)(hours, minutes)}</span>
                <span class="log__words">
                    <strong>{name}</strong>{"　"}{(texts.deed)(entry.deed, entry.times.max(entry.items.len()))}
                    if let Some(words) = words {
                        <span class="log__text">{short(&words)}</span>
                    }
                </span>
            </>
        };
        let place = entry.items.iter().find(|item| is_somewhere(&view, item));
        match place {
            Some(item) => {
                let (on_show, item) = (props.on_show.clone(), item.clone());
                let onclick = Callback::from(move |_: MouseEvent| on_show.emit(item.clone()));
                html! { <li key={index}><button type="button" class="log__line" data-testid="log-line" {onclick}>{inner}</button></li> }
            }
            None => html! { <li key={index}><p class="log__line" data-testid="log-line">{inner}</p></li> },
        }
    };
    let hall = |(index, act): (usize, &HallAct)| {
        let here = act.group.as_deref().is_none_or(|group| group == props.group.as_str());
        if !here || author.is_some() {
            return html! {};
        }
        let (hours, minutes) = time_of_day(act.at_ms);
        let or_somebody = |name: &str| {
            if name.is_empty() {
                texts.somebody.to_owned()
            } else {
                name.to_owned()
            }
        };
        let subject = or_somebody(act.subject.as_deref().unwrap_or_default());
        html! {
            <li key={index}>
                <p class="log__line log__line--hall" data-testid="log-act">
                    <span class="log__when figures">{(texts.at)(hours, minutes)}</span>
                    <span class="log__words">{(texts.act)(&or_somebody(&act.name), &act.act, &subject, act.count)}</span>
                </p>
            </li>
        }
    };
    let named = author.and_then(|author| Some((author, author.person.clone()?)));
    let erase_person = named.map(|(author, person)| {
        let on_erase = props.on_erase.clone();
        let onclick = Callback::from(move |_: MouseEvent| on_erase.emit(person.clone()));
        html! {
            <p>
                <button type="button" class="button button--quiet" data-testid="erase-person" {onclick}>
                    <Icon glyph={Glyph::Trash} />{(texts.erase_person)(&author.name)}
                </button>
            </p>
        }
    });
    html! {
        <PanelFrame title={texts.log} testid="log" on_close={props.on_close.clone()}>
            <p class="secondary small">{texts.log_hint}</p>
            if let Some(error) = &*trouble {
                <TroubleStrip error={error.clone()} />
            }
            <label class="field">
                <span class="field__label">{texts.whose}</span>
                <select class="input" data-testid="log-whose" onchange={choose}>
                    <option value="" selected={chosen.is_none()}>{texts.everybody}</option>
                    {for authors.iter().map(|author| html! {
                        <option key={author.key.clone()} value={author.key.clone()} selected={chosen.as_ref() == Some(&author.key)}>
                            {&author.name}
                        </option>
                    })}
                </select>
            </label>
            if let Some(author) = author {
                if !props.read_only {
                    <TakeBack key={author.key.clone()} workshop={props.workshop.clone()} group={props.group.clone()}
                        author={author.clone()} view={view.clone()} />
                }
                {erase_person}
            }
            if !acts.is_empty() {
                <ul class="log log--hall">{for acts.iter().enumerate().map(hall)}</ul>
            }
            if entries.is_empty() {
                <p class="panel__empty">{texts.log_empty}</p>
            } else {
                <ul class="log">{for entries.iter().enumerate().map(line)}</ul>
            }
        </PanelFrame>
    }
}

/// Whether there is a place on the sheet to show.
fn is_somewhere(view: &BoardView, item: &ItemId) -> bool {
    match item {
        ItemId::Note(id) => view.notes.get(id).is_some_and(|note| note.state == board::State::Live),
        ItemId::Island(id) => view
            .islands
            .get(id)
            .is_some_and(|island| island.state == board::State::Live),
    }
}

#[derive(Properties, PartialEq)]
struct TakeBackProps {
    workshop: AttrValue,
    group: GroupId,
    author: Author,
    view: Same<BoardView>,
}

/// Since when, what that would be, and the button.
#[component]
fn TakeBack(props: &TakeBackProps) -> Html {
    let texts = &use_texts().pages.moderation;
    let store = use_store();
    let minutes = use_state(|| MINUTES[0]);
    let of = {
        let since = i64::try_from(*minutes * 60_000).unwrap_or(i64::MAX);
        let since_ms = if *minutes == 0 {
            i64::MIN
        } else {
            store.wall_ms().saturating_sub(since)
        };
        let actors = props
            .author
            .actors
            .iter()
            .filter_map(|actor| automerge::ActorId::try_from(actor.as_str()).ok());
        ActsOf {
            actors: actors.collect(),
            since_ms,
        }
    };
    let planned: TakenBack = {
        let (store, group, of) = (store.clone(), props.group.clone(), of.clone());
        let key = (props.view.clone(), *minutes, props.author.actors.clone());
        *use_memo(key, move |_| store.plan_take_back(&group, &of))
    };
    let choose = {
        let minutes = minutes.clone();
        Callback::from(move |event: Event| {
            if let Ok(chosen) = event.target_unchecked_into::<HtmlSelectElement>().value().parse() {
                minutes.set(chosen);
            }
        })
    };
    let acts = planned.acts() + planned.rest;
    let onclick = {
        let (store, group, workshop, device) = (
            store.clone(),
            props.group.clone(),
            props.workshop.clone(),
            props.author.device.clone(),
        );
        let told = texts.taken_back;
        Callback::from(move |_: MouseEvent| {
            // A refusal has already been said in a notice.
            let Ok(done) = store.take_back(&group, &of) else { return };
            let count = done.acts();
            store.notify(Notice::info(told(count)));
            let (workshop, group, device) = (workshop.clone(), group.clone(), device.clone());
            spawn_local(async move {
                // The board's own history has it as well, in other words: a failure costs one line of the log.
                let _ = api::record_taken_back(&workshop, &group, &device, count).await;
            });
        })
    };
    html! {
        <section class="take-back" data-testid="take-back">
            <h3 class="panel__section">{texts.take_back}</h3>
            <label class="field">
                <span class="field__label">{texts.take_back_since}</span>
                <select class="input" data-testid="take-back-since" onchange={choose}>
                    {for MINUTES.map(|choice| html! {
                        <option key={choice} value={choice.to_string()} selected={*minutes == choice}>{(texts.minutes)(choice)}</option>
                    })}
                </select>
            </label>
            if acts == 0 {
                <p class="small" data-testid="take-back-preview">{texts.nothing}</p>
            } else {
                <p class="small" data-testid="take-back-preview">{(texts.preview)(&planned)}</p>
                if planned.kept > 0 {
                    <p class="small">{(texts.kept)(planned.kept)}</p>
                }
                <p class="secondary small">{texts.take_back_hint}</p>
                <button type="button" class="button button--primary button--wide" data-testid="take-back-do" {onclick}>
                    <Icon glyph={Glyph::Undo} />{(texts.take_back_do)(acts)}
                </button>
            }
        </section>
    }
}

/// Hours and minutes on this device's clock.
fn time_of_day(at_ms: i64) -> (u32, u32) {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at_ms as f64));
    (date.get_hours(), date.get_minutes())
}
