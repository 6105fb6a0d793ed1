//! Packets as they are on the wire, and what is none.

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
            let message =
                Publish { token: 0, topic, payload: payload.clone(), qos, retain: true, again: false };
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
        let message = Publish {
            token: 0,
            topic: topic.clone(),
            payload,
            qos: QoS::AtLeastOnce,
            retain: false,
            again: false,
        };
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
    let message = Publish { token: 0, topic, payload, qos, retain: false, again: false };
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
