//! Two batches.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(batch(size = 10), batch(every = "1m"))]
struct Meter {
    #[asset]
    energy: u32,
}

fn main() {}

//~ `batch`: first
//~ `batch`: twice
//~ replace: batch(size = 10), batch(every = "1m") => batch(size = 10, every = "1m")
