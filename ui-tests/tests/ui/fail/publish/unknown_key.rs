//! A key that `publish` does not have.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(on_chnge))]
    level: u8,
}

fn main() {}

//~ `on_chnge`: unknown, on_change
//~ fix: on_change
