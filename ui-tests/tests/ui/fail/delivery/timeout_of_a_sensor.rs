//! A timeout of a handler that there is not.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(timeout = "5s")]
    level: u8,
}

fn main() {}

//~ `timeout`: only actuators and configs, level, sensor
//~ replace: timeout = "5s" => kind = "actuator", timeout = "5s"
