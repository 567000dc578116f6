//! A real Chromium, driven over the DevTools protocol: several devices on one board, fingers, kanji conversion, screenshots.
//!
//! The protocol is spoken directly, because what these tests are about (several touch points, IME composition, killing a
//! renderer) is exactly what higher drivers hide. Source of the method names: <https://chromedevtools.github.io/devtools-protocol/>.

mod page;

pub use page::{Device, Page, selector};

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::{mpsc, oneshot},
};
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};

/// How long one protocol command may take. A page compiling WebAssembly on two busy cores needs a few seconds.
const COMMAND_MS_MAX: u64 = 60_000;
/// Lines of console output kept for a failure's log.
const LOG_LINES_MAX: usize = 2_000;

/// One Chromium process with an empty profile. Dropping it kills the process.
pub struct Browser {
    process: Child,
    profile: PathBuf,
    wire: Wire,
    pages: Mutex<Vec<Page>>,
}

/// Where the answer to one command goes: its result, or the browser's reason.
type Answer = oneshot::Sender<Result<Value, String>>;

/// The connection to the browser: commands out, answers by their number, events into each page's log.
#[derive(Clone)]
pub(crate) struct Wire {
    next: Arc<AtomicU64>,
    out: mpsc::UnboundedSender<Message>,
    waiting: Arc<Mutex<BTreeMap<u64, Answer>>>,
    logs: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
}

impl Wire {
    /// Sends a command, to a page's session or to the browser, and waits for its answer.
    pub(crate) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut command = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        let (answer, answered) = oneshot::channel();
        self.waiting
            .lock()
            .unwrap_or_else(|held| held.into_inner())
            .insert(id, answer);
        self.out
            .send(Message::text(command.to_string()))
            .context("the browser is gone")?;
        let limit = Duration::from_millis(COMMAND_MS_MAX);
        let answer = tokio::time::timeout(limit, answered)
            .await
            .with_context(|| format!("{method} got no answer within {COMMAND_MS_MAX} ms"))?
            .with_context(|| format!("the browser went away during {method}"))?;
        answer.map_err(|reason| anyhow!("{method}: {reason}"))
    }

    /// What the page with this session wrote to its console so far.
    pub(crate) fn log(&self, session: &str) -> Vec<String> {
        self.logs
            .lock()
            .unwrap_or_else(|held| held.into_inner())
            .get(session)
            .cloned()
            .unwrap_or_default()
    }

    fn receive(&self, text: &str) {
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            return;
        };
        if let Some(id) = message["id"].as_u64() {
            let waiting = self.waiting.lock().unwrap_or_else(|held| held.into_inner()).remove(&id);
            if let Some(waiting) = waiting {
                let answer = match message.get("error") {
                    Some(error) => Err(error.to_string()),
                    None => Ok(message["result"].clone()),
                };
                // Whoever asked may have given up waiting.
                let _ = waiting.send(answer);
            }
            return;
        }
        let line = match message["method"].as_str() {
            Some("Runtime.consoleAPICalled") => {
                let arguments = message["params"]["args"].as_array().cloned().unwrap_or_default();
                let texts: Vec<String> = arguments
                    .iter()
                    .map(|argument| {
                        let value = &argument["value"];
                        value.as_str().map(str::to_owned).unwrap_or_else(|| match value {
                            Value::Null => argument["description"].as_str().unwrap_or("").to_owned(),
                            other => other.to_string(),
                        })
                    })
                    .collect();
                format!(
                    "{}: {}",
                    message["params"]["type"].as_str().unwrap_or("log"),
                    texts.join(" ")
                )
            }
            Some("Runtime.exceptionThrown") => {
                format!("exception: {}", message["params"]["exceptionDetails"])
            }
            Some("Log.entryAdded") => {
                let entry = &message["params"]["entry"];
                format!(
                    "{}: {} ({})",
                    entry["level"].as_str().unwrap_or("log"),
                    entry["text"],
                    entry["url"]
                )
            }
            Some("Inspector.targetCrashed") => page::CRASHED.to_owned(),
            Some("Page.javascriptDialogOpening") => format!("dialog: {}", message["params"]["message"]),
            _ => return,
        };
        let session = message["sessionId"].as_str().unwrap_or("").to_owned();
        let mut logs = self.logs.lock().unwrap_or_else(|held| held.into_inner());
        let log = logs.entry(session).or_default();
        if log.len() < LOG_LINES_MAX {
            log.push(line);
        }
    }
}

impl Browser {
    /// Starts Chromium: the one `YORIAI_CHROMIUM` names, or `chromium` on the path.
    pub async fn start() -> Result<Self> {
        let program = std::env::var("YORIAI_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
        let profile = crate::temporary_folder("chromium")?;
        let mut process = Command::new(&program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-background-timer-throttling",
                "--disable-renderer-backgrounding",
                "--disable-backgrounding-occluded-windows",
                "--disable-dev-shm-usage",
                "--lang=ja",
                "--accept-lang=ja-JP,ja",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!(
                    "cannot start {program}; install Debian's `chromium` and `fonts-noto-cjk`, or set YORIAI_CHROMIUM"
                )
            })?;
        let stderr = process.stderr.take().context("Chromium has no standard error")?;
        let mut lines = BufReader::new(stderr).lines();
        let address = tokio::time::timeout(Duration::from_millis(COMMAND_MS_MAX), async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, address)) = line.split_once("DevTools listening on ") {
                    return Ok(address.trim().to_owned());
                }
            }
            bail!("Chromium ended before it listened")
        })
        .await
        .context("Chromium did not start listening")??;
        // Chromium stops when nobody reads what it writes.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });

        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) = tokio_tungstenite::connect_async_with_config(address, Some(config), true).await?;
        let (mut sink, mut stream) = socket.split();
        let (out, mut outgoing) = mpsc::unbounded_channel();
        let wire = Wire {
            next: Arc::default(),
            out,
            waiting: Arc::default(),
            logs: Arc::default(),
        };
        tokio::spawn(async move {
            while let Some(message) = outgoing.recv().await {
                if sink.send(message).await.is_err() {
                    break;
                }
            }
        });
        let reader = wire.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message {
                    reader.receive(&text);
                }
            }
            // Nobody will answer any more: whoever waits is told so at once.
            reader.waiting.lock().unwrap_or_else(|held| held.into_inner()).clear();
        });
        Ok(Self {
            process,
            profile,
            wire,
            pages: Mutex::default(),
        })
    }

    /// Opens a page on a device of its own: own cookies, own storage, own screen.
    pub async fn device(&self, name: &str, device: Device) -> Result<Page> {
        let context = self
            .wire
            .call(None, "Target.createBrowserContext", json!({ "disposeOnDetach": false }))
            .await?;
        let context = context["browserContextId"]
            .as_str()
            .context("no browser context")?
            .to_owned();
        self.page_in(name, device, context).await
    }

    /// Opens a second tab on the device of another page.
    pub async fn tab(&self, name: &str, beside: &Page) -> Result<Page> {
        self.page_in(name, beside.device(), beside.context().to_owned()).await
    }

    async fn page_in(&self, name: &str, device: Device, context: String) -> Result<Page> {
        let page = Page::open(self.wire.clone(), name, device, context).await?;
        self.pages
            .lock()
            .unwrap_or_else(|held| held.into_inner())
            .push(page.clone());
        Ok(page)
    }

    /// Leaves a screenshot and the console of every page in `target/test-failures/<test>/`.
    pub async fn leave_evidence(&self, test: &str) -> Result<PathBuf> {
        let folder = crate::target_folder().join("test-failures").join(test);
        std::fs::create_dir_all(&folder)?;
        let pages: Vec<Page> = self.pages.lock().unwrap_or_else(|held| held.into_inner()).clone();
        for page in pages {
            let name = page.name();
            std::fs::write(folder.join(format!("{name}.log")), page.log().join("\n"))?;
            if let Err(reason) = page.screenshot(&folder.join(format!("{name}.png"))).await {
                std::fs::write(folder.join(format!("{name}.no-picture.txt")), format!("{reason:#}"))?;
            }
        }
        Ok(folder)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The folder can only go when the process no longer writes into it; a leftover folder is no failure.
        let _ = self.process.start_kill();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// Runs one browser scenario. When it fails, every page's screenshot and console are left behind and named.
pub async fn scenario<F>(test: &str, story: impl FnOnce(Arc<Browser>) -> F)
where
    F: Future<Output = Result<()>>,
{
    let browser = Arc::new(Browser::start().await.expect("a browser for the test"));
    if let Err(reason) = story(browser.clone()).await {
        let evidence = match browser.leave_evidence(test).await {
            Ok(folder) => format!("screenshots and logs: {}", folder.display()),
            Err(problem) => format!("no evidence could be kept: {problem:#}"),
        };
        panic!("{test}: {reason:?}\n{evidence}");
    }
}
