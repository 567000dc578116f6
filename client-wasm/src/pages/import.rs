//! From a report: read here in the browser as it is typed, shown with what it leaves open, sent only on request.

use board::{
    import::ImportKind,
    report::{self, Check, ImportedGroup, ParseError, ParseReason, Parsed, REPORT_BYTES_MAX},
};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::{checks, frame::Frame, handover, trouble::TroubleStrip};
use crate::{
    api::{self, ApiError, NewWorkshop},
    app::{Route, go},
    components::icon::{Glyph, Icon},
    hooks::use_texts,
    i18n::pages::ImportTexts,
};

/// Headings and notes of one group shown in the preview; a table's evening has some 60.
const PREVIEW_ITEMS_MAX: usize = 300;
/// Questions listed; the rest can be answered on the sheet.
const CHECKS_MAX: usize = 100;

/// Why a chosen file could not be taken.
#[derive(Clone, Copy, PartialEq)]
enum FileFault {
    NoText,
    TooLarge,
}

fn reason(reason: ParseReason, texts: &ImportTexts) -> &'static str {
    match reason {
        ParseReason::TooLarge => texts.reason_too_large,
        ParseReason::NoGroup => texts.reason_no_group,
        ParseReason::BeforeFirstGroup => texts.reason_before_group,
        ParseReason::TooManyGroups => texts.reason_too_many_groups,
        ParseReason::TooManyItems => texts.reason_too_many_items,
        ParseReason::TooManyPeople => texts.reason_too_many_people,
        ParseReason::TooLong => texts.reason_line_too_long,
        ParseReason::ControlCharacter => texts.reason_control,
    }
}

/// Where a line (counted from 1) starts and ends, in UTF-16 units as text fields count.
fn line_range(text: &str, line: usize) -> (u32, u32) {
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    let mut start = 0;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        if index + 1 == line {
            return (start, start + units(whole.trim_end_matches(['\n', '\r'])));
        }
        start += units(whole);
    }
    (start, start)
}

/// The page.
#[component]
pub fn Import() -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.import;
    let text = use_state(String::new);
    let file_fault = use_state(|| None::<FileFault>);
    let waits = use_state(|| false);
    let trouble = use_state(|| None::<ApiError>);
    let field = use_node_ref();
    let outcome = use_memo((*text).clone(), |text| {
        (!text.trim().is_empty()).then(|| {
            let parsed = report::parse(text);
            parsed.map(|parsed| {
                let checks = report::checks(&parsed);
                (parsed, checks)
            })
        })
    });

    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlTextAreaElement>().value());
        })
    };
    let onfile = {
        let (text, file_fault) = (text.clone(), file_fault.clone());
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let Some(file) = input.files().and_then(|files| files.get(0)) else {
                return;
            };
            // The same file may be chosen again after it was corrected.
            input.set_value("");
            if file.size() > REPORT_BYTES_MAX as f64 {
                file_fault.set(Some(FileFault::TooLarge));
                return;
            }
            let (text, file_fault) = (text.clone(), file_fault.clone());
            spawn_local(async move {
                let bytes = JsFuture::from(file.array_buffer())
                    .await
                    .map(|buffer| js_sys::Uint8Array::new(&buffer).to_vec());
                match bytes.map(String::from_utf8) {
                    Ok(Ok(read)) if !read.contains('\0') => {
                        file_fault.set(None);
                        text.set(read);
                    }
                    _ => file_fault.set(Some(FileFault::NoText)),
                }
            });
        })
    };
    let onsample = {
        let (text, file_fault) = (text.clone(), file_fault.clone());
        Callback::from(move |_: MouseEvent| {
            file_fault.set(None);
            text.set(report::DEMO.to_owned());
        })
    };
    let show_line = {
        let (field, text) = (field.clone(), text.clone());
        Callback::from(move |line: usize| {
            let Some(area) = field.cast::<HtmlTextAreaElement>() else {
                return;
            };
            let (start, end) = line_range(&text, line);
            let _ = area.focus();
            let _ = area.set_selection_range(start, end);
            // Browsers do not scroll a selection into view by themselves.
            let lines = text.lines().count().max(1) as f64;
            let top = (line.saturating_sub(3) as f64 / lines) * f64::from(area.scroll_height());
            area.set_scroll_top(top as i32);
        })
    };
    let create = {
        let (text, waits, trouble) = (text.clone(), waits.clone(), trouble.clone());
        let theme = match &*outcome {
            Some(Ok((parsed, _))) => Some(parsed.theme.clone()),
            _ => None,
        };
        Callback::from(move |_: MouseEvent| {
            let Some(theme) = theme.clone().filter(|_| !*waits) else {
                return;
            };
            waits.set(true);
            trouble.set(None);
            let new = NewWorkshop {
                theme,
                report: Some((*text).clone()),
                ..NewWorkshop::default()
            };
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
    let fault = file_fault.map(|fault| match fault {
        FileFault::NoText => texts.file_unreadable.to_owned(),
        FileFault::TooLarge => (texts.file_too_large)(REPORT_BYTES_MAX / 1024),
    });
    let result = match &*outcome {
        None => html! { <p class="import__nothing">{texts.nothing_yet}</p> },
        Some(Err(error)) => html! { <Unreadable error={error.clone()} on_show={show_line} /> },
        Some(Ok((parsed, checks))) => html! {
            <>
                <Understood parsed={parsed.clone()} />
                <CheckList checks={checks.clone()} on_show={show_line} />
                if let Some(error) = &*trouble {
                    <TroubleStrip error={error.clone()} />
                }
                <div class="import__create">
                    <button type="button" class="button button--primary button--large" data-testid="import-create"
                        aria-disabled={waits.to_string()} onclick={create}>
                        {if *waits { pages.waiting } else { texts.create }}
                    </button>
                </div>
            </>
        },
    };
    html! {
        <Frame title={texts.title} back={Route::Start} class="page--wide import">
            <p class="page__intro">{texts.intro}</p>
            <div class="import__columns">
                <section class="import__source">
                    <div class="field">
                        <label class="field__label" for="report-text">{texts.text}</label>
                        <textarea id="report-text" ref={field} class="input import__text" data-testid="import-text" spellcheck="false"
                            placeholder={texts.example} value={(*text).clone()} {oninput} />
                        if let Some(fault) = fault {
                            <p class="field__error" role="alert">{fault}</p>
                        }
                    </div>
                    <div class="button-row">
                        <label class="button file-button">
                            <Icon glyph={Glyph::Upload} />
                            {texts.file}
                            <input class="visually-hidden" type="file" accept=".txt,.md,text/plain" data-testid="import-file"
                                onchange={onfile} />
                        </label>
                        <button type="button" class="button button--quiet" data-testid="import-sample" onclick={onsample}>{texts.sample}</button>
                    </div>
                </section>
                <section class="import__result" aria-live="polite">
                    <h2>{texts.understood}</h2>
                    {result}
                </section>
            </div>
            if let Some(Ok((parsed, _))) = &*outcome {
                <Preview parsed={parsed.clone()} />
            }
        </Frame>
    }
}

#[derive(Properties, PartialEq)]
struct UnreadableProps {
    error: ParseError,
    on_show: Callback<usize>,
}

#[component]
fn Unreadable(props: &UnreadableProps) -> Html {
    let texts = &use_texts().pages.import;
    let error = &props.error;
    let onclick = {
        let (show, line) = (props.on_show.clone(), error.line);
        Callback::from(move |_: MouseEvent| show.emit(line))
    };
    html! {
        <div class="callout callout--warning" role="alert" data-testid="import-error">
            <Icon glyph={Glyph::Notice} />
            <div class="callout__body">
                <strong>{(texts.unreadable)(error.line)}</strong>
                <p>{reason(error.reason, texts)}</p>
                if !error.text.trim().is_empty() {
                    <p class="import__line"><code>{error.text.chars().take(120).collect::<String>()}</code></p>
                }
                <p class="secondary small">{texts.text_kept}</p>
                <p><button type="button" class="button" {onclick}>{texts.show_line}</button></p>
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ParsedProps {
    parsed: Parsed,
}

#[component]
fn Understood(props: &ParsedProps) -> Html {
    let texts = &use_texts().pages.import;
    let counts = props.parsed.counts();
    let count = |number: usize, label: &'static str| {
        html! { <div class="count"><dd class="count__number figures">{number}</dd><dt class="count__label">{label}</dt></div> }
    };
    html! {
        <>
            if !props.parsed.theme.is_empty() {
                <p class="import__theme">{&props.parsed.theme}</p>
            }
            <dl class="counts" data-testid="import-counts">
                {count(counts.groups, texts.groups)}
                {count(counts.people, texts.people)}
                {count(counts.headings, texts.headings)}
                {count(counts.notes, texts.notes)}
                {count(counts.headings_without_notes, texts.lonely_headings)}
            </dl>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct CheckListProps {
    checks: Vec<Check>,
    on_show: Callback<usize>,
}

#[component]
fn CheckList(props: &CheckListProps) -> Html {
    let texts = &use_texts().pages.checks;
    if props.checks.is_empty() {
        return html! { <p class="secondary" data-testid="import-checks">{texts.none}</p> };
    }
    let entry = |(index, check): (usize, &Check)| {
        let onclick = {
            let (show, line) = (props.on_show.clone(), check.line);
            Callback::from(move |_: MouseEvent| show.emit(line))
        };
        let choices = checks::choices(&check.kind, check.readings().len());
        let readings = choices.into_iter().enumerate().map(|(index, choice)| {
            html! {
                <li class={classes!("chip", (index == 0).then_some("chip--accent"))}>
                    {checks::words(choice, texts)}
                    if index == 0 {
                        <span class="visually-hidden">{format!("（{}）", texts.now)}</span>
                    }
                </li>
            }
        });
        html! {
            <li key={index} class="check">
                <button type="button" class="check__line figures" {onclick}>{(texts.line)(check.line)}</button>
                <div class="check__body">
                    <p class="check__text">{&check.text}</p>
                    <p class="secondary small">{checks::question(&check.kind, texts)}</p>
                    <ul class="check__readings">{for readings}</ul>
                </div>
            </li>
        }
    };
    html! {
        <details class="checks" open=true data-testid="import-checks">
            <summary class="checks__title">
                <span>{texts.title}</span>
                <span class="chip chip--quiet">{(texts.count)(props.checks.len())}</span>
            </summary>
            <p class="secondary small">{texts.intro}{" "}{texts.later}</p>
            <ol class="check-list">{for props.checks.iter().take(CHECKS_MAX).enumerate().map(entry)}</ol>
        </details>
    }
}

#[component]
fn Preview(props: &ParsedProps) -> Html {
    let pages = &use_texts().pages;
    let group = |(index, group): (usize, &ImportedGroup)| {
        let people = group
            .people
            .iter()
            .map(|person| person.raw.as_str())
            .collect::<Vec<_>>()
            .join("、");
        let items = group.items.iter().take(PREVIEW_ITEMS_MAX).map(|item| match item.kind {
            ImportKind::Heading => html! { <h4>{&item.text}</h4> },
            ImportKind::Note => html! { <p>{&item.text}</p> },
        });
        html! {
            <article key={index} class="preview-group">
                <h3>
                    if let Some(icon) = &group.icon {
                        <span aria-hidden="true">{icon}{" "}</span>
                    }
                    {&group.name}
                </h3>
                <p class="secondary small">{people}</p>
                <div class="preview-group__items" tabindex="0">{for items}</div>
            </article>
        }
    };
    html! {
        <section class="preview" aria-label={pages.import.preview}>
            <h2>{pages.import.preview}</h2>
            <div class="preview__groups">{for props.parsed.groups.iter().enumerate().map(group)}</div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_as_a_text_field_counts() {
        let text = "あ\n😊 2班\r\n\nend";
        assert_eq!(line_range(text, 1), (0, 1));
        assert_eq!(
            line_range(text, 2),
            (2, 7),
            "the face takes two units, the carriage return is not selected"
        );
        assert_eq!(line_range(text, 4), (10, 13));
        assert_eq!(line_range(text, 99), (13, 13));
    }
}
