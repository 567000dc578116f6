//! One page on one device: what a person sees and touches.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Wire;

/// How long the person at the device waits for something to appear before the test gives up.
const PATIENCE_MS: u64 = 30_000;
/// What a page's log says when its renderer is gone.
pub(super) const CRASHED: &str = "the renderer crashed";
/// How often a condition is asked again.
const POLL_MS: u64 = 40;

/// The kinds of devices of an evening, by their screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The table's 10-inch tablet, lying.
    Tablet,
    /// The same, upright.
    TabletUpright,
    /// A phone.
    Phone,
    /// A coordinator's or remote participant's PC.
    Desktop,
    /// The hall's projector.
    Projector,
}

impl Device {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Tablet,
        Self::TabletUpright,
        Self::Phone,
        Self::Desktop,
        Self::Projector,
    ];

    /// Width and height in CSS pixels.
    pub fn size(self) -> (u32, u32) {
        match self {
            Self::Tablet => (1180, 820),
            Self::TabletUpright => (820, 1180),
            Self::Phone => (390, 844),
            Self::Desktop => (1440, 900),
            Self::Projector => (1920, 1080),
        }
    }

    /// Whether people use fingers on it.
    pub fn touch(self) -> bool {
        matches!(self, Self::Tablet | Self::TabletUpright | Self::Phone)
    }

    /// A short name for files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tablet => "tablet",
            Self::TabletUpright => "tablet-upright",
            Self::Phone => "phone",
            Self::Desktop => "desktop",
            Self::Projector => "projector",
        }
    }
}

/// A page. Clones are the same page.
#[derive(Clone)]
pub struct Page {
    inner: Arc<Inner>,
}

struct Inner {
    wire: Wire,
    name: String,
    device: Device,
    context: String,
    target: String,
    session: String,
}

impl Page {
    pub(super) async fn open(wire: Wire, name: &str, device: Device, context: String) -> Result<Self> {
        let (width, height) = device.size();
        // A second page on a device is a tab of the window that is there, whose size is not its own to choose.
        let tab = json!({ "url": "about:blank", "browserContextId": context, "newWindow": false });
        let window = json!({ "url": "about:blank", "browserContextId": context, "newWindow": true, "width": width, "height": height });
        let target = match wire.call(None, "Target.createTarget", tab).await {
            Ok(target) => target,
            // The device has no window yet.
            Err(_) => wire.call(None, "Target.createTarget", window).await?,
        };
        let target = target["targetId"].as_str().context("no target")?.to_owned();
        let session = wire
            .call(
                None,
                "Target.attachToTarget",
                json!({ "targetId": target, "flatten": true }),
            )
            .await?;
        let session = session["sessionId"].as_str().context("no session")?.to_owned();
        let page = Self {
            inner: Arc::new(Inner {
                wire,
                name: name.to_owned(),
                device,
                context,
                target,
                session,
            }),
        };
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            page.call(domain, json!({})).await?;
        }
        page.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": device == Device::Phone }),
        )
        .await?;
        page.call(
            "Emulation.setTouchEmulationEnabled",
            json!({ "enabled": device.touch(), "maxTouchPoints": 5 }),
        )
        .await?;
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))
            .await?;
        page.call("Emulation.setLocaleOverride", json!({ "locale": "ja-JP" }))
            .await?;
        Ok(page)
    }

    /// Any DevTools command on this page.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value> {
        self.inner.wire.call(Some(&self.inner.session), method, params).await
    }

    /// The page's name in the story.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The device it is on.
    pub fn device(&self) -> Device {
        self.inner.device
    }

    pub(super) fn context(&self) -> &str {
        &self.inner.context
    }

    /// The console so far.
    pub fn log(&self) -> Vec<String> {
        self.inner.wire.log(&self.inner.session)
    }

    /// Goes to an address and waits until the document is parsed.
    pub async fn goto(&self, url: &str) -> Result<()> {
        let answer = self.call("Page.navigate", json!({ "url": url })).await?;
        if let Some(reason) = answer["errorText"].as_str() {
            bail!("{} could not open {url}: {reason}", self.name());
        }
        self.until("the document is parsed", "document.readyState !== 'loading'")
            .await
    }

    /// Reloads the page, as a person would.
    pub async fn reload(&self) -> Result<()> {
        self.eval("window.__before_reload = true").await?;
        self.call("Page.reload", json!({})).await?;
        self.until(
            "the page is loaded anew",
            "!window.__before_reload && document.readyState === 'complete'",
        )
        .await
    }

    /// Kills the process that draws this page, from one moment to the next: nothing in it is told, nothing is finished.
    pub async fn crashes(&self) -> Result<()> {
        self.call("Inspector.enable", json!({})).await?;
        let page = self.clone();
        // A crashed page answers no command, not even this one.
        tokio::spawn(async move { drop(page.call("Page.crash", json!({})).await) });
        let deadline = Instant::now() + Duration::from_millis(PATIENCE_MS);
        while !self.log().iter().any(|line| line == CRASHED) {
            if Instant::now() > deadline {
                bail!("{}: the renderer does not crash", self.name());
            }
            tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
        }
        Ok(())
    }

    /// Runs a script at the beginning of every document that this page loads from now on.
    pub async fn always_runs(&self, script: &str) -> Result<()> {
        let source = json!({ "source": script });
        self.call("Page.addScriptToEvaluateOnNewDocument", source)
            .await
            .map(drop)
    }

    /// Puts the page to sleep as a tablet's lid does (its timers stand still), or wakes it up.
    pub async fn sleeps(&self, asleep: bool) -> Result<()> {
        let state = if asleep { "frozen" } else { "active" };
        self.call("Page.setWebLifecycleState", json!({ "state": state }))
            .await
            .map(drop)
    }

    /// Closes the tab.
    pub async fn close(&self) -> Result<()> {
        self.inner
            .wire
            .call(None, "Target.closeTarget", json!({ "targetId": self.inner.target }))
            .await?;
        Ok(())
    }

    /// Evaluates JavaScript in the page and returns its (awaited) value.
    pub async fn eval(&self, script: &str) -> Result<Value> {
        let answer = self
            .call(
                "Runtime.evaluate",
                json!({ "expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true }),
            )
            .await?;
        if let Some(details) = answer.get("exceptionDetails") {
            bail!("{}: {script}: {details}", self.name());
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Waits until a JavaScript condition holds.
    pub async fn until(&self, what: &str, condition: &str) -> Result<()> {
        let deadline = Instant::now() + Duration::from_millis(PATIENCE_MS);
        loop {
            // While a page is being replaced there is nothing to evaluate in; that is not yet a failure.
            let outcome = self.eval(&format!("!!({condition})")).await;
            if matches!(outcome, Ok(Value::Bool(true))) {
                return Ok(());
            }
            if Instant::now() > deadline {
                let last = outcome
                    .map(|value| value.to_string())
                    .unwrap_or_else(|reason| format!("{reason:#}"));
                bail!(
                    "{}: waited {PATIENCE_MS} ms until {what} ({condition}); last answer: {last}",
                    self.name()
                );
            }
            tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
        }
    }

    /// Waits until an element with this `data-testid` can be seen.
    pub async fn sees(&self, testid: &str) -> Result<()> {
        self.until(
            &format!("[{testid}] is visible"),
            &format!("(() => {{ {VISIBLE} return visible('{}'); }})()", selector(testid)),
        )
        .await
    }

    /// Waits until the visible text of the page contains this.
    pub async fn reads(&self, text: &str) -> Result<()> {
        self.until(
            &format!("「{text}」 can be read"),
            &format!("document.body.innerText.includes({})", json!(text)),
        )
        .await
    }

    /// The middle of an element in CSS pixels, scrolled into view.
    pub async fn centre(&self, selector: &str) -> Result<(f64, f64)> {
        self.until(
            &format!("{selector} is there"),
            &format!("document.querySelector({})", json!(selector)),
        )
        .await?;
        let script = format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{block:'nearest',inline:'nearest'}}); const r = e.getBoundingClientRect(); return [r.x + r.width/2, r.y + r.height/2]; }})()",
            json!(selector)
        );
        let point = self.eval(&script).await?;
        Ok((point[0].as_f64().context("no x")?, point[1].as_f64().context("no y")?))
    }

    /// Touches or clicks an element by its `data-testid`, with a real finger or mouse.
    pub async fn press(&self, testid: &str) -> Result<()> {
        self.sees(testid).await?;
        self.press_css(&selector(testid)).await
    }

    /// Touches or clicks the first element that a CSS selector finds.
    pub async fn press_css(&self, css: &str) -> Result<()> {
        let (x, y) = self.centre(css).await?;
        self.press_at(x, y).await
    }

    /// Touches or clicks a place.
    pub async fn press_at(&self, x: f64, y: f64) -> Result<()> {
        if self.device().touch() {
            self.touch("touchStart", &[(x, y)]).await?;
            self.touch("touchEnd", &[]).await
        } else {
            self.mouse("mouseMoved", x, y).await?;
            self.mouse("mousePressed", x, y).await?;
            self.mouse("mouseReleased", x, y).await
        }
    }

    /// Lets so much time pass in the page that the next touch is not the second half of a double one.
    pub async fn pauses(&self) -> Result<()> {
        let since = self.eval("performance.now()").await?;
        self.until(
            "the hand was lifted a while",
            &format!("performance.now() - {since} > 600"),
        )
        .await
    }

    /// Drags from one place to another in steps, with a finger or the mouse.
    pub async fn drag(&self, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        const STEPS: u32 = 8;
        let touch = self.device().touch();
        if touch {
            self.touch("touchStart", &[from]).await?;
        } else {
            self.mouse("mouseMoved", from.0, from.1).await?;
            self.mouse("mousePressed", from.0, from.1).await?;
        }
        for step in 1..=STEPS {
            let part = f64::from(step) / f64::from(STEPS);
            let (x, y) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            if touch {
                self.touch("touchMove", &[(x, y)]).await?;
            } else {
                self.mouse("mouseMoved", x, y).await?;
            }
        }
        if touch {
            self.touch("touchEnd", &[]).await
        } else {
            self.mouse("mouseReleased", to.0, to.1).await
        }
    }

    /// One raw touch event with these fingers down.
    pub async fn touch(&self, kind: &str, fingers: &[(f64, f64)]) -> Result<()> {
        let points: Vec<Value> = fingers
            .iter()
            .enumerate()
            .map(|(id, (x, y))| json!({ "x": x, "y": y, "id": id, "radiusX": 8, "radiusY": 8 }))
            .collect();
        self.call(
            "Input.dispatchTouchEvent",
            json!({ "type": kind, "touchPoints": points }),
        )
        .await
        .map(drop)
    }

    /// One raw mouse event with the left button.
    pub async fn mouse(&self, kind: &str, x: f64, y: f64) -> Result<()> {
        let button = if kind == "mouseMoved" {
            json!({ "type": kind, "x": x, "y": y })
        } else {
            json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 })
        };
        self.call("Input.dispatchMouseEvent", button).await.map(drop)
    }

    /// Types a text into what has the focus, as a keyboard that needs no conversion.
    pub async fn types(&self, text: &str) -> Result<()> {
        self.call("Input.insertText", json!({ "text": text })).await.map(drop)
    }

    /// Shows a kana or kanji candidate under composition (未確定).
    pub async fn composes(&self, candidate: &str) -> Result<()> {
        let end = candidate.encode_utf16().count();
        self.call(
            "Input.imeSetComposition",
            json!({ "text": candidate, "selectionStart": end, "selectionEnd": end }),
        )
        .await
        .map(drop)
    }

    /// Types Japanese: kana appear, are converted to the candidate, and the candidate is confirmed with Enter.
    pub async fn converts(&self, kana: &str, kanji: &str) -> Result<()> {
        let mut shown = String::new();
        for letter in kana.chars() {
            shown.push(letter);
            self.composes(&shown).await?;
        }
        self.composes(kanji).await?;
        self.types(kanji).await
    }

    /// Presses and releases a key by its DOM `key` name, with the modifiers (1 Alt, 2 Ctrl, 4 Meta, 8 Shift).
    pub async fn key(&self, key: &str, modifiers: u8) -> Result<()> {
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "Backspace" => 8,
            "Tab" => 9,
            "Delete" => 46,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            other => other
                .chars()
                .next()
                .map(|letter| letter.to_ascii_uppercase() as u32)
                .unwrap_or(0),
        };
        let mut down =
            json!({ "type": "rawKeyDown", "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers });
        if key == "Enter" {
            down["type"] = json!("keyDown");
            down["text"] = json!("\r");
        }
        self.call("Input.dispatchKeyEvent", down).await?;
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers }),
        )
        .await
        .map(drop)
    }

    /// Puts a text into a field at once, as a paste does.
    pub async fn fills(&self, testid: &str, text: &str) -> Result<()> {
        self.sees(testid).await?;
        let script = format!(
            "(() => {{ const e = document.querySelector({}); e.focus(); e.select && e.select(); }})()",
            json!(selector(testid))
        );
        self.eval(&script).await?;
        self.types(text).await
    }

    /// What the page knows, as told by its test hook: groups, notes, islands, unsaved edits, connection phase.
    pub async fn state(&self) -> Result<Value> {
        let text = self.eval("window.yoriai ? window.yoriai.state() : '{}'").await?;
        serde_json::from_str(text.as_str().unwrap_or("{}")).context("the page's state is no JSON")
    }

    /// Saves a screenshot.
    pub async fn screenshot(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let picture = self.call("Page.captureScreenshot", json!({ "format": "png" })).await?;
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(picture["data"].as_str().context("no picture")?)?;
        std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Slows the page's processor down by this factor.
    pub async fn throttles(&self, factor: f64) -> Result<()> {
        self.call("Emulation.setCPUThrottlingRate", json!({ "rate": factor }))
            .await
            .map(drop)
    }
}

/// The CSS selector of a `data-testid`.
pub fn selector(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

const VISIBLE: &str = "const visible = css => { const e = document.querySelector(css); if (!e) return false; const r = e.getBoundingClientRect(); const s = getComputedStyle(e); return r.width > 0 && r.height > 0 && s.visibility !== 'hidden' && s.display !== 'none'; };";
