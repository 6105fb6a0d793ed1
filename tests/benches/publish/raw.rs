//! What a socket allows: JSON and packets by hand into one buffer, written 64 KB at a time.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use edge_proto::payload::{self, Stamp};
use edge_tests::bench::cpu;
use jiff::Timestamp;

use super::{Failure, WARM_UP, value};

const BATCH: usize = 64 * 1024;
const TOPIC: &str = "device/BENCH-1/asset/temperature/state";
const CONNECT: &[u8] = b"\x10\x0f\0\x04MQTT\x04\x02\0\x1e\0\x03raw";

pub(super) fn run(port: u16, acknowledged: bool, states: usize) -> Result<Duration, Failure> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.write_all(CONNECT)?;
    stream.read_exact(&mut [0; 4])?;
    let mut publisher = Publisher { stream, acknowledged, batch: Vec::with_capacity(BATCH + 256), count: 0 };
    publisher.publish(states / WARM_UP)?;
    let before = cpu();
    publisher.publish(states)?;
    Ok(cpu() - before)
}

struct Publisher {
    stream: TcpStream,
    acknowledged: bool,
    batch: Vec<u8>,
    /// In the batch.
    count: usize,
}

impl Publisher {
    fn publish(&mut self, states: usize) -> Result<(), Failure> {
        let mut payload = Vec::with_capacity(128);
        for number in 0..states {
            payload.clear();
            let value = serde_json::to_vec(&value(number))?;
            payload::write_state(
                &mut payload,
                Timestamp::now(),
                &value,
                Stamp { session: 1, seq: number as u64 },
            );
            self.append(number, &payload)?;
            if self.batch.len() >= BATCH {
                self.flush()?;
            }
        }
        self.flush()
    }

    fn append(&mut self, number: usize, payload: &[u8]) -> Result<(), Failure> {
        let length = 2 + TOPIC.len() + 2 * usize::from(self.acknowledged) + payload.len();
        self.batch.push(0x30 | u8::from(self.acknowledged) << 1);
        match u8::try_from(length)? {
            short @ ..0x80 => self.batch.push(short),
            long => self.batch.extend([long, 1]),
        }
        self.batch.extend((TOPIC.len() as u16).to_be_bytes());
        self.batch.extend(TOPIC.as_bytes());
        if self.acknowledged {
            self.batch.extend(((number % 1000 + 1) as u16).to_be_bytes());
        }
        self.batch.extend(payload);
        self.count += 1;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.stream.write_all(&self.batch)?;
        self.batch.clear();
        let count = std::mem::take(&mut self.count);
        if self.acknowledged {
            let mut answers = vec![0; 4 * count];
            self.stream.read_exact(&mut answers)?;
        }
        Ok(())
    }
}
