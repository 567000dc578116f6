//! A new workshop: theme, date, place, groups.

use unicode_segmentation::UnicodeSegmentation;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{frame::Frame, handover, trouble::TroubleStrip};
use crate::{
    api::{self, ApiError, NewGroup, NewWorkshop},
    app::{Route, go},
    components::icon::{Glyph, Icon},
    hooks::use_texts,
    i18n::pages::NewTexts,
};

/// Groups at most: eight tables is a full hall, three times that still fits one screen of the overview.
const GROUPS_MAX: usize = 24;
/// Longest theme, date and place, in Unicode scalar values: three lines of a title.
const THEME_CHARS_MAX: usize = 200;
/// Longest name of a group, in Unicode scalar values.
const NAME_CHARS_MAX: usize = 40;

/// One group of the form.
#[derive(Clone, PartialEq, Default)]
struct GroupRow {
    icon: String,
    name: String,
}

/// What is written so far.
#[derive(Clone, PartialEq)]
struct Draft {
    theme: String,
    date: String,
    venue: String,
    groups: Vec<GroupRow>,
}

/// What is wrong with the draft, field by field.
#[derive(Clone, PartialEq, Default)]
struct Faults {
    theme: Option<String>,
    venue: Option<String>,
    groups: Vec<Option<String>>,
}

impl Faults {
    fn any(&self) -> bool {
        self.theme.is_some() || self.venue.is_some() || self.groups.iter().any(Option::is_some)
    }
}

fn faults(draft: &Draft, texts: &NewTexts) -> Faults {
    let long = |text: &str, limit: usize| (text.chars().count() > limit).then(|| (texts.too_long)(limit));
    let theme = if draft.theme.trim().is_empty() {
        Some(texts.theme_empty.to_owned())
    } else {
        long(&draft.theme, THEME_CHARS_MAX)
    };
    let group = |(index, row): (usize, &GroupRow)| {
        let name = row.name.trim();
        if name.is_empty() {
            Some(texts.name_empty.to_owned())
        } else if draft
            .groups
            .iter()
            .take(index)
            .any(|earlier| earlier.name.trim() == name)
        {
            Some(texts.name_twice.to_owned())
        } else if row.icon.trim().graphemes(true).count() > 1 {
            Some(texts.icon_too_long.to_owned())
        } else {
            long(name, NAME_CHARS_MAX)
        }
    };
    Faults {
        theme,
        venue: long(&draft.venue, THEME_CHARS_MAX),
        groups: draft.groups.iter().enumerate().map(group).collect(),
    }
}

fn workshop(draft: &Draft) -> NewWorkshop {
    let group = |row: &GroupRow| {
        let icon = row.icon.trim();
        NewGroup {
            name: row.name.trim().to_owned(),
            icon: (!icon.is_empty()).then(|| icon.to_owned()),
        }
    };
    NewWorkshop {
        theme: draft.theme.trim().to_owned(),
        date: draft.date.trim().to_owned(),
        venue: draft.venue.trim().to_owned(),
        groups: draft.groups.iter().map(group).collect(),
        report: None,
    }
}

/// The page.
#[component]
pub fn New() -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.new;
    let draft = use_state(|| Draft {
        theme: String::new(),
        date: today(),
        venue: String::new(),
        groups: (1..=2)
            .map(|number| GroupRow {
                icon: String::new(),
                name: (texts.group_name)(number),
            })
            .collect(),
    });
    // Faults are shown after the first try, and then follow the writing.
    let tried = use_state(|| false);
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    let theme_field = use_node_ref();
    let found = if *tried {
        faults(&draft, texts)
    } else {
        Faults::default()
    };

    let edit = |change: fn(&mut Draft, String)| {
        let draft = draft.clone();
        Callback::from(move |event: InputEvent| {
            let mut next = (*draft).clone();
            change(&mut next, event.target_unchecked_into::<HtmlInputElement>().value());
            draft.set(next);
        })
    };
    let set_count = |count: usize| {
        let draft = draft.clone();
        let name = texts.group_name;
        Callback::from(move |_: MouseEvent| {
            let mut next = (*draft).clone();
            next.groups.truncate(count);
            while next.groups.len() < count.min(GROUPS_MAX) {
                let number = next.groups.len() + 1;
                next.groups.push(GroupRow {
                    icon: String::new(),
                    name: name(number),
                });
            }
            draft.set(next);
        })
    };
    let onsubmit = {
        let (draft, tried, waits, trouble, theme_field) = (
            draft.clone(),
            tried.clone(),
            waits.clone(),
            trouble.clone(),
            theme_field.clone(),
        );
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            tried.set(true);
            let found = faults(&draft, texts);
            if *waits || found.any() {
                if let Some(field) = theme_field.cast::<HtmlInputElement>().filter(|_| found.theme.is_some()) {
                    let _ = field.focus();
                }
                return;
            }
            waits.set(true);
            trouble.set(None);
            let new = workshop(&draft);
            let (waits, trouble) = (waits.clone(), trouble.clone());
            spawn_local(async move {
                match api::create_workshop(&new).await {
                    Ok(created) => {
                        let workshop = created.workshop.clone();
                        handover::hand_links(created);
                        go(Route::Links { workshop });
                    }
                    Err(error) => {
                        waits.set(false);
                        trouble.set(Some(error));
                    }
                }
            });
        })
    };
    let group_row = |index: usize, row: &GroupRow| {
        let fault = found.groups.get(index).cloned().flatten();
        let on = |change: fn(&mut GroupRow, String)| {
            let draft = draft.clone();
            Callback::from(move |event: InputEvent| {
                let mut next = (*draft).clone();
                if let Some(row) = next.groups.get_mut(index) {
                    change(row, event.target_unchecked_into::<HtmlInputElement>().value());
                }
                draft.set(next);
            })
        };
        html! {
            <li key={index} class="group-row">
                <input class="input group-row__icon" type="text" value={row.icon.clone()} placeholder="★"
                    aria-label={(texts.icon_label)(index + 1)} oninput={on(|row, text| row.icon = text)} />
                <input class="input" type="text" value={row.name.clone()} aria-label={(texts.name_label)(index + 1)}
                    aria-invalid={fault.is_some().to_string()} oninput={on(|row, text| row.name = text)} />
                if let Some(fault) = fault {
                    <p class="field__error group-row__error" role="alert">{fault}</p>
                }
            </li>
        }
    };
    let count = draft.groups.len();
    let theme_wrong = found.theme.is_some();
    html! {
        <Frame title={texts.title} back={Route::Start} class="page--narrow">
            <form class="form" {onsubmit} novalidate=true>
                <div class="field">
                    <label class="field__label" for="theme">{texts.theme}</label>
                    <input id="theme" ref={theme_field} class="input input--large" type="text" data-testid="new-theme"
                        value={draft.theme.clone()} placeholder={texts.theme_example} autocomplete="off"
                        aria-invalid={theme_wrong.to_string()} aria-describedby={theme_wrong.then_some("theme-error")}
                        oninput={edit(|draft, text| draft.theme = text)} />
                    if let Some(fault) = &found.theme {
                        <p id="theme-error" class="field__error" role="alert">{fault}</p>
                    }
                </div>
                <div class="form__pair">
                    <div class="field">
                        <label class="field__label" for="date">{texts.date}</label>
                        <input id="date" class="input" type="date" value={draft.date.clone()}
                            oninput={edit(|draft, text| draft.date = text)} />
                    </div>
                    <div class="field">
                        <label class="field__label" for="venue">
                            {texts.venue}<span class="field__optional">{texts.optional}</span>
                        </label>
                        <input id="venue" class="input" type="text" value={draft.venue.clone()}
                            placeholder={texts.venue_example} oninput={edit(|draft, text| draft.venue = text)} />
                        if let Some(fault) = &found.venue {
                            <p class="field__error" role="alert">{fault}</p>
                        }
                    </div>
                </div>
                <fieldset class="field">
                    <legend class="field__label">{texts.groups}</legend>
                    <div class="stepper" role="group" aria-label={texts.groups}>
                        <button type="button" class="button button--icon" aria-label={texts.fewer}
                            disabled={count <= 1} onclick={set_count(count.saturating_sub(1))}>
                            <Icon glyph={Glyph::Minus} />
                        </button>
                        <output class="stepper__count figures" aria-live="polite">{(texts.count)(count)}</output>
                        <button type="button" class="button button--icon" aria-label={texts.more}
                            disabled={count >= GROUPS_MAX} onclick={set_count(count + 1)}>
                            <Icon glyph={Glyph::Plus} />
                        </button>
                    </div>
                    <p class="field__hint">{texts.groups_hint}</p>
                    <ul class="group-rows">
                        {for draft.groups.iter().enumerate().map(|(index, row)| group_row(index, row))}
                    </ul>
                </fieldset>
                if let Some(error) = &*trouble {
                    <TroubleStrip error={error.clone()} />
                }
                <button type="submit" class="button button--primary button--large form__submit" data-testid="new-create"
                    aria-disabled={waits.to_string()}>
                    {if *waits { pages.waiting } else { texts.create }}
                </button>
            </form>
        </Frame>
    }
}

/// Today on this device, as a date field wants it.
fn today() -> String {
    let now = js_sys::Date::new_0();
    format!(
        "{:04}-{:02}-{:02}",
        now.get_full_year(),
        now.get_month() + 1,
        now.get_date()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    fn draft(theme: &str, groups: &[(&str, &str)]) -> Draft {
        let row = |(icon, name): &(&str, &str)| GroupRow {
            icon: (*icon).into(),
            name: (*name).into(),
        };
        Draft {
            theme: theme.into(),
            date: String::new(),
            venue: String::new(),
            groups: groups.iter().map(row).collect(),
        }
    }

    #[test]
    fn an_empty_theme_is_asked_for() {
        let texts = &Locale::Ja.texts().pages.new;
        assert_eq!(
            faults(&draft("  ", &[("", "1班")]), texts).theme.as_deref(),
            Some(texts.theme_empty)
        );
        assert!(!faults(&draft("公園", &[("", "1班")]), texts).any());
    }

    #[test]
    fn each_group_has_its_own_fault_beside_it() {
        let texts = &Locale::Ja.texts().pages.new;
        let found = faults(
            &draft("公園", &[("😊", "1班"), ("", " 1班"), ("", ""), ("👩‍👩‍👧😊", "4班")]),
            texts,
        );
        assert_eq!(found.groups.first(), Some(&None));
        assert_eq!(
            found.groups.get(1).cloned().flatten().as_deref(),
            Some(texts.name_twice)
        );
        assert_eq!(
            found.groups.get(2).cloned().flatten().as_deref(),
            Some(texts.name_empty)
        );
        assert_eq!(
            found.groups.get(3).cloned().flatten().as_deref(),
            Some(texts.icon_too_long)
        );
    }

    #[test]
    fn what_is_sent_is_trimmed() {
        let new = workshop(&draft(" 公園 ", &[(" ", "1班 ")]));
        assert_eq!(new.theme, "公園");
        assert_eq!(
            new.groups,
            [NewGroup {
                name: "1班".into(),
                icon: None
            }]
        );
    }
}
