//! Both limits in one.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Room {
    #[asset(min = -40..85)]
    temperature: f64,
}

fn main() {}

//~ `-40..85`: min, number, range
//~ fix: -40, max = 85
