//! A transaction that sets a value of another type.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

fn set(lamp: &LampDevice) -> Result<(), edge_runtime::SetError> {
    lamp.begin().set_level(0.5)?;
    Ok(())
}

fn main() {}

//~ `0.5`: expected `u8`
//~ fix: 5
