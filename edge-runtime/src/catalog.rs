//! Every device model that is linked into the program.

use crate::model::DeviceModel;

/// What the derive submits for a model.
#[derive(Debug)]
pub struct Registered(pub &'static DeviceModel);

inventory::collect!(Registered);

/// The models of all `#[derive(Device)]` structs in the program and its dependencies, by URN.
///
/// ```
/// # use edge_runtime::Device;
/// #[derive(Device, Clone)]
/// #[device(model = "urn:example:lamp:1")]
/// struct Lamp {
///     #[asset(kind = "sensor")]
///     on: bool,
/// }
/// assert!(edge_runtime::catalog().any(|model| model.urn == "urn:example:lamp:1"));
/// ```
pub fn catalog() -> impl Iterator<Item = &'static DeviceModel> {
    let mut models: Vec<_> = inventory::iter::<Registered>().map(|registered| registered.0).collect();
    models.sort_by_key(|model| model.urn);
    models.into_iter()
}
