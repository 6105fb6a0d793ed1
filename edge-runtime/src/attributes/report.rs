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
