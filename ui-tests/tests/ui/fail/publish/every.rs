//! A batch's key at an asset, which is not to be told of the batch.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(every = "5m")]
    level: u8,
}

fn main() {}

//~ `every`: unknown, publish(max_interval = ..)
//~ replace: every = "5m" => publish(max_interval = "5m")
