//! The line above the board: where we are, what we talk about, which step it is, who is here, how the line is.

use board::GroupId;
use yew::prelude::*;

use super::Panel;
use crate::{
    api::Role,
    app::Route,
    components::{
        connection_bar::ConnectionBar,
        icon::{Glyph, Icon},
    },
    hooks::{Same, use_slice, use_store, use_texts},
    i18n::pages::PagesTexts,
    pages::{frame::follow, timer::TimerChip},
    store::Peer,
};

/// Faces shown; the rest is a number.
const FACES_MAX: usize = 5;

/// An announcement stands in the line this long; whoever comes later has no use for it.
const ANNOUNCEMENT_MS: u64 = 10 * 60 * 1000;

/// Which board.
#[derive(Properties, PartialEq)]
pub struct TopLineProps {
    /// The workshop.
    pub workshop: AttrValue,
    /// The group.
    pub group: GroupId,
    /// The panel that is open.
    pub panel: Panel,
    /// Opens a panel, or closes it again.
    pub on_open: Callback<Panel>,
}

/// The line.
#[component]
pub fn TopLine(props: &TopLineProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.board;
    let store = use_store();
    let workshop = use_slice(|state| Same(state.workshop.clone()));
    let role = use_slice(|state| state.seat.as_ref().map(|seat| seat.role));
    let group = workshop.groups.iter().find(|group| group.id == props.group);
    let back = match role {
        Some(Role::Coordinator) => Some((
            Route::Overview {
                workshop: props.workshop.to_string(),
            },
            texts.overview,
        )),
        Some(Role::Viewer) => Some((
            Route::Wall {
                workshop: props.workshop.to_string(),
            },
            pages.wall.title,
        )),
        _ => None,
    };
    let stage = texts.stages.get(workshop.stage as usize).copied().unwrap_or_default();
    let now_ms = store.wall_ms();
    let announcement = workshop
        .announcements
        .last()
        .filter(|announcement| now_ms.abs_diff(announcement.at_ms) < ANNOUNCEMENT_MS);
    let help = {
        let open = props.on_open.clone();
        Callback::from(move |_: MouseEvent| open.emit(Panel::Help))
    };
    html! {
        <header class="top-line">
            if let Some((route, words)) = back {
                <a class="button button--quiet button--icon" href={route.to_string()} aria-label={words} title={words}
                    data-testid="to-overview" onclick={follow(route.clone())}>
                    <Icon glyph={Glyph::Back} />
                </a>
            }
            <h1 class="top-line__group">
                if let Some(icon) = group.and_then(|group| group.icon.as_ref()) {
                    <span aria-hidden="true">{icon}{" "}</span>
                }
                {group.map(|group| group.name.clone()).unwrap_or_default()}
            </h1>
            <p class="top-line__theme" title={workshop.theme.clone()}>{&workshop.theme}</p>
            if let Some(announcement) = announcement {
                <p class="top-line__announcement" role="status" key={announcement.id.clone()} title={announcement.text.clone()}>
                    <Icon glyph={Glyph::Announce} />
                    <span>{&announcement.text}</span>
                </p>
            }
            <span class="chip chip--quiet top-line__stage">{stage}</span>
            if let Some(timer) = workshop.timer {
                <TimerChip ends_at_ms={timer.ends_at_ms} />
            }
            <div class="top-line__right">
                <ConnectionBar group={props.group.clone()} />
                <Faces group={props.group.clone()} pressed={props.panel == Panel::People} on_open={props.on_open.clone()} />
                <button type="button" class="button button--quiet button--icon" aria-label={texts.help} title={texts.help}
                    aria-expanded={(props.panel == Panel::Help).to_string()} data-testid="open-help" onclick={help}>
                    <Icon glyph={Glyph::Help} />
                </button>
            </div>
        </header>
    }
}

#[derive(Properties, PartialEq)]
struct FacesProps {
    group: GroupId,
    pressed: bool,
    on_open: Callback<Panel>,
}

/// Everybody once, however many devices they use; this device's person first.
fn faces(peers: &[Peer]) -> Vec<&Peer> {
    let mut seen: Vec<&Peer> = Vec::new();
    let (own, others): (Vec<&Peer>, Vec<&Peer>) = peers.iter().partition(|peer| peer.own);
    for peer in own.into_iter().chain(others) {
        let known = peer.person.is_some() && seen.iter().any(|other| other.person == peer.person);
        if !known {
            seen.push(peer);
        }
    }
    seen
}

/// The first letter of the name; of the role for whoever has none.
fn initial(peer: &Peer, pages: &PagesTexts) -> char {
    let role = match peer.role.as_str() {
        "coordinator" => pages.coordinator,
        "viewer" => pages.viewer,
        _ => pages.participant,
    };
    peer.name.chars().next().or_else(|| role.chars().next()).unwrap_or('・')
}

/// Who is here, as seals with the first letter of the name; a touch shows the list.
#[component]
fn Faces(props: &FacesProps) -> Html {
    let pages = &use_texts().pages;
    let texts = &pages.board;
    let peers = {
        let group = props.group.clone();
        use_slice(move |state| {
            state
                .boards
                .get(&group)
                .map(|slot| slot.peers.clone())
                .unwrap_or_default()
        })
    };
    let here = faces(&peers);
    let onclick = {
        let open = props.on_open.clone();
        Callback::from(move |_: MouseEvent| open.emit(Panel::People))
    };
    let names = here
        .iter()
        .map(|peer| peer.name.as_str())
        .filter(|name| !name.is_empty())
        .collect::<Vec<_>>()
        .join("、");
    let count = (texts.people_here)(here.len());
    html! {
        <button type="button" class="faces" data-testid="open-people" aria-expanded={props.pressed.to_string()}
            aria-label={format!("{}：{count} {names}", texts.people)} title={names} {onclick}>
            <span class="faces__seals" aria-hidden="true">
                {for here.iter().take(FACES_MAX).map(|peer| html! {
                    <span key={peer.peer.clone()} class={classes!("person-seal", format!("person-colour-{}", peer.colour_index))}>
                        {initial(peer, pages)}
                    </span>
                })}
            </span>
            <span class="faces__count figures">{count}</span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(id: &str, person: Option<&str>, own: bool) -> Peer {
        Peer {
            peer: id.into(),
            person: person.map(|person| person.parse().expect("an id")),
            name: id.into(),
            role: "participant".into(),
            colour_index: 0,
            own,
        }
    }

    #[test]
    fn a_person_with_two_devices_is_one_face_and_oneself_comes_first() {
        let peers = [
            peer("a", Some("p1"), false),
            peer("b", Some("p1"), false),
            peer("c", None, false),
            peer("d", Some("p2"), true),
        ];
        let names: Vec<&str> = faces(&peers).iter().map(|peer| peer.name.as_str()).collect();
        assert_eq!(names, ["d", "a", "c"]);
    }
}
