//! A device with parameters; what uses the device is not complained of.
use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Lamp<T: Clone = f64, const N: usize = 3> {
    #[asset(kind = "actuator")]
    level: T,
    #[asset]
    history: [T; N],
    #[asset]
    hours: u32,
}

pub async fn run(lamp: LampDevice) {
    lamp.set_level(0.5).await.unwrap();
    lamp.set_history([0.5, 1.0]).await.unwrap();
    lamp.offer_hours(lamp.hours() + 1).await.unwrap();
}

fn main() {}

//~ `T`: type
//~ `N`: const
//~ replace: Lamp<T: Clone = f64, const N: usize = 3> => Lamp
//~ replace: level: T => level: f64
//~ replace: [T; N] => Vec<f64>
//~ replace: set_history([ => set_history(vec![
