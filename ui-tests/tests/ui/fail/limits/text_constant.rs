//! A constant that is a text.
use edge_runtime::Device;

const MOST: &str = "100";

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = MOST)]
    level: u8,
}

fn main() {}

//~ `MOST`: number, str
//~ replace: &str = "100" => u8 = 100
