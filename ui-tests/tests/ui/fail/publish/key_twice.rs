//! A key of the policy twice.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(deadband = 1, deadband = 2))]
    level: u8,
}

fn main() {}

//~ `deadband`: first given here
//~ `deadband`: given twice
//~ replace: , deadband = 2 =>
