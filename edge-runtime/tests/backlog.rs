//! What came without a connection says so, also when the connection is lost again before all of it has gone.

use std::time::Duration;

use edge_runtime::Device;
use edge_runtime::testing::{FaultProxy, Ledger, LedgerBroker, MemoryPlatform, SteadyClock};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Device, Clone)]
struct Meter {
    #[asset]
    early: u32,
    #[asset]
    late: u32,
}

const LATE: &str = r#""historical":true"#;

async fn offline(meter: &MeterDevice) {
    while meter.is_online() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn of<'a>(ledger: &'a Ledger, asset: &str) -> impl Iterator<Item = String> + use<'a> {
    let topic = format!("device/METER-1/asset/{asset}/state");
    let messages = ledger.publishes().filter(move |(_, message)| message.topic == topic);
    messages.map(|(_, message)| message.text())
}

/// While something was left of the first backlog, what came later was taken for live.
#[tokio::test(start_paused = true)]
async fn r14_what_comes_before_a_connection_is_lost_again_is_late_as_well() -> Result {
    let _clock = SteadyClock::start();
    let broker = LedgerBroker::start().await?;
    let network = FaultProxy::start(broker.address()).await?;
    let platform = MemoryPlatform::new().with_broker(&format!("mqtt://{}", network.address()))?;
    let meter = platform.device("METER-1", Meter { early: 0, late: 0 }).connect().await?;
    meter.set_early(1).await?.delivered().await?;

    network.cut();
    offline(&meter).await;
    for early in 2..2_000 {
        meter.set_early(early).await?;
    }
    network.restore();
    network.set_rate(Some(4 * 1024));
    broker.wait(|ledger| of(ledger, "early").any(|text| text.contains(LATE))).await;
    network.cut();
    offline(&meter).await;
    assert!(meter.stats().pending > 1_000, "something is left: {}", meter.stats().pending);
    for late in 1..=5 {
        meter.set_late(late).await?;
    }
    network.restore();
    while !meter.is_online() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    meter.set_late(6).await?.delivered().await?;
    while meter.stats().pending > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let is_kept = |ledger: &Ledger| ledger.connects().all(|(_, connect)| !connect.clean_session);
    assert!(broker.look(is_kept));
    for late in 1..=6 {
        let value = format!("\"value\":{late},");
        let said = |ledger: &Ledger| of(ledger, "late").find(|text| text.contains(&value));
        let said = broker.look(said).ok_or("it was lost")?;
        // The last one was set on the connection.
        assert_eq!(said.contains(LATE), late < 6, "{said}");
    }
    meter.close().await?;
    Ok(())
}
