//! A raw identifier is the same name.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    r#close: u8,
}

fn main() {}

//~ `r#close`: close, rename the field
//~ replace: #[asset]↵    r#close => #[asset(name = "close")]↵    closed
