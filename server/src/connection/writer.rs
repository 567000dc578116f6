//! The writing half of a socket. It can be left at any moment and goes on where it was, so that a reader that is slow or frozen
//! keeps the connection from nothing else: its rights can be taken away while megabytes wait for it.

use std::{future::poll_fn, pin::Pin, time::Duration};

use axum::body::Bytes;
use futures_util::{Sink as _, SinkExt as _, stream::SplitSink};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::{
    CloseFrame, Message,
    frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::upgrade::Socket;
use crate::outbox::{OutboxReader, Outgoing};

/// Messages that are written before the socket is looked at again for what it says: 256 edits of 350 bytes are 90 KB.
const MESSAGES_AT_ONCE_MAX: usize = 256;
/// A longer message goes out in parts of this size, which are cut from the shared bytes only when the socket takes them.
const PART_BYTES_MAX: usize = 32 * 1024;
/// Control frames carry at most 125 bytes, two of them the code (RFC 6455, 5.5).
const CLOSE_REASON_BYTES_MAX: usize = 123;
/// A close frame that cannot be written in this time is not written.
pub const CLOSE_TIME_MAX: Duration = Duration::from_secs(1);

/// The writing half.
pub struct Writer {
    sink: SplitSink<Socket, Message>,
    queue: OutboxReader,
    current: Option<Current>,
    unflushed: bool,
    moved_at: Instant,
}

/// What is being written.
enum Current {
    Message { bytes: Bytes, sent: usize },
    Close(u16, String),
}

/// How far the writing came.
pub enum Progress {
    /// Something was written; there may be more.
    Some,
    /// Everything before the order to close is written: close with this code and reason.
    Close(u16, String),
    /// The socket is gone.
    Gone,
}

impl Writer {
    /// Writes what comes out of `queue`.
    pub fn new(sink: SplitSink<Socket, Message>, queue: OutboxReader) -> Self {
        Self {
            sink,
            queue,
            current: None,
            unflushed: false,
            moved_at: Instant::now(),
        }
    }

    /// Writes what there is to write, or waits for it. Dropping the future loses nothing.
    pub async fn progress(&mut self) -> Progress {
        let mut left = MESSAGES_AT_ONCE_MAX;
        loop {
            let Some(current) = &mut self.current else {
                if left == 0 {
                    return Progress::Some;
                }
                left -= 1;
                let next = if self.unflushed {
                    self.queue.try_next()
                } else {
                    self.queue.next().await
                };
                match next {
                    Some(Outgoing::Frame(frame)) => {
                        if !self.unflushed {
                            self.moved_at = Instant::now();
                        }
                        self.current = Some(Current::Message {
                            bytes: Bytes::from_owner(frame),
                            sent: 0,
                        });
                    }
                    Some(Outgoing::Close(code, reason)) => self.current = Some(Current::Close(code, reason)),
                    None if self.unflushed => {
                        return match self.flush().await {
                            Ok(()) => Progress::Some,
                            Err(Gone) => Progress::Gone,
                        };
                    }
                    None => return Progress::Gone,
                }
                continue;
            };
            match current {
                Current::Close(..) => {
                    if self.flush().await.is_err() {
                        return Progress::Gone;
                    }
                    if let Some(Current::Close(code, reason)) = self.current.take() {
                        return Progress::Close(code, reason);
                    }
                }
                Current::Message { bytes, sent } => {
                    let ready = poll_fn(|context| Pin::new(&mut self.sink).poll_ready(context));
                    if ready.await.is_err() {
                        return Progress::Gone;
                    }
                    let (message, end) = part(bytes, *sent);
                    *sent = end;
                    let whole = end == bytes.len();
                    if Pin::new(&mut self.sink).start_send(message).is_err() {
                        return Progress::Gone;
                    }
                    self.moved_at = Instant::now();
                    self.unflushed = true;
                    if whole {
                        self.current = None;
                    }
                }
            }
        }
    }

    /// Resolves when the reader has fallen too far behind.
    pub fn overflowed(&self) -> impl Future<Output = ()> + use<> {
        self.queue.overflowed()
    }

    /// Since when something waits to be written and the socket does not take it; none while nothing waits.
    pub fn stalled_since(&self) -> Option<Instant> {
        (self.unflushed || self.current.is_some()).then_some(self.moved_at)
    }

    /// Asks the peer whether it is there. One that takes nothing is not asked: its silence says enough.
    pub async fn ping(&mut self) {
        if self.stalled_since().is_none() {
            let _ = tokio::time::timeout(CLOSE_TIME_MAX, self.sink.send(Message::Ping(Bytes::new()))).await;
        }
    }

    /// Says why it ends, if the peer still reads, and hands the sink back.
    pub async fn close(mut self, code: u16, reason: &str) -> SplitSink<Socket, Message> {
        let frame = CloseFrame {
            code: code.into(),
            reason: shorten(reason).into(),
        };
        let said = self.sink.send(Message::Close(Some(frame)));
        let _ = tokio::time::timeout(CLOSE_TIME_MAX, said).await;
        self.sink
    }

    /// Answers the peer's own close frame.
    pub async fn farewell(mut self) {
        let _ = tokio::time::timeout(CLOSE_TIME_MAX, self.sink.close()).await;
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        self.sink.flush().await.map_err(|_| Gone)?;
        self.unflushed = false;
        self.moved_at = Instant::now();
        self.queue.written();
        Ok(())
    }
}

struct Gone;

/// The next part of a message, and where it ends. Short ones go whole.
fn part(bytes: &Bytes, sent: usize) -> (Message, usize) {
    if bytes.len() <= PART_BYTES_MAX {
        return (Message::Binary(bytes.clone()), bytes.len());
    }
    let end = bytes.len().min(sent + PART_BYTES_MAX);
    let code = if sent == 0 {
        OpCode::Data(Data::Binary)
    } else {
        OpCode::Data(Data::Continue)
    };
    let frame = Frame::message(bytes.slice(sent..end), code, end == bytes.len());
    (Message::Frame(frame), end)
}

/// Cuts a reason to what fits a close frame, at a character's edge.
fn shorten(reason: &str) -> &str {
    let mut end = reason.len().min(CLOSE_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_13_a_long_message_goes_out_in_parts_without_a_copy() {
        let bytes = Bytes::from(vec![7; 3 * PART_BYTES_MAX + 5]);
        let mut sent = 0;
        let mut parts = Vec::new();
        while sent < bytes.len() {
            let (Message::Frame(frame), end) = part(&bytes, sent) else {
                panic!("a part")
            };
            assert_eq!(frame.payload().as_ptr(), bytes[sent..].as_ptr(), "the same bytes");
            parts.push((frame.header().opcode, frame.header().is_final, frame.payload().len()));
            sent = end;
        }
        let (first, more) = (OpCode::Data(Data::Binary), OpCode::Data(Data::Continue));
        let expected = [
            (first, false, PART_BYTES_MAX),
            (more, false, PART_BYTES_MAX),
            (more, false, PART_BYTES_MAX),
            (more, true, 5),
        ];
        assert_eq!(parts, expected);
        assert!(matches!(
            part(&Bytes::from_static(b"short"), 0),
            (Message::Binary(_), 5)
        ));
    }

    #[test]
    fn a_reason_is_cut_at_a_characters_edge() {
        let long = "長".repeat(100);
        assert_eq!(shorten(&long).len(), 123);
        assert_eq!(shorten("short"), "short");
    }
}
