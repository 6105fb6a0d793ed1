//! The command of an asset has the name of a method that every handler has.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Till {
    #[asset(kind = "config")]
    change: u8,
}

fn main() {}

//~ `change`: every handler, on_change, name = "change"
//~ replace: #[asset(kind = "config")]↵    change => #[asset(kind = "config", name = "change")]↵    coins
