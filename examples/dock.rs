//! A dock with drones: one lives in it, one visits. Each has its own handler; they share a connection.
#![allow(clippy::print_stdout, reason = "it is what an example is for")]

use edge_examples::{Demo, Result};
use edge_runtime::{Change, Device, HandlerOf, HandlerResult};
use serde_json::json;

/// A drone.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:drone:1", asset_type = "aircraft", vendor = "DJI")]
pub struct Drone {
    /// Charge
    #[asset(kind = "sensor", unit = "%", max = 100)]
    battery: u8,
    /// Camera tilt
    #[asset(kind = "actuator", unit = "°", min = -90, max = 30)]
    tilt: i8,
}

/// Where drones live.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:dock:1", asset_type = "dock", vendor = "DJI")]
pub struct Dock {
    /// Whether the cover is open
    #[asset(kind = "actuator")]
    cover: bool,
    /// The drone that lives here
    #[device(child)]
    drone: Drone,
}

/// A gimbal that reaches down to -60°.
struct Gimbal;
impl DroneHandler for Gimbal {
    async fn on_tilt(&mut self, drone: &DroneDevice, change: Change<i8>) -> HandlerResult<i8> {
        println!("   {}: the camera moves towards {}°", drone.id(), change.value);
        Ok(change.value.max(-60))
    }
}

struct Motor;
impl DockHandler for Motor {
    async fn on_cover(&mut self, dock: &DockDevice, change: Change<bool>) -> HandlerResult<bool> {
        println!("   {}: the cover {}", dock.id(), if change.value { "opens" } else { "closes" });
        Ok(change.value)
    }

    fn drone(&mut self) -> impl HandlerOf<Drone> {
        Gimbal
    }
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    edge_examples::exit(run().await)
}

async fn run() -> Result<()> {
    let demo = Demo::start().await?;
    let first = Dock { cover: false, drone: Drone { battery: 80, tilt: 0 } };
    let dock = demo.platform.device("DOCK-1", first).handler(Motor).connect().await?;
    println!("1. {} is online, with {}", dock.id(), dock.drone().id());
    let visitor = dock.add_child("DRONE-2", Drone { battery: 15, tilt: 0 }).handler(Gimbal).connect().await?;
    println!("2. {} has landed: {} children on one connection", visitor.id(), dock.children().len());

    println!("3. commands from the platform:");
    let tilts = [("DOCK-1-drone", "tilt", json!(-90)), ("DRONE-2", "tilt", json!(40))];
    for (device, asset, value) in tilts.into_iter().chain([("DOCK-1", "cover", json!(true))]) {
        if let Some(outcome) = demo.command(device, asset, value).await? {
            println!("   {device} {asset}: {outcome}");
        }
    }
    dock.update(|dock| dock.drone.battery = 100).await?.delivered().await?;
    println!("4. charged: {:?}", dock.snapshot());
    visitor.remove().await?;
    println!("5. DRONE-2 has flown away: {} child left", dock.children().len());
    dock.close().await?;
    demo.close().await;
    Ok(())
}
