//! A batch without parentheses.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(batch = 10)]
struct Meter {
    #[asset]
    energy: u32,
}

fn main() {}

//~ `batch`: parentheses, size = 10
//~ replace: batch = 10 => batch(size = 10)
