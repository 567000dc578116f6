//! An evening in words of the hall: a server, devices at tables, and what people on them do.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Device, Page, selector},
    fault_proxy::FaultProxy,
};

/// The links of a workshop, as the coordinator sees them after creating it.
#[derive(Debug, Clone)]
pub struct Links {
    /// The workshop's identifier.
    pub workshop: String,
    /// Twelve digits that can be said aloud.
    pub join_code: String,
    /// Path and fragment of the coordinator's link.
    pub coordinator: String,
    /// Path and fragment of the viewer's link.
    pub viewer: String,
    /// Each group's identifier with path and fragment of its card.
    pub groups: Vec<(String, String)>,
}

/// Path and fragment of an absolute link, so that it can be opened through a device's own proxy.
fn local(link: &str) -> String {
    let after_scheme = link.split_once("://").map_or(link, |(_, rest)| rest);
    after_scheme
        .find('/')
        .map_or_else(|| "/".to_owned(), |start| after_scheme[start..].to_owned())
}

/// A device in the hall behind a network of its own.
pub struct Seated {
    /// The page on the device.
    pub page: Page,
    /// Its network.
    pub network: FaultProxy,
}

impl Seated {
    /// Puts a device into the hall.
    pub async fn at(browser: &Arc<Browser>, server: SocketAddr, name: &str, device: Device) -> Result<Self> {
        let network = FaultProxy::start(server).await?;
        let page = browser.device(name, device).await?;
        Ok(Self { page, network })
    }

    /// Opens another tab on this device, which uses the same network, cookies and storage.
    pub async fn opens_tab(&self, browser: &Browser, name: &str, path: &str) -> Result<Page> {
        let tab = browser.tab(name, &self.page).await?;
        tab.goto(&format!("{}{path}", self.base())).await?;
        Ok(tab)
    }

    /// Opens the browser again after the page was killed or closed.
    pub async fn reopens(&mut self, browser: &Browser, path: &str) -> Result<()> {
        let name = format!("{}-again", self.page.name());
        self.page = self.opens_tab(browser, &name, path).await?;
        Ok(())
    }

    /// Waits until every file of the page itself is on the device.
    pub async fn is_kept(&self) -> Result<()> {
        let kept = "JSON.parse(window.yoriai.state()).page.keeping === 'Kept'";
        self.page.until("the page is on the device", kept).await
    }

    /// Waits until the page knows that its line is gone.
    pub async fn is_offline(&self) -> Result<()> {
        let offline = "JSON.parse(window.yoriai.state()).phase !== 'online'";
        self.page.until("the device knows that it is offline", offline).await
    }

    /// How many edits the page says are not sent.
    pub async fn unsent(&self) -> Result<u64> {
        self.page.state().await?["unsaved"].as_u64().context("no count")
    }

    /// `http://…` of this device's way to the server.
    pub fn base(&self) -> String {
        format!("http://{}", self.network.address())
    }

    /// Opens a path of the server.
    pub async fn opens(&self, path: &str) -> Result<()> {
        self.page.goto(&format!("{}{path}", self.base())).await
    }

    /// Asks the server's REST interface from within the page, with the device's cookie.
    pub async fn asks(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let body = body.map_or("undefined".to_owned(), |body| format!("JSON.stringify({body})"));
        let script = format!(
            "fetch({}, {{method: {}, headers: {{'content-type': 'application/json'}}, body: {body}}}).then(async r => ({{status: r.status, body: await r.text()}}))",
            json!(path),
            json!(method)
        );
        let answer = self.page.eval(&script).await?;
        let status = answer["status"].as_u64().context("no status")?;
        let text = answer["body"].as_str().unwrap_or("");
        if !(200..300).contains(&status) {
            bail!("{method} {path}: {status} {text}");
        }
        Ok(serde_json::from_str(text).unwrap_or_else(|_| json!(text)))
    }

    /// Fetches bytes from the server with the device's cookie.
    pub async fn fetches(&self, path: &str) -> Result<Vec<u8>> {
        let script = format!(
            "fetch({}).then(async r => {{ if (!r.ok) throw new Error('status ' + r.status); const b = new Uint8Array(await r.arrayBuffer()); let s = ''; for (let i = 0; i < b.length; i += 4096) s += String.fromCharCode(...b.subarray(i, i + 4096)); return btoa(s); }})",
            json!(path)
        );
        let text = self.page.eval(&script).await?;
        Ok(base64::engine::general_purpose::STANDARD.decode(text.as_str().context("no bytes")?)?)
    }

    /// Creates the demo workshop (the seed) and returns its links; this device is its coordinator from now on.
    pub async fn creates_demo(&self) -> Result<Links> {
        self.opens("/").await?;
        self.links(self.asks("POST", "/api/workshops/demo", Some(json!({}))).await?)
    }

    /// Creates a workshop with groups of these names; this device is its coordinator from now on.
    pub async fn creates(&self, theme: &str, groups: &[&str]) -> Result<Links> {
        self.opens("/").await?;
        let groups: Vec<Value> = groups.iter().map(|name| json!({ "name": name })).collect();
        let body = json!({ "theme": theme, "date": "2026-11-22", "venue": "市民会館", "groups": groups });
        self.links(self.asks("POST", "/api/workshops", Some(body)).await?)
    }

    fn links(&self, created: Value) -> Result<Links> {
        let text = |value: &Value| {
            value
                .as_str()
                .map(str::to_owned)
                .with_context(|| format!("missing in {created}"))
        };
        let mut groups = Vec::new();
        for group in created["links"]["groups"].as_array().context("no groups")? {
            groups.push((text(&group["group"])?, local(&text(&group["url"])?)));
        }
        Ok(Links {
            workshop: text(&created["workshop"])?,
            join_code: text(&created["join_code"])?,
            coordinator: local(&text(&created["links"]["coordinator"])?),
            viewer: local(&text(&created["links"]["viewer"])?),
            groups,
        })
    }

    /// Scans a table's card, writes a new name, and is on the board.
    pub async fn joins(&self, card: &str, name: &str) -> Result<()> {
        self.opens(card).await?;
        self.page.fills("join-new-name", name).await?;
        self.page.press("join-new-submit").await?;
        self.on_board().await
    }

    /// Waits until the board is there and live.
    pub async fn on_board(&self) -> Result<()> {
        self.page.sees("sheet").await?;
        self.online().await
    }

    /// Waits until the connection is up and nothing is unsaved.
    pub async fn online(&self) -> Result<()> {
        let css = selector("connection");
        self.page
            .until(
                "the device is online and everything is saved",
                &format!("(() => {{ const s = window.yoriai && JSON.parse(window.yoriai.state()); const c = document.querySelector('{css}'); return s && s.phase === 'online' && s.unsaved === 0 && (!c || c.dataset.unsaved === '0'); }})()"),
            )
            .await
    }

    /// What the page knows of one group's board.
    pub async fn board(&self, group: &str) -> Result<BoardSeen> {
        BoardSeen::of(&self.page.state().await?, group)
    }

    /// Takes a slip, writes on it and puts it down. Returns the note's identifier.
    pub async fn writes_note(&self, text: &str) -> Result<String> {
        self.page.press("add-note").await?;
        self.page.sees("note-editor").await?;
        self.page.types(text).await?;
        self.page.key("Escape", 0).await?;
        let css = format!(
            "[...document.querySelectorAll('[data-note]')].find(e => e.innerText.includes({}))",
            json!(text)
        );
        self.page
            .until(&format!("the note 「{text}」 lies on the sheet"), &css)
            .await?;
        let id = self.page.eval(&format!("{css}.dataset.note")).await?;
        id.as_str().map(str::to_owned).context("the note has no identifier")
    }

    /// Touches a note so that it is selected and its actions are shown. (A touch on a selected note would open it.)
    pub async fn selects_note(&self, id: &str) -> Result<()> {
        self.page.key("Escape", 0).await?;
        self.page.pauses().await?;
        self.page
            .press_css(&format!("[data-testid=sheet] [data-note=\"{id}\"]"))
            .await?;
        self.page.sees("note-delete").await
    }

    /// Shows the whole board. On a phone the button lies behind "more".
    pub async fn fits(&self) -> Result<()> {
        if self.page.device() == Device::Phone {
            self.page.press("more").await?;
        }
        self.page.press("fit").await
    }
}

/// One board as a page or a file knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardSeen {
    /// The document's heads, sorted.
    pub heads: Vec<String>,
    /// Notes by identifier.
    pub notes: BTreeMap<String, Value>,
    /// Islands by identifier.
    pub islands: BTreeMap<String, Value>,
}

impl BoardSeen {
    fn of(state: &Value, group: &str) -> Result<Self> {
        let board = state["groups"]
            .get(group)
            .with_context(|| format!("no group {group} in {state}"))?;
        let entries = |key: &str| -> BTreeMap<String, Value> {
            board[key]
                .as_object()
                .map(|object| object.iter().map(|(id, value)| (id.clone(), value.clone())).collect())
                .unwrap_or_default()
        };
        let mut heads: Vec<String> = board["heads"]
            .as_array()
            .map(|heads| {
                heads
                    .iter()
                    .filter_map(|head| head.as_str().map(str::to_owned))
                    .collect()
            })
            .unwrap_or_default();
        heads.sort();
        Ok(Self {
            heads,
            notes: entries("notes"),
            islands: entries("islands"),
        })
    }

    /// Texts of the notes on the sheet, sorted.
    pub fn texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = self
            .notes
            .values()
            .filter(|note| note["state"] == "live")
            .filter_map(|note| note["text"].as_str().map(str::to_owned))
            .collect();
        texts.sort();
        texts
    }
}

/// Waits until all these devices show the very same board with nothing unsaved, and returns it.
pub async fn until_equal(devices: &[&Seated], group: &str) -> Result<BoardSeen> {
    const PATIENCE_MS: u64 = 60_000;
    const POLL_MS: u64 = 100;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_millis(PATIENCE_MS);
    loop {
        let mut boards = Vec::new();
        let mut unsaved = 0;
        for device in devices {
            let state = device.page.state().await?;
            unsaved += state["unsaved"].as_u64().unwrap_or(u64::MAX >> 8);
            boards.push(BoardSeen::of(&state, group)?);
        }
        let equal = boards.windows(2).all(|pair| pair[0] == pair[1]);
        if equal && unsaved == 0 {
            return boards.pop().context("no devices");
        }
        if tokio::time::Instant::now() > deadline {
            let heads: Vec<String> = devices
                .iter()
                .zip(&boards)
                .map(|(device, board)| {
                    format!(
                        "{}: {:?} ({} notes)",
                        device.page.name(),
                        board.heads,
                        board.notes.len()
                    )
                })
                .collect();
            bail!(
                "after {PATIENCE_MS} ms the devices still differ, {unsaved} edits unsaved:\n{}",
                heads.join("\n")
            );
        }
        tokio::time::sleep(std::time::Duration::from_millis(POLL_MS)).await;
    }
}
