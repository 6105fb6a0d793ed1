//! Connections: one task each, ended in good order. (`axum::serve` lets a client send its headers for ever.)

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::counts::{Counters, count};
use crate::task::{Stop, stopped};

/// How long a request's headers may take, and how long a connection may be idle.
const HEADERS: Duration = Duration::from_secs(30);

/// How long to wait when no connection can be accepted, for want of file descriptors, say.
const RETRY: Duration = Duration::from_millis(500);

/// Counted while it is there.
struct Counted(Arc<Counters>);

impl Counted {
    fn new(counters: &Arc<Counters>) -> Self {
        count(&counters.http_connections);
        Self(Arc::clone(counters))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.http_connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves on the listener until `stop`, then finishes the requests that are running.
pub(super) async fn run(listener: TcpListener, router: Router, counters: Arc<Counters>, stop: Stop) {
    let mut connections = JoinSet::new();
    let mut stopping = pin!(stopped(stop.clone()));
    loop {
        tokio::select! {
            () = &mut stopping => break,
            // Nothing is lost with it: ended tasks are only cleared away.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let counted = Counted::new(&counters);
                    let served = connection(stream, router.clone(), stop.clone(), HEADERS);
                    connections.spawn(async move {
                        served.await;
                        drop(counted);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    tokio::time::sleep(RETRY).await;
                }
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, router: Router, stop: Stop, headers: Duration) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(headers);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    tokio::select! {
        result = connection.as_mut() => return ended(result),
        () = stopped(stop) => connection.as_mut().graceful_shutdown(),
    }
    ended(connection.await);
}

fn ended(result: hyper::Result<()>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_client_that_never_ends_its_headers_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        let serving = connection(stream, Router::new(), stopped, Duration::from_millis(50));
        client.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
        let mut reply = String::new();
        let ((), read) = tokio::join!(serving, client.read_to_string(&mut reply));
        read.unwrap();
        assert_eq!(reply, "");
    }
}
