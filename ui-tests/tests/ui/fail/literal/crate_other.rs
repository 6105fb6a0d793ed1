//! A crate that is another one.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(crate = ::serde_json)]
struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

fn main() {}

//~ `::serde_json`: items_of_edge_runtime
//~ fix: ::edge_runtime
