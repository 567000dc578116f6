//! The browser's WebSocket as a [`Socket`].

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

use super::{Socket, SocketEvent};

/// A WebSocket with its listeners.
pub struct BrowserSocket {
    socket: WebSocket,
    /// Set when the owner has let go: an event that is already queued says nothing any more.
    silent: Rc<Cell<bool>>,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl BrowserSocket {
    /// Opens a socket to this page's own host. None when the browser refuses the address.
    pub fn open(path: &str, on_event: Box<dyn Fn(SocketEvent)>) -> Option<Self> {
        let location = web_sys::window()?.location();
        let scheme = if location.protocol().ok()? == "https:" {
            "wss"
        } else {
            "ws"
        };
        let socket = WebSocket::new(&format!("{scheme}://{}{path}", location.host().ok()?)).ok()?;
        socket.set_binary_type(web_sys::BinaryType::Arraybuffer);

        let silent = Rc::new(Cell::new(false));
        let on_event: Rc<dyn Fn(SocketEvent)> = Rc::from(on_event);
        let tell = {
            let silent = Rc::clone(&silent);
            move |event| {
                if !silent.get() {
                    on_event(event);
                }
            }
        };
        let on_open = Closure::new({
            let tell = tell.clone();
            move |_: Event| tell(SocketEvent::Opened)
        });
        let on_message = Closure::new({
            let tell = tell.clone();
            move |event: MessageEvent| {
                // A text frame is not part of the protocol; what is not bytes is not ours.
                if let Ok(buffer) = event.data().dyn_into::<js_sys::ArrayBuffer>() {
                    tell(SocketEvent::Frame(js_sys::Uint8Array::new(&buffer).to_vec()));
                }
            }
        });
        // `error` is always followed by `close`, which also carries the code.
        let on_close = Closure::new(move |event: CloseEvent| tell(SocketEvent::Closed { code: event.code() }));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self {
            socket,
            silent,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        })
    }
}

impl Socket for BrowserSocket {
    fn send(&self, frame: &[u8]) {
        if self.socket.ready_state() == WebSocket::OPEN {
            // A failing send is followed by `close`, which is where losing the line is handled.
            let _ = self.socket.send_with_u8_array(frame);
        }
    }
}

impl Drop for BrowserSocket {
    fn drop(&mut self) {
        self.silent.set(true);
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}
