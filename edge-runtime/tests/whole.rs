//! Receipts of values that went with a whole state: they wait for it, and for the newer one if it was replaced.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use edge_runtime::Device;
use edge_runtime::testing::{MemoryPlatform, Message};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How many messages are on their way without acknowledgement.
const WINDOW: u32 = 256;

#[derive(Device, Clone)]
struct Meter {
    #[asset(publish(on_change))]
    energy: u32,
    #[asset]
    filler: u32,
    /// When there is no room for it, all is said as soon as may be.
    #[asset(capacity = 1, overflow = "drop-newest")]
    narrow: u32,
}

fn is_whole(message: &Message) -> bool {
    message.topic == "device/METER-1/state"
}

/// Waits until the device has said all again: what is said is not sent, the window is full.
async fn announced(meter: &MeterDevice) -> Result {
    let before = meter.stats();
    assert!(meter.set_narrow(2).await?.delivered().await.is_err(), "it had no room");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(meter.stats().dropped, before.dropped + 1);
    Ok(())
}

/// It was `Ok` as soon as the older state was withdrawn.
#[tokio::test(start_paused = true)]
async fn a_receipt_waits_for_the_newer_whole_state_when_its_own_is_withdrawn() -> Result {
    let memory = MemoryPlatform::new();
    let first = Meter { energy: 7, filler: 0, narrow: 0 };
    let meter = memory.platform().device("METER-1", first).connect().await?;
    while meter.stats().pending > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    memory.withhold_acknowledgements(true);
    for filler in 1..=WINDOW {
        meter.set_filler(filler).await?;
    }
    meter.set_narrow(1).await?;
    announced(&meter).await?;
    let wholes = memory.messages().into_iter().filter(is_whole).count();
    // Both say what the whole state says, which has not gone.
    let [early, late] = [meter.set_energy(7).await?, meter.set_energy(7).await?];
    let mut early = pin!(early.delivered());
    let mut context = Context::from_waker(Waker::noop());
    assert!(early.as_mut().poll(&mut context).is_pending());
    for _ in 0..3 {
        announced(&meter).await?;
    }
    assert_eq!(memory.messages().into_iter().filter(is_whole).count(), wholes, "none has gone");
    let mut late = pin!(late.delivered());
    assert_eq!(
        (early.as_mut().poll(&mut context), late.as_mut().poll(&mut context)),
        (Poll::Pending, Poll::Pending)
    );
    memory.withhold_acknowledgements(false);
    let both = async { (early.await, late.await) };
    assert_eq!(tokio::time::timeout(Duration::from_secs(60), both).await?, (Ok(()), Ok(())));
    assert_eq!(memory.messages().into_iter().filter(is_whole).count(), wholes + 1);
    meter.close().await?;
    Ok(())
}
