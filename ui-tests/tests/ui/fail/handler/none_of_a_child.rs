//! A device is started without a handler, and its child has an actuator.
use edge_runtime::{Device, Platform};

#[derive(Device, Clone)]
pub struct Drone {
    #[asset(kind = "actuator")]
    light: bool,
}

#[derive(Device, Clone)]
pub struct Dock {
    #[asset]
    closed: bool,
    #[device(child)]
    drone: Drone,
}

pub async fn run(platform: Platform, dock: Dock) {
    let device = platform.device("D-1", dock).connect().await.unwrap();
    println!("{}", device.drone().light());
}

fn main() {}

//~ `platform.device("D-1", dock)`: Dock
//~ fix: platform.device("D-1", dock).handler(Driver)
//~ replace: fn main() {} => struct Driver;↵impl DockHandler for Driver {↵    fn drone(&mut self) -> impl edge_runtime::HandlerOf<Drone> {↵        Light↵    }↵}↵struct Light;↵impl DroneHandler for Light {↵    async fn on_light(&mut self, _: &DroneDevice, change: edge_runtime::Change<bool>) -> edge_runtime::HandlerResult<bool> {↵        Ok(change.value)↵    }↵}↵fn main() {}
