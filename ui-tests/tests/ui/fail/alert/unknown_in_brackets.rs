//! A field of an alert is a list of what there is not.
use edge_runtime::Alert;

#[derive(Alert)]
struct DoorOpen {
    doors: Vec<Door>,
}

fn main() {}
//~ `Door`: Door
//~ fix: u8
