//! A device, its values and its handler inside a function.
#![deny(warnings)]

pub(crate) fn main() {
    use edge_runtime::{AssetValue, Change, Device, HandlerResult};

    const MOST: u8 = 3;

    #[derive(Device, Clone)]
    struct Lamp {
        #[asset(kind = "actuator", max = MOST)]
        level: u8,
        #[asset]
        mode: Mode,
    }

    #[derive(AssetValue, Clone)]
    enum Mode {
        Warm,
    }

    struct Driver;

    impl LampHandler for Driver {
        async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
            Ok(change.value)
        }
    }

    fn handles<H: Send + 'static, D: edge_runtime::Dispatch<H>>() {}
    handles::<Driver, Lamp>();
    let _ = Lamp { level: 1, mode: Mode::Warm };
    assert_eq!(Lamp::MODEL.assets[0].profile().to_string(), "integer 0..3");
}
