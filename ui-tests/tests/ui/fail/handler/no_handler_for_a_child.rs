//! `NoHandler` for a child with an actuator.
use edge_runtime::{Device, HandlerOf, NoHandler};

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
    fn drone(&mut self) -> impl HandlerOf<Drone> {
        NoHandler
    }
}

fn main() {}

//~ `impl HandlerOf<Drone>`: NoHandler, Drone
//~ replace: NoHandler↵    }↵} => Light↵    }↵}↵struct Light;↵impl DroneHandler for Light {↵    async fn on_light(&mut self, _: &DroneDevice, change: edge_runtime::Change<bool>) -> edge_runtime::HandlerResult<bool> {↵        Ok(change.value)↵    }↵}
