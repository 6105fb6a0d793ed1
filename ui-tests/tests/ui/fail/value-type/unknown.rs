//! There is no such type; what uses the asset is not complained of.
use edge_runtime::{AssetValue, Device};

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "actuator")]
    level: Modus,
}

#[derive(AssetValue, Clone)]
pub enum Mode {
    Eco,
}

pub async fn run(lamp: LampDevice) {
    lamp.set_level(lamp.level()).await.unwrap();
}

fn main() {}

//~ `Modus`: Modus
//~ fix: Mode
