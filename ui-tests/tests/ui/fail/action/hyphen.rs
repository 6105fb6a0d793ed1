//! An action with a hyphen.
use edge_runtime::{Device, HandlerResult};

#[derive(Device, Clone)]
#[device(action(go-home))]
pub struct Lamp {
    #[asset]
    level: u8,
}

struct Driver;

impl LampHandler for Driver {
    async fn go_home(&mut self, _: &LampDevice) -> HandlerResult<()> {
        Ok(())
    }
}

fn main() {}

//~ `-home`: hyphen, name = "go-home"
//~ replace: go-home => go_home, name = "go-home"
