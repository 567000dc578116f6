//! Browser events that the framework cannot give us as we need them: not passive, not delegated, with capture.

use board::geometry::{Point, Rect};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{
    AddEventListenerOptions, Element, Event, EventTarget, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent,
    ResizeObserver, WheelEvent,
};

use crate::tools::{Button, Hit, Input, Pointer, PointerKind};

/// One line of a wheel in pixels, where the browser counts lines.
const LINE_PX: f64 = 20.0;

/// What the browser said, in the sheet's words.
#[derive(Debug, Clone)]
pub enum Heard {
    /// A pointer or the wheel did something; places still count from the window's corner.
    Input(Input),
    /// A mouse or a pen hovers here, or left the sheet.
    Hover(Option<Point>),
    /// A key was pressed on the sheet. The receiver decides at once whether it means something.
    Key(KeyboardEvent),
    /// A screen reader or a keyboard pressed the thing itself.
    Pressed(Hit),
    /// The sheet or the visible part of the window has another size now.
    Resized,
}

/// One listener: on what, to what, and what it does.
type Kept = (EventTarget, &'static str, Closure<dyn FnMut(Event)>);

/// Listens as long as it lives.
pub struct Listeners {
    kept: Vec<Kept>,
    observer: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
}

impl Listeners {
    /// Listens to everything that the sheet needs. `tell` answers whether the event was dealt with.
    pub fn attach(root: &HtmlElement, tell: impl Fn(Heard) -> bool + Clone + 'static) -> Self {
        let mut listeners = Self {
            kept: Vec::new(),
            observer: None,
        };
        let target: &EventTarget = root;
        listeners.pointers(root, tell.clone());
        let heard = tell.clone();
        listeners.add(target, "wheel", move |event| {
            let Some(event) = event.dyn_ref::<WheelEvent>() else {
                return;
            };
            // The page itself must neither scroll nor zoom.
            event.prevent_default();
            heard(Heard::Input(wheel(event)));
        });
        let heard = tell.clone();
        listeners.add(target, "keydown", move |event| {
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
                return;
            };
            // A button keeps its own keys; those with control or command, and escape, mean the sheet everywhere.
            let command = event.ctrl_key() || event.meta_key() || event.key() == "Escape";
            let elsewhere = is_field(event.target()) || (is_control(event.target()) && !command);
            if event.is_composing() || elsewhere {
                return;
            }
            if heard(Heard::Key(event.clone())) {
                event.prevent_default();
            }
        });
        // Browsers show their ring also when a script moves the focus after a touch; ours is for the tab key.
        let ringed = root.clone();
        listeners.add(target, "keyup", move |event| {
            if event
                .dyn_ref::<KeyboardEvent>()
                .is_some_and(|event| event.key() == "Tab")
            {
                // A valid name: this does not fail.
                let _ = ringed.set_attribute("data-keys", "");
            }
        });
        let heard = tell.clone();
        listeners.add(target, "click", move |event| {
            let Some(event) = event.dyn_ref::<MouseEvent>() else {
                return;
            };
            // Touches and clicks have a count; what a screen reader presses has none.
            if event.detail() == 0
                && let Some(hit) = hit(event.target())
            {
                heard(Heard::Pressed(hit));
            }
        });
        // The focus is ours to move (see `take_focus`): the mouse events that follow a touch would take it from the
        // editor which that touch has just opened.
        listeners.add(target, "mousedown", |event| {
            if !is_control(event.target()) {
                event.prevent_default();
            }
        });
        // A long press must not open the browser's menu, a drag must not pick up the page, Safari must not zoom it.
        for name in ["contextmenu", "dragstart", "gesturestart"] {
            listeners.add(target, name, |event| {
                if !is_control(event.target()) {
                    event.prevent_default();
                }
            });
        }
        listeners.sizes(root, tell);
        listeners
    }

    fn pointers(&mut self, root: &HtmlElement, tell: impl Fn(Heard) -> bool + Clone + 'static) {
        let target: &EventTarget = root;
        let (heard, captures) = (tell.clone(), root.clone());
        self.add(target, "pointerdown", move |event| {
            let Some(event) = event.dyn_ref::<PointerEvent>() else {
                return;
            };
            let Some(hit) = hit(event.target()) else { return };
            // Without the capture a finger that leaves the sheet would be lost; a refused one only costs that.
            let _ = captures.set_pointer_capture(event.pointer_id());
            // The pointer shows where one is: the keyboard's ring goes.
            let _ = captures.remove_attribute("data-keys");
            take_focus(&captures);
            heard(Heard::Input(Input::Down(pointer(event, hit))));
        });
        let heard = tell.clone();
        self.add(target, "pointermove", move |event| {
            let Some(event) = event.dyn_ref::<PointerEvent>() else {
                return;
            };
            let moved = pointer(event, Hit::Paper);
            if moved.kind != PointerKind::Touch {
                heard(Heard::Hover(Some(moved.at)));
            }
            heard(Heard::Input(Input::Move(moved)));
        });
        let heard = tell.clone();
        self.add(target, "pointerup", move |event| {
            let Some(event) = event.dyn_ref::<PointerEvent>() else {
                return;
            };
            heard(Heard::Input(Input::Up(pointer(event, Hit::Paper))));
        });
        let heard = tell.clone();
        self.add(target, "pointercancel", move |event| {
            let Some(event) = event.dyn_ref::<PointerEvent>() else {
                return;
            };
            heard(Heard::Input(Input::Cancel(event.pointer_id())));
        });
        self.add(target, "pointerleave", move |_| {
            tell(Heard::Hover(None));
        });
    }

    fn sizes(&mut self, root: &HtmlElement, tell: impl Fn(Heard) -> bool + Clone + 'static) {
        let heard = tell.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            heard(Heard::Resized);
        });
        // Browsers without it (none since 2020) keep the first size until the window changes.
        if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(root);
            self.observer = Some((observer, resized));
        }
        if let Some(window) = web_sys::window() {
            let visible = window.visual_viewport();
            let targets = [Some(EventTarget::from(window)), visible.map(EventTarget::from)];
            for target in targets.into_iter().flatten() {
                let heard = tell.clone();
                self.add(&target, "resize", move |_| {
                    heard(Heard::Resized);
                });
            }
        }
    }

    fn add(&mut self, target: &EventTarget, name: &'static str, listener: impl FnMut(Event) + 'static) {
        let closure = Closure::<dyn FnMut(Event)>::new(listener);
        let options = AddEventListenerOptions::new();
        options.set_passive(false);
        let added = target.add_event_listener_with_callback_and_add_event_listener_options(
            name,
            closure.as_ref().unchecked_ref(),
            &options,
        );
        if added.is_ok() {
            self.kept.push((target.clone(), name, closure));
        }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (target, name, closure) in &self.kept {
            // Removing what was added does not fail.
            let _ = target.remove_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        }
        if let Some((observer, _)) = &self.observer {
            observer.disconnect();
        }
    }
}

/// What lies under an event; none for buttons and fields, which see to themselves.
fn hit(target: Option<EventTarget>) -> Option<Hit> {
    let element = target?.dyn_into::<Element>().ok()?;
    let closest = |selector: &str| element.closest(selector).ok().flatten();
    if is_control(Some(element.clone().into())) {
        return None;
    }
    let found = closest("[data-note],[data-heading],[data-island-id]");
    let Some(found) = found else { return Some(Hit::Paper) };
    let id = |name: &str| found.get_attribute(name);
    if let Some(Ok(note)) = id("data-note").map(|id| id.parse()) {
        Some(Hit::Note(note))
    } else if let Some(Ok(island)) = id("data-heading").map(|id| id.parse()) {
        Some(Hit::Plate(island))
    } else if let Some(Ok(island)) = id("data-island-id").map(|id| id.parse()) {
        let plate_only = found.class_list().contains("is-plate");
        Some(if plate_only {
            Hit::Plate(island)
        } else {
            Hit::Inside(island)
        })
    } else {
        Some(Hit::Paper)
    }
}

/// The sheet takes the focus, when it is touched or when the focused button goes away; an open editor is left by that.
pub fn take_focus(root: &HtmlElement) {
    let document = web_sys::window().and_then(|window| window.document());
    let Some(active) = document.and_then(|document| document.active_element()) else {
        return;
    };
    let element: &Element = root;
    if active == *element {
        return;
    }
    // Away from a field first: a focus that comes straight from a field would show the keyboard's ring.
    if let Some(active) = active.dyn_ref::<HtmlElement>() {
        let _ = active.blur();
    }
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = root.focus_with_options(&options);
}

fn is_control(target: Option<EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| {
        element
            .closest("[data-control],button,textarea,input,a")
            .ok()
            .flatten()
            .is_some()
    })
}

fn is_field(target: Option<EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| element.matches("textarea,input").unwrap_or(false))
}

fn pointer(event: &PointerEvent, hit: Hit) -> Pointer {
    let kind = match event.pointer_type().as_str() {
        "touch" => PointerKind::Touch,
        "pen" => PointerKind::Pen,
        _ => PointerKind::Mouse,
    };
    let button = match event.button() {
        1 => Button::Pan,
        2 => Button::Secondary,
        _ => Button::Primary,
    };
    Pointer {
        id: event.pointer_id(),
        kind,
        at: Point::new(f64::from(event.client_x()), f64::from(event.client_y())),
        hit,
        button,
        shift: event.shift_key(),
        at_ms: event.time_stamp(),
    }
}

fn wheel(event: &WheelEvent) -> Input {
    let unit = if event.delta_mode() == WheelEvent::DOM_DELTA_PIXEL {
        1.0
    } else {
        LINE_PX
    };
    let (mut x, mut y) = (event.delta_x() * unit, event.delta_y() * unit);
    let zoom = event.ctrl_key() || event.meta_key();
    // A mouse without a second wheel pans sideways with shift.
    if event.shift_key() && x == 0.0 && !zoom {
        (x, y) = (y, 0.0);
    }
    Input::Wheel {
        at: Point::new(f64::from(event.client_x()), f64::from(event.client_y())),
        delta: Point::new(x, y),
        zoom,
    }
}

/// The same input with places counted from the sheet's corner.
pub fn within(input: Input, sheet: Rect) -> Input {
    let moved = |pointer: Pointer| Pointer {
        at: pointer.at - sheet.origin,
        ..pointer
    };
    match input {
        Input::Down(pointer) => Input::Down(moved(pointer)),
        Input::Move(pointer) => Input::Move(moved(pointer)),
        Input::Up(pointer) => Input::Up(moved(pointer)),
        Input::Wheel { at, delta, zoom } => Input::Wheel {
            at: at - sheet.origin,
            delta,
            zoom,
        },
        other => other,
    }
}

/// Milliseconds on the clock of the pointer events.
pub fn now_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |clock| clock.now())
}

/// Something that happens later, unless it is dropped before.
pub struct Later {
    id: i32,
    _call: Closure<dyn FnMut()>,
}

impl Later {
    /// Calls after so many milliseconds. None where there is no window.
    pub fn after(delay_ms: f64, call: impl FnOnce() + 'static) -> Option<Self> {
        let call = Closure::once(call);
        let delay_ms = delay_ms.clamp(0.0, 60_000.0) as i32;
        let id = web_sys::window()?
            .set_timeout_with_callback_and_timeout_and_arguments_0(call.as_ref().unchecked_ref(), delay_ms)
            .ok()?;
        Some(Self { id, _call: call })
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}
