//! Relations as ink lines between what they join.

use board::{
    geometry::{Point, Rect, SHEET},
    view::{BoardView, Relation, RelationKind},
};
use yew::prelude::*;

use crate::hooks::Same;

/// Which board.
#[derive(Properties, PartialEq)]
pub struct RelationsViewProps {
    /// The board; compared by address.
    pub view: Same<BoardView>,
}

/// The lines, below the notes and above the islands.
#[component]
pub fn RelationsView(props: &RelationsViewProps) -> Html {
    let view: &BoardView = &props.view;
    let shown: Vec<_> = view.relations.values().filter(|relation| relation.shown).collect();
    if shown.is_empty() {
        return Html::default();
    }
    html! {
        <svg class="relations" viewBox={format!("0 0 {} {}", SHEET.width, SHEET.height)} aria-hidden="true">
            <defs>
                <marker id="relation-arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"
                    orient="auto-start-reverse"><path d="M0 0.5 10 5 0 9.5z" /></marker>
                <marker id="relation-bar" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="7" markerHeight="7"
                    orient="auto-start-reverse"><path d="M4 0h2v10H4z" /></marker>
            </defs>
            { for shown.into_iter().filter_map(|relation| line(view, relation)) }
        </svg>
    }
}

fn line(view: &BoardView, relation: &Relation) -> Option<Html> {
    let (from, to) = (view.bounds(&relation.from)?, view.bounds(&relation.to)?);
    let (start, end) = (edge(from, to.centre()), edge(to, from.centre()));
    let middle = Point::new((start.x + end.x) / 2.0, (start.y + end.y) / 2.0);
    let (first, last) = match relation.kind {
        RelationKind::Cause => (None, Some("url(#relation-arrow)")),
        RelationKind::Mutual => (Some("url(#relation-arrow)"), Some("url(#relation-arrow)")),
        RelationKind::Opposed => (Some("url(#relation-bar)"), Some("url(#relation-bar)")),
        RelationKind::Same | RelationKind::Related => (None, None),
    };
    let class = match relation.kind {
        RelationKind::Same => "relation relation--same",
        RelationKind::Related => "relation relation--related",
        _ => "relation",
    };
    Some(html! {
        <g key={relation.id.to_string()} {class}>
            <path d={format!("M{:.0} {:.0}L{:.0} {:.0}", start.x, start.y, end.x, end.y)}
                marker-start={first} marker-end={last} />
            if !relation.label.is_empty() {
                <text x={format!("{:.0}", middle.x)} y={format!("{:.0}", middle.y - 8.0)}>{ relation.label.clone() }</text>
            }
        </g>
    })
}

/// Where the way from a rectangle's middle to a place leaves the rectangle.
fn edge(rect: Rect, towards: Point) -> Point {
    let middle = rect.centre();
    let (dx, dy) = (towards.x - middle.x, towards.y - middle.y);
    let part = |half: f64, way: f64| if way == 0.0 { f64::INFINITY } else { half / way.abs() };
    let scale = part(rect.size.width / 2.0, dx)
        .min(part(rect.size.height / 2.0, dy))
        .min(1.0);
    Point::new(middle.x + dx * scale, middle.y + dy * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use board::geometry::NOTE;

    #[test]
    fn a_line_ends_at_the_edge_of_what_it_joins() {
        let slip = Rect::new(Point::new(0.0, 0.0), NOTE);
        assert_eq!(edge(slip, Point::new(1000.0, 60.0)), Point::new(200.0, 60.0));
        assert_eq!(edge(slip, Point::new(100.0, -500.0)), Point::new(100.0, 0.0));
        assert_eq!(edge(slip, slip.centre()), slip.centre());
    }
}
