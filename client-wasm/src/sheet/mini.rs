//! A live miniature of a board: papers, outlines and headings in one SVG. On the wall, where it is large, notes can be read.

use board::{
    geometry::{NOTE, Point, Rect, SHEET, Size},
    view::{BoardView, Island, Note},
};
use yew::prelude::*;

use super::{letters, note::colour_word};
use crate::{app::count_render, hooks::Same, tools::dropping};

/// Which board.
#[derive(Properties, PartialEq)]
pub struct MiniSheetProps {
    /// The board; compared by address.
    pub view: Same<BoardView>,
    /// What it is, for screen readers; without it the miniature is decoration.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    /// For the wall: what lies on the sheet fills the space, whatever its proportions, with the words of the notes and more of
    /// each heading.
    #[prop_or_default]
    pub large: bool,
}

/// Space beside and above the words of a note, in units, as on the sheet.
const WORDS_INSET: (f64, f64) = (14.0, 8.0);
/// Space round the content, in units.
const MARGIN: f64 = 120.0;
/// A sheet with little on it is not enlarged beyond this part of its size.
const LEAST: Size = Size {
    width: SHEET.width / 2.0,
    height: SHEET.height / 2.0,
};

/// The miniature. Fills its parent's width and keeps the sheet's proportions.
#[component]
pub fn MiniSheet(props: &MiniSheetProps) -> Html {
    count_render("mini-sheet");
    let view: &BoardView = &props.view;
    let frame = if props.large { close_frame(view) } else { frame(view) };
    // Letters of the same size on the screen, however large the part that is shown.
    let letter = if props.large {
        frame.size.width.max(frame.size.height * 0.8) / 44.0
    } else {
        frame.size.width / 30.0
    };
    let mut islands: Vec<&Island> = view
        .islands
        .values()
        .filter(|island| island.shown)
        .map(|island| &**island)
        .collect();
    islands.sort_by_key(|island| island.depth);
    let frame_text = format!(
        "{:.0} {:.0} {:.0} {:.0}",
        frame.origin.x, frame.origin.y, frame.size.width, frame.size.height
    );
    html! {
        <svg class="mini-sheet" viewBox={frame_text} preserveAspectRatio="xMidYMid meet"
            role={if props.label.is_some() { "img" } else { "presentation" }} aria-label={props.label.clone()}
            aria-hidden={props.label.is_none().then_some("true")}>
            // Each list has a parent of its own: an island is the key of its outline and of its heading.
            <g>{ for islands.iter().map(|island| html! {
                <rect key={island.id.to_string()} class={format!("mini-island mini-island--{}", island.depth.min(3))}
                    x={format!("{:.0}", island.bounds.origin.x)} y={format!("{:.0}", island.bounds.origin.y)}
                    width={format!("{:.0}", island.bounds.size.width)} height={format!("{:.0}", island.bounds.size.height)}
                    rx="36" />
            }) }</g>
            <g>{ for view.notes.values().filter(|note| note.shown).map(|note| html! {
                <rect key={note.id.to_string()} class={format!("mini-note mini-note--{}", colour_word(note.colour))}
                    x={format!("{:.0}", note.position.x)} y={format!("{:.0}", note.position.y)}
                    width={NOTE.width.to_string()} height={NOTE.height.to_string()} rx="4" />
            }) }</g>
            if props.large {
                <g>{ for view.notes.values().filter(|note| note.shown).map(|note| words(note)) }</g>
            }
            <g>{ for islands.iter().filter(|island| !island.heading.trim().is_empty()).map(|island| {
                heading(island, letter, if props.large { 2 } else { 1 })
            }) }</g>
        </svg>
    }
}

/// The words of a note, as large as on the sheet.
fn words(note: &Note) -> Html {
    let (beside, above) = WORDS_INSET;
    html! {
        <foreignObject key={note.id.to_string()} x={format!("{:.0}", note.position.x + beside)}
            y={format!("{:.0}", note.position.y + above)} width={(NOTE.width - 2.0 * beside).to_string()}
            height={(NOTE.height - 2.0 * above).to_string()}>
            <div class={format!("note-text mini-words letters-{}", letters::fit(&note.text, false).size)}>{ &note.text }</div>
        </foreignObject>
    }
}

/// A heading over its island. Where two lines are allowed, the second stands where the one line would.
fn heading(island: &Island, letter: f64, lines_max: usize) -> Html {
    let lines = short(&island.heading, island.bounds.size.width / letter, lines_max);
    let last = island.bounds.origin.y + if lines_max > 1 { letter * 0.5 } else { letter };
    let x = format!("{:.0}", island.bounds.origin.x + 12.0);
    html! {
        <text key={island.id.to_string()} class="mini-heading" font-size={format!("{letter:.0}")}>
            { for lines.iter().rev().zip(0_i32..).map(|(line, above)| html! {
                <tspan x={x.clone()} y={format!("{:.0}", last - f64::from(above) * letter * 1.15)}>{ line.clone() }</tspan>
            }) }
        </text>
    }
}

/// The part of the sheet that is shown: what lies on it, in the sheet's own proportions.
fn frame(view: &BoardView) -> Rect {
    let Some(content) = dropping::content(view) else {
        return Rect::new(Point::default(), SHEET);
    };
    let wanted = Size {
        width: (content.size.width + 2.0 * MARGIN).max(LEAST.width),
        height: (content.size.height + 2.0 * MARGIN).max(LEAST.height),
    };
    let scale = (wanted.width / SHEET.width).max(wanted.height / SHEET.height);
    let size = Size {
        width: SHEET.width * scale,
        height: SHEET.height * scale,
    };
    let middle = content.centre();
    Rect::new(
        Point::new(middle.x - size.width / 2.0, middle.y - size.height / 2.0),
        size,
    )
}

/// What lies on the sheet and a margin round it.
fn close_frame(view: &BoardView) -> Rect {
    let Some(content) = dropping::content(view) else {
        return Rect::new(Point::default(), SHEET);
    };
    let size = Size {
        width: (content.size.width + MARGIN).max(LEAST.width / 2.0),
        height: (content.size.height + MARGIN).max(LEAST.height / 2.0),
    };
    let middle = content.centre();
    Rect::new(
        Point::new(middle.x - size.width / 2.0, middle.y - size.height / 2.0),
        size,
    )
}

/// What begins no line in Japanese: it hangs over the end of the line before.
const NOT_FIRST: &str = "、。，．,.!?！？」』）)】〉》”’・ーぁぃぅぇぉっゃゅょァィゥェォッャュョ";

/// As much of a heading as stands over its island: at most so many lines of so many letters.
fn short(heading: &str, letters: f64, lines_max: usize) -> Vec<String> {
    let most = (letters as usize).max(2);
    let line: Vec<char> = heading.lines().next().unwrap_or_default().chars().collect();
    let mut rest = line.as_slice();
    let mut lines: Vec<String> = Vec::new();
    while !rest.is_empty() && lines.len() < lines_max {
        let fits = most.min(rest.len());
        let hangs = rest.get(fits).is_some_and(|next| NOT_FIRST.contains(*next));
        let (part, after) = rest.split_at(fits + usize::from(hangs));
        lines.push(part.iter().collect());
        rest = after;
    }
    if let Some(last) = lines.last_mut().filter(|_| !rest.is_empty()) {
        last.pop();
        last.push('…');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::fixture::sheet;

    #[test]
    fn an_empty_board_shows_the_whole_sheet_and_one_note_is_no_poster() {
        assert_eq!(frame(&BoardView::default()).size, SHEET);
        let one = frame(&sheet().note("a", 900.0, 900.0, None).view());
        assert!(one.size.width >= LEAST.width && one.contains(Point::new(1000.0, 960.0)));
    }

    #[test]
    fn everything_on_the_board_lies_in_the_frame() {
        let view = sheet()
            .note("a", 10.0, 10.0, None)
            .note("b", 4500.0, 900.0, None)
            .view();
        let frame = frame(&view);
        assert!(frame.contains(Point::new(10.0, 10.0)) && frame.contains(Point::new(4700.0, 1020.0)));
    }

    #[test]
    fn on_the_wall_the_frame_is_close_and_still_holds_everything() {
        let view = sheet()
            .note("a", 10.0, 10.0, None)
            .note("b", 2500.0, 900.0, None)
            .view();
        let close = close_frame(&view);
        assert!(close.contains(Point::new(10.0, 10.0)) && close.contains(Point::new(2700.0, 1020.0)));
        assert!(close.size.height < frame(&view).size.height);
    }

    #[test]
    fn a_long_heading_is_shortened_with_a_sign_that_it_was() {
        assert_eq!(short("職員の意識", 8.0, 1), ["職員の意識"]);
        assert_eq!(short("職員の意識を高めよう", 5.0, 1), ["職員の意…"]);
        assert_eq!(short("職員の意識を高めよう", 5.0, 2), ["職員の意識", "を高めよう"]);
        assert_eq!(short("職員の意識を高めようと", 5.0, 2), ["職員の意識", "を高めよ…"]);
    }

    #[test]
    fn no_line_begins_with_what_ends_a_sentence() {
        assert_eq!(short("組織はこうしよう!", 8.0, 2), ["組織はこうしよう!"]);
        assert_eq!(short("組織は、こう", 3.0, 2), ["組織は、", "こう"]);
    }
}
