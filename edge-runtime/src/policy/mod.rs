//! What becomes of a value between where it is measured and where it is told. Pure: no I/O, no task, and the
//! clock is a parameter.
//!
//! A [`Pipeline`] stands before the asset: it decides whether an offered value becomes the device's at all, and
//! may make another one of it. A [`PublishPolicy`] stands behind it: the value is the device's, and the policy
//! decides whether and when the platform hears of it.
//!
//! A pipeline is a list of stages. Each gets what the one before it lets through:
//!
//! ```
//! use std::time::Duration;
//!
//! use edge_runtime::policy::Pipeline;
//! use tokio::time::Instant;
//!
//! let mut pipeline =
//!     Pipeline::new().filter(|v| *v <= 5).eliminate_duplicates(Duration::from_secs(5));
//! let now = Instant::now();
//! let told = [3, 3, 7, 4, 4].map(|value| pipeline.offer(now, value).value);
//! assert_eq!(told, [Some(3), None, None, Some(4), None]);
//! ```

#[cfg(doctest)]
#[doc = include_str!("../../../docs/policies.md")]
struct Page;

mod duplicates;
mod erased;
mod figure;
mod gates;
mod pipeline;
mod publish;
mod sample;
mod window;

pub use figure::Measure;
pub use pipeline::{Offered, Pipeline, Verdict};
pub use publish::PublishPolicy;
pub use sample::Sample;
pub use window::WindowError;

pub(crate) use erased::{AnyPipeline, AnyVerdict};
pub(crate) use pipeline::{Current, Made, MadeAlert};
pub(crate) use publish::{Decision, Due, Teller};
