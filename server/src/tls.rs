//! HTTPS for a hall without a proxy: certificate files, or a self-signed certificate kept in the data folder.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::serve::Listener;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

use crate::{config::Config, startup::StartError};

/// A handshake that takes longer is given up.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Finished handshakes that may wait to be served.
const ACCEPTED_MAX: usize = 64;
/// Files of the self-signed certificate in the data folder.
const SELF_SIGNED_FILES: (&str, &str) = ("self-signed.crt.pem", "self-signed.key.pem");

/// What the configuration asks for; None for plain HTTP.
pub fn acceptor(config: &Config, data: &Path) -> Result<Option<TlsAcceptor>, StartError> {
    let failed = |error: &dyn std::fmt::Display| StartError::Tls(error.to_string());
    let (certificate, key) = match (&config.tls_cert, &config.tls_key, &config.tls_self_signed) {
        (Some(certificate), Some(key), _) => (certificate.clone(), key.clone()),
        (_, _, Some(name)) => {
            let files = (data.join(SELF_SIGNED_FILES.0), data.join(SELF_SIGNED_FILES.1));
            // Kept, so that devices that accepted it once need not be asked again after a restart.
            if !(files.0.is_file() && files.1.is_file()) {
                make_self_signed(name, &files.0, &files.1)?;
            }
            files
        }
        _ => return Ok(None),
    };
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(&error))?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|error| failed(&error))?;
    let mut tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| failed(&error))?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(tls))))
}

fn make_self_signed(name: &str, certificate: &Path, key: &Path) -> Result<(), StartError> {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned(), "localhost".to_owned()])
        .map_err(|error| StartError::Tls(error.to_string()))?;
    let write = || -> io::Result<()> {
        write_private(key, made.signing_key.serialize_pem().as_bytes())?;
        std::fs::write(certificate, made.cert.pem())
    };
    write().map_err(|error| StartError::Tls(error.to_string()))
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(bytes)
}

/// Accepts plain connections, whose small frames do not wait for each other.
pub struct PlainListener(pub TcpListener);

impl Listener for PlainListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // A socket that refuses the option works all the same.
        let _ = stream.set_nodelay(true);
        (stream, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        TcpListener::local_addr(&self.0)
    }
}

/// Accepts TLS connections. Handshakes run beside each other, so that a silent peer holds up nobody.
pub struct TlsListener {
    accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

impl TlsListener {
    /// Starts accepting.
    pub fn new(mut listener: TcpListener, acceptor: TlsAcceptor) -> io::Result<Self> {
        let address = TcpListener::local_addr(&listener)?;
        let (sender, accepted) = mpsc::channel(ACCEPTED_MAX);
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, peer) = Listener::accept(&mut listener).await;
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIME_MAX, acceptor.accept(stream)).await {
                        // A closed queue means that the server is stopping.
                        let _ = sender.send((stream, peer)).await;
                    }
                });
            }
        });
        Ok(Self {
            accepted,
            address,
            accepting,
        })
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            // The accepting task only ends with this listener.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_rustls::{
        TlsConnector,
        rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
    };

    use super::*;

    #[tokio::test]
    async fn a_hall_without_internet_speaks_https_with_a_certificate_that_stays_the_same() {
        let folder = std::env::temp_dir().join(format!("yoriai-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut config = Config::for_folder(&folder);
        config.tls_self_signed = Some("yoriai.local".to_owned());
        let first = acceptor(&config, &folder).unwrap();
        let certificate = std::fs::read(folder.join(SELF_SIGNED_FILES.0)).unwrap();
        let second = acceptor(&config, &folder).unwrap().unwrap();
        assert!(first.is_some());
        assert_eq!(std::fs::read(folder.join(SELF_SIGNED_FILES.0)).unwrap(), certificate);

        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/", get(|| async { "寄合" }));
        let tls = TlsListener::new(listener, second).unwrap();
        tokio::spawn(crate::serve::serve(
            tls,
            app,
            std::future::pending(),
            HANDSHAKE_TIME_MAX,
        ));

        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(&certificate).unwrap())
            .unwrap();
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        // A peer that connects and says nothing holds up nobody.
        let _silent = TcpStream::connect(address).await.unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("yoriai.local").unwrap();
        let mut stream = TlsConnector::from(Arc::new(client))
            .connect(name, stream)
            .await
            .unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: yoriai.local\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("寄合"),
            "{answer}"
        );
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_certificate_that_cannot_be_read_is_said_so() {
        let mut config = Config::for_folder("nowhere");
        config.tls_cert = Some("no-such-file.pem".into());
        config.tls_key = Some("no-such-file.pem".into());
        let refused = acceptor(&config, Path::new("nowhere"));
        assert!(matches!(refused, Err(StartError::Tls(_))));
    }
}
