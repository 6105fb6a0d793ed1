//! A device that is its own child.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Dock {
    #[asset]
    closed: bool,
    #[device(child)]
    dock: Dock,
}

fn main() {}

//~ `Dock`: Dock, add_child
//~ `struct Dock`: Dock
//~ ``: Dock
//~ `struct Dock`: Dock
//~ replace: #[device(child)]↵    dock: Dock, =>
