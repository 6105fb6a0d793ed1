//! A colon instead of `=`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind: "sensor")]
    level: u8,
}

fn main() {}

//~ `:`: expected `=`, kind
//~ replace: kind: => kind =
