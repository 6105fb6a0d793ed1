//! The function returns another type than the asset has.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = share(level))]
    share: f64,
}

fn share(level: u8) -> u8 {
    level
}

fn main() {}

//~ `share(level)`: mismatched types
//~ replace: -> u8 => -> f64
//~ replace:     level↵} => level.into()↵}
//~ misled: what is computed is a call of one function, with nothing behind it
