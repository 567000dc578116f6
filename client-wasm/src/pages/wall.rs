//! The wall: all groups live on one screen, for the projector. No chrome; a pointer that moves brings two buttons.

use board::workshop::WorkshopGroup;
use yew::prelude::*;

use super::frame::{follow, use_page_title};
use crate::{
    api::Role,
    app::{BoardLook, Route},
    components::icon::{Glyph, Icon},
    hooks::{Same, use_open_board, use_slice, use_texts},
    sheet::MiniSheet,
};

/// Which workshop.
#[derive(Properties, PartialEq)]
pub struct WallProps {
    /// The workshop's identifier, as in the address.
    pub workshop: AttrValue,
}

/// Columns in which so many sheets are seen largest on a lying screen.
fn columns(sheets: usize) -> usize {
    match sheets {
        0 | 1 => 1,
        2..=4 => 2,
        5..=9 => 3,
        10..=16 => 4,
        _ => 5,
    }
}

/// The page.
#[component]
pub fn Wall(props: &WallProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.wall;
    let workshop = use_slice(|state| Same(state.workshop.clone()));
    let viewer = use_slice(|state| state.seat.as_ref().is_none_or(|seat| seat.role == Role::Viewer));
    use_page_title(Some(AttrValue::from(texts.title)), pages.name);
    let groups: Vec<&WorkshopGroup> = workshop.groups.iter().filter(|group| !group.removed).collect();
    let leave = if viewer {
        Route::Start
    } else {
        Route::Overview {
            workshop: props.workshop.to_string(),
        }
    };
    let full_screen = Callback::from(|_: MouseEvent| {
        let document = web_sys::window().and_then(|window| window.document());
        if let Some(root) = document.and_then(|document| document.document_element()) {
            // Refused where the browser has none; the wall is then simply a page.
            let _ = root.request_fullscreen();
        }
    });
    let report = Route::Report {
        workshop: props.workshop.to_string(),
    };
    html! {
        <main class={format!("wall wall--columns-{}", columns(groups.len()))} data-testid="wall">
            <header class="wall__head">
                <h1 class="wall__theme">{&workshop.theme}</h1>
                <nav class="wall__ways">
                    <a class="button button--quiet" href={report.to_string()} data-testid="open-report" onclick={follow(report.clone())}>
                        <Icon glyph={Glyph::Report} />{pages.report.title}
                    </a>
                    <button type="button" class="button button--quiet" onclick={full_screen}>
                        <Icon glyph={Glyph::Fit} />{texts.full_screen}
                    </button>
                    <a class="button button--quiet" href={leave.to_string()} onclick={follow(leave.clone())}>
                        <Icon glyph={Glyph::Close} />{texts.leave}
                    </a>
                </nav>
            </header>
            if groups.is_empty() {
                <p class="wall__empty">{texts.empty}</p>
            }
            <ul class="wall__sheets">
                {for groups.into_iter().map(|group| html! {
                    <WallSheet key={group.id.to_string()} workshop={props.workshop.clone()} group={group.clone()} />
                 })}
            </ul>
        </main>
    }
}

#[derive(Properties, PartialEq)]
struct WallSheetProps {
    workshop: AttrValue,
    group: WorkshopGroup,
}

#[component]
fn WallSheet(props: &WallSheetProps) -> Html {
    let group = &props.group;
    use_open_board(&group.id);
    let view = {
        let id = group.id.clone();
        use_slice(move |state| state.boards.get(&id).map(|slot| Same(slot.view.clone())))
    };
    // A touch brings one sheet near; its back arrow leads to the wall again.
    let route = Route::Board {
        workshop: props.workshop.to_string(),
        group: group.id.clone(),
        look: BoardLook::default(),
    };
    html! {
        <li class="wall__sheet">
            <h2 class="wall__name">
                if let Some(icon) = &group.icon {
                    <span aria-hidden="true">{icon}{" "}</span>
                }
                {&group.name}
            </h2>
            <a class="wall__paper" href={route.to_string()} aria-label={group.name.clone()} data-testid={format!("wall-{}", group.id)}
                onclick={follow(route.clone())}>
                if let Some(view) = view {
                    <MiniSheet {view} large=true />
                }
            </a>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn every_number_of_sheets_has_room() {
        for sheets in 1..=16_usize {
            let columns = columns(sheets);
            let rows = sheets.div_ceil(columns);
            assert!(rows <= columns, "{sheets} sheets in {columns} columns need {rows} rows");
        }
    }
}
