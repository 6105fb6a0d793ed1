//! Two fields that make one method, and a use of another method of the second.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    x: u8,
    #[asset]
    observe_x: u8,
}

async fn set(lamp: &LampDevice) {
    lamp.set_observe_x(1).await.unwrap();
    lamp.begin().set_observe_x(1).unwrap();
}

fn main() {}

//~ `observe_x`: the observer of the field `x`, name = "observe_x"
//~ replace: #[asset]↵    observe_x => #[asset(name = "observe_x")]↵    seen
//~ replace: lamp.set_observe_x => lamp.set_seen
//~ replace: begin().set_observe_x => begin().set_seen
