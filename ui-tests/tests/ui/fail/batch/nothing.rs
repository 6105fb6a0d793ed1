//! States that would wait for ever.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(batch(severity = "low"))]
struct Meter {
    #[asset]
    energy: u32,
}

fn main() {}

//~ `batch`: size, every, for ever
//~ replace: severity = "low" => size = 10, every = "1m"
