//! The program `yoriai`: flags, logs, one clear sentence when it cannot start. Without a subcommand it serves.

use std::{path::Path, process::ExitCode};

use clap::Parser as _;
use server::{
    Config, StartError,
    maintenance::{self, Ended, Task},
    startup::{self, DataFolder},
    store::Store as _,
};
use tracing_subscriber::EnvFilter;

/// The exit code of a task that was done and found damage.
const DAMAGED: u8 = 3;

#[derive(clap::Parser)]
#[command(name = "yoriai", version, about, long_about = None, after_help = "Without a command it serves.")]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    config: Config,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { task, config } = Arguments::parse();
    init_logs(&config);
    if let Some(task) = task {
        return match maintenance::run(&task, &config.data, &mut |line| println!("{line}")) {
            Ok(Ended::Well) => ExitCode::SUCCESS,
            Ok(Ended::Damaged) => ExitCode::from(DAMAGED),
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    match start(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn init_logs(config: &Config) {
    let mut filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // At their most talkative these print what they carry: notes, names and tickets. No wish of the operator's unlocks that.
    for library in [
        "tungstenite",
        "tokio_tungstenite",
        "hyper",
        "hyper_util",
        "rustls",
        "tokio_rustls",
    ] {
        if let Ok(quiet) = format!("{library}=info").parse() {
            filter = filter.add_directive(quiet);
        }
    }
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if config.log_json {
        logs.json().init()
    } else {
        logs.with_target(false).init()
    }
}

async fn start(config: Config) -> Result<(), StartError> {
    // The folder before the port: "already running" is the likelier reason and the clearer sentence.
    let folder = DataFolder::lock(&config.data)?;
    let store = std::sync::Arc::new(folder.open_store()?);
    let listener = startup::bind(&config).await?;
    let address = listener.local_addr().map_err(StartError::Serve)?;
    let is_new = store.is_empty().await.unwrap_or(false);
    let stopped = stop_signal();
    announce(&config.base_url_for(address), folder.path(), is_new);
    let outcome = server::run_with_store(listener, config, store, stopped).await;
    drop(folder);
    outcome
}

/// Printed to standard output, one fact a line: `cargo xtask serve` and people read it.
fn announce(base_url: &str, data: &Path, is_new: bool) {
    println!("寄合 Yoriai: {base_url}/");
    println!("データ data: {}", data.display());
    if is_new {
        println!("はじめに first: {base_url}/new (新しい会)  {base_url}/import (報告書から)  {base_url}/ (デモ demo)");
    }
    println!("終了 stop: Ctrl+C");
}

/// Resolves at Ctrl+C, and on Unix at SIGTERM. The handlers are in place when this returns: from then on a signal means an
/// orderly end.
fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
    async move {
        let interrupt = async {
            // Without a handler the default action ends the program, which loses nothing that was acknowledged.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        #[cfg(unix)]
        let terminated = async {
            match &mut terminate {
                Some(terminate) => drop(terminate.recv().await),
                None => std::future::pending().await,
            }
        };
        #[cfg(not(unix))]
        let terminated = std::future::pending::<()>();
        tokio::select! {
            () = interrupt => {}
            () = terminated => {}
        }
    }
}
