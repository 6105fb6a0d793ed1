//! `#[asset(..)]` on a field, key by key: how the states of the asset are delivered, and how long its handler
//! may take. The table is [one page up](super).
//!
//! A state goes from its setter into the outbox, and from there to the broker. These keys say what becomes of it
//! when that takes time: when there is no connection, or the broker is slow. All of it holds for each asset by
//! itself. A transaction over several assets, by `update`, is as sure as the surest of them, and kept where
//! the safest of them is. What is dropped is counted in [`Stats`](crate::Stats).
//!
//! `qos`: with `0`, a state is sent once, and may be lost on its way; with `1`, until the broker has acknowledged
//! it, and it may arrive twice, which the platform knows by its number. So there is no `2`.
//!
//! ```
//! # use edge_runtime::Device;
//! use edge_runtime::model::QoS;
//!
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset(qos = 0)]
//!     flicker: f64,
//!     #[asset]
//!     level: u8,
//! }
//! let [flicker, level] = Lamp::MODEL.assets else { panic!("two assets") };
//! assert_eq!(flicker.rules.qos, QoS::AtMostOnce);
//! assert_eq!(level.rules.qos, QoS::AtLeastOnce);
//! ```
//!
//! `retention`, where a state is kept until it is acknowledged: `"discard"`, nowhere, so that what is set without
//! a connection is not sent; `"volatile"`, in memory, until the program ends; `"stored"`, on the disk, so that
//! it is sent also when the program, or the machine, dies before. Where on the disk, the program says; a setter
//! of such an asset is ready when the state is there.
//!
//! ```
//! # use edge_runtime::Device;
//! # use edge_runtime::testing::MemoryPlatform;
//! use edge_runtime::OutboxConfig;
//!
//! #[derive(Device, Clone)]
//! struct Meter {
//!     #[asset(retention = "stored")]
//!     energy: u64,
//!     #[asset(retention = "discard")]
//!     power: f64,
//! }
//!
//! # let folder = std::env::temp_dir().join(format!("edge-attributes-{}", std::process::id()));
//! # let memory = MemoryPlatform::new();
//! # memory.set_registry_away(true);
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! # let platform = memory.platform();
//! let platform = platform.outbox(OutboxConfig::new().folder(&folder));
//! let first = Meter { energy: 0, power: 0.0 };
//! let meter = platform.device("M-1", first).start_offline(true).connect().await?;
//! meter.set_energy(5).await?; // on the disk
//! meter.set_power(230.0).await?; // not sent: there is no connection yet
//! assert_eq!(meter.stats().dropped, 1);
//! assert!(folder.join("M-1.outbox").exists());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # std::fs::remove_dir_all(folder).unwrap();
//! ```
//!
//! `expiry`: after that time nobody wants to know any more. A state that was not sent by then is dropped; the
//! device has it all the same.
//!
//! ```
//! # use edge_runtime::Device;
//! # use edge_runtime::testing::MemoryPlatform;
//! use std::time::Duration;
//!
//! use edge_runtime::DeliveryError;
//!
//! #[derive(Device, Clone)]
//! struct Door {
//!     #[asset(expiry = "10m")]
//!     bell: u32,
//! }
//!
//! # let memory = MemoryPlatform::new();
//! # memory.set_registry_away(true);
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! # let platform = memory.platform();
//! let door = platform.device("D-1", Door { bell: 0 }).start_offline(true).connect().await?;
//! let receipt = door.set_bell(1).await?;
//! tokio::time::sleep(Duration::from_secs(11 * 60)).await; // without a connection
//! assert!(matches!(receipt.delivered().await, Err(DeliveryError::Expired)));
//! assert_eq!(door.bell(), 1);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! `capacity` and `capacity_bytes`, how much of the asset may wait, and `overflow`, what becomes of a state that
//! is more than that, or more than the whole outbox holds ([`OutboxConfig`](crate::OutboxConfig)):
//!
//! - `"wait"`: its setter waits.
//! - `"drop-oldest"`: the oldest that waits is dropped.
//! - `"drop-newest"`: it is not sent. The device has it all the same.
//! - `"latest"`: no more than the newest state of the asset ever waits, so there is no `capacity`.
//!
//! What is on its way to the broker already is never dropped.
//!
//! ```
//! # use edge_runtime::Device;
//! # use edge_runtime::testing::MemoryPlatform;
//! #[derive(Device, Clone)]
//! struct Meter {
//!     #[asset(capacity = 2, overflow = "drop-oldest")]
//!     power: f64,
//!     #[asset(capacity_bytes = 64 * KIBIBYTE, overflow = "drop-newest")]
//!     report: String,
//!     #[asset(overflow = "latest")]
//!     voltage: f64,
//! }
//! const KIBIBYTE: usize = 1024;
//!
//! # let memory = MemoryPlatform::new();
//! # memory.set_registry_away(true);
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! # let platform = memory.platform();
//! let first = Meter { power: 0.0, report: String::new(), voltage: 230.0 };
//! let meter = platform.device("M-1", first).start_offline(true).connect().await?;
//! for power in [1.0, 2.0, 3.0, 4.0] {
//!     meter.set_power(power).await?; // the first two are dropped
//! }
//! for voltage in [231.0, 232.0] {
//!     meter.set_voltage(voltage).await?; // the first is dropped
//! }
//! assert_eq!(meter.stats().dropped, 3);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! `timeout`, of an actuator or a config: how long the method of the handler may take. After that it is dropped
//! at its next `.await`, and the command is answered with `"timeout"`.
//!
//! ```
//! # use edge_runtime::testing::MemoryPlatform;
//! # use edge_runtime::{Change, Device, HandlerResult};
//! #[derive(Device, Clone)]
//! struct Gate {
//!     #[asset(kind = "actuator", timeout = "90s")]
//!     open: bool,
//! }
//!
//! struct Jammed;
//!
//! impl GateHandler for Jammed {
//!     async fn on_open(&mut self, _: &GateDevice, _: Change<bool>) -> HandlerResult<bool> {
//!         std::future::pending().await
//!     }
//! }
//!
//! # let memory = MemoryPlatform::new();
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! # let platform = memory.platform();
//! let gate = platform.device("G-1", Gate { open: false }).handler(Jammed).connect().await?;
//! memory.publish("device/G-1/asset/open/command", r#"{"id":"1","value":true}"#);
//! let outcome = memory.message(|message| message.topic == "device/G-1/outcome").await;
//! assert!(outcome.text().contains(r#""status":"timeout""#));
//! assert!(!gate.open());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
