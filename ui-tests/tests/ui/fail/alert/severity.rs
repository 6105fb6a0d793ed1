//! A severity that there is not.
use edge_runtime::Alert;

#[derive(Alert)]
#[alert(severity = "critcal")]
struct DoorOpen;

fn main() {}
//~ `"critcal"`: severity, critical
//~ fix: "critical"
