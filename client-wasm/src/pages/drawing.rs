//! The one drawing: slips on a sheet, some of them gathered by a pencil line under a name-plate.

use yew::prelude::*;

/// What the drawing shows, said for those who cannot see it.
#[derive(Properties, PartialEq)]
pub struct DrawingProps {
    /// The description; empty where words beside it say the same.
    #[prop_or_default]
    pub label: AttrValue,
}

/// A slip of paper with a few lines of writing.
fn slip(x: i32, y: i32, turn: f32, paper: &'static str, lines: &[i32]) -> Html {
    let written = lines.iter().enumerate().map(|(row, width)| {
        let y = 20 + 14 * i32::try_from(row).unwrap_or_default();
        html! { <path class="drawing__writing" d={format!("M14 {y}h{width}")} /> }
    });
    html! {
        <g transform={format!("translate({x} {y}) rotate({turn})")}>
            <rect class={classes!("drawing__slip", format!("drawing__slip--{paper}"))} width="100" height="60" rx="1" />
            {for written}
        </g>
    }
}

/// The drawing.
#[component]
pub fn Drawing(props: &DrawingProps) -> Html {
    let hidden = props.label.is_empty().then_some("true");
    html! {
        <svg class="drawing" viewBox="0 0 560 400" role="img" aria-hidden={hidden} aria-label={props.label.clone()}>
            <path class="drawing__shadow" d="M28 42 540 34l8 344-530 6Z" />
            <path class="drawing__sheet" d="M20 30 534 24l8 344-530 6Z" />
            <path class="drawing__fold" d="M277 27l5 344M16 200l522-4" />
            <path
                class="drawing__island"
                d="M66 96c60-14 150-14 208-4 22 4 28 18 28 52 2 60 0 112-8 138-8 22-40 24-116 24-70 2-112 0-122-20-10-24-12-84-10-138 0-34 4-48 20-52Z"
            />
            {slip(74, 128, -2.0, "yamabuki", &[70, 58, 40])}
            {slip(188, 124, 1.5, "kinari", &[66, 70])}
            {slip(80, 214, 1.0, "asagi", &[72, 44])}
            {slip(190, 216, -1.5, "yamabuki", &[60, 66, 30])}
            <g transform="translate(96 76)">
                <rect class="drawing__plate" width="168" height="34" rx="6" />
                <path class="drawing__heading" d="M18 17h132" />
            </g>
            <path
                class="drawing__island"
                d="M352 70c40-8 104-8 138 0 14 4 18 14 18 40 0 34 0 60-6 74-6 14-30 16-76 16s-74 0-82-14c-8-16-8-44-8-74 0-28 4-38 16-42Z"
            />
            {slip(374, 104, -1.0, "sakura", &[68, 52])}
            <g transform="translate(372 54)">
                <rect class="drawing__plate" width="108" height="28" rx="6" />
                <path class="drawing__heading" d="M14 14h78" />
            </g>
            <path class="drawing__relation" d="M314 196c24 6 40 4 62 12m-14-10 15 10-16 8" />
            {slip(392, 232, 3.0, "wakakusa", &[64, 70, 48])}
            {slip(340, 300, -3.0, "fuji", &[56])}
            <g class="drawing__pencil" transform="translate(448 318) rotate(-32)">
                <path d="M0 6 14 0h84v12H14Z" />
                <path d="M14 0v12M86 0v12" />
            </g>
        </svg>
    }
}
