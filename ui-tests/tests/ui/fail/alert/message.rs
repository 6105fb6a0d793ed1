//! A description by the name that others have for it.
use edge_runtime::Alert;

#[derive(Alert)]
#[alert(message = "The door is open")]
struct DoorOpen;

fn main() {}
//~ `message`: unknown, description
//~ fix: description
