//! `asset` without the derive.
#[derive(Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `asset`: asset
