//! A constant that is a text. rustc says it for each way in which a limit is read.
use edge_runtime::Device;

const MOST: &str = "100";

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = MOST)]
    level: u8,
}

fn main() {}

//~ `MOST`: str
//~ `MOST`: str
