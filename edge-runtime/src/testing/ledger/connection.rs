//! One connection of the broker: a task that reads, does what the script says, and writes.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::packet::{self, Packet};
use super::record::{Connect, Event, Publish, Subscribe, Unsubscribe};
use super::script::{Cut, Verdict, Welcome, count_down};
use super::{Order, Pace, Shared};

const CHUNK: usize = 64 * 1024;
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// A slow reader reads so often in a second, if it has a byte for each time.
const READS_PER_SECOND: u32 = 10;
const GRANTED: u8 = 1;
const FAILURE: u8 = 0x80;

/// Why a connection ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Goodbye,
    /// The client closed it, was silent, or sent garbage.
    Lost,
    Cut(Cut),
    /// By the broker, after what was to be written.
    Closed,
}

/// A client that was accepted.
#[derive(Debug)]
struct Client {
    connect: Connect,
    /// Longer silence is death.
    patience: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Connection {
    number: usize,
    shared: Arc<Shared>,
    client: Option<Client>,
    input: BytesMut,
    output: BytesMut,
    /// Acknowledgements that wait for others to overtake them.
    shuffled: Vec<u16>,
    random: u64,
    mute: bool,
    /// Closed as soon as all is written.
    closing: bool,
    heard: Instant,
    /// A slow reader's next time.
    next_read: Instant,
}

impl Connection {
    pub(super) fn new(number: usize, shared: Arc<Shared>) -> Self {
        Self {
            number,
            shared,
            client: None,
            input: BytesMut::new(),
            output: BytesMut::new(),
            shuffled: Vec::new(),
            random: 1,
            mute: false,
            closing: false,
            heard: Instant::now(),
            next_read: Instant::now(),
        }
    }

    pub(super) async fn run(mut self, mut stream: TcpStream, mut orders: mpsc::UnboundedReceiver<Order>) {
        let end = self.serve(&mut stream, &mut orders).await.unwrap_or(End::Lost);
        if matches!(end, End::Cut(Cut::Reset)) {
            // Otherwise it is closed in order.
            let _ = stream.set_zero_linger();
        }
        drop(stream);
        self.ended(end);
    }

    /// Nothing in here loses anything when another branch is faster: sockets are only waited for.
    async fn serve(
        &mut self,
        stream: &mut TcpStream,
        orders: &mut mpsc::UnboundedReceiver<Order>,
    ) -> io::Result<End> {
        let mut paces = self.shared.pace.subscribe();
        loop {
            if self.closing && self.output.is_empty() {
                return Ok(End::Closed);
            }
            let pace = *paces.borrow_and_update();
            let moves = pace != Pace::Stalled;
            let waits = matches!(pace, Pace::Slow(_)) && Instant::now() < self.next_read;
            let patience = self.client.as_ref().and_then(|client| client.patience);
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Send(bytes)) => self.say(&bytes),
                    Some(Order::Cut(cut)) => return Ok(End::Cut(cut)),
                    Some(Order::HalfClose) => {
                        self.mute = true;
                        self.output.clear();
                        shut(stream).await?;
                    }
                    Some(Order::Taken) | None => return Ok(End::Lost),
                },
                changed = paces.changed() => {
                    if changed.is_err() {
                        return Ok(End::Lost);
                    }
                    self.heard = Instant::now();
                }
                writable = stream.writable(), if moves && !self.output.is_empty() => {
                    writable?;
                    self.write(stream)?;
                }
                readable = stream.readable(), if moves && !waits => {
                    readable?;
                    if let Some(end) = self.read(stream, pace)? {
                        return Ok(end);
                    }
                }
                () = sleep_until(self.next_read), if moves && waits => {}
                () = sleep_until(self.heard + patience.unwrap_or(FOREVER)), if moves && patience.is_some() => {
                    return Ok(End::Lost);
                }
            }
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        if !self.mute {
            self.output.extend_from_slice(bytes);
        }
    }

    fn write(&mut self, stream: &TcpStream) -> io::Result<()> {
        match stream.try_write(&self.output) {
            Ok(written) => self.output.advance(written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn read(&mut self, stream: &TcpStream, pace: Pace) -> io::Result<Option<End>> {
        let most = match pace {
            Pace::Slow(rate) => usize::try_from(rate / READS_PER_SECOND).unwrap_or(CHUNK).clamp(1, CHUNK),
            Pace::Free | Pace::Stalled => CHUNK,
        };
        let mut chunk = [0; CHUNK];
        let read = match stream.try_read(&mut chunk[..most]) {
            Ok(0) => return Ok(Some(End::Lost)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.all_shuffled();
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if let Pace::Slow(rate) = pace {
            self.next_read = Instant::now() + Duration::from_secs(1) * read as u32 / rate.max(1);
        }
        self.heard = Instant::now();
        self.input.extend_from_slice(&chunk[..read]);
        let end = self.understand();
        if read < most {
            // The line is quiet.
            self.all_shuffled();
        }
        Ok(end)
    }

    /// Does what the packets that have come say.
    fn understand(&mut self) -> Option<End> {
        loop {
            match packet::read(&mut self.input) {
                Ok(Some(packet)) => {
                    if let Some(end) = self.take(packet) {
                        return Some(end);
                    }
                }
                Ok(None) => return None,
                Err(malformed) => {
                    self.shared.write(self.number, Event::Malformed(malformed.0));
                    return Some(End::Lost);
                }
            }
        }
    }

    fn take(&mut self, packet: Packet) -> Option<End> {
        match packet {
            Packet::Connect(connect) => return self.connect(connect),
            _ if self.client.is_none() => {
                self.shared.write(self.number, Event::Malformed("a packet before CONNACK"));
                return Some(End::Lost);
            }
            Packet::Publish(publish) => return self.publish(publish),
            Packet::PubAck(packet_id) => self.acknowledged(packet_id),
            Packet::Subscribe(subscribe) => self.subscribe(subscribe),
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(unsubscribe),
            Packet::Ping => {
                self.shared.write(self.number, Event::Ping);
                self.say(&packet::pingresp());
            }
            Packet::Disconnect => {
                self.shared.write(self.number, Event::Disconnect);
                return Some(End::Goodbye);
            }
        }
        None
    }

    fn connect(&mut self, connect: Connect) -> Option<End> {
        self.shared.write(self.number, Event::Connect(connect.clone()));
        let welcome = self.shared.lock().script.connect();
        match welcome {
            Welcome::Silence => None,
            Welcome::Refuse(code) => {
                self.say(&packet::connack(false, code));
                self.closing = true;
                None
            }
            Welcome::Accept { session, cut } => {
                let (present, packets) = self.take_session(&connect, session);
                self.say(&packet::connack(present, 0));
                packets.iter().for_each(|packet| self.say(packet));
                let patience = Duration::from_secs(connect.keep_alive.into()) * 3 / 2;
                let patience = (!patience.is_zero()).then_some(patience);
                self.client = Some(Client { connect, patience });
                self.closing = cut;
                None
            }
        }
    }

    /// Takes the client's session over. Returns whether there was one, and what the client has missed.
    fn take_session(&self, connect: &Connect, told: Option<bool>) -> (bool, Vec<Bytes>) {
        let mut state = self.shared.lock();
        let kept = state.sessions.remove(&connect.client_id);
        if let Some(other) = kept.as_ref().and_then(|session| session.connection) {
            state.order(other, Order::Taken);
        }
        let kept = kept.filter(|_| !connect.clean_session && told != Some(false));
        let present = told.unwrap_or(kept.is_some());
        let mut session = kept.unwrap_or_default();
        session.connection = Some(self.number);
        let packets = session.resume();
        state.sessions.insert(connect.client_id.clone(), session);
        (present, packets)
    }

    fn publish(&mut self, publish: Publish) -> Option<End> {
        let (qos, packet_id) = (publish.qos, publish.packet_id);
        let mut state = self.shared.lock();
        let verdict = state.script.publish(&publish.topic);
        state.ledger.write(self.number, Event::Publish(publish));
        let shuffle = state.script.shuffle;
        if verdict == Verdict::Withhold {
            state.withheld.push((self.number, packet_id));
        }
        drop(state);
        self.shared.changed.notify_waiters();
        match verdict {
            Verdict::Cut(cut) => return Some(End::Cut(cut)),
            Verdict::Acknowledge { times } if qos > 0 => {
                self.shuffled.extend(std::iter::repeat_n(packet_id, times));
                while self.shuffled.len() > shuffle {
                    self.one_shuffled(shuffle > 0);
                }
            }
            Verdict::Acknowledge { .. } | Verdict::Withhold => {}
        }
        None
    }

    fn one_shuffled(&mut self, any: bool) {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let index = if any { (self.random >> 33) as usize % self.shuffled.len() } else { 0 };
        let packet_id = self.shuffled.remove(index);
        self.say(&packet::puback(packet_id));
    }

    fn all_shuffled(&mut self) {
        while !self.shuffled.is_empty() {
            self.one_shuffled(true);
        }
    }

    fn acknowledged(&self, packet_id: u16) {
        self.shared.write(self.number, Event::PubAck(packet_id));
        self.session(|session| session.acknowledge(packet_id));
    }

    fn subscribe(&mut self, subscribe: Subscribe) {
        let Subscribe { packet_id, filters } = subscribe.clone();
        self.shared.write(self.number, Event::Subscribe(subscribe));
        let mut state = self.shared.lock();
        let silent = count_down(&mut state.script.withhold_subacks);
        let refuse = !silent && count_down(&mut state.script.refuse_subscriptions);
        drop(state);
        if !refuse {
            self.session(|session| session.subscribe(&filters));
        }
        if !silent {
            let code = if refuse { FAILURE } else { GRANTED };
            self.say(&packet::suback(packet_id, &vec![code; filters.len()]));
        }
    }

    fn unsubscribe(&mut self, unsubscribe: Unsubscribe) {
        self.session(|session| session.unsubscribe(&unsubscribe.filters));
        self.say(&packet::unsuback(unsubscribe.packet_id));
        self.shared.write(self.number, Event::Unsubscribe(unsubscribe));
    }

    /// The client's session, as long as it is this connection's.
    fn session(&self, edit: impl FnOnce(&mut super::Session)) {
        let Some(client) = &self.client else { return };
        let mut state = self.shared.lock();
        let session = state.sessions.get_mut(&client.connect.client_id);
        if let Some(session) = session.filter(|session| session.connection == Some(self.number)) {
            edit(session);
        }
    }

    fn ended(&self, end: End) {
        let mut state = self.shared.lock();
        state.connections.remove(&self.number);
        state.withheld.retain(|(connection, _)| *connection != self.number);
        if !matches!(end, End::Goodbye) {
            state.ledger.write(self.number, Event::Lost);
        }
        if let Some(Client { connect, .. }) = &self.client {
            if let Some(will) = connect.will.clone().filter(|_| !matches!(end, End::Goodbye)) {
                state.ledger.write(self.number, Event::Will(will));
            }
            let id = &connect.client_id;
            let mine = state.sessions.get_mut(id).filter(|session| session.connection == Some(self.number));
            if let Some(session) = mine {
                session.connection = None;
                if connect.clean_session || matches!(end, End::Cut(Cut::Forget)) {
                    state.sessions.remove(id);
                }
            }
        }
        drop(state);
        self.shared.changed.notify_waiters();
    }
}

/// Says that no more comes from here.
async fn shut(stream: &mut TcpStream) -> io::Result<()> {
    poll_fn(|context| Pin::new(&mut *stream).poll_shutdown(context)).await
}
