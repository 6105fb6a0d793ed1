//! One connection, from the broker's welcome to its end.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, Sleep};

use super::packet::{Incoming, Malformed, Outgoing, Packet, Reader, Unsayable};
use super::stream::Stream;
use super::waits::{Kind, Mark, OVERDUE, SLOWEST, Waits};
use super::{Client, Ended, KEEP_ALIVE, closed, goodbye, packet};
use crate::link::{LinkError, Publish, QoS, Received, Request, Token};

/// How often it is looked whether the broker still answers, and whether it has heard of us.
const WATCH: Duration = Duration::from_secs(1);
/// So much goes to the socket at once, or a message more.
const ENOUGH: usize = 64 * 1024;
/// What the buffer of what goes keeps in any case when all has gone, and up to eight times what has gone last, at most twice [`ENOUGH`]: who says
/// much goes on so, and a burst is not remembered for ever.
const KEPT: usize = 8 * 1024;
/// In which time it is counted how much comes. Two of them are what there is for an answer: however what comes begins
/// and ends, one of them has its share.
const WINDOW: Duration = Duration::from_secs(OVERDUE.as_secs() / 2);
/// So much that comes is a sign of life, whatever it is. Less than that in a [`WINDOW`] is none: what only says that
/// it is long would swallow all answers, and nobody would notice.
const SIGN: u64 = SLOWEST * WINDOW.as_secs();
/// After this time without an answer the broker is asked for a subscription once more. When that is not answered either, the
/// connection ends, and the wait before the next one may be long.
const AGAIN: Duration = Duration::from_secs(OVERDUE.as_secs() / 2);
/// How much is read at once, at least.
const READ: usize = 4096;

/// Why the conversation goes on.
enum Event {
    /// Something was read.
    Read,
    /// Goodbye was said, and all that was to be said has gone.
    Gone,
    /// Nothing has happened until it is time to look.
    Quiet,
}

/// A SUBSCRIBE that was not answered.
struct Asked {
    id: u16,
    again: Again,
    /// Since when an answer is waited for.
    since: Instant,
    token: Token,
    filters: Vec<String>,
    mark: Mark,
}

/// Whether the same was asked for once more.
#[derive(Clone, Copy, PartialEq)]
enum Again {
    NotYet,
    /// Under this number.
    Asked(u16),
    /// Nor will it be.
    Never,
}

impl Asked {
    fn is(&self, id: u16) -> bool {
        self.id == id || self.again == Again::Asked(id)
    }
}

/// See the module.
pub(super) struct Conversation<'a, S = Stream> {
    client: &'a mut Client,
    stream: S,
    read: BytesMut,
    reader: Reader,
    /// Numbers of messages that the session has already: they are said before all else.
    again: VecDeque<u16>,
    out: BytesMut,
    /// So much was said before what is in `out`.
    before: Mark,
    /// Of `out`.
    written: usize,
    /// What was written is on its way.
    is_flushed: bool,
    waits: Waits,
    /// The driver had nothing more to say, and nothing has happened since by which it has.
    is_drained: bool,
    asked: VecDeque<Asked>,
    /// Counts SUBSCRIBEs and UNSUBSCRIBEs.
    asks: u16,
    /// Counts messages that came.
    received: u64,
    /// When something has happened for the last time. All that follows from it goes by this.
    now: Instant,
    /// When something was written, or read, for the last time.
    spoken: Instant,
    heard: Instant,
    /// Until when it is counted how much comes, and how much that is.
    counted: (Instant, u64),
    said_goodbye: bool,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Conversation<'a, S> {
    pub(super) fn new(client: &'a mut Client, stream: S, read: BytesMut) -> Self {
        let now = Instant::now();
        Self {
            client,
            stream,
            read,
            reader: Reader::default(),
            again: VecDeque::new(),
            out: BytesMut::new(),
            before: 0,
            written: 0,
            is_flushed: true,
            waits: Waits::new(now),
            is_drained: false,
            asked: VecDeque::new(),
            asks: 0,
            received: 0,
            now,
            spoken: now,
            heard: now,
            counted: (now + WINDOW, 0),
            said_goodbye: false,
        }
    }

    /// `Ok` when goodbye was said. `resumed`: what is on its way is sent again, before all else.
    pub(super) async fn run(mut self, resumed: bool) -> Result<(), Ended> {
        if resumed {
            self.again = self.client.flight.all();
        }
        let ready = std::sync::Arc::clone(&self.client.ready);
        let (mut notified, mut watch) = (pin!(ready.notified()), pin!(tokio::time::sleep(WATCH)));
        // What came right behind the welcome.
        self.take()?;
        loop {
            let next = |context: &mut Context<'_>| {
                while notified.as_mut().poll(context).is_ready() {
                    notified.set(ready.notified());
                    (self.now, self.is_drained) = (Instant::now(), false);
                }
                self.poll_event(context, watch.as_mut())
            };
            let event = poll_fn(next).await?;
            self.now = Instant::now();
            match event {
                Event::Read => self.take()?,
                Event::Gone => {
                    let _ = self.stream.shutdown().await;
                    return Ok(());
                }
                Event::Quiet => {}
            }
            if watch.deadline() <= self.now {
                self.look()?;
                watch.as_mut().reset(self.now + WATCH);
            }
        }
    }

    // ---- what goes

    /// Writes down what the driver wants to say. Not more than what the socket takes now or soon: the rest
    /// can still be overtaken where it is.
    fn fill(&mut self) -> Result<(), Unsayable> {
        let was_empty = self.out.is_empty();
        while self.written == 0 && self.out.len() < ENOUGH && (self.say_again()? || self.say_next()?) {
            if self.waits.needs_mark(self.said()) {
                self.ping()?;
            }
        }
        let is_done = self.client.flight.is_empty() && self.asked.is_empty();
        if self.client.is_leaving && is_done && !self.said_goodbye {
            self.said_goodbye = true;
            packet::write_disconnect(&mut self.out)?;
        }
        if was_empty && !self.out.is_empty() {
            self.waits.begin(self.now);
        }
        Ok(())
    }

    /// How much was said on this connection.
    fn said(&self) -> Mark {
        self.before + self.out.len() as u64
    }

    /// What the session has already. Returns whether there was something.
    fn say_again(&mut self) -> Result<bool, Unsayable> {
        let Some(id) = self.again.pop_front() else { return Ok(false) };
        self.say_numbered(id, true)?;
        Ok(true)
    }

    /// What the driver has to say. Returns whether there was something.
    fn say_next(&mut self) -> Result<bool, Unsayable> {
        if self.client.is_leaving || self.is_drained {
            return Ok(false);
        }
        let request = self.client.driver.next();
        self.is_drained = request.is_none();
        request.map_or(Ok(false), |request| self.say(request).map(|()| true))
    }

    fn say(&mut self, request: Request) -> Result<(), Unsayable> {
        match request {
            Request::Publish(message) => self.publish(message),
            Request::Subscribe(token, filters) => {
                let id = self.next_ask();
                packet::write_subscribe(&mut self.out, id, &filters)?;
                let mark = self.said();
                self.asked.push_back(Asked {
                    id,
                    again: Again::NotYet,
                    since: self.now,
                    token,
                    filters,
                    mark,
                });
                self.waits.expect(Kind::Subscribe, mark);
                Ok(())
            }
            Request::Unsubscribe(filters) => {
                let id = self.next_ask();
                // What was asked for before it must not be asked for behind it.
                let open = self.asked.iter_mut().filter(|asked| asked.again == Again::NotYet);
                open.for_each(|asked| asked.again = Again::Never);
                packet::write_unsubscribe(&mut self.out, id, filters)
            }
            // The number ends with the packet's.
            Request::Acknowledge(number) => packet::write_puback(&mut self.out, number as u16),
            Request::Disconnect => {
                self.client.is_leaving = true;
                Ok(())
            }
        }
    }

    fn publish(&mut self, message: Publish) -> Result<(), Unsayable> {
        if message.qos == QoS::AtMostOnce {
            self.client.unheard.push(message.token);
            return Outgoing { message: &message, id: 0, again: false }.write(&mut self.out);
        }
        let again = message.again;
        if let Some(id) = self.client.flight.add(message) {
            self.say_numbered(id, again)
        } else {
            // Drivers have far fewer under way; the message is said again after the next connection.
            tracing::error!("too many messages are on their way");
            Ok(())
        }
    }

    fn say_numbered(&mut self, id: u16, again: bool) -> Result<(), Unsayable> {
        // Nobody has acknowledged what was not said on this connection; who does so all the same has it.
        let Some(numbered) = self.client.flight.get(id) else { return Ok(()) };
        Outgoing { message: &numbered.message, id, again }.write(&mut self.out)?;
        let mark = self.before + self.out.len() as u64;
        numbered.mark = mark;
        self.waits.expect(Kind::Publish, mark);
        Ok(())
    }

    /// Asks the broker whether it is there, and has come so far.
    fn ping(&mut self) -> Result<(), Unsayable> {
        packet::write_ping(&mut self.out)?;
        self.waits.expect(Kind::Ping, self.said());
        Ok(())
    }

    /// The numbers of messages are below these.
    fn next_ask(&mut self) -> u16 {
        self.asks = self.asks.wrapping_add(1);
        self.asks | 0x8000
    }

    /// Says what there is to say, and is ready when something has happened. Whether it is time to look is asked only when
    /// nothing has.
    fn poll_event(
        &mut self,
        context: &mut Context<'_>,
        watch: Pin<&mut Sleep>,
    ) -> Poll<Result<Event, Ended>> {
        loop {
            self.fill()?;
            let has_gone = self.poll_move(context)?;
            if has_gone {
                // Now there is room for more.
                self.fill()?;
            }
            if self.said_goodbye && self.out.is_empty() {
                return Poll::Ready(Ok(Event::Gone));
            }
            if self.poll_read(context)? {
                return Poll::Ready(Ok(Event::Read));
            }
            if !has_gone || self.out.is_empty() {
                return watch.poll(context).map(|()| Ok(Event::Quiet));
            }
            if watch.deadline() <= self.now {
                return Poll::Ready(Ok(Event::Quiet));
            }
        }
    }

    /// Returns whether something has gone.
    fn poll_move(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        let has_written = self.poll_write(context)?;
        if has_written {
            // What happened before may be long ago: what only now has gone has all its time ahead.
            self.now = Instant::now();
            self.wrote();
        }
        Ok(has_written)
    }

    /// What has become of what was written.
    fn wrote(&mut self) {
        if self.waits.go(self.before + self.written as u64, self.now) {
            self.spoken = self.now;
        }
        if self.written < self.out.len() || !self.is_flushed {
            return;
        }
        self.before = self.said();
        if self.out.capacity() > (8 * self.out.len()).clamp(KEPT, 2 * ENOUGH) {
            self.out = BytesMut::new();
        }
        self.out.clear();
        self.written = 0;
        // The driver may have been told that too much is under way.
        self.is_drained &= !self.client.tell_unheard();
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        let mut has_written = false;
        while self.written < self.out.len() {
            let Poll::Ready(written) =
                Pin::new(&mut self.stream).poll_write(context, &self.out[self.written..])
            else {
                return Ok(has_written);
            };
            match written? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                bytes => self.written += bytes,
            }
            (has_written, self.is_flushed) = (true, false);
        }
        if !self.is_flushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.stream).poll_flush(context)
        {
            flushed?;
            (has_written, self.is_flushed) = (true, true);
        }
        Ok(has_written)
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        if self.read.capacity() - self.read.len() < READ / 2 {
            self.read.reserve(READ);
        }
        match pin!(self.stream.read_buf(&mut self.read)).poll(context) {
            Poll::Ready(Ok(0)) => Err(closed()),
            Poll::Ready(read) => {
                self.counted.1 += read? as u64;
                Ok(true)
            }
            Poll::Pending => Ok(false),
        }
    }

    // ---- what comes

    /// Takes what was read.
    fn take(&mut self) -> Result<(), Ended> {
        while let Some(packet) = self.reader.read(&mut self.read)? {
            self.heard = self.now;
            self.handle(packet)?;
        }
        self.listen();
        Ok(())
    }

    /// As long as enough comes, what the broker must answer may be standing behind it.
    fn listen(&mut self) {
        let now = self.now;
        let (end, bytes) = self.counted;
        let is_over = now >= end;
        let is_sign = bytes >= SIGN && !is_over;
        if is_sign {
            self.waits.excuse(now);
        }
        if is_sign || is_over {
            self.counted = (now + WINDOW, 0);
        }
    }

    fn handle(&mut self, packet: Packet) -> Result<(), Ended> {
        match packet {
            Packet::Publish(message) => self.receive(message),
            Packet::PubAck(id) => {
                self.is_drained = false;
                if let Some((token, mark)) = self.client.flight.acknowledged(id) {
                    self.waits.answered(Kind::Publish, mark, self.now);
                    self.client.driver.acknowledged(token);
                }
            }
            Packet::SubAck(id, refused) => self.granted(id, &refused),
            Packet::PingResp => self.waits.answered_first(Kind::Ping, self.now),
            Packet::UnsubAck => {}
            Packet::Goodbye => return Err(goodbye().into()),
            Packet::Welcome(_) => return Err(Malformed::Unexpected.into()),
        }
        Ok(())
    }

    fn receive(&mut self, message: Incoming) {
        let Incoming { topic, payload, retained, id } = message;
        self.received += 1;
        let ack = id.map(|id| self.received << 16 | u64::from(id));
        self.client.driver.received(Received { topic, payload, retained, ack });
        self.is_drained = false;
    }

    fn granted(&mut self, id: u16, refused: &[bool]) {
        let Some(index) = self.asked.iter().position(|asked| asked.is(id)) else { return };
        let Some(Asked { token, filters, mark, .. }) = self.asked.remove(index) else { return };
        self.waits.answered(Kind::Subscribe, mark, self.now);
        self.is_drained = false;
        let endpoint = self.client.endpoint();
        let error = |filter| LinkError::Subscription { endpoint: endpoint.clone(), filter };
        let filters = filters.into_iter().zip(refused).enumerate();
        let refused = filters.filter(|(_, (_, is_refused))| **is_refused);
        let refused = refused.map(|(index, (filter, _))| (index, error(filter))).collect();
        self.client.driver.subscribed(token, refused);
    }

    // ---- time

    /// Asks once more for what has gone long ago, and was not answered.
    fn ask_again(&mut self) -> Result<(), Unsayable> {
        for index in 0..self.asked.len() {
            let asked = &self.asked[index];
            let is_late = self.now.saturating_duration_since(asked.since) >= AGAIN;
            if asked.again == Again::NotYet && is_late && asked.mark <= self.before {
                if self.out.is_empty() {
                    self.waits.begin(self.now);
                }
                let id = self.next_ask();
                packet::write_subscribe(&mut self.out, id, &self.asked[index].filters)?;
                self.asked[index].again = Again::Asked(id);
            }
        }
        Ok(())
    }

    /// Whether the broker is silent about what it must answer; and says that we are there.
    fn look(&mut self) -> Result<(), Ended> {
        let now = self.now;
        let is_quiet = |since: Instant| now.saturating_duration_since(since) + WATCH >= KEEP_ALIVE;
        match self.waits.late(now) {
            Some(Kind::Publish | Kind::Subscribe) => return Err(Ended::Silent),
            Some(Kind::Ping) => return Err(gone().into()),
            None if self.waits.is_stuck(self.said(), now) => return Err(gone().into()),
            None => {}
        }
        self.ask_again()?;
        // Who only speaks, at QoS 0, would never hear that nobody listens.
        let is_unheard = is_quiet(self.heard) && self.waits.has_none(Kind::Ping);
        // What has not gone yet says it as well.
        let is_silent = is_quiet(self.spoken) && self.out.is_empty();
        if is_silent || is_unheard || self.waits.is_in_doubt(now) {
            if self.out.is_empty() {
                self.waits.begin(now);
            }
            self.ping()?;
        }
        Ok(())
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the broker does not answer any more")
}
