//! Setters of what is stored, on a disk that fails: whoever is told that it is stored can rely on it.

mod common;

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use edge_proto::payload;
use edge_runtime::testing::{self, DiskFaults, MemoryPlatform};
use edge_runtime::{Device, OutboxConfig, SetError};

use common::Fragile;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Told when it changes.
#[derive(Device, Clone)]
struct Meter {
    #[asset(retention = "stored", publish(on_change))]
    energy: u32,
    #[asset(publish(deadband = 10.0))]
    power: f64,
}

/// A folder of its own, and the disk under it.
struct Place {
    folder: PathBuf,
    faults: DiskFaults,
    memory: MemoryPlatform,
}

impl Place {
    fn new(name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("edge-stored-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, faults: DiskFaults::default(), memory: MemoryPlatform::new() })
    }

    /// What is set from now on is on its way, and will not be stored.
    fn breaks(&self) {
        self.faults.break_flush(true);
        self.faults.hold_flush(true);
    }

    async fn meter(&self) -> Result<MeterDevice> {
        let config = OutboxConfig::new().folder(&self.folder).disk_faults(&self.faults);
        let first = Meter { energy: 1, power: 1.0 };
        Ok(self.memory.platform().outbox(config).device("METER-1", first).connect().await?)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.faults.hold_flush(false);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Begins what is then under way.
fn begin(future: std::pin::Pin<&mut impl Future>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

async fn soon<T>(future: impl Future<Output = T>) -> Result<T> {
    Ok(tokio::time::timeout(Duration::from_secs(20), future).await?)
}

/// The second was `Ok` before anything was on the disk, and stayed the value although the first was refused.
#[tokio::test]
async fn an_equal_value_is_stored_when_the_one_that_it_leans_on_is() -> Result {
    let place = Place::new("equal")?;
    let meter = place.meter().await?;
    place.breaks();
    let (mut first, mut second) = (pin!(meter.set_energy(5)), pin!(meter.set_energy(5)));
    assert!(begin(first.as_mut()) && begin(second.as_mut()));
    assert_eq!(meter.energy(), 5);
    place.faults.hold_flush(false);
    for refused in [soon(first).await?, soon(second).await?] {
        assert!(matches!(refused, Err(SetError::Store { .. })), "{refused:?}");
    }
    assert_eq!(meter.energy(), 1);
    place.faults.break_flush(false);
    // It is not taken for told.
    let (first, second) = tokio::join!(meter.set_energy(5), meter.set_energy(5));
    soon(first?.delivered()).await??;
    soon(second?.delivered()).await??;
    assert_eq!((meter.energy(), place.memory.state("METER-1", "energy")), (5, Some(5.into())));
    soon(meter.close()).await??;
    Ok(())
}

/// What comes after it builds on it. The platform has it when it is on the disk.
#[tokio::test]
async fn what_is_on_its_way_to_the_disk_is_read_and_not_told() -> Result {
    let place = Place::new("read")?;
    let meter = place.meter().await?;
    let mut seen = meter.observe_energy();
    place.faults.hold_flush(true);
    let mut update = pin!(meter.update(|meter| meter.energy += 1));
    assert!(begin(update.as_mut()));
    let mut over_time = meter.begin();
    over_time.set_energy(meter.energy() + 1)?;
    let mut finish = pin!(over_time.finish());
    assert!(begin(finish.as_mut()));
    for (previous, value) in [(1, 2), (2, 3)] {
        let change = soon(seen.recv()).await?.ok_or("it is told")?;
        assert_eq!((change.previous, change.value), (previous, value));
    }
    assert_eq!((meter.energy(), &meter.last_known("energy")?.value), (3, &3.into()));
    assert_eq!(told(&place.memory, "energy"), [""; 0]);
    place.faults.hold_flush(false);
    soon(update).await??;
    soon(soon(finish).await??.delivered()).await??;
    assert_eq!(place.memory.state("METER-1", "energy"), Some(3.into()));
    soon(meter.close()).await??;
    Ok(())
}

/// What a transaction tells is as durable as the most durable of it, and so is what leans on it.
#[tokio::test]
async fn what_leans_on_a_message_that_is_not_stored_goes_back_with_it() -> Result {
    let place = Place::new("leans")?;
    let meter = place.meter().await?;
    place.breaks();
    let mut both = pin!(meter.update(|meter| (meter.energy, meter.power) = (7, 100.0)));
    assert!(begin(both.as_mut()));
    // Near enough to what is on its way.
    let mut near = pin!(meter.set_power(105.0));
    assert!(begin(near.as_mut()));
    place.faults.hold_flush(false);
    assert!(matches!(soon(both).await?, Err(SetError::Store { .. })));
    assert!(matches!(soon(near).await?, Err(SetError::Store { .. })));
    assert_eq!((meter.energy(), meter.power()), (1, 1.0));
    place.faults.break_flush(false);
    soon(meter.close()).await??;
    Ok(())
}

/// It was taken for the end of whatever was under way, which then could not be undone.
#[tokio::test]
async fn a_transaction_that_sets_nothing_keeps_nothing() -> Result {
    let place = Place::new("nothing")?;
    let meter = place.meter().await?;
    place.breaks();
    let mut refused = pin!(meter.set_energy(5));
    assert!(begin(refused.as_mut()));
    meter.begin().finish().await?;
    place.faults.hold_flush(false);
    assert!(matches!(soon(refused).await?, Err(SetError::Store { .. })));
    assert_eq!(meter.energy(), 1);
    place.faults.break_flush(false);
    soon(meter.close()).await??;
    Ok(())
}

/// The values that the platform was told of an asset, one message after the other.
fn told(memory: &MemoryPlatform, asset: &str) -> Vec<String> {
    let topic = format!("device/METER-1/asset/{asset}/state");
    let messages = memory.messages().into_iter().filter(|message| message.topic == topic);
    messages.map(|message| message.text()).collect()
}

/// Its place in the order is taken when it is polled first; whether it is kept is the disk's word, not that of who waits.
#[tokio::test]
async fn r22_a_setter_dropped_while_it_is_stored_is_told_as_a_whole_or_not_at_all() -> Result {
    let place = Place::new("dropped")?;
    let meter = place.meter().await?;
    place.faults.hold_flush(true);
    assert!(begin(pin!(meter.set_energy(5)).as_mut()));
    assert!(begin(pin!(meter.update(|meter| (meter.energy, meter.power) = (6, 50.0))).as_mut()));
    place.faults.hold_flush(false);
    soon(place.memory.message(|message| message.text().contains(r#""value":50.0"#))).await?;
    assert_eq!((meter.energy(), meter.power()), (6, 50.0));

    place.breaks();
    assert!(begin(pin!(meter.set_energy(7)).as_mut()));
    assert!(begin(pin!(meter.update(|meter| (meter.energy, meter.power) = (8, 100.0))).as_mut()));
    let mut last = pin!(meter.set_energy(9));
    assert!(begin(last.as_mut()));
    place.faults.hold_flush(false);
    assert!(matches!(soon(last).await?, Err(SetError::Store { .. })));
    assert_eq!((meter.energy(), meter.power()), (6, 50.0));

    // Nothing that was dropped keeps what comes behind it.
    place.faults.break_flush(false);
    soon(meter.set_energy(10).await?.delivered()).await??;
    let energies = told(&place.memory, "energy");
    let says = |value: u32| move |text: &String| text.contains(&format!(r#""value":{value},"#));
    let count = |value| energies.iter().filter(|text| says(value)(text)).count();
    assert_eq!((count(5), count(10), energies.len()), (1, 1, 2), "{energies:?}");
    soon(meter.close()).await??;
    Ok(())
}

#[derive(Device, Clone)]
struct Tank {
    #[asset(retention = "stored")]
    energy: u32,
    #[asset(kind = "virtual", compute = level(energy))]
    level: Fragile,
}

fn level(energy: u32) -> Fragile {
    Fragile(energy)
}

/// It is undone by the store's thread, which copies what is computed for who observes it.
#[tokio::test]
async fn what_is_not_stored_goes_back_whatever_the_users_types_do() -> Result {
    let place = Place::new("fragile")?;
    let config = OutboxConfig::new().folder(&place.folder).disk_faults(&place.faults);
    let first = Tank { energy: 1, level: Fragile(1) };
    let tank = place.memory.platform().outbox(config).device("TANK-1", first).connect().await?;
    tank.set_energy(2).await?.delivered().await?;
    place.breaks();
    let mut set = pin!(tank.set_energy(5));
    assert!(begin(set.as_mut()));
    Fragile::set(true);
    place.faults.hold_flush(false);
    assert!(matches!(soon(set).await?, Err(SetError::Store { .. })));
    Fragile::set(false);
    assert_eq!((tank.energy(), tank.level()), (2, Fragile(2)));
    place.faults.break_flush(false);
    soon(tank.set_energy(6)).await??;
    assert_eq!((tank.energy(), tank.level()), (6, Fragile(6)));
    soon(tank.close()).await??;
    Ok(())
}

#[derive(Device, Clone)]
struct Cistern {
    #[asset(retention = "stored", overflow = "drop-oldest", capacity = 3)]
    level: u32,
}

/// How many states the platform was told were dropped, in all messages so far.
fn told_dropped(memory: &MemoryPlatform) -> u64 {
    let told = |message: testing::Message| match message.topic.as_str() {
        "device/CISTERN-1/asset/level/state" => {
            payload::read_state(&message.payload).expect("a state").dropped
        }
        "device/CISTERN-1/state" => {
            let states = payload::read_states(&message.payload).expect("states");
            states.into_iter().map(|(_, state)| state.dropped).sum()
        }
        _ => 0,
    };
    memory.messages().into_iter().map(told).sum()
}

#[tokio::test]
async fn what_was_dropped_in_earlier_lives_is_told_once() -> Result {
    let place = Place::new("untold")?;
    let life = async || {
        let config = OutboxConfig::new().folder(&place.folder);
        let platform = place.memory.platform().outbox(config);
        platform.device("CISTERN-1", Cistern { level: 0 }).start_offline(true).connect().await
    };
    let mut dropped = 0;
    place.memory.set_registry_away(true);
    for first in [1, 11] {
        let cistern = life().await?;
        for level in first..first + 10 {
            soon(cistern.set_level(level)).await??;
        }
        dropped += cistern.stats().dropped;
        // What is left waits on the disk.
        soon(cistern.close()).await??;
    }
    assert_eq!(dropped, 17);
    place.memory.set_registry_away(false);
    for level in [100, 101] {
        let cistern = life().await?;
        soon(cistern.set_level(level).await?.delivered()).await??;
        dropped += cistern.stats().dropped;
        soon(cistern.close()).await??;
        assert_eq!(told_dropped(&place.memory), dropped);
    }
    Ok(())
}
