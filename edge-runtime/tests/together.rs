//! Updates and setters of one device from several threads: an update works on a copy, and nobody changes anything meanwhile.

use std::future::Future;
use std::sync::mpsc;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, OutboxConfig};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// So often each of the two changes something.
const TIMES: u32 = 2_000;

#[derive(Device, Clone)]
struct Meter {
    #[asset]
    updated: u32,
    #[asset]
    written: u32,
}

/// A meter is a part of it.
#[derive(Device, Clone)]
struct House {
    #[asset]
    doors: u32,
    #[device(child)]
    meter: Meter,
}

async fn meter() -> Result<MeterDevice> {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let platform = memory.platform().outbox(OutboxConfig::new().messages(1 << 20));
    Ok(platform.device("METER-1", Meter { updated: 0, written: 0 }).start_offline(true).connect().await?)
}

/// A value that is set while the closure of an update is at work would be replaced by what its copy has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_beside_updates_stays() -> Result {
    let meter = meter().await?;
    let updating = meter.clone();
    let updates = tokio::spawn(async move {
        for _ in 0..TIMES {
            updating.update(|it| it.updated += 1).await?;
        }
        Result::Ok(())
    });
    for number in 1..=TIMES {
        meter.set_written(number).await?;
        assert_eq!(meter.written(), number);
    }
    updates.await??;
    assert_eq!((meter.updated(), meter.written()), (TIMES, TIMES));
    Ok(())
}

/// After a closure that has panicked everybody goes on.
#[tokio::test]
async fn who_panics_in_an_update_leaves_the_device_to_others() -> Result {
    let meter = meter().await?;
    let panicking = meter.clone();
    let update = tokio::spawn(async move { panicking.update(|_| panic!("in the closure")).await });
    assert!(update.await.is_err_and(|error| error.is_panic()));
    meter.set_written(1).await?;
    meter.update(|it| it.updated = it.written + 1).await?;
    assert_eq!((meter.updated(), meter.written()), (2, 1));
    Ok(())
}

/// What the closure of an update does: it says that it is at work, and goes on when it may.
struct Pause {
    begun: oneshot::Sender<()>,
    may_go_on: mpsc::Receiver<()>,
}

impl Pause {
    fn wait(self) {
        self.begun.send(()).expect("somebody waits for it");
        self.may_go_on.recv().expect("it is let go on");
    }
}

/// An update that has paused, from outside.
struct Paused {
    has_begun: oneshot::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

fn pause() -> (Pause, Paused) {
    let ((begun, has_begun), (go_on, may_go_on)) = (oneshot::channel(), mpsc::channel());
    (Pause { begun, may_go_on }, Paused { has_begun, go_on })
}

impl Paused {
    /// Lets somebody set something while the update is at work, which then goes on. Until then getters answer with what was.
    async fn beside(
        self,
        update: JoinHandle<Result>,
        set: impl Future<Output = Result> + Send + 'static,
        is_as_it_was: impl Fn() -> bool,
    ) -> Result<std::result::Result<Result, JoinError>> {
        self.has_begun.await?;
        let (asks, has_asked) = oneshot::channel();
        let set = tokio::spawn(async move {
            asks.send(()).expect("somebody waits for it");
            set.await
        });
        has_asked.await?;
        // Time enough for a setter that does not wait.
        for _ in 0..10_000 {
            assert!(is_as_it_was() && !set.is_finished(), "set while a closure is at work");
            tokio::task::yield_now().await;
        }
        self.go_on.send(())?;
        let updated = update.await;
        set.await??;
        Ok(updated)
    }
}

async fn connected(memory: &MemoryPlatform) -> Result<MeterDevice> {
    Ok(memory.platform().device("METER-1", Meter { updated: 0, written: 0 }).connect().await?)
}

/// The assets of a meter whose states were sent, each in a message of its own.
fn sent(memory: &MemoryPlatform, meter: &str) -> Vec<String> {
    let name = |topic: &str| {
        let name = topic.strip_prefix(&format!("device/{meter}/asset/"))?.strip_suffix("/state")?;
        Some(name.to_owned())
    };
    memory.messages().iter().filter_map(|message| name(&message.topic)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_setter_waits_for_a_closure_and_is_behind_it() -> Result {
    let memory = MemoryPlatform::new();
    let meter = connected(&memory).await?;
    let (pause, paused) = pause();
    let (updating, writing) = (meter.clone(), meter.clone());
    let update = tokio::spawn(async move {
        let update = updating.update(|it| {
            pause.wait();
            it.updated = 1;
        });
        Ok(update.await?.delivered().await?)
    });
    let write = async move { Ok(writing.set_written(2).await?.delivered().await?) };
    paused.beside(update, write, || (meter.updated(), meter.written()) == (0, 0)).await???;
    assert_eq!((meter.updated(), meter.written()), (1, 2));
    assert_eq!(sent(&memory, "METER-1"), ["updated", "written"]);
    meter.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_setter_of_a_child_waits_for_a_closure_of_its_parent() -> Result {
    let memory = MemoryPlatform::new();
    let first = House { doors: 1, meter: Meter { updated: 0, written: 0 } };
    let house = memory.platform().device("HOUSE-1", first).connect().await?;
    let (pause, paused) = pause();
    let (updating, writing) = (house.clone(), house.meter());
    let update = tokio::spawn(async move {
        let update = updating.update(|it| {
            pause.wait();
            it.meter.updated = 1;
        });
        Ok(update.await?.delivered().await?)
    });
    let write = async move { Ok(writing.set_written(2).await?.delivered().await?) };
    let meter = house.meter();
    paused.beside(update, write, || (meter.updated(), meter.written()) == (0, 0)).await???;
    assert_eq!((house.doors(), meter.updated(), meter.written()), (1, 1, 2));
    assert_eq!(sent(&memory, "HOUSE-1-meter"), ["updated", "written"]);
    house.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_setter_that_waits_for_a_closure_goes_on_when_that_panics() -> Result {
    let memory = MemoryPlatform::new();
    let meter = connected(&memory).await?;
    let (pause, paused) = pause();
    let (updating, writing) = (meter.clone(), meter.clone());
    let update = tokio::spawn(async move {
        let update = updating.update(|it| {
            it.updated = 1;
            pause.wait();
            panic!("in the closure");
        });
        Ok(update.await?.delivered().await?)
    });
    let write = async move { Ok(writing.set_written(2).await?.delivered().await?) };
    let updated = paused.beside(update, write, || (meter.updated(), meter.written()) == (0, 0)).await?;
    assert!(updated.is_err_and(|error| error.is_panic()));
    assert_eq!((meter.updated(), meter.written()), (0, 2));
    assert_eq!(sent(&memory, "METER-1"), ["written"]);
    meter.close().await?;
    Ok(())
}
