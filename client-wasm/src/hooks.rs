//! How components reach the store, the language and the moment.

use std::{ops::Deref, rc::Rc, sync::Arc};

use yew::prelude::*;

use crate::{
    i18n::{Locale, Texts},
    store::{State, Store},
};

/// The store; the app provides it as a context.
#[hook]
pub fn use_store() -> Store {
    // A component outside the app's tree is a programming error that no input can reach.
    use_context::<Store>().expect("the app provides the store to every component")
}

/// A part of the state. The component renders again only when this part has changed.
///
/// `select` runs after every change of the store: it must be cheap, and should return `Arc`s, counts or small values.
#[hook]
pub fn use_slice<T: PartialEq + Clone + 'static>(select: impl Fn(&State) -> T + 'static) -> T {
    let store = use_store();
    let select: Rc<dyn Fn(&State) -> T> = Rc::new(select);
    let current = select(&store.state());
    let latest = use_mut_ref(|| None::<(T, Rc<dyn Fn(&State) -> T>)>);
    *latest.borrow_mut() = Some((current.clone(), select));
    let render = use_force_update();
    use_effect_with(store, move |store| {
        let compare = move |state: Rc<State>| {
            let changed = latest
                .borrow()
                .as_ref()
                .is_some_and(|(value, select)| select(&state) != *value);
            if changed {
                render.force_update();
            }
        };
        // What changed between the render and this effect has had no listener yet.
        compare(store.state());
        let subscription = store.subscribe(compare);
        move || drop(subscription)
    });
    current
}

/// Keeps a group's board open while the component is on the page.
#[hook]
pub fn use_open_board(group: &board::GroupId) {
    let store = use_store();
    use_effect_with(group.clone(), move |group| {
        store.open_board(group);
        let group = group.clone();
        move || store.close_board(&group)
    });
}

/// Counts a render of the calling component in `window.yoriai.renders()`, so that tests see what drew itself again.
#[hook]
pub fn use_render_count(component: &'static str) {
    crate::app::count_render(component);
}

/// An `Arc` that is equal only to itself: a property whose comparison costs nothing.
#[derive(Debug)]
pub struct Same<T>(pub Arc<T>);

impl<T> Clone for Same<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
impl<T> Deref for Same<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// The chosen language and how to change it; the app provides it as a context.
#[derive(Clone, PartialEq)]
pub struct LocaleContext {
    /// The language in force.
    pub locale: Locale,
    /// Changes it, on this device, for good.
    pub set: Callback<Locale>,
}

/// The texts in the person's language.
#[hook]
pub fn use_texts() -> &'static Texts {
    use_locale().locale.texts()
}

/// The language in force and how to change it.
#[hook]
pub fn use_locale() -> LocaleContext {
    use_context::<LocaleContext>().unwrap_or(LocaleContext {
        locale: Locale::default(),
        set: Callback::noop(),
    })
}
