//! A line on which a test writes bytes: WebSocket frames made by hand, right or wrong in any way.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::light_client::PATIENCE;

/// Final, and its opcode.
pub const FIN: u8 = 0x80;
/// More of the message before.
pub const CONTINUATION: u8 = 0;
/// A text message.
pub const TEXT: u8 = 1;
/// A binary message.
pub const BINARY: u8 = 2;
/// The end.
pub const CLOSE: u8 = 8;
/// Are you there?
pub const PING: u8 = 9;
/// I am.
pub const PONG: u8 = 10;

/// An upgraded line.
pub struct RawLine {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A frame as the server wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFrame {
    /// FIN, reserved bits and opcode.
    pub first: u8,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl RawFrame {
    /// Code and reason of a close frame.
    pub fn close(&self) -> Option<(u16, String)> {
        if self.first != FIN | CLOSE {
            return None;
        }
        match self.payload.as_slice() {
            [high, low, reason @ ..] => Some((
                u16::from_be_bytes([*high, *low]),
                String::from_utf8_lossy(reason).into_owned(),
            )),
            _ => Some((1005, String::new())),
        }
    }
}

impl RawLine {
    /// Upgrades a line with a ticket.
    pub async fn open(server: SocketAddr, workshop: &str, ticket: &str) -> Result<Self> {
        let fields = [
            ("connection", "Upgrade".to_owned()),
            ("upgrade", "websocket".to_owned()),
            ("sec-websocket-version", "13".to_owned()),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
            ("origin", format!("http://{server}")),
            ("sec-websocket-protocol", format!("yoriai, yoriai.ticket.{ticket}")),
        ];
        let (head, line) = Self::request(server, workshop, &fields).await?;
        if !head.starts_with("HTTP/1.1 101") {
            bail!("no upgrade: {head}");
        }
        // The example of RFC 6455, 1.3.
        if !head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") {
            bail!("a wrong accept key: {head}");
        }
        Ok(line)
    }

    /// Sends a request for the socket with these fields; the answer's head, in lower case but for values.
    pub async fn request(server: SocketAddr, workshop: &str, fields: &[(&str, String)]) -> Result<(String, Self)> {
        let mut stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("GET /sync/{workshop} HTTP/1.1\r\nhost: {server}\r\n");
        for (name, value) in fields {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{request}\r\n").as_bytes()).await?;
        let mut line = Self {
            stream,
            buffer: Vec::new(),
        };
        let reading = async {
            loop {
                if let Some(end) = line.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                    let head: Vec<u8> = line.buffer.drain(..end + 4).collect();
                    return anyhow::Ok(String::from_utf8_lossy(&head).into_owned());
                }
                if !line.more().await? {
                    bail!("the line ended before the answer's head");
                }
            }
        };
        let head = tokio::time::timeout(PATIENCE, reading).await??;
        Ok((head, line))
    }

    /// Writes bytes. The server may have ended the line already, which is for the reader to notice.
    pub async fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Writes a masked frame.
    pub async fn frame(&mut self, first: u8, payload: &[u8]) {
        let bytes = masked(first, payload);
        self.write(&bytes).await;
    }

    /// The next frame; none at the end of the line.
    pub async fn read(&mut self) -> Result<Option<RawFrame>> {
        let reading = async {
            loop {
                if let Some(frame) = self.take() {
                    return Ok(Some(frame));
                }
                if !self.more().await? {
                    return anyhow::Ok(None);
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading)
            .await
            .context("no frame and no end")?
    }

    /// The close frame with which the server ends the line; none if it is just cut.
    pub async fn closed(&mut self) -> Result<Option<(u16, String)>> {
        while let Some(frame) = self.read().await? {
            if let Some(close) = frame.close() {
                return Ok(Some(close));
            }
        }
        Ok(None)
    }

    async fn more(&mut self) -> Result<bool> {
        let mut bytes = [0; 16 * 1024];
        // A line that was reset has ended as well.
        let count = self.stream.read(&mut bytes).await.unwrap_or(0);
        self.buffer.extend_from_slice(&bytes[..count]);
        Ok(count > 0)
    }

    fn take(&mut self) -> Option<RawFrame> {
        let (first, second) = (*self.buffer.first()?, *self.buffer.get(1)?);
        let (start, length) = match second & 0x7f {
            126 => (
                4,
                usize::from(u16::from_be_bytes(self.buffer.get(2..4)?.try_into().ok()?)),
            ),
            127 => {
                let length = u64::from_be_bytes(self.buffer.get(2..10)?.try_into().ok()?);
                (10, usize::try_from(length).ok()?)
            }
            short => (2, usize::from(short)),
        };
        if self.buffer.len() < start + length {
            return None;
        }
        let payload = self.buffer.drain(..start + length).skip(start).collect();
        Some(RawFrame { first, payload })
    }
}

/// A frame as a client must write it.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
    let mut bytes = header(first, payload.len() as u64, 0x80);
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A frame's first bytes; `mask` is 0x80 or 0.
pub fn header(first: u8, length: u64, mask: u8) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..=125 => bytes.push(mask | length as u8),
        126..=0xffff => {
            bytes.push(mask | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes
}
