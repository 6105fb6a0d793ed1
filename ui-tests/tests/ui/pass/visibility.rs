//! Methods are as visible as their fields; deprecation is passed on; private types raise no lint.
#![deny(warnings, missing_docs, unreachable_pub)]

/// The device's module.
pub mod lamp {
    use edge_runtime::{AssetValue, Device};

    #[derive(AssetValue, Clone, Debug)]
    enum Secret {
        Key,
    }

    /// Lights.
    #[derive(Device, Clone, Debug)]
    pub struct Lamp {
        /// For everybody.
        #[asset(kind = "actuator")]
        pub level: u8,
        /// For this program.
        #[asset]
        pub(crate) hours: u32,
        #[asset(kind = "config")]
        secret: Secret,
        #[asset]
        #[deprecated = "use `level`"]
        on: bool,
        #[device(child)]
        candle: Wick,
        /// For everybody.
        #[device(child)]
        #[deprecated = "use `level`"]
        pub spare: Bulb,
        calls: u32,
    }

    #[derive(Device, Clone, Debug)]
    struct Wick {
        #[asset(kind = "actuator")]
        lit: bool,
    }

    /// Glows.
    #[derive(Device, Clone, Debug)]
    pub struct Bulb {
        #[asset]
        hours: u32,
    }

    #[derive(Device, Clone, Debug)]
    #[deprecated(note = "use `Lamp`")]
    struct Candle {
        #[asset(kind = "actuator")]
        lit: bool,
    }

    impl Lamp {
        /// Dark.
        #[allow(deprecated)]
        pub fn dark() -> Self {
            let _ = Candle { lit: false };
            let (candle, spare) = (Wick { lit: false }, Bulb { hours: 0 });
            Self { level: 0, hours: 0, secret: Secret::Key, on: false, candle, spare, calls: 0 }.called()
        }

        fn called(mut self) -> Self {
            self.calls += 1;
            self
        }
    }
}

/// Uses what it may.
pub fn burn(lamp: &lamp::LampDevice) -> u32 {
    lamp.hours() + u32::from(lamp.level())
}

pub(crate) fn main() {
    let _ = lamp::Lamp::dark();
}
