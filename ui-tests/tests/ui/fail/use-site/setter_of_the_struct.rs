//! The setter is called on the struct instead of on its handle.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

async fn run(lamp: Lamp) {
    lamp.set_level(40).await.unwrap();
}

fn main() {
    let _ = run;
}

//~ `set_level`: set_level, Lamp
//~ replace: lamp: Lamp) => lamp: LampDevice)
