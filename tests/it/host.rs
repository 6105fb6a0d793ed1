//! Many devices of many types on one connection.

use edge_runtime::testing::{MemoryPlatform, Message};
use edge_runtime::{ConnectError, Device, Host};
use edge_tests::TestResult;

use crate::fleet::{Gimbal, drone};

#[derive(Device, Clone)]
#[device(model = "urn:test:meter:1")]
struct Meter {
    #[asset(kind = "sensor", unit = "kWh")]
    total: f64,
}

fn presence(device: &'static str, status: &'static str) -> impl Fn(&Message) -> bool {
    move |message| message.topic == format!("device/{device}/presence") && message.text().contains(status)
}

#[tokio::test]
async fn devices_of_different_types_share_a_connection() -> TestResult {
    let memory = MemoryPlatform::new();
    let host = Host::new(&memory.platform(), "GATEWAY-1")?;
    let meter = host.device("M-1", Meter { total: 1.0 }).connect().await?;
    let drone = host.device("D-1", drone()).handler(Gimbal(-5)).connect().await?;
    assert_eq!((memory.connections(), host.len()), (1, 2));
    meter.set_total(2.0).await?.delivered().await?;
    memory.publish("device/D-1/asset/tilt/command", r#"{"id":"1","value":-9}"#);
    let outcome = memory.message(|message| message.topic == "device/D-1/outcome").await;
    assert_eq!(outcome.text(), r#"{"id":"1","status":"applied","value":-5}"#);

    meter.close().await?;
    memory.message(presence("M-1", "offline")).await;
    assert_eq!((host.len(), meter.is_online(), drone.is_online()), (1, false, true));
    drone.set_battery(9).await?.delivered().await?;
    let meter = host.device("M-1", Meter { total: 3.0 }).connect().await?;
    assert_eq!(meter.session(), 2);

    host.close().await?;
    assert!(host.is_empty() && meter.set_total(4.0).await.is_err());
    memory.message(presence("D-1", "offline")).await;
    Ok(())
}

#[tokio::test]
async fn the_hosts_death_is_its_wills_and_every_presence_names_it() -> TestResult {
    let memory = MemoryPlatform::new();
    let host = Host::new(&memory.platform(), "GATEWAY-1")?;
    let _meter = host.device("M-1", Meter { total: 1.0 }).connect().await?;
    let birth = memory.message(presence("M-1", "online")).await;
    assert!(birth.text().contains(r#""via":"GATEWAY-1""#), "{}", birth.text());
    memory.cut();
    let will = memory.message(presence("GATEWAY-1", "offline")).await;
    assert_eq!(will.text(), r#"{"status":"offline","session":0}"#);
    Ok(())
}

#[tokio::test]
async fn a_serial_number_is_on_a_connection_once() -> TestResult {
    let memory = MemoryPlatform::new();
    let host = Host::new(&memory.platform(), "GATEWAY-1")?;
    let meter = host.device("M-1", Meter { total: 1.0 }).connect().await?;
    for sn in ["M-1", "GATEWAY-1"] {
        let error = host.device(sn, Meter { total: 1.0 }).connect().await.unwrap_err();
        assert!(matches!(&error, ConnectError::Duplicate { device } if device == sn), "{error}");
    }
    meter.set_total(2.0).await?.delivered().await?;
    assert!(Host::new(&memory.platform(), "a/b").is_err());
    host.close().await?;
    let late = host.device("M-2", Meter { total: 1.0 }).connect().await;
    assert!(late.is_err(), "a closed host starts nothing");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_devices_come_back_after_a_lost_connection_and_lose_nothing() -> TestResult {
    const DEVICES: usize = 200;
    let memory = MemoryPlatform::new();
    let host = Host::new(&memory.platform(), "GATEWAY-1")?;
    let mut meters = Vec::new();
    for index in 0..DEVICES {
        meters.push(host.device(format!("M-{index}"), Meter { total: 0.0 }).connect().await?);
    }
    memory.withhold_acknowledgements(true);
    for (index, meter) in meters.iter().enumerate() {
        meter.set_total(index as f64).await?;
    }
    memory.cut();
    memory.withhold_acknowledgements(false);
    for meter in &meters {
        meter.set_total(meter.total() + 1.0).await?.delivered().await?;
    }
    for (index, meter) in meters.iter().enumerate() {
        let state = memory.state(meter.id().as_str(), "total");
        assert_eq!(state, Some(serde_json::json!(index as f64 + 1.0)), "{index}");
        assert!(meter.is_online());
    }
    host.close().await?;
    assert_eq!(memory.connections(), 2);
    Ok(())
}
