//! AllThingsTalk: our devices against its protocol, and its devices against our platform.

mod anywhere;
mod clients;
mod faults;
mod hosted;
mod promises;
mod python;
mod tls;

use std::time::Duration;

use edge_platform::Embedded;
use edge_runtime::Platform;
use edge_runtime::allthingstalk::{BaseClient as _, Client};
use edge_tests::Observer;

/// A platform on which devices come into being when they first call.
async fn cloud() -> Embedded {
    Embedded::start_with(|config| config.auto_create = true).await.unwrap()
}

fn platform(cloud: &Embedded) -> Platform {
    let builder = Platform::allthingstalk("any").http(cloud.http_url()).mqtt(cloud.mqtt_url());
    builder.build().unwrap()
}

/// Waits until an asset's state is the one that was commanded.
async fn followed(client: &Client, device: &str, asset: &str, value: &str) {
    let is_there = async {
        loop {
            match client.get_asset_state(device, asset).await {
                Ok(state) if state.value.get() == value => return,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), is_there).await.expect("the state follows");
}

/// Somebody else at its broker.
async fn observer(cloud: &Embedded) -> Observer {
    Observer::connect(cloud.mqtt(), None).await
}
