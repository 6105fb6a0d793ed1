//! A name is one level of a topic.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(name = "living/lamp")]
    level: u8,
}

fn main() {}

//~ `"living/lamp"`: living/lamp, _, -
//~ fix: "living-lamp"
