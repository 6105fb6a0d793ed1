//! A pipeline in the attribute of child devices.
use edge_runtime::Device;
use edge_runtime::policy::Pipeline;

#[derive(Device, Clone)]
struct Lamp {
    #[device(pipeline = smooth)]
    level: f64,
}

fn smooth() -> Pipeline<f64> {
    Pipeline::new()
}

fn main() {}

//~ `pipeline`: unknown child device key, belongs, #[asset(pipeline = ..)]
//~ replace: #[device(pipeline => #[asset(pipeline
