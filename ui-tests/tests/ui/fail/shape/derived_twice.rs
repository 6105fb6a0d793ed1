//! The derive stands there twice.
use edge_runtime::Device;

#[derive(Device, Clone, Device)]
struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

async fn run(lamp: &LampDevice) {
    let _ = lamp.set_level(lamp.level()).await;
}

fn main() {}

//~ `Device`: Lamp, twice, remove one
//~ replace: , Device) => )
