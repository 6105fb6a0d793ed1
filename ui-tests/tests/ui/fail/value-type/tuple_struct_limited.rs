//! A value type of the wrong form, whose asset has limits.
use edge_runtime::{AssetValue, Device};

#[derive(AssetValue, Clone)]
struct Celsius(f64);

#[derive(Device, Clone)]
struct Oven {
    #[asset(min = 0, max = 300)]
    temperature: Celsius,
}

fn main() {}

//~ `(f64)`: Celsius, tuple struct
//~ replace: (f64); => { degrees: f64 }
//~ replace: #[asset(min = 0, max = 300)] => #[asset]
