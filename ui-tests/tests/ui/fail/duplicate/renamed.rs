//! Two fields of one name after `rename_all`.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(rename_all = "camelCase")]
struct Lamp {
    #[asset]
    a_b: u8,
    #[asset]
    ab: u8,
}

fn main() {}

//~ `a_b`: aB
//~ `ab`: ab, aB
//~ fix: hours
