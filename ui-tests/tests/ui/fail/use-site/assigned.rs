//! The handle has methods, not fields.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

fn run(mut lamp: LampDevice) {
    lamp.level = 40;
}

fn main() {
    let _ = run;
}

//~ `level`: level, method
//~ replace: lamp.level = 40; => drop(lamp.set_level(40));
