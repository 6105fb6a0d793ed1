//! A severity without its key.
use edge_runtime::Alert;

#[derive(Alert)]
#[alert(critical)]
struct DoorOpen;

fn main() {}
//~ `critical`: unknown, severity
//~ fix: severity = "critical"
