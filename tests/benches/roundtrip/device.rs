//! The devices that are commanded: a process of its own for each. Ours has a handler; the others have a socket,
//! read the JSON, and answer with outcome, state and acknowledgement in one write. One of them waits for its socket in the
//! kernel, the other one in tokio: what is between these two is tokio's.

use edge_proto::payload::{self, Outcome, Stamp, Status};
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Change, Device, HandlerResult};
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::socket::{Message, Socket, Wire};
use super::{Failure, OURS, Who, asset, command, state};

const READY: &str = "ready";

#[derive(Device, Clone)]
#[device(model = "urn:bench:roundtrip:1")]
struct Vents {
    #[asset(kind = "actuator", qos = 0)]
    vent_0: f64,
    #[asset(kind = "actuator", qos = 1)]
    vent_1: f64,
}

struct Obedient;

impl VentsHandler for Obedient {
    async fn on_vent_0(&mut self, _: &VentsDevice, change: Change<f64>) -> HandlerResult<f64> {
        Ok(change.value)
    }

    async fn on_vent_1(&mut self, _: &VentsDevice, change: Change<f64>) -> HandlerResult<f64> {
        Ok(change.value)
    }
}

/// Says that it is ready, and obeys until it is killed.
pub(super) fn run(who: &str, port: u16, qos: u8) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match Who::of(who).ok_or("nobody has that name")? {
        Who::Ours => runtime.block_on(ours(port)),
        Who::Raw => raw(port, qos),
        Who::Tokio => runtime.block_on(in_tokio(port, qos)),
    }
}

async fn ours(port: u16) -> Result<(), Failure> {
    let platform = MemoryPlatform::new().with_broker(&format!("mqtt://127.0.0.1:{port}"))?;
    let vents = Vents { vent_0: 0.0, vent_1: 0.0 };
    let _device = platform.device(OURS, vents).handler(Obedient).connect().await?;
    println!("{READY}");
    std::future::pending().await
}

fn raw(port: u16, qos: u8) -> Result<(), Failure> {
    let mut by_hand = ByHand::new(Who::Raw, qos);
    let mut socket = by_hand.connect(port)?;
    println!("{READY}");
    loop {
        let message = socket.message()?;
        by_hand.obey(&message, &mut socket.wire)?;
        socket.flush()?;
    }
}

async fn in_tokio(port: u16, qos: u8) -> Result<(), Failure> {
    let mut by_hand = ByHand::new(Who::Tokio, qos);
    let (stream, mut wire) = by_hand.connect(port)?.into_parts();
    stream.set_nonblocking(true)?;
    let mut stream = tokio::net::TcpStream::from_std(stream)?;
    println!("{READY}");
    let mut more = vec![0; 4096];
    loop {
        while let Some(message) = wire.message() {
            by_hand.obey(&message, &mut wire)?;
            stream.write_all(&wire.take()).await?;
        }
        match stream.read(&mut more).await? {
            0 => return Err("the broker has gone".into()),
            read => wire.came(&more[..read]),
        }
    }
}

/// What a device does that is written by hand for this one purpose.
struct ByHand {
    who: Who,
    qos: u8,
    state: String,
    outcome: String,
    seq: u64,
}

impl ByHand {
    fn new(who: Who, qos: u8) -> Self {
        Self { who, qos, state: state(who, qos), outcome: format!("device/{}/outcome", who.name()), seq: 0 }
    }

    fn connect(&self, port: u16) -> std::io::Result<Socket> {
        let client = format!("{}-{}", self.who.name(), asset(self.qos));
        Socket::connect(port, &client, &command(self.who, self.qos))
    }

    /// Answers in the order in which outcomes and states are delivered.
    fn obey(&mut self, message: &Message, wire: &mut Wire) -> Result<(), Failure> {
        self.seq += 1;
        let command: Value = serde_json::from_slice(&message.payload)?;
        let mut payload = Vec::with_capacity(128);
        let value = serde_json::to_vec(&command["value"])?;
        let stamp = Stamp { session: 1, seq: self.seq };
        payload::write_state(&mut payload, Timestamp::now(), &value, stamp);
        let outcome = Outcome {
            id: command["id"].as_str().unwrap_or_default().to_owned(),
            status: Status::Applied,
            value: Some(RawValue::from_string(String::from_utf8(value)?)?),
            reason: None,
        };
        wire.publish(&self.outcome, &payload::to_json(&outcome), true);
        wire.publish(&self.state, &payload, self.qos == 1);
        wire.acknowledge(message);
        Ok(())
    }
}
