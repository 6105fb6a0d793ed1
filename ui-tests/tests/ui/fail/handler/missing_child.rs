//! The handler of the child is not given.
use edge_runtime::Device;

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

struct Driver;

impl DockHandler for Driver {}

fn main() {}

//~ `impl DockHandler for Driver`: drone
//~ replace: impl DockHandler for Driver {} => impl DockHandler for Driver {↵    fn drone(&mut self) -> impl edge_runtime::HandlerOf<Drone> {↵        Light↵    }↵}↵struct Light;↵impl DroneHandler for Light {↵    async fn on_light(&mut self, _: &DroneDevice, change: edge_runtime::Change<bool>) -> edge_runtime::HandlerResult<bool> {↵        Ok(change.value)↵    }↵}
