//! A kind as a path.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = Kind::Virtual, compute = f())]
    level: u8,
}

fn f() -> u8 {
    5
}

fn main() {}

//~ `Kind::Virtual`: write, kind = "virtual"
//~ fix: "virtual"
