//! A constant that is no number.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(capacity = MOST)]
    level: u8,
}

const MOST: &str = "many";

fn main() {}

//~ `MOST`: usize, &str
//~ replace: &str = "many" => usize = 10
