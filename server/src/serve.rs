//! Connections from outside: how many there may be, and how long one may keep the server waiting for its request.
//!
//! axum's own loop takes every connection and waits for ever for the head of its next request. A thousand that say nothing, or
//! take their answer a byte at a time, would keep everybody out; and a browser that slept would go on trusting a kept connection
//! that no byte passes any more.

mod places;

use std::{convert::Infallible, future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
    serve::Listener,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{sync::watch, time::timeout};

use places::Places;

/// Connections that speak HTTP at the same time; sockets that were upgraded have bounds of their own. When there is one more,
/// another ends (see [`places`]).
const CONNECTIONS_MAX: usize = 2_048;
/// Within this time after a connection was made, and after each answer, the whole head of the next request has arrived, or the
/// connection is closed. A browser makes a new one without a word.
const HEAD_TIME_MAX: Duration = Duration::from_secs(5);

/// The address a request came from, over plain TCP or TLS.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub SocketAddr);

/// Serves until `stopped`, then lets what has begun end, at most for `stopping_time_max`.
pub async fn serve<L>(listener: L, router: Router, stopped: impl Future<Output = ()>, stopping_time_max: Duration)
where
    L: Listener<Addr = SocketAddr>,
{
    let places = Places::new(CONNECTIONS_MAX);
    serve_in(places, listener, router, stopped, stopping_time_max).await;
}

async fn serve_in<L>(
    places: Arc<Places>,
    mut listener: L,
    router: Router,
    stopped: impl Future<Output = ()>,
    stopping_time_max: Duration,
) where
    L: Listener<Addr = SocketAddr>,
{
    let (ending, ends) = watch::channel(());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX);
    let mut stopped = pin!(stopped);
    loop {
        let (stream, peer) = tokio::select! {
            next = listener.accept() => next,
            () = &mut stopped => break,
        };
        let place = Arc::new(places.take(peer.ip()));
        let (router, renewed) = (router.clone(), Arc::clone(&place));
        let service = service_fn(move |request: Request<Incoming>| {
            renewed.renew();
            answer(router.clone(), peer, request)
        });
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut ends = ends.clone();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            // How a peer's line ended is the peer's own business.
            tokio::select! {
                _ = connection.as_mut() => {}
                () = place.lost() => tracing::debug!("a connection gave up its place"),
                _ = ends.changed() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
        });
    }
    drop((listener, ends));
    let _ = ending.send(());
    if timeout(stopping_time_max, ending.closed()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

async fn answer(mut router: Router, peer: SocketAddr, request: Request<Incoming>) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(PeerAddress(peer)));
    tower_service::Service::call(&mut router, request).await
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpSocket, TcpStream},
        sync::oneshot,
        task::JoinHandle,
    };

    use super::*;

    const PLACES: usize = 4;

    async fn server() -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route(
                "/",
                get(|ConnectInfo(from): ConnectInfo<PeerAddress>| async move { from.0.ip().to_string() }),
            )
            .route("/body", post(|body: String| async move { body }))
            .route("/large", get(|| async { vec![b'x'; 64 * 1024 * 1024] }));
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { drop(stopped.await) };
        let places = Places::new(PLACES);
        let task = tokio::spawn(serve_in(places, listener, router, stopped, HEAD_TIME_MAX));
        (address, stop, task)
    }

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: hall\r\n\r\n";

    async fn answered(stream: &mut TcpStream) -> String {
        let mut answer = String::new();
        while !answer.ends_with("127.0.0.1") {
            let mut bytes = [0; 512];
            let count = stream.read(&mut bytes).await.unwrap();
            assert!(count > 0, "closed after {answer}");
            answer.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        }
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_half_a_request_is_let_go_and_a_kept_connection_too() {
        let (address, _stop, _task) = server().await;
        let silent = TcpStream::connect(address).await.unwrap();
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(&REQUEST[..20]).await.unwrap();
        let mut kept = TcpStream::connect(address).await.unwrap();
        kept.write_all(REQUEST).await.unwrap();
        assert!(answered(&mut kept).await.starts_with("HTTP/1.1 200"));
        let began = tokio::time::Instant::now();
        for mut stream in [silent, half, kept] {
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        }
        assert!(began.elapsed() < HEAD_TIME_MAX * 2, "after {:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_kept_connection_carries_many_requests_and_stopping_lets_it_go() {
        let (address, stop, task) = server().await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        for _ in 0..3 {
            stream.write_all(REQUEST).await.unwrap();
            assert!(answered(&mut stream).await.starts_with("HTTP/1.1 200"));
        }
        stop.send(()).unwrap();
        task.await.unwrap();
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn bodies_and_answers_that_trickle_keep_nobody_out() {
        let (address, _stop, _task) = server().await;
        let mut siege = Vec::new();
        for number in 0..PLACES {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
            let mut stream = socket.connect(address).await.unwrap();
            let request: &[u8] = if number % 2 == 0 {
                b"POST /body HTTP/1.1\r\nhost: hall\r\ncontent-length: 1000\r\n\r\nx"
            } else {
                b"GET /large HTTP/1.1\r\nhost: hall\r\n\r\n"
            };
            stream.write_all(request).await.unwrap();
            siege.push(stream);
        }
        for _ in 0..PLACES {
            let mut honest = TcpStream::connect(address).await.unwrap();
            honest.write_all(REQUEST).await.unwrap();
            assert!(answered(&mut honest).await.starts_with("HTTP/1.1 200"));
        }
        let _ = siege[0].read_to_end(&mut Vec::new()).await;
    }
}
