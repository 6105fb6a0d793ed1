//! AllThingsTalk: our devices against its protocol, and its devices against our platform.

mod anywhere;
mod clients;
mod faults;
mod hosted;
mod promises;
mod python;
mod tls;

use edge_platform::Embedded;
use edge_runtime::Platform;
use edge_tests::Observer;

/// A platform on which devices come into being when they first call.
async fn cloud() -> Embedded {
    Embedded::start_with(|config| config.auto_create = true).await.unwrap()
}

fn platform(cloud: &Embedded) -> Platform {
    let builder = Platform::allthingstalk("any").http(cloud.http_url()).mqtt(cloud.mqtt_url());
    builder.build().unwrap()
}

/// Somebody else at its broker.
async fn observer(cloud: &Embedded) -> Observer {
    Observer::connect(cloud.mqtt(), None).await
}
