//! A limit that may be unset.
use edge_runtime::Device;

const MOST: Option<u8> = Some(100);

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = MOST)]
    level: u8,
}

fn main() {}

//~ `MOST`: number, Option<u8>
//~ replace: Option<u8> = Some(100) => u8 = 100
