//! How often it is measured.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(sample_rate = "1s")]
    level: u8,
}

fn main() {}

//~ `sample_rate`: the program measures, publish(min_interval
//~ replace: sample_rate = "1s" => publish(min_interval = "1s")
