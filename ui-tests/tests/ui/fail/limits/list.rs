//! The limits of several values at once.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Room {
    #[asset(max = [85, 90])]
    temperature: f64,
}

fn main() {}

//~ `[85, 90]`: number, array
//~ fix: 85
