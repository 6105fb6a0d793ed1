//! Child devices: a dock with its drone, as a user writes them, and all ways to handle them.
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, rust_2018_idioms)]
#![deny(single_use_lifetimes, trivial_bounds, unused_lifetimes)]
#![deny(clippy::pedantic)]
#![forbid(unsafe_code)]

use edge_runtime::{Change, ConnectError, Device, HandlerOf, HandlerResult, NoHandler, Platform};

/// A dock.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:dock:1", asset_type = "dock", vendor = "DJI")]
pub struct Dock {
    /// Whether the cover is open
    #[asset(kind = "actuator")]
    cover: bool,
    /// The drone that lives in it
    #[device(child)]
    pub drone: Drone,
}

/// A drone.
#[derive(Device, Clone, Debug)]
#[device(asset_type = "aircraft")]
pub struct Drone {
    #[asset(kind = "actuator")]
    light: bool,
    #[device(child, name = "camera")]
    eye: Camera,
}

/// Nothing to command.
#[derive(Device, Clone, Debug)]
pub struct Camera {
    #[asset]
    zoom: u8,
}

/// Nothing to command but its children.
#[derive(Device, Clone, Debug)]
#[device(rename_all = "kebab-case")]
pub struct Site {
    #[asset(kind = "config")]
    period: u32,
    #[device(child)]
    main_dock: Dock,
    #[device(child)]
    r#match: Camera,
}

/// Nothing to command at all.
#[derive(Device, Clone, Debug)]
struct Mast {
    #[asset(kind = "config")]
    period: u32,
    #[device(child)]
    left: Camera,
    #[device(child)]
    right: Camera,
}

/// Nothing but a child.
#[derive(Device, Clone, Debug)]
struct Frame {
    #[device(child)]
    mast: Mast,
}

trait Servo: Send + 'static {}

struct Driver<S>(S);

impl<S: Servo> DockHandler for Driver<S> {
    async fn on_cover(&mut self, dock: &DockDevice, change: Change<bool>) -> HandlerResult<bool> {
        Ok(change.value && dock.drone().light())
    }

    fn drone(&mut self) -> impl HandlerOf<Drone> {
        Light
    }
}

struct Light;

impl DroneHandler for Light {
    async fn on_light(&mut self, drone: &DroneDevice, change: Change<bool>) -> HandlerResult<bool> {
        drone.eye().set_zoom(1).await?;
        Ok(change.value)
    }

    fn eye(&mut self) -> impl HandlerOf<Camera> {
        NoHandler
    }
}

impl Servo for u8 {}

// For a type of nobody's, although `NoHandler` may do as well for a device without actuators.
impl SiteHandler for () {
    fn main_dock(&mut self) -> impl HandlerOf<Dock> {
        Driver(5)
    }

    fn r#match(&mut self) -> impl HandlerOf<Camera> {
        NoHandler
    }
}

async fn run(platform: Platform) -> Result<u8, ConnectError> {
    let camera = Camera { zoom: 1 };
    let dock = Dock { cover: false, drone: Drone { light: false, eye: camera.clone() } };
    let mast = Mast { period: 1, left: camera.clone(), right: camera.clone() };
    let site = Site { period: 1, main_dock: dock.clone(), r#match: camera };
    let frame = platform.device("F-1", Frame { mast }).connect().await?;
    let dock = platform.device("D-1", dock).handler(Driver(5)).connect().await?;
    let site = platform.device("S-1", site).handler(()).connect().await?;
    let dock: DockDevice = if dock.cover() { dock } else { site.main_dock() };
    assert_eq!(dock.drone().eye().id().as_str(), "S-1-main-dock-drone-camera");
    let sum = frame.mast().left().zoom() + frame.mast().right().zoom() + site.r#match().zoom();
    Ok(dock.drone().eye().zoom() + sum)
}

pub(crate) fn main() {
    let names: Vec<_> = Site::MODEL.children.iter().map(|child| child.name).collect();
    assert_eq!(names, ["main-dock", "match"]);
    let dock = Site::MODEL.children[0].model;
    assert_eq!((dock.urn, dock.asset_type.as_str(), dock.vendor), ("urn:example:dock:1", "dock", "DJI"));
    assert_eq!(dock.children[0].model.children[0].name, "camera");
    let mut dock = Dock { cover: false, drone: Drone { light: false, eye: Camera { zoom: 3 } } };
    let drone: &mut Drone = dock.child(0).downcast_mut().expect("the field");
    assert_eq!(drone.field(0).downcast_ref(), Some(&false));
    assert_eq!(dock.drone.eye.zoom, 3);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let sum = runtime.block_on(run(edge_runtime::testing::MemoryPlatform::new().platform()));
    assert_eq!(sum.expect("they start"), 4);
}
