//! A macro puts one struct into two modules, each time with a derive.
#![deny(warnings)]

macro_rules! twice {
    ($lamp:item) => {
        pub mod hall {
            #[derive(edge_runtime::Device, Clone)] $lamp
        }
        pub mod kitchen {
            #[derive(edge_runtime::Device, Clone)] $lamp
        }
    };
}

twice! {
    pub struct Lamp {
        #[asset]
        pub level: u8,
    }
}

fn main() {
    let models = [hall::Lamp::MODEL, kitchen::Lamp::MODEL];
    assert!(models.iter().all(|model| model.assets.len() == 1));
    let lamps = (hall::Lamp { level: 1 }, kitchen::Lamp { level: 2 });
    assert_eq!(lamps.0.level + lamps.1.level, 3);
}
