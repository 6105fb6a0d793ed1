//! Actions in all their forms, and handlers that hear of changes and errors, or do not.
#![deny(warnings)]

use edge_runtime::{Change, Changes, Device, ErrorEvent, HandlerResult};

/// How fast.
#[derive(edge_runtime::AssetValue, Clone, Copy, Debug)]
pub enum Speed {
    Slow,
    Fast,
}

const MOST: f64 = 90.0;

/// Turns.
#[derive(Device, Clone)]
#[device(action(stop), action(start_again(), name = "restart", timeout = "5s"))]
#[device(action(
    turn(
        /// Where to
        #[arg(min = 0, max = MOST, unit = "°")]
        angle: f64,
        speed: Speed,
        #[arg(name = "type")] r#type: Option<String>,
    ),
    title = "Turn",
    description = "Turns it.",
))]
pub struct Mast {
    #[asset]
    height: f64,
}

/// Has something to command besides.
#[derive(Device, Clone)]
#[device(action(r#move))]
pub struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
}

/// Has nothing to handle.
#[derive(Device, Clone)]
pub struct Meter {
    #[asset]
    power: f64,
}

struct Driver;

impl MastHandler for Driver {
    async fn stop(&mut self, _: &MastDevice) -> HandlerResult<()> {
        Ok(())
    }

    async fn start_again(&mut self, mast: &MastDevice) -> HandlerResult<()> {
        mast.set_height(0.0).await?;
        Ok(())
    }

    async fn turn(
        &mut self,
        mast: &MastDevice,
        angle: f64,
        speed: Speed,
        r#type: Option<String>,
    ) -> HandlerResult<()> {
        println!("{} {angle} {speed:?} {:?}", mast.id(), r#type);
        Ok(())
    }
}

impl LampHandler for Driver {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }

    async fn r#move(&mut self, _: &LampDevice) -> HandlerResult<()> {
        Ok(())
    }

    async fn on_change(&mut self, _: &LampDevice, changes: &Changes) -> HandlerResult<()> {
        for change in changes {
            println!("{}: {} -> {}", change.name, change.previous, change.value);
        }
        Ok(())
    }

    async fn on_error(&mut self, lamp: &LampDevice, error: &ErrorEvent) {
        println!("{}: {error}", lamp.id());
    }
}

impl MeterHandler for Driver {}

async fn run(platform: edge_runtime::Platform) -> Result<(), Box<dyn std::error::Error>> {
    let mast = platform.device("M-1", Mast { height: 1.0 }).handler(Driver).connect().await?;
    let mut heights = mast.observe_height();
    mast.set_height(2.0).await?;
    assert_eq!(heights.recv().await.map(|seen| (seen.previous, seen.value)), Some((1.0, 2.0)));
    let lamp = platform.device("L-1", Lamp { level: 0 }).handler(Driver).connect().await?;
    let with = platform.device("P-1", Meter { power: 0.0 }).handler(Driver).connect().await?;
    let without = platform.device("P-2", Meter { power: 0.0 }).connect().await?;
    let _errors = (lamp.errors(), with.errors_of("power")?, without.observe_power());
    Ok(())
}

fn main() {
    let platform = edge_runtime::testing::MemoryPlatform::new().platform();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(platform)).unwrap();
    let names: Vec<_> = Mast::MODEL.actions.iter().map(|action| action.name).collect();
    assert_eq!(names, ["stop", "restart", "turn"]);
}
