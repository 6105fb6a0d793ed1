//! An action with a hyphen.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(go-home))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `-home`: hyphen, name = "go-home"
//~ replace: go-home => go_home, name = "go-home"
