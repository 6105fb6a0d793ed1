//! A title with a line break.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(title = "Level\nof the lamp")]
    level: u8,
}

fn main() {}

//~ `"Level\nof the lamp"`: title
//~ fix: "Level of the lamp"
