//! The packets of MQTT 3.1.1 that a device sends and receives, by the library's codec, and PUBLISH and PUBACK by hand. Pure: bytes
//! to values and back. The only file that names rumqttc.

#[cfg(test)]
mod tests;

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
/// The first byte of a PUBACK, which has no flags.
const PUBACK: u8 = 0x40;

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
        match buffer[..] {
            [] => return Ok(None),
            [first, ..] if first & 0xf0 == PUBLISH => {
                return Ok(self.read_message(buffer)?.map(Packet::Publish));
            }
            [first, ..] if first & 0xf0 == DISCONNECT => {
                // Whatever else it says: nothing comes behind it.
                buffer.clear();
                return Ok(Some(Packet::Goodbye));
            }
            // Most of what comes besides are these.
            [PUBACK, 2, high, low, ..] => {
                buffer.advance(4);
                return Ok(Some(Packet::PubAck(u16::from_be_bytes([high, low]))));
            }
            _ => {}
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
    let topic = body.split_to(length);
    let topic = match str::from_utf8(&topic) {
        Ok(topic) => topic.to_owned(),
        Err(_) => String::from_utf8_lossy(&topic).into_owned(),
    };
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
    if id == 0 {
        return Err(Unsayable(Error::PacketIdZero));
    }
    let [high, low] = id.to_be_bytes();
    out.put_slice(&[PUBACK, 2, high, low]);
    Ok(())
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
