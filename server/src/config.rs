//! What the operator decides: flags, each with an environment variable and a sane default.

use std::{net::SocketAddr, path::PathBuf};

/// Yoriai: a workshop's tables write and move notes together, and the report falls out.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "yoriai", version)]
pub struct Config {
    /// Address and port to listen on. In a hall use 0.0.0.0:8080, so that the tablets reach it.
    #[arg(long, env = "YORIAI_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Data folder: one SQLite file and a lock. Made if it is missing.
    #[arg(long, env = "YORIAI_DATA", default_value = ".yoriai", global = true)]
    pub data: PathBuf,

    /// Address that people type or scan, such as https://yoriai.example.jp. Default: made of the listening address.
    #[arg(long, env = "YORIAI_BASE_URL")]
    pub base_url: Option<String>,

    /// Further origins whose pages may use the API and the socket, such as https://city.example.jp. Comma separated.
    #[arg(long, env = "YORIAI_ALLOW_ORIGIN", value_delimiter = ',')]
    pub allow_origin: Vec<String>,

    /// Certificate chain (PEM). With it the server speaks HTTPS only.
    #[arg(
        long,
        env = "YORIAI_TLS_CERT",
        requires = "tls_key",
        conflicts_with = "tls_self_signed"
    )]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM).
    #[arg(long, env = "YORIAI_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Make a self-signed certificate for this name or IP address and keep it in the data folder (a hall without internet).
    #[arg(long, env = "YORIAI_TLS_SELF_SIGNED", value_name = "NAME")]
    pub tls_self_signed: Option<String>,

    /// Serve the page from this folder (written by `cargo xtask page --dev`) instead of the built-in one.
    #[arg(long, env = "YORIAI_PAGE_FROM", value_name = "DIR")]
    pub page_dir: Option<PathBuf>,

    /// What to log, such as info, warn or yoriai=debug.
    #[arg(long, env = "YORIAI_LOG", default_value = "info")]
    pub log: String,

    /// Log one JSON object per line.
    #[arg(long, env = "YORIAI_LOG_JSON")]
    pub log_json: bool,

    /// An idle board leaves the memory after this many seconds.
    #[arg(long, env = "YORIAI_ROOM_IDLE_S", default_value_t = 60, value_name = "SECONDS")]
    pub room_idle_s: u64,
}

impl Config {
    /// The defaults with this data folder, as the command line without any other flag gives them.
    pub fn for_folder(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.into(),
            base_url: None,
            allow_origin: Vec::new(),
            tls_cert: None,
            tls_key: None,
            tls_self_signed: None,
            page_dir: None,
            log: "info".to_owned(),
            log_json: false,
            room_idle_s: 60,
        }
    }

    /// Whether the server itself speaks TLS.
    pub fn tls(&self) -> bool {
        self.tls_cert.is_some() || self.tls_self_signed.is_some()
    }

    /// The address that links start with, without a slash at the end.
    pub fn base_url_for(&self, bound: SocketAddr) -> String {
        if let Some(base_url) = &self.base_url {
            return base_url.trim_end_matches('/').to_owned();
        }
        let scheme = if self.tls() { "https" } else { "http" };
        match (&self.tls_self_signed, bound.ip().is_unspecified()) {
            (Some(name), _) => format!("{scheme}://{name}:{}", bound.port()),
            (None, true) => format!("{scheme}://localhost:{}", bound.port()),
            (None, false) => format!("{scheme}://{bound}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn without_flags_only_this_machine_is_served() {
        let config = Config::try_parse_from(["yoriai"]).unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.base_url_for(config.listen), "http://127.0.0.1:8080");
    }

    #[test]
    fn links_start_with_the_base_url_if_there_is_one() {
        let mut config = Config::for_folder("x");
        config.base_url = Some("https://yoriai.example.jp/".to_owned());
        assert_eq!(config.base_url_for(config.listen), "https://yoriai.example.jp");
        config.base_url = None;
        config.tls_self_signed = Some("192.168.0.2".to_owned());
        assert_eq!(
            config.base_url_for(SocketAddr::from(([0, 0, 0, 0], 443))),
            "https://192.168.0.2:443"
        );
    }
}
