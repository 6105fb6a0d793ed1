//! A device of ours, whose registry is in memory and whose broker is the sink.

use std::time::Duration;

use edge_runtime::Device;
use edge_runtime::testing::MemoryPlatform;
use edge_tests::bench::cpu;

use super::{Failure, TOGETHER, WARM_UP, value};

/// One sensor's value, acknowledged.
#[derive(Device, Clone, Default)]
#[device(model = "urn:bench:acknowledged:1")]
struct Acknowledged {
    #[asset]
    temperature: f64,
}

/// One sensor's value, sent once.
#[derive(Device, Clone, Default)]
#[device(model = "urn:bench:unacknowledged:1")]
struct Unacknowledged {
    #[asset(qos = 0)]
    temperature: f64,
}

macro_rules! ten {
    ($name:ident, $model:literal, $($asset:ident)*) => {
        #[derive(Device, Clone, Default)]
        #[device(model = $model)]
        struct $name {
            $(#[asset] $asset: f64,)*
        }

        impl $name {
            fn set_all(&mut self, value: f64) {
                $(self.$asset = value;)*
            }
        }
    };
}
ten!(Ten, "urn:bench:ten:1", temperature humidity pressure flow level speed torque voltage current power);

pub(super) async fn run(
    port: u16,
    acknowledged: bool,
    together: bool,
    states: usize,
) -> Result<Duration, Failure> {
    let platform = MemoryPlatform::new().with_broker(&format!("mqtt://127.0.0.1:{port}"))?;
    if together {
        let device = platform.device("BENCH-1", Ten::default()).connect().await?;
        update(&device, states / TOGETHER / WARM_UP).await?;
        let before = cpu();
        update(&device, states / TOGETHER).await?;
        return Ok(cpu() - before);
    }
    macro_rules! set {
        ($device:ty, $sn:literal) => {{
            let device = platform.device($sn, <$device>::default()).connect().await?;
            let mut before = Duration::ZERO;
            for states in [states / WARM_UP, states] {
                before = cpu();
                for number in 1..states {
                    device.set_temperature(value(number)).await?;
                }
                device.set_temperature(value(states)).await?.delivered().await?;
            }
            Ok(cpu() - before)
        }};
    }
    if acknowledged { set!(Acknowledged, "BENCH-1") } else { set!(Unacknowledged, "BENCH-0") }
}

async fn update(device: &TenDevice, transactions: usize) -> Result<(), Failure> {
    for number in 1..transactions {
        device.update(|ten| ten.set_all(value(number))).await?;
    }
    device.update(|ten| ten.set_all(value(transactions))).await?.delivered().await?;
    Ok(())
}
