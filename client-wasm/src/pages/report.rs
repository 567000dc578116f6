//! The report: always current, in three forms; to print, to copy, to take along.

use std::sync::Arc;

use board::{
    BoardView, GroupId,
    report::{self, ReportBoard},
    workshop::WorkshopGroup,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::frame::Frame;
use crate::{
    api::{self, Role},
    app::Route,
    components::icon::{Glyph, Icon},
    hooks::{Same, use_locale, use_open_board, use_slice, use_store, use_texts},
    platform::clipboard,
    store::Notice,
};

/// Which workshop.
#[derive(Properties, PartialEq)]
pub struct ReportProps {
    /// The workshop's identifier, as in the address.
    pub workshop: AttrValue,
}

/// The forms of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Verbatim,
    Clean,
    Markdown,
}

impl Form {
    /// As in the download's address.
    fn ending(self) -> &'static str {
        match self {
            Self::Verbatim => "txt",
            Self::Clean => "clean.txt",
            Self::Markdown => "md",
        }
    }
}

/// The groups' boards as far as they have arrived, in the workshop's order.
#[derive(Clone, PartialEq)]
struct Boards {
    views: Vec<(GroupId, Same<BoardView>)>,
    all_here: bool,
}

/// The page.
#[component]
pub fn Report(props: &ReportProps) -> Html {
    let locale = use_locale().locale;
    let pages = &use_texts().pages;
    let texts = &pages.report;
    let store = use_store();
    let workshop = use_slice(|state| Same(state.workshop.clone()));
    let role = use_slice(|state| state.seat.as_ref().map(|seat| (seat.role, seat.group.clone())));
    let form = use_state(|| Form::Verbatim);
    let scope = use_state(|| None::<GroupId>);
    let boards = {
        let scope = (*scope).clone();
        use_slice(move |state| {
            let wanted: Vec<&WorkshopGroup> = state
                .workshop
                .groups
                .iter()
                .filter(|group| !group.removed && scope.as_ref().is_none_or(|scope| *scope == group.id))
                .collect();
            let here = wanted
                .iter()
                .filter_map(|group| state.boards.get(&group.id))
                .filter(|slot| slot.loaded);
            let views: Vec<_> = here
                .map(|slot| (slot.group.clone(), Same(Arc::clone(&slot.view))))
                .collect();
            Boards {
                all_here: views.len() == wanted.len(),
                views,
            }
        })
    };
    let text = use_memo((workshop.clone(), boards.clone(), *form), |(workshop, boards, form)| {
        let named = |(id, view): &'_ (GroupId, Same<BoardView>)| {
            let group = workshop.groups.iter().find(|group| group.id == *id)?;
            Some((Arc::clone(&view.0), group))
        };
        let here: Vec<(Arc<BoardView>, &WorkshopGroup)> = boards.views.iter().filter_map(named).collect();
        let views: Vec<ReportBoard<'_>> = here
            .iter()
            .map(|(view, group)| ReportBoard::named(view, group))
            .collect();
        match form {
            Form::Verbatim => report::verbatim(workshop, &views),
            Form::Clean => report::clean(workshop, &views),
            Form::Markdown => report::markdown(workshop, &views),
        }
    });
    let groups: Vec<WorkshopGroup> = workshop.groups.iter().filter(|group| !group.removed).cloned().collect();
    let back = match &role {
        Some((Role::Participant, Some(group))) => Route::Board {
            workshop: props.workshop.to_string(),
            group: group.clone(),
            look: crate::app::BoardLook::default(),
        },
        Some((Role::Viewer, _)) => Route::Wall {
            workshop: props.workshop.to_string(),
        },
        _ => Route::Overview {
            workshop: props.workshop.to_string(),
        },
    };
    let tab = |wanted: Form, label: &'static str| {
        let chosen = *form == wanted;
        let form = form.clone();
        let onclick = Callback::from(move |_: MouseEvent| form.set(wanted));
        html! {
            <button type="button" class="segments__item" role="tab" aria-selected={chosen.to_string()} aria-controls="report-text"
                data-testid={format!("report-{}", wanted.ending())} {onclick}>
                {label}
            </button>
        }
    };
    let hint = match *form {
        Form::Verbatim => texts.verbatim_hint,
        Form::Clean => texts.clean_hint,
        Form::Markdown => texts.markdown_hint,
    };
    let on_scope = {
        let scope = scope.clone();
        Callback::from(move |event: Event| {
            scope.set(event.target_unchecked_into::<HtmlSelectElement>().value().parse().ok());
        })
    };
    let copy = {
        let (text, store) = (text.clone(), store);
        let (copied, failed) = (pages.copied, pages.copy_failed);
        Callback::from(move |_: MouseEvent| {
            let (text, store) = (text.clone(), store.clone());
            spawn_local(async move {
                let words = if clipboard::copy(&text).await { copied } else { failed };
                store.notify(Notice::info(words));
            });
        })
    };
    let print = Callback::from(|_: MouseEvent| {
        if let Some(window) = web_sys::window() {
            let _ = window.print();
        }
    });
    let ending = form.ending();
    let file_name = format!("{}.{ending}", file_stem(&workshop.theme));
    let written = boards.views.iter().any(|(_, view)| !view.top.is_empty());
    html! {
        <Frame title={texts.title} {back} class="report">
            <div hidden=true>
                {for groups.iter().map(|group| html! { <Held key={group.id.to_string()} group={group.id.clone()} /> })}
            </div>
            <div class="report__bar no-print">
                <div class="segments" role="tablist" aria-label={texts.profile}>
                    {tab(Form::Verbatim, texts.verbatim)}
                    {tab(Form::Clean, texts.clean)}
                    {tab(Form::Markdown, texts.markdown)}
                </div>
                if groups.len() > 1 {
                    <select class="input report__scope" aria-label={texts.scope} data-testid="report-scope" onchange={on_scope}>
                        <option value="" selected={scope.is_none()}>{texts.all}</option>
                        {for groups.iter().map(|group| html! {
                            <option key={group.id.to_string()} value={group.id.to_string()} selected={scope.as_ref() == Some(&group.id)}>
                                {&group.name}
                            </option>
                        })}
                    </select>
                }
                <div class="report__ways button-row">
                    <button type="button" class="button" onclick={copy}><Icon glyph={Glyph::Copy} />{texts.copy}</button>
                    <button type="button" class="button" onclick={print}><Icon glyph={Glyph::Print} />{texts.print}</button>
                </div>
            </div>
            <p class="secondary small no-print">{hint}{" "}{texts.live}</p>
            if !boards.all_here {
                <p class="callout no-print" role="status"><Icon glyph={Glyph::Notice} />{texts.partial}</p>
            }
            <div class="report__columns">
                <article id="report-text" class="report__paper" role="tabpanel" tabindex="0">
                    if written {
                        <pre class="report__text" data-testid="report-text">{(*text).clone()}</pre>
                    } else {
                        <p class="report__empty">{texts.empty}</p>
                        <pre class="report__text" data-testid="report-text">{(*text).clone()}</pre>
                    }
                </article>
                <aside class="report__downloads no-print" aria-label={texts.download}>
                    <h2>{texts.download}</h2>
                    <p class="secondary small figures">{(texts.size)(text.lines().count(), text.chars().count())}</p>
                    <a class="button button--primary button--wide" data-testid="report-download" download={file_name}
                        href={api::report_url(&props.workshop, ending, scope.as_ref())}>
                        <Icon glyph={Glyph::Download} />
                        {texts.download_this}
                    </a>
                    <a class="file-link" data-testid="report-csv" download={format!("{}.csv", file_stem(&workshop.theme))}
                        href={api::table_url(&props.workshop, scope.as_ref(), locale.tag())}>
                        <Icon glyph={Glyph::Download} />
                        {pages.moderation.table}
                    </a>
                    <p class="secondary small">{pages.moderation.table_hint}</p>
                    <h3 class="report__more">{".automerge"}</h3>
                    <p class="secondary small">{texts.automerge_hint}</p>
                    <ul class="report__files">
                        {for groups.iter().map(|group| html! {
                            <li key={group.id.to_string()}>
                                <a class="file-link" download="" href={api::board_file_url(&props.workshop, &group.id)}
                                    data-testid={format!("report-automerge-{}", group.id)}>
                                    <Icon glyph={Glyph::Download} />
                                    {(texts.download_board)(&group.name)}
                                </a>
                            </li>
                        })}
                        <li>
                            <a class="file-link" download="" href={api::workshop_file_url(&props.workshop)}>
                                <Icon glyph={Glyph::Download} />
                                {texts.download_workshop}
                            </a>
                        </li>
                    </ul>
                </aside>
            </div>
        </Frame>
    }
}

/// A theme as the name of a file: no character that a file system forbids, at most forty letters.
fn file_stem(theme: &str) -> String {
    const LETTERS_MAX: usize = 40;
    let safe = |letter: char| {
        if letter.is_control() || "/\\:*?\"<>|".contains(letter) {
            '_'
        } else {
            letter
        }
    };
    let stem: String = theme.trim().chars().map(safe).take(LETTERS_MAX).collect();
    if stem.trim_matches(['.', ' ', '_']).is_empty() {
        "yoriai".to_owned()
    } else {
        stem
    }
}

#[derive(Properties, PartialEq)]
struct HeldProps {
    group: GroupId,
}

/// Keeps one group's board open while the report is shown.
#[component]
fn Held(props: &HeldProps) -> Html {
    use_open_board(&props.group);
    html! {}
}

#[cfg(test)]
mod tests {
    use super::file_stem;

    #[test]
    fn a_theme_becomes_a_file_name() {
        assert_eq!(file_stem("協働について考える"), "協働について考える");
        assert_eq!(file_stem("a/b:c?"), "a_b_c_");
        assert_eq!(file_stem(" ../ "), "yoriai");
        assert_eq!(file_stem("..."), "yoriai");
        assert_eq!(file_stem(""), "yoriai");
        assert_eq!(file_stem(&"長".repeat(90)).chars().count(), 40);
    }
}
