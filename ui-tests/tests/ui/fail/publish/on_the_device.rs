//! How often values are told, said of the whole device.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(interval = "5m")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `interval`: each asset, publish(max_interval
//~ replace: #[device(interval = "5m")] =>
//~ replace: #[asset] => #[asset(publish(max_interval = "5m"))]
