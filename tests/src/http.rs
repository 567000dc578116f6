//! A browser's cookie jar and just enough HTTP/1.1 for tests and benchmarks: one request a connection.

use std::{collections::BTreeMap, net::SocketAddr};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Largest answer read: the largest export there is (a board of 5,000 notes) is far below it.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// One device without a screen: it keeps its cookies.
#[derive(Debug, Clone)]
pub struct HttpDevice {
    server: SocketAddr,
    cookies: BTreeMap<String, String>,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Header fields, names in lower case; the last one of a name wins, except `set-cookie`, which the device keeps.
    pub fields: BTreeMap<String, String>,
    /// Body, transfer coding removed.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("{}: no JSON: {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The body as JSON, if the request succeeded.
    pub fn success(&self) -> Result<Value> {
        if !(200..300).contains(&self.status) {
            bail!("{}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        if self.body.is_empty() {
            Ok(Value::Null)
        } else {
            self.json()
        }
    }
}

impl HttpDevice {
    /// A device that nobody knows yet.
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            cookies: BTreeMap::new(),
        }
    }

    /// A device with these cookies, as a `Cookie` field has them.
    pub fn with_cookie(server: SocketAddr, cookie: &str) -> Self {
        let pairs = cookie.split(';').filter_map(|pair| pair.trim().split_once('='));
        let cookies = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { server, cookies }
    }

    /// The `Cookie` field's value.
    pub fn cookie(&self) -> String {
        self.cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// One request with a JSON body (or none).
    pub async fn request(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        self.request_with(method, path, body, &[]).await
    }

    /// One request with further header fields.
    pub async fn request_with(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        fields: &[(&str, &str)],
    ) -> Result<Answer> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.server,
            body.len()
        );
        if !body.is_empty() {
            head.push_str("content-type: application/json\r\n");
        }
        if !self.cookies.is_empty() {
            head.push_str(&format!("cookie: {}\r\n", self.cookie()));
        }
        for (name, value) in fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(self.server)
            .await
            .with_context(|| format!("{} does not answer", self.server))?;
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await?;
        let mut bytes = Vec::new();
        (&mut stream).take(ANSWER_BYTES_MAX).read_to_end(&mut bytes).await?;
        self.read(&bytes)
    }

    fn read(&mut self, bytes: &[u8]) -> Result<Answer> {
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .context("no end of the header")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|code| code.parse().ok())
            .context("no status line")?;
        let mut fields = BTreeMap::new();
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            if name == "set-cookie" {
                let pair = value.split(';').next().unwrap_or("");
                if let Some((cookie, content)) = pair.split_once('=') {
                    self.cookies.insert(cookie.trim().to_owned(), content.trim().to_owned());
                }
            }
            fields.insert(name, value);
        }
        let rest = &bytes[end + 4..];
        let chunked = fields
            .get("transfer-encoding")
            .is_some_and(|coding| coding.contains("chunked"));
        let body = if chunked { unchunk(rest)? } else { rest.to_vec() };
        Ok(Answer { status, fields, body })
    }
}

fn unchunk(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest
            .windows(2)
            .position(|two| two == b"\r\n")
            .context("no end of a chunk's size")?;
        let size = std::str::from_utf8(&rest[..end])?
            .split(';')
            .next()
            .unwrap_or("")
            .trim()
            .to_owned();
        let size = usize::from_str_radix(&size, 16).context("a chunk's size")?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(rest.get(..size).context("a chunk is cut short")?);
        rest = rest.get(size + 2..).context("a chunk has no end")?;
    }
}
