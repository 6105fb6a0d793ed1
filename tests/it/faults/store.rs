//! What is stored: kills, damaged files, full and failing disks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use edge_proto::payload;
use edge_runtime::testing::{DiskFaults, Ledger, LedgerBroker, MemoryPlatform};
use edge_runtime::{
    ConnectError, DeliveryError, Device, Host, OutboxConfig, ReceiptId, SetError, Stats, StoreError,
};
use edge_tests::Process;
use tokio::runtime::Runtime;

use super::world::{Result, within};

const SN: &str = "METER-1";

/// What must not be lost, what may be, and what follows from both.
#[derive(Device, Clone, Debug)]
struct Meter {
    #[asset(kind = "sensor", retention = "stored")]
    energy: u64,
    #[asset(kind = "sensor")]
    power: u64,
    #[asset(kind = "virtual", compute = product(energy, power))]
    product: u64,
}

fn product(energy: u64, power: u64) -> u64 {
    energy * power
}

const FIRST: Meter = Meter { energy: 0, power: 2, product: 0 };

type Connected = std::result::Result<MeterDevice, ConnectError>;

/// A folder for a store, and a platform that outlives the programs of a test.
struct Place {
    memory: MemoryPlatform,
    folder: tempfile::TempDir,
    faults: DiskFaults,
}

impl Place {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self { memory: MemoryPlatform::new(), folder, faults: DiskFaults::default() })
    }

    fn config(&self) -> OutboxConfig {
        OutboxConfig::new().folder(self.folder.path().join("store")).disk_faults(&self.faults)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("store").join(format!("{SN}.outbox"))
    }

    async fn meter(&self) -> Connected {
        self.memory.platform().outbox(self.config()).device(SN, FIRST).connect().await
    }

    /// A meter whose platform is away.
    async fn alone(&self) -> Connected {
        self.memory.set_registry_away(true);
        let platform = self.memory.platform().outbox(self.config());
        platform.device(SN, FIRST).start_offline(true).connect().await
    }

    /// The energies that the platform was told, in their order, and whether they came late.
    fn energies(&self) -> Vec<(u64, bool)> {
        let messages = self.memory.messages().into_iter();
        let states = messages.filter(|message| message.topic.ends_with("/asset/energy/state"));
        let state = |payload: &[u8]| {
            let state = payload::read_state(payload).unwrap();
            (state.value.unwrap().get().parse().unwrap(), state.historical)
        };
        states.map(|message| state(&message.payload)).collect()
    }

    async fn energy(&self, value: u64) {
        let text = format!("\"value\":{value},");
        self.memory
            .message(|message| message.topic.ends_with("energy/state") && message.text().contains(&text))
            .await;
    }
}

/// A program that dies at the end: nothing is closed, nothing is said.
fn life<T>(program: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = Runtime::new()?;
    let result = runtime.block_on(program);
    runtime.shutdown_background();
    result
}

#[test]
fn r06_what_was_stored_is_delivered_in_the_next_life() -> Result {
    let place = Place::new()?;
    life(async {
        let meter = place.alone().await?;
        for energy in 1..=100 {
            meter.set_energy(energy).await?;
        }
        Ok(())
    })?;
    assert_eq!(place.energies(), []);
    place.memory.set_registry_away(false);
    life(async {
        let meter = place.meter().await?;
        meter.set_energy(101).await?.delivered().await?;
        place.energy(100).await;
        within(10, meter.close()).await??;
        Ok(())
    })?;
    let (late, new): (Vec<_>, Vec<_>) = place.energies().into_iter().partition(|(_, late)| *late);
    assert_eq!(new, [(101, false)], "what is new does not say that it is late");
    assert_eq!(late, (1..=100).map(|energy| (energy, true)).collect::<Vec<_>>());
    assert_eq!(place.memory.state(SN, "energy"), Some(101.into()));
    // And they are in no third one.
    life(async {
        let meter = place.meter().await?;
        // The first state of this life may still be on its way.
        while meter.stats().pending > 0 {
            tokio::task::yield_now().await;
        }
        within(10, meter.close()).await??;
        Ok(())
    })?;
    assert_eq!(place.energies().len(), 101);
    Ok(())
}

#[test]
fn r06_what_was_sent_and_not_acknowledged_comes_again_as_it_was() -> Result {
    let place = Place::new()?;
    place.memory.withhold_acknowledgements(true);
    life(async {
        let meter = place.meter().await?;
        meter.set_energy(1).await?;
        place.energy(1).await;
        Ok(())
    })?;
    place.memory.withhold_acknowledgements(false);
    life(async {
        let meter = place.meter().await?;
        while place.energies().len() < 2 {
            tokio::task::yield_now().await;
        }
        within(10, meter.close()).await??;
        Ok(())
    })?;
    let messages = place.memory.messages().into_iter();
    let energies = messages.filter(|message| message.topic.ends_with("energy/state"));
    let states: Vec<_> = energies.map(|message| payload::read_state(&message.payload).unwrap()).collect();
    let [first, again] = &states[..] else { panic!("{states:?}") };
    assert_eq!((first.stamp, first.at), (again.stamp, again.at), "one state, known by its number");
    Ok(())
}

#[test]
fn r06_a_receipt_is_good_in_the_next_life() -> Result {
    let place = Place::new()?;
    let id = life(async {
        let meter = place.alone().await?;
        let receipt = meter.set_energy(7).await?;
        assert!(meter.set_power(1).await?.id().is_none(), "what is not stored has none");
        Ok(receipt.id().ok_or("no id")?.to_string())
    })?;
    place.memory.set_registry_away(false);
    life(async {
        place.memory.withhold_acknowledgements(true);
        let meter = place.meter().await?;
        let id: ReceiptId = id.parse()?;
        let receipt = meter.receipt(&id)?;
        let delivered = receipt.delivered();
        tokio::pin!(delivered);
        assert!(futures_util::poll!(&mut delivered).is_pending());
        place.memory.withhold_acknowledgements(false);
        place.memory.cut();
        within(60, delivered).await??;
        meter.receipt(&id)?.delivered().await?;
        assert!(meter.receipt(&"99+1".parse()?).is_err());
        within(10, meter.close()).await??;
        Ok(())
    })
}

/// The values of an asset that a broker has heard of.
fn heard(ledger: &Ledger, asset: &str) -> BTreeSet<u64> {
    let topic = format!("device/{SN}/asset/{asset}/state");
    let publishes = ledger.publishes().filter(|(_, publish)| publish.topic == topic);
    let value = |payload: &[u8]| payload::read_state(payload).unwrap().value.unwrap().get().parse().unwrap();
    publishes.map(|(_, publish)| value(&publish.payload)).collect()
}

/// Starts the meter as a program of its own.
fn start(broker: &LedgerBroker, folder: &Path, begin: u64) -> Result<Process> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meter"));
    command.arg(broker.url()).arg(folder).arg(begin.to_string());
    Ok(Process::start(&mut command)?)
}

/// The last that a program has said of an asset.
fn said(process: &Process, asset: &str) -> Option<u64> {
    let text = process.out.text();
    let mut lines = text.lines().rev();
    lines.find_map(|line| line.strip_prefix(asset)?.trim().parse().ok())
}

/// Kills the meter again and again; everything that it said was accepted must arrive.
async fn killed(cycles: usize) -> Result {
    let broker = LedgerBroker::start().await?;
    let folder = tempfile::tempdir()?;
    let (mut begin, mut powers) = (1, 0);
    let mut random = fastrand::Rng::with_seed(6);
    for cycle in 0..cycles {
        let mut process = start(&broker, folder.path(), begin)?;
        process.out.wait_for(|line| line.starts_with("started")).await;
        if cycle % 3 == 0 {
            broker.cut(edge_runtime::testing::Cut::Reset);
        }
        tokio::time::sleep(Duration::from_millis(random.u64(0..60))).await;
        process.kill().await?;
        process.out.end().await;
        begin = said(&process, "energy").map_or(begin, |energy| energy + 1);
        powers = said(&process, "power").unwrap_or(powers);
    }
    let last = begin - 1;
    let mut process = start(&broker, folder.path(), begin)?;
    within(60, broker.wait(|ledger| (1..=last).all(|energy| heard(ledger, "energy").contains(&energy))))
        .await?;
    process.kill().await?;
    let lost = broker.look(|ledger| {
        let heard = heard(ledger, "power");
        (1..=powers).filter(|power| !heard.contains(power)).count()
    });
    println!(
        "r06/r07: {cycles} kills, {last} stored states accepted, 0 lost; of {powers} volatile ones {lost}"
    );
    assert!(lost <= 10_000 * cycles, "the volatile ones that were lost are at most what the outbox holds");
    Ok(())
}

#[tokio::test]
async fn r06_r07_killed_at_any_moment_nothing_stored_is_lost() -> Result {
    killed(15).await
}

#[tokio::test]
#[ignore = "long: part of the soak"]
async fn r06_r07_killed_two_hundred_times_nothing_stored_is_lost() -> Result {
    killed(200).await
}

#[test]
fn r06_many_are_there_again() -> Result {
    let place = Place::new()?;
    place.memory.set_registry_away(true);
    let platform = || place.memory.platform().outbox(place.config().messages(100_000));
    let alone = || platform().device(SN, FIRST).start_offline(true).connect();
    life(async {
        let meter = alone().await?;
        let setters = (0..100).map(|task| {
            let meter = meter.clone();
            async move {
                for step in 1..=100 {
                    meter.set_energy(task * 100 + step).await?;
                }
                Ok::<_, SetError>(())
            }
        });
        futures_util::future::try_join_all(setters).await?;
        assert_eq!(meter.stats().pending, 20_000);
        Ok(())
    })?;
    life(async {
        let begin = Instant::now();
        let meter = alone().await?;
        println!("r06: 20,000 messages of 10,000 transactions are there again after {:?}", begin.elapsed());
        assert_eq!(meter.stats().pending, 20_000);
        Ok(())
    })
}

/// A store with so many energies in it.
fn filled(place: &Place, energies: u64) -> Result {
    life(async {
        let meter = place.alone().await?;
        let setters = (1..=energies).map(|energy| {
            let meter = meter.clone();
            async move { meter.set_energy(energy).await.map(drop) }
        });
        futures_util::future::try_join_all(setters).await?;
        Ok(())
    })
}

/// How many energies are delivered from what is in the store.
fn recovered(place: &Place) -> Result<usize> {
    place.memory.set_registry_away(false);
    life(async {
        let meter = place.meter().await?;
        while meter.stats().pending > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        within(10, meter.close()).await??;
        Ok(())
    })?;
    let energies: BTreeSet<u64> = place.energies().into_iter().map(|(energy, _)| energy).collect();
    Ok(energies.len())
}

#[test]
fn r08_from_a_damaged_file_all_is_taken_that_is_whole() -> Result {
    const STATES: u64 = 500;
    let mut random = fastrand::Rng::with_seed(8);
    let whole = Place::new()?;
    filled(&whole, STATES)?;
    let bytes = fs::read(whole.file())?;
    let mut damages = vec![("truncated", bytes[..bytes.len() / 2].to_vec())];
    for _ in 0..20 {
        let mut flipped = bytes.clone();
        flipped[random.usize(0..bytes.len())] ^= 1 << random.u8(0..8);
        damages.push(("flipped", flipped));
    }
    damages.push(("header", [vec![0; 4096], bytes[4096..].to_vec()].concat()));
    damages.push(("foreign", b"this is no store of ours, but the program's to-do list".repeat(99)));
    for (damage, bytes) in damages {
        let place = Place::new()?;
        fs::create_dir(place.folder.path().join("store"))?;
        fs::write(place.file(), &bytes)?;
        let delivered = recovered(&place)?;
        let least = match damage {
            "foreign" => 0,
            // What is cut off is gone; of the rest, all.
            "truncated" => 1,
            _ => STATES as usize * 99 / 100,
        };
        assert!(delivered >= least, "{damage}: {delivered} of {STATES}");
        let files = fs::read_dir(place.folder.path().join("store"))?;
        let names: Vec<_> =
            files.map(|file| file.map(|file| file.file_name())).collect::<std::result::Result<_, _>>()?;
        let is_aside = names.iter().any(|name| name.to_string_lossy().contains("damaged"));
        println!("r08: {damage}: {delivered} of {STATES} delivered, moved aside: {is_aside}");
    }
    Ok(())
}

#[test]
fn r08_a_folder_that_cannot_be_had_is_a_clear_error() -> Result {
    let place = Place::new()?;
    fs::write(place.folder.path().join("store"), "a file where the folder should be")?;
    let error = life(async { Ok(place.meter().await.err().ok_or("it started")?) })?;
    assert!(matches!(&error, ConnectError::Store(StoreError::Io { .. })), "{error:?}");
    let platform = place.memory.platform();
    let error = life(async { Ok(platform.device(SN, FIRST).connect().await.err().ok_or("it started")?) })?;
    let text = format!("{error}: {}", std::error::Error::source(&error).ok_or("no cause")?);
    assert!(text.contains("EDGE_STORE") && text.contains(SN), "{text}");
    Ok(())
}

#[test]
fn r08_a_file_in_use_is_a_clear_error() -> Result {
    let place = Place::new()?;
    life(async {
        let meter = place.meter().await?;
        let error = place.meter().await.err().ok_or("it started")?;
        assert!(matches!(&error, ConnectError::Store(StoreError::InUse { .. })), "{error:?}");
        within(10, meter.close()).await??;
        // Closed, it lets the file go.
        within(10, place.meter().await?.close()).await??;
        Ok(())
    })
}

#[cfg(unix)]
#[test]
fn s08_nobody_else_reads_the_file_and_no_link_leads_away() -> Result {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o777);
    let place = Place::new()?;
    filled(&place, 1)?;
    assert_eq!(mode(&place.file())?, 0o600);
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o644))?;
    filled(&place, 1)?;
    assert_eq!(mode(&place.file())?, 0o600);

    let place = Place::new()?;
    fs::create_dir(place.folder.path().join("store"))?;
    let elsewhere = place.folder.path().join("elsewhere");
    fs::write(&elsewhere, "mine")?;
    std::os::unix::fs::symlink(&elsewhere, place.file())?;
    let error = life(async { Ok(place.meter().await.err().ok_or("it started")?) })?;
    assert!(matches!(&error, ConnectError::Store(StoreError::Unsafe { .. })), "{error:?}");
    assert_eq!(fs::read_to_string(elsewhere)?, "mine");
    // A serial number is a name, so it cannot lead out of the folder.
    let sneaky = |sn: &'static str| {
        let starting = place.memory.platform().outbox(place.config()).device(sn, FIRST).connect();
        async { Ok(starting.await.err()) }
    };
    for sn in ["../METER-1", "..", "a/b", "a\\b", "/etc/passwd", "."] {
        assert!(matches!(life(sneaky(sn))?, Some(ConnectError::Model(_))), "{sn}");
    }
    Ok(())
}

#[test]
fn r09_a_full_disk_refuses_what_is_stored_and_nothing_else() -> Result {
    let place = Place::new()?;
    life(async {
        let meter = place.meter().await?;
        meter.set_energy(1).await?;
        place.faults.fill(true);
        let begin = Instant::now();
        let error = meter.set_energy(2).await.err().ok_or("it was stored")?;
        let took = begin.elapsed();
        println!("r09: refused after {took:?}");
        assert_eq!(error, SetError::StoreFull { device: SN.into() });
        assert!(took < Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 50 }), "{took:?}");
        assert_eq!((meter.energy(), meter.product()), (1, 2), "all is as it was");
        // What is not stored goes on.
        meter.set_power(3).await?.delivered().await?;
        assert_eq!((meter.power(), meter.product()), (3, 3));
        place.faults.fill(false);
        meter.set_energy(4).await?.delivered().await?;
        within(10, meter.close()).await??;
        Ok(())
    })?;
    let energies: Vec<u64> = place.energies().into_iter().map(|(energy, _)| energy).collect();
    assert_eq!(energies, [1, 4]);
    Ok(())
}

/// A disk of one mebibyte.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where that is not to be had.
    fn mount() -> Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        Ok(mounted.then_some(Self(folder)))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// What is kept of the latest, as far as the disk goes.
#[derive(Device, Clone, Debug)]
struct Recorder {
    #[asset(kind = "sensor", retention = "stored", overflow = "drop-oldest")]
    latest: u64,
    #[asset(kind = "sensor", retention = "stored")]
    all: u64,
    #[asset(kind = "sensor")]
    power: u64,
}

#[test]
fn r09_a_disk_of_one_mebibyte_fills_and_empties() -> Result {
    let Some(disk) = SmallDisk::mount()? else {
        println!("skipped: a file system in memory cannot be mounted here (it takes root)");
        return Ok(());
    };
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let config = OutboxConfig::new().messages(100_000).folder(disk.0.path());
    let first = Recorder { latest: 0, all: 0, power: 0 };
    life(async {
        let device =
            memory.platform().outbox(config).device("REC-1", first).start_offline(true).connect().await?;
        let mut all = 0;
        let (error, took) = loop {
            let begin = Instant::now();
            match device.set_all(all + 1).await {
                Ok(_) => all += 1,
                Err(error) => break (error, begin.elapsed()),
            }
        };
        println!("r09: full after {all} states, refused after {took:?}");
        assert!(all > 100, "{all}");
        assert_eq!(error, SetError::StoreFull { device: "REC-1".into() });
        assert_eq!(device.all(), all);
        device.set_power(1).await?;
        // Everything is delivered and deleted, and then there is room again.
        memory.set_registry_away(false);
        within(60, async {
            while device.stats().pending > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await?;
        device.set_all(all + 1).await?.delivered().await?;
        within(10, device.close()).await??;
        Ok(())
    })
}

#[test]
fn r09_on_a_full_disk_the_oldest_go_where_they_may() -> Result {
    let Some(disk) = SmallDisk::mount()? else {
        println!("skipped: a file system in memory cannot be mounted here (it takes root)");
        return Ok(());
    };
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let config = OutboxConfig::new().messages(100_000).folder(disk.0.path());
    let first = Recorder { latest: 0, all: 0, power: 0 };
    life(async {
        let device =
            memory.platform().outbox(config).device("REC-1", first).start_offline(true).connect().await?;
        const LAST: u64 = 10_000;
        for latest in 1..=LAST {
            device.set_latest(latest).await?;
        }
        let Stats { dropped, .. } = device.stats();
        println!("r09: of {LAST} states {dropped} were dropped for want of room on the disk");
        assert!(dropped > 0);
        memory.set_registry_away(false);
        device.set_latest(LAST + 1).await?.delivered().await?;
        within(60, async {
            while device.stats().pending > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await?;
        let messages =
            memory.messages().into_iter().filter(|message| message.topic.ends_with("latest/state"));
        let states: Vec<_> = messages.map(|message| payload::read_state(&message.payload).unwrap()).collect();
        let told: u64 = states.iter().map(|state| state.dropped).sum();
        assert_eq!(told, device.stats().dropped, "the platform is told");
        assert_eq!(states.len() as u64 + told, LAST + 1, "all that was set, but what was dropped");
        within(10, device.close()).await??;
        Ok(())
    })
}

#[test]
fn r10_what_does_not_reach_the_disk_is_refused() -> Result {
    let place = Place::new()?;
    life(async {
        let meter = place.meter().await?;
        meter.set_energy(1).await?;
        place.faults.break_flush(true);
        // Many at once: all are refused, and none is there afterwards.
        let setters = (10..20).map(|energy| meter.set_energy(energy));
        for result in futures_util::future::join_all(setters).await {
            let error = result.err().ok_or("it was stored")?;
            assert!(
                matches!(&error, SetError::Store { reason, .. } if reason.contains("flush")),
                "{error:?}"
            );
        }
        let error = meter.update(|meter| (meter.energy, meter.power) = (30, 30)).await.err();
        assert!(matches!(error, Some(SetError::Store { .. })), "{error:?}");
        assert_eq!((meter.energy(), meter.power(), meter.product()), (1, 2, 2));
        place.faults.break_flush(false);
        meter.set_energy(40).await?.delivered().await?;
        Ok(())
    })?;
    // Nor in the next life.
    life(async {
        let meter = place.meter().await?;
        meter.set_energy(50).await?.delivered().await?;
        within(10, meter.close()).await??;
        Ok(())
    })?;
    let energies: Vec<u64> = place.energies().into_iter().map(|(energy, _)| energy).collect();
    assert_eq!(energies, [1, 40, 50]);
    Ok(())
}

#[test]
fn what_was_computed_from_a_value_that_is_not_stored_goes_back_as_well() -> Result {
    let place = Place::new()?;
    life(async {
        let meter = place.meter().await?;
        meter.set_energy(10).await?.delivered().await?;
        place.faults.break_flush(true);
        let refused = meter.set_energy(999);
        tokio::pin!(refused);
        // Accepted, and on its way to a disk that will not have it, while something else is set.
        let _ = futures_util::poll!(&mut refused);
        meter.set_power(3).await?;
        assert!(matches!(refused.await, Err(SetError::Store { .. })));
        place.faults.break_flush(false);
        assert_eq!((meter.energy(), meter.power(), meter.product()), (10, 3, 30));
        within(10, async {
            let is_so = || {
                ["energy", "power", "product"].map(|asset| place.memory.state(SN, asset))
                    == [10, 3, 30].map(|value| Some(value.into()))
            };
            while !is_so() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await?;
        within(10, meter.close()).await??;
        Ok(())
    })
}

#[test]
fn nothing_is_left_of_a_device_that_is_removed() -> Result {
    let place = Place::new()?;
    life(async {
        place.memory.withhold_acknowledgements(true);
        let meter = place.meter().await?;
        meter.set_energy(1).await?;
        let removed = within(20, meter.remove()).await?;
        assert!(removed.is_err(), "it says what was not delivered: {removed:?}");
        place.memory.withhold_acknowledgements(false);
        let meter = place.meter().await?;
        meter.set_energy(2).await?.delivered().await?;
        assert!(!place.energies().iter().any(|(_, late)| *late));
        within(10, meter.close()).await??;
        Ok(())
    })
}

#[test]
fn a_transaction_is_stored_as_a_whole() -> Result {
    let place = Place::new()?;
    life(async {
        let meter = place.alone().await?;
        meter.update(|meter| (meter.energy, meter.power) = (5, 6)).await?;
        meter.set_power(7).await?;
        Ok(())
    })?;
    place.memory.set_registry_away(false);
    life(async {
        let meter = place.meter().await?;
        let message = place.memory.message(|message| message.text().contains("historical")).await;
        let states = payload::read_states(&message.payload)?;
        let names: Vec<_> = states.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["energy", "power", "product"]);
        within(10, meter.close()).await??;
        Ok(())
    })?;
    assert!(!place.memory.messages().iter().any(|message| message.text().contains("\"value\":7,")));
    Ok(())
}

#[test]
fn closing_keeps_what_is_stored_for_the_next_start() -> Result {
    let place = Place::new()?;
    life(async {
        let meter = place.alone().await?;
        let receipt = meter.set_energy(1).await?;
        // Nobody is there: nothing of it is lost, so it is no error.
        within(20, meter.close()).await??;
        assert_eq!(receipt.delivered().await, Err(DeliveryError::Closed));
        place.memory.set_registry_away(false);
        let meter = place.meter().await?;
        place.energy(1).await;
        within(10, meter.close()).await??;
        Ok(())
    })
}

#[test]
fn each_device_of_a_host_gets_its_own_from_the_one_file() -> Result {
    let place = Place::new()?;
    let platform = || place.memory.platform().outbox(place.config());
    place.memory.set_registry_away(true);
    life(async {
        let host = Host::new(&platform(), "GATEWAY-1")?;
        for (sn, energy) in [("A-1", 1), ("B-1", 2)] {
            let meter = host.device(sn, FIRST).start_offline(true).connect().await?;
            meter.set_energy(energy).await?;
        }
        Ok(())
    })?;
    assert!(place.folder.path().join("store").join("GATEWAY-1.outbox").is_file());
    place.memory.set_registry_away(false);
    life(async {
        let host = Host::new(&platform(), "GATEWAY-1")?;
        for (sn, energy) in [("B-1", 2), ("A-1", 1)] {
            let _meter = host.device(sn, FIRST).connect().await?;
            let (topic, value) = (format!("device/{sn}/asset/energy/state"), format!("\"value\":{energy},"));
            place.memory.message(|message| message.topic == topic && message.text().contains(&value)).await;
        }
        within(20, host.close()).await??;
        Ok(())
    })
}
