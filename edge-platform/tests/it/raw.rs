//! MQTT byte by byte, for what no client library sends.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::PATIENCE;

/// What a CONNECT says.
#[derive(Clone, Debug)]
pub(crate) struct Connect<'a> {
    pub(crate) protocol: &'a str,
    pub(crate) level: u8,
    pub(crate) client_id: &'a str,
    pub(crate) is_clean: bool,
    pub(crate) user: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
    /// Topic and payload.
    pub(crate) will: Option<(&'a str, &'a str)>,
}

impl Default for Connect<'_> {
    fn default() -> Self {
        Self {
            protocol: "MQTT",
            level: 4,
            client_id: "",
            is_clean: true,
            user: None,
            password: None,
            will: None,
        }
    }
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat()
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![kind];
    let mut left = body.len();
    loop {
        let byte = (left % 128) as u8;
        left /= 128;
        packet.push(if left > 0 { byte | 128 } else { byte });
        if left == 0 {
            break;
        }
    }
    packet.extend(body);
    packet
}

impl Connect<'_> {
    pub(crate) fn packet(&self) -> Vec<u8> {
        let flag = |is_set: bool, bit: u8| u8::from(is_set) << bit;
        let flags = flag(self.user.is_some(), 7)
            | flag(self.password.is_some(), 6)
            | flag(self.will.is_some(), 2)
            | flag(self.is_clean, 1);
        let mut body = [text(self.protocol), vec![self.level, flags, 0, 60]].concat();
        let no_properties: &[u8] = if self.level == 5 { &[0] } else { &[] };
        body.extend(no_properties);
        body.extend(text(self.client_id));
        if let Some((topic, payload)) = self.will {
            body.extend(no_properties);
            body.extend([text(topic), text(payload)].concat());
        }
        body.extend([self.user, self.password].into_iter().flatten().flat_map(text));
        packet(0x10, &body)
    }
}

/// For 3.1.1.
pub(crate) fn subscribe(id: u16, filter: &str) -> Vec<u8> {
    packet(0x82, &[&id.to_be_bytes()[..], &text(filter), &[1]].concat())
}

/// QoS 1, for 3.1.1.
pub(crate) fn publish(id: u16, topic: &str, payload: &[u8], is_retained: bool) -> Vec<u8> {
    packet(0x32 | u8::from(is_retained), &[&text(topic)[..], &id.to_be_bytes(), payload].concat())
}

/// A connection that says only what it is told to.
pub(crate) struct Raw(TcpStream);

impl Raw {
    /// Connects, and sends all at once.
    pub(crate) async fn open(broker: SocketAddr, packets: &[Vec<u8>]) -> Self {
        let mut raw = Self(TcpStream::connect(broker).await.unwrap());
        raw.send(&packets.concat()).await;
        raw
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        // Who is refused may be gone already.
        let _ = self.0.write_all(bytes).await;
    }

    /// The next packet: its first byte and its body; `None` when the broker has closed the connection.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("nothing arrived")
    }

    async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        let kind = self.0.read_u8().await.ok()?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.0.read_u8().await.ok()?;
            length |= usize::from(byte & 127) << shift;
            shift += 7;
            if byte < 128 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        Some((kind, body))
    }

    /// The code of the CONNACK; `None` when the connection was closed without one.
    pub(crate) async fn connack(&mut self) -> Option<u8> {
        let (kind, body) = self.next().await?;
        assert_eq!(kind, 0x20);
        Some(body[1])
    }

    /// Whether the next packet grants a subscription.
    pub(crate) async fn suback(&mut self) -> bool {
        let (kind, body) = self.next().await.expect("SUBACK");
        assert_eq!(kind, 0x90);
        body[2] < 0x80
    }

    /// The next message: topic, and whether it was retained. Acknowledgements are passed over.
    pub(crate) async fn message(&mut self) -> (String, bool) {
        loop {
            let (kind, body) = self.next().await.expect("a message");
            if kind & 0xf0 == 0x30 {
                let length = usize::from(u16::from_be_bytes([body[0], body[1]]));
                return (String::from_utf8(body[2..2 + length].to_vec()).unwrap(), kind & 1 == 1);
            }
        }
    }
}
