//! A struct without names.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp(u8);

fn main() {}

//~ `(u8)`: Device
//~ replace: (u8); => { #[asset] level: u8 }
