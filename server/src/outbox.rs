//! What waits to be written to one socket: bounded in bytes, never reordered. Whoever reads too slowly is closed, because the
//! protocol needs every document message in order; only presence may be dropped.
//!
//! An answer (a whole board for somebody who joins) may be large and is not the reader's fault, so large answers have a budget
//! of their own. For our own clients they are one frame that all joiners of a board share; what a reader that is in step
//! costs is the rest: at most 1 MiB, what its socket is writing included.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::sync::{Notify, mpsc};

use crate::metrics::Metrics;

/// What a socket's own write buffer may hold: see `connection::writer`.
pub const SOCKET_BYTES_MAX: usize = 128 * 1024;
/// Bytes of ordinary frames that may wait for one reader or are being written to it: 1 MiB with the socket's own buffer.
/// That is 3,000 edits of 350 bytes, a minute of 50 busy people.
pub const WAITING_BYTES_MAX: usize = 1024 * 1024 - SOCKET_BYTES_MAX;
/// From this size on an answer is a catch-up.
pub const CATCH_UP_BYTES_MIN: usize = 64 * 1024;
/// Bytes of catch-up frames that may wait: nine documents (a wall of eight boards and its workshop) of 2 MB are 18 MB.
pub const CATCH_UP_BYTES_MAX: usize = 24 * 1024 * 1024;
/// Presence is dropped while more than this waits: a reader that far behind would see old positions.
const PRESENCE_BYTES_MAX: usize = 64 * 1024;

/// What a frame is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What happened in a document.
    News,
    /// An answer to what the reader itself has asked for.
    Answer,
    /// Presence: the next one says the same anew.
    Presence,
}

/// Something to be written.
#[derive(Debug)]
pub enum Outgoing {
    /// A binary frame, shared with other readers.
    Frame(Arc<[u8]>),
    /// The end: a close frame with this code and reason.
    Close(u16, String),
}

/// The room's end. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    queue: mpsc::UnboundedSender<Queued>,
    fill: Arc<Fill>,
}

/// The socket's end.
pub struct OutboxReader {
    queue: mpsc::UnboundedReceiver<Queued>,
    fill: Arc<Fill>,
    /// What was taken out and is being written: it counts until it is.
    writing: Option<(bool, usize)>,
}

/// What waits, and whether it is a catch-up.
struct Queued {
    outgoing: Outgoing,
    catch_up: bool,
}

struct Fill {
    metrics: Arc<Metrics>,
    ordinary_bytes: AtomicUsize,
    catch_up_bytes: AtomicUsize,
    overflowed: AtomicBool,
    overflow: Notify,
}

/// A new, empty outbox. The queue itself is unbounded; the bytes in it are not.
pub fn outbox(metrics: Arc<Metrics>) -> (Outbox, OutboxReader) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let fill = Arc::new(Fill {
        metrics,
        ordinary_bytes: AtomicUsize::new(0),
        catch_up_bytes: AtomicUsize::new(0),
        overflowed: AtomicBool::new(false),
        overflow: Notify::new(),
    });
    (
        Outbox {
            queue: sender,
            fill: Arc::clone(&fill),
        },
        OutboxReader {
            queue: receiver,
            fill,
            writing: None,
        },
    )
}

impl Outbox {
    /// Queues a frame. Returns false if the reader is too far behind and is being closed.
    pub fn send(&self, frame: Arc<[u8]>, kind: Kind) -> bool {
        if self.fill.overflowed.load(Ordering::Relaxed) {
            return false;
        }
        let catch_up = kind == Kind::Answer && frame.len() >= CATCH_UP_BYTES_MIN;
        let (bytes, limit) = self.fill.budget(catch_up);
        let waiting = bytes.load(Ordering::Relaxed);
        if kind == Kind::Presence && waiting > PRESENCE_BYTES_MAX {
            return true;
        }
        // A batch of a busy board may be as large as the whole budget: alone it is no reader's fault.
        if waiting > 0 && waiting + frame.len() > limit {
            self.fill.overflowed.store(true, Ordering::Relaxed);
            self.fill.overflow.notify_one();
            return false;
        }
        let now = bytes.fetch_add(frame.len(), Ordering::Relaxed) + frame.len();
        self.fill.metrics.outbox_bytes.inc_by(length(frame.len()));
        if !catch_up {
            self.fill.metrics.saw_outbox(length(now));
        }
        // A closed queue means that the socket is gone; its end will be reported to the room.
        let _ = self.queue.send(Queued {
            outgoing: Outgoing::Frame(frame),
            catch_up,
        });
        true
    }

    /// Closes the socket after what is queued.
    pub fn close(&self, code: u16, reason: impl Into<String>) {
        let _ = self.queue.send(Queued {
            outgoing: Outgoing::Close(code, reason.into()),
            catch_up: false,
        });
    }
}

impl OutboxReader {
    /// The next thing to write; waits for it. Call it when what came before is written.
    pub async fn next(&mut self) -> Option<Outgoing> {
        let queued = self.queue.recv().await?;
        Some(self.taken(queued))
    }

    /// The next thing to write, if there is one now.
    pub fn try_next(&mut self) -> Option<Outgoing> {
        let queued = self.queue.try_recv().ok()?;
        Some(self.taken(queued))
    }

    /// What was taken last has left this process.
    pub fn written(&mut self) {
        if let Some((catch_up, bytes)) = self.writing.take() {
            self.fill.budget(catch_up).0.fetch_sub(bytes, Ordering::Relaxed);
            self.fill.metrics.outbox_bytes.dec_by(length(bytes));
        }
    }

    /// Resolves when the reader has fallen too far behind.
    pub fn overflowed(&self) -> impl Future<Output = ()> + use<> {
        let fill = Arc::clone(&self.fill);
        async move { fill.overflow.notified().await }
    }

    fn taken(&mut self, queued: Queued) -> Outgoing {
        self.written();
        if let Outgoing::Frame(frame) = &queued.outgoing {
            self.writing = Some((queued.catch_up, frame.len()));
        }
        queued.outgoing
    }
}

impl Drop for Fill {
    fn drop(&mut self) {
        // What is left when both ends are gone is never written.
        let left = self.ordinary_bytes.load(Ordering::Relaxed) + self.catch_up_bytes.load(Ordering::Relaxed);
        self.metrics.outbox_bytes.dec_by(length(left));
    }
}

impl Fill {
    fn budget(&self, catch_up: bool) -> (&AtomicUsize, usize) {
        if catch_up {
            (&self.catch_up_bytes, CATCH_UP_BYTES_MAX)
        } else {
            (&self.ordinary_bytes, WAITING_BYTES_MAX)
        }
    }
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: usize) -> Arc<[u8]> {
        vec![0; bytes].into()
    }

    fn new() -> (Outbox, OutboxReader, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::new());
        let (outbox, reader) = outbox(Arc::clone(&metrics));
        (outbox, reader, metrics)
    }

    #[tokio::test]
    async fn row_13_a_reader_that_does_not_read_overflows_before_one_mebibyte() {
        let (outbox, reader, metrics) = new();
        for _ in 0..WAITING_BYTES_MAX / 1024 {
            assert!(outbox.send(frame(1024), Kind::News));
        }
        assert!(!outbox.send(frame(1024), Kind::News));
        reader.overflowed().await;
        assert!(!outbox.send(frame(1), Kind::News), "nothing is sent after a gap");
        assert_eq!(metrics.outbox_bytes.get(), length(WAITING_BYTES_MAX));
        drop((outbox, reader));
        assert_eq!(metrics.outbox_bytes.get(), 0);
    }

    #[test]
    fn row_13_large_news_are_no_catch_up() {
        let (outbox, _reader, metrics) = new();
        let sent = (0..100).take_while(|_| outbox.send(frame(200_000), Kind::News)).count();
        assert_eq!(sent, WAITING_BYTES_MAX / 200_000);
        assert!(metrics.outbox_bytes.get() <= length(WAITING_BYTES_MAX));
    }

    #[test]
    fn what_was_written_makes_room_and_order_is_kept() {
        let (outbox, mut reader, metrics) = new();
        for round in 0..100 {
            assert!(outbox.send(frame(60_000 + round), Kind::News));
            let Some(Outgoing::Frame(taken)) = reader.try_next() else {
                panic!("a frame was queued")
            };
            assert_eq!(taken.len(), 60_000 + round);
            assert_eq!(
                metrics.outbox_bytes.get(),
                length(taken.len()),
                "it counts while it is written"
            );
        }
        reader.written();
        assert_eq!(metrics.outbox_bytes.get(), 0);
    }

    #[test]
    fn presence_is_dropped_where_a_document_message_would_wait() {
        let (outbox, mut reader, _) = new();
        assert!(outbox.send(frame(50_000), Kind::News));
        assert!(outbox.send(frame(50_000), Kind::News));
        assert!(outbox.send(frame(10), Kind::Presence));
        assert!(outbox.send(frame(20), Kind::News));
        let lengths: Vec<usize> = std::iter::from_fn(|| reader.try_next())
            .map(|outgoing| {
                if let Outgoing::Frame(frame) = outgoing {
                    frame.len()
                } else {
                    0
                }
            })
            .collect();
        assert_eq!(lengths, [50_000, 50_000, 20]);
    }

    #[test]
    fn a_catch_up_of_a_large_board_is_no_overflow() {
        let (outbox, _reader, _) = new();
        assert!(outbox.send(frame(5 * 1024 * 1024), Kind::Answer));
        assert!(outbox.send(frame(300), Kind::News));
    }
}
