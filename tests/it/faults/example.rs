//! What `docs/testing.md` says, as a test of a device of one's own: a copy to begin with.

use std::time::Duration;

use edge_runtime::testing::{Cut, FaultProxy, LedgerBroker, MemoryPlatform, SteadyClock};
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
struct Pump {
    #[asset(kind = "sensor", unit = "bar", min = 0.0, max = 16.0)]
    pressure: f64,
    #[asset(kind = "actuator")]
    running: bool,
}

struct Motor;

impl PumpHandler for Motor {
    async fn on_running(&mut self, _: &PumpDevice, change: Change<bool>) -> HandlerResult<bool> {
        Ok(change.value)
    }
}

#[tokio::test(start_paused = true)]
async fn a_pump_keeps_what_it_measured_while_the_network_was_away() -> Result<(), Box<dyn std::error::Error>>
{
    let _clock = SteadyClock::start();
    let broker = LedgerBroker::start().await?;
    let network = FaultProxy::start(broker.address()).await?;
    let platform = MemoryPlatform::new().with_broker(&format!("mqtt://{}", network.address()))?;
    let pump =
        platform.device("PUMP-1", Pump { pressure: 0.0, running: false }).handler(Motor).connect().await?;

    // Ten minutes without a network, in a moment.
    network.cut();
    let mut last = None;
    for minute in 1..=10 {
        last = Some(pump.set_pressure(f64::from(minute)).await?);
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    network.restore();
    last.unwrap().delivered().await?;
    broker.look(|ledger| {
        let topic = "device/PUMP-1/asset/pressure/state";
        let measured = ledger.publishes().filter(|(_, publish)| publish.topic == topic);
        assert_eq!(measured.count(), 10);
    });

    // The broker forgets us. Commands arrive all the same, as soon as the device has subscribed again.
    let subscribed = broker.look(|ledger| ledger.subscribes().count());
    broker.cut(Cut::Forget);
    broker.wait(|ledger| ledger.subscribes().count() > subscribed).await;
    broker.publish("device/PUMP-1/asset/running/command", r#"{"id":"1","value":true}"#);
    broker.wait(|ledger| ledger.publishes().any(|(_, it)| it.topic == "device/PUMP-1/outcome")).await;
    assert!(pump.running());
    pump.close().await?;
    Ok(())
}
