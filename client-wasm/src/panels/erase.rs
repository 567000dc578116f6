//! Erasing for good at a person's wish: what will happen, what goes, and a box to be ticked first. For coordinators.

use std::collections::BTreeSet;

use board::{GroupId, ItemId, PersonId};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::PanelFrame;
use crate::{
    api::{self, ApiError, ErasureOn, ErasurePreview},
    components::icon::{Glyph, Icon},
    hooks::{Same, use_slice, use_store, use_texts},
    outline::rows::{short, text_of},
    pages::trouble::TroubleStrip,
    store::Notice,
};

/// What is asked for.
#[derive(Properties, PartialEq)]
pub struct ErasePanelProps {
    /// The workshop.
    pub workshop: AttrValue,
    /// The group.
    pub group: GroupId,
    /// Notes, and islands whose headings go.
    #[prop_or_default]
    pub items: Vec<ItemId>,
    /// People whose names go.
    #[prop_or_default]
    pub people: Vec<PersonId>,
    /// The person closes it, or it is done.
    pub on_close: Callback<()>,
}

/// The wish, with other places that were ticked.
fn wish(props: &ErasePanelProps, more: &BTreeSet<(String, String)>) -> Vec<ErasureOn> {
    let mut wish = vec![ErasureOn {
        group: props.group.to_string(),
        items: props.items.iter().map(ToString::to_string).collect(),
        people: props.people.iter().map(ToString::to_string).collect(),
    }];
    wish.extend(more.iter().map(|(group, item)| ErasureOn {
        group: group.clone(),
        items: vec![item.clone()],
        people: Vec::new(),
    }));
    wish
}

/// The panel.
#[component]
pub fn ErasePanel(props: &ErasePanelProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.moderation;
    let store = use_store();
    let workshop = use_slice(|state| Same(state.workshop.clone()));
    let view = {
        let group = props.group.clone();
        use_slice(move |state| state.boards.get(&group).map(|slot| Same(slot.view.clone())))
    };
    let preview = use_state(|| None::<ErasurePreview>);
    let more = use_state(BTreeSet::<(String, String)>::new);
    let sure = use_state(|| false);
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    {
        let (preview, trouble, wish) = (preview.clone(), trouble.clone(), wish(props, &more));
        use_effect_with((props.workshop.clone(), wish), move |(workshop, wish)| {
            let (workshop, wish) = (workshop.clone(), wish.clone());
            spawn_local(async move {
                match api::preview_erasure(&workshop, &wish).await {
                    Ok(found) => preview.set(Some(found)),
                    Err(error) => trouble.set(Some(error)),
                }
            });
        });
    }
    let name_of = |group: &str| {
        let listed = workshop.groups.iter().find(|listed| listed.id.as_str() == group);
        listed.map(|listed| listed.name.clone()).unwrap_or_default()
    };
    let mut words: Vec<String> = Vec::new();
    if let Some(view) = &view {
        words.extend(props.items.iter().map(|item| text_of(view, item)));
        let people = view.people.iter().filter(|person| props.people.contains(&person.id));
        words.extend(people.map(|person| person.name.clone()));
    }
    let mention = |(group, item, text): (String, String, String)| {
        let key = (group.clone(), item.clone());
        let ticked = more.contains(&key);
        let onchange = {
            let (more, key) = (more.clone(), key.clone());
            Callback::from(move |_: Event| {
                let mut chosen = (*more).clone();
                if !chosen.remove(&key) {
                    chosen.insert(key.clone());
                }
                more.set(chosen);
            })
        };
        html! {
            <label key={format!("{group}{item}")} class="radio-row erase__mention">
                <input type="checkbox" checked={ticked} {onchange} />
                <span>{format!("{}　{}", name_of(&group), short(&text))}</span>
            </label>
        }
    };
    let tick = {
        let sure = sure.clone();
        Callback::from(move |event: Event| sure.set(event.target_unchecked_into::<HtmlInputElement>().checked()))
    };
    let erase = {
        let (store, workshop, wish) = (store.clone(), props.workshop.clone(), wish(props, &more));
        let (waits, trouble, on_close) = (waits.clone(), trouble.clone(), props.on_close.clone());
        let (erased, erased_soon) = (texts.erased, texts.erased_soon);
        Callback::from(move |_: MouseEvent| {
            if *waits {
                return;
            }
            waits.set(true);
            trouble.set(None);
            let (store, workshop, wish) = (store.clone(), workshop.clone(), wish.clone());
            let (waits, trouble, on_close) = (waits.clone(), trouble.clone(), on_close.clone());
            spawn_local(async move {
                match api::erase(&workshop, &wish).await {
                    Ok(scrubbed) => {
                        store.notify(Notice::info(if scrubbed { erased } else { erased_soon }));
                        on_close.emit(());
                    }
                    Err(error) => {
                        waits.set(false);
                        trouble.set(Some(error));
                    }
                }
            });
        })
    };
    let mentions: Vec<(String, String, String)> = {
        let found = preview.iter().flat_map(|preview| &preview.mentions);
        let ticked = more.iter().map(|(group, item)| {
            let text = item
                .parse()
                .ok()
                .zip(view.as_ref())
                .map(|(item, view)| text_of(view, &item));
            (group.clone(), item.clone(), text.unwrap_or_default())
        });
        let found = found.map(|mention| (mention.group.clone(), mention.item.clone(), mention.text.clone()));
        ticked.chain(found).collect()
    };
    let boards = match &*preview {
        None => html! { <p class="secondary small" role="status">{texts.looking}</p> },
        Some(preview) => html! {
            <ul class="erase__boards small" data-testid="erase-preview">
                {for preview.boards.iter().map(|on| html! {
                    <li key={on.group.clone()}>{(texts.erase_on)(&name_of(&on.group), on.items.len() + on.people.len())}</li>
                })}
            </ul>
        },
    };
    let leave = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| on_close.emit(()))
    };
    html! {
        <PanelFrame title={texts.erase} testid="erase" on_close={props.on_close.clone()}>
            <ul class="erase__what">
                {for words.iter().enumerate().map(|(index, words)| html! {
                    <li key={index} class="erase__slip">{if words.is_empty() { texts.no_words } else { words.as_str() }}</li>
                })}
            </ul>
            <div class="callout callout--warning">
                <Icon glyph={Glyph::Notice} />
                <ul class="callout__body erase__hints">
                    {for texts.erase_hints.iter().map(|hint| html! { <li key={*hint}>{*hint}</li> })}
                </ul>
            </div>
            {boards}
            if !mentions.is_empty() {
                <fieldset>
                    <legend class="small">{texts.mentions}</legend>
                    {for mentions.into_iter().map(mention)}
                </fieldset>
            }
            <label class="radio-row erase__sure">
                <input type="checkbox" checked={*sure} data-testid="erase-sure" onchange={tick} />
                <span>{texts.erase_sure}</span>
            </label>
            if let Some(error) = &*trouble {
                <TroubleStrip error={error.clone()} />
            }
            <div class="button-row">
                <button type="button" class="button button--warning" data-testid="erase-do" onclick={erase}
                    disabled={!*sure || *waits || preview.is_none()}>
                    <Icon glyph={Glyph::Trash} />{if *waits { pages.waiting } else { texts.erase_do }}
                </button>
                <button type="button" class="button button--quiet" onclick={leave}>{pages.cancel}</button>
            </div>
        </PanelFrame>
    }
}
