//! A device closes on the runtime where it was started, wherever that is asked for.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{CloseError, DeliveryError, Device, Host};
use tokio::runtime::Runtime;
use tokio::time::timeout;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    brightness: u32,
}

const LAMP: Lamp = Lamp { brightness: 0 };

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits where there is no runtime.
fn wait<F: Future>(future: F) -> F::Output {
    assert!(tokio::runtime::Handle::try_current().is_err());
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Closes a device, and ends its runtime when that has begun.
fn break_off(lamp: &LampDevice, runtime: Runtime, has_begun: impl Fn() -> bool) -> Result {
    let closing = {
        let lamp = lamp.clone();
        thread::spawn(move || wait(lamp.close()))
    };
    while !has_begun() {
        thread::yield_now();
    }
    runtime.shutdown_background();
    assert_eq!(closing.join().map_err(|_| "it panicked")?, Err(CloseError::BrokenOff));
    Ok(())
}

fn goodbyes(memory: &MemoryPlatform) -> usize {
    let messages = memory.messages().into_iter();
    messages.filter(|message| message.text().contains(r#""status":"offline""#)).count()
}

#[test]
fn a_device_closes_where_there_is_no_runtime() -> Result {
    let memory = MemoryPlatform::new();
    let runtime = Runtime::new()?;
    let lamp = runtime.block_on(memory.platform().device("LAMP-1", LAMP).connect())?;
    let receipt = wait(lamp.set_brightness(7))?;
    wait(lamp.close())?;
    wait(receipt.delivered())?;
    assert_eq!(memory.state("LAMP-1", "brightness"), Some(7.into()));
    assert_eq!(goodbyes(&memory), 1, "it has said goodbye");
    // It is the same end.
    wait(lamp.close())?;
    runtime.block_on(lamp.close())?;
    Ok(())
}

#[test]
fn a_host_closes_where_there_is_no_runtime() -> Result {
    let memory = MemoryPlatform::new();
    let runtime = Runtime::new()?;
    wait(Host::new(&memory.platform(), "GATEWAY-0")?.close())?;
    let host = Host::new(&memory.platform(), "GATEWAY-1")?;
    let lamps = [1, 2].map(|number| runtime.block_on(host.device(format!("LAMP-{number}"), LAMP).connect()));
    wait(host.close())?;
    assert!(host.is_empty() && !host.is_online());
    for lamp in lamps {
        wait(lamp?.close())?;
    }
    Ok(())
}

#[test]
fn a_device_whose_runtime_has_ended_says_that_it_could_not_close() -> Result {
    let memory = MemoryPlatform::new();
    let runtime = Runtime::new()?;
    let lamp = runtime.block_on(memory.platform().device("LAMP-1", LAMP).connect())?;
    drop(runtime);
    // Nobody sends it any more; but it is a device that takes values.
    let receipt = wait(lamp.set_brightness(7))?;
    assert_eq!(wait(lamp.close()), Err(CloseError::BrokenOff));
    assert_eq!(wait(lamp.close()), Err(CloseError::BrokenOff));
    assert!(wait(lamp.set_brightness(8)).is_err(), "it is closed all the same");
    assert_eq!(wait(receipt.delivered()), Err(DeliveryError::Closed), "and nobody waits for it");
    assert_eq!(lamp.stats().undelivered, 1);
    // On another runtime neither.
    assert_eq!(Runtime::new()?.block_on(lamp.close()), Err(CloseError::BrokenOff));
    Ok(())
}

#[derive(Device, Clone)]
struct Vane {
    /// Told when the device starts: what is set next is held.
    #[asset(publish(min_interval = "1s"))]
    direction: u16,
}

const VANE: Vane = Vane { direction: 0 };

#[test]
fn what_is_held_when_its_runtime_ends_is_lost_and_said_to_be() -> Result {
    let memory = MemoryPlatform::new();
    let runtime = Runtime::new()?;
    let vane = runtime.block_on(memory.platform().device("VANE-1", VANE).connect())?;
    let held = wait(vane.set_direction(90))?;
    drop(runtime);
    assert_eq!(wait(vane.close()), Err(CloseError::BrokenOff));
    assert_eq!(wait(held.delivered()), Err(DeliveryError::Closed));
    assert_eq!(memory.state("VANE-1", "direction"), Some(0.into()));
    Ok(())
}

/// The task that tells it had ended with the runtime where the device was started, and all else went on.
#[test]
fn what_is_held_is_told_where_its_host_goes_on() -> Result {
    let memory = MemoryPlatform::new();
    let [first, second] = [Runtime::new()?, Runtime::new()?];
    let host = Host::new(&memory.platform(), "GATEWAY-1")?;
    let _lamp = first.block_on(host.device("LAMP-1", LAMP).connect())?;
    let vane = second.block_on(host.device("VANE-1", VANE).connect())?;
    let held = wait(vane.set_direction(90))?;
    drop(second);
    let told = async { timeout(Duration::from_secs(30), held.delivered()).await };
    assert_eq!(first.block_on(told)?, Ok(()));
    assert_eq!(memory.state("VANE-1", "direction"), Some(90.into()));
    wait(host.close())?;
    Ok(())
}

#[test]
fn a_runtime_that_ends_while_a_device_closes_breaks_that_off() -> Result {
    let memory = MemoryPlatform::new();
    let runtime = Runtime::new()?;
    let lamp = runtime.block_on(memory.platform().device("LAMP-1", LAMP).connect())?;
    memory.withhold_acknowledgements(true);
    wait(lamp.set_brightness(7))?;
    break_off(&lamp, runtime, || wait(lamp.set_brightness(8)).is_err())
}

/// Only the host itself was ended: its devices took values for ever, and whoever waited for one of them did so, too.
#[test]
fn a_host_whose_runtime_has_ended_takes_its_devices_with_it() -> Result {
    let memory = MemoryPlatform::new();
    let runtime = Runtime::new()?;
    let host = Host::new(&memory.platform(), "GATEWAY-1")?;
    let lamp = runtime.block_on(host.device("LAMP-1", LAMP).connect())?;
    drop(runtime);
    let receipt = wait(lamp.set_brightness(7))?;
    assert_eq!(wait(host.close()), Err(CloseError::BrokenOff));
    assert!(host.is_empty() && !host.is_online());
    assert!(wait(lamp.set_brightness(8)).is_err());
    assert_eq!(wait(receipt.delivered()), Err(DeliveryError::Closed));
    assert_eq!(wait(lamp.close()), Err(CloseError::BrokenOff));
    Ok(())
}

/// Those that were added were forgotten by then.
#[test]
fn a_runtime_that_ends_while_children_close_ends_them_too() -> Result {
    let memory = MemoryPlatform::new();
    let runtime = Runtime::new()?;
    let lamp = runtime.block_on(memory.platform().device("LAMP-1", LAMP).connect())?;
    let spot = runtime.block_on(lamp.add_child("SPOT-1", LAMP).connect())?;
    memory.withhold_acknowledgements(true);
    let receipt = wait(spot.set_brightness(7))?;
    break_off(&lamp, runtime, || lamp.children().is_empty())?;
    assert_eq!(wait(receipt.delivered()), Err(DeliveryError::Closed));
    assert_eq!(wait(spot.close()), Err(CloseError::BrokenOff));
    Ok(())
}

#[test]
fn a_device_that_is_dropped_where_there_is_no_runtime_is_no_panic() -> Result {
    let memory = MemoryPlatform::new();
    let runtime = Runtime::new()?;
    let lamp = runtime.block_on(memory.platform().device("LAMP-1", LAMP).connect())?;
    drop((lamp, memory.platform().device("LAMP-2", LAMP).connect()));
    let lamp = runtime.block_on(memory.platform().device("LAMP-3", LAMP).connect())?;
    drop(runtime);
    drop(lamp);
    Ok(())
}
