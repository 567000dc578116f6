//! Keys of the outline, as wishes. One table for a selected line, one for a line that is being written.

use web_sys::{HtmlTextAreaElement, KeyboardEvent};

use super::acts::Act;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The line above; `write`: and write there.
    Previous {
        /// The caret goes along.
        write: bool,
    },
    /// The line below.
    Next {
        /// The caret goes along.
        write: bool,
    },
    /// The first line.
    First,
    /// The last line.
    Last,
    /// The island the line is in.
    Parent,
    /// The first line inside, or open it.
    Child,
    /// Write on it.
    Write,
    /// A new note after it.
    NewAfter,
    /// The line is empty and Backspace was pressed.
    RemoveEmpty,
    /// An act.
    Do(Act),
}

/// The parts of a key event that matter, so that the tables can be tested without a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Press<'key> {
    /// The key's name.
    pub key: &'key str,
    /// Alt is held.
    pub alt: bool,
    /// Shift is held.
    pub shift: bool,
    /// Control or Command is held.
    pub command: bool,
}

/// Where the caret of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caret {
    /// The field is empty.
    pub empty: bool,
    /// At the very beginning, nothing selected.
    pub at_start: bool,
    /// At the very end, nothing selected.
    pub at_end: bool,
}

fn moving(press: Press<'_>) -> Option<Wish> {
    if !press.alt || press.command {
        return None;
    }
    match press.key {
        "ArrowUp" => Some(Wish::Do(Act::Up)),
        "ArrowDown" => Some(Wish::Do(Act::Down)),
        "ArrowRight" => Some(Wish::Do(Act::Into)),
        "ArrowLeft" => Some(Wish::Do(Act::Out)),
        _ => None,
    }
}

/// Keys on a selected line.
pub fn selected(press: Press<'_>) -> Option<Wish> {
    if press.alt {
        return moving(press);
    }
    if press.command {
        return None;
    }
    match press.key {
        "ArrowUp" => Some(Wish::Previous { write: false }),
        "ArrowDown" => Some(Wish::Next { write: false }),
        "ArrowLeft" => Some(Wish::Parent),
        "ArrowRight" => Some(Wish::Child),
        "Home" => Some(Wish::First),
        "End" => Some(Wish::Last),
        "Enter" | "F2" => Some(Wish::Write),
        " " => Some(Wish::Do(Act::Fold)),
        "Insert" | "n" | "N" => Some(Wish::NewAfter),
        "Delete" | "Backspace" => Some(Wish::Do(Act::Delete)),
        _ => None,
    }
}

/// Keys in a line that is being written. What is no wish belongs to the field. Escape leaves it; then the
/// tab key leads on through the page, as everywhere.
pub fn written(press: Press<'_>, caret: Caret) -> Option<Wish> {
    if press.alt {
        return match press.key {
            // Left and right belong to the text: word by word on a Mac.
            "ArrowUp" | "ArrowDown" => moving(press),
            _ => None,
        };
    }
    if press.command {
        return None;
    }
    match press.key {
        "Enter" if !press.shift => Some(Wish::NewAfter),
        "Tab" => Some(Wish::Do(if press.shift { Act::Out } else { Act::Into })),
        "Backspace" if caret.empty => Some(Wish::RemoveEmpty),
        "ArrowUp" if caret.at_start && !press.shift => Some(Wish::Previous { write: true }),
        "ArrowDown" if caret.at_end && !press.shift => Some(Wish::Next { write: true }),
        _ => None,
    }
}

/// Reads a key on the tree itself; keys inside a field or on a button are theirs.
pub fn in_tree(event: &KeyboardEvent) -> Option<Wish> {
    let target: web_sys::Element = wasm_bindgen::JsCast::dyn_into(event.target()?).ok()?;
    if target.get_attribute("role").as_deref() != Some("treeitem") {
        return None;
    }
    let key = event.key();
    selected(press_of(event, &key))
}

/// Reads a key in a field.
pub fn in_field(event: &KeyboardEvent) -> Option<Wish> {
    let field: HtmlTextAreaElement = wasm_bindgen::JsCast::dyn_into(event.target()?).ok()?;
    let value = field.value();
    let (start, end) = (field.selection_start().ok()??, field.selection_end().ok()??);
    let length = u32::try_from(value.encode_utf16().count()).unwrap_or(u32::MAX);
    let caret = Caret {
        empty: value.is_empty(),
        at_start: start == 0 && end == 0,
        at_end: start == length && end == length,
    };
    let key = event.key();
    written(press_of(event, &key), caret)
}

fn press_of<'key>(event: &KeyboardEvent, key: &'key str) -> Press<'key> {
    Press {
        key,
        alt: event.alt_key(),
        shift: event.shift_key(),
        command: event.ctrl_key() || event.meta_key(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(key: &str) -> Press<'_> {
        Press {
            key,
            ..Press::default()
        }
    }

    #[test]
    fn while_writing_enter_makes_a_note_and_shift_enter_a_line() {
        assert_eq!(written(plain("Enter"), Caret::default()), Some(Wish::NewAfter));
        assert_eq!(
            written(
                Press {
                    shift: true,
                    ..plain("Enter")
                },
                Caret::default()
            ),
            None
        );
        assert_eq!(
            written(
                Press {
                    command: true,
                    ..plain("Enter")
                },
                Caret::default()
            ),
            None
        );
    }

    #[test]
    fn tab_goes_in_and_shift_tab_goes_out() {
        assert_eq!(written(plain("Tab"), Caret::default()), Some(Wish::Do(Act::Into)));
        assert_eq!(
            written(
                Press {
                    shift: true,
                    ..plain("Tab")
                },
                Caret::default()
            ),
            Some(Wish::Do(Act::Out))
        );
        assert_eq!(selected(plain("Tab")), None, "on a selected line it leaves the tree");
    }

    #[test]
    fn backspace_removes_a_line_only_when_nothing_is_on_it() {
        let empty = Caret {
            empty: true,
            at_start: true,
            at_end: true,
        };
        assert_eq!(written(plain("Backspace"), empty), Some(Wish::RemoveEmpty));
        assert_eq!(
            written(
                plain("Backspace"),
                Caret {
                    at_start: true,
                    ..Caret::default()
                }
            ),
            None
        );
    }

    #[test]
    fn alt_and_an_arrow_move_the_line_in_both_states() {
        for (key, act) in [("ArrowUp", Act::Up), ("ArrowDown", Act::Down)] {
            let press = Press {
                alt: true,
                ..plain(key)
            };
            assert_eq!(selected(press), Some(Wish::Do(act)));
            assert_eq!(written(press, Caret::default()), Some(Wish::Do(act)));
        }
        assert_eq!(
            selected(Press {
                alt: true,
                ..plain("ArrowRight")
            }),
            Some(Wish::Do(Act::Into))
        );
        assert_eq!(
            written(
                Press {
                    alt: true,
                    ..plain("ArrowLeft")
                },
                Caret::default()
            ),
            None
        );
    }

    #[test]
    fn arrows_leave_a_field_only_at_its_ends() {
        let start = Caret {
            at_start: true,
            ..Caret::default()
        };
        let end = Caret {
            at_end: true,
            ..Caret::default()
        };
        assert_eq!(written(plain("ArrowUp"), start), Some(Wish::Previous { write: true }));
        assert_eq!(written(plain("ArrowUp"), end), None);
        assert_eq!(written(plain("ArrowDown"), end), Some(Wish::Next { write: true }));
        assert_eq!(written(plain("ArrowDown"), Caret::default()), None);
    }

    #[test]
    fn shortcuts_of_the_page_are_left_to_it() {
        for key in ["z", "y", "n", "Enter", "Delete"] {
            assert_eq!(
                selected(Press {
                    command: true,
                    ..plain(key)
                }),
                None,
                "{key}"
            );
        }
    }
}
