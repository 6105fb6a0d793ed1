//! `#[alert(..)]` and `#[format(..)]`, on structs and their fields. The tables are [one page up](super).
//!
//! `#[derive(Alert)]` makes a struct with named fields, or without any, an alert; `#[derive(Format)]` a data format. A
//! device declares them in `#[device(alert(..), format(..))]`, and has a method
//! `raise` if it declares an alert, `submit` if it declares a format. The page on alerts in the
//! repository's `docs` says what becomes of them.
//!
//! ```
//! use edge_runtime::{Alert, Device, Format, FormatKind, Report, Severity};
//!
//! /// Something is where nothing should be
//! ///
//! /// (For programmers only: the first paragraph is the description.)
//! #[derive(Alert)]
//! #[alert(name = "intruder", urn = "urn:example:intruder", severity = "critical", retention = "stored")]
//! struct Intrusion {
//!     #[alert(name = "where", description = "The door's name")]
//!     door: String,
//!     #[alert(unit = "%", max = 100)]
//!     confidence: Option<u8>, // may be left out
//! }
//!
//! #[derive(Alert)]
//! struct TamperDetected; // no fields
//!
//! #[derive(Format)]
//! #[format(description = "Who came and went")]
//! struct Visits {
//!     #[format(min = 0)]
//!     count: u32,
//! }
//!
//! #[derive(Device, Clone)]
//! #[device(model = "urn:example:door:1", alert(Intrusion, TamperDetected), format(Visits))]
//! struct Door {
//!     #[asset(kind = "sensor")]
//!     open: bool,
//! }
//!
//! assert_eq!(Intrusion::MODEL.severity, Severity::Critical);
//! assert_eq!(Intrusion::MODEL.description, "Something is where nothing should be");
//! assert!(Intrusion::MODEL.fields[1].is_optional());
//! assert_eq!(Intrusion::MODEL.fields[1].profile().to_string(), "integer 0..100 %, optional");
//! let [.., tamper, visits] = Door::MODEL.formats else { panic!() };
//! assert_eq!((tamper.name, visits.kind), ("tamper-detected", FormatKind::Data));
//! assert_eq!(visits.urn_in(Door::MODEL), "urn:example:door:1:visits");
//! ```
//!
//! Of a format, `name`, `urn` and `retention`, which alerts have as well; of the fields of both, `name`, `description`, `unit`, `min`,
//! `max` and `step`:
//!
//! ```
//! use edge_runtime::model::Retention;
//! use edge_runtime::{Alert, Format, Report};
//!
//! #[derive(Format)]
//! #[format(name = "spectrum", urn = "urn:example:spectrum", retention = "stored")]
//! struct Sample {
//!     #[format(name = "band", description = "Its middle", unit = "Hz", min = 20, max = 20_000, step = 10)]
//!     frequency: u32,
//! }
//!
//! #[derive(Alert)]
//! #[alert(description = "Somebody sings")]
//! struct Loud {
//!     #[alert(unit = "dB", min = 0.0, step = 0.5)]
//!     level: f64,
//! }
//!
//! assert_eq!((Sample::MODEL.name, Sample::MODEL.urn), ("spectrum", "urn:example:spectrum"));
//! assert_eq!(Sample::MODEL.retention, Some(Retention::Stored));
//! let band = &Sample::MODEL.fields[0];
//! assert_eq!((band.name, band.description), ("band", "Its middle"));
//! assert_eq!(band.profile().to_string(), "integer 20..20000 step 10 Hz");
//! assert_eq!(Loud::MODEL.description, "Somebody sings");
//! assert_eq!(Loud::MODEL.fields[0].profile().to_string(), "number 0.. step 0.5 dB");
//! ```
//!
//! `crate`, of both, here where `Cargo.toml` says `device = { package = "edge-runtime", .. }`:
//!
//! ```
//! # extern crate edge_runtime as device;
//! #[derive(device::Alert)]
//! #[alert(crate = device)]
//! struct Loud;
//!
//! #[derive(device::Format)]
//! #[format(crate = device)]
//! struct Sample {
//!     frequency: u32,
//! }
//! # fn main() {}
//! ```
