//! `#[asset(..)]` on a field, key by key: when values of the asset are told, and what becomes of them before. The table is
//! [one page up](super); `docs/policies.md` has the whole of it.
//!
//! `publish`: the device's value is always the one that was set; the policy says when the platform hears of it.
//!
//! ```
//! # use edge_runtime::Device;
//! # use edge_runtime::testing::MemoryPlatform;
//! #[derive(Device, Clone)]
//! struct Room {
//!     #[asset(publish(on_change))]
//!     occupied: bool,
//!     #[asset(unit = "°C", publish(deadband = 0.5))]
//!     temperature: f64,
//!     #[asset(unit = "lx", publish(min_interval = "1s", max_interval = "5m"))]
//!     light: u32,
//! }
//!
//! # let memory = MemoryPlatform::new();
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! let first = Room { occupied: false, temperature: 20.0, light: 0 };
//! let room = memory.platform().device("ROOM-1", first).connect().await?;
//! for temperature in [20.25, 20.5, 20.75] {
//!     room.set_temperature(temperature).await?; // of these, 20.75 is told
//! }
//! for light in [100, 200, 300] {
//!     room.set_light(light).await?; // of these, 300 is told, a second after the first state
//! }
//! room.close().await?; // or now
//! assert_eq!(memory.state("ROOM-1", "temperature").unwrap(), 20.75);
//! assert_eq!(memory.state("ROOM-1", "light").unwrap(), 300);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! `stale_after`: so long after it was set, or offered a value, nobody knows whether the asset's value still holds. The
//! device says so in an [`ErrorEvent`](crate::ErrorEvent), and does not tell the value again.
//!
//! ```
//! # use edge_runtime::Device;
//! # use edge_runtime::testing::MemoryPlatform;
//! use std::time::Duration;
//!
//! #[derive(Device, Clone)]
//! struct Room {
//!     #[asset(unit = "°C", stale_after = "10m")]
//!     temperature: f64,
//! }
//!
//! # let memory = MemoryPlatform::new();
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! let room = memory.platform().device("ROOM-1", Room { temperature: 20.0 }).connect().await?;
//! tokio::time::sleep(Duration::from_secs(601)).await;
//! assert!(room.is_stale("temperature")?);
//! room.set_temperature(20.0).await?;
//! assert!(!room.is_stale("temperature")?);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! `pipeline`: through which values go that are offered; what is set goes past it.
//!
//! ```
//! # use edge_runtime::Device;
//! # use edge_runtime::testing::MemoryPlatform;
//! use edge_runtime::policy::Pipeline;
//!
//! #[derive(Device, Clone)]
//! struct Room {
//!     #[asset(unit = "°C", pipeline = believable)]
//!     temperature: f64,
//! }
//!
//! fn believable() -> Pipeline<f64> {
//!     Pipeline::new().filter(|v| (-40.0..85.0).contains(&*v))
//! }
//!
//! # let memory = MemoryPlatform::new();
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let room = memory.platform().device("ROOM-1", Room { temperature: 20.0 }).connect().await?;
//! assert!(room.offer_temperature(999.0).await?.is_none());
//! assert!(room.offer_temperature(21.0).await?.is_some());
//! assert_eq!(room.temperature(), 21.0);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
