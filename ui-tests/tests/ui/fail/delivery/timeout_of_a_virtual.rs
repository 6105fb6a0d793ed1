//! A timeout of what is computed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual", compute = u8::default(), timeout = "5s")]
    level: u8,
}

fn main() {}

//~ `timeout`: only actuators and configs, level, virtual
//~ replace: , timeout = "5s" =>
