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
