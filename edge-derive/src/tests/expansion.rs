//! Expansions, kept as snapshots for review: `expand/*.snap`. To accept changes:
//! `INSTA_UPDATE=always cargo test -p edge-derive`.

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_quote};

use crate::expand;

#[track_caller]
fn check(name: &str, expand: fn(&DeriveInput) -> TokenStream, item: DeriveInput) {
    let tokens = expand(&item);
    assert!(!tokens.to_string().contains("compile_error"), "{tokens}");
    snapshot(name, tokens);
}

fn snapshot(name: &str, tokens: TokenStream) {
    let code = prettyplease::unparse(&syn::parse2(tokens).expect("the expansion is items"));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("expand");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, code));
}

#[test]
fn sensor() {
    check(
        "sensor",
        expand::device,
        parse_quote! {
            struct Thermometer {
                #[asset]
                temperature: f64,
            }
        },
    );
}

#[test]
fn greenhouse() {
    check(
        "greenhouse",
        expand::device,
        parse_quote! {
            /// Keeps a greenhouse cool.
            #[device(model = "urn:example:greenhouse:1", overwrite_assets = false)]
            pub struct Greenhouse {
                /// Air temperature
                #[asset(kind = "sensor", unit = "°C", min = -40.0, max = 85.0)]
                temperature: f64,
                /// Relative humidity
                #[asset(kind = "sensor", unit = "%", min = 0.0, max = 100.0)]
                humidity: f64,
                /// Vapour pressure deficit
                #[asset(kind = "virtual", unit = "kPa", compute = vapour_pressure_deficit(temperature, humidity))]
                vpd: f64,
                /// Vent opening
                #[asset(kind = "actuator", unit = "%", max = 100)]
                vent: u8,
                /// Seconds between samples
                #[asset(kind = "config", unit = "s", min = 1, max = 3600)]
                period: u32,
            }
        },
    );
}

#[test]
fn all_attributes() {
    check(
        "all_attributes",
        expand::device,
        parse_quote! {
            #[device(model = "urn:example:oven:2", title = "Oven", description = "Bakes.")]
            #[device(asset_type = "other", vendor = "Acme")]
            #[device(overwrite_assets = "prune", rename_all = "camelCase")]
            #[deprecated = "use `Stove`"]
            pub(crate) struct Oven {
                #[asset(kind = "config", title = "Target", description = "What it should be.", unit = "°C")]
                #[asset(min = LEAST, max = 250, step = STEP)]
                #[deprecated]
                pub target_temperature: Celsius,
                #[asset(name = "DOOR", kind = "virtual", compute = doors::any(left_door, right_door))]
                door: bool,
                #[asset]
                left_door: bool,
                #[asset(kind = "virtual", compute = doors::right(left_door))]
                right_door: bool,
                private: Vec<u8>,
            }
        },
    );
}

#[test]
fn rules() {
    check(
        "rules",
        expand::device,
        parse_quote! {
            struct Meter {
                #[asset(qos = 0, retention = "discard", overflow = "drop-newest")]
                spectrum: Vec<f64>,
                #[asset(retention = "stored", expiry = "7d", capacity = 1_000, capacity_bytes = 65536)]
                #[asset(qos = 1, overflow = "drop-oldest")]
                energy: u64,
                #[asset(retention = "volatile", overflow = "latest")]
                power: f64,
                #[asset(overflow = "wait", capacity = limits::STATES, capacity_bytes = 64 * 1024)]
                events: String,
                #[asset(kind = "actuator", timeout = "1500ms", expiry = "1h")]
                relay: bool,
                #[asset(kind = "config", qos = 1, retention = "stored", overflow = "wait", capacity = 1)]
                #[asset(capacity_bytes = 2, expiry = "3d", timeout = "4m")]
                period: u32,
            }
        },
    );
}

#[test]
fn raw_identifiers() {
    check(
        "raw_identifiers",
        expand::device,
        parse_quote! {
            struct r#match {
                #[asset(kind = "actuator")]
                r#type: u8,
                #[asset(kind = "virtual", compute = same(r#type))]
                r#loop: u8,
            }
        },
    );
}

#[test]
fn renamed_crate() {
    check(
        "renamed_crate",
        expand::device,
        parse_quote! {
            #[device(crate = ::device)]
            struct Lamp {
                #[asset(kind = "config")]
                level: u8,
            }
        },
    );
}

#[test]
fn stub_of_what_is_no_device() {
    let item = parse_quote! {
        pub enum Lamp<T: Copy> where T: Clone {
            On(T),
        }
    };
    snapshot("stub", expand::device(&item));
}

#[test]
fn child() {
    check(
        "child",
        expand::device,
        parse_quote! {
            #[device(model = "urn:example:dock:1", asset_type = "dock", vendor = "DJI")]
            pub struct Dock {
                /// Whether the cover is open
                #[asset(kind = "actuator")]
                cover: bool,
                /// The drone that lives in it
                #[device(child)]
                drone: Drone,
            }
        },
    );
}

#[test]
fn children_of_a_device_without_actuators() {
    check(
        "children",
        expand::device,
        parse_quote! {
            #[device(rename_all = "kebab-case")]
            struct Site {
                #[asset]
                wind_speed: f64,
                #[device(child)]
                pub(crate) west_dock: fleet::Dock,
                #[device(child, name = "EAST")]
                #[deprecated]
                r#match: fleet::Dock,
            }
        },
    );
}

#[test]
fn actions() {
    check(
        "actions",
        expand::device,
        parse_quote! {
            #[device(rename_all = "kebab-case", action(start_again))]
            #[device(action(
                r#move(#[arg(min = LEAST, max = 90, unit = "°")] angle: f64, r#type: Option<Mode>),
                name = "MOVE",
                alias = "turn",
                description = "Turns it.",
                timeout = "5s"
            ))]
            struct Mast {
                #[asset]
                height: f64,
            }
        },
    );
}

#[test]
fn value_enum() {
    check(
        "value_enum",
        expand::asset_value,
        parse_quote! {
            enum Mode {
                Eco,
                FullPower = 7,
                #[asset_value(name = "AUTO")]
                Automatic,
            }
        },
    );
}

#[test]
fn value_struct() {
    check(
        "value_struct",
        expand::asset_value,
        parse_quote! {
            #[asset_value(rename_all = "kebab-case", crate = device)]
            struct Schedule {
                start_hour: u8,
                #[asset_value(name = "mode")]
                r#type: Mode,
                until: Option<f64>,
            }
        },
    );
}

#[test]
fn alert() {
    check(
        "alert",
        expand::alert,
        parse_quote! {
            /// It is too hot
            #[alert(severity = "critical", urn = "urn:example:hot")]
            pub struct OverTemperature {
                /// What was measured
                #[alert(unit = "°C", max = MOST)]
                temperature: f64,
                r#type: Option<String>,
            }
        },
    );
}

#[test]
fn format() {
    check(
        "format",
        expand::format,
        parse_quote! {
            struct Sample;
        },
    );
}

#[test]
fn declares() {
    check(
        "declares",
        expand::device,
        parse_quote! {
            #[device(alert(OverTemperature, DoorOpen), format(inner::Sample))]
            struct Oven {
                #[asset]
                temperature: f64,
            }
        },
    );
}
