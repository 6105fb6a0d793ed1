//! Devices without a struct: what they are says a document, which a gateway or a tool has from the platform or a file.

mod handler;
mod model;
mod values;
mod zero;

use std::fmt;
use std::ops::Deref;

use edge_proto::document::{DocumentError, ModelDocument};
use edge_proto::{Kind, Refusal};

use super::access::IntoValue;
use super::builder::start;
use super::{Attachment, ConnectError, DeviceBuilder, DeviceHandle, Handlers};
use crate::model::{AssetRules, RulesError};
use crate::platform::{PlanError, Platform};
use crate::reconcile::Plan;

pub use handler::DynamicHandler;
pub use values::Dynamic;

use handler::{Bound, Nobody};

/// A running device without a struct. It has no typed setters and getters; [`get`](DeviceHandle::get),
/// [`set`](DeviceHandle::set), [`offer`](DeviceHandle::offer), [`observe`](DeviceHandle::observe),
/// [`last_known`](DeviceHandle::last_known) and [`begin`](DeviceHandle::begin) take names, with the same
/// checks and the same messages. How its assets deliver is said by [`rules`](DeviceBuilder::rules). Cheap to clone; all
/// clones are the same device.
///
/// ```
/// use edge_runtime::{Change, DynamicDevice, ModelDocument, Value};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// # let platform = edge_runtime::testing::MemoryPlatform::new().platform();
/// let model = ModelDocument::from_json(
///     r#"{"urn": "urn:example:lamp:1", "name": "Lamp", "attributes": [
///         {"name": "brightness", "type": "INTEGER", "range": "0,100", "writable": true, "defaultValue": 50},
///         {"name": "power", "type": "NUMBER"}]}"#,
/// )?;
/// let lamp = platform
///     .dynamic_device("LAMP-1", &model)?
///     .handler(async |_: DynamicDevice, name: String, change: Change<Value>| {
///         println!("{name}: {} -> {}", change.previous, change.value);
///         Ok(change.value)
///     })
///     .connect()
///     .await?;
/// assert_eq!(lamp.get("brightness")?, 50);
/// let mut power = lamp.observe("power")?;
/// lamp.set("power", 8.5).await?;
/// assert_eq!(power.recv().await.expect("the device runs").value, 8.5);
/// # lamp.close().await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct DynamicDevice(DeviceHandle);

impl Deref for DynamicDevice {
    type Target = DeviceHandle;

    fn deref(&self) -> &DeviceHandle {
        &self.0
    }
}

/// Why a document does not make a device.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DynamicError {
    /// The document contradicts itself.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It is a draft, and the platform does not allow them: see [`Platform::allow_draft_models`].
    #[error("the model `{urn}` is a draft, of which `allow_draft_models` lets devices be made")]
    Draft {
        /// The URN of the model.
        urn: String,
    },
    /// The model has no attribute of that name or alias.
    #[error("the model `{urn}` has no attribute `{attribute}`")]
    UnknownAttribute {
        /// The URN of the model.
        urn: String,
        /// As it was called.
        attribute: String,
    },
    /// A first value does not fit its attribute: the one that was given, the default, or, without any, zero.
    #[error("`{attribute}`: the first value: {refusal}")]
    Value {
        /// The attribute.
        attribute: String,
        /// What is wrong with it.
        refusal: Refusal,
    },
    /// An attribute cannot have the rules that it is given.
    #[error("`{attribute}` cannot have the rules that it is given")]
    Rules {
        /// The attribute.
        attribute: String,
        /// What is wrong with them.
        source: RulesError,
    },
    /// Only virtual assets are computed.
    #[error("`{attribute}` is {kind}, it is not computed")]
    NotVirtual {
        /// The attribute.
        attribute: String,
        /// What it is.
        kind: Kind,
    },
}

/// A [`DeviceBuilder`] of a device without a struct, with its handler.
pub struct DynamicHandled(Box<dyn FnOnce(DeviceHandle) -> Handlers + Send>);

impl fmt::Debug for DynamicHandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DynamicHandled")
    }
}

impl DeviceBuilder<Dynamic> {
    /// A device of the document's model, which must not be a draft unless the platform allows it.
    pub(crate) fn dynamic(
        platform: Platform,
        sn: String,
        document: &ModelDocument,
        attachment: Attachment,
    ) -> Result<Self, DynamicError> {
        if document.draft && !platform.allows_draft_models() {
            return Err(DynamicError::Draft { urn: document.urn.clone() });
        }
        Ok(Self::new(platform, sn, Dynamic::new(document)?, attachment))
    }

    /// Gives the device its handler: whatever implements [`DynamicHandler`], or a closure. Without one, commands are
    /// refused.
    pub fn handler(self, handler: impl DynamicHandler) -> DeviceBuilder<Dynamic, DynamicHandled> {
        self.with_state(DynamicHandled(Box::new(|device| {
            let own = Box::new(Bound { handler, device: DynamicDevice(device) });
            Handlers { own, children: Vec::new() }
        })))
    }

    /// Starts the device without a handler: commands are refused, and change nothing.
    ///
    /// # Errors
    /// See [`ConnectError`].
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing is left running. The device may be registered by then.
    pub async fn connect(self) -> Result<DynamicDevice, ConnectError> {
        let nobody = |_| Handlers { own: Box::new(Nobody), children: Vec::new() };
        self.with_state(DynamicHandled(Box::new(nobody))).connect().await
    }
}

impl DeviceBuilder<Dynamic, DynamicHandled> {
    /// Registers the device or reconciles it, connects it to the broker, announces it, and publishes
    /// its first state.
    ///
    /// # Errors
    /// See [`ConnectError`].
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing is left running. The device may be registered by then.
    pub async fn connect(self) -> Result<DynamicDevice, ConnectError> {
        let Self { platform, attachment, sn, first, handler, options } = self;
        let first = first.ruled();
        let model = first.model;
        start(platform, attachment, &sn, model, Box::new(first), handler.0, options).await.map(DynamicDevice)
    }
}

impl<S> DeviceBuilder<Dynamic, S> {
    /// What starting the device would change on the platform. Changes nothing.
    ///
    /// # Errors
    /// When the device cannot be declared, or the registry cannot be asked.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is written.
    pub async fn plan(&self) -> Result<Plan, PlanError> {
        let first = self.first.clone().ruled();
        let plans = self.plans(first.model, Box::new(first)).await?;
        Ok(plans.into_iter().next().expect("one for the device"))
    }

    /// The first value of an attribute, by its name or alias. Otherwise it is the document's default; without one, not set
    /// where that can be, or else zero, empty, the first of a list, or what is nearest to that.
    ///
    /// # Errors
    /// When there is no such attribute, or the value is none of it.
    pub fn first(mut self, name: &str, value: impl IntoValue) -> Result<Self, DynamicError> {
        let refused = |refusal| DynamicError::Value { attribute: name.to_owned(), refusal };
        self.first.put(name, value.into_value().map_err(refused)?)?;
        Ok(self)
    }

    /// How the states of an attribute are delivered and its commands handled, by its name or alias: what
    /// `#[asset(retention = .., expiry = .., publish(..))]` says of a field. A document does not say it. Given twice, the last
    /// counts; without it, [`AssetRules::DEFAULT`].
    ///
    /// As models do, each distinct set of rules of a model lives as long as the program: it should not make them up without
    /// end.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use edge_runtime::ModelDocument;
    /// use edge_runtime::model::{AssetRules, Overflow};
    /// use edge_runtime::policy::PublishPolicy;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let platform = edge_runtime::testing::MemoryPlatform::new().platform();
    /// # let model = r#"{"urn": "urn:example:meter:1", "name": "Meter", "attributes": [
    /// #     {"name": "power", "type": "NUMBER"}, {"name": "label", "type": "STRING"}]}"#;
    /// let model = ModelDocument::from_json(model)?;
    /// let publish = PublishPolicy { deadband: Some(0.5), ..PublishPolicy::NONE };
    /// let expiry = Some(Duration::from_secs(3600));
    /// let meter = platform
    ///     .dynamic_device("METER-1", &model)?
    ///     .rules("power", AssetRules { publish, expiry, ..AssetRules::DEFAULT })?
    ///     .rules("label", AssetRules { overflow: Overflow::Latest, ..AssetRules::DEFAULT })?
    ///     .connect()
    ///     .await?;
    /// # meter.close().await?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// When there is no such attribute, or the rules contradict each other, or what it is.
    pub fn rules(mut self, name: &str, rules: AssetRules) -> Result<Self, DynamicError> {
        self.first.rule(name, rules)?;
        Ok(self)
    }

    /// Computes a virtual asset whenever another one changes, from the values that there are then. Several are computed in the
    /// order in which they are given here. A virtual asset for which there is nothing here stays at its first value.
    ///
    /// # Errors
    /// When there is no such attribute, or it is not virtual.
    pub fn compute(
        mut self,
        name: &str,
        compute: impl Fn(&Dynamic) -> crate::Value + Send + Sync + 'static,
    ) -> Result<Self, DynamicError> {
        self.first.compute(name, compute)?;
        Ok(self)
    }
}
