//! A device, its values and its handler inside a function.
#![deny(warnings)]

pub(crate) fn main() {
    use edge_runtime::{Alert, AssetValue, Change, Device, Format, HandlerResult};

    const MOST: u8 = 3;

    #[derive(Device, Clone)]
    #[device(alert(Broken), format(Burnt), action(blink(#[arg(max = MOST)] times: u8, mode: Mode)))]
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

    #[derive(Alert)]
    struct Broken {
        #[alert(max = MOST)]
        level: u8,
    }

    #[derive(Format)]
    struct Burnt {
        modes: Vec<Mode>,
    }

    struct Driver;

    impl LampHandler for Driver {
        async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
            Ok(change.value)
        }

        async fn blink(&mut self, lamp: &LampDevice, times: u8, mode: Mode) -> HandlerResult<()> {
            lamp.raise(Broken { level: times }).await?;
            lamp.submit(Burnt { modes: vec![mode] }).await?;
            Ok(())
        }
    }

    fn handles<H: Send + 'static, D: edge_runtime::Dispatch<H>>() {}
    handles::<Driver, Lamp>();
    let _ = Lamp { level: 1, mode: Mode::Warm };
    assert_eq!(Lamp::MODEL.assets[0].profile().to_string(), "integer 0..3");
}
