//! What computes a virtual asset: any path, also of the struct itself; and in whatever order they stand.
#![deny(warnings)]

use edge_runtime::Device;

#[derive(Device, Clone)]
pub struct Tank {
    #[asset(kind = "virtual", compute = Self::is_low(share))]
    low: bool,
    #[asset(kind = "virtual", compute = math::ratio::<f64>(level, volume))]
    share: f64,
    #[asset]
    level: f64,
    #[asset(kind = "virtual", compute = ::core::primitive::f64::max(level, level))]
    highest: f64,
    #[asset(kind = "config")]
    volume: f64,
    #[asset]
    label: String,
    #[asset(kind = "virtual", compute = String::from(label))]
    copy: String,
}

mod math {
    pub(crate) fn ratio<T: core::ops::Div<Output = T>>(a: T, b: T) -> T {
        a / b
    }
}

impl Tank {
    fn is_low(share: f64) -> bool {
        share < 0.1
    }
}

fn main() {
    let (label, copy) = ("a".to_owned(), String::new());
    let mut tank = Tank { low: false, share: 1.0, level: 1.0, highest: 0.0, volume: 20.0, label, copy };
    tank.recompute();
    assert!(tank.low);
    assert_eq!((tank.share, tank.highest, tank.copy.as_str()), (0.05, 1.0, "a"));
}
