//! A title that is empty, and one with a line break.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(title = " ")]
    a: u8,
    #[asset(title = "two\nlines")]
    b: u8,
}

fn main() {}

//~ `" "`: title
//~ `"two\nlines"`: title
//~ fix: "Two lines"
//~ replace: (title = " ") =>
