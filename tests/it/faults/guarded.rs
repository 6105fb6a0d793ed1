//! A real broker with the list of who may hear whom that is in `docs/broker.md`.

use std::time::Duration;

use edge_platform::{Config, Server};
use edge_runtime::Platform;
use edge_tests::{Http, Mosquitto};
use serde_json::json;

use super::intruder::{Intruder, LISTENS, OTHER, PASSWORD, STATE};
use super::world::{Result, within};
use crate::model::{Driver, Greenhouse, SN};

const PAGE: &str = include_str!("../../../docs/broker.md");
const PLATFORM: &str = "platform";

/// What is on the page in a block of this kind.
fn block(kind: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{kind}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[tokio::test]
async fn s06_at_a_real_broker_with_our_list_a_device_neither_hears_another_nor_speaks_for_it() -> Result {
    let users = [PLATFORM, SN, OTHER];
    let broker = Mosquitto::start_guarded(block("text"), block("acl"), &users, PASSWORD).await;
    let Some(broker) = broker else { return Ok(()) };
    let url = |user: &str| format!("mqtt://{user}:{PASSWORD}@{}", broker.address());
    let mut config = Config::default();
    config.broker = Some(url(PLATFORM).parse()?);
    let server = Server::start(config).await?;
    let platform = Platform::at(server.connector_url(), url(OTHER)).build()?;
    let other = platform.device(OTHER, Greenhouse::new()).handler(Driver).connect().await?;
    // What is set first is heard by the platform only: by whoever else is there, and by whoever comes later.
    other.set_temperature(33.0).await?.delivered().await?;

    // Whatever it calls itself, it is who it is.
    let mut intruder = Intruder::connect(broker.address(), "edge-GH-2", SN).await;
    intruder.speak_for_others().await;

    // It asks for all, and is let: nothing but the list is between them. All on one connection: its session is not kept.
    let all = async {
        let mut granted = 0;
        while granted < LISTENS.len() {
            granted = if intruder.subscribe(LISTENS[granted]).await { granted + 1 } else { 0 };
        }
    };
    within(60, all).await?;

    // What the other one says and hears meanwhile is its own, on the connection that it had.
    let applied = server.send_command(OTHER, "vent", json!(40), Duration::from_secs(20)).await?;
    assert_eq!(applied.status.to_string(), "applied");
    other.set_humidity(44.0).await?.delivered().await?;
    let http = Http::new(server.http_url());
    http.wait_for_state(OTHER, "humidity", |value| *value == 44.0).await;
    http.wait_for_state(OTHER, "temperature", |value| *value == 33.0).await;
    let stats = other.stats();
    assert_eq!((other.vent(), stats.applied, stats.rejected, stats.disconnects), (40, 1, 0, 0));
    let (_, told) = http.get("/device/GH-2").await?;
    assert!(told.to_string().contains("online"), "{told}");

    // It hears its own, and has heard nothing but.
    intruder.publish("device/GH-1/asset/temperature/state", STATE, false).await;
    let heard = within(30, intruder.heard("device/GH-1/asset/temperature/state")).await?;
    println!("S06, a real broker: heard {heard:?}");
    assert!(heard.iter().all(|topic| topic.starts_with("device/GH-1/")), "{heard:?}");
    within(10, other.close()).await??;
    within(60, server.close()).await?;
    Ok(())
}
