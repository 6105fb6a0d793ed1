//! A field that can be no value.
use edge_runtime::Alert;

struct Place;

#[derive(Alert)]
struct DoorOpen {
    place: Place,
}

fn main() {}
//~ `Place`: cannot be the value
//~ replace: struct Place; => #[derive(edge_runtime::AssetValue, Clone)]↵struct Place {↵    room: u8,↵}
