//! One connection, from the broker's welcome to its end.

use std::collections::VecDeque;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use super::flight::{OVERDUE, PATIENCE, SLOWEST};
use super::packet::{Incoming, Malformed, Outgoing, Packet, Reader, Unsayable};
use super::stream::Stream;
use super::{Client, Ended, KEEP_ALIVE, closed, goodbye, packet};
use crate::link::{LinkError, Publish, QoS, Received, Request, Token};

/// How often it is looked whether the broker still answers, and whether it has heard of us.
const WATCH: Duration = Duration::from_secs(1);
/// So much goes to the socket at once, or a message more.
const ENOUGH: usize = 64 * 1024;
/// What the buffer of what goes keeps when it is empty.
const KEPT: usize = 2 * ENOUGH;
/// So much of a packet that is not all there yet is a sign of life. Less than that in [`OVERDUE`] is none: what only says that
/// it is long would swallow all answers, and nobody would notice.
const SIGN: u64 = SLOWEST * OVERDUE.as_secs();
/// How much is read at once, at least.
const READ: usize = 4096;

/// A SUBSCRIBE that was not answered.
struct Asked {
    id: u16,
    token: Token,
    filters: Vec<String>,
}

/// See the module.
pub(super) struct Conversation<'a> {
    client: &'a mut Client,
    stream: Stream,
    read: BytesMut,
    reader: Reader,
    out: BytesMut,
    /// Of `out`.
    written: usize,
    /// What was written is on its way.
    is_flushed: bool,
    asked: VecDeque<Asked>,
    /// Counts SUBSCRIBEs and UNSUBSCRIBEs.
    asks: u16,
    /// When the last of them was said or answered.
    answered: Instant,
    /// Counts messages that came.
    received: u64,
    /// When something was written, or read, for the last time.
    spoken: Instant,
    heard: Instant,
    /// Since when a packet is being read.
    amid: Option<Instant>,
    /// Since when it is counted how much comes of it, and how much that is.
    counted: (Instant, u64),
    /// When the broker was asked whether it is there.
    pinged: Option<Instant>,
    said_goodbye: bool,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(client: &'a mut Client, stream: Stream, read: BytesMut) -> Self {
        let now = Instant::now();
        Self {
            client,
            stream,
            read,
            reader: Reader::default(),
            out: BytesMut::new(),
            written: 0,
            is_flushed: true,
            asked: VecDeque::new(),
            asks: 0,
            answered: now,
            received: 0,
            spoken: now,
            heard: now,
            amid: None,
            counted: (now, 0),
            pinged: None,
            said_goodbye: false,
        }
    }

    /// `Ok` when goodbye was said. `resumed`: what is on its way is sent again, before all else.
    pub(super) async fn run(mut self, resumed: bool) -> Result<(), Ended> {
        if resumed {
            self.client.flight.again(&mut self.out, Instant::now())?;
        }
        let ready = std::sync::Arc::clone(&self.client.ready);
        let watch = tokio::time::sleep(WATCH);
        tokio::pin!(watch);
        // What came right behind the welcome.
        self.take()?;
        loop {
            self.fill()?;
            tokio::select! {
                biased;
                () = &mut watch => {
                    self.look()?;
                    watch.as_mut().reset(Instant::now() + WATCH);
                }
                moved = poll_fn(|context| self.poll_move(context)) => {
                    moved?;
                    self.take()?;
                }
                () = ready.notified() => {}
            }
            if self.said_goodbye && self.out.is_empty() {
                let _ = self.stream.shutdown().await;
                return Ok(());
            }
        }
    }

    // ---- what goes

    /// Writes down what the driver wants to say. Not more than what the socket takes now or soon: the rest
    /// can still be overtaken where it is.
    fn fill(&mut self) -> Result<(), Unsayable> {
        let now = Instant::now();
        while self.written == 0
            && self.out.len() < ENOUGH
            && !self.client.is_leaving
            && let Some(request) = self.client.driver.next()
        {
            self.say(request, now)?;
        }
        let is_done = self.client.flight.is_empty() && self.asked.is_empty();
        if self.client.is_leaving && is_done && !self.said_goodbye {
            self.said_goodbye = true;
            packet::write_disconnect(&mut self.out)?;
        }
        Ok(())
    }

    fn say(&mut self, request: Request, now: Instant) -> Result<(), Unsayable> {
        match request {
            Request::Publish(message) => self.publish(message, now),
            Request::Subscribe(token, filters) => {
                let id = self.next_ask();
                packet::write_subscribe(&mut self.out, id, &filters)?;
                self.asked.push_back(Asked { id, token, filters });
                self.answered = now;
                Ok(())
            }
            Request::Unsubscribe(filters) => {
                let id = self.next_ask();
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

    fn publish(&mut self, message: Publish, now: Instant) -> Result<(), Unsayable> {
        if message.qos == QoS::AtMostOnce {
            self.client.unheard.push(message.token);
            Outgoing { message: &message, id: 0, again: false }.write(&mut self.out)
        } else if let Some(packet) = self.client.flight.add(message, now) {
            packet.write(&mut self.out)
        } else {
            // Drivers have far fewer under way; the message is said again after the next connection.
            tracing::error!("too many messages are on their way");
            Ok(())
        }
    }

    /// The numbers of messages are below these.
    fn next_ask(&mut self) -> u16 {
        self.asks = self.asks.wrapping_add(1);
        self.asks | 0x8000
    }

    /// Ready when something was written or read.
    fn poll_move(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let has_written = self.poll_write(context)?;
        let has_read = self.poll_read(context)?;
        if has_written || has_read { Poll::Ready(Ok(())) } else { Poll::Pending }
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

    /// Takes what was read, and what has become of what was written.
    fn take(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        if self.written > 0 {
            self.spoken = now;
        }
        if self.written == self.out.len() && self.is_flushed {
            self.out.clear();
            if self.out.capacity() > KEPT {
                self.out = BytesMut::new();
            }
            self.written = 0;
            self.client.tell_unheard();
        }
        while let Some(packet) = self.reader.read(&mut self.read)? {
            self.heard = now;
            (self.amid, self.counted) = (None, (now, 0));
            self.handle(packet, now)?;
        }
        if self.reader.is_amid(&self.read) {
            self.listen(now);
        }
        Ok(())
    }

    /// A part of a packet has come. As long as that is enough, and does not go on for ever, all that the broker must answer
    /// may be standing behind it.
    fn listen(&mut self, now: Instant) {
        let lasts = |since: Instant| now.saturating_duration_since(since);
        let begun = *self.amid.get_or_insert(now);
        let (since, bytes) = self.counted;
        let is_sign = bytes >= SIGN && lasts(since) < OVERDUE && lasts(begun) < PATIENCE;
        if is_sign {
            (self.heard, self.answered) = (now, now);
            self.client.flight.excuse(now);
        }
        if is_sign || lasts(since) >= OVERDUE {
            self.counted = (now, 0);
        }
    }

    fn handle(&mut self, packet: Packet, now: Instant) -> Result<(), Ended> {
        match packet {
            Packet::Publish(message) => self.receive(message),
            Packet::PubAck(id) => {
                if let Some(token) = self.client.flight.acknowledged(id, now) {
                    self.client.driver.acknowledged(token);
                }
            }
            Packet::SubAck(id, refused) => self.granted(id, &refused, now),
            Packet::UnsubAck | Packet::PingResp => {}
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
    }

    fn granted(&mut self, id: u16, refused: &[bool], now: Instant) {
        let Some(index) = self.asked.iter().position(|asked| asked.id == id) else { return };
        let Some(Asked { token, filters, .. }) = self.asked.remove(index) else { return };
        self.answered = now;
        let endpoint = self.client.endpoint();
        let error = |filter| LinkError::Subscription { endpoint: endpoint.clone(), filter };
        let filters = filters.into_iter().zip(refused).enumerate();
        let refused = filters.filter(|(_, (_, is_refused))| **is_refused);
        let refused = refused.map(|(index, (filter, _))| (index, error(filter))).collect();
        self.client.driver.subscribed(token, refused);
    }

    // ---- time

    /// Whether the broker is silent about what it must answer; and says that we are there.
    fn look(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        let since = |time: Instant| now.saturating_duration_since(time);
        let is_unanswered = !self.asked.is_empty() && since(self.answered) >= OVERDUE;
        if is_unanswered || self.client.flight.is_overdue(now) {
            return Err(Ended::Silent);
        }
        match self.pinged {
            Some(pinged) if self.heard >= pinged => self.pinged = None,
            Some(pinged) if since(pinged) >= OVERDUE + self.client.flight.takes() => {
                let error = io::Error::new(io::ErrorKind::TimedOut, "the broker does not answer any more");
                return Err(error.into());
            }
            Some(_) | None => {}
        }
        if self.pinged.is_none() && since(self.spoken) + WATCH >= KEEP_ALIVE {
            packet::write_ping(&mut self.out)?;
            self.pinged = Some(now);
        }
        Ok(())
    }
}
