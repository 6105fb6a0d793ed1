//! A pipeline that must be waited for.
use edge_runtime::Device;
use edge_runtime::policy::Pipeline;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(pipeline = smooth)]
    level: f64,
}

async fn smooth() -> Pipeline<f64> {
    Pipeline::new()
}

fn main() {}

//~ `smooth`: to return, Pipeline<f64>, Future
//~ replace: async fn => fn
