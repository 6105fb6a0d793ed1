//! A child whose handle would hide a method of all devices; its handler's method is there all the same.
use edge_runtime::{Device, HandlerOf, NoHandler};

#[derive(Device, Clone)]
struct Drone {
    #[asset]
    battery: u8,
}

#[derive(Device, Clone)]
struct Dock {
    #[device(child)]
    parent: Drone,
}

struct Driver;

impl DockHandler for Driver {
    fn parent(&mut self) -> impl HandlerOf<Drone> {
        NoHandler
    }
}

fn main() {}

//~ `parent`: parent, name = "parent"
//~ replace: #[device(child)]↵    parent => #[device(child, name = "parent")]↵    mother
//~ replace: fn parent => fn mother
