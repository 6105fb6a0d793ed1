//! What a device counts, and that it can begin anew.

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Change, CloseError, Device, HandlerResult, OutboxConfig, Stats};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Device, Clone)]
struct Pump {
    #[asset]
    pressure: u32,
    #[asset(kind = "actuator")]
    running: bool,
}

struct Motor;

impl PumpHandler for Motor {
    async fn on_running(&mut self, _: &PumpDevice, change: Change<bool>) -> HandlerResult<bool> {
        Ok(change.value)
    }
}

async fn pump(memory: &MemoryPlatform) -> Result<PumpDevice> {
    let platform = memory.platform().outbox(OutboxConfig::new().messages(10));
    let first = Pump { pressure: 0, running: false };
    let pump = platform.device("PUMP-1", first).handler(Motor).connect().await?;
    // The first state is one message of its own.
    pump.set_pressure(0).await?.delivered().await?;
    Ok(pump)
}

/// Without what depends on how long payloads are.
fn counted(pump: &PumpDevice) -> Stats {
    let mut stats = pump.stats();
    (stats.bytes_sent, stats.bytes_received) = (0, 0);
    stats
}

fn stats(count: impl FnOnce(&mut Stats)) -> Stats {
    let mut stats = Stats::default();
    count(&mut stats);
    stats
}

#[tokio::test(start_paused = true)]
async fn v56_what_is_sent_and_comes_is_counted_anew_after_a_reset() -> Result {
    let memory = MemoryPlatform::new();
    let pump = pump(&memory).await?;
    let first = stats(|it| (it.states, it.sent, it.acknowledged) = (1, 2, 2));
    assert_eq!(counted(&pump), first);
    let before = pump.stats().bytes_sent;
    pump.reset_stats();
    assert_eq!(pump.stats(), Stats::default());

    pump.set_pressure(1).await?.delivered().await?;
    let command = r#"{"id":"1","value":true}"#;
    memory.publish("device/PUMP-1/asset/running/command", command);
    memory.message(|message| message.topic == "device/PUMP-1/outcome").await;
    while pump.stats().pending > 0 {
        tokio::task::yield_now().await;
    }
    // A state, and the command's state and outcome.
    let counts =
        |it: &mut Stats| (it.states, it.sent, it.acknowledged, it.received, it.applied) = (2, 3, 3, 1, 1);
    assert_eq!(counted(&pump), stats(counts));
    assert_eq!(pump.stats().bytes_received, command.len() as u64);
    assert!(pump.stats().bytes_sent > 0 && before > 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v56_what_is_sent_again_and_how_full_the_outbox_is() -> Result {
    let memory = MemoryPlatform::new();
    let pump = pump(&memory).await?;
    pump.reset_stats();
    memory.withhold_acknowledgements(true);
    for pressure in 1..=3 {
        pump.set_pressure(pressure).await?;
    }
    while pump.stats().sent < 3 {
        tokio::task::yield_now().await;
    }
    // It is no counter: it is there after a reset as well.
    pump.reset_stats();
    assert_eq!(counted(&pump), stats(|it| (it.pending, it.load) = (3, 30)));
    memory.withhold_acknowledgements(false);
    memory.cut();
    pump.set_pressure(4).await?.delivered().await?;
    while pump.stats().pending > 0 {
        tokio::task::yield_now().await;
    }
    let stats = pump.stats();
    assert_eq!((stats.retried, stats.disconnects, stats.load), (3, 1, 0));
    // Those three, the fourth, and how all is.
    assert!(stats.sent >= 5, "{stats:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn r07_what_goes_with_a_device_that_is_closed_is_counted() -> Result {
    let memory = MemoryPlatform::new();
    let pump = pump(&memory).await?;
    memory.withhold_acknowledgements(true);
    for pressure in 1..=4 {
        pump.set_pressure(pressure).await?;
    }
    let closed = pump.close().await;
    assert_eq!(closed, Err(CloseError::Undelivered { count: 4 }));
    let stats = pump.stats();
    assert_eq!((stats.undelivered, stats.dropped, stats.pending), (4, 0, 0), "{stats:?}");
    Ok(())
}
