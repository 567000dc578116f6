//! Real servers for tests: one inside this process, or `yoriai` as a process of its own that can be killed.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use server::{Config, StartError, Store};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use crate::target_folder;

/// A server that does not answer in this time does not start: generous, because the machine may be compiling.
const START_TIME_MAX: Duration = Duration::from_secs(60);
/// A server that does not end in this time hangs: connections and rooms have 5 s each.
const STOP_TIME_MAX: Duration = Duration::from_secs(30);

/// A server inside this process.
pub struct LocalServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<Result<(), StartError>>,
}

impl LocalServer {
    /// Starts one on a free port with its own SQLite file in `data`.
    pub async fn start(data: &Path) -> Result<Self> {
        Self::start_with(Config::for_folder(data), None).await
    }

    /// Starts one with a configuration and, if given, a store of the test's own.
    pub async fn start_with(config: Config, store: Option<Arc<dyn Store>>) -> Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        // A dropped sender stops the server as well.
        let shutdown = async move { drop(stopped.await) };
        let running = match store {
            Some(store) => tokio::spawn(server::run_with_store(listener, config, store, shutdown)),
            None => tokio::spawn(server::run(listener, config, shutdown)),
        };
        Ok(Self {
            address,
            stop: Some(stop),
            running,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it in an orderly way and waits for it.
    pub async fn stop(mut self) -> Result<()> {
        drop(self.stop.take());
        timeout(STOP_TIME_MAX, &mut self.running)
            .await
            .context("the server does not stop")???;
        Ok(())
    }

    /// Ends it where it stands: no goodbye, nothing finished.
    pub async fn abort(self) {
        self.running.abort();
        let _ = self.running.await;
    }
}

/// `yoriai` as a process of its own. Killed when dropped.
pub struct ServerProcess {
    child: Child,
    pid: u32,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl ServerProcess {
    /// Starts the program of `YORIAI_BIN` (or the one cargo built last) with a data folder; waits until it answers.
    pub async fn start(data: &Path, listen: Option<SocketAddr>) -> Result<Self> {
        Self::start_with(data, listen, &[]).await
    }

    /// As [`ServerProcess::start`], with further arguments.
    pub async fn start_with(data: &Path, listen: Option<SocketAddr>, arguments: &[&str]) -> Result<Self> {
        let listen = match listen {
            Some(listen) => listen,
            None => free_address().await?,
        };
        let mut child = Command::new(binary())
            .arg("--data")
            .arg(data)
            .arg("--listen")
            .arg(listen.to_string())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!(
                    "{} does not start; build it with `cargo build -p server`",
                    binary().display()
                )
            })?;
        let mut output = BufReader::new(child.stdout.take().context("no output")?).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let mut errors = BufReader::new(child.stderr.take().context("no standard error")?).lines();
        tokio::spawn({
            let log = Arc::clone(&log);
            async move {
                while let Ok(Some(line)) = errors.next_line().await {
                    // Shown with the test that failed, and kept for tests that read the log.
                    println!("{line}");
                    let mut log = log.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    log.push_str(&line);
                    log.push('\n');
                }
            }
        });
        let started = async {
            while let Some(line) = output.next_line().await? {
                // The first line is printed once the port is bound.
                if line.contains("Yoriai:") {
                    return Ok(());
                }
            }
            bail!("the server ended before it listened")
        };
        timeout(START_TIME_MAX, started)
            .await
            .context("the server does not start")??;
        // The rest is read and dropped, so that the pipe never fills up.
        tokio::spawn(async move { while let Ok(Some(_)) = output.next_line().await {} });
        let pid = child.id().context("the server ended at once")?;
        Ok(Self {
            child,
            pid,
            address: listen,
            log,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// SIGKILL, as a power cut does it. Waits until it is gone.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// SIGTERM, as a deployment does it. Waits until it has ended well.
    pub async fn stop(&mut self) -> Result<()> {
        let sent = Command::new("kill")
            .arg("-TERM")
            .arg(self.pid.to_string())
            .status()
            .await?;
        anyhow::ensure!(sent.success(), "no SIGTERM could be sent");
        let status = timeout(STOP_TIME_MAX, self.child.wait())
            .await
            .context("the server does not stop")??;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    /// Memory in use (resident set) in bytes.
    pub fn rss_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .context("no VmRSS")?;
        let kib: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kib * 1024)
    }
}

/// Runs the program until it ends by itself; returns whether it succeeded and what it said on standard error.
pub async fn run_to_end(arguments: &[&str]) -> Result<(bool, String)> {
    let mut child = Command::new(binary())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} does not start", binary().display()))?;
    let mut said = String::new();
    let mut errors = child.stderr.take().context("no standard error")?;
    let ended = async {
        errors.read_to_string(&mut said).await?;
        child.wait().await
    };
    let status = timeout(START_TIME_MAX, ended)
        .await
        .context("the server should have ended by itself")??;
    Ok((status.success(), said))
}

/// The program under test.
pub fn binary() -> PathBuf {
    std::env::var_os("YORIAI_BIN").map_or_else(|| target_folder().join("debug/yoriai"), PathBuf::from)
}

/// A port that was free a moment ago.
pub async fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?)
}
