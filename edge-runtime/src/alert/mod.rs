//! Alerts and data: what a device says besides its states. An alert says that somebody should see to something, data
//! are records; both have typed fields, and a struct of the user's declares them.
//!
//! Both are called reports here. The types know nothing of devices: [`DeclaredBy`] says which device says what.

mod encode;
mod error;
mod model;

use std::any::Any;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/alerts.md")]
struct Page;

pub(crate) use self::encode::{check, copies, fields_of, missing, of_fields, of_value, told};
pub use self::error::ReportError;
pub use self::model::{FieldModel, FormatModel};

/// A struct that is an alert or a record of a format: what both have in common. Implemented by `#[derive(Alert)]` and
/// `#[derive(Format)]`.
pub trait Report: Send + Sync + 'static {
    /// What the struct declares.
    const MODEL: &'static FormatModel;

    /// The fields, in the model's order.
    #[doc(hidden)]
    fn fields(&self) -> Vec<&dyn Any>;
}

/// A struct that is an alert, to be [raised](crate::attributes::report) by the devices that declare it.
///
/// ```
/// # use edge_runtime::{Device, testing::MemoryPlatform};
/// use edge_runtime::Alert;
///
/// /// The oven is too hot
/// #[derive(Alert)]
/// #[alert(severity = "critical")]
/// struct OverTemperature {
///     /// What was measured
///     #[alert(unit = "°C")]
///     temperature: f64,
///     note: Option<String>,
/// }
///
/// #[derive(Device, Clone)]
/// #[device(alert(OverTemperature))]
/// struct Oven {
///     #[asset(kind = "sensor", unit = "°C")]
///     temperature: f64,
/// }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// # let platform = MemoryPlatform::new().platform();
/// let oven = platform.device("OVEN-1", Oven { temperature: 20.0 }).connect().await?;
/// let receipt = oven.raise(OverTemperature { temperature: 391.5, note: None }).await?;
/// receipt.delivered().await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no alert",
    label = "not an alert",
    note = "add `#[derive(Alert)]` to the struct; records of a format are declared by `format(..)` and submitted"
)]
pub trait Alert: Report {}

/// A struct that is a record of a data format, to be submitted by the devices that declare it.
///
/// ```
/// # use edge_runtime::{Device, testing::MemoryPlatform};
/// use edge_runtime::Format;
///
/// #[derive(Format)]
/// struct Sample {
///     frequency: f64,
///     amplitudes: Vec<f64>,
/// }
///
/// #[derive(Device, Clone)]
/// #[device(format(Sample))]
/// struct Motor {
///     #[asset(kind = "sensor")]
///     running: bool,
/// }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// # let platform = MemoryPlatform::new().platform();
/// let motor = platform.device("MOTOR-1", Motor { running: true }).connect().await?;
/// motor.submit(Sample { frequency: 50.0, amplitudes: vec![0.1, 0.2] }).await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no data format",
    label = "not a data format",
    note = "add `#[derive(Format)]` to the struct; alerts are declared by `alert(..)` and raised"
)]
pub trait Format: Report {}

/// An alert or a format that the device `D` declares by `#[device(alert(..))]` or `#[device(format(..))]`.
// Not the other way round, a device that declares a type: of a device with one alert, rustc would take that one for what
// must have been meant, and say of another one that its type is wrong.
#[diagnostic::on_unimplemented(
    message = "`{D}` does not declare `{Self}`",
    label = "not declared by the device",
    note = "add `alert({Self})` or `format({Self})` to the `#[device(..)]` of `{D}`"
)]
pub trait DeclaredBy<D> {}

/// An alert that the device `D` declares. Asked for in one word, so that one thing is said of what is neither.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{D}` does not declare an alert `{Self}`",
    label = "not an alert of the device",
    note = "an alert is a struct with `#[derive(Alert)]`, which `{D}` declares by `#[device(alert({Self}))]`; data of a format are submitted"
)]
pub trait AlertOf<D>: Alert + DeclaredBy<D> {}

#[diagnostic::do_not_recommend]
impl<D, A: Alert + DeclaredBy<D>> AlertOf<D> for A {}

/// The same of a data format.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{D}` does not declare a data format `{Self}`",
    label = "not a data format of the device",
    note = "a data format is a struct with `#[derive(Format)]`, which `{D}` declares by `#[device(format({Self}))]`; alerts are raised"
)]
pub trait FormatOf<D>: Format + DeclaredBy<D> {}

#[diagnostic::do_not_recommend]
impl<D, F: Format + DeclaredBy<D>> FormatOf<D> for F {}

/// Never implemented: what is asked of devices that declare no alert at all.
#[diagnostic::on_unimplemented(
    message = "the device does not declare `{Self}`",
    label = "not declared by the device",
    note = "add `alert({Self})` to the `#[device(..)]` of the device's struct; data of a format are submitted"
)]
pub trait DeclaredAlert {}

/// Never implemented: what is asked of devices that declare no format at all.
#[diagnostic::on_unimplemented(
    message = "the device does not declare `{Self}`",
    label = "not declared by the device",
    note = "add `format({Self})` to the `#[device(..)]` of the device's struct; alerts are raised"
)]
pub trait DeclaredFormat {}
