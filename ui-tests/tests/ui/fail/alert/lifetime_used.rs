//! An alert that borrows is declared and raised.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct DoorOpen<'a> {
    by: &'a str,
}

#[derive(Device, Clone)]
#[device(alert(DoorOpen<'static>))]
struct Fridge {
    #[asset]
    open: bool,
}

async fn run(fridge: &FridgeDevice) {
    let _ = fridge.raise(DoorOpen { by: "Ann" }).await;
}

fn main() {}

//~ `'a`: DoorOpen, lifetime parameters
//~ replace: DoorOpen<'a> => DoorOpen
//~ replace: &'a str => String
//~ replace: DoorOpen<'static> => DoorOpen
//~ replace: "Ann" => "Ann".to_owned()
