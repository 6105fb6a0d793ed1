//! The packets of MQTT 3.1.1 that a device sends and receives. Pure: bytes to values and back.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::link::QoS;

/// A packet may be so large. Far above [`edge_proto::payload::MAX_BYTES`], so that a command that is too large
/// is refused with a reason and does not break the connection again and again.
const MAX_PACKET: usize = 16 * 1024 * 1024;

const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH: u8 = 0x30;
const PUBACK: u8 = 0x40;
const SUBSCRIBE: u8 = 0x82;
const SUBACK: u8 = 0x90;
const UNSUBSCRIBE: u8 = 0xa2;
const UNSUBACK: u8 = 0xb0;
const PINGREQ: u8 = 0xc0;
const PINGRESP: u8 = 0xd0;
const DISCONNECT: u8 = 0xe0;

/// In a PUBLISH's first byte.
const DUP: u8 = 0x08;
const RETAIN: u8 = 0x01;

/// The broker's answer to a filter that it refuses.
const FAILURE: u8 = 0x80;

/// Not what a broker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the broker sent what is no MQTT packet")]
    Packet,
    #[error("the broker sent a packet of {0} bytes, the limit is {MAX_PACKET}")]
    TooLarge(usize),
    #[error("the broker sent a packet that only clients send, or that was not asked for")]
    Unexpected,
}

/// A packet that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packet {
    /// The answer to CONNECT: whether the broker has kept the session, or why it refuses.
    ConnAck {
        session_present: bool,
        code: u8,
    },
    Publish(Incoming),
    /// The broker has the message of this number.
    PubAck(u16),
    /// The answer to the SUBSCRIBE of this number: whether each filter is refused.
    SubAck(u16, Vec<bool>),
    UnsubAck,
    PingResp,
}

/// A message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    /// Text that is not UTF-8 has replacement characters.
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) retained: bool,
    /// By which it is acknowledged, when it is to be.
    pub(super) id: Option<u16>,
}

/// Takes the first packet out of what was read, when all of it is there.
///
/// # Errors
/// When it is none. There is no way to go on.
pub(super) fn read(buffer: &mut BytesMut) -> Result<Option<Packet>, Malformed> {
    let Some((header, length)) = lengths(buffer)? else { return Ok(None) };
    if buffer.len() < header + length {
        buffer.reserve(header + length - buffer.len());
        return Ok(None);
    }
    let first = buffer[0];
    let mut body = buffer.split_to(header + length);
    body.advance(header);
    parse(first, &body).map(Some)
}

/// How long the header is, and what comes after it; `None` when that is not there yet.
fn lengths(buffer: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let mut length = 0;
    for (index, byte) in buffer.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return if length > MAX_PACKET {
                Err(Malformed::TooLarge(length))
            } else {
                Ok(Some((index + 2, length)))
            };
        }
    }
    if buffer.len() > 4 { Err(Malformed::Packet) } else { Ok(None) }
}

fn parse(first: u8, body: &[u8]) -> Result<Packet, Malformed> {
    match (first, body) {
        (CONNACK, &[flags, code]) if flags <= 1 => Ok(Packet::ConnAck { session_present: flags == 1, code }),
        (PUBACK, &[high, low]) => Ok(Packet::PubAck(u16::from_be_bytes([high, low]))),
        (SUBACK, &[high, low, ref codes @ ..]) => {
            let refused = codes.iter().map(|code| *code == FAILURE).collect();
            Ok(Packet::SubAck(u16::from_be_bytes([high, low]), refused))
        }
        (UNSUBACK, &[_, _]) => Ok(Packet::UnsubAck),
        (PINGRESP, []) => Ok(Packet::PingResp),
        _ if first & 0xf0 == PUBLISH => incoming(first, body).map(Packet::Publish),
        (CONNACK | PUBACK | SUBACK | UNSUBACK | PINGRESP, _) => Err(Malformed::Packet),
        _ => Err(Malformed::Unexpected),
    }
}

fn incoming(first: u8, mut body: &[u8]) -> Result<Incoming, Malformed> {
    let topic = body.split_off(..2).and_then(|length| {
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        body.split_off(..length)
    });
    let topic = String::from_utf8_lossy(topic.ok_or(Malformed::Packet)?).into_owned();
    let id = match first & 0x06 {
        0 => None,
        0x02 => {
            let id = body.split_off(..2).ok_or(Malformed::Packet)?;
            Some(u16::from_be_bytes([id[0], id[1]])).filter(|id| *id > 0)
        }
        // Nothing more was asked for than QoS 1.
        _ => return Err(Malformed::Unexpected),
    };
    if first & 0x06 != 0 && id.is_none() {
        return Err(Malformed::Packet);
    }
    Ok(Incoming { topic, payload: Bytes::copy_from_slice(body), retained: first & RETAIN != 0, id })
}

/// How a client introduces itself.
#[derive(Debug)]
pub(super) struct Connect<'a> {
    pub(super) client_id: &'a str,
    pub(super) keep_alive: u16,
    /// The broker forgets the session, and keeps none.
    pub(super) is_clean: bool,
    /// Topic and payload, retained, QoS 1.
    pub(super) will: Option<(&'a str, &'a [u8])>,
    /// User and password.
    pub(super) credentials: Option<(&'a str, &'a str)>,
}

impl Connect<'_> {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut body = b"\0\x04MQTT\x04".to_vec();
        let flags = [
            (self.is_clean, 0x02),
            (self.will.is_some(), 0x04 | 0x08 | 0x20),
            (self.credentials.is_some(), 0x80 | 0x40),
        ];
        body.push(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, bits)| bits).sum());
        body.extend(self.keep_alive.to_be_bytes());
        text(&mut body, self.client_id.as_bytes());
        if let Some((topic, payload)) = self.will {
            text(&mut body, topic.as_bytes());
            text(&mut body, payload);
        }
        if let Some((user, password)) = self.credentials {
            text(&mut body, user.as_bytes());
            text(&mut body, password.as_bytes());
        }
        packet(out, CONNECT, &body);
    }
}

/// A message to send. `again`: it was sent before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) topic: &'a str,
    pub(super) payload: &'a [u8],
    pub(super) qos: QoS,
    pub(super) retain: bool,
    /// For QoS 1.
    pub(super) id: u16,
    pub(super) again: bool,
}

impl Outgoing<'_> {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let is_acknowledged = self.qos == QoS::AtLeastOnce;
        let flags = [(self.retain, RETAIN), (is_acknowledged, 0x02), (self.again, DUP)];
        out.push(PUBLISH | flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, bit)| bit).sum::<u8>());
        write_length(out, 2 + self.topic.len() + 2 * usize::from(is_acknowledged) + self.payload.len());
        text(out, self.topic.as_bytes());
        if is_acknowledged {
            out.extend_from_slice(&self.id.to_be_bytes());
        }
        out.extend_from_slice(self.payload);
    }
}

pub(super) fn write_puback(out: &mut Vec<u8>, id: u16) {
    packet(out, PUBACK, &id.to_be_bytes());
}

/// Asks for QoS 1.
pub(super) fn write_subscribe(out: &mut Vec<u8>, id: u16, filters: &[String]) {
    let mut body = id.to_be_bytes().to_vec();
    for filter in filters {
        text(&mut body, filter.as_bytes());
        body.push(1);
    }
    packet(out, SUBSCRIBE, &body);
}

pub(super) fn write_unsubscribe(out: &mut Vec<u8>, id: u16, filters: &[String]) {
    let mut body = id.to_be_bytes().to_vec();
    filters.iter().for_each(|filter| text(&mut body, filter.as_bytes()));
    packet(out, UNSUBSCRIBE, &body);
}

pub(super) fn write_ping(out: &mut Vec<u8>) {
    packet(out, PINGREQ, &[]);
}

pub(super) fn write_disconnect(out: &mut Vec<u8>) {
    packet(out, DISCONNECT, &[]);
}

fn packet(out: &mut Vec<u8>, first: u8, body: &[u8]) {
    out.push(first);
    write_length(out, body.len());
    out.extend_from_slice(body);
}

fn write_length(out: &mut Vec<u8>, mut length: usize) {
    while length > 0x7f {
        out.push(0x80 | (length & 0x7f) as u8);
        length >>= 7;
    }
    out.push(length as u8);
}

/// Topics, names and wills are far shorter than what the length can say: they are made of names that were checked,
/// and credentials are cut off where it ends.
fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(u16::MAX.into())];
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<Option<Packet>, Malformed>) {
        assert_eq!(read(&mut BytesMut::from(bytes)), expected);
    }

    fn message(topic: &str, payload: &'static [u8], id: Option<u16>) -> Packet {
        let payload = Bytes::from_static(payload);
        Packet::Publish(Incoming { topic: topic.to_owned(), payload, retained: false, id })
    }

    #[test]
    fn what_brokers_say_is_understood() {
        check(b"\x20\x02\x01\x00", Ok(Some(Packet::ConnAck { session_present: true, code: 0 })));
        check(b"\x20\x02\x00\x05", Ok(Some(Packet::ConnAck { session_present: false, code: 5 })));
        check(b"\x30\x05\0\x03a/bhi", Ok(Some(message("a/b", b"", None))));
        check(b"\x30\x07\0\x03a/bhi", Ok(Some(message("a/b", b"hi", None))));
        check(b"\x3a\x07\0\x03a/b\x01\x02", Ok(Some(message("a/b", b"", Some(0x0102)))));
        check(b"\x40\x02\x01\x02", Ok(Some(Packet::PubAck(0x0102))));
        check(b"\x90\x04\0\x07\x01\x80", Ok(Some(Packet::SubAck(7, vec![false, true]))));
        check(b"\xb0\x02\0\x07", Ok(Some(Packet::UnsubAck)));
        check(b"\xd0\0", Ok(Some(Packet::PingResp)));
        check(b"\x30\x05\0\x03a\xff/", Ok(Some(message("a\u{fffd}/", b"", None))));
    }

    #[test]
    fn what_is_not_all_there_is_waited_for() {
        for bytes in [&b""[..], b"\x30", b"\x30\x80", b"\x30\x80\x80\x80", b"\x40\x02\x01"] {
            check(bytes, Ok(None));
        }
    }

    #[test]
    fn what_is_none_is_an_error() {
        for bytes in [
            &b"\x30\x80\x80\x80\x80\x01"[..],
            b"\x30\x01\0",
            b"\x30\x04\0\x03ab",
            b"\x32\x05\0\x03a/b",
            b"\x32\x07\0\x03a/b\0\0",
            b"\x20\x03\0\0\0",
            b"\x40\x01\x01",
            b"\xd0\x01\0",
        ] {
            check(bytes, Err(Malformed::Packet));
        }
        for bytes in [&b"\x10\0"[..], b"\x34\x07\0\x03a/b\0\x01", b"\x50\x02\0\x01", b"\xe0\0", b"\0\0"] {
            check(bytes, Err(Malformed::Unexpected));
        }
        check(b"\x30\xff\xff\xff\x7f", Err(Malformed::TooLarge(268_435_455)));
    }

    #[test]
    fn a_message_is_written_as_it_is_read() {
        for length in [0, 100, 127, 128, 20_000] {
            let payload = vec![b'x'; length];
            for (qos, id) in [(QoS::AtMostOnce, None), (QoS::AtLeastOnce, Some(513))] {
                let mut out = Vec::new();
                let id_ = id.unwrap_or_default();
                let message =
                    Outgoing { topic: "a/b", payload: &payload, qos, retain: true, id: id_, again: false };
                message.write(&mut out);
                let read = read(&mut BytesMut::from(&out[..])).unwrap().unwrap();
                let Packet::Publish(read) = read else { panic!("{read:?}") };
                assert_eq!((read.topic.as_str(), read.id, read.retained), ("a/b", id, true));
                assert_eq!(read.payload, payload);
            }
        }
    }

    #[test]
    fn what_is_said_is_mqtt() {
        let mut out = Vec::new();
        let connect = Connect {
            client_id: "c",
            keep_alive: 30,
            is_clean: false,
            will: Some(("t", b"w")),
            credentials: Some(("u", "p")),
        };
        connect.write(&mut out);
        assert_eq!(out, b"\x10\x19\0\x04MQTT\x04\xec\0\x1e\0\x01c\0\x01t\0\x01w\0\x01u\0\x01p");
        out.clear();
        write_subscribe(&mut out, 7, &["a/+".to_owned()]);
        write_unsubscribe(&mut out, 8, &["a/+".to_owned()]);
        write_puback(&mut out, 9);
        write_ping(&mut out);
        write_disconnect(&mut out);
        assert_eq!(out, b"\x82\x08\0\x07\0\x03a/+\x01\xa2\x07\0\x08\0\x03a/+\x40\x02\0\x09\xc0\0\xe0\0");
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
