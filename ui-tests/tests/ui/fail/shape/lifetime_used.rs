//! A device with a lifetime; what uses the device is not complained of.
use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Lamp<'a> {
    name: &'a str,
    #[asset(kind = "actuator")]
    level: u8,
    #[asset]
    label: &'a str,
}

pub async fn run(lamp: LampDevice) {
    lamp.set_level(lamp.level() + 1).await.unwrap();
    lamp.set_label("hall").await.unwrap();
    lamp.update(|lamp| lamp.level = 5).await.unwrap();
    let mut transaction = lamp.begin();
    transaction.set_level(5).unwrap();
    transaction.finish().await.unwrap();
    drop(lamp.snapshot());
}

fn main() {}

//~ `'a`: lifetime
//~ replace: Lamp<'a> => Lamp
//~ replace: &'a str => String
//~ replace: &'a str => String
//~ replace: "hall" => "hall".to_owned()
