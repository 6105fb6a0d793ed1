//! Descriptions that are empty, and no text.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(description = " ")]
struct Lamp {
    #[asset(description = 5)]
    level: u8,
}

fn main() {}

//~ `" "`: description, empty, doc comment
//~ `5`: string literal, description
//~ fix: "Air temperature"
//~ replace: #[device(description = " ")]↵ =>
