//! Connections from outside: how many there may be, and how long one may keep the server waiting for its request.
//!
//! axum's own loop takes every connection and waits for ever for the head of its next request. A thousand that say nothing would
//! keep everybody out; and a browser that slept would go on trusting a kept connection that no byte passes any more.

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
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

/// Connections that speak HTTP at the same time; sockets that were upgraded have bounds of their own. Further ones wait in the
/// kernel until a place is free.
const CONNECTIONS_MAX: u32 = 2_048;
/// Within this time after a connection was made, and after each answer, the whole head of the next request has arrived, or the
/// connection is closed. A browser makes a new one without a word.
const HEAD_TIME_MAX: Duration = Duration::from_secs(5);

/// The address a request came from, over plain TCP or TLS.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub SocketAddr);

/// Serves until `stopped`, then lets what has begun end, at most for `stopping_time_max`.
pub async fn serve<L>(mut listener: L, router: Router, stopped: impl Future<Output = ()>, stopping_time_max: Duration)
where
    L: Listener<Addr = SocketAddr>,
{
    let (ending, ends) = watch::channel(());
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX);
    let mut stopped = pin!(stopped);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let ((stream, peer), place) = tokio::select! {
            next = next => next,
            () = &mut stopped => break,
        };
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| answer(router.clone(), peer, request));
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut ends = ends.clone();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            // How a peer's line ended is the peer's own business.
            tokio::select! {
                _ = connection.as_mut() => {}
                _ = ends.changed() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
            drop(place);
        });
    }
    drop(listener);
    drop(ending);
    if timeout(stopping_time_max, places.acquire_many(CONNECTIONS_MAX))
        .await
        .is_err()
    {
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
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
        sync::oneshot,
        task::JoinHandle,
    };

    use super::*;

    async fn server() -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route(
            "/",
            get(|ConnectInfo(from): ConnectInfo<PeerAddress>| async move { from.0.ip().to_string() }),
        );
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { drop(stopped.await) };
        let task = tokio::spawn(serve(listener, router, stopped, HEAD_TIME_MAX));
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
}
