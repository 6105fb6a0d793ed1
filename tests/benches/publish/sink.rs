//! A server that takes MQTT as fast as it comes: it acknowledges all that it has read with one write, and looks
//! at nothing else.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use super::Failure;

/// A sink in a process of its own, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) port: u16,
    process: Child,
}

impl Sink {
    pub(crate) fn start() -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(super::SINK).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("it is piped")?).read_line(&mut line)?;
        Ok(Self { port: line.trim().parse()?, process })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until the standard input ends, as it does when whoever started this has died.
pub(super) fn serve() -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || take(stream));
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Reads until the other side has enough, or says what is no MQTT.
fn take(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut buffer, mut filled) = (vec![0; 256 * 1024], 0);
    let mut answers = Vec::new();
    loop {
        let read = stream.read(&mut buffer[filled..])?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let mut done = 0;
        while let Some((header, length)) = packet(&buffer[done..filled]) {
            answer(&mut answers, &buffer[done..done + header + length], header);
            done += header + length;
        }
        buffer.copy_within(done..filled, 0);
        filled -= done;
        if !answers.is_empty() {
            stream.write_all(&answers)?;
            answers.clear();
        }
    }
}

/// How long the first packet's header and the rest of it are, when it is whole.
fn packet(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (index, byte) in bytes.get(1..)?.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let header = index + 2;
            return (bytes.len() >= header + length).then_some((header, length));
        }
    }
    None
}

fn answer(out: &mut Vec<u8>, packet: &[u8], header: usize) {
    let body = &packet[header..];
    match packet[0] >> 4 {
        // CONNECT
        1 => out.extend([0x20, 2, 0, 0]),
        // PUBLISH with QoS 1
        3 if packet[0] & 0b0110 != 0 => {
            let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
            out.extend([0x40, 2, body[topic + 2], body[topic + 3]]);
        }
        // SUBSCRIBE: everything is granted.
        8 => {
            let (mut rest, mut filters) = (&body[2..], 0);
            while let [high, low, more @ ..] = rest {
                rest = &more[usize::from(u16::from_be_bytes([*high, *low])) + 1..];
                filters += 1;
            }
            out.extend([0x90, 2 + filters, body[0], body[1]]);
            out.extend((0..filters).map(|_| 1));
        }
        // UNSUBSCRIBE
        10 => out.extend([0xb0, 2, body[0], body[1]]),
        // PINGREQ
        12 => out.extend([0xd0, 0]),
        _ => {}
    }
}
