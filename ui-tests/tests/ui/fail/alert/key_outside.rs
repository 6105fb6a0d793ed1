//! A key of an alert beside its name, at the device.
use edge_runtime::Device;

#[derive(edge_runtime::Alert, Clone)]
struct Overheat {}

#[derive(Device, Clone)]
#[device(alert(Overheat, severity = "critical"))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `severity`: at its struct, #[alert(severity = ..)]
//~ replace: , severity = "critical" =>
//~ replace: struct Overheat => #[alert(severity = "critical")]↵struct Overheat
