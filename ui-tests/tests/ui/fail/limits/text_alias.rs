//! A limit of something that only rustc knows to be no number.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 1)]
    label: Label,
}

type Label = String;

fn main() {}

//~ `max`: max, Label
//~ replace: #[asset(max = 1)] => #[asset]
