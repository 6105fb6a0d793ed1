//! A handler of something else for the child.
use edge_runtime::{Device, HandlerOf};

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

impl DockHandler for Driver {
    fn drone(&mut self) -> impl HandlerOf<Dock> {
        Driver
    }
}

fn main() {}

//~ `impl HandlerOf<Dock>`: impl HandlerOf<Dock>, Drone
//~ fix: impl HandlerOf<Drone>
//~ replace: Driver↵    } => Light↵    }
//~ replace: fn main() {} => struct Light;↵impl DroneHandler for Light {↵    async fn on_light(&mut self, _: &DroneDevice, change: edge_runtime::Change<bool>) -> edge_runtime::HandlerResult<bool> {↵        Ok(change.value)↵    }↵}↵fn main() {}
