//! A pipeline by the name that others have for it.
use edge_runtime::Device;
use edge_runtime::policy::Pipeline;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(filter = smooth)]
    level: f64,
}

fn smooth() -> Pipeline<f64> {
    Pipeline::new()
}

fn main() {}

//~ `filter`: unknown, pipeline
//~ fix: pipeline
