//! MQTT 3.1.1 as a broker reads and writes it. Bounded, and nothing that a client sends panics.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::record::{Connect, LastWill, Publish, Subscribe, Unsubscribe};

/// The largest packet that is read.
const MAX_PACKET: usize = 32 * 1024 * 1024;
/// The longest length that MQTT can write.
const MAX_LENGTH_BYTES: usize = 4;

const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const SUBSCRIBE: u8 = 8;
const SUBACK: u8 = 9;
const UNSUBSCRIBE: u8 = 10;
const UNSUBACK: u8 = 11;
const PINGREQ: u8 = 12;
const PINGRESP: u8 = 13;
const DISCONNECT: u8 = 14;

const PROTOCOL: &str = "MQTT";
const LEVEL: u8 = 4;

/// What a client says.
#[derive(Debug)]
pub(super) enum Packet {
    Connect(Connect),
    Publish(Publish),
    PubAck(u16),
    Subscribe(Subscribe),
    Unsubscribe(Unsubscribe),
    Ping,
    Disconnect,
}

/// Why bytes are no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

/// Takes the next packet out of the buffer; `None` when it is not all there.
pub(super) fn read(buffer: &mut BytesMut) -> Result<Option<Packet>, Malformed> {
    let Some((header, length)) = length(buffer)? else { return Ok(None) };
    if length > MAX_PACKET {
        return Err(Malformed("the packet is too large"));
    }
    if buffer.len() < header + length {
        return Ok(None);
    }
    let first = buffer[0];
    buffer.advance(header);
    packet(first, Fields(buffer.split_to(length).freeze())).map(Some)
}

/// The length of the header, and the one that it says.
fn length(buffer: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let mut length = 0;
    for (index, byte) in buffer.iter().skip(1).take(MAX_LENGTH_BYTES).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((index + 2, length)));
        }
    }
    if buffer.len() > MAX_LENGTH_BYTES {
        return Err(Malformed("the packet's length has more than four bytes"));
    }
    Ok(None)
}

fn packet(first: u8, mut fields: Fields) -> Result<Packet, Malformed> {
    match first >> 4 {
        CONNECT => connect(fields).map(Packet::Connect),
        PUBLISH => publish(first, fields).map(Packet::Publish),
        PUBACK => fields.number().map(Packet::PubAck),
        SUBSCRIBE => subscribe(fields).map(Packet::Subscribe),
        UNSUBSCRIBE => unsubscribe(fields).map(Packet::Unsubscribe),
        PINGREQ => Ok(Packet::Ping),
        DISCONNECT => Ok(Packet::Disconnect),
        _ => Err(Malformed("a packet that is no client's, or of QoS 2")),
    }
}

fn connect(mut fields: Fields) -> Result<Connect, Malformed> {
    if fields.text()? != PROTOCOL || fields.byte()? != LEVEL {
        return Err(Malformed("not MQTT 3.1.1"));
    }
    let flags = fields.byte()?;
    let keep_alive = fields.number()?;
    let client_id = fields.text()?;
    let will = if flags & 0x04 == 0 {
        None
    } else {
        let (topic, payload) = (fields.text()?, fields.bytes()?);
        Some(LastWill { topic, payload, qos: flags >> 3 & 3, retain: flags & 0x20 != 0 })
    };
    let user = if flags & 0x80 == 0 { None } else { Some(fields.text()?) };
    Ok(Connect { client_id, clean_session: flags & 0x02 != 0, keep_alive, will, has_user: user.is_some() })
}

fn publish(first: u8, mut fields: Fields) -> Result<Publish, Malformed> {
    let (qos, dup, retain) = (first >> 1 & 3, first & 0x08 != 0, first & 1 != 0);
    let topic = fields.text()?;
    let packet_id = match qos {
        0 => 0,
        1 => fields.number()?,
        _ => return Err(Malformed("a message with QoS 2")),
    };
    if qos > 0 && packet_id == 0 {
        return Err(Malformed("a message without packet id"));
    }
    Ok(Publish { topic, payload: fields.0, qos, dup, retain, packet_id })
}

fn subscribe(mut fields: Fields) -> Result<Subscribe, Malformed> {
    let packet_id = fields.number()?;
    let mut filters = Vec::new();
    while !fields.0.is_empty() {
        filters.push(fields.text()?);
        fields.byte()?;
    }
    Ok(Subscribe { packet_id, filters })
}

fn unsubscribe(mut fields: Fields) -> Result<Unsubscribe, Malformed> {
    let packet_id = fields.number()?;
    let mut filters = Vec::new();
    while !fields.0.is_empty() {
        filters.push(fields.text()?);
    }
    Ok(Unsubscribe { packet_id, filters })
}

/// The rest of a packet.
struct Fields(Bytes);

impl Fields {
    fn take(&mut self, length: usize) -> Result<Bytes, Malformed> {
        if self.0.len() < length {
            Err(Malformed("the packet ends early"))
        } else {
            Ok(self.0.split_to(length))
        }
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.take(1)?.get_u8())
    }

    fn number(&mut self) -> Result<u16, Malformed> {
        Ok(self.take(2)?.get_u16())
    }

    fn bytes(&mut self) -> Result<Bytes, Malformed> {
        let length = self.number()?;
        self.take(length.into())
    }

    fn text(&mut self) -> Result<String, Malformed> {
        String::from_utf8(self.bytes()?.into()).map_err(|_| Malformed("a text that is not UTF-8"))
    }
}

pub(super) fn connack(session_present: bool, code: u8) -> Bytes {
    Bytes::copy_from_slice(&[CONNACK << 4, 2, session_present.into(), code])
}

pub(super) fn puback(packet_id: u16) -> Bytes {
    with_id(PUBACK, packet_id, &[])
}

pub(super) fn suback(packet_id: u16, codes: &[u8]) -> Bytes {
    with_id(SUBACK, packet_id, codes)
}

pub(super) fn unsuback(packet_id: u16) -> Bytes {
    with_id(UNSUBACK, packet_id, &[])
}

pub(super) fn pingresp() -> Bytes {
    Bytes::from_static(&[PINGRESP << 4, 0])
}

/// A message to a client.
pub(super) fn message(topic: &[u8], payload: &[u8], packet_id: u16, dup: bool) -> Bytes {
    let mut packet = BytesMut::with_capacity(topic.len() + payload.len() + 9);
    packet.put_u8(PUBLISH << 4 | u8::from(dup) << 3 | 1 << 1);
    put_length(&mut packet, topic.len() + payload.len() + 4);
    packet.put_u16(topic.len() as u16);
    packet.put_slice(topic);
    packet.put_u16(packet_id);
    packet.put_slice(payload);
    packet.freeze()
}

fn with_id(kind: u8, packet_id: u16, rest: &[u8]) -> Bytes {
    let mut packet = BytesMut::with_capacity(rest.len() + 7);
    packet.put_u8(kind << 4);
    put_length(&mut packet, rest.len() + 2);
    packet.put_u16(packet_id);
    packet.put_slice(rest);
    packet.freeze()
}

fn put_length(packet: &mut BytesMut, mut length: usize) {
    loop {
        let byte = (length % 128) as u8;
        length /= 128;
        packet.put_u8(if length == 0 { byte } else { byte | 0x80 });
        if length == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<Result<Option<Packet>, Malformed>> {
        let mut buffer = BytesMut::from(bytes);
        let mut packets = Vec::new();
        loop {
            let packet = read(&mut buffer);
            let is_last = !matches!(packet, Ok(Some(_)));
            packets.push(packet);
            if is_last {
                return packets;
            }
        }
    }

    #[test]
    fn what_it_writes_it_reads() {
        let large = vec![b'x'; 70_000];
        let bytes = [message(b"a/b", &large, 7, true), puback(300)].concat();
        let packets = all(&bytes);
        let [Ok(Some(Packet::Publish(publish))), Ok(Some(Packet::PubAck(300))), Ok(None)] = &packets[..]
        else {
            panic!("{packets:?}")
        };
        assert_eq!((publish.topic.as_str(), publish.packet_id, publish.dup), ("a/b", 7, true));
        assert_eq!(publish.payload, large);
        // Cut anywhere, it waits for the rest.
        (0..70_000).step_by(997).for_each(|end| assert!(matches!(all(&bytes[..end])[..], [Ok(None)])));
    }

    #[test]
    fn whatever_a_client_sends_is_a_packet_or_an_error() {
        for bytes in [
            &[0x10, 0][..],
            &[0x30, 0xff, 0xff, 0xff, 0xff, 1],
            &[0x30, 0xff, 0xff, 0xff, 0x7f],
            &[0x32, 2, 0, 9],
            &[0x32, 4, 0, 0, 0, 0],
            &[0x34, 4, 0, 0, 0, 1],
            &[0x82, 3, 0, 1, 0],
            &[0xf0, 0],
            &[0x30, 4, 0, 2, 0xff, 0xfe],
        ] {
            assert!(matches!(all(bytes)[..], [Err(_)]), "{bytes:?}: {:?}", all(bytes));
        }
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            let bytes: Vec<u8> = std::iter::repeat_with(|| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 56) as u8
            })
            .take(24)
            .collect();
            all(&bytes);
        }
    }
}
