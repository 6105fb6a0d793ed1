//! Setters that wait for room: who waits is woken, and who does not wait any more is forgotten.

use std::future::{Future, IntoFuture as _};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, OutboxConfig};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Device, Clone)]
struct Meter {
    #[asset]
    energy: u32,
    /// With it, the whole state is not on the topic of the energy.
    #[asset]
    sealed: bool,
}

const SOON: Duration = Duration::from_secs(60);

/// A task that counts how often it is woken.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A device whose outbox is full, at a broker that acknowledges nothing.
async fn full(memory: &MemoryPlatform) -> Result<MeterDevice> {
    let platform = memory.platform().outbox(OutboxConfig::new().messages(2));
    let meter = platform.device("METER-1", Meter { energy: 0, sealed: true }).connect().await?;
    while meter.stats().pending > 0 {
        tokio::task::yield_now().await;
    }
    memory.withhold_acknowledgements(true);
    meter.set_energy(1).await?;
    meter.set_energy(2).await?;
    Ok(meter)
}

/// While there was no room, the task of every setter that was given up was kept.
#[tokio::test(start_paused = true)]
async fn setters_that_are_given_up_are_forgotten() -> Result {
    let memory = MemoryPlatform::new();
    let meter = full(&memory).await?;
    let task = Arc::<Task>::default();
    for round in 0..3 {
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        let mut setter = Box::pin(meter.set_energy(3));
        let mut transaction = Box::pin(meter.update(|meter| meter.energy = 4));
        let mut tx = meter.begin();
        tx.set_energy(5)?;
        let mut finish = Box::pin(tx.finish());
        for _ in 0..2 {
            assert!(setter.as_mut().poll(&mut context).is_pending());
            assert!(transaction.as_mut().poll(&mut context).is_pending());
            assert!(finish.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!(Arc::strong_count(&task), 5, "round {round}: each is known once");
        drop((setter, transaction, finish, waker));
        assert_eq!(Arc::strong_count(&task), 1, "round {round}");
    }
    memory.withhold_acknowledgements(false);
    meter.close().await?;
    assert_eq!(task.0.load(Ordering::SeqCst), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_still_waits_is_woken_when_another_has_given_up() -> Result {
    let memory = MemoryPlatform::new();
    let meter = full(&memory).await?;
    // Both in one task.
    let mut waits = pin!(meter.set_energy(3));
    {
        let mut given_up = pin!(meter.set_energy(4));
        let both = async {
            tokio::select! { _ = &mut waits => (), _ = &mut given_up => () }
        };
        assert!(tokio::time::timeout(std::time::Duration::from_secs(1), both).await.is_err());
    }
    memory.withhold_acknowledgements(false);
    tokio::time::timeout(SOON, waits).await??;
    meter.close().await?;
    assert_eq!(memory.state("METER-1", "energy"), Some(3.into()));
    Ok(())
}

/// What has room for so many bytes, by itself or with all that waits.
#[derive(Device, Clone)]
struct Diary {
    #[asset(capacity_bytes = 900)]
    page: String,
    #[asset]
    note: String,
}

/// With two texts of 400 bytes there are 900: each has quotes, and 64 bytes for what it is besides.
#[tokio::test(start_paused = true)]
async fn setters_wait_for_bytes_of_their_asset_or_of_the_outbox_and_are_woken() -> Result {
    type Setter = for<'a> fn(&'a DiaryDevice, String) -> edge_runtime::Set<'a>;
    let page: Setter = |diary, text| diary.set_page(text);
    let note: Setter = |diary, text| diary.set_note(text);
    for (outbox, set, asset) in
        [(OutboxConfig::new(), page, "page"), (OutboxConfig::new().bytes(900), note, "note")]
    {
        let memory = MemoryPlatform::new();
        let first = Diary { page: String::new(), note: String::new() };
        let diary = memory.platform().outbox(outbox).device("DIARY-1", first).connect().await?;
        while diary.stats().pending > 0 {
            tokio::task::yield_now().await;
        }
        memory.withhold_acknowledgements(true);
        let text = |letter: &str| letter.repeat(400);
        for letter in ["a", "b"] {
            tokio::time::timeout(SOON, set(&diary, text(letter)).into_future()).await??;
        }
        let task = Arc::<Task>::default();
        let waker = Waker::from(Arc::clone(&task));
        let mut waits = pin!(set(&diary, text("c")).into_future());
        assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending(), "{asset}: it is full");
        tokio::time::sleep(SOON).await;
        assert_eq!((task.0.load(Ordering::SeqCst), diary.stats().pending), (0, 2), "{asset}");
        // Its neighbour has room of its own, unless it is all the outbox that is full.
        let other = if asset == "page" { diary.set_note(text("d")) } else { diary.set_page(text("d")) };
        let other = tokio::time::timeout(SOON, other.into_future()).await;
        assert_eq!(other.is_ok(), asset == "page");
        memory.withhold_acknowledgements(false);
        while task.0.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::timeout(SOON, waits).await??.delivered().await?;
        assert_eq!(memory.state("DIARY-1", asset), Some(text("c").into()));
        diary.close().await?;
    }
    Ok(())
}

/// A program that does nothing else kept the thread until the outbox was full; where it never is, for ever.
#[tokio::test]
async fn whoever_only_sets_leaves_the_thread_to_the_link_now_and_then() -> Result {
    let memory = MemoryPlatform::new();
    let meter = memory.platform().device("METER-1", Meter { energy: 0, sealed: true }).connect().await?;
    for energy in 1..=1_000 {
        meter.set_energy(energy).await?;
    }
    assert!(meter.stats().acknowledged > 500, "{:?}", meter.stats());
    for energy in 1_001..=2_000 {
        meter.update(|meter| meter.energy = energy).await?;
    }
    assert!(meter.stats().acknowledged > 1_500, "{:?}", meter.stats());
    meter.close().await?;
    Ok(())
}
