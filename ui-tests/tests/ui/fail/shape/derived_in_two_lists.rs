//! The derive stands in two lists.
use edge_runtime::Device;

#[derive(Device)]
#[device(title = "Lamp")]
#[derive(Clone, Debug, edge_runtime::Device)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `edge_runtime::Device`: Lamp, twice, remove one
//~ replace: , edge_runtime::Device) => )
