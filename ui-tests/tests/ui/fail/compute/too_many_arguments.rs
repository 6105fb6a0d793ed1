//! The function takes fewer assets.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = share(level, level))]
    share: f64,
}

fn share(level: u8) -> f64 {
    level.into()
}

fn main() {}

//~ `share`: this function takes 1 argument
//~ fix: share
//~ replace: (level, level) => (level)
