//! A doc comment whose first paragraph is longer than a description may be.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,
    #[asset]
    level: u8,
}

fn main() {}

//~ `/// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,`: description, bytes, 1024, an empty line
//~ replace: /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,↵ => /// How bright the lamp is, from nothing at all up to what its maker allows, as a share of a hundred,↵    ///↵
