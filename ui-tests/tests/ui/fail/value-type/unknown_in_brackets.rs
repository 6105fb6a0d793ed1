//! There are no such types in the brackets of others; what uses the assets is not complained of.
use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset(kind = "actuator")]
    modes: Vec<Modus>,
    #[asset]
    last: Option<Moment>,
    #[asset]
    level: u8,
}

pub async fn run(lamp: LampDevice) {
    lamp.set_modes(lamp.modes()).await.unwrap();
    lamp.set_last(lamp.last()).await.unwrap();
    lamp.begin().set_last(lamp.last()).unwrap().set_level(5).unwrap();
}

fn main() {}

//~ `Modus`: Modus
//~ fix: u8
//~ `Moment`: Moment
//~ fix: u8
