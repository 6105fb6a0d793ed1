//! Whether devices are there. When a connection is lost, so is every device that is on it: its owner's
//! last will speaks for the owner only, so the platform says it for the others.
//!
//! What the platform publishes comes back to it, perhaps behind a birth that was faster. So its own
//! messages are marked, by a space in front of the JSON, and never stored; when one comes back and is no
//! longer true, what is true is published again.

use edge_proto::DeviceId;
use edge_proto::payload::{self, Presence, PresenceStatus};
use edge_proto::topic::{self, DeviceStream};
use tokio::sync::mpsc;

use crate::mqtt::{BUSY_PAUSE, Link};
use crate::platform::Platform;
use crate::store::{Lost, Noted, StoreError};
use crate::task::{Stop, stopped};

const MARK: u8 = b' ';

/// Whether a presence's payload is one of the platform's own messages.
pub(crate) fn is_ours(payload: &[u8]) -> bool {
    payload.first() == Some(&MARK)
}

/// What the platform says of a device in its place.
#[derive(Debug)]
pub(crate) struct Notice {
    device: String,
    presence: Presence,
}

/// Sent by ingest, received by [`run`]. Each notice is a change of one device, so there are hardly more
/// than devices; closed when the platform is dropped.
pub(crate) type Notices = mpsc::UnboundedSender<Notice>;

/// Takes a device's presence into the store, and what follows from it.
pub(crate) async fn take(platform: &Platform, device: &str, presence: &Presence) -> Result<(), StoreError> {
    let noted = platform.store.set_presence(device, presence).await?;
    if noted == Noted::Stored {
        tracing::info!(%device, session = presence.session, "{}", presence.status);
    }
    if presence.status == PresenceStatus::Offline && noted != Noted::Stale {
        lose(platform, device).await?;
    }
    Ok(())
}

/// One of our own messages came back.
pub(crate) async fn check(platform: &Platform, device: &str, presence: &Presence) -> Result<(), StoreError> {
    if presence.status == PresenceStatus::Online {
        return Ok(());
    }
    let known = platform.store.presence(device).await?;
    if let Some(presence) = known.filter(|known| known.status == PresenceStatus::Online) {
        notify(platform, device.to_owned(), presence);
    }
    Ok(())
}

/// The connection of this owner is gone, and with it all that were on it; and on theirs.
async fn lose(platform: &Platform, owner: &str) -> Result<(), StoreError> {
    let mut owners = vec![owner.to_owned()];
    while let Some(owner) = owners.pop() {
        for Lost { sn, session } in platform.store.lose_via(&owner).await? {
            tracing::info!(device = %sn, via = %owner, "offline with the connection that it was on");
            let presence = Presence { status: PresenceStatus::Offline, session, via: Some(owner.clone()) };
            notify(platform, sn.clone(), presence);
            owners.push(sn);
        }
    }
    Ok(())
}

fn notify(platform: &Platform, device: String, presence: Presence) {
    // Nobody receives: the platform stops.
    let _ = platform.notices.send(Notice { device, presence });
}

/// Publishes notices until the platform stops. What waits then is lost: the store has it, and a broker
/// that lives longer keeps an older message.
pub(crate) async fn run(link: Link, mut notices: mpsc::UnboundedReceiver<Notice>, stop: Stop) {
    let publishing = async {
        while let Some(notice) = notices.recv().await {
            publish(&link, notice).await;
        }
    };
    tokio::select! {
        () = stopped(stop) => {}
        () = publishing => {}
    }
}

async fn publish(link: &Link, Notice { device, presence }: Notice) {
    let Ok(device) = DeviceId::new(&device) else { return };
    let mut payload = vec![MARK];
    payload.extend(payload::to_json(&presence));
    let topic = topic::device(&device, DeviceStream::Presence);
    while link.publish_retained(topic.clone(), payload.clone()).is_err() {
        tokio::time::sleep(BUSY_PAUSE).await;
    }
}
