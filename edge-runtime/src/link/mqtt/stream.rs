//! The way to the broker, in clear or not.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::tls::{TlsConfig, TlsStream};

/// So long an address of a name is tried before the next one is tried beside it (RFC 8305): one that is silent does not keep
/// the others from being reached.
const AHEAD: Duration = Duration::from_millis(250);

/// A connection.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream>),
}

impl Stream {
    /// Small packets go at once: an acknowledgement and a message behind it would otherwise take 40 ms.
    pub(super) async fn connect(host: &str, port: u16, tls: Option<&TlsConfig>) -> io::Result<Self> {
        let stream = first_of(lookup_host((host, port)).await?).await?;
        stream.set_nodelay(true)?;
        Ok(match tls {
            None => Self::Plain(stream),
            Some(tls) => Self::Tls(Box::new(tls.connect(host, stream).await?)),
        })
    }
}

/// Connects to the first of these that answers. Of what has failed, the last is the error.
async fn first_of(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let (mut addresses, mut attempts) = (addresses.peekable(), FuturesUnordered::new());
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        attempts.extend(addresses.next().map(TcpStream::connect));
        let attempt = match addresses.peek() {
            Some(_) => timeout(AHEAD, attempts.next()).await,
            None => Ok(attempts.next().await),
        };
        match attempt {
            Ok(Some(Ok(stream))) => return Ok(stream),
            Ok(Some(Err(error))) => failure = error,
            Ok(None) => return Err(failure),
            Err(_) => {}
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    /// An address that says nothing to whoever connects: as many wait there as may. With those, and the one who listens.
    async fn silent() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(HERE).unwrap();
        let listener = socket.listen(0).unwrap();
        let (address, mut waiting) = (listener.local_addr().unwrap(), Vec::new());
        while let Ok(stream) = timeout(AHEAD, TcpStream::connect(address)).await {
            waiting.push(stream.unwrap());
        }
        (address, listener, waiting)
    }

    #[tokio::test]
    async fn c07_an_address_that_is_silent_does_not_keep_the_next_from_being_reached() {
        let (silent, _listener, _waiting) = silent().await;
        let good = TcpListener::bind(HERE).await.unwrap();
        let address = good.local_addr().unwrap();
        let stream = timeout(Duration::from_secs(5), first_of([silent, address].into_iter())).await;
        assert_eq!(stream.unwrap().unwrap().peer_addr().unwrap(), address);
    }

    #[tokio::test]
    async fn the_last_address_that_refuses_is_the_error() {
        // Nobody else can take it meanwhile, and nobody listens.
        let unused = TcpSocket::new_v4().unwrap();
        unused.bind(HERE).unwrap();
        let address = unused.local_addr().unwrap();
        let error = first_of([address, address].into_iter()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(first_of([].into_iter()).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
