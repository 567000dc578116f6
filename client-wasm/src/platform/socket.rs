//! The browser's WebSocket as a [`Socket`]: a ticket first, then the socket that it opens.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use futures_util::future::{AbortHandle, abortable};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

use super::{Socket, SocketEvent};
use crate::api::{self, ApiError};

/// The protocol that the server speaks to pages.
const PROTOCOL: &str = "yoriai";
/// The close code of a line that broke, or never stood.
const BROKEN: u16 = 1006;

/// A WebSocket with its listeners, or the wish for one.
pub struct BrowserSocket {
    inner: Rc<Inner>,
    /// Ends the asking for a ticket.
    asking: AbortHandle,
}

struct Inner {
    on_event: Box<dyn Fn(SocketEvent)>,
    line: RefCell<Option<Line>>,
    /// Set when the owner has let go: an event that is already queued says nothing any more.
    silent: Cell<bool>,
}

struct Line {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl BrowserSocket {
    /// Asks this page's own host for a ticket and opens the socket of a workshop with it. Failing in any way is an event.
    pub fn open(workshop: &str, on_event: Box<dyn Fn(SocketEvent)>) -> Self {
        let inner = Rc::new(Inner {
            on_event,
            line: RefCell::default(),
            silent: Cell::new(false),
        });
        let (waiting, workshop) = (Rc::clone(&inner), workshop.to_owned());
        let (opening, asking) = abortable(async move {
            match api::ticket(&workshop).await {
                Ok(ticket) => {
                    let line = Line::open(&workshop, &ticket, &waiting);
                    let failed = line.is_none();
                    *waiting.line.borrow_mut() = line;
                    if failed {
                        waiting.tell(SocketEvent::Closed { code: BROKEN });
                    }
                }
                Err(error) => {
                    if let ApiError::Refused { code, .. } = error {
                        waiting.tell(SocketEvent::Refused { code });
                    }
                    waiting.tell(SocketEvent::Closed { code: BROKEN });
                }
            }
        });
        spawn_local(async move {
            let _ = opening.await;
        });
        Self { inner, asking }
    }
}

impl Inner {
    fn tell(&self, event: SocketEvent) {
        if !self.silent.get() {
            (self.on_event)(event);
        }
    }
}

/// Tells, as long as there is somebody to tell.
fn tell(inner: &Weak<Inner>, event: SocketEvent) {
    if let Some(inner) = inner.upgrade() {
        inner.tell(event);
    }
}

impl Line {
    /// None when the browser refuses the address.
    fn open(workshop: &str, ticket: &str, inner: &Rc<Inner>) -> Option<Self> {
        let location = web_sys::window()?.location();
        let scheme = if location.protocol().ok()? == "https:" {
            "wss"
        } else {
            "ws"
        };
        let address = format!("{scheme}://{}/sync/{workshop}", location.host().ok()?);
        // The ticket is a protocol's name, because that is the only header field that a page can fill.
        let protocols = js_sys::Array::of2(
            &JsValue::from_str(PROTOCOL),
            &JsValue::from_str(&format!("{PROTOCOL}.ticket.{ticket}")),
        );
        let socket = WebSocket::new_with_str_sequence(&address, &protocols).ok()?;
        socket.set_binary_type(web_sys::BinaryType::Arraybuffer);

        let to = Rc::downgrade(inner);
        let on_open = Closure::new({
            let to = to.clone();
            move |_: Event| tell(&to, SocketEvent::Opened)
        });
        let on_message = Closure::new({
            let to = to.clone();
            move |event: MessageEvent| {
                // A text frame is not part of the protocol; what is not bytes is not ours.
                if let Ok(buffer) = event.data().dyn_into::<js_sys::ArrayBuffer>() {
                    tell(&to, SocketEvent::Frame(js_sys::Uint8Array::new(&buffer).to_vec()));
                }
            }
        });
        // `error` is always followed by `close`, which also carries the code.
        let on_close = Closure::new(move |event: CloseEvent| tell(&to, SocketEvent::Closed { code: event.code() }));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self {
            socket,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        })
    }
}

impl Socket for BrowserSocket {
    fn send(&self, frame: &[u8]) {
        if let Some(line) = &*self.inner.line.borrow()
            && line.socket.ready_state() == WebSocket::OPEN
        {
            // A failing send is followed by `close`, which is where losing the line is handled.
            let _ = line.socket.send_with_u8_array(frame);
        }
    }
}

impl Drop for BrowserSocket {
    fn drop(&mut self) {
        self.asking.abort();
        self.inner.silent.set(true);
        drop(self.inner.line.take());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}
