//! A transaction whose end is not awaited.
#![deny(unused_must_use)]
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

fn set(lamp: &LampDevice) -> Result<(), edge_runtime::SetError> {
    let mut transaction = lamp.begin();
    transaction.set_level(5)?;
    transaction.finish();
    Ok(())
}

fn main() {}

//~ `transaction.finish()`: unused, awaited
//~ fix: let _ = transaction.finish()
