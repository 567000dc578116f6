//! A network that fails on purpose: a TCP proxy between one device and the server.
//!
//! It cannot lose packets, because TCP would only send them again; it does what a person notices of the loss: the rest of
//! that connection waits for the repetition. Nothing overtakes within a connection; connections overtake each other.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    time::Instant,
};

/// What is delayed, lost and repeated at once: the payload of one packet.
const SEGMENT_BYTES: usize = 1_400;
/// Segments on their way in one direction of one connection: beyond it the sender is held back, as by a full window.
const SEGMENTS_ON_THE_WAY_MAX: usize = 256;
/// Added to a round trip before a lost segment is sent again.
const REPEAT_MS: u64 = 200;

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes, as well as the [`Line`] carries it.
    Fine,
    /// Connections are cut and new ones are refused.
    Cut,
    /// Half-open: connections stay open and nothing passes any more, in either direction, now or when the weather is fine
    /// again. Whoever connects meanwhile waits for ever, too.
    Silent,
}

/// How well the network carries what passes; the same in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Line {
    /// Time under way, one way, in milliseconds.
    pub delay_ms: u64,
    /// Up to this much more, drawn anew for every segment.
    pub jitter_ms: u64,
    /// Of a hundred segments, how many have to be sent twice.
    pub loss_percent: u64,
    /// All connections of the device together, in kbit/s; none: unlimited.
    pub kbit_per_s: Option<u64>,
}

impl Line {
    /// As fast as the machine.
    pub const CLEAR: Self = Self {
        delay_ms: 0,
        jitter_ms: 0,
        loss_percent: 0,
        kbit_per_s: None,
    };
    /// A full hall on one access point: the promise of row 9, and a little jitter.
    pub const BAD_WIFI: Self = Self {
        delay_ms: 500,
        jitter_ms: 50,
        loss_percent: 5,
        kbit_per_s: Some(256),
    };
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the device to the server.
    Up = 0,
    /// From the server to the device.
    Down = 1,
}

/// How often each thing has happened: a connection compares with what it saw when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Epoch {
    weather: Weather,
    cuts: u64,
    silences: u64,
}

struct Shared {
    line: Mutex<Line>,
    /// When the air is free again, per direction.
    free_at: [Mutex<Instant>; 2],
    /// Bytes that may still pass before the connection that carries the last of them is cut, per direction.
    truncate_after: [AtomicU64; 2],
    epoch: watch::Sender<Epoch>,
    seed: u64,
}

/// The proxy of one device. It listens until it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    target: watch::Sender<SocketAddr>,
    task: tokio::task::JoinHandle<()>,
}

impl FaultProxy {
    /// Listens on a free loopback port and passes on to `target`.
    pub async fn start(target: SocketAddr) -> Result<Self> {
        Self::start_with(target, 0x5eed).await
    }

    /// The same with a seed of the caller's for jitter and loss.
    pub async fn start_with(target: SocketAddr, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let now = Instant::now();
        let (epoch, _) = watch::channel(Epoch {
            weather: Weather::Fine,
            cuts: 0,
            silences: 0,
        });
        let shared = Arc::new(Shared {
            line: Mutex::new(Line::CLEAR),
            free_at: [Mutex::new(now), Mutex::new(now)],
            truncate_after: [AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX)],
            epoch,
            seed,
        });
        let (target, targets) = watch::channel(target);
        let of = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut count = 0;
            while let Ok((device, _)) = listener.accept().await {
                count += 1;
                let (shared, target, began) = (Arc::clone(&of), *targets.borrow(), *of.epoch.borrow());
                match began.weather {
                    Weather::Cut => {}
                    Weather::Fine => drop(tokio::spawn(connect(device, target, shared, began, count))),
                    Weather::Silent => drop(tokio::spawn(async move {
                        cut(&shared, began).await;
                        drop(device);
                    })),
                }
            }
        });
        Ok(Self {
            address,
            shared,
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
        self.shared.epoch.send_modify(|epoch| {
            epoch.weather = weather;
            match weather {
                Weather::Fine => {}
                Weather::Cut => epoch.cuts += 1,
                Weather::Silent => epoch.silences += 1,
            }
        });
    }

    /// Changes how well everything is carried that is sent from now on.
    pub fn carries(&self, line: Line) {
        *self.shared.line.lock().unwrap_or_else(|held| held.into_inner()) = line;
    }

    /// Lets so many more bytes pass in one direction and then cuts the connection that carried the last of them, in the
    /// middle of whatever it was saying.
    pub fn truncate_after(&self, way: Way, bytes: u64) {
        self.shared.truncate_after[way as usize].store(bytes, Ordering::SeqCst);
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

/// Resolves when connections that stood at `began` are cut.
async fn cut(shared: &Shared, began: Epoch) {
    let mut epochs = shared.epoch.subscribe();
    // The sender lives as long as the proxy; without it there is nothing left to wait for.
    let _ = epochs.wait_for(|now| now.cuts != began.cuts).await;
}

async fn connect(device: TcpStream, target: SocketAddr, shared: Arc<Shared>, began: Epoch, count: u64) {
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    // Small frames must not wait for each other here, whatever they do elsewhere.
    let _ = (device.set_nodelay(true), server.set_nodelay(true));
    let (from_device, to_device) = device.into_split();
    let (from_server, to_server) = server.into_split();
    let dice = |way: Way| Dice(shared.seed ^ (count * 2 + way as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let up = carry(from_device, to_server, Way::Up, &shared, began, dice(Way::Up));
    let down = carry(from_server, to_device, Way::Down, &shared, began, dice(Way::Down));
    tokio::select! {
        () = up => {}
        () = down => {}
        () = cut(&shared, began) => {}
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        if sides == 0 { 0 } else { (self.0 >> 11) % sides }
    }
}

/// Carries one direction of a connection until it ends; then the whole connection does.
async fn carry(from: OwnedReadHalf, to: OwnedWriteHalf, way: Way, shared: &Shared, began: Epoch, dice: Dice) {
    let (segments, waiting) = mpsc::channel(SEGMENTS_ON_THE_WAY_MAX);
    tokio::join!(
        receive(from, segments, way, shared, began, dice),
        deliver(to, waiting, shared, began)
    );
}

fn silenced(shared: &Shared, began: Epoch) -> bool {
    shared.epoch.borrow().silences != began.silences
}

/// Reads segments and says when each arrives.
async fn receive(
    mut from: OwnedReadHalf,
    segments: mpsc::Sender<(Instant, Vec<u8>)>,
    way: Way,
    shared: &Shared,
    began: Epoch,
    mut dice: Dice,
) {
    let mut arrives_last = Instant::now();
    let mut buffer = vec![0; SEGMENT_BYTES];
    loop {
        let read = from.read(&mut buffer).await;
        if silenced(shared, began) {
            match read {
                Ok(count) if count > 0 => continue,
                // That somebody hung up does not pass either.
                _ => return std::future::pending().await,
            }
        }
        let Ok(count @ 1..) = read else { return };
        let line = *shared.line.lock().unwrap_or_else(|held| held.into_inner());
        let now = Instant::now();
        let mut sent_at = now;
        if let Some(kbit_per_s) = line.kbit_per_s {
            let mut free_at = shared.free_at[way as usize]
                .lock()
                .unwrap_or_else(|held| held.into_inner());
            let takes = Duration::from_micros(count as u64 * 8_000 / kbit_per_s.max(1));
            sent_at = now.max(*free_at) + takes;
            *free_at = sent_at;
        }
        let lost = dice.below(100) < line.loss_percent;
        let repeated_ms = if lost { 2 * line.delay_ms + REPEAT_MS } else { 0 };
        let way_ms = line.delay_ms + dice.below(line.jitter_ms + 1) + repeated_ms;
        // Nothing overtakes within a connection.
        arrives_last = arrives_last.max(sent_at + Duration::from_millis(way_ms));

        let left = &shared.truncate_after[way as usize];
        let budget = left.load(Ordering::SeqCst);
        let passes = if budget == u64::MAX {
            count
        } else {
            count.min(usize::try_from(budget).unwrap_or(count))
        };
        let ends = budget != u64::MAX && budget <= count as u64;
        left.store(
            match budget {
                u64::MAX => u64::MAX,
                _ if ends => u64::MAX,
                budget => budget - passes as u64,
            },
            Ordering::SeqCst,
        );
        let segment = (arrives_last, buffer[..passes].to_vec());
        if segments.send(segment).await.is_err() || ends {
            return;
        }
    }
}

/// Hands segments over when they arrive.
async fn deliver(
    mut to: OwnedWriteHalf,
    mut waiting: mpsc::Receiver<(Instant, Vec<u8>)>,
    shared: &Shared,
    began: Epoch,
) {
    while let Some((arrives_at, bytes)) = waiting.recv().await {
        tokio::time::sleep_until(arrives_at).await;
        if !silenced(shared, began) && to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that says everything back.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    async fn says(stream: &mut TcpStream, bytes: &[u8]) -> Vec<u8> {
        stream.write_all(bytes).await.expect("written");
        let mut answer = vec![0; bytes.len()];
        stream.read_exact(&mut answer).await.expect("answered");
        answer
    }

    #[tokio::test]
    async fn a_line_delays_and_throttles_and_loses_nothing() {
        let proxy = FaultProxy::start(echo().await).await.expect("a proxy");
        let mut stream = TcpStream::connect(proxy.address()).await.expect("connected");
        proxy.carries(Line {
            delay_ms: 100,
            jitter_ms: 20,
            loss_percent: 20,
            kbit_per_s: Some(800),
        });
        let sent: Vec<u8> = (0..20_000_u32).map(|number| number as u8).collect();
        let began = Instant::now();
        assert_eq!(says(&mut stream, &sent).await, sent);
        // 20 kB at 100 kB/s in either direction, the second beginning when the first byte has come back: 0.2 s and 2 × 0.1 s.
        assert!(began.elapsed() >= Duration::from_millis(390), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_cut_ends_connections_and_silence_leaves_them_open_for_ever() {
        let proxy = FaultProxy::start(echo().await).await.expect("a proxy");
        let mut first = TcpStream::connect(proxy.address()).await.expect("connected");
        says(&mut first, b"one").await;
        proxy.set(Weather::Silent);
        first.write_all(b"two").await.expect("nobody says that it is lost");
        proxy.set(Weather::Fine);
        let mut second = TcpStream::connect(proxy.address()).await.expect("connected");
        assert_eq!(says(&mut second, b"three").await, b"three", "a new connection passes");
        let mut buffer = [0; 3];
        let heard = tokio::time::timeout(Duration::from_millis(200), first.read(&mut buffer)).await;
        assert!(heard.is_err(), "the old one stays silent: {heard:?}");
        proxy.set(Weather::Cut);
        for stream in [&mut first, &mut second] {
            assert!(matches!(stream.read(&mut buffer).await, Ok(0) | Err(_)));
        }
    }

    #[tokio::test]
    async fn a_truncated_connection_ends_in_the_middle_of_what_it_was_saying() {
        let proxy = FaultProxy::start(echo().await).await.expect("a proxy");
        let mut stream = TcpStream::connect(proxy.address()).await.expect("connected");
        says(&mut stream, b"whole").await;
        proxy.truncate_after(Way::Down, 4);
        stream.write_all(b"broken").await.expect("written");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(answer, b"brok");
    }

    #[tokio::test]
    async fn connections_overtake_each_other_and_nothing_overtakes_within_one() {
        let proxy = FaultProxy::start(echo().await).await.expect("a proxy");
        proxy.carries(Line {
            delay_ms: 300,
            ..Line::CLEAR
        });
        let mut first = TcpStream::connect(proxy.address()).await.expect("connected");
        let mut second = TcpStream::connect(proxy.address()).await.expect("connected");
        first.write_all(b"first").await.expect("written");
        // Time for the proxy to take it up before the line becomes better.
        tokio::task::yield_now().await;
        let mut buffer = [0; 5];
        assert!(
            tokio::time::timeout(Duration::from_millis(100), first.read_exact(&mut buffer))
                .await
                .is_err()
        );
        proxy.carries(Line::CLEAR);
        let overtakes = async {
            says(&mut second, b"later").await;
            Instant::now()
        };
        let waits = async {
            first.read_exact(&mut buffer).await.expect("answered");
            Instant::now()
        };
        let (second_at, first_at) = tokio::join!(overtakes, waits);
        assert!(
            second_at < first_at,
            "what was said later on another connection came first"
        );
        assert_eq!(&buffer, b"first");
    }
}
