//! What does not reach the disk has never been.

use std::time::Duration;

use edge_runtime::{Device, SetError};

use super::{FIRST, Meter, Place, SN, life};
use crate::faults::world::{Result, within};

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
        let refused = refused.await;
        assert!(matches!(refused, Err(SetError::Store { .. })), "{refused:?}");
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

/// Stored, and for which there is room for one.
#[derive(Device, Clone, Debug)]
struct Narrow {
    #[asset(kind = "sensor", retention = "stored", capacity = 1, overflow = "drop-newest")]
    one: u64,
    #[asset(kind = "sensor", retention = "discard")]
    now: u64,
    #[asset(kind = "virtual", compute = same(one), retention = "discard")]
    copy: u64,
}

fn same(value: u64) -> u64 {
    value
}

#[test]
fn a_stored_state_for_which_there_is_no_room_is_answered_all_the_same() -> Result {
    let place = Place::new()?;
    place.memory.set_registry_away(true);
    let first = Narrow { one: 0, now: 0, copy: 0 };
    let platform = || place.memory.platform().outbox(place.config());
    life(async {
        let device = platform().device("NARROW-1", first.clone()).start_offline(true).connect().await?;
        for value in 1..=5 {
            within(10, device.set_one(value)).await??;
        }
        within(10, device.update(|narrow| (narrow.one, narrow.now) = (6, 6))).await??;
        assert_eq!((device.one(), device.copy()), (6, 6));
        Ok(())
    })?;
    place.memory.set_registry_away(false);
    life(async {
        let device = platform().device("NARROW-1", first).connect().await?;
        let late = place.memory.message(|message| message.topic.ends_with("one/state"));
        let late = within(10, late).await?;
        assert!(
            late.text().contains("historical") && late.text().contains("\"value\":1,"),
            "{}",
            late.text()
        );
        within(10, device.close()).await??;
        Ok(())
    })
}

/// A parent that stores nothing, with a child that does.
#[derive(Device, Clone, Debug)]
struct Site {
    #[asset(kind = "sensor")]
    people: u64,
    #[device(child)]
    meter: Meter,
}

#[test]
fn a_transaction_over_a_tree_that_is_not_stored_is_undone_everywhere() -> Result {
    let place = Place::new()?;
    life(async {
        let site = Site { people: 1, meter: FIRST };
        let site = place.memory.platform().outbox(place.config()).device("SITE-1", site).connect().await?;
        place.faults.break_flush(true);
        let refused = site.update(|site| (site.people, site.meter.energy) = (5, 50)).await;
        assert!(matches!(refused, Err(SetError::Store { .. })), "{refused:?}");
        assert_eq!((site.people(), site.meter().energy(), site.meter().product()), (1, 0, 0));
        place.faults.break_flush(false);
        site.update(|site| (site.people, site.meter.energy) = (6, 60)).await?.delivered().await?;
        within(20, site.close()).await??;
        Ok(())
    })
}

/// Says what it has once in an hour.
#[derive(Device, Clone, Debug)]
struct Gauge {
    #[asset(publish(min_interval = "1h"))]
    level: u64,
}

#[derive(Device, Clone, Debug)]
struct Plant {
    #[asset(retention = "stored")]
    total: u64,
    #[device(child)]
    gauge: Gauge,
}

#[test]
fn what_a_policy_keeps_back_is_undone_with_what_is_not_stored() -> Result {
    let place = Place::new()?;
    life(async {
        let plant = Plant { total: 0, gauge: Gauge { level: 0 } };
        let plant = place.memory.platform().outbox(place.config()).device("PLANT-1", plant).connect().await?;
        plant.gauge().set_level(1).await?;
        place.faults.break_flush(true);
        let refused = plant.update(|plant| (plant.total, plant.gauge.level) = (5, 5)).await;
        assert!(matches!(refused, Err(SetError::Store { .. })), "{refused:?}");
        assert_eq!((plant.total(), plant.gauge().level()), (0, 1));
        place.faults.break_flush(false);
        plant.update(|plant| (plant.total, plant.gauge.level) = (6, 6)).await?;
        assert_eq!((plant.total(), plant.gauge().level()), (6, 6));
        within(20, plant.close()).await??;
        Ok(())
    })
}
