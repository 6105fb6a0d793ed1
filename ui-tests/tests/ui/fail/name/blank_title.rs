//! A title of spaces.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(title = "  ")]
    level: u8,
}

fn main() {}

//~ `"  "`: title
//~ replace: (title = "  ") =>
