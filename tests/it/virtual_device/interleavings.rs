//! Whatever is done in whatever order, the device and the platform have the same values in the end.

use std::time::Duration;

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Change, Device, HandlerResult};
use serde_json::Value;
use tokio::time::{sleep, timeout};

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

const SN: &str = "PLANT-1";
const ASSETS: [&str; 8] = ["plain", "changed", "slow", "both", "piped", "valve", "period", "sum"];
const CASES: u64 = 100;
const STEPS: u32 = 40;

#[derive(Device, Clone, Debug, Default)]
struct Plant {
    #[asset]
    plain: i64,
    #[asset(publish(on_change))]
    changed: i64,
    #[asset(publish(min_interval = "1s"))]
    slow: i64,
    #[asset(publish(on_change, min_interval = "700ms"))]
    both: i64,
    #[asset(pipeline = not_by_three, publish(on_change, min_interval = "300ms"))]
    piped: i64,
    #[asset(kind = "actuator", publish(on_change, min_interval = "1s"))]
    valve: i64,
    #[asset(kind = "config")]
    period: i64,
    #[asset(kind = "virtual", compute = total(plain, slow, valve), publish(on_change, min_interval = "500ms"))]
    sum: i64,
}

fn total(plain: i64, slow: i64, valve: i64) -> i64 {
    plain + slow + valve
}

fn not_by_three() -> Pipeline<i64> {
    Pipeline::new().filter(|v| *v % 3 != 0).eliminate_duplicates(Duration::from_millis(500))
}

struct Driver;

impl PlantHandler for Driver {
    async fn on_valve(&mut self, plant: &PlantDevice, change: Change<i64>) -> HandlerResult<i64> {
        // The program may set it meanwhile.
        sleep(Duration::from_millis(change.value.unsigned_abs() * 10)).await;
        match change.value {
            4 => Err("stuck".into()),
            value => Ok(value.min(plant.plain() + 2)),
        }
    }
}

/// One of those who do something with the plant, at the same time as the others.
struct Actor {
    random: fastrand::Rng,
    memory: MemoryPlatform,
    plant: PlantDevice,
    may_cut: bool,
}

impl Actor {
    async fn run(mut self) -> TestResult {
        for step in 0..STEPS {
            self.step(step).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: u32) -> TestResult {
        // Few values, so that there are equal ones.
        let mut value = || self.random.i64(0..5);
        let (one, other) = (value(), value());
        let plant = &self.plant;
        match self.random.u8(0..14) {
            0 => drop(plant.set_plain(one).await?),
            1 => drop(plant.set_changed(one).await?),
            2 => drop(plant.set_slow(one).await?),
            3 => drop(plant.set_both(one).await?),
            4 => drop(plant.set_valve(one).await?),
            5 => {
                let update = plant.update(|plant| {
                    (plant.slow, plant.both) = (one, other);
                    plant.changed += 1;
                });
                drop(update.await?);
            }
            6 => {
                let mut transaction = plant.begin();
                transaction.set_slow(one)?.set_plain(other)?.set_slow(other)?;
                drop(transaction.finish().await?);
            }
            7 | 8 => drop(plant.offer_piped(one).await?),
            9 => self.command("asset/valve/command", &format!(r#""value":{one}"#), step),
            10 => {
                let values = format!(r#""values":{{"valve":{one},"period":{other}}}"#);
                self.command("command", &values, step);
            }
            11 if self.may_cut && self.random.u8(0..4) == 0 => self.memory.cut(),
            _ => sleep(Duration::from_millis(self.random.u64(0..900))).await,
        }
        Ok(())
    }

    fn command(&mut self, topic: &str, values: &str, step: u32) {
        let id = format!("{}-{step}", self.random.u32(..));
        self.memory.publish(&format!("device/{SN}/{topic}"), format!(r#"{{"id":"{id}",{values}}}"#));
    }
}

async fn case(seed: u64) -> TestResult {
    let mut random = fastrand::Rng::with_seed(seed);
    let memory = MemoryPlatform::new();
    let plant = memory.platform().device(SN, Plant::default()).handler(Driver).connect().await?;
    let (may_cut, closes) = [(true, false), (false, false), (false, true)][random.usize(..3)];
    let actors = (0..3).map(|_| Actor {
        random: fastrand::Rng::with_seed(random.u64(..)),
        memory: memory.clone(),
        plant: plant.clone(),
        may_cut,
    });
    let mut actors = actors.map(Actor::run);
    let (one, two, three) = (actors.next().unwrap(), actors.next().unwrap(), actors.next().unwrap());
    let (one, two, three) = tokio::join!(one, two, three);
    one.and(two).and(three)?;
    match closes {
        true => plant.close().await?,
        false => at_rest(&plant).await?,
    }
    let mut of_device = Vec::new();
    for asset in ASSETS {
        of_device.push(plant.get(asset)?);
    }
    let of_platform: Vec<Value> =
        ASSETS.iter().map(|asset| memory.state(SN, asset).unwrap_or_default()).collect();
    assert_eq!(of_device, of_platform, "seed {seed}: {ASSETS:?}");
    if !closes {
        plant.close().await?;
    }
    Ok(())
}

/// Waits until nothing is under way or held any more.
async fn at_rest(plant: &PlantDevice) -> TestResult {
    // Handlers, and the longest interval.
    sleep(Duration::from_millis(4100)).await;
    let delivered = async {
        while plant.stats().pending > 0 || !plant.is_online() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    Ok(timeout(Duration::from_secs(600), delivered).await?)
}

#[tokio::test(start_paused = true)]
async fn interleavings_of_sets_transactions_offers_and_commands_end_with_the_same_values() -> TestResult {
    for seed in 0..CASES {
        case(seed).await?;
    }
    Ok(())
}
