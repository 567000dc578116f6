//! What waits to be written to one socket: bounded in bytes, never reordered. Whoever reads too slowly is closed, because the
//! protocol needs every document message in order; only presence may be dropped.
//!
//! A catch-up (a whole board for somebody who joins) is one large frame and not the reader's fault, so large frames have a
//! budget of their own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::sync::{Notify, mpsc};

/// Bytes of ordinary frames that may wait for one reader: 1 MiB is 3,000 edits of 350 bytes, a minute of 50 busy people.
pub const WAITING_BYTES_MAX: usize = 1024 * 1024;
/// From this size on a frame is a catch-up.
pub const CATCH_UP_BYTES_MIN: usize = 64 * 1024;
/// Bytes of catch-up frames that may wait: nine documents (a wall of eight boards and its workshop) of 2 MB are 18 MB.
pub const CATCH_UP_BYTES_MAX: usize = 24 * 1024 * 1024;
/// Presence is dropped while more than this waits: a reader that far behind would see old positions.
const PRESENCE_BYTES_MAX: usize = 64 * 1024;

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
    queue: mpsc::UnboundedSender<Outgoing>,
    fill: Arc<Fill>,
}

/// The socket's end.
pub struct OutboxReader {
    queue: mpsc::UnboundedReceiver<Outgoing>,
    fill: Arc<Fill>,
}

#[derive(Default)]
struct Fill {
    ordinary_bytes: AtomicUsize,
    catch_up_bytes: AtomicUsize,
    overflowed: AtomicBool,
    overflow: Notify,
}

/// A new, empty outbox. The queue itself is unbounded; the bytes in it are not.
pub fn outbox() -> (Outbox, OutboxReader) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let fill = Arc::new(Fill::default());
    (
        Outbox {
            queue: sender,
            fill: Arc::clone(&fill),
        },
        OutboxReader { queue: receiver, fill },
    )
}

impl Outbox {
    /// Queues a frame. Returns false if the reader is too far behind and is being closed.
    pub fn send(&self, frame: Arc<[u8]>, droppable: bool) -> bool {
        if self.fill.overflowed.load(Ordering::Relaxed) {
            return false;
        }
        let (bytes, limit) = self.fill.budget(frame.len());
        let waiting = bytes.load(Ordering::Relaxed);
        if droppable && waiting > PRESENCE_BYTES_MAX {
            return true;
        }
        if waiting + frame.len() > limit {
            self.fill.overflowed.store(true, Ordering::Relaxed);
            self.fill.overflow.notify_one();
            return false;
        }
        bytes.fetch_add(frame.len(), Ordering::Relaxed);
        // A closed queue means that the socket is gone; its end will be reported to the room.
        let _ = self.queue.send(Outgoing::Frame(frame));
        true
    }

    /// Closes the socket after what is queued.
    pub fn close(&self, code: u16, reason: impl Into<String>) {
        let _ = self.queue.send(Outgoing::Close(code, reason.into()));
    }
}

impl OutboxReader {
    /// The next thing to write; waits for it.
    pub async fn next(&mut self) -> Option<Outgoing> {
        let outgoing = self.queue.recv().await?;
        Some(self.taken(outgoing))
    }

    /// The next thing to write, if there is one now.
    pub fn try_next(&mut self) -> Option<Outgoing> {
        let outgoing = self.queue.try_recv().ok()?;
        Some(self.taken(outgoing))
    }

    /// Resolves when the reader has fallen too far behind.
    pub fn overflowed(&self) -> impl Future<Output = ()> + use<> {
        let fill = Arc::clone(&self.fill);
        async move { fill.overflow.notified().await }
    }

    /// What is being written no longer waits: the bound counts what lies behind it.
    fn taken(&self, outgoing: Outgoing) -> Outgoing {
        if let Outgoing::Frame(frame) = &outgoing {
            self.fill
                .budget(frame.len())
                .0
                .fetch_sub(frame.len(), Ordering::Relaxed);
        }
        outgoing
    }
}

impl Fill {
    fn budget(&self, length: usize) -> (&AtomicUsize, usize) {
        if length < CATCH_UP_BYTES_MIN {
            (&self.ordinary_bytes, WAITING_BYTES_MAX)
        } else {
            (&self.catch_up_bytes, CATCH_UP_BYTES_MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: usize) -> Arc<[u8]> {
        vec![0; bytes].into()
    }

    #[tokio::test]
    async fn a_reader_that_does_not_read_overflows_at_one_mebibyte() {
        let (outbox, reader) = outbox();
        for _ in 0..WAITING_BYTES_MAX / 1024 {
            assert!(outbox.send(frame(1024), false));
        }
        assert!(!outbox.send(frame(1024), false));
        reader.overflowed().await;
        assert!(!outbox.send(frame(1), false), "nothing is sent after a gap");
    }

    #[test]
    fn what_was_taken_makes_room_and_order_is_kept() {
        let (outbox, mut reader) = outbox();
        for round in 0..100 {
            assert!(outbox.send(frame(60_000 + round), false));
            let Some(Outgoing::Frame(taken)) = reader.try_next() else {
                panic!("a frame was queued")
            };
            assert_eq!(taken.len(), 60_000 + round);
        }
    }

    #[test]
    fn presence_is_dropped_where_a_document_message_would_wait() {
        let (outbox, mut reader) = outbox();
        assert!(outbox.send(frame(50_000), false));
        assert!(outbox.send(frame(50_000), false));
        assert!(outbox.send(frame(10), true));
        assert!(outbox.send(frame(20), false));
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
        let (outbox, _reader) = outbox();
        assert!(outbox.send(frame(5 * 1024 * 1024), false));
        assert!(outbox.send(frame(300), false));
    }
}
