//! A struct without anything.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp;

fn main() {}

//~ `;`: Device
//~ fix: { #[asset] level: u8 }
