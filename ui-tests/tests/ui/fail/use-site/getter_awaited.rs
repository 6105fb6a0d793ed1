//! A getter is no future: it never touches the network.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

async fn run(lamp: LampDevice) -> u8 {
    lamp.level().await
}

fn main() {
    let _ = run;
}

//~ `await`: u8, not a future
//~ replace: .level().await => .level()
