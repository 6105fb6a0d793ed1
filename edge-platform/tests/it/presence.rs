//! Devices on one connection: when it is lost, all of them are offline, whoever asks.

use edge_platform::{Config, Embedded, Server};
use rumqttc::{LastWill, QoS};
use serde_json::{Value, json};

use crate::device::Device;
use crate::support::{get, greenhouse, register, until};

const WILL: &str = r#"{"status":"offline","session":1}"#;

fn will(owner: &str) -> LastWill {
    LastWill::new(format!("device/{owner}/presence"), WILL, QoS::AtLeastOnce, true)
}

async fn presence(server: &Server, sn: &str) -> Value {
    get(server.http(), &format!("/device/{sn}")).await.1["presence"].clone()
}

async fn is(server: &Server, sn: &str, status: &str) {
    until(async || presence(server, sn).await == json!(status)).await;
}

async fn online(device: &mut Device, sn: &str, via: Option<&str>) {
    let mut payload = json!({"status": "online", "session": 1});
    if let Some(via) = via {
        payload["via"] = json!(via);
    }
    device.publish_retained(&format!("device/{sn}/presence"), payload.to_string()).await;
}

/// The next presence of that device which the observer hears.
async fn heard(observer: &mut Device, sn: &str) -> Value {
    loop {
        let (topic, payload, _) = observer.message().await;
        if topic == format!("device/{sn}/presence") {
            return payload;
        }
    }
}

async fn check(owner: &str, is_registered: bool) {
    let platform = Embedded::start().await.unwrap();
    for sn in ["DRONE-1", "DRONE-2", "DRONE-3"] {
        register(platform.grpc(), &greenhouse(sn)).await;
    }
    if is_registered {
        register(platform.grpc(), &greenhouse(owner)).await;
    }
    let mut carrier = Device::connect(platform.mqtt(), None, Some(will(owner))).await.unwrap();
    let mut other = Device::connect(platform.mqtt(), None, None).await.unwrap();
    online(&mut carrier, owner, None).await;
    online(&mut carrier, "DRONE-1", Some(owner)).await;
    online(&mut carrier, "DRONE-2", Some(owner)).await;
    online(&mut other, "DRONE-3", None).await;
    for sn in ["DRONE-1", "DRONE-2", "DRONE-3"] {
        is(&platform, sn, "online").await;
    }
    drop(carrier);
    is(&platform, "DRONE-1", "offline").await;
    is(&platform, "DRONE-2", "offline").await;
    assert_eq!(presence(&platform, "DRONE-3").await, json!("online"));
    // Retained: also for those who come later.
    let mut observer = Device::connect(platform.mqtt(), None, None).await.unwrap();
    let offline = json!({"status": "offline", "session": 1, "via": owner});
    for sn in ["DRONE-1", "DRONE-2"] {
        // It may still be on its way.
        assert!(observer.subscribe(&format!("device/{sn}/presence")).await);
        while heard(&mut observer, sn).await != offline {}
    }
    platform.close().await;
}

#[tokio::test]
async fn a_parents_lost_connection_takes_its_children_along() {
    check("DOCK-1", true).await;
}

#[tokio::test]
async fn a_hosts_lost_connection_takes_its_devices_along() {
    check("host-1", false).await;
}

/// A will of a session that is over says nothing of the devices of the next one.
#[tokio::test]
async fn a_late_will_of_a_registered_owner_takes_nobody_along() {
    let platform = Embedded::start().await.unwrap();
    for sn in ["DOCK-1", "DRONE-1"] {
        register(platform.grpc(), &greenhouse(sn)).await;
    }
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    device.publish("device/DOCK-1/presence", r#"{"status":"online","session":2}"#).await;
    online(&mut device, "DRONE-1", Some("DOCK-1")).await;
    is(&platform, "DRONE-1", "online").await;
    device.publish("device/DOCK-1/presence", WILL).await;
    device.publish("device/DOCK-1/asset/temperature/state", "1").await;
    until(async || platform.state("DOCK-1", "temperature").await.unwrap().is_some()).await;
    // States are stored before presences, so one more round.
    device.publish("device/DOCK-1/asset/temperature/state", "2").await;
    until(async || platform.counts().stored == 2).await;
    assert_eq!(presence(&platform, "DRONE-1").await, json!("online"));
    platform.close().await;
}

/// A connection that takes the place of a half-open one is announced while the platform still says of
/// the old one that it is gone.
#[tokio::test]
async fn a_birth_that_overtakes_the_platforms_word_is_the_last_word() {
    let broker = Embedded::start().await.unwrap();
    let mut config = Config::default();
    config.broker = Some(format!("mqtt://{}", broker.mqtt()).parse().unwrap());
    let server = Server::start(config).await.unwrap();
    register(server.grpc(), &greenhouse("DRONE-1")).await;
    let mut device = Device::connect(broker.mqtt(), None, None).await.unwrap();
    let mut observer = Device::connect(broker.mqtt(), None, None).await.unwrap();
    online(&mut device, "DRONE-1", Some("host-1")).await;
    is(&server, "DRONE-1", "online").await;
    assert!(observer.subscribe("device/DRONE-1/presence").await);
    let birth = json!({"status": "online", "session": 1, "via": "host-1"});
    assert_eq!(heard(&mut observer, "DRONE-1").await, birth);
    for _ in 0..20 {
        device.publish_unawaited("device/host-1/presence", WILL);
        online(&mut device, "DRONE-1", Some("host-1")).await;
    }
    // Whatever the order was: in the end everybody knows.
    let mut last = Value::Null;
    until(async || {
        while let Some(payload) = observer.try_message() {
            last = payload;
        }
        last == birth && presence(&server, "DRONE-1").await == json!("online")
    })
    .await;
    server.close().await;
    broker.close().await;
}
