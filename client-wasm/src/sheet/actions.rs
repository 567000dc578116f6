//! What can be done with what is selected: four or five verbs near the finger, the rest one touch away.

use std::rc::Rc;

use board::{
    id::{IslandId, ItemId},
    view::{BoardView, Colour, Island, Note},
};
use yew::prelude::*;

use super::{note::colour_word, words::Words};
use crate::{
    components::icon::{Glyph, Icon},
    hooks::Same,
    tools::Selection,
};

/// All papers in the order of the swatches.
pub const COLOURS: [Colour; 6] = [
    Colour::Kinari,
    Colour::Yamabuki,
    Colour::Sakura,
    Colour::Wakakusa,
    Colour::Asagi,
    Colour::Fuji,
];

/// A verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Write in the note or the heading.
    Write,
    /// Give this colour.
    Colour(Colour),
    /// Draw an island round it.
    DrawIsland,
    /// Out of its island.
    TakeOut,
    /// Two notes of one.
    SplitNote,
    /// Into the basket.
    Delete,
    /// Hide from wall and report, or show again.
    Withhold(bool),
    /// Move without dragging.
    Carry,
    /// The note becomes the heading of its island.
    UseAsHeading,
    /// Belongs nowhere, and that is fine; or not.
    LoneWolf(bool),
    /// Fold or open.
    Fold(bool),
    /// Merge into another one, which is picked next.
    Merge,
    /// This merged island leaves again.
    SplitIsland(IslandId),
    /// Take the outline away.
    Dissolve,
    /// Neat rows.
    Tidy,
    /// To another group's board.
    Transfer,
    /// Away for good.
    Erase,
    /// Show another row.
    Show(Row),
}

/// Which row is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Row {
    /// The main verbs.
    #[default]
    Main,
    /// The papers.
    Colours,
    /// Everything else.
    More,
}

/// What is selected, and who asks.
#[derive(Properties, PartialEq)]
pub struct ActionsProps {
    /// The board; compared by address.
    pub view: Same<BoardView>,
    /// What is selected; never empty here.
    pub selection: Rc<Selection>,
    /// Which row is shown.
    pub row: Row,
    /// Coordinators may withhold.
    pub coordinator: bool,
    /// Whether things can go to another group.
    pub transfers: bool,
    /// Whether things can be erased for good.
    pub erases: bool,
    /// The texts.
    pub words: Words,
    /// The element, placed by the stage.
    pub place: NodeRef,
    /// Told what was chosen.
    pub on_action: Callback<Action>,
}

/// The actions.
#[component]
pub fn Actions(props: &ActionsProps) -> Html {
    let words = props.words;
    let count = props.selection.len();
    let buttons: Vec<Html> = match props.row {
        Row::Main => main_row(props),
        Row::Colours => colours(props),
        Row::More => more_row(props),
    };
    let row_class = match props.row {
        Row::Main => None,
        Row::Colours => Some("is-colours"),
        Row::More => Some("is-more"),
    };
    html! {
        <div ref={props.place.clone()} class={classes!("sheet-actions", row_class)}
            data-control="" data-testid="sheet-actions" role="toolbar" aria-label={words.actions}>
            if count > 1 && props.row == Row::Main {
                <span class="sheet-actions-count">{ (words.selected)(count) }</span>
            }
            <div class="sheet-actions-row">{ for buttons }</div>
        </div>
    }
}

fn single(props: &ActionsProps) -> (Option<&Rc<Selection>>, Option<&Note>, Option<&Island>) {
    if props.selection.len() != 1 {
        return (Some(&props.selection), None, None);
    }
    let item = props.selection.first();
    let note = item
        .and_then(ItemId::note)
        .and_then(|id| props.view.notes.get(id))
        .map(|note| &**note);
    let island = item
        .and_then(ItemId::island)
        .and_then(|id| props.view.islands.get(id))
        .map(|island| &**island);
    (None, note, island)
}

fn main_row(props: &ActionsProps) -> Vec<Html> {
    let words = props.words;
    let mut row = Vec::new();
    let (_, note, island) = single(props);
    match (note, island) {
        (Some(note), _) => {
            row.push(button(props, Action::Write, Glyph::Edit, words.write, "note-edit"));
            row.push(button(
                props,
                Action::Show(Row::Colours),
                Glyph::Colour,
                words.colour,
                "note-colour",
            ));
            if two_thoughts(&note.text) {
                row.push(button(
                    props,
                    Action::SplitNote,
                    Glyph::Split,
                    words.split_note,
                    "note-split",
                ));
            }
            if note.parent.is_some() {
                row.push(button(props, Action::TakeOut, Glyph::Out, words.take_out, "note-out"));
            } else {
                row.push(button(
                    props,
                    Action::DrawIsland,
                    Glyph::Island,
                    words.draw_island,
                    "draw-island",
                ));
            }
            if props.coordinator && note.withheld {
                row.push(button(
                    props,
                    Action::Withhold(false),
                    Glyph::Eye,
                    words.show_again,
                    "note-withhold",
                ));
            }
            row.push(button(
                props,
                Action::Delete,
                Glyph::Basket,
                words.delete,
                "note-delete",
            ));
        }
        (None, Some(island)) => {
            row.push(button(
                props,
                Action::Write,
                Glyph::Edit,
                words.write_heading,
                "island-rename",
            ));
            let (glyph, word) = if island.collapsed {
                (Glyph::Unfold, words.unfold)
            } else {
                (Glyph::Fold, words.fold)
            };
            row.push(button(
                props,
                Action::Fold(!island.collapsed),
                glyph,
                word,
                "island-collapse",
            ));
            row.push(button(props, Action::Merge, Glyph::Merge, words.merge, "island-merge"));
            row.push(button(
                props,
                Action::Delete,
                Glyph::Basket,
                words.delete,
                "island-delete",
            ));
        }
        (None, None) => {
            row.push(button(
                props,
                Action::DrawIsland,
                Glyph::Island,
                words.draw_island,
                "draw-island",
            ));
            row.push(button(
                props,
                Action::Show(Row::Colours),
                Glyph::Colour,
                words.colour,
                "note-colour",
            ));
            row.push(button(props, Action::Carry, Glyph::Grip, words.carry, "carry"));
            row.push(button(
                props,
                Action::Delete,
                Glyph::Basket,
                words.delete,
                "note-delete",
            ));
        }
    }
    row.push(button(
        props,
        Action::Show(Row::More),
        Glyph::More,
        words.more,
        "more-actions",
    ));
    row
}

fn more_row(props: &ActionsProps) -> Vec<Html> {
    let words = props.words;
    let (many, note, island) = single(props);
    let mut row = vec![button(
        props,
        Action::Show(Row::Main),
        Glyph::Back,
        words.back,
        "fewer-actions",
    )];
    if many.is_none() {
        row.push(button(props, Action::Carry, Glyph::Grip, words.carry, "carry"));
    }
    if let Some(note) = note {
        if note.parent.is_some() {
            row.push(button(
                props,
                Action::DrawIsland,
                Glyph::Island,
                words.draw_island,
                "draw-island",
            ));
            row.push(button(
                props,
                Action::UseAsHeading,
                Glyph::Up,
                words.use_as_heading,
                "use-as-heading",
            ));
        }
        let word = if note.lone_wolf {
            words.unmark_lone_wolf
        } else {
            words.mark_lone_wolf
        };
        row.push(button(
            props,
            Action::LoneWolf(!note.lone_wolf),
            Glyph::Note,
            word,
            "lone-wolf",
        ));
    }
    if let Some(island) = island {
        row.push(button(
            props,
            Action::DrawIsland,
            Glyph::Island,
            words.draw_island,
            "draw-island",
        ));
        if island.parent.is_some() {
            row.push(button(props, Action::TakeOut, Glyph::Out, words.take_out, "island-out"));
        }
        for (absorbed, heading) in &island.kept_headings {
            let heading = if heading.trim().is_empty() {
                words.unnamed
            } else {
                heading.as_str()
            };
            let label = (words.split_island)(&shortened(heading));
            row.push(named(
                props,
                Action::SplitIsland(absorbed.clone()),
                Glyph::Split,
                label,
                "island-split",
            ));
        }
        row.push(button(props, Action::Tidy, Glyph::Tidy, words.tidy, "island-tidy"));
        row.push(button(
            props,
            Action::Show(Row::Colours),
            Glyph::Colour,
            words.colour,
            "island-colour",
        ));
        row.push(button(
            props,
            Action::Dissolve,
            Glyph::Close,
            words.dissolve,
            "island-dissolve",
        ));
    }
    if many.is_some() {
        row.push(button(
            props,
            Action::TakeOut,
            Glyph::Out,
            words.take_out,
            "selection-out",
        ));
    }
    if props.coordinator {
        let withheld = note.is_some_and(|note| note.withheld) || island.is_some_and(|island| island.withheld);
        let (glyph, word) = if withheld {
            (Glyph::Eye, words.show_again)
        } else {
            (Glyph::EyeOff, words.withhold)
        };
        row.push(button(props, Action::Withhold(!withheld), glyph, word, "note-withhold"));
        if props.transfers {
            row.push(button(
                props,
                Action::Transfer,
                Glyph::Transfer,
                words.transfer,
                "transfer",
            ));
        }
        if props.erases {
            row.push(button(props, Action::Erase, Glyph::Trash, words.erase, "note-erase"));
        }
    }
    row
}

fn colours(props: &ActionsProps) -> Vec<Html> {
    let words = props.words;
    let back = button(props, Action::Show(Row::Main), Glyph::Back, words.back, "fewer-actions");
    let swatch = |colour: Colour| {
        let onclick = click(props, Action::Colour(colour));
        let word = colour_word(colour);
        html! {
            <button type="button" class="sheet-action" {onclick} data-testid={format!("note-colour-{word}")}>
                <span class={format!("swatch note--{word}")} aria-hidden="true"><span class="note-mark"></span></span>
                <span class="sheet-action-word">{ (words.colour_name)(colour) }</span>
            </button>
        }
    };
    std::iter::once(back).chain(COLOURS.into_iter().map(swatch)).collect()
}

fn click(props: &ActionsProps, action: Action) -> Callback<MouseEvent> {
    let on_action = props.on_action.clone();
    Callback::from(move |_| on_action.emit(action.clone()))
}

fn button(props: &ActionsProps, action: Action, glyph: Glyph, word: &'static str, test: &'static str) -> Html {
    named(props, action, glyph, word.to_owned(), test)
}

fn named(props: &ActionsProps, action: Action, glyph: Glyph, word: String, test: &'static str) -> Html {
    let warns = matches!(action, Action::Delete).then_some("sheet-action--delete");
    let onclick = click(props, action);
    html! {
        <button type="button" class={classes!("sheet-action", warns)} {onclick} data-testid={test}>
            <Icon {glyph} />
            <span class="sheet-action-word">{ word }</span>
        </button>
    }
}

/// Whether the text holds a second thought: SPACE + `・`, as reports write it.
fn two_thoughts(text: &str) -> bool {
    text.contains(" ・")
}

/// Headings on buttons are cut after this many letters.
const WORD_CHARS_MAX: usize = 8;

fn shortened(heading: &str) -> String {
    let line = heading.lines().next().unwrap_or_default();
    if line.chars().nth(WORD_CHARS_MAX).is_none() {
        return line.to_owned();
    }
    line.chars().take(WORD_CHARS_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_space_before_the_dot_makes_two_thoughts() {
        assert!(two_thoughts("当事者意識がない ・個人がない？"));
        assert!(!two_thoughts("土・日も、市民・職員も"));
    }

    #[test]
    fn a_heading_on_a_button_is_short() {
        assert_eq!(shortened("異動が問題"), "異動が問題");
        assert_eq!(
            shortened("職員の意識を高めよう!"),
            "職員の意識を高…".chars().take(7).chain(['…']).collect::<String>()
        );
    }
}
