//! Commands that come before their device is there.

use std::time::Duration;

use edge_runtime::Host;
use edge_runtime::testing::MemoryPlatform;
use edge_tests::TestResult;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::motor::{Driver, Motor, MotorDevice, Notes, start};

const HOST: &str = "GATEWAY-1";

/// A program that dies at the end: the broker keeps its session, and what comes for it.
fn first_life(memory: &MemoryPlatform) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let host = Host::new(&memory.platform(), HOST)?;
        for sn in ["M-1", "M-2"] {
            add(&host, sn, &Notes::default()).await?;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    drop(runtime);
    Ok(())
}

async fn add(host: &Host, sn: &str, notes: &Notes) -> Result<MotorDevice, edge_runtime::ConnectError> {
    host.device(sn, Motor::new()).handler(Driver(notes.clone())).connect().await
}

#[test]
fn v55_a_command_waits_for_a_device_that_starts_a_little_later() -> TestResult {
    let memory = MemoryPlatform::new();
    first_life(&memory)?;
    memory.publish("device/M-2/asset/speed/command", r#"{"id":"a","value":40}"#);
    Runtime::new()?.block_on(async {
        let host = Host::new(&memory.platform(), HOST)?;
        let (one, two) = (Notes::default(), Notes::default());
        let first = add(&host, "M-1", &one).await?;
        // It has come, and neither been handled nor acknowledged: what comes behind it is.
        memory.publish("device/M-1/asset/speed/command", r#"{"id":"b","value":30}"#);
        memory.message(|message| message.topic == "device/M-1/outcome").await;
        assert_eq!((memory.acknowledged(), first.speed()), (0, 30));
        let second = add(&host, "M-2", &two).await?;
        let outcome = memory.message(|message| message.topic == "device/M-2/outcome").await;
        let outcome: Value = serde_json::from_slice(&outcome.payload)?;
        assert_eq!(outcome, json!({ "id": "a", "status": "applied", "value": 40 }));
        assert_eq!((second.speed(), two.take()[0].as_str()), (40, "speed 0->40, is 0"));
        host.close().await?;
        assert_eq!(memory.acknowledged(), 2);
        Ok(())
    })
}

#[test]
fn v55_a_command_for_a_device_that_does_not_come_is_let_go() -> TestResult {
    let memory = MemoryPlatform::new();
    first_life(&memory)?;
    memory.publish("device/M-2/asset/speed/command", r#"{"id":"a","value":40}"#);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async {
        let host = Host::new(&memory.platform(), HOST)?;
        let first = add(&host, "M-1", &Notes::default()).await?;
        assert_eq!(memory.acknowledged(), 0);
        tokio::time::sleep(Duration::from_secs(11)).await;
        assert_eq!(memory.acknowledged(), 1);
        // From now on nothing waits.
        memory.publish("device/M-2/asset/speed/command", r#"{"id":"b","value":40}"#);
        memory.publish("device/M-1/asset/speed/command", r#"{"id":"c","value":30}"#);
        memory.message(|message| message.topic == "device/M-1/outcome").await;
        host.close().await?;
        assert_eq!((memory.acknowledged(), first.speed()), (3, 30));
        Ok(())
    })
}

#[test]
fn v55_a_device_of_its_own_has_its_handler_before_its_commands() -> TestResult {
    let memory = MemoryPlatform::new();
    let runtime = Runtime::new()?;
    runtime.block_on(start(&memory.platform(), &Notes::default()))?;
    drop(runtime);
    memory.publish("device/M-1/asset/speed/command", r#"{"id":"a","value":40}"#);
    Runtime::new()?.block_on(async {
        let device = start(&memory.platform(), &Notes::default()).await?;
        memory.message(|message| message.topic == "device/M-1/outcome").await;
        assert_eq!(device.speed(), 40);
        Ok(device.close().await?)
    })
}
