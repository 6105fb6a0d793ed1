//! The expansion of the greenhouse, written by hand: what `#[derive(Device)]` must produce. Kept to
//! show the shape on one page, and to fail first when the runtime's side of it changes.
#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]

/// Keeps a greenhouse cool.
#[derive(Clone, Debug)]
pub struct Greenhouse {
    temperature: f64,
    humidity: f64,
    vpd: f64,
    vent: u8,
    period: u32,
}

fn vapour_pressure_deficit(temperature: f64, humidity: f64) -> f64 {
    0.6108 * (17.27 * temperature / (temperature + 237.3)).exp() * (1.0 - humidity / 100.0)
}

fn damp() -> edge_runtime::policy::Pipeline<f64> {
    edge_runtime::policy::Pipeline::new().filter(|v| *v > 10.0)
}

// ---- the expansion

use ::edge_runtime::items_of_edge_runtime as __rt;

/// A running [`Greenhouse`].
#[derive(Clone, Debug)]
pub struct GreenhouseDevice(__rt::DeviceHandle);

/// Values of a running [`Greenhouse`] that are set together, at the end: all or nothing.
#[derive(Debug)]
#[must_use = "a transaction does nothing unless it is finished"]
pub struct GreenhouseTransaction(__rt::Transaction);

/// Handles the commands of a [`Greenhouse`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle the commands of `Greenhouse`",
    label = "no handler for `Greenhouse`",
    note = "implement `GreenhouseHandler` for a type of yours and give it to `.handler(..)`"
)]
pub trait GreenhouseHandler: ::core::marker::Send + 'static {
    /// Vent opening
    fn on_vent(
        &mut self,
        device: &GreenhouseDevice,
        change: __rt::Change<u8>,
    ) -> impl ::core::future::Future<Output = __rt::HandlerResult<u8>> + ::core::marker::Send;

    /// Seconds between samples
    fn on_period(
        &mut self,
        device: &GreenhouseDevice,
        change: __rt::Change<u32>,
    ) -> impl ::core::future::Future<Output = __rt::HandlerResult<u32>> + ::core::marker::Send {
        __rt::accept(device, change)
    }

    /// `action(calibrate(offset: f64))`
    fn calibrate(
        &mut self,
        device: &GreenhouseDevice,
        offset: f64,
    ) -> impl ::core::future::Future<Output = __rt::HandlerResult<()>> + ::core::marker::Send;

    /// All that one command changes.
    fn on_change(
        &mut self,
        device: &GreenhouseDevice,
        changes: &__rt::Changes,
    ) -> impl ::core::future::Future<Output = __rt::HandlerResult<()>> + ::core::marker::Send {
        __rt::agree(device, changes)
    }

    /// Something was not delivered, or not yet.
    fn on_error(
        &mut self,
        device: &GreenhouseDevice,
        error: &__rt::ErrorEvent,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send {
        __rt::ignore(device, error)
    }
}

impl GreenhouseDevice {
    /// Sets `temperature` (sensor, number -40..85 °C).
    pub fn set_temperature(&self, value: f64) -> __rt::Set<'_> {
        __rt::set(&self.0, 0usize, value)
    }
    /// Offers a value to `temperature`: it is set, unless the asset is given a pipeline.
    pub fn offer_temperature(&self, value: f64) -> __rt::Offer<'_> {
        __rt::offer(&self.0, 0usize, value)
    }
    /// Air temperature
    pub fn temperature(&self) -> f64 {
        __rt::get(&self.0, 0usize)
    }
    /// The changes of `temperature`.
    pub fn observe_temperature(&self) -> __rt::Observer<f64> {
        __rt::observe(&self.0, 0usize)
    }
    /// Sets `humidity`.
    pub fn set_humidity(&self, value: f64) -> __rt::Set<'_> {
        __rt::set(&self.0, 1usize, value)
    }
    /// Offers a value to `humidity`: it is set, unless the asset is given a pipeline.
    pub fn offer_humidity(&self, value: f64) -> __rt::Offer<'_> {
        __rt::offer(&self.0, 1usize, value)
    }
    /// Relative humidity
    pub fn humidity(&self) -> f64 {
        __rt::get(&self.0, 1usize)
    }
    /// Vapour pressure deficit
    pub fn vpd(&self) -> f64 {
        __rt::get(&self.0, 2usize)
    }
    /// Sets `vent`.
    pub fn set_vent(&self, value: u8) -> __rt::Set<'_> {
        __rt::set(&self.0, 3usize, value)
    }
    /// Offers a value to `vent`: it is set, unless the asset is given a pipeline.
    pub fn offer_vent(&self, value: u8) -> __rt::Offer<'_> {
        __rt::offer(&self.0, 3usize, value)
    }
    /// Vent opening
    pub fn vent(&self) -> u8 {
        __rt::get(&self.0, 3usize)
    }
    /// Sets `period`.
    pub fn set_period(&self, value: u32) -> __rt::Set<'_> {
        __rt::set(&self.0, 4usize, value)
    }
    /// Offers a value to `period`: it is set, unless the asset is given a pipeline.
    pub fn offer_period(&self, value: u32) -> __rt::Offer<'_> {
        __rt::offer(&self.0, 4usize, value)
    }
    /// Seconds between samples
    pub fn period(&self) -> u32 {
        __rt::get(&self.0, 4usize)
    }
    /// Changes several assets in one transaction.
    pub fn update<F: ::core::ops::FnOnce(&mut Greenhouse)>(
        &self,
        edit: F,
    ) -> __rt::Update<'_, Greenhouse, F> {
        __rt::update(&self.0, edit)
    }
    /// Begins a transaction that is put together over time.
    pub fn begin(&self) -> GreenhouseTransaction {
        GreenhouseTransaction(__rt::begin(&self.0))
    }
    /// The whole state as it is now.
    pub fn snapshot(&self) -> Greenhouse {
        __rt::snapshot(&self.0)
    }
}

impl GreenhouseTransaction {
    /// Sets `temperature`.
    pub fn set_temperature(&mut self, value: f64) -> __rt::Put<'_, Self> {
        __rt::put(self, 0usize, value)
    }
    /// Sets `humidity`.
    pub fn set_humidity(&mut self, value: f64) -> __rt::Put<'_, Self> {
        __rt::put(self, 1usize, value)
    }
    /// Sets `vent`.
    pub fn set_vent(&mut self, value: u8) -> __rt::Put<'_, Self> {
        __rt::put(self, 3usize, value)
    }
    /// Sets `period`.
    pub fn set_period(&mut self, value: u32) -> __rt::Put<'_, Self> {
        __rt::put(self, 4usize, value)
    }
}

const _: () = {
    static MODEL: __rt::DeviceModel = __rt::DeviceModel {
        urn: "urn:example:greenhouse:1",
        title: "Greenhouse",
        description: "Keeps a greenhouse cool.",
        asset_type: __rt::AssetType::Unknown,
        vendor: "",
        overwrite_assets: __rt::OverwritePolicy::Never,
        batch: ::core::option::Option::None,
        children: &[],
        assets: &[
            // `#[asset(.., alias = "temp", default = 20.0)]`
            __rt::AssetModel {
                name: "temperature",
                alias: "temp",
                kind: __rt::Kind::Sensor,
                title: "Temperature",
                description: "Air temperature",
                unit: "°C",
                limits: __rt::Limits {
                    minimum: ::core::option::Option::Some(__rt::Number::Float(-40.0)),
                    maximum: ::core::option::Option::Some(__rt::Number::Float(85.0)),
                    step: ::core::option::Option::None,
                },
                rules: __rt::AssetRules::DEFAULT,
                default: ::core::option::Option::Some(__rt::DefaultValue::of(|| __rt::default::<f64>(20.0))),
                codec: <f64 as __rt::AssetValue>::CODEC,
            },
            // `#[asset(.., expiry = "7d", capacity = 1000, overflow = "drop-oldest", publish(deadband = 0.5), pipeline = damp)]`
            __rt::AssetModel {
                name: "humidity",
                alias: "",
                kind: __rt::Kind::Sensor,
                title: "Humidity",
                description: "Relative humidity",
                unit: "%",
                limits: __rt::Limits::NONE,
                rules: __rt::AssetRules {
                    overflow: __rt::Overflow::DropOldest,
                    capacity: ::core::option::Option::Some(1000),
                    expiry: ::core::option::Option::Some(__rt::Duration::from_millis(604800000)),
                    publish: __rt::PublishPolicy {
                        deadband: ::core::option::Option::Some(0.5),
                        ..__rt::PublishPolicy::NONE
                    },
                    pipeline: ::core::option::Option::Some(__rt::DeclaredPipeline::new(|| {
                        __rt::BoxedPipeline::of::<f64>(damp)
                    })),
                    ..__rt::AssetRules::DEFAULT
                },
                default: ::core::option::Option::None,
                codec: <f64 as __rt::AssetValue>::CODEC,
            },
            __rt::AssetModel {
                name: "vpd",
                alias: "",
                kind: __rt::Kind::Virtual,
                title: "Vpd",
                description: "Vapour pressure deficit",
                unit: "kPa",
                limits: __rt::Limits::NONE,
                rules: __rt::AssetRules::DEFAULT,
                default: ::core::option::Option::None,
                codec: <f64 as __rt::AssetValue>::CODEC,
            },
            __rt::AssetModel {
                name: "vent",
                alias: "",
                kind: __rt::Kind::Actuator,
                title: "Vent",
                description: "Vent opening",
                unit: "%",
                limits: __rt::Limits {
                    maximum: ::core::option::Option::Some(__rt::Number::Integer(100)),
                    ..__rt::Limits::NONE
                },
                rules: __rt::AssetRules::DEFAULT,
                default: ::core::option::Option::None,
                codec: <u8 as __rt::AssetValue>::CODEC,
            },
            __rt::AssetModel {
                name: "period",
                alias: "",
                kind: __rt::Kind::Config,
                title: "Period",
                description: "Seconds between samples",
                unit: "s",
                limits: __rt::Limits::NONE,
                rules: __rt::AssetRules::DEFAULT,
                default: ::core::option::Option::None,
                codec: <u32 as __rt::AssetValue>::CODEC,
            },
        ],
        formats: &[],
        actions: &[__rt::ActionModel {
            name: "calibrate",
            alias: "",
            title: "Calibrate",
            description: "",
            timeout: ::core::option::Option::None,
            arguments: &[__rt::ArgumentModel {
                name: "offset",
                description: "",
                unit: "",
                limits: __rt::Limits::NONE,
                codec: <f64 as __rt::AssetValue>::CODEC,
            }],
        }],
    };

    impl ::core::ops::Deref for GreenhouseDevice {
        type Target = __rt::DeviceHandle;
        fn deref(&self) -> &__rt::DeviceHandle {
            &self.0
        }
    }

    impl ::core::ops::Deref for GreenhouseTransaction {
        type Target = __rt::Transaction;
        fn deref(&self) -> &__rt::Transaction {
            &self.0
        }
    }

    impl ::core::ops::DerefMut for GreenhouseTransaction {
        fn deref_mut(&mut self) -> &mut __rt::Transaction {
            &mut self.0
        }
    }

    impl __rt::Device for Greenhouse {
        const MODEL: &'static __rt::DeviceModel = &MODEL;
        type Handle = GreenhouseDevice;
        fn handle(device: __rt::DeviceHandle) -> GreenhouseDevice {
            GreenhouseDevice(device)
        }
        fn field(&mut self, index: usize) -> &mut dyn ::core::any::Any {
            match index {
                0usize => &mut self.temperature,
                1usize => &mut self.humidity,
                2usize => &mut self.vpd,
                3usize => &mut self.vent,
                4usize => &mut self.period,
                _ => __rt::no_such_asset(index),
            }
        }
        fn recompute(&mut self) {
            self.vpd = vapour_pressure_deficit(
                ::core::clone::Clone::clone(&self.temperature),
                ::core::clone::Clone::clone(&self.humidity),
            );
        }
    }

    impl<H: GreenhouseHandler> __rt::Dispatch<H> for Greenhouse {
        type Handle = GreenhouseDevice;
        fn dispatch<'a>(
            handler: &'a mut H,
            device: &'a GreenhouseDevice,
            command: __rt::Command,
        ) -> __rt::Dispatched<'a> {
            match command.index() {
                3usize => __rt::handle(GreenhouseHandler::on_vent(handler, device, command.change())),
                4usize => __rt::handle(GreenhouseHandler::on_period(handler, device, command.change())),
                _ => command.unhandled(),
            }
        }
        fn act<'a>(
            handler: &'a mut H,
            device: &'a GreenhouseDevice,
            call: &mut __rt::Call,
        ) -> __rt::Acted<'a> {
            match call.index() {
                0usize => __rt::act(GreenhouseHandler::calibrate(handler, device, call.argument())),
                _ => call.unhandled(),
            }
        }
        fn changed<'a>(
            handler: &'a mut H,
            device: &'a GreenhouseDevice,
            changes: &'a __rt::Changes,
        ) -> __rt::Acted<'a> {
            __rt::act(GreenhouseHandler::on_change(handler, device, changes))
        }
        fn failed<'a>(
            handler: &'a mut H,
            device: &'a GreenhouseDevice,
            error: &'a __rt::ErrorEvent,
        ) -> __rt::Told<'a> {
            __rt::told(GreenhouseHandler::on_error(handler, device, error))
        }
    }

    __rt::inventory::submit! { __rt::Registered(&MODEL) }
};

// ---- and what a user does with it

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(
        &mut self,
        device: &GreenhouseDevice,
        change: __rt::Change<u8>,
    ) -> __rt::HandlerResult<u8> {
        if device.temperature() > 80.0 {
            return Err("too hot to move".into());
        }
        Ok(change.value)
    }

    async fn calibrate(&mut self, device: &GreenhouseDevice, offset: f64) -> __rt::HandlerResult<()> {
        device.set_temperature(device.temperature() + offset).await?;
        Ok(())
    }
}

#[test]
fn the_tables_and_the_fields_agree() {
    use edge_runtime::Device as _;
    let mut greenhouse = Greenhouse { temperature: 25.0, humidity: 50.0, vpd: 0.0, vent: 0, period: 60 };
    greenhouse.recompute();
    assert!((greenhouse.vpd - 1.583).abs() < 0.001);
    assert_eq!(greenhouse.field(3).downcast_ref(), Some(&0u8));
    let rules = Greenhouse::MODEL.assets[1].rules;
    assert_eq!((rules.capacity, rules.overflow), (Some(1000), __rt::Overflow::DropOldest));
    assert!(edge_runtime::catalog().any(|model| model.urn == Greenhouse::MODEL.urn));
}

#[tokio::test]
async fn it_lives() -> Result<(), Box<dyn std::error::Error>> {
    let memory = edge_runtime::testing::MemoryPlatform::new();
    let first = Greenhouse { temperature: 25.0, humidity: 50.0, vpd: 0.0, vent: 0, period: 60 };
    let device = memory.platform().device("GH-1", first).handler(Driver).connect().await?;
    device.set_temperature(30.0).await?.delivered().await?;
    device.begin().set_temperature(31.0)?.set_humidity(40.0)?.finish().await?.delivered().await?;
    assert_eq!((device.temperature(), device.get("temp")?.as_f64()), (31.0, Some(31.0)));
    memory.publish("device/GH-1/asset/vent/command", r#"{"id":"1","value":40}"#);
    let outcome = memory.message(|message| message.topic == "device/GH-1/outcome").await;
    assert_eq!(outcome.text(), r#"{"id":"1","status":"applied","value":40}"#);
    assert_eq!(device.snapshot().vent, 40);
    let mut temperatures = device.observe_temperature();
    memory.publish("device/GH-1/action/calibrate", r#"{"id":"2","arguments":{"offset":-0.5}}"#);
    let seen = temperatures.recv().await.expect("the device runs");
    assert_eq!((seen.previous, seen.value), (31.0, 30.5));
    memory.message(|message| message.text() == r#"{"id":"2","status":"applied"}"#).await;
    device.close().await?;
    Ok(())
}
