//! Asks devices for their whole state whenever we are connected again: messages may have been missed.
//! A broker that lost our session sent them to nobody, and one that kept it has a limit on what it
//! keeps.

use std::sync::Arc;

use edge_proto::DeviceId;
use edge_proto::payload::ANNOUNCE;
use edge_proto::topic::{self, DeviceStream};

use crate::mqtt::{BUSY_PAUSE, Link};
use crate::platform::Platform;
use crate::store::Scope;
use crate::task::{Stop, stopped};

/// Runs until the platform stops.
pub(crate) async fn run(platform: Arc<Platform>, stop: Stop) {
    tokio::select! {
        () = stopped(stop) => {}
        // Stopped wherever it is: a link that has ended takes nothing, however long it is asked.
        () = ask_after_every_connection(&platform) => {}
    }
}

async fn ask_after_every_connection(platform: &Platform) {
    let mut states = platform.link.states();
    loop {
        Link::connected(&mut states).await;
        ask(platform).await;
    }
}

/// Asks all registered devices; those that are not there have nothing to say.
async fn ask(platform: &Platform) {
    let devices = match platform.store.devices(Scope::All).await {
        Ok(devices) => devices,
        Err(error) => return tracing::error!(%error, "cannot ask the devices for their states"),
    };
    for id in devices.iter().filter_map(|record| DeviceId::new(&record.device.sn).ok()) {
        while platform.link.publish(topic::device(&id, DeviceStream::Command), ANNOUNCE.to_vec()).is_err() {
            tokio::time::sleep(BUSY_PAUSE).await;
        }
    }
}
