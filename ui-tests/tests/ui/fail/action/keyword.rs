//! A keyword as an action.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(move))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `move`: keyword, r#move
//~ fix: r#move
