//! From one life of a program to the next.

use std::time::{Duration, Instant};

use edge_proto::payload;
use edge_runtime::testing::SetClock;
use edge_runtime::{DeliveryError, Device, Host, ReceiptId, SetError};
use jiff::{SignedDuration, Timestamp};

use super::{FIRST, Place, SN, life};
use crate::faults::world::{Result, within};

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
        within(10, meter.close()).await??;
        Ok(())
    })?;
    assert_eq!(place.energies().len(), 101);
    Ok(())
}

#[test]
fn r06_v50_what_was_sent_and_not_acknowledged_comes_again_as_it_was() -> Result {
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
        let took = begin.elapsed();
        println!("r06: 20,000 messages of 10,000 transactions are there again after {took:?}");
        // As released, beside nothing else: 100,000 in 2 s by `cargo xtask bench stored`, too.
        assert!(cfg!(debug_assertions) || took <= Duration::from_secs(2), "{took:?}");
        assert_eq!(meter.stats().pending, 20_000);
        Ok(())
    })
}

#[test]
fn what_is_on_its_way_to_the_disk_when_a_device_closes_is_kept() -> Result {
    let place = Place::new()?;
    let platform = || place.memory.platform().outbox(place.config());
    place.memory.set_registry_away(true);
    life(async {
        let host = Host::new(&platform(), "GATEWAY-1")?;
        let meter = host.device(SN, FIRST).start_offline(true).connect().await?;
        let (stored, closed) = tokio::join!(meter.set_energy(77), meter.close());
        stored?;
        closed?;
        within(10, host.close()).await??;
        Ok(())
    })?;
    place.memory.set_registry_away(false);
    life(async {
        let host = Host::new(&platform(), "GATEWAY-1")?;
        let _meter = host.device(SN, FIRST).connect().await?;
        within(10, place.energy(77)).await?;
        within(10, host.close()).await??;
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

/// A device without a clock of its own starts in 1970. What it stored there would be sixty years old for the next life,
/// which knows the time, and would expire.
#[test]
fn c15_what_was_stored_before_the_clock_was_set_is_not_too_old_after_it() -> Result {
    #[derive(Device, Clone)]
    struct Diary {
        #[asset(kind = "sensor", retention = "stored", expiry = "1d")]
        page: u64,
    }
    let place = Place::new()?;
    place.memory.set_registry_away(true);
    let platform = || place.memory.platform().outbox(place.config());
    let clock = SetClock::new(Timestamp::UNIX_EPOCH);
    life(async {
        let builder = clock.on(platform()).device(SN, Diary { page: 0 });
        let diary = builder.start_offline(true).connect().await?;
        diary.set_page(1).await?;
        // Of this one the clock is believed, and it is really old.
        clock.set("2031-02-03T12:00:00Z".parse()?);
        diary.set_page(2).await?;
        Ok(())
    })?;
    place.memory.set_registry_away(false);
    clock.advance(Duration::from_secs(2 * 86_400));
    life(async {
        let diary = clock.on(platform()).device(SN, Diary { page: 9 }).connect().await?;
        let told = place.memory.message(|message| message.text().contains(r#""value":1,"#));
        let told = within(30, told).await?;
        assert!(told.text().contains(r#""unsynced":true"#), "{told:?}");
        within(10, diary.close()).await??;
        Ok(())
    })?;
    assert!(!place.memory.messages().iter().any(|message| message.text().contains(r#""value":2,"#)));
    Ok(())
}

#[derive(Device, Clone)]
struct Hourly {
    #[asset(kind = "sensor", retention = "stored", expiry = "1h")]
    page: u64,
}

const HOUR: Duration = Duration::from_secs(3600);

/// A life of a device whose platform is away: sets so many pages, and the clock by so many hours after each.
fn write_pages(place: &Place, clock: &SetClock, pages: &[(u64, i64)]) -> Result {
    place.memory.set_registry_away(true);
    life(async {
        let platform = clock.on(place.memory.platform().outbox(place.config()));
        let device = platform.device(SN, Hourly { page: 0 }).start_offline(true).connect().await?;
        for (page, hours) in pages {
            device.set_page(*page).await?;
            clock.jump(SignedDuration::from_hours(*hours));
        }
        Ok(())
    })
}

/// The last life: which of the stored pages the platform is told.
fn told_pages(place: &Place, clock: &SetClock) -> Result<Vec<u64>> {
    place.memory.set_registry_away(false);
    life(async {
        let platform = clock.on(place.memory.platform().outbox(place.config()));
        let device = platform.device(SN, Hourly { page: 0 }).connect().await?;
        device.set_page(99).await?.delivered().await?;
        within(10, device.close()).await??;
        Ok(())
    })?;
    let messages = place.memory.messages().into_iter();
    let states = messages.filter(|message| message.topic.ends_with("/asset/page/state"));
    let page = |payload: &[u8]| payload::read_state(payload).unwrap().value.unwrap().get().parse().unwrap();
    // Zero is the first state, said by each life.
    Ok(states.map(|state| page(&state.payload)).filter(|page| *page > 0).collect())
}

fn noon() -> SetClock {
    SetClock::new("2031-02-03T12:00:00Z".parse().unwrap())
}

/// A board without a battery starts at the time of its last shutdown, which may be true. What it stored by that clock was
/// eight hours old for its next life, and expired.
#[test]
fn c15_what_was_stored_by_a_clock_that_was_stale_is_not_old_after_it_was_set() -> Result {
    for hours in [8, -8] {
        let (place, clock) = (Place::new()?, noon());
        write_pages(&place, &clock, &[(1, hours), (2, 0)])?;
        clock.advance(HOUR / 2);
        assert_eq!(told_pages(&place, &clock)?, [1, 2, 99], "{hours} h, half an hour later");
        // And what is old, is.
        let (place, clock) = (Place::new()?, noon());
        write_pages(&place, &clock, &[(1, hours), (2, 0)])?;
        clock.advance(HOUR / 2);
        write_pages(&place, &clock, &[(3, 0)])?;
        clock.advance(HOUR * 2 / 3);
        // Of the second nobody can know, as long as the clock is doubted: it is new in the life after.
        let told = told_pages(&place, &clock)?;
        assert!(!told.contains(&1) && told.contains(&3), "{hours} h: {told:?}");
    }
    Ok(())
}

/// The clock is set while a device only waits: nobody looks at the clock but who measures the outbox.
#[test]
fn c15_a_clock_that_is_set_while_nothing_is_said_makes_nothing_old_in_the_next_life() -> Result {
    let (place, clock) = (Place::new()?, noon());
    write_pages(&place, &clock, &[(1, 0)])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let platform = clock.on(place.memory.platform().outbox(place.config()));
        let device = platform.device(SN, Hourly { page: 0 }).start_offline(true).connect().await?;
        clock.jump(SignedDuration::from_hours(8));
        // Not before: the file of the life before is waited for by this clock.
        tokio::time::pause();
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(device);
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    runtime.shutdown_timeout(Duration::from_secs(60));
    assert_eq!(told_pages(&place, &clock)?, [1, 99]);
    Ok(())
}
