//! The figures of one link, each with its value: what is scripted, what the broker has written down and what the device says of
//! itself are the same.

use std::time::Duration;

use edge_runtime::testing::{Cut, Ledger, MemoryPlatform, SetClock};
use edge_runtime::{Change, Device, HandlerResult};
use jiff::SignedDuration;
use metrics_exporter_prometheus::PrometheusHandle;

use super::world::{Result, World, within};
use crate::observability::recorder;

const SN: &str = "WELL-1";
const SECOND: Duration = Duration::from_secs(1);
/// States one after the other, and states that are on their way together when the connection breaks.
const STATES: u64 = 20;
const IN_FLIGHT: u64 = 5;
/// The presence and the whole state.
const BIRTH: u64 = 2;

#[derive(Device, Clone, Debug, Default)]
#[device(model = "urn:test:well:1")]
struct Well {
    #[asset(kind = "sensor")]
    level: u64,
    #[asset(kind = "actuator", max = 100, timeout = "2s")]
    pump: u8,
}

/// Takes a second, and for one value never ends.
struct Slow;

impl WellHandler for Slow {
    async fn on_pump(&mut self, _: &WellDevice, change: Change<u8>) -> HandlerResult<u8> {
        if change.value == 77 {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(change.value)
    }
}

/// One figure by its name and its labels without the link's.
fn figure(handle: &PrometheusHandle, name: &str, labels: &str) -> f64 {
    let text = handle.render();
    let series = format!("{name}{{link=\"{SN}\"{labels}}} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&series));
    value.unwrap_or_else(|| panic!("{series}: {text}")).parse().unwrap()
}

/// A command, and its outcome.
async fn command(world: &World, id: &str, value: u8) -> Result {
    world
        .broker
        .publish(format!("device/{SN}/asset/pump/command"), format!(r#"{{"id":"{id}","value":{value}}}"#));
    within(60, world.broker.wait(|ledger| outcomes(ledger, id) == 1)).await
}

/// How many outcomes there are with this in them.
fn outcomes(ledger: &Ledger, text: &str) -> usize {
    let outcomes = ledger.publishes().filter(|(_, it)| it.topic.ends_with("/outcome"));
    outcomes.filter(|(_, it)| it.text().contains(&format!("\"{text}\""))).count()
}

async fn nothing_waits(device: &WellDevice) -> Result {
    within(60, async {
        while device.stats().pending > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn every_figure_of_a_link_has_the_value_that_the_ledger_and_the_device_have() -> Result {
    let recorder = recorder()?;
    let handle = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    let world = World::new().await?;
    let device = world.platform()?.device(SN, Well::default()).handler(Slow).connect().await?;
    for level in 1..=STATES {
        within(60, device.set_level(level).await?.delivered()).await??;
    }
    for (id, value) in [("good", 40), ("high", 130), ("long", 77)] {
        command(&world, id, value).await?;
    }
    nothing_waits(&device).await?;
    // Three outcomes, and the state of the one that was applied.
    let said = BIRTH + STATES + 3 + 1;
    let count = |name| figure(&handle, name, "") as u64;
    assert_eq!((count("edge_published_total"), count("edge_acknowledged_total")), (said, said));

    // What is on its way is seen while it waits.
    world.broker.withhold_pubacks(true);
    for level in 1..=IN_FLIGHT {
        device.set_level(STATES + level).await?;
    }
    let is_said = |ledger: &Ledger| ledger.publishes().count() as u64 == said + IN_FLIGHT;
    within(60, world.broker.wait(is_said)).await?;
    // Measured every five seconds; it is as old as it says, by the clock on the wall, which is not paused, or as old as the first
    // look at it when that is longer ago.
    within(11, async {
        while figure(&handle, "edge_outbox_age_seconds", "") < 1.0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await?;
    let age = figure(&handle, "edge_outbox_age_seconds", "");
    assert_eq!((count("edge_outbox_messages"), age.round() as u64), (IN_FLIGHT, 5), "{age}");
    assert_eq!((count("edge_connected"), device.stats().pending as u64), (1, IN_FLIGHT));
    world.broker.withhold_pubacks(false);
    world.broker.cut(Cut::Close);
    nothing_waits(&device).await?;
    // It is measured again.
    tokio::time::sleep(Duration::from_secs(6)).await;

    // As scripted: the presence is said on each connection, and only what was on its way comes twice.
    let labelled = |name, label, value| figure(&handle, name, &format!(",{label}=\"{value}\"")) as u64;
    let statuses = ["applied", "rejected", "timeout"];
    let commands = statuses.map(|status| labelled("edge_commands_total", "status", status));
    let published = said + IN_FLIGHT + 1;
    assert_eq!((count("edge_published_total"), count("edge_acknowledged_total")), (published, published));
    assert_eq!((count("edge_replayed_total"), count("edge_reconnects_total")), (IN_FLIGHT, 1));
    let connections = ["new", "kept"].map(|it| labelled("edge_connections_total", "session", it));
    assert_eq!(connections, [1, 1]);
    assert_eq!((count("edge_outbox_messages"), count("edge_outbox_age_seconds")), (0, 0));
    // The method of each that was in its limits, and `on_change` of the one that ended: a second, and two until its time was up.
    assert_eq!((count("edge_handler_seconds_count"), commands), (3, [1, 1, 1]));
    assert_eq!(figure(&handle, "edge_handler_seconds_sum", "").round() as u64, 3);

    // As the broker has written down.
    let (first, again, connects) = world.broker.look(|ledger| {
        let again = ledger.publishes().filter(|(_, it)| it.dup).count() as u64;
        (ledger.publishes().count() as u64 - again, again, ledger.connects().count() as u64)
    });
    assert_eq!((first, again, connects), (published, IN_FLIGHT, 2));
    let told = statuses.map(|status| world.broker.look(|ledger| outcomes(ledger, status)) as u64);
    assert_eq!(told, commands);

    // And as the device says, whose presences are its link's.
    let stats = device.stats();
    let own = published - 2;
    assert_eq!((stats.sent, stats.retried, stats.acknowledged), (own, IN_FLIGHT, own), "{stats:?}");
    assert_eq!([stats.applied, stats.rejected, stats.timed_out], commands, "{stats:?}");
    assert_eq!((stats.disconnects, stats.pending), (1, 0), "{stats:?}");
    // What was set, and the state of what was applied.
    assert_eq!((stats.states, stats.received), (STATES + IN_FLIGHT + 1, 3), "{stats:?}");
    world.end(device).await
}

/// It was as old as the first look at it, up to five seconds too young.
#[tokio::test(start_paused = true)]
async fn what_waits_is_as_old_as_it_is() -> Result {
    let recorder = recorder()?;
    let handle = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    let (memory, clock) = (MemoryPlatform::new(), SetClock::new("2031-02-03T04:05:06Z".parse()?));
    let well = clock.on(memory.platform()).device(SN, Well::default()).handler(Slow).connect().await?;
    nothing_waits(&well).await?;
    // It is looked at every five seconds from now on: the seconds of this clock end between those.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let pass = async |seconds: u32| {
        for _ in 0..seconds {
            tokio::time::sleep(SECOND).await;
            clock.advance(SECOND);
        }
    };
    let age = || figure(&handle, "edge_outbox_age_seconds", "").round() as u64;
    pass(12).await;
    memory.withhold_acknowledgements(true);
    well.set_level(1).await?;
    // At 15 s, by when 14 are over, and at 20.
    pass(4).await;
    assert_eq!(age(), 2);
    pass(5).await;
    assert_eq!(age(), 7);
    // Who sets the clock makes nothing older than it can be: it was not there at 10.
    clock.jump(SignedDuration::from_hours(1));
    pass(5).await;
    assert_eq!(age(), 15);
    memory.withhold_acknowledgements(false);
    nothing_waits(&well).await?;
    pass(5).await;
    assert_eq!(age(), 0);
    well.close().await?;
    Ok(())
}
