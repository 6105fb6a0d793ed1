//! Types of the user's own as values: what they do wrong is an outcome, and not the end of commands.

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{AssetValue, Change, Device, HandlerResult, Profile, Refusal, Value};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Superstitious(u8);

impl AssetValue for Superstitious {
    fn profile() -> Profile {
        u8::profile()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(json: Value) -> std::result::Result<Self, Refusal> {
        assert_ne!(json, 13, "never");
        u8::decode(json).map(Self)
    }
}

#[derive(Device, Clone)]
struct Lift {
    #[asset(kind = "actuator")]
    floor: Superstitious,
}

struct Motor;

impl LiftHandler for Motor {
    async fn on_floor(
        &mut self,
        _: &LiftDevice,
        change: Change<Superstitious>,
    ) -> HandlerResult<Superstitious> {
        Ok(change.value)
    }
}

#[tokio::test]
async fn a_value_that_panics_is_an_outcome_and_commands_go_on() -> Result {
    let memory = MemoryPlatform::new();
    let lift = memory.platform().device("LIFT-1", Lift { floor: Superstitious(0) }).handler(Motor);
    let lift = lift.connect().await?;
    for (id, floor) in [("a", 13), ("b", 14)] {
        let command = format!(r#"{{"id":"{id}","value":{floor}}}"#);
        memory.publish("device/LIFT-1/asset/floor/command", command);
    }
    let of = |id: &str| {
        let id = format!("\"id\":\"{id}\"");
        memory.message(move |message| message.topic.ends_with("/outcome") && message.text().contains(&id))
    };
    assert!(of("a").await.text().contains("\"failed\""));
    assert!(of("b").await.text().contains("\"applied\""));
    assert_eq!(lift.floor(), Superstitious(14));
    lift.close().await?;
    Ok(())
}
