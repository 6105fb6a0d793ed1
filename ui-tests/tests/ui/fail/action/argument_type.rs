//! An argument is a value, as an asset is.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(connect(to: std::net::IpAddr)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `std::net::IpAddr`: IpAddr, asset
//~ fix: String
