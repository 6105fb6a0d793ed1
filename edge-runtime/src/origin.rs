//! Where messages come from: a device's id, its topics, and its session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use edge_proto::DeviceId;
use edge_proto::topic::{self, DeviceStream, Stream};
use tokio::sync::Notify;

use crate::model::DeviceModel;

/// What delivery must know of a device.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) id: DeviceId,
    pub(crate) names: Vec<&'static str>,
    /// The state topic of every asset, by index.
    pub(crate) topics: Vec<Arc<str>>,
    /// For states of several assets.
    pub(crate) states: Arc<str>,
    pub(crate) outcome: Arc<str>,
    pub(crate) presence: Arc<str>,
    session: AtomicU64,
    /// Asks for the whole state to be published again. Notified by the link after a lost session and by
    /// the platform's command; heard by the device's connection task.
    pub(crate) announce: Notify,
}

impl Origin {
    pub(crate) fn new(id: DeviceId, model: &DeviceModel) -> Self {
        let names: Vec<_> = model.assets.iter().map(|asset| asset.name).collect();
        Self {
            topics: names.iter().map(|name| topic::asset(&id, name, Stream::State).into()).collect(),
            states: topic::device(&id, DeviceStream::State).into(),
            outcome: topic::device(&id, DeviceStream::Outcome).into(),
            presence: topic::device(&id, DeviceStream::Presence).into(),
            session: AtomicU64::new(0),
            announce: Notify::new(),
            names,
            id,
        }
    }

    /// The number that the registry handed out; 0 before that, and then nothing is sent.
    pub(crate) fn session(&self) -> u64 {
        self.session.load(Ordering::Relaxed)
    }

    pub(crate) fn open_session(&self, number: u64) {
        self.session.store(number, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        use crate::model::OverwritePolicy;
        let model = DeviceModel {
            urn: "urn:test",
            title: "Test",
            description: "",
            overwrite_assets: OverwritePolicy::Never,
            assets: &[],
        };
        Self::new(DeviceId::new("TEST-1").expect("a name"), &model)
    }
}
