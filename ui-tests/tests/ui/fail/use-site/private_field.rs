//! A setter is as visible as its field.
mod lamp {
    #[derive(edge_runtime::Device, Clone)]
    pub struct Lamp {
        #[asset]
        level: u8,
    }
}

pub async fn run(device: lamp::LampDevice) {
    device.set_level(5).await.unwrap();
}

fn main() {}

//~ `set_level`: set_level
//~ replace: level: u8 => pub level: u8
