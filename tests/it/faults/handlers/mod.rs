//! Handlers and the commands that come to them.

mod burst;
mod faulty;
mod unfit;

use std::collections::HashMap;

use edge_runtime::Device;
use edge_runtime::testing::Ledger;
use serde_json::{Value, json};

use super::world::{Result, World, within};

const VENT: &str = "device/GH-1/asset/vent/command";

fn command(id: &str, value: impl Into<Value>) -> String {
    json!({ "id": id, "value": value.into() }).to_string()
}

/// All outcomes by the command's id; each but once.
fn outcomes(ledger: &Ledger) -> HashMap<String, Value> {
    let mut outcomes = HashMap::new();
    for (_, publish) in ledger.publishes().filter(|(_, publish)| publish.topic.ends_with("/outcome")) {
        let outcome: Value = serde_json::from_slice(&publish.payload).unwrap();
        let id = outcome["id"].as_str().unwrap().to_owned();
        assert!(publish.dup || outcomes.insert(id.clone(), outcome).is_none(), "{id} was answered twice");
    }
    outcomes
}

async fn outcome(world: &World, id: &str) -> Result<Value> {
    within(120, world.broker.wait(|ledger| outcomes(ledger).contains_key(id))).await?;
    Ok(world.broker.look(|ledger| outcomes(ledger)[id].clone()))
}

#[derive(Device, Clone, Default)]
#[device(model = "urn:test:valves:1")]
struct Valves {
    #[asset(kind = "actuator")]
    left: u32,
    #[asset(kind = "actuator")]
    right: u32,
}
