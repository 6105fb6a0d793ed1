//! Many devices of many types on one connection.

use std::sync::Arc;
use std::time::Duration;

use edge_proto::model::ModelError;
use edge_proto::{DeviceId, ModelDocument};
use futures_util::future::join_all;

use crate::device::{Attachment, Device, DeviceBuilder, Dynamic, DynamicError};
use crate::ending::{CloseError, Ending};
use crate::hub::Hub;
use crate::platform::Platform;

/// How long closing waits for the goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A gateway: independent devices, of whatever types, that share one connection to the broker and one
/// outbox. When the connection dies, so do they: the platform takes them all for offline. Cheap to clone.
///
/// Its token must be good for all of them.
///
/// ```
/// # use edge_runtime::{Device, Host};
/// # #[derive(Device, Clone)]
/// # struct Thermometer { #[asset(kind = "sensor")] temperature: f64 }
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # let platform = edge_runtime::testing::MemoryPlatform::new().platform();
/// let host = Host::new(&platform, "GATEWAY-7")?;
/// let cellar = host.device("T-1", Thermometer { temperature: 12.0 }).connect().await?;
/// let attic = host.device("T-2", Thermometer { temperature: 31.0 }).connect().await?;
/// cellar.set_temperature(12.5).await?;
/// host.close().await?;
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Host {
    platform: Platform,
    hub: Arc<Hub>,
    closing: Arc<Ending>,
}

impl Host {
    /// A host with a name of its own, as unique at the broker as the serial numbers of devices. Connects
    /// with its first device.
    ///
    /// # Errors
    /// When the name is none: letters, digits, `_`, `-`, 1 to 64 bytes.
    pub fn new(platform: &Platform, name: &str) -> Result<Self, ModelError> {
        let name = DeviceId::new(name).map_err(ModelError::SerialNumber)?;
        Ok(Self { platform: platform.clone(), hub: Hub::new(name, platform), closing: Arc::default() })
    }

    /// Prepares a device, as [`Platform::device`] does, on this host's connection.
    pub fn device<D: Device>(&self, sn: impl Into<String>, first: D) -> DeviceBuilder<D> {
        let attachment = Attachment::Host(Arc::clone(&self.hub));
        DeviceBuilder::new(self.platform.clone(), sn.into(), first, attachment)
    }

    /// Prepares a device without a struct, as [`Platform::dynamic_device`] does, on this host's connection.
    ///
    /// # Errors
    /// When the document makes no device.
    pub fn dynamic_device(
        &self,
        sn: impl Into<String>,
        model: &ModelDocument,
    ) -> Result<DeviceBuilder<Dynamic>, DynamicError> {
        let attachment = Attachment::Host(Arc::clone(&self.hub));
        DeviceBuilder::dynamic(self.platform.clone(), sn.into(), model, attachment)
    }

    /// How many devices are on the connection, children included.
    pub fn len(&self) -> usize {
        self.hub.members().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is a connection.
    pub fn is_online(&self) -> bool {
        self.hub.is_online()
    }

    /// Closes all devices, each as [`DeviceHandle::close`](crate::DeviceHandle::close) does, then the
    /// connection, which has 5 s for its goodbye. No device can be started on this host any more. Called again, it
    /// waits for the same end. May be called where there is no runtime.
    ///
    /// # Errors
    /// When messages were not acknowledged in time: they are lost. Of a device that somebody else closes at the same time only
    /// they are told. When the runtime where the devices were started has ended.
    ///
    /// # Cancel safety
    /// Cancel safe: closing goes on, devices and connection.
    pub async fn close(&self) -> Result<(), CloseError> {
        let hub = Arc::clone(&self.hub);
        let at_once = move |ended| {
            hub.close_door().into_iter().for_each(|device| device.abort(ended));
            hub.abort();
        };
        if let Some(ender) = self.closing.begin(at_once) {
            let hub = Arc::clone(&self.hub);
            let closing = async move {
                let devices = hub.close_door();
                join_all(devices.iter().map(|device| Arc::clone(device).close())).await;
                hub.close(CLOSE_TIMEOUT).await;
                // What children have lost their parents may have told, of which it is told here.
                ender.end(CloseError::together(devices.iter().map(|device| device.take_untold())));
            };
            self.hub.run(closing).await;
        }
        self.closing.wait().await
    }
}
