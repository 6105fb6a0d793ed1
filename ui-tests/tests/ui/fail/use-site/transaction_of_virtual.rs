//! A transaction that sets what is computed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    hours: u32,
    #[asset(kind = "virtual", compute = days(hours))]
    days: u32,
}

fn days(hours: u32) -> u32 {
    hours / 24
}

fn set(lamp: &LampDevice) -> Result<(), edge_runtime::SetError> {
    lamp.begin().set_days(1)?;
    Ok(())
}

fn main() {}

//~ `set_days`: no method, LampTransaction
//~ replace: set_days => set_hours
