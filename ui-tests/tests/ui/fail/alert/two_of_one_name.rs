//! Two alerts of one name.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct DoorOpen;

#[derive(Alert)]
#[alert(name = "door-open")]
struct Door;

#[derive(Device, Clone)]
#[device(alert(DoorOpen, Door))]
struct Oven {
    #[asset(kind = "sensor")]
    temperature: f64,
}

fn main() {}
//~ `Door`: same name
//~ replace: "door-open" => "door"
