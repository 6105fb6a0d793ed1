//! The devices that are commanded: a process of its own for each. Ours has a handler; the other one has a socket,
//! reads the JSON, and answers with outcome, state and acknowledgement in one write.

use edge_proto::payload::{self, Outcome, Stamp, Status};
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Change, Device, HandlerResult};
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;

use super::socket::Socket;
use super::{Failure, OURS, RAW, Who, asset, command, state};

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
    if who == RAW {
        return raw(port, qos);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let platform = MemoryPlatform::new().with_broker(&format!("mqtt://127.0.0.1:{port}"))?;
        let vents = Vents { vent_0: 0.0, vent_1: 0.0 };
        let _device = platform.device(OURS, vents).handler(Obedient).connect().await?;
        println!("{READY}");
        std::future::pending().await
    })
}

fn raw(port: u16, qos: u8) -> Result<(), Failure> {
    let (command, state) = (command(Who::Raw, qos), state(Who::Raw, qos));
    let outcome_topic = format!("device/{RAW}/outcome");
    let mut socket = Socket::connect(port, &format!("{RAW}-{}", asset(qos)), &command)?;
    println!("{READY}");
    for seq in 1.. {
        let message = socket.message()?;
        let command: Value = serde_json::from_slice(&message.payload)?;
        let mut payload = Vec::with_capacity(128);
        let value = serde_json::to_vec(&command["value"])?;
        payload::write_state(&mut payload, Timestamp::now(), &value, Stamp { session: 1, seq });
        let outcome = Outcome {
            id: command["id"].as_str().unwrap_or_default().to_owned(),
            status: Status::Applied,
            value: Some(RawValue::from_string(String::from_utf8(value)?)?),
            reason: None,
        };
        // In the order in which outcomes and states are delivered.
        socket.publish(&outcome_topic, &payload::to_json(&outcome), true);
        socket.publish(&state, &payload, qos == 1);
        socket.acknowledge(&message);
        socket.flush()?;
    }
    Ok(())
}
