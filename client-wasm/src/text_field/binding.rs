//! The bond between one textarea and one text of a board.
//!
//! Every letter is a splice at once, so nothing half-typed can be lost. During a composition (kana being turned into
//! kanji) the textarea is never written to: what others do waits until the composition ends, then the composed
//! letters are shifted past it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use board::{Command, board::TextEdit, command::TextTarget, id::GroupId, view::BoardView};
use web_sys::HtmlTextAreaElement;
use yew::Callback;

use super::session::{self, Shown, Splice, TypingSession};
use crate::store::Store;

/// One bond. Lives as long as the field is on the page.
pub struct Binding {
    store: Store,
    group: GroupId,
    target: TextTarget,
    field: HtmlTextAreaElement,
    session: RefCell<TypingSession>,
    composing: Cell<bool>,
    grow: bool,
    on_text: Callback<String>,
}

/// What a text reads now; none if it is not there.
pub fn text_of(view: &BoardView, target: &TextTarget) -> Option<String> {
    match target {
        TextTarget::Note(id) => view.notes.get(id).map(|note| note.text.clone()),
        TextTarget::Heading(id) => view.islands.get(id).map(|island| island.heading.clone()),
        TextTarget::Label(id) => view.relations.get(id).map(|relation| relation.label.clone()),
    }
}

impl Binding {
    /// Fills the field with the text and keeps both in step from now on.
    pub fn new(
        store: Store,
        group: GroupId,
        target: TextTarget,
        field: HtmlTextAreaElement,
        grow: bool,
        on_text: Callback<String>,
    ) -> Rc<Self> {
        let binding = Rc::new(Self {
            store,
            group,
            target,
            field,
            session: RefCell::default(),
            composing: Cell::new(false),
            grow,
            on_text,
        });
        let text = binding.document().unwrap_or_default();
        binding.session.borrow_mut().show(&text);
        binding.field.set_value(&text);
        binding.changed(&text);
        binding
    }

    /// What the board says now.
    fn document(&self) -> Option<String> {
        let state = self.store.state();
        text_of(&state.boards.get(&self.group)?.view, &self.target)
    }

    /// A composition begins: hands off the field.
    pub fn composition_started(&self) {
        self.composing.set(true);
    }

    /// A composition has ended, with letters or without.
    pub fn composition_ended(&self) {
        self.composing.set(false);
        self.typed();
        self.store.composing(&self.group, &self.target, "");
    }

    /// Whether a composition is going on.
    pub fn is_composing(&self) -> bool {
        self.composing.get()
    }

    /// The person typed: what the field says goes to the board.
    pub fn typed(&self) {
        if self.composing.get() {
            let letters = self.session.borrow().composed(&self.field.value());
            return self.store.composing(&self.group, &self.target, &letters);
        }
        let Some(document) = self.document() else { return };
        let value = self.field.value();
        let caret = session::letters_before(&value, self.selection().1);
        let typed = self.session.borrow_mut().typed(&value, caret, &document);
        for splice in typed.splices {
            let Splice { at, delete, insert } = splice;
            let command = Command::Splice {
                target: self.target.clone(),
                at,
                delete,
                insert,
            };
            // A refusal has been told to the person; the field shows below what the board says.
            if self.store.act(&self.group, command).is_err() {
                break;
            }
        }
        let document = self.document().unwrap_or_default();
        if document != value {
            self.show(&Shown {
                text: document.clone(),
                selection: (typed.caret, typed.caret),
            });
        }
        self.session.borrow_mut().show(&document);
        self.changed(&document);
    }

    /// Somebody else spliced the text.
    pub fn foreign(&self, edit: &TextEdit) {
        let splice = Splice {
            at: edit.at,
            delete: edit.delete,
            insert: edit.insert.clone(),
        };
        self.session.borrow_mut().foreign(splice);
        self.settle();
    }

    /// The board may have changed: the field follows, unless a composition is going on.
    pub fn settle(&self) {
        if self.composing.get() {
            return;
        }
        let Some(document) = self.document() else { return };
        let value = self.field.value();
        let (start, end) = self.selection();
        let selection = (
            session::letters_before(&value, start),
            session::letters_before(&value, end),
        );
        let shown = self.session.borrow_mut().settle(&document, selection);
        if let Some(shown) = shown {
            self.show(&shown);
            self.changed(&shown.text);
        }
    }

    /// Whatever the field still holds goes to the board: the field is being left or taken away.
    pub fn commit(&self) {
        let was_composing = self.composing.replace(false);
        self.typed();
        if was_composing {
            self.store.composing(&self.group, &self.target, "");
        }
        self.store.finish_typing(&self.group);
    }

    /// Takes back, or does again, the person's own last act, which is usually their typing.
    pub fn undo(&self, again: bool) {
        self.commit();
        if again {
            self.store.redo(&self.group);
        } else {
            self.store.undo(&self.group);
        }
        self.settle();
    }

    /// Takes the focus, caret at the end, with what was typed while the field was not there yet.
    pub fn focus(&self, typed_before: &str) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        // A refused focus leaves the field usable by a touch.
        let _ = self.field.focus_with_options(&options);
        let mut value = self.field.value();
        if !typed_before.is_empty() {
            value.push_str(typed_before);
            self.field.set_value(&value);
        }
        let end = u32::try_from(value.encode_utf16().count()).unwrap_or(u32::MAX);
        let _ = self.field.set_selection_range(end, end);
        if !typed_before.is_empty() {
            self.typed();
        }
    }

    fn show(&self, shown: &Shown) {
        self.field.set_value(&shown.text);
        let units = |letters| u32::try_from(session::utf16_before(&shown.text, letters)).unwrap_or(u32::MAX);
        let _ = self
            .field
            .set_selection_range(units(shown.selection.0), units(shown.selection.1));
    }

    /// The selection's ends in UTF-16 units; the end of the text where the browser does not say.
    fn selection(&self) -> (usize, usize) {
        let end = || self.field.value().encode_utf16().count();
        let place = |place: Result<Option<u32>, _>| match place {
            Ok(Some(place)) => place as usize,
            Ok(None) | Err::<_, wasm_bindgen::JsValue>(_) => end(),
        };
        (place(self.field.selection_start()), place(self.field.selection_end()))
    }

    fn changed(&self, text: &str) {
        if self.grow {
            let style = self.field.style();
            // Shrink first: the scroll height never falls below the height.
            let _ = style.set_property("height", "auto");
            let _ = style.set_property("height", &format!("{}px", self.field.scroll_height()));
        }
        self.on_text.emit(text.to_owned());
    }
}
