//! A function of values, which is no pipeline.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(pipeline = smooth)]
    level: f64,
}

fn smooth(level: f64) -> f64 {
    level
}

fn main() {}

//~ `smooth`: 0 arguments, 1 argument
//~ replace: fn smooth(level: f64) -> f64 {↵    level => fn smooth() -> edge_runtime::policy::Pipeline<f64> {↵    edge_runtime::policy::Pipeline::new()
