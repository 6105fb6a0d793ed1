//! `#[device(child)]` on a field: a device that is part of another. The table is [one page up](super).
//!
//! A field with `#[device(child)]` is a device that is part of this one, and always there. Its type is
//! another device's struct. It has its own assets, handler, presence and serial number; it is registered
//! as a part of its parent, runs on the connection of its parent, and starts and closes with it. The
//! structs hold it as well: `update` changes parent and children in one transaction, `snapshot` is of all.
//!
//! The serial number of a child is `{parent's}-{name}`, unless the builder is given another with
//! [`child_sn`](crate::DeviceBuilder::child_sn). Its handler comes from the handler of its parent, which
//! is asked once, when the device starts; for a child that has nothing to command it is
//! [`NoHandler`](crate::NoHandler). A device needs no handler if neither it nor its children have an
//! actuator. Devices that come and go are not declared: they are added while the parent runs, with
//! [`add_child`](crate::DeviceHandle::add_child).
//!
//! ```
//! use edge_runtime::{Change, Device, HandlerOf, HandlerResult};
//! # use edge_runtime::testing::MemoryPlatform;
//!
//! #[derive(Device, Clone)]
//! #[device(model = "urn:example:dock:1", asset_type = "dock", vendor = "DJI")]
//! struct Dock {
//!     #[asset(kind = "actuator")]
//!     cover: bool,
//!     /// The drone that lives in it
//!     #[device(child)]
//!     drone: Drone,
//! }
//!
//! #[derive(Device, Clone)]
//! #[device(asset_type = "aircraft")]
//! struct Drone {
//!     #[asset(kind = "actuator")]
//!     light: bool,
//!     #[asset(kind = "sensor", unit = "%", max = 100)]
//!     battery: u8,
//! }
//!
//! struct DockDriver;
//! struct DroneDriver;
//!
//! impl DockHandler for DockDriver {
//!     async fn on_cover(&mut self, dock: &DockDevice, change: Change<bool>) -> HandlerResult<bool> {
//!         dock.drone().set_light(change.value).await?;
//!         Ok(change.value)
//!     }
//!
//!     fn drone(&mut self) -> impl HandlerOf<Drone> {
//!         DroneDriver
//!     }
//! }
//!
//! impl DroneHandler for DroneDriver {
//!     async fn on_light(&mut self, _: &DroneDevice, change: Change<bool>) -> HandlerResult<bool> {
//!         Ok(change.value)
//!     }
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let platform = MemoryPlatform::new().platform();
//! let first = Dock { cover: false, drone: Drone { light: false, battery: 80 } };
//! let dock = platform.device("DOCK-1", first.clone()).handler(DockDriver).connect().await?;
//! assert_eq!(dock.drone().id().as_str(), "DOCK-1-drone");
//! dock.update(|dock| { dock.cover = true; dock.drone.battery = 79 }).await?;
//! assert_eq!(dock.drone().battery(), 79);
//!
//! let builder = platform.device("DOCK-2", first).child_sn("drone", "DRONE-1").handler(DockDriver);
//! let other = builder.connect().await?;
//! assert_eq!(other.drone().id().as_str(), "DRONE-1");
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(run()).unwrap();
//! ```
//!
//! `name`: how the child is called in its parent, and at the end of its serial number.
//!
//! ```
//! # use edge_runtime::Device;
//! # #[derive(Device, Clone)]
//! # struct Drone { #[asset] battery: u8 }
//! #[derive(Device, Clone)]
//! struct Dock {
//!     #[device(child, name = "aircraft")]
//!     drone: Drone,
//! }
//! assert_eq!(Dock::MODEL.children[0].name, "aircraft");
//! ```
