//! A TCP proxy with the faults of a network, in front of any server.

mod pump;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::io::Interest;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use pump::{Direction, pump};

/// What the network is like, now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weather {
    /// Nothing gets through.
    blackhole: bool,
    /// Nobody is reached.
    cut: bool,
    delay: Duration,
    bytes_per_second: Option<u32>,
    /// How many more bytes clients may send, all together.
    left: Option<u64>,
    /// Counts what was done to all connections at once.
    resets: usize,
    half_closes: usize,
}

#[derive(Debug)]
struct Owner {
    weather: Arc<watch::Sender<Weather>>,
    address: SocketAddr,
    accept: AbortHandle,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

/// A TCP proxy that delays, slows down, loses and breaks what goes through it.
///
/// Clones are the same proxy; it ends with the last of them, and its connections with it. Its methods return at once,
/// and hold for the connections that there are and for those to come.
///
/// ```
/// # use std::time::Duration;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let broker = edge_runtime::testing::LedgerBroker::start().await?;
/// use edge_runtime::testing::FaultProxy;
/// let proxy = FaultProxy::start(broker.address()).await?;
/// let url = format!("mqtt://{}", proxy.address());
/// proxy.set_delay(Duration::from_millis(200));
/// proxy.cut();
/// proxy.restore();
/// # Ok::<_, std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct FaultProxy(Arc<Owner>);

impl FaultProxy {
    /// Starts one on a free port of this machine, in front of this server, which is not connected to before the
    /// first client.
    ///
    /// # Errors
    /// When there is no free port.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time.
    pub async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let weather = Arc::new(watch::Sender::default());
        let accept = tokio::spawn(accept(listener, server, Arc::clone(&weather))).abort_handle();
        Ok(Self(Arc::new(Owner { weather, address, accept })))
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    fn change(&self, change: impl FnOnce(&mut Weather)) {
        self.0.weather.send_modify(change);
    }

    /// With `true`, nothing gets through in either direction, and nobody is told: connections stay, and new ones
    /// are taken. With `false` everything goes on, as it does when a route is back.
    pub fn set_blackhole(&self, blackhole: bool) {
        self.change(|weather| weather.blackhole = blackhole);
    }

    /// Everything takes so much longer in each direction. What is underway is not overtaken: of one
    /// connection, at most 16 KiB are.
    pub fn set_delay(&self, delay: Duration) {
        self.change(|weather| weather.delay = delay);
    }

    /// Lets at most so many bytes through in a second, on each connection in each direction; `None`: as
    /// many as come.
    pub fn set_rate(&self, bytes_per_second: Option<u32>) {
        self.change(|weather| weather.bytes_per_second = bytes_per_second);
    }

    /// Lets clients send so many bytes more, and then resets their connections, as if the last packet had been
    /// broken off; once.
    pub fn truncate_after(&self, bytes: u64) {
        self.change(|weather| weather.left = Some(bytes));
    }

    /// Resets all connections, on both sides. New ones work.
    pub fn reset(&self) {
        self.change(|weather| weather.resets += 1);
    }

    /// Closes all connections for what the server says: clients hear that no more comes, and may go on sending.
    pub fn half_close(&self) {
        self.change(|weather| weather.half_closes += 1);
    }

    /// Resets all connections and those to come, until [`restore`](Self::restore).
    pub fn cut(&self) {
        self.change(|weather| {
            weather.cut = true;
            weather.resets += 1;
        });
    }

    /// A network without faults.
    pub fn restore(&self) {
        self.change(|weather| {
            let Weather { resets, half_closes, .. } = *weather;
            *weather = Weather { resets, half_closes, ..Weather::default() };
        });
    }
}

/// Takes connections until it is aborted, and they end with it.
async fn accept(listener: TcpListener, server: SocketAddr, weather: Arc<watch::Sender<Weather>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { return };
                connections.spawn(carry(client, server, Arc::clone(&weather)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Carries a connection to its end.
async fn carry(client: TcpStream, server: SocketAddr, weather: Arc<watch::Sender<Weather>>) {
    let mut now = weather.subscribe();
    let resets = now.borrow().resets;
    let end = async {
        // The sender lives as long as this.
        let _ = now.wait_for(|weather| weather.cut || weather.resets > resets).await;
    };
    tokio::pin!(end);
    let server = tokio::select! {
        biased;
        () = &mut end => None,
        server = reach(server, &weather) => server.ok(),
    };
    // Of who came and went while nothing got through, the server has never heard.
    let Some(server) = server.filter(|_| !is_gone(&client)) else {
        // A connection that is gone already cannot be reset.
        let _ = client.set_zero_linger();
        return;
    };
    for stream in [&client, &server] {
        // Gone already, it says so later.
        let _ = stream.set_nodelay(true);
    }
    let (from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let up = pump(&from_client, &mut to_server, &weather, Direction::ToServer);
    let down = pump(&from_server, &mut to_client, &weather, Direction::ToClient);
    let in_order = tokio::select! {
        biased;
        () = end => false,
        ended = futures_util::future::try_join(up, down) => ended.is_ok(),
    };
    if !in_order {
        for stream in [from_client.as_ref(), from_server.as_ref()] {
            let _ = stream.set_zero_linger();
        }
        // Dropped, they would close in order.
        to_client.forget();
        to_server.forget();
    }
}

/// Whether a client has closed its connection, read or unread.
fn is_gone(client: &TcpStream) -> bool {
    let ready = client.ready(Interest::READABLE).now_or_never();
    ready.is_some_and(|ready| ready.is_ok_and(|ready| ready.is_read_closed()))
}

/// A network that loses everything loses the handshake as well.
async fn reach(server: SocketAddr, weather: &watch::Sender<Weather>) -> io::Result<TcpStream> {
    // The sender lives as long as this.
    let _ = weather.subscribe().wait_for(|weather| !weather.blackhole).await;
    TcpStream::connect(server).await
}
