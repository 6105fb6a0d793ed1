//! The packets of MQTT 3.1.1 that a device sends and receives, by the library's codec. Pure: bytes to values and back.
//! The only file that names rumqttc.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use rumqttc::mqttbytes::v4::{self, ConnectReturnCode, SubscribeReasonCode};
use rumqttc::mqttbytes::{Error, QoS as Level};

use crate::link::{Publish, QoS, Will};

/// A packet may be so large, without its first bytes; what a message has beyond is passed over. Far above
/// [`edge_proto::payload::MAX_BYTES`], so that who reads what is left of it finds it too large as well.
const MAX_PACKET: usize = 16 * 1024 * 1024;

/// The most that can be behind a packet's first bytes.
const LONGEST: usize = 0x0fff_ffff;
/// How many bytes may say how long a packet is.
const LENGTH: usize = 4;
/// The first byte of a PUBLISH, without its flags.
const PUBLISH: u8 = 0x30;
/// The first byte of a DISCONNECT, without its flags.
const DISCONNECT: u8 = 0xe0;

/// Not what a broker says.
#[derive(Debug, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the broker sent what is no MQTT packet")]
    Packet(#[source] Error),
    #[error("the broker sent a packet that only clients send, or that was not asked for")]
    Unexpected,
}

/// What is to be said has no place in MQTT: a name or a password is too long.
#[derive(Debug, thiserror::Error)]
#[error("it cannot be said in MQTT")]
pub(super) struct Unsayable(#[source] Error);

/// A packet that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packet {
    /// The answer to CONNECT.
    Welcome(Welcome),
    Publish(Incoming),
    /// The broker has the message of this number.
    PubAck(u16),
    /// The answer to the SUBSCRIBE of this number: whether each filter is refused.
    SubAck(u16, Vec<bool>),
    UnsubAck,
    PingResp,
    /// The broker ends the connection. MQTT 3.1.1 has no such word for it; brokers that speak MQTT 5 as well say it all
    /// the same, to a client whose id another one has taken, or when they are shut down.
    Goodbye,
}

/// What the broker says to who introduces itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Welcome {
    Accepted {
        session_present: bool,
    },
    /// Not now.
    Busy,
    /// Not at all, and why.
    Refused(&'static str),
}

/// A message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) retained: bool,
    /// By which it is acknowledged, when it is to be.
    pub(super) id: Option<u16>,
}

/// Takes packets out of what was read, on one connection.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// How much of what comes now is passed over.
    passed: usize,
}

impl Reader {
    /// Takes the first packet, when all of it is there.
    ///
    /// # Errors
    /// When it is none. There is no way to go on.
    pub(super) fn read(&mut self, buffer: &mut BytesMut) -> Result<Option<Packet>, Malformed> {
        let passed = self.passed.min(buffer.len());
        buffer.advance(passed);
        self.passed -= passed;
        if buffer.first().is_some_and(|first| first & 0xf0 == PUBLISH) {
            return Ok(self.read_message(buffer)?.map(Packet::Publish));
        }
        if buffer.first().is_some_and(|first| first & 0xf0 == DISCONNECT) {
            // Whatever else it says: nothing comes behind it.
            buffer.clear();
            return Ok(Some(Packet::Goodbye));
        }
        match v4::Packet::read(buffer, MAX_PACKET) {
            Ok(packet) => understood(packet).map(Some),
            Err(Error::InsufficientBytes(missing)) => {
                buffer.reserve(missing);
                Ok(None)
            }
            Err(error) => Err(Malformed::Packet(error)),
        }
    }

    /// Whether the beginning of a packet has come, and not its end.
    pub(super) fn is_amid(&self, buffer: &BytesMut) -> bool {
        self.passed > 0 || !buffer.is_empty()
    }

    /// Not by the codec, for which a message that is too large, or whose topic is no text, is an error: that would not make
    /// it go away, because the broker sends it with every connection until it is acknowledged. Of what is too large the
    /// beginning is read.
    fn read_message(&mut self, buffer: &mut BytesMut) -> Result<Option<Incoming>, Malformed> {
        let Some((header, rest)) = read_length(buffer)? else { return Ok(None) };
        let read = rest.min(MAX_PACKET);
        if let Some(missing) = (header + read).checked_sub(buffer.len()).filter(|missing| *missing > 0) {
            buffer.reserve(missing);
            return Ok(None);
        }
        self.passed = rest - read;
        let first = buffer[0];
        let mut body = buffer.split_to(header + read).freeze();
        body.advance(header);
        incoming(first, body).map(Some)
    }
}

/// How long the beginning of a packet is, and how much comes behind it; `None`: not all of the beginning is there.
fn read_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let mut length = 0;
    for (index, byte) in bytes.iter().enumerate().skip(1).take(LENGTH) {
        length |= usize::from(byte & 0x7f) << (7 * (index - 1));
        if byte & 0x80 == 0 {
            return Ok(Some((index + 1, length)));
        }
    }
    if bytes.len() > LENGTH { Err(Malformed::Packet(Error::MalformedRemainingLength)) } else { Ok(None) }
}

/// What a message says. A topic that is no text is the text that it can be made; nobody has one like it, so it is nobody's.
fn incoming(first: u8, mut body: Bytes) -> Result<Incoming, Malformed> {
    let id = match first >> 1 & 3 {
        0 => false,
        1 => true,
        // Nothing more was asked for than QoS 1.
        2 => return Err(Malformed::Unexpected),
        level => return Err(Malformed::Packet(Error::InvalidQoS(level))),
    };
    let length = usize::from(read_number(&mut body)?);
    if body.len() < length {
        return Err(Malformed::Packet(Error::BoundaryCrossed(length)));
    }
    let topic = String::from_utf8_lossy(&body.split_to(length)).into_owned();
    let id = if id { Some(read_number(&mut body)?) } else { None };
    if id == Some(0) {
        return Err(Malformed::Packet(Error::PacketIdZero));
    }
    Ok(Incoming { topic, payload: body, retained: first & 1 > 0, id })
}

fn read_number(body: &mut Bytes) -> Result<u16, Malformed> {
    if body.len() < 2 { Err(Malformed::Packet(Error::MalformedPacket)) } else { Ok(body.get_u16()) }
}

fn understood(packet: v4::Packet) -> Result<Packet, Malformed> {
    Ok(match packet {
        v4::Packet::ConnAck(ack) => Packet::Welcome(welcome(&ack)),
        v4::Packet::PubAck(ack) => Packet::PubAck(ack.pkid),
        v4::Packet::SubAck(ack) => {
            let is_refused = |code| matches!(code, SubscribeReasonCode::Failure);
            Packet::SubAck(ack.pkid, ack.return_codes.into_iter().map(is_refused).collect())
        }
        v4::Packet::UnsubAck(_) => Packet::UnsubAck,
        v4::Packet::PingResp => Packet::PingResp,
        _ => return Err(Malformed::Unexpected),
    })
}

fn welcome(ack: &v4::ConnAck) -> Welcome {
    match ack.code {
        ConnectReturnCode::Success => Welcome::Accepted { session_present: ack.session_present },
        ConnectReturnCode::ServiceUnavailable => Welcome::Busy,
        ConnectReturnCode::RefusedProtocolVersion => Welcome::Refused("it does not speak MQTT 3.1.1"),
        ConnectReturnCode::BadClientId => Welcome::Refused("the client id is not accepted"),
        ConnectReturnCode::BadUserNamePassword => Welcome::Refused("the token is not accepted"),
        ConnectReturnCode::NotAuthorized => Welcome::Refused("the token is not authorized"),
    }
}

/// A message to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) message: &'a Publish,
    /// For QoS 1.
    pub(super) id: u16,
    /// It was sent before.
    pub(super) again: bool,
}

impl Outgoing<'_> {
    /// The one packet that is not the codec's: a device says little else, and the codec checks topics byte for byte, which
    /// are made of names that were checked.
    pub(super) fn write(&self, out: &mut BytesMut) -> Result<(), Unsayable> {
        let Publish { topic, payload, qos, retain, .. } = self.message;
        let length = u16::try_from(topic.len()).map_err(|_| Unsayable(Error::PayloadTooLong))?;
        let is_acknowledged = *qos == QoS::AtLeastOnce;
        let rest = 2 + topic.len() + 2 * usize::from(is_acknowledged) + payload.len();
        if rest > LONGEST {
            return Err(Unsayable(Error::PayloadTooLong));
        }
        out.reserve(5 + rest);
        let flags = u8::from(self.again) << 3 | u8::from(is_acknowledged) << 1 | u8::from(*retain);
        out.put_u8(PUBLISH | flags);
        write_length(out, rest);
        out.put_u16(length);
        out.put_slice(topic.as_bytes());
        if is_acknowledged {
            out.put_u16(self.id);
        }
        out.put_slice(payload);
        Ok(())
    }
}

/// Seven bits in a byte, the lowest first.
fn write_length(out: &mut BytesMut, mut length: usize) {
    while length > 0x7f {
        out.put_u8(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    out.put_u8(length as u8);
}

/// How a client introduces itself.
#[derive(Debug)]
pub(super) struct Connect<'a> {
    pub(super) client_id: &'a str,
    pub(super) keep_alive: u16,
    /// The broker forgets the session, and keeps none.
    pub(super) is_clean: bool,
    /// Retained, QoS 1.
    pub(super) will: Option<&'a Will>,
    /// User and password.
    pub(super) credentials: Option<(&'a str, &'a str)>,
}

impl Connect<'_> {
    pub(super) fn write(&self, out: &mut BytesMut) -> Result<(), Unsayable> {
        let mut packet = v4::Connect::new(self.client_id);
        (packet.keep_alive, packet.clean_session) = (self.keep_alive, self.is_clean);
        packet.last_will = self.will.map(|will| {
            v4::LastWill::new(will.topic.as_str(), will.payload.to_vec(), Level::AtLeastOnce, true)
        });
        if let Some((user, password)) = self.credentials {
            packet.set_credentials(user, password.to_owned());
        }
        whole(out, |out| packet.write(out))
    }
}

/// The broker's message of this number is dealt with.
pub(super) fn write_puback(out: &mut BytesMut, id: u16) -> Result<(), Unsayable> {
    whole(out, |out| v4::PubAck::new(id).write(out))
}

/// Asks for QoS 1.
pub(super) fn write_subscribe(out: &mut BytesMut, id: u16, filters: &[String]) -> Result<(), Unsayable> {
    let filters = filters.iter().map(|filter| v4::SubscribeFilter::new(filter.clone(), Level::AtLeastOnce));
    let packet = v4::Subscribe { pkid: id, filters: filters.collect() };
    whole(out, |out| packet.write(out))
}

pub(super) fn write_unsubscribe(out: &mut BytesMut, id: u16, filters: Vec<String>) -> Result<(), Unsayable> {
    let packet = v4::Unsubscribe { pkid: id, topics: filters };
    whole(out, |out| packet.write(out))
}

pub(super) fn write_ping(out: &mut BytesMut) -> Result<(), Unsayable> {
    whole(out, |out| v4::PingReq.write(out))
}

pub(super) fn write_disconnect(out: &mut BytesMut) -> Result<(), Unsayable> {
    whole(out, |out| v4::Disconnect.write(out))
}

/// A packet that cannot be written leaves nothing behind: the codec notices in the middle.
fn whole(
    out: &mut BytesMut,
    write: impl FnOnce(&mut BytesMut) -> Result<usize, Error>,
) -> Result<(), Unsayable> {
    let start = out.len();
    let written = write(out);
    written.map(|_| ()).map_err(|error| {
        out.truncate(start);
        Unsayable(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(buffer: &mut BytesMut) -> Result<Option<Packet>, Malformed> {
        Reader::default().read(buffer)
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: Packet) {
        assert_eq!(read(&mut BytesMut::from(bytes)).unwrap(), Some(expected));
    }

    fn message(topic: &str, payload: &'static [u8], id: Option<u16>) -> Packet {
        let payload = Bytes::from_static(payload);
        Packet::Publish(Incoming { topic: topic.to_owned(), payload, retained: false, id })
    }

    #[test]
    fn what_brokers_say_is_understood() {
        check(b"\x20\x02\x01\x00", Packet::Welcome(Welcome::Accepted { session_present: true }));
        check(b"\x20\x02\x00\x03", Packet::Welcome(Welcome::Busy));
        check(b"\x20\x02\x00\x05", Packet::Welcome(Welcome::Refused("the token is not authorized")));
        check(b"\x30\x05\0\x03a/bhi", message("a/b", b"", None));
        check(b"\x30\x07\0\x03a/bhi", message("a/b", b"hi", None));
        check(b"\x3a\x07\0\x03a/b\x01\x02", message("a/b", b"", Some(0x0102)));
        check(b"\x40\x02\x01\x02", Packet::PubAck(0x0102));
        check(b"\x90\x04\0\x07\x01\x80", Packet::SubAck(7, vec![false, true]));
        check(b"\xb0\x02\0\x07", Packet::UnsubAck);
        check(b"\xd0\0", Packet::PingResp);
    }

    #[test]
    fn what_is_not_all_there_is_waited_for() {
        for bytes in [&b""[..], b"\x30", b"\x30\x80", b"\x30\x80\x80\x80", b"\x40\x02\x01"] {
            assert_eq!(read(&mut BytesMut::from(bytes)).unwrap(), None);
        }
    }

    #[test]
    fn what_is_none_is_an_error() {
        for bytes in [
            &b"\x30\x80\x80\x80\x80\x01"[..],
            b"\x30\x01\0",
            b"\x30\x04\0\x03ab",
            b"\x40\xff\xff\xff\x7f",
            b"\x32\x05\0\x03a/b",
            b"\x32\x07\0\x03a/b\0\0",
            b"\x20\x03\0\0\0",
            b"\x20\x02\0\x06",
            b"\x40\x01\x01",
            b"\0\0",
        ] {
            let read = read(&mut BytesMut::from(bytes));
            assert!(matches!(read, Err(Malformed::Packet(_))), "{bytes:x?}: {read:?}");
        }
        for bytes in [&b"\x34\x07\0\x03a/b\0\x01"[..], b"\x50\x02\0\x01", b"\xc0\0"] {
            let read = read(&mut BytesMut::from(bytes));
            assert!(matches!(read, Err(Malformed::Unexpected)), "{bytes:x?}: {read:?}");
        }
    }

    #[test]
    fn what_ends_a_connection_is_understood_however_it_is_said() {
        for bytes in [&b"\xe0\0"[..], b"\xe0\x02\x8e\0", b"\xe0\x01\x8b", b"\xe0"] {
            assert_eq!(read(&mut BytesMut::from(bytes)).unwrap(), Some(Packet::Goodbye), "{bytes:x?}");
        }
    }

    #[test]
    fn h04_a_topic_that_is_not_text_does_not_keep_its_message_from_being_acknowledged() {
        check(b"\x32\x07\0\x03a\xff/\x01\x02", message("a\u{fffd}/", b"", Some(0x0102)));
        check(b"\x30\x05\0\x03a\0+", message("a\0+", b"", None));
        check(b"\x30\x02\0\0", message("", b"", None));
    }

    #[test]
    fn a_message_is_written_as_it_is_read() {
        for length in [0, 100, 127, 128, 20_000] {
            for (qos, id) in [(QoS::AtMostOnce, None), (QoS::AtLeastOnce, Some(513))] {
                let payload = Bytes::from(vec![b'x'; length]);
                let topic = "a/b".to_owned();
                let message = Publish { token: 0, topic, payload: payload.clone(), qos, retain: true };
                let mut out = BytesMut::new();
                let id_ = id.unwrap_or_default();
                Outgoing { message: &message, id: id_, again: id.is_some() }.write(&mut out).unwrap();
                assert_eq!(out[0] & 0x08 > 0, id.is_some(), "said again");
                let read = read(&mut out).unwrap().unwrap();
                let Packet::Publish(read) = read else { panic!("{read:?}") };
                assert_eq!((read.topic.as_str(), read.id, read.retained), ("a/b", id, true));
                assert_eq!(read.payload, payload);
            }
        }
    }

    #[test]
    fn h03_what_a_message_has_beyond_the_limit_is_passed_over() {
        let topic = "a/b".to_owned();
        for beyond in [0, 1, 5_000_000] {
            let payload = Bytes::from(vec![b'x'; MAX_PACKET - 7 + beyond]);
            let message =
                Publish { token: 0, topic: topic.clone(), payload, qos: QoS::AtLeastOnce, retain: false };
            let mut out = BytesMut::new();
            Outgoing { message: &message, id: 513, again: false }.write(&mut out).unwrap();
            out.extend_from_slice(b"\xd0\0\x40\x02\x01\x02");
            let (mut reader, mut buffer, mut packets) = (Reader::default(), BytesMut::new(), Vec::new());
            for bytes in out.chunks(1_000_003) {
                buffer.extend_from_slice(bytes);
                packets.extend(std::iter::from_fn(|| reader.read(&mut buffer).unwrap()));
            }
            let [Packet::Publish(message), Packet::PingResp, Packet::PubAck(0x0102)] = &packets[..] else {
                panic!("{} packets, {beyond} bytes beyond", packets.len());
            };
            assert_eq!((message.id, message.payload.len()), (Some(513), MAX_PACKET - 7));
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn what_is_said_is_mqtt() {
        let mut out = BytesMut::new();
        let connect = Connect {
            client_id: "c",
            keep_alive: 30,
            is_clean: false,
            will: Some(&Will { topic: "t".to_owned(), payload: Bytes::from_static(b"w") }),
            credentials: Some(("u", "p")),
        };
        connect.write(&mut out).unwrap();
        assert_eq!(&out[..], b"\x10\x19\0\x04MQTT\x04\xec\0\x1e\0\x01c\0\x01t\0\x01w\0\x01u\0\x01p");
        out.clear();
        write_subscribe(&mut out, 7, &["a/+".to_owned()]).unwrap();
        write_unsubscribe(&mut out, 8, vec!["a/+".to_owned()]).unwrap();
        write_puback(&mut out, 9).unwrap();
        write_ping(&mut out).unwrap();
        write_disconnect(&mut out).unwrap();
        assert_eq!(&out[..], b"\x82\x08\0\x07\0\x03a/+\x01\xa2\x07\0\x08\0\x03a/+\x40\x02\0\x09\xc0\0\xe0\0");
    }

    #[test]
    fn what_cannot_be_said_leaves_nothing_behind() {
        let mut out = BytesMut::from(&b"before"[..]);
        let long = "x".repeat(70_000);
        let connect = Connect {
            client_id: "c",
            keep_alive: 30,
            is_clean: false,
            will: None,
            credentials: Some(("u", &long)),
        };
        connect.write(&mut out).unwrap_err();
        write_puback(&mut out, 0).unwrap_err();
        let (topic, payload, qos) = (long.clone(), Bytes::new(), QoS::AtLeastOnce);
        let message = Publish { token: 0, topic, payload, qos, retain: false };
        Outgoing { message: &message, id: 1, again: false }.write(&mut out).unwrap_err();
        write_subscribe(&mut out, 1, &[long]).unwrap_err();
        assert_eq!(&out[..], b"before");
    }

    /// What brokers say, with a few bits and bytes that are not as they should be, one behind the other.
    #[test]
    fn h02_packets_that_are_broken_are_read_or_refused() {
        let mut random = fastrand::Rng::with_seed(2);
        let packets: [&[u8]; 7] = [
            b"\x20\x02\x01\x00",
            b"\x30\x07\0\x03a/bhi",
            b"\x3a\x0c\0\x03a/b\x01\x02hello",
            b"\x40\x02\x01\x02",
            b"\x90\x04\0\x07\x01\x80",
            b"\xb0\x02\0\x07",
            b"\xd0\0",
        ];
        let mut seen = [0; 2];
        for _ in 0..if cfg!(debug_assertions) { 300_000 } else { 5_000_000 } {
            let mut buffer = BytesMut::new();
            for _ in 0..3 {
                buffer.extend_from_slice(packets[random.usize(..packets.len())]);
            }
            for _ in 0..random.usize(..3) {
                let at = random.usize(..buffer.len());
                buffer[at] = if random.bool() { random.u8(..) } else { buffer[at] ^ 1 << random.u8(..8) };
            }
            let mut reader = Reader::default();
            let ended = loop {
                match reader.read(&mut buffer) {
                    Ok(Some(_)) => {}
                    ended => break ended,
                }
            };
            seen[usize::from(ended.is_err())] += 1;
        }
        assert!(seen.iter().all(|count| *count > 10_000), "{seen:?}");
    }

    #[test]
    fn any_bytes_are_read_or_refused() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..200_000 {
            let length = random.usize(..24);
            let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = read(&mut buffer) {}
        }
    }
}
