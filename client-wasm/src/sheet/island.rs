//! One island: a pencil line, and its name-plate on the top edge.

use std::{rc::Rc, sync::Arc};

use board::{
    geometry::{PLATE_HEIGHT, Size},
    view::Island,
};
use yew::prelude::*;

use super::{
    note::{colour_word, name_tag},
    others::Holder,
    pencil, stage,
    styles::use_styles,
    words::Words,
};
use crate::app::count_render;

/// How much of the plate lies inside the line: the line runs through its middle.
const LINE_TOP: f64 = PLATE_HEIGHT / 2.0;
/// Fills get darker down to this depth.
const DEPTH_SHADES: u32 = 4;

/// What one island shows.
#[derive(Properties, Clone)]
pub struct IslandViewProps {
    /// The island; compared by address.
    pub island: Arc<Island>,
    /// Whether it holds anything shown; without, it is only its plate.
    pub bare: bool,
    /// Selected on this device.
    pub selected: bool,
    /// The one that the tab key reaches.
    pub tab_stop: bool,
    /// What it says while something hangs over it.
    pub offer: Option<&'static str>,
    /// Who else holds it.
    pub holder: Option<Rc<Holder>>,
    /// Who else writes its heading.
    pub writer: Option<Rc<Holder>>,
    /// The texts.
    pub words: Words,
}

impl PartialEq for IslandViewProps {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.island, &other.island)
            && self.bare == other.bare
            && self.selected == other.selected
            && self.tab_stop == other.tab_stop
            && self.offer == other.offer
            && self.holder == other.holder
            && self.writer == other.writer
            && self.words == other.words
    }
}

/// The island.
#[component]
pub fn IslandView(props: &IslandViewProps) -> Html {
    count_render("island");
    let IslandViewProps {
        island,
        bare,
        selected,
        tab_stop,
        offer,
        holder,
        writer,
        words,
    } = props;
    let plate_only = island.collapsed || *bare;
    let heading = if island.heading.trim().is_empty() {
        words.unnamed
    } else {
        island.heading.as_str()
    };
    let size = island.bounds.size;
    let line = Size {
        width: size.width,
        height: if plate_only {
            size.height
        } else {
            size.height - LINE_TOP
        },
    };
    let class = classes!(
        "island",
        format!("island--depth-{}", island.depth.min(DEPTH_SHADES - 1)),
        format!("island--{}", colour_word(island.colour)),
        plate_only.then_some("is-plate"),
        island.collapsed.then_some("is-folded"),
        selected.then_some("is-selected"),
        offer.map(|_| "is-target"),
        island.withheld.then_some("is-withheld"),
        holder.is_some().then_some("is-held"),
        holder.as_ref().or(writer.as_ref()).map(|other| other.class()),
    );
    let node = use_node_ref();
    use_styles(
        &node,
        [
            ("transform", stage::at(island.bounds.origin)),
            ("width", format!("{:.0}px", size.width)),
            ("height", format!("{:.0}px", size.height)),
            ("z-index", (island.depth + 1).to_string()),
        ],
    );
    html! {
        <div ref={node} {class} data-testid="island" data-island-id={island.id.to_string()}
            data-parent={island.parent.as_ref().map(ToString::to_string).unwrap_or_default()}>
            <svg class="island-line" viewBox={format!("0 0 {:.0} {:.0}", line.width, line.height)}
                preserveAspectRatio="none" aria-hidden="true">
                <path d={pencil::outline(island.id.as_str(), line)} />
            </svg>
            <div class="island-plate" data-heading={island.id.to_string()} role="button"
                tabindex={if *tab_stop { "0" } else { "-1" }} aria-pressed={selected.to_string()}
                aria-label={(words.island)(heading, island.note_count)}>
                <span class={classes!("island-heading", format!("letters-{}", heading_size(island, plate_only)),
                    island.heading.trim().is_empty().then_some("is-unnamed"))}>
                    { heading.to_owned() }
                </span>
                { kept(island) }
                if island.collapsed {
                    <span class="island-count">{ (words.notes_inside)(island.note_count) }</span>
                }
                if island.flagged {
                    <span class="island-count">{ words.flagged }</span>
                }
            </div>
            if let Some(offer) = offer {
                <span class="island-offer">{ *offer }</span>
            }
            { name_tag(holder.as_deref(), writer.as_deref(), *words) }
        </div>
    }
}

/// Headings of the islands merged into this one: kept, and shown beside its own.
fn kept(island: &Island) -> Html {
    let kept: Vec<&str> = island
        .kept_headings
        .iter()
        .map(|(_, heading)| heading.as_str())
        .filter(|heading| !heading.trim().is_empty())
        .collect();
    if kept.is_empty() {
        return Html::default();
    }
    html! { <span class="island-kept">{ format!("＋ {}", kept.join(" ＋ ")) }</span> }
}

/// Sizes of headings in pixels at zoom 1, the largest first.
const HEADING_SIZES: [u8; 5] = [22, 20, 18, 16, 14];

/// The largest size at which the heading stands on its plate: in two lines, in three where the plate is all there is,
/// in one beside kept headings.
fn heading_size(island: &Island, plate_only: bool) -> u8 {
    let room = (island.bounds.size.width - 84.0).max(120.0);
    let height = if plate_only { 64.0 } else { 50.0 } - if island.kept_headings.is_empty() { 0.0 } else { 20.0 };
    // Japanese letters are as wide as high, Latin ones about half.
    let letters: f64 = island
        .heading
        .chars()
        .map(|letter| if letter.is_ascii() { 0.56 } else { 1.0 })
        .sum();
    let broken = island.heading.matches('\n').count() as f64;
    let fits = |size: u8| {
        let size = f64::from(size);
        let lines = (height / (size * 1.28)).floor().max(1.0);
        // Phrases are not broken: of each line but a single one about an eighth stays empty.
        let part = if lines > 1.0 { 0.87 } else { 1.0 };
        letters * size <= room * (lines - broken).max(1.0) * part
    };
    let smallest = HEADING_SIZES[HEADING_SIZES.len() - 1];
    HEADING_SIZES.into_iter().find(|size| fits(*size)).unwrap_or(smallest)
}
