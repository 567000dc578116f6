//! The doing half of the store: what the core asks for is done in the world, what the world answers goes back in.

use std::rc::{Rc, Weak};

use board::{GroupId, TextTarget};
use sync::DocumentId;

use super::{
    Alarm, Inner, Store,
    core::{Act, Core, document_key},
    listeners::{splice_between, text_of},
};
use crate::platform::{SocketEvent, StoredChunks};

impl Store {
    /// Runs something on the core and does afterwards what it asks for.
    pub(super) fn run<T>(&self, call: impl FnOnce(&mut Core) -> T) -> T {
        let (answer, acts) = {
            let mut core = self.0.core.borrow_mut();
            let answer = call(&mut core);
            (answer, core.take_acts())
        };
        for act in acts {
            self.perform(act);
        }
        self.set_alarm();
        answer
    }

    /// As [`Store::run`]; what it does to texts that are open in an editor is told to the editor.
    pub(super) fn with_editors_told<T>(&self, group: &GroupId, typed: bool, call: impl FnOnce(&mut Core) -> T) -> T {
        let targets = if typed {
            Vec::new()
        } else {
            self.0.listeners.open_texts(group)
        };
        if targets.is_empty() {
            return self.run(call);
        }
        let read = |target: &TextTarget| {
            let state = self.state();
            let slot = state.boards.get(group);
            slot.and_then(|slot| text_of(&slot.view, target))
                .unwrap_or_default()
                .to_owned()
        };
        let before: Vec<String> = targets.iter().map(read).collect();
        let answer = self.run(call);
        for (target, before) in targets.iter().zip(before) {
            if let Some(edit) = splice_between(target, &before, &read(target)) {
                self.0.listeners.tell_text(group, &edit);
            }
        }
        answer
    }

    fn perform(&self, act: Act) {
        let platform = &self.0.platform;
        match act {
            Act::OpenSocket { workshop } => self.open_socket(&workshop),
            Act::CloseSocket => self.close_socket(),
            Act::Send(bytes) => {
                if let Some(socket) = &self.0.line.borrow().socket {
                    socket.send(&bytes);
                }
            }
            Act::Load(document) => {
                let store = self.downgrade();
                let key = document_key(&document);
                platform.load(
                    &key,
                    Box::new(move |found| store.run(|core| core.loaded(document, &found))),
                );
            }
            Act::LoadDrafts { key } => {
                let store = self.downgrade();
                platform.load(
                    &key,
                    Box::new(move |found| store.run(|core| core.drafts_loaded(&found.chunks))),
                );
            }
            Act::LoadNew(document) => {
                let store = self.downgrade();
                platform.load_new(
                    &document_key(&document),
                    Box::new(move |found| store.found(&document, &found)),
                );
            }
            Act::Append { key, chunk } => {
                let (store, of) = (self.downgrade(), key.clone());
                let told = move |written| store.run(|core| core.appended(&of, written));
                platform.append(&key, chunk, Box::new(told));
            }
            Act::Compact { key, snapshot } => {
                let (store, of) = (self.downgrade(), key.clone());
                let told = move |written| store.run(|core| core.compacted(&of, written));
                platform.compact(&key, snapshot, Box::new(told));
            }
            Act::TellTabs(word) => platform.tell_tabs(&word),
            Act::FetchPage => platform.fetch_page(),
            Act::Reload => platform.reload(),
            Act::Forget { key } => platform.forget(&key),
            Act::Text(group, edit) => self.0.listeners.tell_text(&group, &edit),
            Act::SetPref { key, value } => platform.set_pref(&key, value.as_deref()),
            Act::Log(line) => platform.log(&line),
            Act::Changed => self.tell_soon(),
        }
    }

    fn open_socket(&self, workshop: &str) {
        self.close_socket();
        let number = self.0.line.borrow().number;
        let store = self.downgrade();
        let on_event = move |event: SocketEvent| store.socket_event(number, event);
        let socket = self.0.platform.open_socket(workshop, Box::new(on_event));
        self.0.line.borrow_mut().socket = Some(socket);
    }

    fn close_socket(&self) {
        let old = {
            let mut line = self.0.line.borrow_mut();
            line.number += 1;
            line.socket.take()
        };
        drop(old);
    }

    fn tell_soon(&self) {
        if !self.0.telling.replace(true) {
            let store = self.downgrade();
            self.0.platform.before_paint(Box::new(move || store.tell()));
        }
    }

    /// One timer for everything that is due: the line, presence, notices.
    fn set_alarm(&self) {
        let due_at_ms = self.0.core.borrow().due_at_ms();
        let mut alarm = self.0.alarm.borrow_mut();
        match due_at_ms {
            None => *alarm = None,
            Some(at_ms) if alarm.as_ref().is_some_and(|set| set.at_ms == at_ms) => {}
            Some(at_ms) => {
                let delay_ms = at_ms.saturating_sub(self.0.platform.now_ms());
                let store = self.downgrade();
                let ring = Box::new(move || store.ring());
                *alarm = Some(Alarm {
                    at_ms,
                    _timer: self.0.platform.after(delay_ms, ring),
                });
            }
        }
    }

    fn downgrade(&self) -> WeakStore {
        WeakStore(Rc::downgrade(&self.0))
    }
}

/// What callbacks of the platform hold: it does not keep the store alive.
struct WeakStore(Weak<Inner>);

impl WeakStore {
    fn run<T>(&self, call: impl FnOnce(&mut Core) -> T) {
        if let Some(inner) = self.0.upgrade() {
            Store(inner).run(call);
        }
    }

    /// What another tab wrote may change texts that are open in an editor here.
    fn found(&self, document: &DocumentId, found: &StoredChunks) {
        let Some(inner) = self.0.upgrade() else { return };
        Store(inner).run(|core| core.found(*document, found));
    }

    fn socket_event(&self, number: u64, event: SocketEvent) {
        let Some(inner) = self.0.upgrade() else { return };
        if inner.line.borrow().number == number {
            Store(inner).run(|core| core.socket(event));
        }
    }

    fn tell(&self) {
        if let Some(inner) = self.0.upgrade() {
            inner.telling.set(false);
            let state = Rc::clone(inner.core.borrow().state());
            inner.listeners.tell(&state);
        }
    }

    fn ring(&self) {
        if let Some(inner) = self.0.upgrade() {
            // The timer that rang is spent; it is dropped only after its own call has returned.
            let spent = inner.alarm.borrow_mut().take();
            Store(inner).run(Core::tick);
            drop(spent);
        }
    }
}
