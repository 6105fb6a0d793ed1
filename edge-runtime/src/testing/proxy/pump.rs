//! One direction of one connection.

use std::future::{pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::Buf;
use tokio::io::AsyncWrite;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Weather;

const CHUNK: usize = 16 * 1024;
/// How often in a second a slow direction moves, if it has a byte for each time.
const MOVES_PER_SECOND: u32 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    ToServer,
    ToClient,
}

/// Moves bytes until the sender has no more. An error: both directions are to be reset.
pub(super) async fn pump(
    from: &OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    weather: &watch::Sender<Weather>,
    direction: Direction,
) -> io::Result<()> {
    let mut now = weather.subscribe();
    let half_closes = now.borrow().half_closes;
    let mut chunk = vec![0; CHUNK];
    loop {
        clear(&mut now).await;
        let Weather { delay, bytes_per_second, half_closes: closed, .. } = *now.borrow_and_update();
        if closed > half_closes && direction == Direction::ToClient {
            poll_fn(|context| Pin::new(&mut *to).poll_shutdown(context)).await?;
            // The other direction decides how long this lasts.
            return pending().await;
        }
        tokio::select! {
            biased;
            changed = now.changed() => {
                changed.map_err(|_| io::ErrorKind::ConnectionAborted)?;
                continue;
            }
            readable = from.readable() => readable?,
        }
        let most = bytes_per_second.map_or(CHUNK, |rate| (rate / MOVES_PER_SECOND).max(1) as usize);
        let read = match from.try_read(&mut chunk[..most.min(CHUNK)]) {
            Ok(0) => return poll_fn(|context| Pin::new(&mut *to).poll_shutdown(context)).await,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        let came = Instant::now();
        if !delay.is_zero() {
            sleep_until(came + delay).await;
            clear(&mut now).await;
        }
        let passes = if direction == Direction::ToServer { allowed(weather, read) } else { read };
        write(to, &chunk[..passes]).await?;
        if passes < read {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(rate) = bytes_per_second {
            sleep_until(came + Duration::from_secs(1) * read as u32 / rate.max(1)).await;
        }
    }
}

/// Waits while nothing gets through.
async fn clear(now: &mut watch::Receiver<Weather>) {
    // The sender lives as long as the connection.
    let _ = now.wait_for(|weather| !weather.blackhole).await;
}

/// How many of so many bytes may pass: fewer than all when the connection is to be broken off there.
fn allowed(weather: &watch::Sender<Weather>, read: usize) -> usize {
    let mut passes = read;
    weather.send_if_modified(|weather| {
        if let Some(left) = weather.left {
            passes = read.min(usize::try_from(left).unwrap_or(read));
            weather.left = (passes == read).then(|| left - read as u64);
        }
        // Nobody else waits for this.
        false
    });
    passes
}

async fn write(to: &OwnedWriteHalf, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(written) => bytes.advance(written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
