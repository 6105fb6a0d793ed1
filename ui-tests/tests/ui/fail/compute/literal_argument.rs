//! A number among the assets.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = share(level, 100))]
    share: f64,
}

fn share(level: u8, most: u8) -> f64 {
    (level / most).into()
}

fn main() {}

//~ `100`: expected the name of an
//~ replace: share(level, 100) => share(level)
//~ replace: level: u8, most: u8 => level: u8
//~ replace: level / most => level / 100
