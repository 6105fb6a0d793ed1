//! A dock with a drone, as devices that are parts of another are declared.

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Change, ConnectError, Device, HandlerOf, HandlerResult};

/// A drone.
#[derive(Device, Clone, Debug, PartialEq)]
#[device(model = "urn:test:drone:1", asset_type = "aircraft", vendor = "DJI", overwrite_assets = true)]
pub(crate) struct Drone {
    /// Charge
    #[asset(kind = "sensor", unit = "%", max = 100)]
    pub(crate) battery: u8,
    /// Camera tilt
    #[asset(kind = "actuator", unit = "°", min = -90, max = 30)]
    pub(crate) tilt: i8,
}

/// Where the drone lives.
#[derive(Device, Clone, Debug, PartialEq)]
#[device(model = "urn:test:dock:1", asset_type = "dock", vendor = "DJI")]
pub(crate) struct Dock {
    /// Whether the cover is open
    #[asset(kind = "actuator")]
    pub(crate) cover: bool,
    #[device(child)]
    pub(crate) drone: Drone,
}

pub(crate) const DOCK: &str = "DOCK-1";
pub(crate) const DRONE: &str = "DOCK-1-drone";

pub(crate) fn drone() -> Drone {
    Drone { battery: 80, tilt: 0 }
}

pub(crate) fn dock() -> Dock {
    Dock { cover: false, drone: drone() }
}

/// Tilts as far as it goes.
pub(crate) struct Gimbal(pub(crate) i8);

impl DroneHandler for Gimbal {
    async fn on_tilt(&mut self, _: &DroneDevice, change: Change<i8>) -> HandlerResult<i8> {
        Ok(change.value.max(self.0))
    }
}

pub(crate) struct Garage;

impl DockHandler for Garage {
    async fn on_cover(&mut self, device: &DockDevice, change: Change<bool>) -> HandlerResult<bool> {
        if !change.value && device.drone().battery() == 0 {
            return Err("the drone is not in".into());
        }
        Ok(change.value)
    }

    fn drone(&mut self) -> impl HandlerOf<Drone> {
        Gimbal(-60)
    }
}

pub(crate) async fn start(memory: &MemoryPlatform) -> Result<DockDevice, ConnectError> {
    memory.platform().device(DOCK, dock()).handler(Garage).connect().await
}
