//! MQTT on a plain socket, one packet at a time: what a program does that has nothing between it and the wire.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// Nobody waits for longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came over a connection and goes, however it is read and written.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// What was read, and from where on nobody has looked at it.
    buffer: Vec<u8>,
    seen: usize,
    /// What goes out next.
    out: Vec<u8>,
    last_id: u16,
}

/// A connection to a broker on this machine. Reading and writing keep the thread.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    pub(crate) wire: Wire,
}

/// A PUBLISH that came.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) payload: Vec<u8>,
    /// Its number, when it wants to be acknowledged.
    pub(crate) id: Option<u16>,
}

impl Wire {
    fn packet(&mut self, kind: u8, body: &[u8]) {
        self.out.push(kind);
        let mut length = body.len();
        while length > 0x7f {
            self.out.push(0x80 | (length & 0x7f) as u8);
            length >>= 7;
        }
        self.out.push(length as u8);
        self.out.extend_from_slice(body);
    }

    /// Connects, and subscribes to one topic.
    fn greet(&mut self, client: &str, topic: &str) {
        let mut connect = b"\0\x04MQTT\x04\x02\0\0".to_vec();
        append(&mut connect, client);
        self.packet(0x10, &connect);
        let mut subscribe = vec![0, 1];
        append(&mut subscribe, topic);
        subscribe.push(1);
        self.packet(0x82, &subscribe);
    }

    pub(crate) fn publish(&mut self, topic: &str, payload: &[u8], acknowledged: bool) {
        let mut body = Vec::with_capacity(topic.len() + payload.len() + 4);
        append(&mut body, topic);
        if acknowledged {
            self.last_id = self.last_id % 1000 + 1;
            body.extend(self.last_id.to_be_bytes());
        }
        body.extend_from_slice(payload);
        self.packet(0x30 | u8::from(acknowledged) << 1, &body);
    }

    pub(crate) fn acknowledge(&mut self, message: &Message) {
        if let Some(id) = message.id {
            self.packet(0x40, &id.to_be_bytes());
        }
    }

    /// What was said and goes now.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    pub(crate) fn came(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next packet, if it is whole.
    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let Some((header, length)) = first(&self.buffer[self.seen..]) else {
            self.buffer.drain(..std::mem::take(&mut self.seen));
            return None;
        };
        let start = self.seen + header;
        let packet = (self.buffer[self.seen], self.buffer[start..start + length].to_vec());
        self.seen = start + length;
        Some(packet)
    }

    /// The next PUBLISH, if it is whole.
    pub(crate) fn message(&mut self) -> Option<Message> {
        let (header, body) = std::iter::from_fn(|| self.next()).find(|(header, _)| header >> 4 == 3)?;
        let topic = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
        let id = (header & 0b0110 != 0).then(|| u16::from_be_bytes([body[topic], body[topic + 1]]));
        let payload = body[topic + 2 * usize::from(id.is_some())..].to_vec();
        Some(Message { payload, id })
    }
}

impl Socket {
    /// Connects, and subscribes to one topic.
    pub(crate) fn connect(port: u16, client: &str, topic: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut socket = Self { stream, wire: Wire::default() };
        socket.wire.greet(client, topic);
        socket.flush()?;
        // It is subscribed when that was acknowledged.
        loop {
            match socket.wire.next() {
                Some((header, _)) if header >> 4 == 9 => return Ok(socket),
                Some(_) => {}
                None => socket.read()?,
            }
        }
    }

    /// The stream, for who waits for it in another way, and what came.
    pub(crate) fn into_parts(self) -> (TcpStream, Wire) {
        (self.stream, self.wire)
    }

    /// Writes what was said, at once.
    pub(crate) fn flush(&mut self) -> std::io::Result<()> {
        self.stream.write_all(&self.wire.take())
    }

    /// The next PUBLISH.
    pub(crate) fn message(&mut self) -> std::io::Result<Message> {
        loop {
            if let Some(message) = self.wire.message() {
                return Ok(message);
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> std::io::Result<()> {
        let mut more = [0; 4096];
        match self.stream.read(&mut more)? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.wire.came(&more[..read]);
                Ok(())
            }
        }
    }
}

/// How long the header of the first packet and the rest of it are, when it is whole.
fn first(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (index, byte) in bytes.get(1..)?.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return (bytes.len() >= index + 2 + length).then_some((index + 2, length));
        }
    }
    None
}

fn append(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u16).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}
