//! A bad value of most keys of an argument.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(#[arg(name = "a b", description = "", unit = "celcius", min = "0", step = 0)] to: u8)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `""`: description, empty
//~ `"celcius"`: celsius
//~ fix: "celsius"
//~ `"0"`: remove the quotes
//~ fix: 0
//~ `"a b"`: argument name
//~ fix: "a-b"
//~ `0`: step, greater than 0
//~ fix: 1
//~ replace: description = "",  =>
