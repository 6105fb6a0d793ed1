//! A function that there is not.
use edge_runtime::Device;
use edge_runtime::policy::Pipeline;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(pipeline = brigth)]
    level: u8,
}

fn bright() -> Pipeline<u8> {
    Pipeline::new().filter(|v| *v > 0)
}

fn main() {}

//~ `brigth`: cannot find value, bright
//~ fix: bright
