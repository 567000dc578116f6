//! The floor: a WebSocket server that hands every frame to everybody else and does nothing besides.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use anyhow::Result;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_tungstenite::tungstenite::{Bytes, Message, protocol::WebSocketConfig};

/// Frames waiting for one reader; beyond it the reader is dropped, as our own server does.
const OUTBOX_FRAMES_MAX: usize = 16 * 1024;

type Readers = Arc<Mutex<BTreeMap<u64, mpsc::Sender<Bytes>>>>;

/// Serves until the process ends. The first line on standard output is the address.
pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("{}", listener.local_addr()?);
    let readers: Readers = Arc::default();
    for number in 0u64.. {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let readers = readers.clone();
        tokio::spawn(async move {
            let config = WebSocketConfig::default().read_buffer_size(4096);
            let Ok(socket) = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await else {
                return;
            };
            let (mut sink, mut frames) = socket.split();
            let (outbox, mut outgoing) = mpsc::channel::<Bytes>(OUTBOX_FRAMES_MAX);
            with(&readers, |readers| readers.insert(number, outbox));
            let writer = tokio::spawn(async move {
                while let Some(bytes) = outgoing.recv().await {
                    if sink.feed(Message::Binary(bytes)).await.is_err() {
                        return;
                    }
                    // What has gathered goes out with one flush: a flush a frame costs more than twice the throughput.
                    while let Ok(bytes) = outgoing.try_recv() {
                        if sink.feed(Message::Binary(bytes)).await.is_err() {
                            return;
                        }
                    }
                    if sink.flush().await.is_err() {
                        return;
                    }
                }
            });
            while let Some(Ok(Message::Binary(bytes))) = frames.next().await {
                with(&readers, |readers| {
                    readers.retain(|reader, outbox| *reader == number || outbox.try_send(bytes.clone()).is_ok());
                });
            }
            with(&readers, |readers| readers.remove(&number));
            writer.abort();
        });
    }
    Ok(())
}

fn with<T>(readers: &Readers, act: impl FnOnce(&mut BTreeMap<u64, mpsc::Sender<Bytes>>) -> T) -> T {
    act(&mut readers.lock().unwrap_or_else(|held| held.into_inner()))
}
