//! A struct whose parts come out of a `macro_rules!` macro.
#![deny(warnings)]

use edge_runtime::{Alert, Device, Format};

macro_rules! device {
    ($vis:vis $name:ident $title:literal $about:literal { $($field:ident: $type:ty = $kind:literal $max:expr;)* }) => {
        #[doc = $about]
        #[derive(Device, Clone)]
        #[device(title = $title, alert(Stuck), format(Run), action(prime($($field: $type),*)))]
        $vis struct $name {
            $(#[asset(kind = $kind, max = $max)] $field: $type,)*
            #[asset(kind = "virtual", compute = sum($($field),*))]
            sum: u32,
            offset: u32,
        }
    };
}

macro_rules! reports {
    ($($name:ident $derive:ident $list:ident { $($field:ident: $type:ty = $max:expr;)* })*) => { $(
        #[derive($derive)]
        pub struct $name {
            $(#[$list(max = $max)] $field: $type,)*
        }
    )* };
}

reports! {
    Stuck Alert alert { speed: u32 = 5 + 5; }
    Run Format format { flow: u32 = 20; hours: u32 = 9; }
}

device! {
    pub Pump "The pump" "Pumps." {
        flow: u32 = "sensor" 5 + 5;
        speed: u32 = "actuator" 20;
    }
}

fn sum(flow: u32, speed: u32) -> u32 {
    flow + speed
}

pub(crate) fn main() {
    let _ = (Stuck { speed: 1 }, Run { flow: 1, hours: 2 });
    let mut pump = Pump { flow: 1, speed: 2, sum: 0, offset: 0 };
    pump.recompute();
    assert_eq!(pump.sum + pump.offset, 3);
    assert_eq!(Pump::MODEL.title, "The pump");
    assert_eq!(Pump::MODEL.assets[0].profile().to_string(), "integer 0..10");
}
