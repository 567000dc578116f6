//! A network that fails on purpose: a TCP proxy between one device and the server.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Weather {
    /// Everything passes.
    Fine = 0,
    /// Connections are cut and new ones are refused.
    Cut = 1,
    /// Connections stay open and nothing passes, in either direction: half-open sockets.
    Silent = 2,
}

/// The proxy of one device. It listens until it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    weather: Arc<AtomicU8>,
    changed: Arc<Notify>,
    target: watch::Sender<SocketAddr>,
    task: tokio::task::JoinHandle<()>,
}

impl FaultProxy {
    /// Listens on a free loopback port and passes on to `target`.
    pub async fn start(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let weather = Arc::new(AtomicU8::new(Weather::Fine as u8));
        let changed = Arc::new(Notify::new());
        let (target, targets) = watch::channel(target);
        let (state, signal) = (weather.clone(), changed.clone());
        let task = tokio::spawn(async move {
            while let Ok((device, _)) = listener.accept().await {
                if state.load(Ordering::SeqCst) == Weather::Cut as u8 {
                    continue;
                }
                let (state, signal, target) = (state.clone(), signal.clone(), *targets.borrow());
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(target).await {
                        carry(device, server, state, signal).await;
                    }
                });
            }
        });
        Ok(Self {
            address,
            weather,
            changed,
            target,
            task,
        })
    }

    /// `127.0.0.1:port` for the device.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather for all connections, also those that stand.
    pub fn set(&self, weather: Weather) {
        self.weather.store(weather as u8, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Sends new connections to another address: the server came back on another port.
    pub fn retarget(&self, target: SocketAddr) {
        self.target.send_replace(target);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.set(Weather::Cut);
        self.task.abort();
    }
}

async fn carry(mut device: TcpStream, mut server: TcpStream, weather: Arc<AtomicU8>, changed: Arc<Notify>) {
    const BUFFER_BYTES: usize = 16 * 1024;
    let (mut up, mut down) = (vec![0; BUFFER_BYTES], vec![0; BUFFER_BYTES]);
    loop {
        let waits = changed.notified();
        match weather.load(Ordering::SeqCst) {
            state if state == Weather::Cut as u8 => return,
            state if state == Weather::Silent as u8 => {
                waits.await;
                continue;
            }
            _ => {}
        }
        tokio::select! {
            () = waits => {}
            read = device.read(&mut up) => match read {
                Ok(count) if count > 0 && server.write_all(&up[..count]).await.is_ok() => {}
                _ => return,
            },
            read = server.read(&mut down) => match read {
                Ok(count) if count > 0 && device.write_all(&down[..count]).await.is_ok() => {}
                _ => return,
            },
        }
    }
}
