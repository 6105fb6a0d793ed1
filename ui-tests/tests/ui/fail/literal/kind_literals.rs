//! Kinds that are literals, and no strings.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = true)]
    a: u8,
    #[asset(kind = b"sensor")]
    b: u8,
    #[asset(kind = 's')]
    c: u8,
}

fn main() {}

//~ `true`: string, a bool
//~ fix: "sensor"
//~ `b"sensor"`: string, a byte string
//~ fix: "sensor"
//~ `'s'`: string, a character
//~ fix: "sensor"
