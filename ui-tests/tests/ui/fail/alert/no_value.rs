//! A field that can be no value.
use edge_runtime::Alert;

struct Place;

#[derive(Alert)]
struct DoorOpen {
    place: Place,
}

fn main() {}
//~ `Place`: cannot be the value
