//! A call, where the function is to be named.
use edge_runtime::Device;
use edge_runtime::policy::Pipeline;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(pipeline = bright())]
    level: u8,
}

fn bright() -> Pipeline<u8> {
    Pipeline::new().filter(|v| *v > 0)
}

fn main() {}

//~ `bright()`: expected a path, found a call
//~ fix: without_noise
//~ replace: fn bright => fn without_noise
