//! A pipeline of another type.
use edge_runtime::Device;
use edge_runtime::policy::Pipeline;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(pipeline = bright)]
    level: u8,
}

fn bright() -> Pipeline<u16> {
    Pipeline::new().filter(|v| *v > 0)
}

fn main() {}

//~ `bright`: to return, Pipeline<u8>, Pipeline<u16>
//~ replace: Pipeline<u16> => Pipeline<u8>
